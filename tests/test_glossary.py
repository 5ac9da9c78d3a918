"""The glossary against the code: each noun stands there with the one Chinese word that it has."""

from __future__ import annotations

from pathlib import Path

from django.apps import apps

from mingbai.accounts.models import Body
from mingbai.accounts.roles import roles
from mingbai.cases.models import Field
from mingbai.cases.states import STATE_WORDS

GLOSSARY = Path(__file__).parents[1] / "docs" / "glossary.md"


def rows(section: str) -> dict[str, str]:
    """Return English and Chinese of one section's table; a word that stands twice fails."""
    text = (
        GLOSSARY.read_text(encoding="utf-8").split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    )
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")][2:]
    pairs = [(english.strip(" `"), chinese.strip()) for english, chinese, *_ in cells]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_every_table_stands_there_with_the_word_of_its_model() -> None:
    models = [m for m in apps.get_models() if m.__module__.startswith("mingbai.")]
    assert rows("Tables") == {m.__name__: str(m._meta.verbose_name) for m in models}


def test_no_two_tables_share_a_chinese_word() -> None:
    words = list(rows("Tables").values())
    assert sorted(set(words)) == sorted(words)


def test_states_and_fields_of_cases_stand_there() -> None:
    assert rows("States of a case") == {state.value: word for state, word in STATE_WORDS.items()}
    assert rows("Fields") == {value: str(label) for value, label in Field.choices}


def test_bodies_and_roles_stand_there() -> None:
    assert rows("Kinds of body") == {value: str(label) for value, label in Body.Kind.choices}
    assert rows("Roles") == {role.code: role.name for role in roles().values()}
