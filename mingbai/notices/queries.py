"""The readers of the inbox: everybody their own."""

from __future__ import annotations

from mingbai.kernel.paging import Page, page
from mingbai.notices.models import Notice


def unread_count(person_id: int) -> int:
    """Return how many notices the person has not read."""
    return Notice.objects.filter(person_id=person_id, read_at__isnull=True).count()


def inbox(person_id: int, after: str = "") -> Page[Notice]:
    """Return a page of the person's notices: unread ones first, each part newest first."""
    rows = Notice.objects.filter(person_id=person_id)
    return page(rows, order=("is_read", "-created_at", "-id"), after=after)
