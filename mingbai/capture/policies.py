"""Who reads the talk: capture clerks and discipline case offices inside their territory, nobody else."""

from __future__ import annotations

from mingbai.accounts.queries import role
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no


def may_read_talk(actor: Actor) -> Decision:
    """Only posts that read talk; a no is shown as 404."""
    if not actor.is_staff or not role(actor.role).reads_talk:
        return no("群里的原话只有群工办专员能看。")
    return YES


def may_see_groups(actor: Actor) -> Decision:
    """Staff of village, town and county see the registry of their own groups, without any talk."""
    if actor.is_staff and not role(actor.role).administers:
        return YES
    return no("请先用工作人员账户登录。")


def may_keep_groups(actor: Actor, region: str) -> Decision:
    """Village officers, town staff and capture clerks keep the registry of their territory."""
    if actor.role not in {"village_officer", "information_officer", "town_staff", "capture_clerk"}:
        return no("你的岗位只能查看村群，不能登记。")
    if not actor.covers(region):
        return no("这个村不在你的范围内。")
    return YES
