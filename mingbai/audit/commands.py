"""The one way to write the audit trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from mingbai.audit.models import Entry
from mingbai.kernel import clock
from mingbai.kernel.actors import SYSTEM, Actor


def record(
    *,
    actor: Actor | None,
    verb: str,
    thing: str,
    thing_id: str,
    region: str = "",
    county: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add an entry in the running transaction, so that no effect is without one.

    ``before`` and ``after`` are kept as SHA-256 digests only. ``detail`` must hold neither contents
    nor personal data: counts, states, codes. ``actor`` None stands for the system.
    """
    who = actor or SYSTEM
    Entry.objects.create(
        at=clock.now(),
        person_id=who.person_id,
        post_id=who.post_id,
        role=who.role,
        verb=verb,
        thing=thing,
        thing_id=thing_id,
        county=county or region[:6],
        region=region,
        before=_digest(before),
        after=_digest(after),
        detail=dict(detail or {}),
    )


def _digest(state: Mapping[str, object] | None) -> str:
    if state is None:
        return ""
    text = json.dumps(state, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
