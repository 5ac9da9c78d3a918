"""What a supervising office does: press, order a new answer, say what a mark is worth."""

from __future__ import annotations

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.cases import policies, supervision
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, lock, move, still_in_post
from mingbai.cases.commands.steps import add_step, record, tell_people
from mingbai.cases.commands.telling import Postman, name_of
from mingbai.cases.commands.typed import SHORT, said
from mingbai.cases.models import Case, Mark
from mingbai.cases.passing import OF_ANSWERS
from mingbai.cases.states import BY_VERB
from mingbai.kernel import clock
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import BadInput, Missing, require

OUTCOMES = (Mark.Outcome.UNFOUNDED.value, Mark.Outcome.FOUNDED.value)


@transaction.atomic
def press(*, actor: Actor, county: str, number: str, text: str) -> None:
    """Press the body that holds the case with a sentence that villagers read in the history.

    Raises ``BadInput`` without the sentence, ``Missing`` outside the territory, ``Refused`` for the
    own office's cases, for closed ones and when the same post pressed within a working day.
    """
    words = said(text, 6, "请写一句要对方做什么、几时做好，群众看得到。", "text", most=SHORT)
    case = _watched(county, number, actor)
    require(supervision.may_press(actor, case))
    office = _office(actor)
    add_step(case, actor, "press", f"{_signed(actor)}：{words}")
    Case.objects.filter(pk=case.pk, county=county).update(urged=True)
    post = Postman()
    post.to_body(case, case.body_id, "监督单位督办", f"{office}督办{name_of(case)}：{words}")
    post.deliver()
    told = f"{office}督促{case.body.name}办理{name_of(case)}。"
    tell_people(case, [case.reporter_id] if case.reporter_id else [], "监督单位已督办", told)


@transaction.atomic
def redo(*, actor: Actor, county: str, number: str, version: int, reason: str) -> None:
    """Order the body that answered to answer anew; the clock of its level starts again.

    The villager's own right to another round is untouched. Raises ``Refused`` unless the answer
    carries a mark that nobody has settled.
    """
    why = said(reason, 6, "请写明答复哪里不行、要补什么，群众看得到。", "reason", most=SHORT)
    case = lock(county, number, actor)
    answered = case.answered_at or case.submitted_at
    require(policies.may_person(actor, case, BY_VERB["redo"]))
    step = Step(text=f"{_signed(actor)}：{why}")
    move(case, "redo", actor, version=version, step=step, clocks=Clockmaker())
    marks = Mark.objects.filter(county=county, case=case, at__gte=answered, settled_at__isnull=True)
    marks.filter(kind__in=[kind.value for kind in OF_ANSWERS]).update(
        outcome=Mark.Outcome.REDONE, reason=why, settled_by=_signed(actor), settled_at=clock.now()
    )
    post = Postman()
    post.to_body(
        case, case.body_id, "责令重新答复", f"{_office(actor)}责令重新答复{name_of(case)}：{why}"
    )
    post.deliver()


@transaction.atomic
def settle_mark(
    *, actor: Actor, county: str, number: str, mark: int, outcome: str, reason: str
) -> None:
    """Say once, with a reason, whether a mark is founded. Raises ``BadInput``, ``Missing``, ``Refused``."""
    if outcome not in OUTCOMES:
        raise BadInput("请选属实还是不成立。", "outcome")
    why = said(reason, 4, "请写明理由，以后查得到。", "reason", most=SHORT)
    case = _watched(county, number, actor)
    rows = Mark.objects.select_for_update(of=("self",)).filter(county=county, case=case)
    found = rows.filter(pk=mark).first()
    if found is None:
        raise Missing(str(mark))
    require(supervision.may_settle(actor, found, case))
    found.outcome, found.reason = outcome, why
    found.settled_by, found.settled_at = _signed(actor), clock.now()
    found.save(update_fields=["outcome", "reason", "settled_by", "settled_at"])
    record(case, actor, "settle_mark", mark=found.pk, kind=found.kind, outcome=outcome)


def _watched(county: str, number: str, actor: Actor) -> Case:
    """Lock a case of the actor's territory, private ones too: who watches acts on what it cannot read."""
    case = lock(county, number, SYSTEM)
    if not supervision.may_watch(actor, case):
        raise Missing(number)
    still_in_post(actor)
    return case


def _office(actor: Actor) -> str:
    return accounts.body(actor.body_id or 0).name


def _signed(actor: Actor) -> str:
    return f"{_office(actor)} {actor.label}"
