"""The queue of calls, for whoever may make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from mingbai.cases import participation, policies
from mingbai.cases.models import CallBack, Contact
from mingbai.cases.queries.lines import CaseLine, Liner
from mingbai.cases.queries.pages import StepView, files, find, history
from mingbai.kernel import clock, masking, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions


@dataclass(frozen=True)
class CallLine:
    """One call that waits; ``due`` when it may be made now, ``number_of_try`` counts from 1."""

    line: CaseLine
    why_word: str
    next_at: datetime
    due: bool
    number_of_try: int


@dataclass(frozen=True)
class CallPage:
    """One call with what the caller must know: what was said, what was answered."""

    call: CallLine
    text: str
    steps: Sequence[StepView]
    phone_masked: str
    for_family: bool
    may_record: Decision


def may_call_back(actor: Actor) -> bool:
    """Whether the actor's post calls reporters back at all."""
    return participation.calls_back(actor)


def calls(actor: Actor, after: str = "") -> Page[CallLine]:
    """Return the queue of the actor's post, the next one first. Raises ``Missing`` for other posts."""
    if not participation.calls_back(actor):
        raise Missing("calls")
    rows = queue(actor).select_related("case__body", "case__handler__person")
    found = page(rows, order=("next_at", "id"), after=after, size=30)
    places = regions.regions({call.region for call in found.rows})
    liner = Liner()
    return Page([_line(call, liner, places[call.region].name) for call in found.rows], found.next)


def call(actor: Actor, county: str, number: str) -> CallPage:
    """Return the open call about a case. Raises ``Missing`` for whoever may not make it."""
    case = find(county, number)
    waiting = queue(actor).filter(county=county, case=case).select_related("case__body")
    found = waiting.first()
    if found is None or participation.may_call(actor, found, case) == policies.MISSING_FOR_YOU:
        raise Missing(number)
    liner = Liner()
    contact = Contact.objects.filter(county=county, case=case).first()
    photos = files(case, private=True)
    phone = ""
    if contact is not None:
        phone = sealing.unseal(contact.phone_sealed, f"contact:{county}:{case.pk}")
    return CallPage(
        call=_line(found, liner, regions.region(case.region).name),
        text=case.text,
        steps=history(case, photos, liner, clear=True, inner=True),
        phone_masked=masking.phone(phone) if phone else "",
        for_family=bool(contact and contact.for_family),
        may_record=participation.may_record(actor, found, case, clock.now()),
    )


def queue(actor: Actor) -> QuerySet[CallBack]:
    """Return the calls of the actor's post that nobody has ended, own answers left out."""
    levels = [level for level, role in participation.CALLERS.items() if role == actor.role]
    waiting = CallBack.objects.filter(inside(actor.scope), level__in=levels, done_at__isnull=True)
    return waiting.exclude(handler_id=actor.person_id)


def _line(call: CallBack, liner: Liner, village: str) -> CallLine:
    return CallLine(
        line=liner.line(call.case, village, clear=True),
        why_word=call.get_why_display(),
        next_at=call.next_at,
        due=call.next_at <= liner.now,
        number_of_try=call.tries + 1,
    )
