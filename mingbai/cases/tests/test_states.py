"""The table of moves by itself, and its picture in the documentation."""

from __future__ import annotations

from pathlib import Path

from mingbai.cases import states
from mingbai.cases.states import BY_VERB, FINAL, MOVES, OPEN, SOLVED, Level, State, Who

DOCS = Path(__file__).parents[3] / "docs"


def test_the_diagram_in_the_docs_is_the_table() -> None:
    assert states.diagram() in (DOCS / "case-life.md").read_text(encoding="utf-8")


def test_every_state_but_the_final_ones_has_a_way_on() -> None:
    moving = {source for move in MOVES for source in move.sources}
    assert moving == set(State) - FINAL
    assert set(State) == OPEN | SOLVED | FINAL


def test_keys_and_verbs_are_used_once() -> None:
    keys = [move.key for move in MOVES if move.key]
    assert len(set(keys)) == len(keys)
    assert len(BY_VERB) == len(MOVES)
    assert {move.who for move in MOVES if move.key} == {Who.HOLDER}


def test_levels_end_at_the_county() -> None:
    assert [states.next_level(level) for level in Level] == [Level.TOWN, Level.COUNTY, None]


def test_headlines_speak_as_a_neighbour() -> None:
    assert states.headline(State.HANDLING, Level.TOWN, "五里街镇人民政府") == "镇里在办"
    assert states.headline(State.ASSIGNED, Level.COUNTY, "永春县水利局") == "已交给永春县水利局"
    assert states.headline(State.ANSWERED, Level.TOWN, "") == "已答复，等评价"
