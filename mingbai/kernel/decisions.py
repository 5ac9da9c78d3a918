"""A decision says yes, or no with the Chinese sentence that the person refused will read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """Truthy when allowed. ``reason`` is empty for yes, a full Chinese sentence for no."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(allowed=True)


def no(reason: str) -> Decision:
    """Return a refusal that carries ``reason``, the sentence shown to the person."""
    return Decision(allowed=False, reason=reason)


class Refused(Exception):
    """Raised by a command that may not act; nothing has changed. ``str()`` is the Chinese reason."""


class Missing(Exception):
    """Raised by a query when the viewer may not see the thing or it does not exist: always a 404."""


class BadInput(Exception):
    """Raised for input that cannot be used. ``field`` names the form field, ``str()`` is Chinese."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def require(decision: Decision) -> None:
    """Raise ``Refused`` with the decision's reason unless it is a yes."""
    if not decision:
        raise Refused(decision.reason)
