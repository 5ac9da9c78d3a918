"""What the engine reads: one line of a group chat."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Role = Literal["villager", "officer", "supervisor"]
LineType = Literal["text", "voice", "image", "video", "location"]


@dataclass(frozen=True, slots=True)
class Line:
    """One message; `text` is a voice line's transcript, a picture's caption or a location's name."""

    id: str
    group: str
    sender: str
    role: Role
    said_at: datetime
    type: LineType
    text: str
