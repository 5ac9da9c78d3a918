"""Every move from every state by everybody: the table and the policies say the same, and say why."""

from __future__ import annotations

from typing import Any

import pytest

from mingbai.cases import policies
from mingbai.cases.models import Ask, Part
from mingbai.cases.states import MOVES, State, Who
from mingbai.kernel.actors import ANYONE, SYSTEM

CAST: dict[str, Who | None] = {
    "officer": Who.HOLDER,
    "department": Who.ASSISTANT,
    "town": Who.DECIDER,
    "villager": Who.REPORTER,
    "other": Who.SUPPORTER,
    "system": Who.SYSTEM,
    "neighbour": None,
    "far": None,
    "supervisor": None,
    "intake": None,
    "clerk": None,
    "discipline": None,
    "it": None,
    "anyone": None,
}


@pytest.mark.parametrize("name", CAST)
def test_a_move_is_allowed_exactly_to_whom_and_from_where_the_table_says(
    cast: Any, file: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.cases import commands

    case = file("accepted")
    commands.support(actor=cast.actor("other"), county=case.county, number=case.number)
    monkeypatch.setattr(
        policies, "_RULES", {}
    )  # the table by itself; the rules have their own tests
    case.pending = {"suspend": Ask(decider=cast.bodies["town"])}
    case.open_parts = {cast.bodies["water"].pk: Part(body=cast.bodies["water"])}
    actor = {"system": SYSTEM, "anyone": ANYONE}.get(name) or cast.actor(name)
    wrong = []
    for state in State:
        case.state = state.value
        for move in MOVES:
            decision = policies.may(actor, case, move.verb)
            if bool(decision) != (state in move.sources and move.who is CAST[name]):
                wrong.append((move.verb, state, decision))
            if not decision and not decision.reason.endswith("。"):
                wrong.append((move.verb, state, "no sentence"))
    assert wrong == []


def test_every_move_has_its_command_and_every_button_its_form() -> None:
    from mingbai.cases import commands
    from mingbai.cases.views import desk

    staff = {m.verb for m in MOVES if m.who in {Who.HOLDER, Who.ASSISTANT, Who.DECIDER}}
    assert set(desk._ACTS) == staff
    by_rule = {"escalate", "lift", "wake", "close", "reopen", "retract"}
    assert {m.verb for m in MOVES} - by_rule == {
        m.verb for m in MOVES if callable(getattr(commands, m.verb, None))
    }


def test_an_action_asks_for_nothing_that_the_form_does_not_send() -> None:
    import inspect

    from django.http import HttpRequest

    from mingbai.cases.views import desk
    from mingbai.kernel.decisions import BadInput

    for verb, (command, typed) in desk._ACTS.items():
        wanted = set(inspect.signature(command).parameters)
        try:
            sent = set(typed(HttpRequest()))
        except BadInput:
            continue  # the splitting form carries a token
        given = sent | {"actor", "county", "number", "version"}
        optional = {
            name
            for name, one in inspect.signature(command).parameters.items()
            if one.default is not inspect.Parameter.empty
        }
        assert wanted - optional <= given, verb
        assert given <= wanted, verb
