"""Who may give posts, and to whom."""

from __future__ import annotations

from mingbai.accounts.roles import roles
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no


def may_appoint(actor: Actor, person_id: int, region: str, body_region: str) -> Decision:
    """IT administrators appoint inside their territory, never themselves (N-17).

    Post and body both lie there: a body elsewhere would open the cases that it holds.
    """
    allowed = may_end_post(actor, person_id, region)
    if allowed and not actor.covers(body_region):
        return no("这个单位不在您的范围内。")
    return allowed


def may_end_post(actor: Actor, person_id: int, region: str) -> Decision:
    """IT administrators end posts inside their territory, never their own (N-17)."""
    if actor.role not in roles() or not roles()[actor.role].administers:
        return no("只有系统管理员能登记岗位。")
    if actor.person_id == person_id:
        return no("不能给自己登记岗位，请另一位管理员来办。")
    if not actor.covers(region):
        return no("这个地方不在您的范围内。")
    return YES


def may_confirm_villager(actor: Actor, region: str) -> Decision:
    """Whoever works on cases in a village or its town confirms who lives there."""
    role = roles().get(actor.role)
    near = role is not None and role.handles_cases and role.level in {"village", "town"}
    if not actor.is_staff or not near:
        return no("核实村民由村里和镇里办。")
    return YES if actor.covers(region) else no("这个村不在你的辖区，不能核实。")
