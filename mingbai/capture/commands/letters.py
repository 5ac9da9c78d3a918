"""What could not be taken or read is put aside with the reason, so that nothing waits behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from mingbai.capture.commands import cleaning
from mingbai.capture.models import DeadLetter
from mingbai.kernel import clock

_LONGEST_REASON = 120
_LONGEST_ID = 120


class Letter(NamedTuple):
    """One message that is put aside: its id (may be empty), the reason in Chinese, what it was."""

    external_id: str
    reason: str
    body: Mapping[str, str]


def put_aside(
    *, county: str, region: str, platform: str, group_id: int, letters: Sequence[Letter]
) -> None:
    """Keep letters for those who look after the connection; in the running transaction."""
    now = clock.now()
    DeadLetter.objects.bulk_create(
        DeadLetter(
            county=county,
            region=region,
            platform=platform,
            group_id=group_id,
            external_id=letter.external_id[:_LONGEST_ID],
            reason=cleaning.visible(letter.reason)[:_LONGEST_REASON],
            body=dict(letter.body),
            at=now,
        )
        for letter in letters
    )


def name_of(message: object) -> str:
    """Return a name for a message whose own id cannot be used: the same one for the same content."""
    return f"!{hashlib.sha256(repr(message).encode('utf-8', 'replace')).hexdigest()[:40]}"


def forget(*, county: str, group_id: int, external_id: str = "", sender: str = "") -> None:
    """Delete letters that their sender took back, or all of a sender's (the keyed hash)."""
    rows = DeadLetter.objects.filter(county=county, group_id=group_id)
    if external_id:
        rows.filter(body__id=external_id).delete()
    if sender:
        rows.filter(body__sender=sender).delete()


def body_of(
    *, external_id: Any, sender: str, role: Any, said_at: Any, kind: Any, text: Any
) -> dict[str, str]:
    """Return a message as a letter keeps it: what is no text or time is left out.

    ``sender`` is the keyed hash, never the platform's name; what was written is masked.
    """
    at = said_at.isoformat() if isinstance(said_at, datetime) else None
    given = {
        "id": external_id,
        "sender": sender,
        "role": role,
        "at": at,
        "type": kind,
        "text": text,
    }
    return {name: cleaning.kept(v) for name, v in given.items() if isinstance(v, str)}
