"""Who reviewed what: the rulings of a day by clerk, and one finding after it was ruled on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from mingbai.capture.models import Finding, Ruling
from mingbai.capture.queries.desk import clerks_finding, undoable
from mingbai.capture.queries.reach import names_of, require_clerk, territory
from mingbai.capture.queries.second import due
from mingbai.capture.queries.words import VERB_WORDS
from mingbai.cases import queries as cases
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

SIZE = 50
UNDONE = "undone"


@dataclass(frozen=True)
class ClerksDay:
    """One clerk's rulings of a day by verb, and how many were taken back."""

    person_id: int
    name: str
    counts: Mapping[str, int]
    total: int


@dataclass(frozen=True)
class Ruled:
    """A line of the day's list. ``hidden``: it waits for a blind second reading by the viewer."""

    id: int
    finding_id: int
    at: datetime
    name: str
    verb: str
    title: str
    place: str
    number: str
    undone: bool
    hidden: bool


@dataclass(frozen=True)
class RulingsDay:
    """A day of the territory: counts by clerk and a page of what was ruled."""

    day: date
    clerks: Sequence[ClerksDay]
    rows: Sequence[Ruled]
    next: str


@dataclass(frozen=True)
class Trace:
    """One ruling on a finding, for its own page."""

    at: datetime
    name: str
    word: str
    undone_at: datetime | None


@dataclass(frozen=True)
class Settled:
    """A finding that was ruled on: what is kept of it, and every ruling, newest first.

    ``has_page``: its case is one that the viewer may look at.
    """

    finding: Finding
    village: str
    traces: Sequence[Trace]
    undo: int | None
    hidden: bool
    has_page: bool


def rulings_of(actor: Actor, day: date, who: int | None = None, after: str = "") -> RulingsDay:
    """Return the rulings of a day in the clerk's territory, newest first; ``who`` narrows to a clerk.

    What was sealed has left no trace and is not among them. Raises ``Missing`` for those who may
    not read talk.
    """
    require_clerk(actor)
    start = clock.local(clock.now()).replace(
        year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0
    )
    rows = Ruling.objects.filter(
        territory(actor, "finding__region"), at__gte=start, at__lt=start + timedelta(days=1)
    )
    counts = list(
        rows.values("person_id", "verb").annotate(
            kept=Count("pk", filter=Q(undone_at__isnull=True)),
            undone=Count("pk", filter=Q(undone_at__isnull=False)),
        )
    )
    names = names_of({row["person_id"] for row in counts})
    if who is not None:
        rows = rows.filter(person_id=who)
    found = page(
        rows.select_related("finding__group"), order=("-at", "-id"), after=after, size=SIZE
    )
    hidden = _hidden(actor, {r.finding_id for r in found.rows})
    return RulingsDay(day, _clerks(counts, names), _lines(found, names, hidden), found.next)


def ruled_finding(actor: Actor, finding_id: int) -> Settled | None:
    """Return a finding that was ruled on; None while it waits. Raises ``Missing``.

    The talk around it is not in it: what stays are its own words. While the viewer may be asked for
    a blind second reading, the first clerk's answer is not shown.
    """
    found = clerks_finding(actor, finding_id)
    if found.status == Finding.Status.REVIEW:
        return None
    rows = list(Ruling.objects.filter(county=found.county, finding=found).order_by("-at", "-id"))
    names = names_of(r.person_id for r in rows)
    last = undoable(actor)
    mine = last.pk if last is not None and last.finding_id == found.pk else None
    return Settled(
        finding=found,
        village=regions.region(found.region).name,
        traces=[Trace(r.at, names[r.person_id], VERB_WORDS[r.verb], r.undone_at) for r in rows],
        undo=mine,
        hidden=found.pk in _hidden(actor, {found.pk}),
        has_page=bool(found.case_number and cases.search(actor, found.case_number, limit=1)),
    )


def _hidden(actor: Actor, findings: set[int]) -> set[int]:
    """Return which findings this clerk may yet be asked to read blind."""
    rows = due(Finding.objects.filter(territory(actor), pk__in=findings))
    return set(rows.exclude(decided_by=actor.person_id).values_list("pk", flat=True))


def _clerks(counts: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> list[ClerksDay]:
    by_person: dict[int, dict[str, int]] = {}
    for row in counts:
        mine = by_person.setdefault(row["person_id"], {})
        mine[row["verb"]] = row["kept"]
        mine[UNDONE] = mine.get(UNDONE, 0) + row["undone"]
    days = [
        ClerksDay(person, names[person], mine, sum(n for verb, n in mine.items() if verb != UNDONE))
        for person, mine in by_person.items()
    ]
    return sorted(days, key=lambda d: (-d.total, d.person_id))


def _lines(found: Page[Ruling], names: Mapping[int, str], hidden: set[int]) -> list[Ruled]:
    return [
        Ruled(
            id=r.pk,
            finding_id=r.finding_id,
            at=r.at,
            name=names[r.person_id],
            verb=r.verb,
            title=r.finding.title,
            place=r.finding.group.name,
            number="" if r.undone_at or r.finding_id in hidden else r.finding.case_number,
            undone=r.undone_at is not None,
            hidden=r.finding_id in hidden,
        )
        for r in found.rows
    ]
