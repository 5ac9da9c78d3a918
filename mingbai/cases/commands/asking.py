"""What has to be asked of the level above, and what it decides: suspension, objection, another round."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, label, lock, move
from mingbai.cases.commands.routing import again
from mingbai.cases.commands.staffing import receivers, staffed
from mingbai.cases.commands.telling import Postman, name_of
from mingbai.cases.commands.typed import SHORT, last_day, said
from mingbai.cases.deadline_table import rule
from mingbai.cases.models import Ask, Case
from mingbai.cases.states import county_of
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.jinja import day_cn

NOBODY_ABOVE = "没有上一级可以决定，请按现有规定办理。"


@transaction.atomic
def ask_suspend(
    *, actor: Actor, county: str, number: str, version: int, reason: str, until: str
) -> None:
    """Ask the body above to suspend the case until a day, for a reason that everybody will read.

    Raises ``BadInput`` for reason or day, ``Refused`` when the case is late or nobody is above.
    """
    why = said(reason, 6, "请写清为什么现在办不了，批准后大家看得到。", "reason", most=SHORT)
    case = lock(county, number, actor)
    day = last_day(until, rule("suspend", urgent=case.urgent), "until")
    text = f"{why.rstrip('。')}，到 {day_cn(day)}。"
    step = Step(text=text, inner=True)
    move(case, "ask_suspend", actor, version=version, step=step, clocks=Clockmaker())
    _ask(case, actor, Ask.Kind.SUSPEND, why, _above(case), until=day)


@transaction.atomic
def suspend(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Approve a suspension: the clock stops until the day asked for, the reason becomes public."""
    case = lock(county, number, actor)
    ask = case.pending.get(Ask.Kind.SUSPEND)
    until = ask.until if ask else None
    text = f"{ask.text.rstrip('。')}，{day_cn(until)} 恢复。" if ask and until else ""
    if until is not None and until <= clock.now():
        raise Refused("申请的日子已经过了，请不同意，让承办单位重新申请。")
    if ask is not None and ask.decider_id == actor.body_id:
        _decide(ask, granted=True)
    step = Step(text=text, until=until)
    move(case, "suspend", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def dispute(*, actor: Actor, county: str, number: str, version: int, reason: str) -> None:
    """Object to having been given the case, with grounds, within one working day of getting it.

    The body above decides; after that the case is not sent back again (首接负责).
    """
    why = said(reason, 6, "请写明依据：职责在哪个单位，出自哪份文件。", "reason", most=SHORT)
    case = lock(county, number, actor)
    step = Step(text=why, inner=True)
    move(case, "dispute", actor, version=version, step=step, clocks=Clockmaker())
    _ask(case, actor, Ask.Kind.OBJECTION, why, _above(case))


@transaction.atomic
def redirect(
    *, actor: Actor, county: str, number: str, version: int, receiver: int, reason: str
) -> None:
    """Grant an objection: give the case to the right body, which cannot object again."""
    why = said(reason, 4, "请写明裁定的理由。", "reason", most=SHORT)
    case = lock(county, number, actor)
    found = next((b for b in choices(case, actor) if b.id == receiver), None)
    if found is None:
        raise BadInput("请选改交给哪个单位。", "receiver")
    ask = case.pending.get(Ask.Kind.OBJECTION)
    if ask is not None and ask.decider_id == actor.body_id:
        _decide(ask, granted=True, reason=why)
        case.settled = True
    step = Step(text=why, receiver=staffed(found))
    move(case, "redirect", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def deny(
    *, actor: Actor, county: str, number: str, version: int, reason: str, kind: str = ""
) -> None:
    """Decide against what was asked, with a reason; a denied objection settles who handles the case.

    ``kind`` names the request when the body has several to decide; otherwise the oldest is meant.
    """
    why = said(reason, 4, "请写明不同意的理由。", "reason", most=SHORT)
    case = lock(county, number, actor)
    mine = [a for a in case.pending.values() if a.decider_id == actor.body_id]
    ask = next((a for a in mine if not kind or a.kind == kind), None)
    word = ask.get_kind_display() if ask else ""
    inner = ask is None or ask.kind != Ask.Kind.REOPEN
    if ask is not None and ask.kind == Ask.Kind.OBJECTION:
        case.settled = True
    step = Step(text=f"{word}：{why}" if word else why, inner=inner)
    move(case, "deny", actor, version=version, step=step, clocks=Clockmaker())
    if ask is None:
        raise Missing(number)
    _decide(ask, granted=False, reason=why)
    _tell_denied(case, ask)


@transaction.atomic
def ask_reopen(*, actor: Actor, county: str, number: str, reason: str) -> None:
    """As a supporter, ask for another round of an answered case; the body above decides."""
    why = said(reason, 2, "请写一句哪里没办好。", "reason", most=SHORT)
    with scopes.widen(county_of(number)):
        case = lock(county, number, actor)
        step = Step(text=why)
        move(case, "ask_reopen", actor, version=None, step=step, clocks=Clockmaker())
        _ask(case, actor, Ask.Kind.REOPEN, why, _above(case, or_itself=True))


@transaction.atomic
def grant_reopen(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Let a case be handled once more because supporters asked; the next level takes it."""
    case = lock(county, number, actor)
    ask = case.pending.get(Ask.Kind.REOPEN)
    if ask is not None and ask.decider_id == actor.body_id:
        _decide(ask, granted=True)
    taker = again(case)
    step = Step(receiver=staffed(taker) if taker else None)
    move(case, "grant_reopen", actor, version=version, step=step, clocks=Clockmaker())


def choices(case: Case, actor: Actor) -> list[accounts.BodyView]:
    """Return the bodies to which the decider of an objection may give the case."""
    own = [accounts.body(actor.body_id)] if actor.body_id else []
    below = receivers(case, of=actor.body_id)
    return [b for b in [*below, *own] if b.id != case.body_id]


def _above(case: Case, *, or_itself: bool = False) -> accounts.BodyView:
    found = accounts.body_above(case.body_id)
    if found is None and or_itself:
        return accounts.body(case.body_id)
    if found is None:
        raise Refused(NOBODY_ABOVE)
    return staffed(found)


def _ask(
    case: Case,
    actor: Actor,
    kind: Ask.Kind,
    text: str,
    decider: accounts.BodyView,
    until: datetime | None = None,
) -> None:
    Ask.objects.create(
        county=case.county,
        case=case,
        kind=kind,
        text=text,
        until=until,
        person_id=actor.person_id,
        label=label(actor, case),
        at=clock.now(),
        decider_id=decider.id,
    )
    case.forget_asked()
    post = Postman()
    title = f"有一件{kind.label}要你们定"
    post.to_body(case, decider.id, title, f"{name_of(case)}：{kind.label}，请尽快决定。")
    post.deliver()


def _decide(ask: Ask, *, granted: bool, reason: str = "") -> None:
    ask.granted, ask.reason, ask.decided_at = granted, reason, clock.now()
    ask.save(update_fields=["granted", "reason", "decided_at"])


def _tell_denied(case: Case, ask: Ask) -> None:
    post = Postman()
    said_ = f"{name_of(case)}：{ask.get_kind_display()}没有同意，理由写在里面。"
    if ask.kind == Ask.Kind.REOPEN:
        post.to_people(case, [ask.person_id] if ask.person_id else [], "没有同意重办", said_)
    else:
        post.to_body(case, case.body_id, "没有同意", said_)
    post.deliver()
