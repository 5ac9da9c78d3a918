"""Who watches how others handle cases, and what they may do there. Every refusal has its sentence."""

from __future__ import annotations

from collections.abc import Mapping

from mingbai.cases import policies
from mingbai.cases.models import Case, CaseEvent, Mark
from mingbai.cases.states import OPEN, Level, State
from mingbai.kernel import clock, deadlines
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no
from mingbai.kernel.jinja import datetime_cn

_VILLAGE = frozenset({Level.VILLAGE.value})
_TOWN = _VILLAGE | {Level.TOWN.value}
_COUNTY = _TOWN | {Level.COUNTY.value}
WATCHERS: Mapping[str, frozenset[str]] = {
    "town_staff": _VILLAGE,
    "town_discipline": _TOWN,
    "county_intake": _COUNTY,
    "county_handler": _COUNTY,
    "county_discipline": _COUNTY,
    "city_discipline": _COUNTY,
    "auditor": frozenset(),
}
"""The roles with the supervising page, and the levels of the bodies that they may press."""
ONCE = 1
"""Working days after which an office may press the same case again."""


def watches(actor: Actor) -> bool:
    """Whether the actor's post has the supervising page."""
    return actor.is_staff and actor.role in WATCHERS


def may_watch(actor: Actor, case: Case) -> Decision:
    """Whether the case stands on the actor's supervising page; a no is shown as 404."""
    return YES if watches(actor) and actor.covers(case.region) else policies.MISSING_FOR_YOU


def reads(actor: Actor, case: Case) -> bool:
    """Whether the actor reads the words of the case: who may open it, and everybody of a public one."""
    return policies.is_public(case) or bool(policies.may_open(actor, case))


def may_press(actor: Actor, case: Case) -> Decision:
    """Whether the actor may press the body that holds the case now."""
    allowed = _may_act(actor, case, case.body_id, case.level)
    if not allowed:
        return allowed
    if State(case.state) not in OPEN:
        return no(f"这件现在是“{case.get_state_display()}”，不用督办。")
    steps = CaseEvent.objects.filter(county=case.county, case=case, verb="press")
    last = steps.filter(post_id=actor.post_id).order_by("-at").first()
    if last is not None and clock.now() < deadlines.add_working_days(last.at, ONCE).at:
        return no(f"你在 {datetime_cn(last.at)} 已经督办过，下一个工作日以后可以再督办。")
    return YES


def may_settle(actor: Actor, mark: Mark, case: Case) -> Decision:
    """Whether the actor may say what a mark is worth: never the office whose step it was."""
    allowed = _may_act(actor, case, mark.body_id, Level.VILLAGE.value)
    if not allowed:
        return allowed
    return YES if mark.settled_at is None else no("这一条已经认定过了。")


def _may_act(actor: Actor, case: Case, body_id: int, level: str) -> Decision:
    allowed = may_watch(actor, case)
    if not allowed:
        return allowed
    if body_id == actor.body_id:
        return no("这是你们单位自己办的，由上一级来监督。")
    if level not in WATCHERS[actor.role]:
        return no("这件不归你们单位督办。")
    return YES
