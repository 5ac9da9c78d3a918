"""关注: hearing of a case without supporting it; several steps come in one notice."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from mingbai.cases import participation
from mingbai.cases.commands.moving import lock
from mingbai.cases.commands.steps import name_of, record, tell_people
from mingbai.cases.models import CaseEvent, Follow
from mingbai.cases.states import OPEN, PUBLICLY_SHOWN, county_of, done_word
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import require

BATCH = 500
_SETTLED = timedelta(minutes=1)  # a step of a transaction that is still open has an earlier time
_LIVELY = timedelta(days=60)
_FEW = 4
_QUIET = ("supplement", "evidence", "revise", "rate")


@transaction.atomic
def follow(*, actor: Actor, county: str, number: str) -> bool:
    """Follow the case; False when it was followed already. Raises ``Missing``, ``Refused``."""
    with scopes.widen(county_of(number)):
        case = lock(county, number, actor)
        require(participation.may_follow(actor, case))
        assert actor.person_id is not None
        now = clock.now()
        _, fresh = Follow.objects.get_or_create(
            county=county,
            case=case,
            person_id=actor.person_id,
            defaults={"at": now, "told_at": now},
        )
        if fresh:
            record(case, actor, "follow")
        return fresh


@transaction.atomic
def unfollow(*, actor: Actor, county: str, number: str) -> bool:
    """Stop following; False when it was not followed. Works for cases that are hidden by now."""
    with scopes.widen(county_of(number)):
        rows = Follow.objects.select_related("case").filter(
            county=county, case__number=number, person_id=actor.person_id or 0
        )
        mine = rows.first()
        if mine is None:
            return False
        record(mine.case, actor, "unfollow")
        mine.delete()
        return True


@transaction.atomic
def tell_followers(county: str) -> int:
    """Tell followers what happened since they were told last, one notice a case; return how many.

    Cases that are no longer public are told no more. At most ``BATCH`` follows; the next run takes
    the rest.
    """
    upto = clock.now() - _SETTLED
    lively = Q(case__state__in=OPEN) | Q(case__answered_at__gte=clock.now() - _LIVELY)
    told = CaseEvent.objects.filter(inner=False, at__lte=upto).exclude(verb__in=_QUIET)
    mine = {
        "county": OuterRef("county"),
        "case": OuterRef("case_id"),
        "at__gt": OuterRef("told_at"),
    }
    rows = Follow.objects.select_for_update(of=("self",), skip_locked=True).select_related("case")
    waiting = rows.filter(
        lively, county=county, case__is_public=True, case__state__in=PUBLICLY_SHOWN
    )
    found = list(waiting.filter(Exists(told.filter(**mine))).order_by("id")[:BATCH])
    steps: dict[int, list[CaseEvent]] = defaultdict(list)
    for step in told.filter(county=county, case__in={one.case_id for one in found}).order_by("at"):
        steps[step.case_id].append(step)
    for one in found:
        words = dict.fromkeys(done_word(s.verb) for s in steps[one.case_id] if s.at > one.told_at)
        text = f"你关注的{name_of(one.case)}：{'，'.join(list(words)[-_FEW:])}。"
        tell_people(one.case, [one.person_id], "关注的事有新进展", text)
        one.told_at = upto
    Follow.objects.bulk_update(found, ["told_at"])
    return len(found)
