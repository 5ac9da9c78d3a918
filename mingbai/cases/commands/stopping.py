"""Stopping the clock and lengthening it: waiting for the reporter, going on, one extension."""

from __future__ import annotations

from django.db import transaction

from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, lock, move
from mingbai.cases.commands.typed import SHORT, said, whole
from mingbai.cases.deadline_table import rule
from mingbai.cases.states import State
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor


@transaction.atomic
def ask_reporter(*, actor: Actor, county: str, number: str, version: int, text: str) -> None:
    """Ask the reporter for what is missing; the clock stops until they answer, at most a few days.

    Raises ``BadInput`` without words, ``Refused`` when nobody could answer, when it was asked too
    often, and when the case is late already.
    """
    asked = said(text, 4, "请写清缺什么情况，反映人照着补。", "text", most=SHORT)
    case, clocks = lock(county, number, actor), Clockmaker()
    until = clocks.calendar.add(clock.now(), rule("wait", urgent=case.urgent)).at
    step = Step(text=asked, until=until)
    move(case, "ask_reporter", actor, version=version, step=step, clocks=clocks)


@transaction.atomic
def resume(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Go on with a case whose clock stands still; the deadline moves by the working days it stood."""
    case = lock(county, number, actor)
    move(case, "resume", actor, version=version, step=Step(), clocks=Clockmaker())


@transaction.atomic
def extend(*, actor: Actor, county: str, number: str, version: int, days: str, reason: str) -> None:
    """Lengthen the time once, with a reason that the reporter reads.

    ``days`` as typed: at most the working days that the level had in the first place; for a petition
    at most 30 days of the calendar (信访工作条例第三十四条). Raises ``BadInput``, ``Refused``.
    """
    why = said(reason, 6, "请写清为什么要延期，反映人看得到。", "reason", most=SHORT)
    case = lock(county, number, actor)
    petition = State(case.state) is State.PETITION
    most = rule("petition_extend") if petition else max(1, case.due_days)
    unit = "天" if petition else "个工作日"
    more = whole(days, 1, most, f"延期天数请填 1 到 {most}。", "days")
    step = Step(text=f"延 {more} {unit}。理由：{why}", days=more)
    move(case, "extend", actor, version=version, step=step, clocks=Clockmaker())
