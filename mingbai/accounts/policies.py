"""Who may keep the registry: bodies, people, posts and the duty list."""

from __future__ import annotations

from mingbai.accounts.roles import roles
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no

_ELSEWHERE = "这个地方不在您的范围内。"


def may_administer(actor: Actor) -> bool:
    """IT administrators in their post see the registry; for everybody else it does not exist."""
    return actor.is_staff and actor.role in roles() and roles()[actor.role].administers


def may_keep_body(actor: Actor, region: str) -> Decision:
    """IT administrators register and dissolve bodies inside their territory."""
    if not may_administer(actor):
        return no("只有系统管理员能登记单位。")
    return YES if actor.covers(region) else no(_ELSEWHERE)


def may_keep_duties(actor: Actor, county: str) -> Decision:
    """IT administrators keep the duty list of a county inside their territory."""
    if not may_administer(actor):
        return no("只有系统管理员能改职责清单。")
    return YES if actor.covers(f"{county}000000") else no(_ELSEWHERE)


def may_register(actor: Actor) -> Decision:
    """IT administrators add members of staff."""
    return YES if may_administer(actor) else no("只有系统管理员能登记人员。")


def may_suspend(actor: Actor, person_id: int, regions: list[str]) -> Decision:
    """IT administrators close the account of somebody whose every post (``regions``) they may end."""
    if not may_administer(actor):
        return no("只有系统管理员能停用账户。")
    if actor.person_id == person_id:
        return no("不能停用自己的账户，请另一位管理员来办。")
    if not all(actor.covers(region) for region in regions):
        return no("这个人在别的地方还有岗位，请那边先办。")
    return YES


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
    if not may_administer(actor):
        return no("只有系统管理员能登记岗位。")
    if actor.person_id == person_id:
        return no("不能给自己登记岗位，请另一位管理员来办。")
    if not actor.covers(region):
        return no(_ELSEWHERE)
    return YES


def fits(role: str, place: str, above: str) -> Decision:
    """A role works on the level of its region: a county department not in a village.

    ``place`` and ``above`` are the levels of the region and of its parent; a local unit stands on
    the level below its parent.
    """
    found = roles()[role]
    level = place
    if place == "local":
        level = {"county": "town", "town": "village"}.get(above, "village")
    if found.level == level:
        return YES
    return no(
        f"“{found.name}”是{_WORDS[found.level]}的岗位，不能设在{_WORDS[level]}，请换一个地方。"
    )


_WORDS = {"province": "省级", "city": "市级", "county": "县级", "town": "乡镇", "village": "村级"}


def may_confirm_villager(actor: Actor, region: str) -> Decision:
    """Whoever works on cases in a village or its town confirms who lives there."""
    role = roles().get(actor.role)
    near = role is not None and role.handles_cases and role.level in {"village", "town"}
    if not actor.is_staff or not near:
        return no("核实村民由村里和镇里办。")
    return YES if actor.covers(region) else no("这个村不在你的辖区，不能核实。")
