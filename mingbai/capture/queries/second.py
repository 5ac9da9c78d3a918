"""Second readings (复核): which rulings another clerk reads again, blind, and where the two differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import MD5, Left

from mingbai.capture import policies
from mingbai.capture.models import Finding, Ruling, SecondReading
from mingbai.capture.queries.desk import FILES, reasons_of
from mingbai.capture.queries.reach import names_of, note_reading, require_clerk, territory
from mingbai.capture.queries.talk import TalkLine, talk_around
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing
from mingbai.regions import queries as regions

WITHIN = timedelta(hours=72)
REMEMBERED = timedelta(days=14)
# The first byte of the key's hash below 0x1a: 26 of 256, about a tenth, and nobody chooses which.
SAMPLE = "1a"
SURE, UNSURE = 0.8, 0.4
MOST = 100
DECIDED = (Finding.Status.FILED, Finding.Status.MERGED, Finding.Status.DISMISSED)


@dataclass(frozen=True)
class Blind:
    """A finding as the machine left it, without what the first clerk made of it."""

    finding: Finding
    village: str
    kind: str
    field: str
    place: str
    urgent: bool
    talk: Sequence[TalkLine]
    reasons: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What one clerk answered: the verb, and kind and field where it was to become a case."""

    name: str
    verb: str
    kind: str
    field: str
    at: datetime


@dataclass(frozen=True)
class Dispute:
    """A finding on which two clerks differ, and who may settle it for whom."""

    id: int
    finding: Finding
    group: str
    first: Answer
    second: Answer
    for_first: Decision
    for_second: Decision
    settled_for: str
    settled_by: str
    settled_at: datetime | None


@dataclass(frozen=True)
class Disputes:
    """Open differences, and those settled in the last fourteen days."""

    open: Sequence[Dispute]
    settled: Sequence[Dispute]


def to_read_again(actor: Actor) -> QuerySet[Finding]:
    """Return the rulings of others that wait for this clerk's second reading, oldest ruling first.

    Of the last 72 hours: about a tenth by chance, and all where the clerk went against a machine
    that was sure (dismissed) or far from sure (filed).
    """
    rows = due(Finding.objects.filter(territory(actor))).exclude(decided_by=actor.person_id)
    return rows.select_related("group").order_by("decided_at", "id")


def due(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    """Return those of ``rows`` that somebody is to read a second time and nobody has."""
    read = SecondReading.objects.filter(county=OuterRef("county"), finding=OuterRef("pk"))
    against = Q(status=Finding.Status.DISMISSED, confidence__gte=SURE) | Q(
        status=Finding.Status.FILED, confidence__lt=UNSURE
    )
    return rows.annotate(chance=Left(MD5("key"), 2)).filter(
        Q(chance__lt=SAMPLE) | against,
        ~Exists(read),
        status__in=DECIDED,
        decided_by__isnull=False,
        decided_at__gte=clock.now() - WITHIN,
    )


def second_count(actor: Actor) -> int:
    """Return how many rulings of others wait for this clerk's second reading."""
    require_clerk(actor)
    return to_read_again(actor).order_by().count()


def blind(actor: Actor, finding_id: int | None = None) -> Blind | None:
    """Return one finding to read again, or the next; None when it needs no second reading (any more).

    Neither the first clerk's answer nor anything that it changed is in it. The reading is on
    record as at the desk. Raises ``Missing`` for those who may not read talk.
    """
    require_clerk(actor)
    rows = to_read_again(actor)
    found = (rows.filter(pk=finding_id) if finding_id else rows).first()
    if found is None:
        return None
    note_reading(actor, found.group)
    before = _machines(found)
    return Blind(
        finding=found,
        village=regions.region(found.region).name,
        kind=before["kind"],
        field=before["field"],
        place=before["place"],
        urgent=before["urgent"],
        talk=talk_around(found),
        reasons=reasons_of(found),
    )


def disputes(actor: Actor) -> Disputes:
    """Return the differences that concern the actor: the own ones, and all for clerks of the county.

    Raises ``Missing`` for those who may not read talk.
    """
    rows = _concerning(actor)
    rows = rows.select_related("finding__group").order_by("-at", "-id")
    open_ = list(rows.filter(settled_at__isnull=True)[:MOST])
    settled = list(rows.filter(settled_at__gte=clock.now() - REMEMBERED)[:MOST])
    views = _views(actor, [*open_, *settled])
    return Disputes(views[: len(open_)], views[len(open_) :])


def dispute_count(actor: Actor) -> int:
    """Return how many open differences concern the actor."""
    return _concerning(actor).filter(settled_at__isnull=True).count()


def first_ruling(finding: Finding) -> Ruling:
    """Return the ruling in force on a finding. Raises ``Missing``."""
    rows = Ruling.objects.filter(county=finding.county, finding=finding, undone_at__isnull=True)
    found = rows.order_by("-at", "-id").first()
    if found is None:
        raise Missing
    return found


def _concerning(actor: Actor) -> QuerySet[SecondReading]:
    require_clerk(actor)
    rows = SecondReading.objects.filter(territory(actor, "finding__region"), agrees=False)
    if policies.sees_all_disputes(actor):
        return rows
    ruled = Ruling.objects.filter(
        county=OuterRef("county"), finding=OuterRef("finding"), person_id=actor.person_id or 0
    )
    return rows.filter(Q(person_id=actor.person_id) | Exists(ruled))


def _machines(finding: Finding) -> dict[str, Any]:
    """Return what the machine had found, before anybody ruled."""
    before: dict[str, Any] = first_ruling(finding).before
    return before


def _views(actor: Actor, rows: Sequence[SecondReading]) -> list[Dispute]:
    """Turn rows into views; the first answer is the ruling that stood when the second was given."""
    wanted = {row.finding_id for row in rows}
    rulings: dict[int, list[Ruling]] = {}
    for ruling in Ruling.objects.filter(finding__in=wanted).order_by("at", "id"):
        rulings.setdefault(ruling.finding_id, []).append(ruling)
    firsts = {row.pk: _first(row, rulings[row.finding_id]) for row in rows}
    people = {row.person_id for row in rows} | {r.person_id for r in firsts.values()}
    names = names_of(people | {row.settled_by for row in rows})
    return [_view(actor, row, firsts[row.pk], names) for row in rows]


def _first(row: SecondReading, rulings: Sequence[Ruling]) -> Ruling:
    return [r for r in rulings if r.at <= row.at][-1]


def _view(actor: Actor, row: SecondReading, first: Ruling, names: Mapping[int, str]) -> Dispute:
    found = row.finding
    # Settled for the second, the finding shows the second's kind and field: the first's are gone.
    kept = row.settled_for != "second" and first.verb in FILES
    return Dispute(
        id=row.pk,
        finding=found,
        group=found.group.name,
        first=Answer(
            names[first.person_id],
            first.verb,
            found.kind if kept else "",
            found.field if kept else "",
            first.at,
        ),
        second=Answer(names[row.person_id], row.verb, row.kind, row.field, row.at),
        for_first=policies.may_settle(actor, first.person_id, row.person_id, "first"),
        for_second=policies.may_settle(actor, first.person_id, row.person_id, "second"),
        settled_for=row.settled_for,
        settled_by=names.get(row.settled_by or 0, ""),
        settled_at=row.settled_at,
    )
