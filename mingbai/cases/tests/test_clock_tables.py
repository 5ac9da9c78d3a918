"""Deadlines across holidays, changed calendars and clocks that jump: one table for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from mingbai.accounts.commands import end_post
from mingbai.cases import commands
from mingbai.cases.models import Case
from mingbai.kernel import clock, deadlines
from mingbai.notices.models import Notice

COUNTY = "350525"
At = Callable[[str], None]
File = Callable[..., Case]


def shown(moment: Any) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M}"


def verbs(case: Case) -> list[str]:
    return list(case.events.order_by("id").values_list("verb", flat=True))


@pytest.mark.parametrize(
    ("filed", "given", "due"),
    [
        ("2026-02-12 09:00", {"field": "road"}, "2026-02-26 18:00"),
        ("2026-02-13 09:00", {"field": "road"}, "2026-02-27 18:00"),
        ("2026-02-13 23:59", {"field": "water"}, "2026-02-24 18:00"),
        ("2026-02-14 09:00", {"field": "water"}, "2026-02-25 18:00"),  # a Saturday that is worked
        ("2026-02-15 09:00", {"field": "water"}, "2026-02-25 18:00"),  # the first day off
        ("2026-02-17 03:00", {"field": "water"}, "2026-02-25 18:00"),  # New Year's Day itself
        ("2026-02-23 23:59", {"field": "water"}, "2026-02-25 18:00"),  # the last day off
        ("2026-02-13 09:00", {"field": "water", "urgent": True}, "2026-02-14 18:00"),
        ("2026-02-16 09:00", {"field": "water", "urgent": True}, "2026-02-24 18:00"),
        ("2026-02-13 09:00", {"field": "land"}, "2026-03-05 18:00"),
        ("2026-09-30 17:59", {"field": "water"}, "2026-10-09 18:00"),  # the National Day's week
    ],
)
def test_a_deadline_lies_where_people_work(
    cast: Any, file: File, at: At, filed: str, given: dict[str, Any], due: str
) -> None:
    deadlines.seed_year(2026)
    at(filed)
    assert shown(file(**given).due_at) == due


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ([("2027-01-04", "放假", "元旦")], "2027-01-05 18:00"),
        ([("2027-01-01", "放假", "元旦"), ("2027-01-04", "放假", "元旦")], "2027-01-06 18:00"),
        ([("2027-01-01", "放假", "元旦"), ("2027-01-02", "上班", "调休")], "2027-01-04 18:00"),
        ([("2027-01-02", "上班", "调休"), ("2027-01-03", "上班", "调休")], "2027-01-02 18:00"),
        ([("2027-05-01", "放假", "劳动节")], "2027-01-04 18:00"),
    ],
)
def test_a_changed_calendar_moves_a_provisional_deadline_to_its_day(
    cast: Any, file: File, at: At, changed: list[tuple[str, str, str]], due: str
) -> None:
    deadlines.seed_year(2026)
    at("2026-12-28 09:00")
    case = file("handling", field="road")
    assert (shown(case.due_at), case.due_provisional) == ("2027-01-04 18:00", True)
    deadlines.replace_year(changed)
    assert commands.recompute_provisional(COUNTY) == 1
    case = Case.objects.get(pk=case.pk)
    assert (shown(case.due_at), case.due_provisional) == (due, False)
    assert commands.recompute_provisional(COUNTY) == 0


@pytest.mark.parametrize(
    ("moments", "found"),
    [
        (["2026-11-25 18:01"], ["overdue"]),
        (["2026-11-26 18:01"], ["overdue", "urge"]),
        (["2026-12-20 09:00"], ["overdue", "urge", "escalate"]),
        (["2026-11-25 18:01", "2026-11-18 09:00", "2026-11-25 18:02"], ["overdue"]),
        (["2026-11-25 18:01", "2020-01-01 00:00", "2026-11-26 18:01"], ["overdue", "urge"]),
        (["2020-01-01 00:00"], []),
        (["2026-11-23 13:31", "2026-11-22 09:00", "2026-11-23 13:32"], ["half"]),
        (["2026-11-25 17:59", "2026-11-25 18:01"], ["eighty", "overdue"]),
        (["2026-12-20 09:00", "2026-11-19 09:00"], ["overdue", "urge", "escalate"]),
    ],
)
def test_a_clock_that_jumps_does_each_step_once(
    cast: Any, file: File, at: At, moments: list[str], found: list[str]
) -> None:
    case = file("handling", field="road")  # five working days: until 25 November
    before = len(verbs(case))
    for moment in moments:
        at(moment)
        commands.escalate_overdue(COUNTY)
        commands.escalate_overdue(COUNTY)
    assert verbs(case)[before:] == found


def test_a_body_without_a_handler_hands_to_its_supervisor_who_is_told(
    cast: Any, file: File, client_as: Any
) -> None:
    end_post(actor=None, post_id=cast.posts["officer"].pk, last_day=date(2026, 11, 17))
    case = file()
    assert (case.level, case.body_id) == ("town", cast.bodies["town"].pk)
    told = Notice.objects.filter(person=cast.people["town"]).values_list("title", "link")
    assert list(told) == [("来了一件新的", f"/desk/cases/{case.number}")]
    page = client_as("villager").get(f"/c/{case.number}").content.decode()
    assert "石鼓村村委会现在没有承办人，直接交给五里街镇人民政府" in page


def test_when_its_last_officer_leaves_the_supervisor_takes_over_and_is_told(
    cast: Any, file: File
) -> None:
    case = file("handling")
    end_post(actor=None, post_id=cast.posts["officer"].pk, last_day=date(2026, 11, 17))
    assert commands.hand_up_unstaffed(COUNTY) == 1
    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.body_id) == ("escalated", cast.bodies["town"].pk)
    told = Notice.objects.filter(person=cast.people["town"]).values_list("title", flat=True)
    assert list(told) == ["有一件交到你们这里"]
