"""The readers of the drop box; they act as the role ``mingbai_clues``, which alone may SELECT."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from mingbai.audit.commands import record
from mingbai.clues import policies
from mingbai.clues.models import OfficeKey, SealedClue
from mingbai.kernel import paging, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing


def key_in_force(actor: Actor) -> OfficeKey | None:
    """Return the office's key, or None when it has yet to make one. Raises ``Missing`` for others."""
    if not policies.may_open(actor):
        raise Missing
    return OfficeKey.objects.filter(county=actor.county, retired_at__isnull=True).first()


def has_key(county: str) -> bool:
    """Whether sealed material can be taken in this county."""
    return OfficeKey.objects.filter(county=county, retired_at__isnull=True).exists()


def parcels(actor: Actor, after: str = "") -> dict[str, Any]:
    """Return one page of sealed parcels for the browser to open; the reading is on record.

    Raises ``Missing`` for anybody but the county's discipline office.
    """
    if not policies.may_open(actor):
        raise Missing
    with scopes.enter(scope=actor.scope, person=actor.person_id), _as_clues():
        page = paging.page(
            SealedClue.objects.filter(county=actor.county),
            order=("-day", "id"),
            after=after,
            size=20,
        )
    record(actor=actor, verb="read", thing="drop_box", thing_id=actor.county, county=actor.county)
    return {
        "next": page.next,
        "parcels": [
            {
                "id": str(row.pk),
                "county": row.county,
                "day": row.day.isoformat(),
                "ephemeral": _text(row.ephemeral),
                "nonce": _text(row.nonce),
                "parcel": _text(row.parcel),
            }
            for row in page.rows
        ],
    }


@contextmanager
def _as_clues() -> Iterator[None]:
    """Read as ``mingbai_clues`` until the end of the block."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE mingbai_clues")
        yield
        cursor.execute("RESET ROLE")


def _text(data: bytes | memoryview) -> str:
    return base64.b64encode(bytes(data)).decode()
