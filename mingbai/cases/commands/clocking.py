"""The clock of a case: how long its level has, when it reminds, when it stands still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from mingbai.cases.deadline_table import Key, Times, allowed, places_of, rule, standard
from mingbai.cases.models import Case, Deadline
from mingbai.cases.states import ASCENDING, AT_PETITION, STOPPED, State
from mingbai.kernel import clock, deadlines

_MORNING = time(9, 0)
_OFFICE_HOURS = 9  # from 9:00 to 18:00, the end of a deadline's day
_WARNINGS = ("unaccepted", "silent", "half", "eighty")
_NOT_ACCEPTED = frozenset({State.SUBMITTED, State.ESCALATED, State.ASSIGNED})
_NO_WORD = _NOT_ACCEPTED | {State.ACCEPTED}


class Clockmaker:
    """Sets deadlines and plans the steps of the clock; loads its tables once for a batch of cases."""

    def __init__(self) -> None:
        self._calendar: deadlines.Calendar | None = None
        self._table: Mapping[Key, Times] | None = None

    @property
    def calendar(self) -> deadlines.Calendar:
        """The working days around today."""
        if self._calendar is None:
            self._calendar = deadlines.calendar(clock.today())
        return self._calendar

    def restart(self, case: Case) -> None:
        """Give the case's present level its full time, from now."""
        now = clock.now()
        days = self._times(case).days
        due = self.calendar.add(now, days)
        case.clock_from, case.due_days, case.extra_days = now, days, 0
        case.due_at, case.due_provisional = due.at, due.provisional
        self._fresh(case)

    def restart_petition(self, case: Case, days: int) -> None:
        """Start a clock of the petition regulation: ``days`` of the calendar, from now."""
        now = clock.now()
        last = clock.local(now).date() + timedelta(days=days)
        case.clock_from, case.due_days, case.extra_days = now, days, 0
        case.due_at = datetime.combine(last, deadlines.END_OF_DAY, clock.SHANGHAI)
        case.due_provisional = False
        self._fresh(case)

    def extend(self, case: Case, days: int) -> None:
        """Give ``days`` more: of the calendar for a petition, working days otherwise."""
        case.extended_days = days
        if State(case.state) in AT_PETITION:
            assert case.due_at is not None
            case.due_at += timedelta(days=days)
            case.due_days += days
        else:
            case.extra_days += days
            self._set(case)
        self.plan(case)

    def stop(self, case: Case, until: datetime) -> None:
        """Stop the clock, at the latest until ``until``."""
        case.stopped_at, case.resumes_at = clock.now(), until
        self.plan(case)

    def go_on(self, case: Case) -> int:
        """Let the clock run again; return the working days by which the deadline moved.

        Whoever stopped on the last day has one more: no case is late the moment it goes on.
        """
        now, before = clock.now(), case.extra_days
        assert case.stopped_at is not None
        case.extra_days += max(0, self.calendar.between(case.stopped_at, now))
        self._set(case)
        while case.due_at is not None and case.due_at <= now:
            case.extra_days += 1
            self._set(case)
        case.stopped_at = case.resumes_at = None
        self.plan(case)
        return case.extra_days - before

    def reset(self, case: Case) -> None:
        """Set the deadline anew from start and days, after the calendar changed."""
        self._set(case)
        if case.due_at is not None and case.due_at >= clock.now():
            case.overdue = case.urged = False
            done = set(case.steps_done.split(",")) - {"overdue", "urge"}
            case.steps_done = ",".join(sorted(done - {""}))
        self.plan(case)

    def plan(self, case: Case) -> None:
        """Note when the clock has to look at the case again; None when never."""
        done = set(case.steps_done.split(","))
        moments = [at for at, name in self.steps(case) if name not in done]
        case.next_at = min(moments, default=None)

    def due_steps(self, case: Case) -> list[str]:
        """Return what the clock must do with the case now, in order.

        Once the deadline has passed nobody needs to be warned of it, and of two warnings that came
        due together the later one is enough.
        """
        now, done = clock.now(), set(case.steps_done.split(","))
        steps = sorted(self.steps(case), key=lambda step: step[0])
        due = [name for at, name in steps if at < now and name not in done]
        if case.overdue or "overdue" in due:
            return [name for name in due if name not in _WARNINGS]
        warnings = [name for name in due if name in _WARNINGS]
        return warnings[-1:] or due

    def passed(self, case: Case) -> None:
        """Note that every step up to now is done, and plan the next."""
        now = clock.now()
        done = set(case.steps_done.split(",")) | {n for at, n in self.steps(case) if at < now}
        case.steps_done = ",".join(sorted(done - {""}))
        moments = [at for at, name in self.steps(case) if at >= now and name not in done]
        case.next_at = min(moments, default=None)

    def steps(self, case: Case) -> Iterator[tuple[datetime, str]]:
        """Yield every step of the case's present clock with its moment."""
        state = State(case.state)
        if state in STOPPED:
            if case.resumes_at is not None:
                yield case.resumes_at, "wake"
        elif case.due_at is not None and state in AT_PETITION:
            span = case.due_at - case.clock_from
            for name in ("half", "eighty"):
                yield case.clock_from + span * rule(name) / 100, name
            yield case.due_at, "overdue"
        elif case.due_at is not None and state in ASCENDING:
            yield from self._ascending(case, state, case.due_at)

    def _ascending(
        self, case: Case, state: State, due_at: datetime
    ) -> Iterator[tuple[datetime, str]]:
        times, start = self._times(case), case.clock_from
        if state in _NOT_ACCEPTED:
            yield self._end_of(start, times.accept), "unaccepted"
        if state in _NO_WORD:
            yield self._end_of(start, times.first), "silent"
        for name in ("half", "eighty"):
            share = (case.due_days + case.extra_days) * rule(name, urgent=case.urgent) / 100
            yield self._part_of(start, share), name
        yield due_at, "overdue"
        for name in ("urge", "escalate"):
            days = rule(name, urgent=case.urgent)
            yield (self.calendar.add(due_at, days).at if days else due_at), name

    def _end_of(self, start: datetime, days: int) -> datetime:
        """Return the end of the day that is ``days`` working days on; never before ``start``."""
        end = self.calendar.add(start, days).at
        return end if end > start else self.calendar.add(start, 1).at

    def _part_of(self, start: datetime, days: float) -> datetime:
        """Return the moment when ``days`` working days and a part of one are used."""
        whole = int(days)
        share = days - whole
        if not share:
            return self.calendar.add(start, whole).at
        day = clock.local(self.calendar.add(start, whole + 1).at).date()
        morning = datetime.combine(day, _MORNING, clock.SHANGHAI)
        return morning + timedelta(hours=_OFFICE_HOURS * share)

    def _set(self, case: Case) -> None:
        due = self.calendar.add(case.clock_from, case.due_days + case.extra_days)
        case.due_at, case.due_provisional = due.at, due.provisional

    def _fresh(self, case: Case) -> None:
        case.overdue = case.urged = False
        case.stopped_at = case.resumes_at = None
        case.steps_done = ""
        self.plan(case)

    def _times(self, case: Case) -> Times:
        if self._table is None:
            rows = Deadline.objects.values_list(
                "region", "kind", "field", "level", "urgent", "accept", "first", "days"
            )
            local = {Key(*row[:5]): Times(*row[5:]) for row in rows}
            self._table = dict(standard()) | local
        key = Key("", case.kind, case.field, case.level, case.urgent)
        return allowed(self._table, places_of(case.region), key)
