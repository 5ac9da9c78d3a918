"""Deadlines over the end of the year, once the next year's holidays are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mingbai.audit.models import Entry
from mingbai.cases import commands
from mingbai.cases.models import Case
from mingbai.kernel import clock, deadlines

COUNTY = "350525"


def due(case: Case) -> tuple[str, bool]:
    now = Case.objects.get(pk=case.pk)
    return f"{clock.local(now.due_at):%Y-%m-%d %H:%M}", now.due_provisional


@pytest.fixture
def waiting(cast: Any, file: Callable[..., Case], at: Callable[[str], None]) -> Case:
    """A road of five working days, filed on 25 December 2026."""
    deadlines.seed_year(2026)
    at("2026-12-25 09:00")
    case = file(field="road")
    assert due(case) == ("2027-01-01 18:00", True)
    return case


def test_a_loaded_year_moves_the_deadline_and_says_so_on_record(waiting: Case) -> None:
    deadlines.replace_year([("2027-01-01", "放假", "元旦"), ("2027-01-03", "上班", "元旦调休")])
    assert commands.recompute_provisional(COUNTY) == 1
    assert due(waiting) == ("2027-01-03 18:00", False)
    entry = Entry.objects.get(verb="case.recompute_deadline")
    assert (entry.thing_id, entry.county, entry.role) == (waiting.number, COUNTY, "system")
    assert entry.detail == {
        "was": "2027-01-01T10:00:00+00:00",
        "due": "2027-01-03T18:00:00+08:00",
    }
    assert entry.before != entry.after


def test_a_second_run_finds_nothing_to_do(waiting: Case) -> None:
    deadlines.replace_year([("2027-01-01", "放假", "元旦")])
    assert commands.recompute_provisional(COUNTY) == 1
    assert commands.recompute_provisional(COUNTY) == 0
    assert Entry.objects.filter(verb="case.recompute_deadline").count() == 1


def test_while_the_year_is_unknown_nothing_changes(waiting: Case) -> None:
    assert commands.recompute_provisional(COUNTY) == 0
    assert due(waiting) == ("2027-01-01 18:00", True)
    assert not Entry.objects.filter(verb="case.recompute_deadline").exists()


def test_another_county_and_finished_cases_are_left_alone(
    waiting: Case, file: Callable[..., Case]
) -> None:
    done = file("answered", field="road")
    deadlines.replace_year([("2027-01-01", "放假", "元旦")])
    assert commands.recompute_provisional("350526") == 0
    assert commands.recompute_provisional(COUNTY) == 1
    assert due(waiting) == ("2027-01-04 18:00", False)
    assert due(done)[1] is True


def test_a_case_marked_late_is_so_no_more_when_its_day_moved(
    waiting: Case, at: Callable[[str], None]
) -> None:
    Case.objects.filter(pk=waiting.pk).update(overdue=True)
    deadlines.replace_year([("2027-01-01", "放假", "元旦")])
    at("2027-01-04 09:00")
    commands.recompute_provisional(COUNTY)
    assert Case.objects.get(pk=waiting.pk).overdue is False
