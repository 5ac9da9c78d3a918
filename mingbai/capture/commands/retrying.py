"""What was put aside is tried again, once whatever was wrong with it has been mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mingbai.audit.commands import record
from mingbai.capture import policies, queries
from mingbai.capture.commands.intake import take_again
from mingbai.capture.events import InboundMessage
from mingbai.capture.models import DeadLetter
from mingbai.kernel import scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing

AT_ONCE = 1000


@dataclass(frozen=True)
class Retried:
    """How many messages came in, and how many still cannot be taken."""

    taken: int
    left: int


def try_again(*, actor: Actor, platform: str, reason: str) -> Retried:
    """Take in what was put aside for a reason, as far as it is still there; at most 1,000 at once.

    What still cannot be taken stays as it is. A sender who has declined meanwhile is dropped.
    Raises ``Missing`` for those who may not see what was put aside.
    """
    if not policies.may_see_keeping(actor):
        raise Missing
    county = actor.county or actor.scope
    with scopes.enter(scope=county, person=actor.person_id):
        rows = queries.dead_letters(actor).filter(platform=platform, reason=reason)
        kept = rows.filter(body__isnull=False, group_id__isnull=False).select_for_update()
        letters = [(letter, _message(letter)) for letter in kept.order_by("pk")[:AT_ONCE]]
        mended = [(letter, message) for letter, message in letters if not message.fault()]
        groups = sorted({(letter.county, letter.group_id or 0) for letter, _ in mended})
        for of, group in groups:
            mine = [pair for pair in mended if pair[0].group_id == group]
            take_again(
                county=of,
                group_id=group,
                messages=[message for _, message in mine],
                were_in={
                    m.external_id for letter, m in mine if m.external_id == letter.external_id
                },
            )
        DeadLetter.objects.filter(pk__in=[letter.pk for letter, _ in mended]).delete()
        done = Retried(len(mended), len(letters) - len(mended))
        record(
            actor=actor,
            verb="try_again",
            thing="inbox",
            thing_id=county,
            county=county,
            detail={"taken": done.taken, "left": done.left},
        )
    return done


def _message(letter: DeadLetter) -> InboundMessage:
    body = letter.body or {}
    text: Any = body.get("text")  # without any it has a fault, as before
    return InboundMessage(
        external_id=body.get("id", ""),
        group=str(letter.group_id),
        village="",
        sender=body.get("sender", ""),
        role=body.get("role", ""),
        said_at=_time(body.get("at", "")),
        kind=body.get("type", ""),
        text=text,
    )


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min  # noqa: DTZ901 - without a zone it is a fault, as it was
