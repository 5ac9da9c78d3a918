"""What the writers beside a case share: lock it, weigh the right, forget it all."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q

from mingbai.cases import policies_beside
from mingbai.cases.commands.moving import lock
from mingbai.cases.models import Case, Note, Relation, SubTask, Sweep, SweepItem
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing

LONGEST_WAIT = timedelta(days=90)


def lock_beside(county: str, number: str, actor: Actor) -> Case:
    """Lock the case for somebody who may work beside it. Raises ``Missing`` for everybody else."""
    case = lock(county, number, actor)
    if not policies_beside.may_work_beside(actor, case):
        raise Missing(number)
    return case


def officer(actor: Actor) -> tuple[int, int]:
    """Return the ids of the person and of the body that a member of staff acts for."""
    if actor.person_id is None or actor.body_id is None:
        raise Missing("officer")
    return actor.person_id, actor.body_id


def words(text: str, least: int, most: int, sentence: str, field: str) -> str:
    """Return ``text`` stripped. Raises ``BadInput`` with ``sentence`` when it is too short or long."""
    clean = text.strip()
    if len(clean) < least:
        raise BadInput(sentence, field)
    if len(clean) > most:
        raise BadInput(f"最多写 {most} 个字，请缩短一些。", field)
    return clean


def day(text: str, field: str = "until") -> date:
    """Return the day that was typed (2026-11-30), today at the earliest. Raises ``BadInput``."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("请选一个日期，到哪天前办完。", field) from None
    if not clock.today() <= found <= clock.today() + LONGEST_WAIT:
        raise BadInput(f"日期要在今天以后，{LONGEST_WAIT.days} 天以内。", field)
    return found


def forget_beside(case: Case) -> None:
    """Delete every word kept beside a case that is taken back, so that only its number stays."""
    here = {"county": case.county, "case": case}
    Note.objects.filter(**here).delete()
    SubTask.objects.filter(**here).delete()
    Sweep.objects.filter(**here).delete()
    Relation.objects.filter(Q(case=case) | Q(other=case), county=case.county).delete()
    SweepItem.objects.filter(county=case.county, made=case).update(made=None, text="")
