"""Taking a filing back with every word of it, so that only its number stays."""

from __future__ import annotations

from uuid import uuid4

from mingbai.accounts import queries as accounts
from mingbai.cases.commands.beside import forget_beside
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, level_of, move
from mingbai.cases.models import (
    Ask,
    Attachment,
    CallBack,
    Case,
    CaseEvent,
    Confirmation,
    Contact,
    Follow,
    Invitation,
    Mediation,
    Part,
    Rating,
    Sign,
    Stop,
    Support,
)
from mingbai.cases.states import State
from mingbai.kernel.actors import SYSTEM
from mingbai.notices import commands as notices

RETRACTED = "采集核对时撤销，内容已删除"
_HANGING = (
    Attachment, Sign, Contact, Support, Rating, Part, Ask, Stop, Confirmation, Follow, CallBack,
    Invitation, Mediation,
)  # fmt: skip


def erase(case: Case) -> None:
    """Leave of a locked case what a clerk's retraction of an untouched filing leaves: a number.

    Whatever happened meanwhile is forgotten first, so that two such rows differ in nothing but
    their numbers and times.
    """
    hanging = {"county": case.county, "case": case}
    for table in _HANGING:
        table.objects.filter(**hanging).delete()
    forget_beside(case)
    CaseEvent.objects.filter(**hanging).exclude(verb="submit").delete()
    CaseEvent.objects.filter(**hanging).update(
        text="", person_id=None, post_id=None, label=SYSTEM.label, body_id=case.first_body_id
    )
    case.state, case.body_id = State.SUBMITTED.value, case.first_body_id
    case.level = level_of(accounts.body(case.first_body_id)).value
    case.reporter, case.handler, case.from_body = None, None, None
    case.forget_asked()
    move(case, "retract", SYSTEM, version=None, step=Step(inner=True), clocks=Clockmaker())
    case.title, case.text = RETRACTED, RETRACTED
    case.source, case.source_text, case.source_id, case.place = Case.Source.CHAT, "", "", ""
    case.search, case.lat, case.lon, case.supports = None, None, None, 0
    case.merged_into, case.merged_version, case.split_from = None, 0, None
    case.settled = case.returned = case.overdue = case.urged = False
    case.extended_days = case.extra_days = 0
    case.version = 2
    # The same words may be filed again, as a case of its own.
    case.token = uuid4()
    case.save()
    notices.forget(county=case.county, thing="case", thing_id=case.number)
