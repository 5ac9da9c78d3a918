"""Deadlines in working days, from the table of holidays.

A deadline of N working days ends at 18:00 on the Nth working day after the day it starts. A year
without data counts Monday–Friday and the deadline is provisional until the year is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mingbai.kernel import clock
from mingbai.kernel.models import Holiday, HolidayYear

END_OF_DAY = time(18, 0)


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
    """Load the working days of the years around ``near`` (two queries)."""
    years = set(HolidayYear.objects.values_list("year", flat=True))
    rows = Holiday.objects.filter(day__year__gte=near.year - 1, day__year__lte=near.year + 1)
    return Calendar(dict(rows.values_list("day", "working")), years)


def add_working_days(start: datetime, days: int) -> Deadline:
    """Return the deadline ``days`` working days after ``start``."""
    return calendar(clock.local(start).date()).add(start, days)


def working_days_between(first: datetime, last: datetime) -> int:
    """Return how many working days lie between two moments; negative when ``last`` is past."""
    return calendar(clock.local(first).date()).between(first, last)


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
    for n in range(366):
        day = first + timedelta(days=n)
        if day.year != year:
            break
        works = chinese_calendar.is_workday(day)
        if works != (day.weekday() < 5):
            name = chinese_calendar.get_holiday_detail(day)[1] or "调休上班"
            rows.append(Holiday(day=day, working=works, name=str(name)))
    Holiday.objects.filter(day__year=year).delete()
    Holiday.objects.bulk_create(rows)
    HolidayYear.objects.update_or_create(
        year=year, defaults={"source": "国务院办公厅关于部分节假日安排的通知"}
    )
    return True
