"""Who reads the talk: capture clerks of the discipline offices inside their territory, nobody else."""

from __future__ import annotations

from mingbai.accounts.queries import role
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no

COUNTY_DIGITS = 6
# An auditor reads the trail and a service account delivers: neither has business in these rooms.
_ELSEWHERE = frozenset({"auditor", "service"})


def may_read_talk(actor: Actor) -> Decision:
    """Only posts that read talk; a no is shown as 404."""
    if not actor.is_staff or not role(actor.role).reads_talk:
        return no("群里的原话只有群工办专员能看。")
    return YES


def may_see_groups(actor: Actor) -> Decision:
    """Staff of village, town and county see the registry of their own groups, without any talk."""
    if actor.is_staff and not role(actor.role).administers and actor.role not in _ELSEWHERE:
        return YES
    return no("请先用工作人员账户登录。")


def may_keep_groups(actor: Actor, region: str) -> Decision:
    """Village officers, town staff and capture clerks keep the registry of their territory."""
    if actor.role not in {"village_officer", "information_officer", "town_staff", "capture_clerk"}:
        return no("你的岗位只能查看村群，不能登记。")
    if not actor.covers(region):
        return no("这个村不在你的范围内。")
    return YES


def sees_all_disputes(actor: Actor) -> bool:
    """Clerks of the county (or the city) see every difference of opinion, others the own ones."""
    return bool(may_read_talk(actor)) and len(actor.scope) <= COUNTY_DIGITS


def may_settle(actor: Actor, first: int, second: int, favour: str) -> Decision:
    """Settle a difference: a third clerk of the county either way, each of the two only for the other."""
    if actor.person_id == first:
        return YES if favour == "second" else no("自己核对的，不能定自己为准。")
    if actor.person_id == second:
        return YES if favour == "first" else no("自己复核的，不能定自己为准。")
    if sees_all_disputes(actor):
        return YES
    return no("要由县里的群工办专员定。")


def may_see_keeping(actor: Actor) -> Decision:
    """Clerks and the system's administrator see what is kept and forgotten; the latter only counts."""
    if actor.is_staff and (role(actor.role).administers or may_read_talk(actor)):
        return YES
    return no("请先用工作人员账户登录。")


def may_see_patrol_figures(actor: Actor) -> Decision:
    """Clerks and the discipline posts of county and city see how much was gone through, not the talk."""
    if may_read_talk(actor):
        return YES
    watches = actor.is_staff and actor.side == "sup" and actor.role not in _ELSEWHERE
    if watches and len(actor.scope) <= COUNTY_DIGITS:
        return YES
    return no("巡群的数只有纪检监察的岗位能看。")


def may_answer(actor: Actor) -> Decision:
    """Those who handle cases answer questions."""
    if actor.is_staff and role(actor.role).handles_cases:
        return YES
    return no("你的岗位不答复提问。")


def may_keep_policies(actor: Actor) -> Decision:
    """Town and county posts that handle cases keep the policy answers of their territory."""
    if may_answer(actor) and role(actor.role).level in {"town", "county"}:
        return YES
    return no("政策口径由镇和县直部门维护，村里可以用，不能改。")
