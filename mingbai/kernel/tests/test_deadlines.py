"""Working days over holidays, days worked in exchange, and the end of what is known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingbai.kernel import deadlines
from mingbai.kernel.clock import SHANGHAI
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.models import Holiday, HolidayYear


def moment(text: str) -> Any:
    from datetime import datetime

    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@pytest.fixture
def year_2026(base: None) -> None:
    assert deadlines.seed_year(2026)


def due(start: str, days: int) -> tuple[str, bool]:
    found = deadlines.add_working_days(moment(start), days)
    return f"{found.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", found.provisional


def test_the_order_of_the_state_council_for_2026_is_known(year_2026: None) -> None:
    assert deadlines.known_years() == {2026}
    off = Holiday.objects.filter(day__month=10, working=False).values_list("day", flat=True)
    assert [d.day for d in off.order_by("day")] == [1, 2, 5, 6, 7]
    worked = Holiday.objects.filter(working=True).order_by("day").values_list("day", flat=True)
    assert list(worked) == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-09-29 10:00", 1, "2026-09-30 18:00"),
        ("2026-09-30 10:00", 1, "2026-10-08 18:00"),  # over National Day
        ("2026-09-30 10:00", 3, "2026-10-10 18:00"),  # Saturday 10 October is worked
        ("2026-09-30 10:00", 4, "2026-10-12 18:00"),
        ("2026-10-03 10:00", 2, "2026-10-09 18:00"),  # filed on a holiday
        ("2026-09-18 10:00", 1, "2026-09-20 18:00"),  # a Sunday worked in exchange
        ("2026-11-18 23:59", 5, "2026-11-25 18:00"),
        ("2026-11-18 09:00", 0, "2026-11-18 18:00"),
    ],
)
def test_working_days_follow_holidays_and_days_worked_in_exchange(
    year_2026: None, start: str, days: int, end: str
) -> None:
    assert due(start, days) == (end, False)


def test_the_day_is_the_one_in_shanghai(year_2026: None) -> None:
    from datetime import UTC, datetime

    late = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)  # one o'clock on the 18th
    assert deadlines.add_working_days(late, 1).at == moment("2026-11-19 18:00")


def test_a_deadline_beyond_the_last_known_year_counts_monday_to_friday(year_2026: None) -> None:
    assert due("2026-12-30 10:00", 1) == ("2026-12-31 18:00", False)
    assert due("2026-12-30 10:00", 2) == ("2027-01-01 18:00", True)
    assert due("2026-12-30 10:00", 4) == ("2027-01-05 18:00", True)
    assert due("2027-02-05 10:00", 1) == ("2027-02-08 18:00", True)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2026-11-18 09:00", "2026-11-18 18:00", 0),
        ("2026-11-18 09:00", "2026-11-20 08:00", 2),
        ("2026-11-20 09:00", "2026-11-18 18:00", -2),
        ("2026-11-20 09:00", "2026-11-23 18:00", 1),  # over a weekend
        ("2026-11-23 09:00", "2026-11-20 18:00", -1),
        ("2026-11-22 09:00", "2026-11-20 18:00", 0),  # Sunday after Friday: no working day lost
        ("2026-09-30 09:00", "2026-10-12 18:00", 4),
        ("2026-10-12 09:00", "2026-09-30 18:00", -4),
    ],
)
def test_the_days_between_carry_their_sign(
    year_2026: None, first: str, last: str, days: int
) -> None:
    assert deadlines.working_days_between(moment(first), moment(last)) == days


def test_a_deadline_is_as_many_days_away_as_were_given(year_2026: None) -> None:
    calendar = deadlines.calendar(date(2026, 9, 1))
    start = moment("2026-09-25 10:00")
    for days in range(40):
        assert calendar.between(start, calendar.add(start, days).at) == days


def test_a_long_span_knows_the_holidays_of_all_its_years(base: None) -> None:
    for year in (2023, 2024, 2025, 2026):
        assert deadlines.seed_year(year)
    counted = deadlines.working_days_between(moment("2023-12-31 09:00"), moment("2025-12-31 09:00"))
    assert counted == 251 + 248  # the State Council's 2024 and 2025
    back = deadlines.working_days_between(moment("2025-12-31 09:00"), moment("2023-12-31 09:00"))
    assert back == -sum(
        deadlines.calendar(date(2024, 1, 1)).works(date.fromordinal(n))
        for n in range(date(2024, 1, 1).toordinal(), date(2025, 12, 31).toordinal() + 1)
    )


def test_a_calendar_takes_one_query_and_its_sums_none(year_2026: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        calendar = deadlines.calendar(date(2026, 11, 18))
        for days in range(30):
            calendar.add(moment("2026-11-18 10:00"), days)
    assert len(asked) == 1


def test_a_year_that_is_not_announced_stays_unknown(base: None) -> None:
    assert not deadlines.seed_year(2099)
    assert deadlines.known_years() == frozenset()
    assert not Holiday.objects.exists()


# ---- loading a year ----

ROWS_2027 = [("2027-01-01", "放假", "元旦"), ("2027-01-03", "上班", "元旦调休")]


def test_a_loaded_year_makes_its_deadlines_certain(year_2026: None) -> None:
    assert due("2026-12-31 10:00", 2) == ("2027-01-04 18:00", True)
    assert deadlines.replace_year(ROWS_2027) == 2027
    assert due("2026-12-31 10:00", 1) == ("2027-01-03 18:00", False)  # Sunday, in exchange
    assert due("2026-12-31 10:00", 2) == ("2027-01-04 18:00", False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_year_is_read_from_csv_as_spreadsheets_write_it(
    base: None, tmp_path: Path, encoding: str
) -> None:
    file = tmp_path / "2027年放假.csv"
    lines = ["day,working,name", "2027-01-01,放假,元旦", "", " 2027-01-03 ,1,元旦调休", ",,"]
    file.write_bytes("\r\n".join(lines).encode(encoding))
    assert deadlines.replace_year(file) == 2027
    assert list(Holiday.objects.order_by("day").values_list("day", "working", "name")) == [
        (date(2027, 1, 1), False, "元旦"),
        (date(2027, 1, 3), True, "元旦调休"),
    ]
    assert HolidayYear.objects.get().source.startswith("2027年放假.csv")


def test_loading_a_year_again_replaces_it_and_leaves_the_others(year_2026: None) -> None:
    kept = Holiday.objects.count()
    deadlines.replace_year(ROWS_2027)
    deadlines.replace_year([("2027-02-08", "0", "春节")])
    assert Holiday.objects.count() == kept + 1
    assert deadlines.known_years() == {2026, 2027}


def test_every_bad_line_is_named_and_nothing_changes(base: None, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(
        "day,working,name\n2027-01-01,放假,元旦\n2027/1/2,放假,元旦\n2027-01-03,也许,\n"
        "2027-01-01,放假,元旦\n2028-01-01,放假,元旦\n2027-01-05,放假\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput) as refused:
        deadlines.replace_year(file)
    assert str(refused.value) == (
        "第 3 行：“2027/1/2”应写成 2027-02-08 这样的日期；第 4 行：“也许”应写成上班或放假；"
        "第 5 行：2027-01-01 写了两次；第 6 行：2028-01-01 不是 2027 年的；"
        "第 7 行：应有 3 格，现在是 2 格。请改好再载入。"
    )
    assert not Holiday.objects.exists()
    assert deadlines.known_years() == frozenset()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "第 1 行应是 day,working,name。"),
        ("日期,上班,名称\n", "第 1 行应是 day,working,name。"),
        ("day,working,name\n", "表里没有日期，请检查。"),
    ],
)
def test_a_table_without_days_is_refused(
    base: None, tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "empty.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=sentence):
        deadlines.replace_year(file)


def test_of_very_many_bad_lines_ten_are_named(base: None) -> None:
    with pytest.raises(BadInput, match=r"第 10 行：.*；另有 5 行。"):
        deadlines.replace_year([("x", "放假", "")] * 15)
