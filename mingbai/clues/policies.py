"""Who may open the drop box: officers of the county's discipline office, and nobody else."""

from __future__ import annotations

from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no

HANDLERS = frozenset({"county_handler", "county_discipline"})


def may_open(actor: Actor) -> Decision:
    """Only the county discipline office's own case staff, inside their county."""
    if actor.role in HANDLERS and len(actor.scope) == 6:
        return YES
    return no("没有这一页。")
