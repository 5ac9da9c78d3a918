"""The readers of the inbox: everybody their own."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from mingbai.accounts import queries as accounts
from mingbai.kernel.actors import Actor
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.notices.models import GroupMessage, Notice

_OWN_ONLY = frozenset({"department", "petition_office"})


def unread_count(person_id: int) -> int:
    """Return how many notices the person has not read."""
    return Notice.objects.filter(person_id=person_id, read_at__isnull=True).count()


def inbox(person_id: int, after: str = "") -> Page[Notice]:
    """Return a page of the person's notices: unread ones first, each part newest first."""
    rows = Notice.objects.filter(person_id=person_id)
    return page(rows, order=("is_read", "-created_at", "-id"), after=after)


def to_forward(actor: Actor, limit: int = 20) -> Sequence[GroupMessage]:
    """Return the messages that the actor may put into their group by hand."""
    waiting = [GroupMessage.State.BY_HAND, GroupMessage.State.FAILED]
    rows = forwardable(actor).filter(state__in=waiting)
    return list(rows.order_by("-at", "-id")[:limit])


def forwardable(actor: Actor) -> QuerySet[GroupMessage]:
    """Return the messages of the actor's territory; a department's are those of its own people.

    Who marks a message as forwarded takes it from everybody's list, so that nobody marks what an
    office beside theirs has sent.
    """
    rows = GroupMessage.objects.filter(inside(actor.scope))
    if actor.role not in _OWN_ONLY:
        return rows
    people = [post.person_id for post in accounts.staff_of(actor.body_id or 0)]
    return rows.filter(by_person__in=people)
