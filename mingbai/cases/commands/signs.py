"""Signs from the talk beside a case: kept once, answered by or set aside, never a move."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from mingbai.audit import commands as audit
from mingbai.cases import policies
from mingbai.cases.commands.moving import lock, lock_open
from mingbai.cases.models import Case, Sign
from mingbai.cases.states import OPEN, State
from mingbai.kernel import clock
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import Missing, require

LONGEST = 400


@transaction.atomic
def note_sign(
    *, county: str, number: str, source_id: str, said_at: datetime, who: str, text: str
) -> bool:
    """Put what was said in the group beside an open case, once per ``source_id``; False when known.

    ``who`` is a pseudonym of the group (成员 B3). Nothing about the case changes. Raises ``Missing``
    for a case that there is not.
    """
    case = lock(county, number, SYSTEM)
    said = text.strip()[:LONGEST]
    if State(case.state) not in OPEN or not said:
        return False
    sign, new = Sign.objects.get_or_create(
        county=county,
        case=case,
        source_id=source_id,
        defaults={"said_at": said_at, "who": who[:40], "text": said},
    )
    if new:
        _record(SYSTEM, case, "case.sign", sign)
    return new


@transaction.atomic
def ignore_sign(*, actor: Actor, county: str, number: str, sign_id: int) -> None:
    """Set a sign aside; only the body that holds the case may. Raises ``Missing``, ``Refused``."""
    case = lock_open(county, number, actor)
    require(policies.may_weigh_signs(actor, case))
    sign = Sign.objects.filter(county=county, case=case, pk=sign_id).first()
    if sign is None:
        raise Missing(str(sign_id))
    if sign.ignored_at is None:
        sign.ignored_at, sign.ignored_by = clock.now(), actor.person_id
        sign.save(update_fields=["ignored_at", "ignored_by"])
        _record(actor, case, "case.ignore_sign", sign)


def _record(actor: Actor, case: Case, verb: str, sign: Sign) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
        detail={"sign": sign.pk},
    )
