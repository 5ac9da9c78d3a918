"""The registry of groups: what they reach, what they were told, which villages have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from mingbai.capture import policies
from mingbai.capture.models import ChatGroup, ConsentNotice
from mingbai.capture.queries.reach import names_of
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

PAGE = 50
SILENT_AFTER = timedelta(days=14)
MOST_NOTICES = 30


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


@dataclass(frozen=True)
class NoticeView:
    """A notice on record: when it was posted, its words, who put it on record and when."""

    id: int
    posted_on: date
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class GroupPage:
    """A group with its village and the notices on record, newest first."""

    group: ChatGroup
    village: str
    notices: Sequence[NoticeView]


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


def group_page(actor: Actor, group_id: int) -> GroupPage:
    """Return a group with the notices that it was given. Raises ``Missing``."""
    found = group(actor, group_id)
    rows = list(found.notices.order_by("-posted_on", "-id")[:MOST_NOTICES])
    names = names_of(row.by_person for row in rows)
    return GroupPage(
        found, regions.region(found.region).name, [_notice(row, names) for row in rows]
    )


def notice(actor: Actor, group_id: int, notice_id: int) -> NoticeView:
    """Return one notice of a group in the actor's territory. Raises ``Missing``."""
    row = group(actor, group_id).notices.filter(pk=notice_id).first()
    if row is None:
        raise Missing
    return _notice(row, names_of([row.by_person]))


def _notice(row: ConsentNotice, names: dict[int, str]) -> NoticeView:
    return NoticeView(row.pk, row.posted_on, row.text, names[row.by_person], row.at)
