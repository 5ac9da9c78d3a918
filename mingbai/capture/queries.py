"""The readers of capture. Talk is given only to those who may read it, and each reading is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from mingbai.audit.commands import record
from mingbai.audit.queries import has_entry
from mingbai.capture import policies
from mingbai.capture.models import ChatGroup, Finding, Message, Ruling
from mingbai.cases import queries as cases
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

AROUND = 8
DURING = 40
PAGE = 50
SILENT_AFTER = timedelta(days=14)
MARKS = {"kind": "类", "place": "地", "time": "时", "urgency": "急"}
KIND_WORDS = {"request": "诉求", "question": "提问", "suggestion": "建议"}
VERB_WORDS = {"file": "立件", "correct": "改后立件", "merge": "并入", "dismiss": "不立件"}
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
class Alike:
    """An open case that may be about the same trouble; public ones have a page to look at."""

    number: str
    title: str
    is_public: bool


@dataclass(frozen=True)
class Opened:
    """A finding with the talk around it."""

    finding: Finding
    village: str
    talk: Sequence[TalkLine]
    declined: int
    reasons: dict[str, list[str]]
    similar: Sequence[Alike]


def require_clerk(actor: Actor) -> None:
    """Raise ``Missing`` for everybody who may not read talk."""
    if not policies.may_read_talk(actor):
        raise Missing


def waiting(actor: Actor, limit: int = 60) -> Sequence[Finding]:
    """Return the findings that wait for review in the clerk's territory, urgent and newest first.

    Raises ``Missing`` for those who may not read talk.
    """
    require_clerk(actor)
    rows = Finding.objects.filter(inside(actor.scope), status=Finding.Status.REVIEW)
    return list(rows.select_related("group").order_by("-urgent", "-said_at", "-id")[:limit])


def waiting_count(actor: Actor) -> int:
    """Return how many findings wait; 0 for those who may not read talk."""
    if not policies.may_read_talk(actor):
        return 0
    return Finding.objects.filter(inside(actor.scope), status=Finding.Status.REVIEW).count()


def rulings_today(actor: Actor) -> QuerySet[Ruling]:
    """Return the rulings that the clerk has made today and not taken back, latest first."""
    start = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Ruling.objects.filter(county=actor.county, person_id=actor.person_id or 0, at__gte=start)
    return rows.filter(undone_at__isnull=True).order_by("-at", "-id")


@dataclass(frozen=True)
class Done:
    """What the clerk has ruled today: how many, and what undoing would take back."""

    count: int
    latest: int | None
    words: str


def ruled_today(actor: Actor) -> Done:
    """Return the clerk's count of today and the latest ruling in words (立件“东头水管漏…”)."""
    rows = list(rulings_today(actor).values_list("pk", "verb", "finding__title"))
    if not rows:
        return Done(0, None, "")
    pk, verb, title = rows[0]
    return Done(len(rows), pk, f"{VERB_WORDS[verb]}“{title[:10]}{'…' if len(title) > 10 else ''}”")


def open_finding(actor: Actor, finding_id: int) -> Opened | None:
    """Return a finding with the messages around it; None when it has been ruled on already.

    The reading is audited once per group, clerk and day. Raises ``Missing`` for those who may not
    read talk or a finding outside of their territory.
    """
    require_clerk(actor)
    rows = Finding.objects.filter(inside(actor.scope), county=actor.county, pk=finding_id)
    found = rows.select_related("group").first()
    if found is None:
        raise Missing
    if found.status != Finding.Status.REVIEW:
        return None
    _note_reading(actor, found)
    reasons: dict[str, list[str]] = {}
    for reason in found.reasons:
        reasons.setdefault(reason["about"], [])
        if reason["text"] not in reasons[reason["about"]]:
            reasons[reason["about"]].append(reason["text"])
    return Opened(
        finding=found,
        village=regions.region(found.region).name,
        talk=_talk(found),
        declined=found.group.people.filter(consent="declined").count(),
        reasons=reasons,
        similar=_alike(found),
    )


def _alike(finding: Finding) -> list[Alike]:
    """Return what the machine took for the same, then the village's most alike open cases."""
    found: dict[str, Alike] = {}
    if finding.same_as:
        rows = Finding.objects.filter(county=finding.county, case_number=finding.same_as)
        title = rows.order_by("id").values_list("title", flat=True).first()
        found[finding.same_as] = Alike(
            finding.same_as, title or "机器认为是同一件", is_public=False
        )
    for line in cases.similar_open(finding.region, f"{finding.title} {finding.text}", 2):
        found[line.number] = Alike(line.number, line.title, is_public=True)
    return list(found.values())[:2]


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
    span = own.aggregate(first=Min("said_at"), last=Max("said_at"))
    if span["first"] is None:
        return []
    talk = Message.objects.filter(
        county=finding.county, group=finding.group_id, digested_at__isnull=False
    ).select_related("member")
    before = talk.filter(said_at__lt=span["first"]).order_by("-said_at", "-id")[:AROUND]
    during = talk.filter(said_at__range=(span["first"], span["last"])).order_by("said_at", "id")
    after = talk.filter(said_at__gt=span["last"]).order_by("said_at", "id")[:AROUND]
    return [
        TalkLine(
            m.member.alias,
            m.member.role,
            m.said_at,
            m.kind,
            _pieces(m, finding.reasons) if m.finding_id == finding.pk else [Piece(m.text)],
            m.finding_id == finding.pk,
        )
        for m in (*list(before)[::-1], *during[:DURING], *after)
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
    """The registry of a territory: a page of its groups, and what share of homes they reach."""

    groups: Page[ChatGroup]
    count: int
    villages: dict[str, Any]
    without: Sequence[Any]
    members: int
    covered: int
    households: int
    silent_before: datetime
    unannounced: int


def coverage(actor: Actor, after: str = "") -> Coverage:
    """Return the groups of the actor's territory and the villages that have none.

    Raises ``Missing`` for those who may not see the registry.
    """
    if not policies.may_see_groups(actor):
        raise Missing
    groups = ChatGroup.objects.filter(inside(actor.scope), is_active=True)
    places = villages(actor)
    sums = groups.aggregate(
        members=Sum("members"),
        covered=Sum("households"),
        count=Count("id"),
        unannounced=Count("id", filter=Q(consent_on__isnull=True)),
    )
    grouped = set(groups.values_list("region", flat=True).distinct())
    return Coverage(
        groups=page(groups, order=("region", "id"), after=after, size=PAGE),
        count=sums["count"],
        villages=places,
        without=[r for code, r in places.items() if code not in grouped],
        members=sums["members"] or 0,
        covered=sums["covered"] or 0,
        households=sum(r.households or 0 for r in places.values()),
        silent_before=clock.now() - SILENT_AFTER,
        unannounced=sums["unannounced"],
    )


def villages(actor: Actor) -> dict[str, Any]:
    """Return the villages of the actor's territory by code."""
    found = regions.inside(actor.scope).filter(
        level__in=[regions.Level.VILLAGE, regions.Level.LOCAL]
    )
    return {r.code: r for r in found.order_by("code")}


def may_keep(actor: Actor) -> bool:
    """Whether the actor keeps the registry or only looks at it."""
    return bool(policies.may_keep_groups(actor, actor.region))


def group(actor: Actor, group_id: int) -> ChatGroup:
    """Return a group of the registry inside the actor's territory. Raises ``Missing``."""
    if not policies.may_see_groups(actor):
        raise Missing
    found = ChatGroup.objects.filter(inside(actor.scope), pk=group_id, is_active=True).first()
    if found is None:
        raise Missing
    return found


def lag(county: str) -> datetime | None:
    """Return when the oldest message that waits to be read came in."""
    rows = Message.objects.filter(county=county, digested_at__isnull=True, held=False)
    return rows.order_by("received_at").values_list("received_at", flat=True).first()
