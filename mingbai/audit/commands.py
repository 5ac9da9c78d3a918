"""The one way to write the audit trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mingbai.audit.models import Entry
from mingbai.kernel import clock
from mingbai.kernel.actors import SYSTEM, Actor


class Line(NamedTuple):
    """What differs from entry to entry where one thing is done to many."""

    thing_id: str
    region: str = ""
    county: str = ""
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    detail: Mapping[str, object] | None = None


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
    line = Line(thing_id, region, county, before, after, detail)
    record_all(actor=actor, verb=verb, thing=thing, lines=[line])


def record_all(*, actor: Actor | None, verb: str, thing: str, lines: Sequence[Line]) -> None:
    """Add an entry for each of several things that the same thing was done to, as ``record`` does."""
    who = actor or SYSTEM
    Entry.objects.bulk_create(
        Entry(
            at=clock.now(),
            person_id=who.person_id,
            post_id=who.post_id,
            role=who.role,
            verb=verb,
            thing=thing,
            thing_id=line.thing_id,
            county=line.county or line.region[:6],
            region=line.region,
            before=_digest(line.before),
            after=_digest(line.after),
            detail=dict(line.detail or {}),
        )
        for line in lines
    )


def _digest(state: Mapping[str, object] | None) -> str:
    if state is None:
        return ""
    text = json.dumps(state, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
