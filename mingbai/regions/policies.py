"""Who may change what the map and the tree say about a territory."""

from __future__ import annotations

from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import YES, Decision, no


def may_mend(actor: Actor, code: str) -> Decision:
    """Say whether ``actor`` may set the position of ``code`` or add a local unit below it.

    The system may, and staff inside their own territory.
    """
    if actor == SYSTEM:
        return YES
    if not actor.is_staff:
        return no("只有当地的工作人员可以改区划资料。")
    if not actor.covers(code):
        return no("这里不在您的管辖范围内，请联系当地的工作人员。")
    return YES
