"""The arithmetic of a duty list: who answers, where nobody does, where two do, what moved. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from typing import NamedTuple

LEVELS = ("village", "town", "county")
RANK = {"village": 0, "town": 1, "department": 2, "county": 2, "discipline": 2, "platform": 2}
"""How high a kind of body stands; a body may answer on its own level and on those below."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """One duty: ``body`` answers for ``field`` (``sub`` empty: all of it) inside ``scope``.

    ``since`` and ``until`` are the first and the last day; ``until`` None means for good. ``main``
    False means that the body assists. ``supervisor`` None means the body's parent.
    """

    body: int
    field: str
    sub: str
    level: str
    scope: str
    main: bool
    since: date
    until: date | None = None
    basis: str = ""
    supervisor: int | None = None

    def holds(self, day: date) -> bool:
        """Whether the line is in force on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def covers(self, matter: Matter) -> bool:
        """Whether the line speaks of the matter, on whatever day."""
        return (
            self.level == matter.level
            and self.field == matter.field
            and self.sub in {"", matter.sub}
            and matter.scope.startswith(self.scope)
        )


class Matter(NamedTuple):
    """What somebody is sought for; ``scope`` is the place, ``sub`` empty when it is not known."""

    field: str
    sub: str
    level: str
    scope: str


class Gap(NamedTuple):
    """From ``day`` on no county body is named for the field in the town (a scope).

    ``until`` is the last day without one, None when nobody is named later. ``partly``: some of its
    villages or some parts of the field have a body.
    """

    scope: str
    field: str
    day: date
    until: date | None
    partly: bool


class Overlap(NamedTuple):
    """Two main bodies for the same matter in the same place at once, from ``day`` to ``until``."""

    one: Line
    other: Line
    day: date
    until: date | None


def main_line(lines: Iterable[Line], matter: Matter, day: date) -> Line | None:
    """Return the one line by which a body answers for the matter on a day, or None: a gap.

    A line for the very part of the field goes before one for the whole field, then the smaller
    territory before the larger, then the later start. Should two be left (a list that was not
    checked), the body registered first answers, so that it is always the same one.
    """
    found = [x for x in lines if x.main and x.holds(day) and x.covers(matter)]
    return max(found, key=_weight, default=None)


def assisting_lines(lines: Iterable[Line], matter: Matter, day: date) -> list[Line]:
    """Return the lines by which bodies assist in the matter on a day, each body once."""
    found = [x for x in lines if not x.main and x.holds(day) and x.covers(matter)]
    found.sort(key=_weight, reverse=True)
    return list({x.body: x for x in reversed(found)}.values())[::-1]


def lost_line(lines: Iterable[Line], body: int, matter: Matter, day: date) -> Line | None:
    """Return the last line by which ``body`` answered for the matter, when it does so no longer.

    None for a body that never did, and for one that still has such a line.
    """
    own = [x for x in lines if x.body == body and x.main and x.covers(matter)]
    if any(x.holds(day) for x in own):
        return None
    past = [x for x in own if x.until is not None and x.until < day]
    return max(past, key=lambda x: (x.until or x.since, x.since), default=None)


def gaps(
    lines: Iterable[Line], *, fields: Sequence[str], towns: Sequence[str], day: date
) -> list[Gap]:
    """Return where the county level has nobody, from ``day`` on: the first gap of each field and town.

    Village and town are never a gap: without a line their own body answers for its territory.
    """
    by_field: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.main and line.level == "county" and (line.until is None or line.until >= day):
            by_field[line.field].append(line)
    return [
        gap
        for field in fields
        for town in towns
        if (gap := _gap(by_field[field], field, town, day)) is not None
    ]


def overlaps(lines: Iterable[Line], day: date) -> list[Overlap]:
    """Return each pair of main lines that name two bodies for the same thing on a day from ``day`` on."""
    same: dict[tuple[str, str, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.main and (line.until is None or line.until >= day):
            same[line.field, line.sub, line.level, line.scope].append(line)
    return [
        found
        for rivals in same.values()
        for one, other in combinations(sorted(rivals, key=lambda x: (x.since, x.body)), 2)
        if (found := _overlap(one, other, day)) is not None
    ]


def carry_over(old: Iterable[Line], new: Sequence[Line], day: date) -> list[Line]:
    """Return ``new`` and what of ``old`` has to be remembered: a body that is no longer named.

    Its line ends on the day before ``day``, so that whoever still turns to it is sent on. Lines of
    the same body, matter and place are taken from ``new`` alone, with their dates.
    """
    named = {_key(line) for line in new}
    kept = []
    for line in old:
        if _key(line) in named or line.since >= day:
            continue
        last = day - _DAY
        kept.append(replace(line, until=min(line.until or last, last)))
    return [*new, *kept]


def _key(line: Line) -> tuple[int, str, str, str, str, bool]:
    return line.body, line.field, line.sub, line.level, line.scope, line.main


def _weight(line: Line) -> tuple[bool, int, date, int]:
    return line.sub != "", len(line.scope), line.since, -line.body


def _gap(lines: Sequence[Line], field: str, town: str, day: date) -> Gap | None:
    """Walk over the days that are covered; the first that is not begins the gap."""
    whole = [x for x in lines if not x.sub and town.startswith(x.scope)]
    first = day
    while reaching := [x for x in whole if x.holds(first)]:
        if any(x.until is None for x in reaching):
            return None
        first = max(x.until for x in reaching if x.until is not None) + _DAY
    later = min((x.since for x in whole if x.since > first), default=None)
    partly = any(
        x.holds(first) and (x.scope.startswith(town) or town.startswith(x.scope)) for x in lines
    )
    return Gap(town, field, first, later - _DAY if later else None, partly)


def _overlap(one: Line, other: Line, day: date) -> Overlap | None:
    begins = max(one.since, other.since, day)
    ends = [x.until for x in (one, other) if x.until is not None]
    last = min(ends, default=None)
    return Overlap(one, other, begins, last) if last is None or begins <= last else None
