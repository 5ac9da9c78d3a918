"""电话回访: whoever did not handle the case asks the reporter how the answer turned out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from mingbai.accounts import queries as accounts
from mingbai.cases import participation, policies
from mingbai.cases.commands.moving import lock
from mingbai.cases.commands.reporting import rate
from mingbai.cases.commands.steps import add_step, name_of, record, tell_body
from mingbai.cases.models import CallBack, Case, CaseEvent, Contact, Rating
from mingbai.cases.states import OPEN, SOLVED, Level, State
from mingbai.kernel import clock, deadlines, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, require
from mingbai.kernel.jinja import day_cn
from mingbai.notices import commands as notices

MOST_TRIES = 3
RECENT = timedelta(days=30)
BATCH = 200
LONGEST = 400
_ANSWERS = ("answer", "conclude")
_UNREACHED = "unreached"
OUTCOMES = (_UNREACHED, "satisfied", "unsatisfied", "reached")


@transaction.atomic
def queue_call_backs(county: str) -> int:
    """Queue calls for unsatisfied ratings and for answered urgent and petition cases; return how many.

    A case waits at most once, and each reason once for an answer. Whoever left no phone cannot be
    called. What was answered over 30 days ago is left alone.
    """
    found: dict[int, tuple[Case, CallBack.Why]] = {}
    for why, rows in _reasons(county):
        open_or_done = CallBack.objects.filter(county=OuterRef("county"), case=OuterRef("pk"))
        same = open_or_done.filter(about=OuterRef("answered_at"))
        said = Q(why=why) | Q(result=CallBack.Result.UNSATISFIED)
        again = same.filter(said) if why is CallBack.Why.UNSATISFIED else same
        wanted = rows.filter(
            ~Exists(again),
            ~Exists(open_or_done.filter(done_at__isnull=True)),
            Exists(Contact.objects.filter(county=OuterRef("county"), case=OuterRef("pk"))),
        )
        for case in wanted.order_by("answered_at", "id")[:BATCH]:
            found.setdefault(case.pk, (case, why))
    answers = _answers(county, found)
    staffed: dict[str, bool] = {}
    for case, why in found.values():
        _queue(case, why, answers.get(case.pk), staffed)
    return len(found)


@transaction.atomic
def read_phone_to_call(*, actor: Actor, county: str, number: str, reason: str) -> tuple[str, str]:
    """Return name (may be empty) and phone in clear for a call; reading and reason go on the trail.

    Raises ``Missing`` without an open call or contact, ``Refused``, ``BadInput`` without a reason.
    """
    why = reason.strip()[:100]
    if len(why) < 4:
        raise BadInput("请写明为什么要看联系方式，至少 4 个字。", "reason")
    case, call = _locked(actor, county, number)
    require(participation.may_record(actor, call, case, clock.now()))
    contact = Contact.objects.filter(county=county, case=case).first()
    if contact is None:
        raise Missing(number)
    record(case, actor, "read_contact", reason=why, call_back=call.pk)
    place = f"{county}:{case.pk}"
    name = (
        sealing.unseal(contact.name_sealed, f"contact-name:{place}") if contact.name_sealed else ""
    )
    return name, sealing.unseal(contact.phone_sealed, f"contact:{place}")


@transaction.atomic
def record_call(
    *,
    actor: Actor,
    county: str,
    number: str,
    outcome: str,
    words: str = "",
    next_day: str = "",
) -> str:
    """Write down a call and return what followed: ``next``, ``done``, ``reopened`` or ``told``.

    ``outcome`` is one of ``OUTCOMES``. Nobody reached: tried again on ``next_day`` (a date; else the
    next working day), three times at most. Still unsatisfied, which needs the reporter's words: the
    rating by phone sends the case to the next level as long as that right is not used up; else the
    body above and the discipline office of the town are told. Raises ``Missing``, ``Refused``, ``BadInput``.
    """
    said = words.strip()[:LONGEST]
    if outcome not in OUTCOMES:
        raise BadInput("请选回访的结果。", "outcome")
    if outcome == CallBack.Result.UNSATISFIED and len(said) < 2:
        raise BadInput("请写下反映人说的：哪里没办好。", "words")
    case, call = _locked(actor, county, number)
    now = clock.now()
    require(participation.may_record(actor, call, case, now))
    call.tries += 1
    if outcome == _UNREACHED and call.tries < MOST_TRIES:
        call.next_at = _next(next_day, now)
        call.save()
        text = f"第 {call.tries} 次没打通，{day_cn(call.next_at)}再打。"
        add_step(case, actor, "call_back", text, tries=call.tries)
        return "next"
    call.result, call.words, call.done_at = outcome, said, now
    call.save()
    add_step(case, actor, "call_back", _told(call), tries=call.tries, result=outcome)
    if outcome != CallBack.Result.UNSATISFIED:
        return "done"
    return _again(case, said)


def _reasons(county: str) -> Iterable[tuple[CallBack.Why, QuerySet[Case]]]:
    since = clock.now() - RECENT
    recent = Case.objects.filter(county=county, answered_at__gte=since)
    here = {"county": OuterRef("county"), "case": OuterRef("pk"), "at__gte": since}
    bad = Rating.objects.filter(score=Rating.Score.UNSATISFIED, at__gte=OuterRef("answered_at"))
    opinion = CaseEvent.objects.filter(verb="conclude", **here)
    yield CallBack.Why.UNSATISFIED, recent.filter(Exists(bad.filter(**here)))
    yield CallBack.Why.URGENT, recent.filter(urgent=True, state__in=SOLVED)
    yield CallBack.Why.PETITION, recent.filter(Exists(opinion), state__in=SOLVED)


def _answers(county: str, cases: Iterable[int]) -> Mapping[int, CaseEvent]:
    steps = CaseEvent.objects.filter(county=county, case__in=list(cases), verb__in=_ANSWERS)
    return {step.case_id: step for step in steps.order_by("at", "id")}


def _queue(
    case: Case, why: CallBack.Why, answer: CaseEvent | None, staffed: dict[str, bool]
) -> None:
    """Let the town call about what a village answered and still holds; all else the county's intake."""
    assert case.answered_at is not None
    town = case.region[:9]
    if town not in staffed:
        staffed[town] = bool(
            accounts.people_with_role(participation.CALLERS[Level.TOWN.value], region=case.region)
        )
    by_village = answer is not None and answer.level == Level.VILLAGE.value
    by_town = by_village and case.level == Level.VILLAGE.value and staffed[town]
    level = Level.TOWN if by_town else Level.COUNTY
    CallBack.objects.create(
        county=case.county,
        region=case.region,
        case=case,
        why=why,
        level=level.value,
        about=case.answered_at,
        handler_id=answer.person_id if answer else None,
        opened_at=clock.now(),
        next_at=clock.now(),
    )


def _locked(actor: Actor, county: str, number: str) -> tuple[Case, CallBack]:
    case = lock(county, number, actor)
    rows = CallBack.objects.select_for_update(of=("self",)).filter(county=county, case=case)
    call = rows.filter(done_at__isnull=True).first()
    if call is None or participation.may_call(actor, call, case) == policies.MISSING_FOR_YOU:
        raise Missing(number)
    return case, call


def _next(day: str, now: datetime) -> datetime:
    soonest = deadlines.add_working_days(now, 1).at
    if not day:
        wanted = clock.local(soonest).date()
    else:
        try:
            wanted = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=clock.SHANGHAI).date()
        except ValueError:
            raise BadInput("日期写成 2026-11-25 这样。", "next_day") from None
    away = (wanted - clock.local(now).date()).days
    if not 0 < away <= 15:
        raise BadInput("下次回访请选 15 天以内的日子。", "next_day")
    return datetime(wanted.year, wanted.month, wanted.day, 8, tzinfo=clock.SHANGHAI)


def _told(call: CallBack) -> str:
    word = CallBack.Result(call.result).label
    return f"{word}：{call.words}" if call.words else f"{word}。"


def _again(case: Case, words: str) -> str:
    """Let the unsatisfied reporter's right to another round take effect, or tell who supervises."""
    first = accounts.body(case.body_id)
    if State(case.state) is State.ANSWERED and case.reporter_id is not None:
        state = rate(
            actor=accounts.actor_for(case.reporter_id),
            county=case.county,
            number=case.number,
            version=case.version,
            score=Rating.Score.UNSATISFIED.value,
            reason=words,
        )
        if state in OPEN:
            return "reopened"
    text = f"{name_of(case)}电话回访时反映人还是不满意，说的话写在经过里。"
    if State(case.state) in OPEN:
        tell_body(case, "回访还是不满意", text)
    _tell_above(case, first, text)
    return "told"


def _tell_above(case: Case, body: accounts.BodyView, text: str) -> None:
    above = accounts.body_above(body.id)
    people = {post.person_id for post in accounts.staff_of(above.id)} if above else set()
    watchers = accounts.people_with_role("town_discipline", region=case.region)
    notices.notify(
        person_ids=people | {post.person_id for post in watchers},
        county=case.county,
        title="回访还是不满意",
        text=text,
        link=f"/c/{case.number}",
        thing="case",
        thing_id=case.number,
    )
