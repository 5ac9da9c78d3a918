"""What crosses the border of capture: messages as a connector delivers them, reports of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

KINDS = ("text", "voice", "image", "video", "location")
ROLES = ("villager", "officer", "supervisor")
LONGEST_ID = 80
_YEARS = range(2000, 2100)


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

    def fault(self) -> str:
        """Return in Chinese why the message cannot be taken; empty when it can."""
        names = {"id": self.external_id, "group": self.group, "sender": self.sender}
        for name, value in names.items():
            if not value.strip() or len(value) > LONGEST_ID or not _storable(value):
                return f"{name} 应是 1 到 {LONGEST_ID} 个字"
        if self.kind not in KINDS:
            return f"type“{self.kind[:20]}”不认识，应是 {'、'.join(KINDS)}"
        if self.role not in ROLES:
            return f"role“{self.role[:20]}”不认识，应是 {'、'.join(ROLES)}"
        if self.said_at.tzinfo is None or self.said_at.year not in _YEARS:
            return "时间没有时区，或者不在 2000 到 2099 年之间"
        return ""


def _storable(value: str) -> bool:
    """Whether a database can hold the text: no NUL, no half of a surrogate pair."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


@dataclass(frozen=True)
class GroupRow:
    """One line of a groups file: the platform's group id, the village's code, a name, and where it stands."""

    external_id: str
    region: str
    name: str
    line: int


@dataclass(frozen=True)
class Received:
    """What became of a delivery: newly kept, known before, dropped because the sender declined."""

    new: int
    again: int
    dropped: int


@dataclass(frozen=True)
class Digested:
    """What a digest made: cases filed, findings for review, messages that joined, messages read.

    ``failed`` groups were left as they are; the next digest tries them again.
    """

    messages: int = 0
    filed: int = 0
    review: int = 0
    joined: int = 0
    sealed: int = 0
    failed: int = 0

    def __add__(self, other: Digested) -> Digested:
        """Add two counts."""
        return Digested(
            self.messages + other.messages,
            self.filed + other.filed,
            self.review + other.review,
            self.joined + other.joined,
            self.sealed + other.sealed,
            self.failed + other.failed,
        )


@dataclass(frozen=True)
class ReplayReport:
    """What a replay did; ``made`` lists local units that had to be added, as (code, name)."""

    received: Received
    digested: Digested
    groups: int
    made: Sequence[tuple[str, str]] = field(default_factory=tuple)
