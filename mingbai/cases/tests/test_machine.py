"""Any order of moves by officer, villager and clock keeps what the table promises."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mingbai.accounts import queries as accounts
from mingbai.audit.models import Entry
from mingbai.cases import commands
from mingbai.cases.models import Case, CaseEvent
from mingbai.cases.states import BY_VERB, FINAL, MOVES, OPEN, State, Who
from mingbai.kernel import scopes
from mingbai.kernel.decisions import BadInput, Missing, Refused

COUNTY = "350525"
TEXT = "换了控制器一个，加装路灯一盏。"
OFFICERS = {
    "village": "officer",
    "neighbour": "neighbour",
    "town": "town",
    "county": "intake",
    "water": "department",
}
BY_PEOPLE = sorted(m.verb for m in MOVES if m.who is not Who.SYSTEM)


def run(cast: Any, start: Any) -> None:
    """Run the machine over one fixture's cast; every example begins with a case of its own."""

    reached: set[str] = set()

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.clock = start
            with scopes.enter(scope=COUNTY, at=self.clock):
                self.number = commands.submit_case(
                    actor=cast.actor("villager"),
                    token=uuid4(),
                    region="350525101201",
                    text="自来水停了三天，家里没水做饭",
                    field="water",
                )

        def case(self) -> Case:
            return Case.objects.get(number=self.number)

        def snapshot(self) -> tuple[Any, ...]:
            return (
                Case.objects.filter(number=self.number).values().get(),
                CaseEvent.objects.filter(case__number=self.number).count(),
                Entry.objects.filter(thing="case", thing_id=self.number).count(),
            )

        @rule(
            verb=st.sampled_from(BY_PEOPLE),
            who=st.sampled_from(["officer", "town", "department", "villager", "neighbour"]),
            score=st.sampled_from(["satisfied", "unsatisfied"]),
            stale=st.booleans(),
        )
        def somebody_acts(self, verb: str, who: str, score: str, stale: bool) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                before = self.snapshot()
                case, actor = self.case(), cast.actor(who)
                more = self.words(verb, score, case.body_id)
                version = case.version - 1 if stale else case.version
                try:
                    getattr(commands, verb)(
                        actor=actor, county=COUNTY, number=self.number, version=version, **more
                    )
                except (Refused, Missing, BadInput):
                    assert self.snapshot() == before
                    return
                move = BY_VERB[verb]
                assert not stale
                assert State(case.state) in move.sources
                mine = (
                    who == "villager" if move.who is Who.REPORTER else actor.body_id == case.body_id
                )
                assert mine
                assert self.case().version > case.version

        @rule(pick=st.integers(0, 9), score=st.sampled_from(["satisfied", "fairly", "unsatisfied"]))
        def the_right_one_acts(self, pick: int, score: str) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                case = self.case()
                ends = (
                    {"refuse", "withdraw"} if pick < 9 else set()
                )  # seldom, or lives would be short
                legal = [
                    m
                    for m in MOVES
                    if State(case.state) in m.sources
                    and m.who is not Who.SYSTEM
                    and m.verb not in ends
                ]
                if not legal:
                    return
                move = legal[pick % len(legal)]
                holder = next(k for k, b in cast.bodies.items() if b.pk == case.body_id)
                who = "villager" if move.who is Who.REPORTER else OFFICERS[holder]
                getattr(commands, move.verb)(
                    actor=cast.actor(who),
                    county=COUNTY,
                    number=self.number,
                    version=case.version,
                    **self.words(move.verb, score, case.body_id),
                )

        @staticmethod
        def words(verb: str, score: str, body_id: int) -> dict[str, Any]:
            return {
                "refuse": {"reason": "不归村里管，归县里管。", "door": "县水利局"},
                "assign": {"receiver": accounts.receivers(body_id)[0].id},
                "progress": {"text": "已约水电工"},
                "answer": {"text": TEXT},
                "rate": {"score": score, "reason": "还没好"},
            }.get(verb, {})

        @rule(days=st.integers(1, 20))
        def time_passes(self, days: int) -> None:
            from datetime import timedelta

            self.clock += timedelta(days=days)
            with scopes.enter(scope=COUNTY, at=self.clock):
                commands.escalate_overdue(COUNTY)
                commands.close_silent(COUNTY)
                case = self.case()
                if (
                    State(case.state) in OPEN
                    and case.due_at is not None
                    and case.due_at < self.clock
                ):
                    assert (case.level, case.overdue) == ("county", True)

        @invariant()
        def the_history_is_a_path_of_the_table(self) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                events = list(CaseEvent.objects.filter(case__number=self.number).order_by("id"))
                case = self.case()
            reached.update(e.after for e in events)
            state = "submitted"
            for event in events[1:]:
                if event.verb in BY_VERB:
                    move = BY_VERB[event.verb]
                    assert State(state) in move.sources
                    assert event.before == state
                    state = move.target.value
                    assert event.after == state
            assert case.state == state
            assert [e.verb for e in events].count("reopen") <= 1
            if State(case.state) in FINAL:
                assert events[-1].after == case.state

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {"answered", "closed", "escalated"} <= reached


@pytest.mark.usefixtures("base")
def test_no_order_of_moves_breaks_the_life_of_a_case(cast: Any) -> None:
    from conftest import moment

    run(cast, moment("2026-11-18 09:00"))
