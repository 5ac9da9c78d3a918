"""Steps beside the handling: they stand in the history and on the trail, and move nothing.

The case keeps its version, so that no officer's open page grows stale by them.
"""

from __future__ import annotations

from collections.abc import Iterable

from mingbai.audit import commands as audit
from mingbai.cases.commands.moving import write_event
from mingbai.cases.commands.telling import name_of, tell_body
from mingbai.cases.models import Case, CaseEvent
from mingbai.kernel.actors import Actor
from mingbai.notices import commands as notices

__all__ = ["add_step", "name_of", "record", "tell_body", "tell_people"]


def add_step(case: Case, actor: Actor, verb: str, text: str, **detail: object) -> CaseEvent:
    """Append a public step to the history, with its audit entry."""
    event = write_event(case, verb, actor, text=text)
    record(case, actor, verb, **detail)
    return event


def record(case: Case, actor: Actor, verb: str, **detail: object) -> None:
    """Put what was done on the audit trail."""
    audit.record(
        actor=actor,
        verb=f"case.{verb}",
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
        detail=detail,
    )


def tell_people(case: Case, people: Iterable[int], title: str, text: str) -> None:
    """Write a notice with a link to the case's page to each of ``people``."""
    wanted = sorted(set(people))
    if wanted:
        notices.notify(
            person_ids=wanted,
            county=case.county,
            title=title,
            text=text,
            link=f"/c/{case.number}",
            thing="case",
            thing_id=case.number,
        )
