"""The countdown that everybody reads: working days left, its tone, and the groups of a desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from mingbai.kernel import clock
from mingbai.kernel.deadlines import Calendar
from mingbai.kernel.jinja import day_cn

_NEAR_DAYS = 3


@dataclass(frozen=True)
class Countdown:
    """Working days ``left`` of ``total``; ``late`` when the deadline has passed.

    ``tone`` is empty, ``warn`` or ``bad``; ``words`` is what pages show: 还剩 2 个工作日.
    """

    due_at: datetime
    left: int
    total: int
    late: bool
    provisional: bool
    unit: str = "个工作日"

    @property
    def used(self) -> int:
        """Working days gone, at most ``total``."""
        return self.total if self.late else max(0, min(self.total, self.total - self.left))

    @property
    def tone(self) -> str:
        """Red only for a missed deadline; amber from half of the time on."""
        if self.late:
            return "bad"
        return "warn" if self.left <= 1 or self.used * 2 >= self.total else ""

    @property
    def words(self) -> str:
        """The sentence beside the bar."""
        if self.late:
            return f"超了 {-self.left} {self.unit}" if self.left < 0 else "今天刚超时"
        return f"还剩 {self.left} {self.unit}" if self.left else "今天到期"

    @property
    def short(self) -> str:
        """The same for a dense list."""
        if self.late:
            return f"超 {-self.left} 天" if self.left < 0 else "刚超时"
        return f"剩 {self.left} 天" if self.left else "今天到期"

    @property
    def day(self) -> str:
        """The last day, 11月24日 周二, with a word when holidays are not announced yet."""
        words = day_cn(self.due_at)
        return f"{words}（待放假安排公布后确认）" if self.provisional else words


class Due(Protocol):
    """Anything with a countdown."""

    @property
    def countdown(self) -> Countdown | None:
        """Return its countdown, or None when nothing is due."""


Line = TypeVar("Line", bound=Due)


@dataclass(frozen=True)
class Group:
    """Rows of a desk that are due together."""

    label: str
    tone: str
    rows: Sequence[object]


def count_days(due_at: datetime, total: int, *, now: datetime) -> Countdown:
    """Return the countdown of the petition regulation, in days of the calendar."""
    left = (clock.local(due_at).date() - clock.local(now).date()).days
    return Countdown(due_at, left, total, now > due_at, provisional=False, unit="天")


def count(
    due_at: datetime, total: int, *, provisional: bool, calendar: Calendar, now: datetime
) -> Countdown:
    """Return the countdown to ``due_at`` as seen ``now``."""
    return Countdown(due_at, calendar.between(now, due_at), total, now > due_at, provisional)


def by_deadline(lines: Iterable[Line]) -> Sequence[Group]:
    """Group rows that are sorted by deadline: 已超时, 今天到期, the next days, later, nothing due."""
    groups: dict[tuple[str, str], list[object]] = {}
    for line in lines:
        groups.setdefault(_group(line.countdown), []).append(line)
    return [Group(label, tone, rows) for (label, tone), rows in groups.items()]


def _group(countdown: Countdown | None) -> tuple[str, str]:
    if countdown is None:
        return "没有期限", ""
    if countdown.late:
        return "已超时", "bad"
    away = (clock.local(countdown.due_at).date() - clock.today()).days
    if away == 0:
        return "今天到期", "warn"
    if countdown.left <= _NEAR_DAYS:
        return day_cn(countdown.due_at), ""
    return f"{_NEAR_DAYS} 个工作日以后", ""
