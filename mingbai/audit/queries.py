"""The readers of the audit trail."""

from __future__ import annotations

from datetime import datetime

from mingbai.audit.models import Entry


def has_entry(
    *, person_id: int | None, verb: str, thing: str, thing_id: str, since: datetime
) -> bool:
    """Whether this person already has such an entry since then (one reading a day is one entry)."""
    return Entry.objects.filter(
        person_id=person_id, verb=verb, thing=thing, thing_id=thing_id, at__gte=since
    ).exists()


def last_entry(*, verb: str, thing: str, thing_id: str) -> datetime | None:
    """Return when such an entry was last written, by anybody; None when never."""
    rows = Entry.objects.filter(verb=verb, thing=thing, thing_id=thing_id)
    return rows.order_by("-at").values_list("at", flat=True).first()
