"""What the desk needs to say which field a case belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mingbai.accounts import queries as accounts
from mingbai.cases import policies
from mingbai.cases.field_words import guess, guess_sub
from mingbai.cases.queries.lines import CaseLine, Liner
from mingbai.cases.queries.pages import find
from mingbai.cases.queries.staff import suitable
from mingbai.cases.states import BY_VERB
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing
from mingbai.kernel.ports import case_fields
from mingbai.regions import queries as regions


@dataclass(frozen=True)
class Choice:
    """A field with its parts, each as (``field/sub``, Chinese word)."""

    code: str
    word: str
    parts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ToSort:
    """A case and what it may be made to belong to; ``matter`` and ``guessed`` are ``field/sub`` or empty."""

    line: CaseLine
    text: str
    place: str
    matter: str
    guessed: str
    choices: Sequence[Choice]
    receivers: Sequence[accounts.BodyView]
    may: Decision


def case_to_sort(actor: Actor, county: str, number: str) -> ToSort:
    """Return one case to be sorted. Raises ``Missing`` for whoever may not open it on the desk."""
    case = find(county, number)
    if not policies.may_open(actor, case):
        raise Missing(number)
    said = guess(case.text)
    return ToSort(
        line=Liner().line(case, regions.region(case.region).name, clear=True),
        text=case.text,
        place=case.place,
        matter=_joined(case.field, case.sub),
        guessed=_joined(said.field, guess_sub(case.text, said.field)) if said.words else "",
        choices=[
            Choice(code, known.name, [(_joined(code, sub), w) for sub, w in known.parts.items()])
            for code, known in case_fields().items()
        ],
        receivers=[b for b in suitable(case.body_id, case) if b.id != case.from_body_id],
        may=policies.may_person(actor, case, BY_VERB["assign"]),
    )


def _joined(field: str, sub: str) -> str:
    return f"{field}/{sub}" if sub else field
