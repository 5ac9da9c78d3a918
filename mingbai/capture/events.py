"""What crosses the border of capture: messages as a connector delivers them, reports of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class InboundMessage:
    """One message of a chat group. ``said_at`` is aware; ``kind`` text, voice (transcript), image, location."""

    external_id: str
    group: str
    village: str
    sender: str
    role: str
    said_at: datetime
    kind: str
    text: str


@dataclass(frozen=True)
class GroupRow:
    """One line of a groups file: the platform's group id, the village's code, and a name."""

    external_id: str
    region: str
    name: str


@dataclass(frozen=True)
class Received:
    """What became of a delivery: newly kept, known before, dropped because the sender declined."""

    new: int
    again: int
    dropped: int


@dataclass(frozen=True)
class Digested:
    """What a digest made: cases filed, findings for review, messages that joined, messages read."""

    messages: int = 0
    filed: int = 0
    review: int = 0
    joined: int = 0
    sealed: int = 0

    def __add__(self, other: Digested) -> Digested:
        """Add two counts."""
        return Digested(
            self.messages + other.messages,
            self.filed + other.filed,
            self.review + other.review,
            self.joined + other.joined,
            self.sealed + other.sealed,
        )


@dataclass(frozen=True)
class ReplayReport:
    """What a replay did; ``made`` lists local units that had to be added, as (code, name)."""

    received: Received
    digested: Digested
    groups: int
    made: Sequence[tuple[str, str]] = field(default_factory=tuple)
