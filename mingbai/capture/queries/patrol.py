"""Going through the groups (巡群): what is unread by post, the talk of one group, how much was covered."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, F, FilteredRelation, Max, Min, Q, QuerySet
from django.db.models.functions import TruncDate

from mingbai.accounts import queries as accounts
from mingbai.capture import policies
from mingbai.capture.models import ChatGroup, Finding, Message, PatrolDay, PatrolMark
from mingbai.capture.queries.reach import (
    note_reading,
    require_clerk,
    start_of_today,
    territory,
)
from mingbai.capture.queries.second import due
from mingbai.capture.queries.talk import shown
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing
from mingbai.kernel.paging import key, page
from mingbai.regions import queries as regions

KEPT = timedelta(hours=72)
HISTORY = 14
LISTED = 60
LINES = 100
BEFORE = 8
NOBODY = 0  # the post of the rows of PatrolDay that say: the group had new talk on this day
_SHOWN = re.compile(r"(\d{1,17})-(\d{1,18})")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Shown(NamedTuple):
    """How far a page of a group's talk reaches: the newest moment of reading in, and message.

    A message belongs to the page when it was read in by then and came no later. One that arrives
    while the clerk reads, however early it was said, does not, and stays unread.
    """

    at: datetime
    last: int

    def __str__(self) -> str:
        """Write it for an address; whole microseconds, so that nothing is lost."""
        return f"{(self.at - _BEGINNING) // timedelta(microseconds=1)}-{self.last}"

    @classmethod
    def parse(cls, text: str) -> Shown:
        """Read it from an address. Raises ``BadInput``."""
        match = _SHOWN.fullmatch(text)
        if match is None:
            raise BadInput("页面不完整，请从群列表再进来。")
        moment, last = map(int, match.groups())
        return cls(_BEGINNING + timedelta(microseconds=moment), last)

    def holds(self) -> Q:
        """Return the filter "was on the page"."""
        return Q(digested_at__lte=self.at, pk__lte=self.last)


@dataclass(frozen=True)
class GroupRow:
    """A group in the list: unread messages, since when the oldest waits, its latest word, new today."""

    id: int
    name: str
    region: str
    unread: int
    since: datetime | None
    last_said_at: datetime | None
    today: int


@dataclass(frozen=True)
class Rounds:
    """The post's groups: those with unread talk first, and the figure of the day."""

    groups: Sequence[GroupRow]
    villages: Mapping[str, str]
    count: int
    unread_groups: int
    unread: int
    gone_through: int
    talked: int
    next: str


@dataclass(frozen=True)
class PatrolLine:
    """A message in the talk, and what became of it: ``fate`` in words, ``finding`` to open."""

    id: int
    alias: str
    role: str
    said_at: datetime
    kind: str
    text: str
    unread: bool
    fate: str
    finding: int | None
    open: bool


@dataclass(frozen=True)
class GroupTalk:
    """A page of a group's talk of the last 72 hours."""

    group: ChatGroup
    village: str
    lines: Sequence[PatrolLine]
    next: str
    begins: bool
    upto: Shown | None
    unread: int
    declined: int


@dataclass(frozen=True)
class PostDays:
    """A post's share day by day: groups gone through of those with new talk; None: not on record."""

    name: str
    days: Sequence[tuple[int, int] | None]


@dataclass(frozen=True)
class Figures:
    """The coverage of fourteen days: all posts together, then each."""

    days: Sequence[date]
    together: PostDays
    posts: Sequence[PostDays]


def rounds(actor: Actor, which: str = "unread", after: str = "") -> Rounds:
    """Return the groups of the post's territory: ``unread`` ones by count and age, or ``all``.

    Raises ``Missing`` for those who may not read talk.
    """
    require_clerk(actor)
    rows = _counted(actor)
    unread = [row for row in rows if row.unread]
    if which == "all":
        begun = [row for row in rows if not after or f"{row.region}:{row.id:012d}" > after]
        listed = begun[:LISTED]
        following = f"{listed[-1].region}:{listed[-1].id:012d}" if len(begun) > LISTED else ""
    else:
        # What is read leaves the list, so that its first page is all that is ever needed.
        listed, following = sorted(unread, key=_most_urgent)[:LISTED], ""
    today = {row.id for row in rows if row.today}
    mine = PatrolDay.objects.filter(
        territory(actor), post_id=actor.post_id or 0, day=clock.today(), group__in=today
    )
    known = regions.regions({row.region for row in listed})
    return Rounds(
        groups=listed,
        villages={code: r.name for code, r in known.items()},
        count=len(rows),
        unread_groups=len(unread),
        unread=sum(row.unread for row in rows),
        gone_through=mine.count(),
        talked=len(today),
        next=following,
    )


def next_unread(actor: Actor, besides: int) -> int | None:
    """Return the group that waits most for the post, other than ``besides``; None when all is read."""
    rows = [row for row in _counted(actor) if row.unread and row.id != besides]
    return min(rows, key=_most_urgent).id if rows else None


def group_talk(
    actor: Actor, group_id: int, upto: str = "", after: str = "", *, whole: bool = False
) -> GroupTalk:
    """Return a page of a group's talk, beginning shortly before what the post has not read.

    ``upto`` is the reach of the first page, so that later pages show what was there then; with
    ``whole`` it begins with the oldest message. The reading is on record once per group, clerk and day. Raises ``Missing``.
    """
    group = patrolled(actor, group_id)
    note_reading(actor, group)
    rows = talk_of(group)
    mark = PatrolMark.objects.filter(
        county=group.county, group=group, post_id=actor.post_id or 0
    ).first()
    reach = Shown.parse(upto) if upto else reach_of(rows)
    village = regions.region(group.region).name
    declined = group.people.filter(consent="declined").count()
    if reach is None:
        return GroupTalk(group, village, (), "", True, None, 0, declined)
    rows = rows.filter(reach.holds())
    new = rows.filter(_unread_since(mark))
    start = after or ("" if whole else _shortly_before(rows, new))
    found = page(
        rows.select_related("member", "finding"),
        order=("said_at", "id"),
        after=start,
        size=LINES,
    )
    hidden = _blind(actor, {m.finding_id for m in found.rows if m.finding_id})
    unread = set(new.filter(pk__in=[m.pk for m in found.rows]).values_list("pk", flat=True))
    return GroupTalk(
        group=group,
        village=village,
        lines=[_line(m, m.pk in unread, m.finding_id in hidden) for m in found.rows],
        next=found.next,
        begins=not start,
        upto=reach,
        unread=new.count(),
        declined=declined,
    )


def patrolled(actor: Actor, group_id: int) -> ChatGroup:
    """Return a group whose talk the actor may read. Raises ``Missing``."""
    require_clerk(actor)
    found = ChatGroup.objects.filter(territory(actor), pk=group_id, is_active=True).first()
    if found is None:
        raise Missing
    return found


def talk_of(group: ChatGroup) -> QuerySet[Message]:
    """Return what clerks may see of a group's last 72 hours; nothing held, nothing sealed."""
    rows = Message.objects.filter(county=group.county, group=group)
    return shown(rows).filter(received_at__gte=clock.now() - KEPT)


def reach_of(rows: QuerySet[Message]) -> Shown | None:
    """Return how far messages reach; None when there are none."""
    found = rows.aggregate(at=Max("digested_at"), last=Max("pk"))
    return Shown(found["at"], found["last"]) if found["at"] else None


def patrol_figures(actor: Actor) -> Figures:
    """Return how many of the groups with new talk were gone through, day by day, by post.

    Raises ``Missing`` for those who may not see the figures.
    """
    if not policies.may_see_patrol_figures(actor):
        raise Missing
    today = clock.today()
    days = [today - timedelta(days=n) for n in range(HISTORY)]
    talked, places = _talked(actor, days[-1])
    gone: dict[int, set[tuple[int, date]]] = defaultdict(set)
    rows = PatrolDay.objects.filter(territory(actor), day__gte=days[-1]).exclude(post_id=NOBODY)
    for post_id, group, day in rows.values_list("post_id", "group_id", "day"):
        gone[post_id].add((group, day))
    posts = {p.id: p for p in map(accounts.post, gone) if p is not None}
    for role in sorted(r.code for r in accounts.roles().values() if r.reads_talk):
        for post in accounts.people_with_role(role, region=actor.region):
            if post.scope.startswith(actor.scope):
                posts.setdefault(post.id, post)
    everything = set().union(*gone.values()) if gone else set()
    views = [
        PostDays(
            f"{p.person_name}（{p.body_name}）",
            _shares(days, talked, gone[p.id], places, p.scope),
        )
        for p in sorted(posts.values(), key=lambda p: (p.scope, p.id))
    ]
    together = PostDays("合计", _shares(days, talked, everything, places, actor.scope))
    return Figures(days, together, views)


def _counted(actor: Actor) -> list[GroupRow]:
    """Count what the post has not read, all groups in one query, in the order of villages."""
    visible = Q(messages__digested_at__isnull=False, messages__held=False) & Q(
        messages__received_at__gte=clock.now() - KEPT
    )
    new = visible & (
        Q(mark__isnull=True)
        | Q(messages__digested_at__gt=F("mark__read_through"))
        | Q(messages__id__gt=F("mark__last_message"))
    )
    groups = ChatGroup.objects.filter(territory(actor), is_active=True)
    marked = groups.annotate(
        mark=FilteredRelation("patrol_marks", condition=Q(patrol_marks__post_id=actor.post_id or 0))
    )
    rows = marked.annotate(
        unread=Count("messages", filter=new),
        since=Min("messages__said_at", filter=new),
        today=Count("messages", filter=visible & Q(messages__digested_at__gte=start_of_today())),
    )
    fields = ("pk", "name", "region", "unread", "since", "last_said_at", "today")
    found = rows.order_by("region", "pk").values_list(*fields)
    return [GroupRow(*row) for row in found]


def _most_urgent(row: GroupRow) -> tuple[int, datetime, int]:
    return -row.unread, row.since or clock.now(), row.id


def _unread_since(mark: PatrolMark | None) -> Q:
    if mark is None or mark.read_through is None:
        return Q()
    return Q(digested_at__gt=mark.read_through) | Q(pk__gt=mark.last_message)


def _shortly_before(rows: QuerySet[Message], new: QuerySet[Message]) -> str:
    """Return the key after which the page begins: a few lines before the first unread one."""
    first = new.order_by("said_at", "id").values_list("said_at", "pk").first()
    if first is None:
        return ""
    earlier = rows.filter(Q(said_at__lt=first[0]) | Q(said_at=first[0], pk__lt=first[1]))
    skipped = earlier.order_by("-said_at", "-id").values_list("said_at", "pk")
    last = skipped[BEFORE : BEFORE + 1].first()
    return key(last) if last else ""


def _blind(actor: Actor, findings: set[int]) -> set[int]:
    if not findings:
        return set()
    rows = due(Finding.objects.filter(territory(actor), pk__in=findings))
    return set(rows.exclude(decided_by=actor.person_id).values_list("pk", flat=True))


def _line(message: Message, unread: bool, hidden: bool) -> PatrolLine:
    found = message.finding
    waits = found is not None and found.status == Finding.Status.REVIEW
    return PatrolLine(
        id=message.pk,
        alias=message.member.alias,
        role=message.member.role,
        said_at=message.said_at,
        kind=message.kind,
        text=message.text,
        unread=unread,
        fate=_fate(found, hidden=hidden) if found is not None else "",
        finding=found.pk if found is not None else None,
        open=waits,
    )


def _fate(found: Finding, *, hidden: bool) -> str:
    if hidden:
        return "已核对"
    word = Finding.Status(found.status).label
    return f"{word} {found.case_number}" if found.case_number else str(word)


def _talked(actor: Actor, since: date) -> tuple[set[tuple[int, date]], dict[int, str]]:
    """Return on which days which groups had new talk, and where the groups are.

    The last 72 hours are told by the messages, earlier days by what was noted while they were there.
    """
    noted = PatrolDay.objects.filter(territory(actor), post_id=NOBODY, day__gte=since)
    rows = list(noted.values_list("group_id", "day", "region"))
    messages = shown(Message.objects.filter(territory(actor)))
    days = messages.annotate(day=TruncDate("digested_at", tzinfo=clock.SHANGHAI))
    rows += days.order_by().values_list("group_id", "day", "region").distinct()
    return {(group, day) for group, day, _ in rows}, {group: place for group, _, place in rows}


def _shares(
    days: Sequence[date],
    talked: set[tuple[int, date]],
    gone: set[tuple[int, date]],
    places: Mapping[int, str],
    scope: str,
) -> list[tuple[int, int] | None]:
    here: dict[date, set[int]] = defaultdict(set)
    for group, day in talked:
        if places[group].startswith(scope):
            here[day].add(group)
    known = {day for _, day in talked}
    return [
        (sum((group, day) in gone for group in here[day]), len(here[day])) if day in known else None
        for day in days
    ]
