"""Any order of moves by two officers, villagers and the clock keeps what the table promises.

Crashes undo a transaction, deliveries come twice, forms are old: after every step the checks of
``mingbai verify`` hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mingbai.audit.models import Entry
from mingbai.cases import commands, policies
from mingbai.cases.models import Ask, Case, CaseEvent, Part, Stop, Support
from mingbai.cases.states import BY_VERB, MOVES, RUNNING, Who
from mingbai.cli import verifying
from mingbai.kernel import scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.notices.models import Notice

COUNTY, VILLAGE = "350525", "350525101201"
TEXT = "换了控制器一个，加装路灯一盏。"
PEOPLE = ("officer", "second", "town", "department", "petition", "intake", "neighbour", "villager",
          "other")  # fmt: skip
BY_PEOPLE = sorted(m.verb for m in MOVES if m.who is not Who.SYSTEM)
# What the table cannot know: where to, which other case, until when.
OPEN_ENDED = frozenset(
    {"assign", "merge", "invite", "release", "suspend", "extend", "ask_suspend", "redirect"}
)
USUAL = (
    "accept",
    "resume",
    "contribute",
    "join",
    "start",
    "register",
    "conclude",
    "answer",
    "rate",
)
ENDS = frozenset({"refuse", "withdraw", "hand_to_clues", "transfer", "merge"})
# Without the check of the job's own delay: the machine's clock is not the database's.
CHECKS = " UNION ALL ".join(
    f"SELECT '{words}：' || found.n FROM ({sql}) AS found(n)"
    for words, sql in verifying._CHECKS
    if "capture_" not in sql and "interval" not in sql
)


class Power(Exception):
    """The plug is pulled before the transaction commits."""


def run(cast: Any, start: Any) -> None:
    """Run the machine over one fixture's cast; every example begins with two cases of its own."""

    reached: set[str] = set()
    moved: set[str] = set()
    actors = {name: cast.actor(name) for name in PEOPLE}

    class Life(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.clock = start
            self.token, self.parts = uuid4(), (uuid4(), uuid4())
            self.frame = scopes.enter(scope=COUNTY, at=self.clock)
            self.frame.__enter__()  # undone in teardown: every example begins with empty tables
            with scopes.enter(scope=COUNTY, at=self.clock):
                self.numbers = [self.submit("villager", self.token), self.submit("other", uuid4())]

        def teardown(self) -> None:
            undo = Power()
            self.frame.__exit__(Power, undo, undo.__traceback__)

        @staticmethod
        def submit(who: str, token: Any) -> str:
            return commands.submit_case(
                actor=actors[who],
                token=token,
                region=VILLAGE,
                text="自来水停了三天，家里没水做饭",
                field="water",
            )

        def case(self, which: int) -> Case:
            return Case.objects.select_related("body").get(number=self.numbers[which])

        @staticmethod
        def snapshot() -> tuple[Any, ...]:
            tables = (CaseEvent, Entry, Notice, Part, Ask, Stop, Support)
            return (
                list(Case.objects.order_by("id").values()),
                *(table.objects.count() for table in tables),
            )

        def words(self, verb: str, which: int, score: str) -> dict[str, Any]:
            held = self.case(which).body_id
            town, water = cast.bodies["town"].pk, cast.bodies["water"].pk
            day = f"{self.clock + timedelta(days=6):%Y-%m-%d}"
            why = {"reason": "不归村里管，归县里管。"}
            return {
                "refuse": {**why, "door": "县水利局"},
                "assign": {"receiver": water if held == town else town},
                "redirect": {**why, "receiver": water},
                "dispute": why,
                "progress": {"text": "已约水电工"},
                "answer": {"text": TEXT},
                "ask_reporter": {"text": "请写明是哪一段"},
                "invite": {"receivers": [town if held != town else water], "text": "一起来看看"},
                "contribute": {"text": TEXT},
                "release": {**why, "receiver": town if held != town else water},
                "extend": {**why, "days": "1"},
                "ask_suspend": {**why, "until": day},
                "merge": {"into": self.numbers[1 - which]},
                "split": {"token": self.parts[which], "text": "井盖也坏了", "field": "facility"},
                "transfer": why,
                "send_back": why,
                "conclude": dict.fromkeys(("demand", "facts", "opinion", "basis"), TEXT),
                "rate": {"score": score, "reason": "还没好"},
                "claim": why,
                "ask_reopen": why,
                "deny": why,
            }.get(verb, {})

        def act(self, verb: str, which: int, actor: Actor, score: str, version: int) -> None:
            given: dict[str, Any] = {"version": version}
            if verb == "ask_reopen":
                given = {}
            getattr(commands, verb)(
                actor=actor,
                county=COUNTY,
                number=self.numbers[which],
                **given,
                **self.words(verb, which, score),
            )

        @rule(
            verb=st.sampled_from(BY_PEOPLE),
            who=st.sampled_from(PEOPLE),
            which=st.integers(0, 1),
            stale=st.booleans(),
        )
        def somebody_tries(self, verb: str, who: str, which: int, stale: bool) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                case, actor, before = self.case(which), actors[who], self.snapshot()
                may = policies.may(actor, case, verb)
                try:
                    self.act(verb, which, actor, "satisfied", case.version - stale)
                except (Refused, Missing, BadInput):
                    assert self.snapshot() == before
                    return
                if verb == "split" and self.snapshot() == before:
                    return  # the same part, sent again: its number is returned
                assert may
                assert not stale or verb == "ask_reopen"
                moved.add(verb)

        @rule(
            pick=st.integers(0, 99),
            which=st.integers(0, 1),
            score=st.sampled_from(["satisfied", "unsatisfied"]),
            fate=st.sampled_from(["done", "done", "done", "crash", "race"]),
        )
        def the_right_one_acts(self, pick: int, which: int, score: str, fate: str) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                case, before = self.case(which), self.snapshot()
                can = [
                    (verb, who)
                    for verb in BY_PEOPLE
                    for who in PEOPLE
                    if (verb not in ENDS or pick % 5 == 0) and policies.may(actors[who], case, verb)
                ]
                if not can:
                    return
                # Moves that no life has made yet go first: few lives must see much.
                can = [c for c in can if c[0] not in moved] or can
                verb, who = can[pick % len(can)]
                try:
                    with scopes.enter(scope=COUNTY, at=self.clock):
                        self.act(verb, which, actors[who], score, case.version)
                        if fate == "crash":
                            raise Power
                except Power:
                    assert self.snapshot() == before
                    return
                except (Refused, BadInput):
                    assert verb in OPEN_ENDED
                    assert self.snapshot() == before
                    return
                moved.add(verb)
                if fate == "race" and BY_VERB[verb].who is Who.HOLDER:
                    self.comes_second(verb, who, which, score, case)

        @rule(which=st.integers(0, 1), score=st.sampled_from(["satisfied", "unsatisfied"]))
        def the_work_goes_on(self, which: int, score: str) -> None:
            """Whoever has to act takes the ordinary next step: else few lives would reach an answer."""
            with scopes.enter(scope=COUNTY, at=self.clock):
                case = self.case(which)
                for verb in USUAL:
                    for who in PEOPLE:
                        if policies.may(actors[who], case, verb):
                            self.act(verb, which, actors[who], score, case.version)
                            moved.add(verb)
                            return

        def comes_second(self, verb: str, who: str, which: int, score: str, seen: Case) -> None:
            """The colleague sends the same form, as it was before the first one's."""
            after, other = self.snapshot(), {"officer": "second", "second": "officer"}.get(who, who)
            if verb == "split":
                self.act(verb, which, actors[other], score, seen.version)
                assert self.snapshot() == after
                return
            with pytest.raises((Refused, BadInput, Missing)):
                self.act(verb, which, actors[other], score, seen.version)
            assert self.snapshot() == after

        @rule(which=st.integers(0, 1))
        def a_villager_adds_and_supports(self, which: int) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                case = self.case(which)
                for do in (
                    lambda: commands.supplement(
                        actor=actors["villager"],
                        county=COUNTY,
                        number=case.number,
                        text="弯道那盏也不亮",
                    ),
                    lambda: commands.support(
                        actor=actors["other"], county=COUNTY, number=case.number
                    ),
                ):
                    before = self.snapshot()
                    try:
                        do()
                    except (Refused, Missing):
                        assert self.snapshot() == before

        @rule()
        def everything_is_delivered_again(self) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                said = {"county": COUNTY, "number": self.numbers[0], "text": "还没来水"}
                commands.append_evidence(**said, source_id="m-9")
                before = self.snapshot()
                # A case sealed away has a fresh token: its words may be filed again.
                if Case.objects.filter(token=self.token).exists():
                    assert self.submit("villager", self.token) == self.numbers[0]
                assert commands.append_evidence(**said, source_id="m-9") is False
                assert self.snapshot() == before

        @rule(hours=st.sampled_from([3, 20, 24, 48, 120, 400]), crash=st.booleans())
        def time_passes(self, hours: int, crash: bool) -> None:
            self.clock += timedelta(hours=hours)
            for work in self.jobs():
                if crash:
                    before = self.seen()
                    with pytest.raises(Power), scopes.enter(scope=COUNTY, at=self.clock):
                        work(COUNTY)
                        raise Power
                    assert self.seen() == before
                for _ in range(5):
                    with scopes.enter(scope=COUNTY, at=self.clock):
                        if not work(COUNTY):
                            break
                else:
                    raise AssertionError("the clock never ends")
            with scopes.enter(scope=COUNTY, at=self.clock):
                for case in Case.objects.filter(county=COUNTY, state__in=RUNNING):
                    assert case.due_at is not None
                    assert case.overdue is (case.due_at < self.clock)

        def seen(self) -> tuple[Any, ...]:
            with scopes.enter(scope=COUNTY, at=self.clock):
                return self.snapshot()

        @staticmethod
        def jobs() -> tuple[Callable[[str], int], ...]:
            return (commands.hand_up_unstaffed, commands.escalate_overdue, commands.close_silent)

        @invariant()
        def what_verify_checks_holds(self) -> None:
            with scopes.enter(scope=COUNTY, at=self.clock):
                assert verifying._rows(CHECKS, COUNTY) == []
                assert list(verifying._impossible(COUNTY)) == []
                reached.update(Case.objects.values_list("state", flat=True))
                for which in (0, 1):
                    reopened = CaseEvent.objects.filter(
                        case__number=self.numbers[which],
                        verb__in=["reopen", "claim", "grant_reopen"],
                    )
                    assert reopened.count() <= 1

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            phases=[Phase.generate],
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {"answered", "closed", "escalated", "waiting", "joint"} <= reached
    assert len(moved) >= 16, sorted(moved)


@pytest.mark.usefixtures("base")
def test_no_order_of_moves_breaks_the_life_of_a_case(
    cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conftest import moment
    from mingbai.accounts.models import Body, Person, Post
    from mingbai.kernel import clock, ports

    monkeypatch.setattr(ports, "clue_intake", lambda: lambda material: True)
    since = moment("2024-01-01 00:00").date()
    cast.bodies["petition"] = Body.objects.create(
        kind="department",
        region_id="350525000000",
        name="永春县信访局",
        parent=cast.bodies["county"],
    )
    for key, name, role, region, scope, body in (
        ("second", "林秀兰", "village_officer", VILLAGE, VILLAGE, "village"),
        ("petition", "吕芳", "petition_office", "350525000000", "350525", "petition"),
    ):
        cast.people[key] = Person.objects.create(
            login=key, name=name, created_at=clock.now(), password="!"
        )
        cast.posts[key] = Post.objects.create(
            person=cast.people[key],
            role=role,
            region_id=region,
            scope=scope,
            body=cast.bodies[body],
            title="干部",
            since=since,
        )
    run(cast, moment("2026-11-18 09:00"))
