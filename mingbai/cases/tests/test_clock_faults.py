"""A case with which the clock cannot deal, and a clock that is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mingbai.cases import commands, queries, tasks
from mingbai.cases.commands import timing
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.models import Case, CaseEvent, ClockFault
from mingbai.kernel import scopes
from mingbai.notices.models import Notice

COUNTY = "350525"
At = Callable[[str], None]
File = Callable[..., Case]
ROOT = Path(__file__).parents[3]
RUN = """
import os, signal, sys
import django; django.setup()
from mingbai.cases import commands
from mingbai.cases.commands import timing
from mingbai.kernel import scopes
from conftest import moment
timing.BATCH = 2
write = timing._Batch.write
batches = 0
def stuck(batch, county):
    global batches
    write(batch, county)
    batches += 1
    if batches == 3:
        print("in the middle", flush=True)
        signal.pause()
timing._Batch.write = stuck
while True:
    with scopes.enter(scope="350525", at=moment("2026-11-20 18:01")):
        commands.escalate_overdue("350525")
"""


def verbs(case: Case) -> list[str]:
    return list(case.events.order_by("id").values_list("verb", flat=True))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Ids of cases with which the clock cannot deal."""
    ids: set[int] = set()
    plain = Clockmaker.due_steps

    def due_steps(self: Clockmaker, case: Case) -> list[str]:
        if case.pk in ids:
            raise ZeroDivisionError
        return plain(self, case)

    monkeypatch.setattr(Clockmaker, "due_steps", due_steps)
    return ids


def test_a_case_that_raises_holds_no_other(
    cast: Any, file: File, at: At, broken: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    first, bad, last = [file() for _ in range(3)]
    broken.add(bad.pk)
    at("2026-11-20 18:01")
    assert commands.escalate_overdue(COUNTY) == 3
    assert commands.escalate_overdue(COUNTY) == 0
    assert [verbs(case) for case in (first, bad, last)] == [
        ["submit", "overdue"],
        ["submit"],
        ["submit", "overdue"],
    ]
    assert queries.clock_faults(COUNTY) == 1
    assert bad.number in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_the_others_are_told_once(cast: Any, file: File, at: At, broken: set[int]) -> None:
    fine, bad = file(), file()
    broken.add(bad.pk)
    at("2026-11-20 18:01")
    commands.escalate_overdue(COUNTY)
    told = Notice.objects.filter(person=cast.people["officer"], title="这件到期没办完")
    assert list(told.values_list("thing_id", flat=True)) == [fine.number]


def test_what_was_put_off_is_tried_again_and_forgotten_when_it_goes_well(
    cast: Any, file: File, at: At, broken: set[int]
) -> None:
    bad = file()
    broken.add(bad.pk)
    at("2026-11-20 18:01")
    commands.escalate_overdue(COUNTY)
    at("2026-11-20 19:00")
    assert commands.escalate_overdue(COUNTY) == 0
    at("2026-11-20 19:02")
    assert commands.escalate_overdue(COUNTY) == 1
    assert ClockFault.objects.get().tries == 2
    broken.clear()
    at("2026-11-20 20:00")
    assert commands.escalate_overdue(COUNTY) == 0
    at("2026-11-20 21:03")
    assert commands.escalate_overdue(COUNTY) == 1
    assert verbs(bad) == ["submit", "overdue"]
    assert queries.clock_faults(COUNTY) == 0


def test_a_case_that_cannot_be_closed_holds_no_other(
    cast: Any, file: File, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, fine = file("answered"), file("answered")
    turn = timing.turn

    def sometimes(case: Case, *more: Any) -> Any:
        if case.pk == bad.pk:
            raise ValueError
        return turn(case, *more)

    monkeypatch.setattr(timing, "turn", sometimes)
    at("2026-12-04 09:00")
    assert commands.close_silent(COUNTY) == 2
    assert commands.close_silent(COUNTY) == 0
    states = [Case.objects.get(pk=case.pk).state for case in (bad, fine)]
    assert states == ["answered", "closed"]


def test_a_county_that_raises_holds_no_other_county(
    county: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def run(county: str, _: object) -> int:
        seen.append(county)
        if county == COUNTY:
            raise ZeroDivisionError
        return 0

    monkeypatch.setattr(tasks, "run", run)
    tasks.tick(60)
    assert seen == ["350525", "350526"]
    assert "the clock of 350525 broke off" in caplog.text


def test_a_clock_killed_in_the_middle_goes_on_and_does_nothing_twice(committed: None) -> None:
    from django.db import connection

    from conftest import moment, plant_cast, plant_territory

    with scopes.enter(scope="3505", at=moment("2026-11-18 09:00")):
        plant_territory()
        cast = plant_cast()
        for n in range(9):
            commands.submit_case(
                actor=cast.actor("villager"),
                token=uuid4(),
                region="350525101201",
                text=f"村口第 {n} 盏路灯不亮了，晚上看不见路。",
                field="power",
            )
    name = connection.settings_dict["NAME"]
    head, _, query = os.environ["DATABASE_URL"].partition("?")
    address = f"{head.rsplit('/', 1)[0]}/{name}?{query}"
    child = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": address, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "in the middle\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    at = moment("2026-11-20 18:02")
    with scopes.enter(scope=COUNTY, at=at):
        assert CaseEvent.objects.filter(verb="overdue").count() == 4
    left = 0
    for _ in range(100):  # the server may still be ending the dead process's transaction
        with scopes.enter(scope=COUNTY, at=at):
            left += commands.escalate_overdue(COUNTY)
        if left == 5:
            break
    with scopes.enter(scope=COUNTY, at=at):
        late = CaseEvent.objects.filter(verb="overdue").values_list("case_id", flat=True)
        assert Counter(late) == dict.fromkeys(Case.objects.values_list("pk", flat=True), 1)
