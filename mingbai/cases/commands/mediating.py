"""矛盾化解: the record of a mediation. In public stand date, mediator and outcome, never the parties."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from mingbai.cases import participation
from mingbai.cases.commands.moving import lock_open
from mingbai.cases.commands.steps import add_step, name_of, tell_people
from mingbai.cases.models import Case, Mediation
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.kernel.jinja import date_cn

OLDEST = timedelta(days=366)


@transaction.atomic
def record_mediation(
    *,
    actor: Actor,
    county: str,
    number: str,
    held_on: str,
    mediator: str,
    parties: str,
    agreed: bool,
    agreement: str = "",
) -> int:
    """Keep the record of a mediation and return its id.

    ``mediator`` works in public (人民调解员, 村干部); ``parties`` and ``agreement`` are read by staff
    alone. Raises ``Missing``, ``Refused`` for whoever does not hold the case, ``BadInput``.
    """
    day = _day(held_on)
    who, sides, words = mediator.strip()[:60], parties.strip()[:200], agreement.strip()[:2000]
    if len(who) < 2:
        raise BadInput("请写调解人是谁。", "mediator")
    if len(sides) < 2:
        raise BadInput("请写当事人是谁，只有工作人员看得到。", "parties")
    if agreed and len(words) < 4:
        raise BadInput("达成协议的，请写协议内容，只有工作人员看得到。", "agreement")
    case = lock_open(county, number, actor)
    require(participation.may_work_beside(actor, case))
    made = Mediation.objects.create(
        county=county,
        region=case.region,
        case=case,
        held_on=day,
        mediator=who,
        parties=sides,
        agreed=agreed,
        agreement=words,
        label=actor.label,
        made_at=clock.now(),
    )
    outcome = "达成协议" if agreed else "没有达成协议"
    add_step(case, actor, "mediate", f"{date_cn(day)}由{who}调解，{outcome}。", mediation=made.pk)
    _tell(case, f"{name_of(case)}调解过了，{outcome}。")
    return made.pk


@transaction.atomic
def record_keeping(
    *, actor: Actor, county: str, number: str, mediation: int, kept: bool, words: str = ""
) -> None:
    """Write down once whether the agreement is kept. Raises ``Missing``, ``Refused``."""
    case = lock_open(county, number, actor)
    require(participation.may_work_beside(actor, case))
    rows = Mediation.objects.select_for_update(of=("self",)).filter(county=county, case=case)
    made = rows.filter(pk=mediation, agreed=True).first()
    if made is None:
        raise Missing(str(mediation))
    if made.kept is not None:
        raise Refused("履行情况已经登记过了。")
    made.kept, made.kept_words, made.kept_at = kept, words.strip()[:200], clock.now()
    made.save(update_fields=["kept", "kept_words", "kept_at"])
    outcome = "协议已履行" if kept else "协议没有履行"
    add_step(case, actor, "mediate_kept", f"{outcome}。", mediation=made.pk, kept=kept)
    _tell(case, f"{name_of(case)}的调解：{outcome}。")


def _tell(case: Case, text: str) -> None:
    tell_people(case, [case.reporter_id] if case.reporter_id else [], "调解有了记录", text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("请填调解的日期，比如 2026-11-20。", "held_on") from None
    if not clock.today() - OLDEST <= day <= clock.today():
        raise BadInput("调解日期要在今天以前、一年以内。", "held_on")
    return day
