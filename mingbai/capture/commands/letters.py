"""What could not be taken or read is put aside with the reason, so that nothing waits behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mingbai.capture.commands import cleaning
from mingbai.capture.models import DeadLetter
from mingbai.kernel import clock

_LONGEST_REASON = 120
_LONGEST_ID = 120
_SENDER_SHOWN = 12


class Letter(NamedTuple):
    """One message that is put aside: its id (may be empty), the reason in Chinese, what it was."""

    external_id: str
    reason: str
    body: Mapping[str, object]


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
            reason=letter.reason[:_LONGEST_REASON],
            body={name: _safe(value) for name, value in letter.body.items()},
            at=now,
        )
        for letter in letters
    )


def name_of(message: object) -> str:
    """Return a name for a message whose own id cannot be used: the same one for the same content."""
    return f"!{hashlib.sha256(repr(message).encode('utf-8', 'replace')).hexdigest()[:40]}"


def sender_shown(known_as: str) -> str:
    """Return how a letter names a sender: the beginning of the keyed hash, never the platform's name."""
    return known_as[:_SENDER_SHOWN]


def _safe(value: object) -> str:
    return cleaning.kept(value if isinstance(value, str) else repr(value)[: cleaning.LONGEST])
