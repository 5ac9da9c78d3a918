"""What villagers do with a case after filing: rate, withdraw, add, say that it is theirs too."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import F

from mingbai.audit import commands as audit
from mingbai.cases import policies
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, lock, move, note, write_event
from mingbai.cases.commands.routing import again
from mingbai.cases.commands.staffing import staffed
from mingbai.cases.commands.telling import name_of, tell_body
from mingbai.cases.commands.typed import SHORT, said
from mingbai.cases.models import Attachment, Case, CaseEvent, Rating, Support
from mingbai.cases.states import State, county_of
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import BadInput, require
from mingbai.kernel.uploads import StoredFile


@transaction.atomic
def rate(
    *, actor: Actor, county: str, number: str, version: int, score: str, reason: str = ""
) -> str:
    """Rate the answer and return the state that follows.

    Satisfied or fairly satisfied closes the case. Unsatisfied sends it to the next level once, by
    right; the second time it is closed, and so is an opinion of the petition office, of which a
    review may be asked within 30 days (信访工作条例第三十五条). Raises ``BadInput`` for an unsatisfied score without words.
    """
    if score not in Rating.Score.values:
        raise BadInput("请选一个：满意、基本满意或不满意。", "score")
    why = reason.strip()[:400]
    if score == Rating.Score.UNSATISFIED and len(why) < 2:
        raise BadInput("请写一句哪里没办好，下一个办的人好接着办。", "reason")
    case = lock(county, number, actor)
    clocks = Clockmaker()
    move(case, "rate", actor, version=version, step=Step(text=_rated(score, why)), clocks=clocks)
    Rating.objects.create(county=county, case=case, score=score, reason=why, at=clock.now())
    by_right = not case.returned and not policies.petition_concluded(case)
    if score == Rating.Score.UNSATISFIED and by_right:
        taker = again(case)
        step = Step(receiver=staffed(taker) if taker else None)
        move(case, "reopen", SYSTEM, version=None, step=step, clocks=clocks)
    else:
        move(case, "close", SYSTEM, version=None, step=Step(), clocks=clocks)
    return case.state


@transaction.atomic
def claim(*, actor: Actor, county: str, number: str, version: int, reason: str) -> None:
    """Have a closed case handled once more, by right, within 15 days of its answer."""
    why = said(reason, 2, "请写一句哪里没办好，下一个办的人好接着办。", "reason", most=SHORT)
    case = lock(county, number, actor)
    taker = again(case)
    step = Step(text=why, receiver=staffed(taker) if taker else None)
    move(case, "claim", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def withdraw(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Take an open case back; only its reporter may."""
    case = lock(county, number, actor)
    move(case, "withdraw", actor, version=version, step=Step(), clocks=Clockmaker())


@transaction.atomic
def supplement(
    *, actor: Actor, county: str, number: str, text: str, files: Sequence[StoredFile] = ()
) -> None:
    """Add words or photos to one's own open case; whoever holds it is told.

    A clock that waited for this runs again.
    """
    words = text.strip()[:2000]
    if len(words) < 2 and not files:
        raise BadInput("请写一句要补充的，或者加照片。", "text")
    case = lock(county, number, actor)
    require(policies.may_supplement(actor, case))
    stage = Attachment.Stage.EVIDENCE.value
    write_event(case, "supplement", actor, text=words, files=[(f, stage) for f in files])
    note(case, actor, "supplement", files=len(files))
    if State(case.state) is State.WAITING:
        move(case, "wake", SYSTEM, version=None, step=Step(), clocks=Clockmaker())
    tell_body(case, "反映人补充了情况", f"{name_of(case)}有新的补充，请看一看。")


@transaction.atomic
def support(*, actor: Actor, county: str, number: str) -> bool:
    """附议: say that the same trouble is one's own. False when already said; nothing changes then."""
    with scopes.widen(county_of(number)):
        case = lock(county, number, actor)
        require(policies.may_support(actor, case))
        return _count(case, actor, Support(county=county, case=case, person_id=actor.person_id))


@transaction.atomic
def attach_support_from_chat(*, county: str, number: str, member: str) -> bool:
    """Count a chat member (a pseudonym) who speaks of the same trouble, once; False when known."""
    if not member:
        raise BadInput("附议的人不明。", "member")
    case = lock(county, number, SYSTEM)
    return _count(case, SYSTEM, Support(county=county, case=case, member=member))


@transaction.atomic
def append_evidence(
    *,
    county: str,
    number: str,
    text: str,
    source_id: str,
    files: Sequence[StoredFile] = (),
) -> bool:
    """Add what was said later in a chat group, once per ``source_id``; only staff reads the words."""
    case = lock(county, number, SYSTEM)
    if CaseEvent.objects.filter(county=county, case=case, source_id=source_id).exists():
        return False  # the case's row is locked, so nobody adds it between the look and the write
    stage = Attachment.Stage.EVIDENCE.value
    write_event(
        case,
        "evidence",
        SYSTEM,
        text=text.strip()[:2000],
        inner=True,
        source_id=source_id,
        files=[(f, stage) for f in files],
    )
    note(case, SYSTEM, "evidence", files=len(files))
    return True


def _count(case: Case, actor: Actor, one: Support) -> bool:
    one.at = clock.now()
    try:
        with transaction.atomic():
            one.save(force_insert=True)
    except IntegrityError:
        return False
    Case.objects.filter(pk=case.pk, county=case.county).update(supports=F("supports") + 1)
    audit.record(
        actor=actor,
        verb="case.support",
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
    )
    return True


def _rated(score: str, reason: str) -> str:
    word = Rating.Score(score).label
    return f"{word}：{reason}" if reason else word
