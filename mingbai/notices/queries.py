"""The readers of the inbox: everybody their own."""

from __future__ import annotations

from collections.abc import Sequence

from mingbai.kernel.actors import Actor
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.notices.models import GroupMessage, Notice


def unread_count(person_id: int) -> int:
    """Return how many notices the person has not read."""
    return Notice.objects.filter(person_id=person_id, read_at__isnull=True).count()


def inbox(person_id: int, after: str = "") -> Page[Notice]:
    """Return a page of the person's notices: unread ones first, each part newest first."""
    rows = Notice.objects.filter(person_id=person_id)
    return page(rows, order=("is_read", "-created_at", "-id"), after=after)


def to_forward(actor: Actor, limit: int = 20) -> Sequence[GroupMessage]:
    """Return the messages of the actor's territory that wait to be put into their group by hand."""
    waiting = [GroupMessage.State.BY_HAND, GroupMessage.State.FAILED]
    rows = GroupMessage.objects.filter(inside(actor.scope), state__in=waiting)
    return list(rows.order_by("-at", "-id")[:limit])
