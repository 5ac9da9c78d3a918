"""The clock of a case: how long its level has, from when."""

from __future__ import annotations

from mingbai.cases.deadline_table import standard
from mingbai.cases.models import Case, Deadline, Field
from mingbai.kernel import clock, deadlines


class Clockmaker:
    """Sets deadlines; loads the holidays once and serves a whole batch of cases."""

    def __init__(self) -> None:
        self._calendar: deadlines.Calendar | None = None
        self._days: dict[tuple[str, str, bool], int] | None = None

    def restart(self, case: Case) -> None:
        """Give the case's present level its full time, from now."""
        now = clock.now()
        if self._calendar is None:
            self._calendar = deadlines.calendar(clock.local(now).date())
        days = self._allowed(case.field, case.level, urgent=case.urgent)
        due = self._calendar.add(now, days)
        case.clock_from, case.due_days, case.overdue = now, days, False
        case.due_at, case.due_provisional = due.at, due.provisional

    def _allowed(self, field: str, level: str, *, urgent: bool) -> int:
        if self._days is None:
            rows = Deadline.objects.values_list("field", "level", "urgent", "days")
            loaded = {(f, x, u): d for f, x, u, d in rows}
            self._days = dict(standard()) | loaded
        return (
            self._days.get((field, level, urgent)) or self._days[Field.OTHER.value, level, urgent]
        )
