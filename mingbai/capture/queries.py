"""The readers of capture. Talk is given only to those who may read it, and each reading is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Sum

from mingbai.audit.commands import record
from mingbai.audit.queries import has_entry
from mingbai.capture import policies
from mingbai.capture.models import ChatGroup, Finding, Message, Ruling
from mingbai.cases import queries as cases
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.regions import queries as regions

AROUND = 8
SILENT_AFTER = timedelta(days=14)
MARKS = {"kind": "类", "place": "地", "time": "时", "urgency": "急"}
KIND_WORDS = {"request": "诉求", "question": "提问", "suggestion": "建议"}
MODE_WORDS = dict(ChatGroup.Mode.choices)


@dataclass(frozen=True)
class Piece:
    """A stretch of a message; ``mark`` is the letter of the field it decided, or empty."""

    text: str
    mark: str = ""
    about: str = ""


@dataclass(frozen=True)
class TalkLine:
    """One message as the desk shows it; ``on`` when it belongs to the finding."""

    alias: str
    role: str
    said_at: datetime
    kind: str
    pieces: Sequence[Piece]
    on: bool


@dataclass(frozen=True)
class Opened:
    """A finding with the talk around it."""

    finding: Finding
    village: str
    talk: Sequence[TalkLine]
    declined: int
    reasons: dict[str, list[str]]
    similar: Sequence[Any]


def waiting(actor: Actor, limit: int = 60) -> Sequence[Finding]:
    """Return the findings that wait for review in the clerk's territory, urgent and newest first."""
    if not policies.may_read_talk(actor):
        raise Missing
    rows = Finding.objects.filter(inside(actor.scope), status=Finding.Status.REVIEW)
    return list(rows.select_related("group").order_by("-urgent", "-said_at", "-id")[:limit])


def waiting_count(actor: Actor) -> int:
    """Return how many findings wait; 0 for those who may not read talk."""
    if not policies.may_read_talk(actor):
        return 0
    return Finding.objects.filter(inside(actor.scope), status=Finding.Status.REVIEW).count()


def ruled_today(actor: Actor) -> int:
    """Return how many rulings the clerk has made today."""
    start = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Ruling.objects.filter(county=actor.county, person_id=actor.person_id or 0, at__gte=start)
    return rows.filter(undone_at__isnull=True).count()


def open_finding(actor: Actor, finding_id: int) -> Opened:
    """Return a finding with the messages around it; the reading is audited once per group and day.

    Raises ``Missing`` for those who may not read talk or a finding outside of their territory.
    """
    if not policies.may_read_talk(actor):
        raise Missing
    found = (
        Finding.objects.filter(inside(actor.scope), pk=finding_id).select_related("group").first()
    )
    if found is None:
        raise Missing
    _note_reading(actor, found)
    reasons: dict[str, list[str]] = {}
    for reason in found.reasons:
        reasons.setdefault(reason["about"], [])
        if reason["text"] not in reasons[reason["about"]]:
            reasons[reason["about"]].append(reason["text"])
    similar = list(cases.similar_open(found.region, f"{found.title} {found.text}", 2))
    return Opened(
        finding=found,
        village=regions.region(found.region).name,
        talk=_talk(found),
        declined=found.group.people.filter(consent="declined").count(),
        reasons=reasons,
        similar=similar,
    )


def _note_reading(actor: Actor, finding: Finding) -> None:
    start = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    mark: dict[str, Any] = {
        "verb": "read_talk",
        "thing": "chat_group",
        "thing_id": str(finding.group_id),
    }
    if not has_entry(person_id=actor.person_id, since=start, **mark):
        record(actor=actor, region=finding.region, **mark)


def _talk(finding: Finding) -> list[TalkLine]:
    own = Message.objects.filter(county=finding.county, finding=finding)
    span = own.aggregate(first=Max("said_at"))
    if span["first"] is None:
        return []
    talk = Message.objects.filter(
        county=finding.county, group=finding.group_id, digested_at__isnull=False
    )
    talk = talk.select_related("member")
    first = min(own.values_list("said_at", flat=True))
    before = list(talk.filter(said_at__lt=first).order_by("-said_at", "-id")[:AROUND])[::-1]
    during = list(
        talk.filter(said_at__gte=first, said_at__lte=span["first"]).order_by("said_at", "id")[:40]
    )
    after = list(talk.filter(said_at__gt=span["first"]).order_by("said_at", "id")[:AROUND])
    return [
        TalkLine(
            m.member.alias,
            m.member.role,
            m.said_at,
            m.kind,
            _pieces(m, finding.reasons) if m.finding_id == finding.pk else [Piece(m.text)],
            m.finding_id == finding.pk,
        )
        for m in (*before, *during, *after)
    ]


def _pieces(message: Message, reasons: Sequence[dict[str, Any]]) -> list[Piece]:
    """Cut a message where reasons touch it; overlapping ones: the first wins."""
    spots = sorted(
        (r["start"], r["end"], r["about"])
        for r in reasons
        if r["line_id"] == message.external_id and r["about"] in MARKS and r["end"] > r["start"]
    )
    pieces: list[Piece] = []
    place = 0
    for start, end, about in spots:
        if start < place or end > len(message.text):
            continue
        if start > place:
            pieces.append(Piece(message.text[place:start]))
        pieces.append(Piece(message.text[start:end], MARKS[about], about))
        place = end
    if place < len(message.text) or not pieces:
        pieces.append(Piece(message.text[place:]))
    return pieces


@dataclass(frozen=True)
class Coverage:
    """The registry of a territory: its groups with their village, and what share of homes they reach."""

    groups: Sequence[ChatGroup]
    villages: dict[str, Any]
    without: Sequence[Any]
    members: int
    covered: int
    households: int
    silent: frozenset[int]
    unannounced: int


def coverage(actor: Actor) -> Coverage:
    """Return the groups of the actor's territory and the villages that have none.

    Raises ``Missing`` for those who may not see the registry.
    """
    if not policies.may_see_groups(actor):
        raise Missing
    groups = list(
        ChatGroup.objects.filter(inside(actor.scope), is_active=True).order_by("region", "id")
    )
    places = {
        r.code: r
        for r in regions.inside(actor.scope).filter(level__in=["village", "local"]).order_by("code")
    }
    sums = ChatGroup.objects.filter(inside(actor.scope), is_active=True).aggregate(
        members=Sum("members"), covered=Sum("households"), n=Count("id")
    )
    grouped = {g.region for g in groups}
    quiet = clock.now() - SILENT_AFTER
    return Coverage(
        groups=groups,
        villages=places,
        without=[r for code, r in places.items() if code not in grouped],
        members=sums["members"] or 0,
        covered=sums["covered"] or 0,
        households=sum(r.households or 0 for r in places.values()),
        silent=frozenset(g.pk for g in groups if g.last_said_at is None or g.last_said_at < quiet),
        unannounced=sum(g.consent_on is None for g in groups),
    )


def group(actor: Actor, group_id: int) -> ChatGroup:
    """Return a group of the registry inside the actor's territory. Raises ``Missing``."""
    if not policies.may_see_groups(actor):
        raise Missing
    found = ChatGroup.objects.filter(inside(actor.scope), pk=group_id).first()
    if found is None:
        raise Missing
    return found


def lag(county: str) -> datetime | None:
    """Return when the oldest message that waits to be read came in."""
    rows = Message.objects.filter(county=county, digested_at__isnull=True, held=False)
    return rows.order_by("received_at").values_list("received_at", flat=True).first()
