"""What crosses the border of capture: messages as a connector delivers them, reports of what was done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KINDS = ("text", "voice", "image", "video", "location")
ROLES = ("villager", "officer", "supervisor")
LONGEST_ID = 80
_YEARS = range(2000, 2100)
_UNFIT = re.compile("[\0\ud800-\udfff]")


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
        """Return in Chinese why the message cannot be taken; empty when it can.

        Whatever a connector put into the fields, this does not raise.
        """
        given: Any = self  # what a connector put there may be of any kind
        for name, value in (
            ("id", given.external_id),
            ("group", given.group),
            ("sender", given.sender),
        ):
            if not isinstance(value, str) or not named(value):
                return f"{name} 应是 1 到 {LONGEST_ID} 个字"
        if not isinstance(given.kind, str) or given.kind not in KINDS:
            return f"type“{str(given.kind)[:20]}”不认识，应是 {'、'.join(KINDS)}"
        if not isinstance(given.role, str) or given.role not in ROLES:
            return f"role“{str(given.role)[:20]}”不认识，应是 {'、'.join(ROLES)}"
        if not isinstance(given.text, str):
            return "text 不是文字"
        if not isinstance(given.said_at, datetime) or given.said_at.tzinfo is None:
            return "时间读不出来，或者没有时区"
        return ""

    def dated(self) -> bool:
        """Whether the time can be one at which somebody spoke."""
        return self.said_at.year in _YEARS


def named(value: str) -> bool:
    """Whether a name is there, not too long, and such as a database can hold."""
    return bool(value.strip()) and len(value) <= LONGEST_ID and not _UNFIT.search(value)


@dataclass(frozen=True)
class GroupRow:
    """One line of a groups file: the platform's group id, the village's code, a name, and where it stands."""

    external_id: str
    region: str
    name: str
    line: int


@dataclass(frozen=True)
class Received:
    """What became of a delivery: newly kept, known before, dropped because the sender declined.

    ``aside`` could not be taken and lie with the dead letters.
    """

    new: int
    again: int
    dropped: int
    aside: int = 0

    @property
    def all(self) -> int:
        """How many messages were delivered."""
        return self.new + self.again + self.dropped + self.aside

    def __add__(self, other: Received) -> Received:
        """Add two counts."""
        return Received(
            self.new + other.new,
            self.again + other.again,
            self.dropped + other.dropped,
            self.aside + other.aside,
        )


@dataclass(frozen=True)
class Digested:
    """What a digest made: cases filed, findings for review, messages that joined, messages read.

    ``failed`` groups were left as they are; the next digest tries them again. ``aside`` messages
    could not be read, time and again, and lie with the dead letters. ``groups`` had their turn.
    """

    messages: int = 0
    filed: int = 0
    review: int = 0
    joined: int = 0
    sealed: int = 0
    failed: int = 0
    aside: int = 0
    groups: int = field(default=0, compare=False)

    def __add__(self, other: Digested) -> Digested:
        """Add two counts."""
        return Digested(
            self.messages + other.messages,
            self.filed + other.filed,
            self.review + other.review,
            self.joined + other.joined,
            self.sealed + other.sealed,
            self.failed + other.failed,
            self.aside + other.aside,
            self.groups + other.groups,
        )


@dataclass(frozen=True)
class ReplayReport:
    """What a replay did; ``made`` lists local units that had to be added, as (code, name)."""

    received: Received
    digested: Digested
    groups: int
    made: Sequence[tuple[str, str]] = field(default_factory=tuple)
