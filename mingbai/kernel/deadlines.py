"""Deadlines in working days, from the table of holidays.

A deadline of N working days ends at 18:00 on the Nth working day after the day it starts. A year
without data counts Monday–Friday and the deadline is provisional until the year is loaded.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import DateField, Value

from mingbai.kernel import clock, scopes
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.models import Holiday, HolidayYear

END_OF_DAY = time(18, 0)
ORDER = "国务院办公厅关于部分节假日安排的通知"
COLUMNS = ("day", "working", "name")
_WORKING = {"1": True, "是": True, "上班": True, "0": False, "否": False, "放假": False}
_MOST_BAD = 10


@dataclass(frozen=True)
class Deadline:
    """When something is due (aware); ``provisional`` when a year without holiday data was crossed."""

    at: datetime
    provisional: bool


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: exceptions to Monday–Friday, and the years they are known for."""

    exceptions: Mapping[date, bool]
    years: Collection[int]

    def works(self, day: date) -> bool:
        """Whether offices are open on ``day``."""
        return self.exceptions.get(day, day.weekday() < 5)

    def add(self, start: datetime, days: int) -> Deadline:
        """Return the deadline ``days`` working days after the day of ``start`` (at least the same day)."""
        day = clock.local(start).date()
        unknown = day.year not in self.years
        left = days
        while left > 0:
            day += timedelta(days=1)
            unknown = unknown or day.year not in self.years
            left -= self.works(day)
        return Deadline(datetime.combine(day, END_OF_DAY, clock.SHANGHAI), unknown)

    def between(self, first: datetime, last: datetime) -> int:
        """Return the working days after the day of ``first`` up to the day of ``last``; negative if past."""
        a, b = clock.local(first).date(), clock.local(last).date()
        sign = 1 if b >= a else -1
        low, high = min(a, b), max(a, b)
        span = (high - low).days
        return sign * sum(self.works(low + timedelta(days=n)) for n in range(1, span + 1))


def calendar(near: date) -> Calendar:
    """Load the working days from the year before ``near`` on (one query, once a transaction)."""
    entered = scopes.current()
    memo = entered.memo if entered else {}
    key = ("calendar", near.year)
    if key not in memo:
        rows = Holiday.objects.filter(day__gte=date(near.year - 1, 1, 1))
        known = HolidayYear.objects.values_list("year", Value(None, DateField()), Value(value=True))
        found = known.union(rows.values_list(Value(0), "day", "working"), all=True)
        years, days = set(), {}
        for year, day, working in found:
            if day is None:
                years.add(year)
            else:
                days[day] = working
        memo[key] = Calendar(days, years)
    calendar: Calendar = memo[key]
    return calendar


def _forget() -> None:
    """Let the running transaction read the working days again."""
    entered = scopes.current()
    if entered:
        for key in [k for k in entered.memo if isinstance(k, tuple) and k[0] == "calendar"]:
            del entered.memo[key]


def add_working_days(start: datetime, days: int) -> Deadline:
    """Return the deadline ``days`` working days after ``start``."""
    return calendar(clock.local(start).date()).add(start, days)


def working_days_between(first: datetime, last: datetime) -> int:
    """Return how many working days lie between two moments; negative when ``last`` is past."""
    return calendar(clock.local(min(first, last)).date()).between(first, last)


def known_years() -> frozenset[int]:
    """Return the years whose holidays are loaded."""
    return frozenset(HolidayYear.objects.values_list("year", flat=True))


def seed_year(year: int) -> bool:
    """Write the holidays of ``year`` from ``chinesecalendar``; False when it does not know the year."""
    import chinese_calendar

    first = date(year, 1, 1)
    try:
        chinese_calendar.is_workday(first)
    except NotImplementedError:
        return False
    rows = []
    for n in range((date(year + 1, 1, 1) - first).days):
        day = first + timedelta(days=n)
        works = chinese_calendar.is_workday(day)
        if works != (day.weekday() < 5):
            name = chinese_calendar.get_holiday_detail(day)[1] or "调休上班"
            rows.append(Holiday(day=day, working=works, name=str(name)))
    _write(year, rows, ORDER)
    return True


def replace_year(source: Path | Iterable[Iterable[str]]) -> int:
    """Write the holidays of one year in place of what is known of it; return the year.

    ``source`` is a csv file with the columns ``day,working,name`` (``2027-02-08,放假,春节``) or its
    rows without the heading; ``working`` is 上班 or 放假, 是 or 否, 1 or 0. Only days that differ from
    Monday–Friday need be listed. Deadlines set before stay: ``cases`` recomputes the provisional
    ones. Raises ``BadInput`` that names every bad line; then nothing is changed.
    """
    lines = _csv(source) if isinstance(source, Path) else list(enumerate(source, 1))
    rows: dict[date, Holiday] = {}
    bad = []
    for number, line in lines:
        try:
            row = _holiday(line)
        except ValueError as wrong:
            bad.append(f"第 {number} 行：{wrong}")
            continue
        if row.day in rows:
            bad.append(f"第 {number} 行：{row.day} 写了两次")
        elif rows and row.day.year != next(iter(rows)).year:
            bad.append(f"第 {number} 行：{row.day} 不是 {next(iter(rows)).year} 年的")
        else:
            rows[row.day] = row
    if bad:
        more = f"；另有 {len(bad) - _MOST_BAD} 行" if len(bad) > _MOST_BAD else ""
        raise BadInput(f"{'；'.join(bad[:_MOST_BAD])}{more}。请改好再载入。")
    if not rows:
        raise BadInput("表里没有日期，请检查。")
    year = next(iter(rows)).year
    _write(
        year,
        list(rows.values()),
        f"{source.name if isinstance(source, Path) else '表格'}（{ORDER}）",
    )
    return year


def _csv(source: Path) -> list[tuple[int, Iterable[str]]]:
    data = source.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:  # saved by a spreadsheet on a Chinese Windows
        text = data.decode("gb18030", "replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    head = next(reader, [])
    if tuple(cell.strip() for cell in head) != COLUMNS:
        raise BadInput(f"第 1 行应是 {','.join(COLUMNS)}。")
    return [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]


def _holiday(line: Iterable[str]) -> Holiday:
    """Return one row; raises ``ValueError`` with the Chinese reason."""
    cells = [cell.strip() for cell in line]
    if len(cells) != len(COLUMNS):
        raise ValueError(f"应有 {len(COLUMNS)} 格，现在是 {len(cells)} 格")
    day, working, name = cells
    if working not in _WORKING:
        raise ValueError(f"“{working}”应写成上班或放假")
    if len(name) > 40 or "\0" in name:
        raise ValueError("名称最多 40 个字")
    try:
        return Holiday(day=date.fromisoformat(day), working=_WORKING[working], name=name)
    except ValueError:
        raise ValueError(f"“{day}”应写成 2027-02-08 这样的日期") from None


@transaction.atomic
def _write(year: int, rows: Iterable[Holiday], source: str) -> None:
    Holiday.objects.filter(day__year=year).delete()
    Holiday.objects.bulk_create(rows)
    HolidayYear.objects.update_or_create(year=year, defaults={"source": source[:120]})
    _forget()
