"""The table of moves by itself, and its picture in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from django.db import connection

from mingbai.cases import states
from mingbai.cases.states import (
    BY_VERB,
    FINAL,
    MOVES,
    OPEN,
    PUBLICLY_SHOWN,
    SOLVED,
    Level,
    State,
    Who,
)

DOCS = Path(__file__).parents[3] / "docs"


def test_the_diagram_in_the_docs_is_the_table() -> None:
    page = (DOCS / "case-life.md").read_text(encoding="utf-8")
    assert states.diagram() in page
    assert states.listing() in page


def test_every_state_but_the_final_ones_has_a_way_on() -> None:
    moving = {source for move in MOVES for source in move.sources}
    assert moving - FINAL == set(State) - FINAL
    back = {m.verb for m in MOVES if m.sources & FINAL}
    assert back == {"unmerge", "claim", "ask_reopen", "grant_reopen", "deny"}
    assert set(State) == OPEN | SOLVED | FINAL


def test_keys_and_verbs_are_used_once() -> None:
    keys = [move.key for move in MOVES if move.key]
    assert len(set(keys)) == len(keys)
    assert len(BY_VERB) == len(MOVES)
    by_keyboard = {move.who for move in MOVES if move.key}
    assert by_keyboard == {Who.HOLDER, Who.ASSISTANT, Who.DECIDER}


def test_levels_end_at_the_city() -> None:
    assert [states.next_level(level) for level in Level] == [
        Level.TOWN,
        Level.COUNTY,
        Level.CITY,
        None,
    ]


def test_the_database_shows_passers_by_the_states_of_the_table(base: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT qual FROM pg_policies WHERE tablename = 'cases_case' AND policyname = 'public_read'"
        )
        shown = set(re.findall(r"'([a-z]+)'::character varying", cursor.fetchone()[0]))
    assert shown == {state.value for state in PUBLICLY_SHOWN}


def test_headlines_speak_as_a_neighbour() -> None:
    assert states.headline(State.HANDLING, Level.TOWN, "五里街镇人民政府") == "镇里在办"
    assert states.headline(State.ASSIGNED, Level.COUNTY, "永春县水利局") == "已交给永春县水利局"
    assert states.headline(State.ANSWERED, Level.TOWN, "") == "已答复，等评价"
