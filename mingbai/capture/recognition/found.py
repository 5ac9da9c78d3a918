"""What the engine finds, with the reasons that the review desk highlights."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["request", "question", "suggestion", "clue"]
Field = Literal[
    "road", "water", "power", "irrigation", "sanitation", "facility", "housing", "land",
    "welfare", "insurance", "education", "affairs", "safety", "labour", "other",
]  # fmt: skip
Urgency = Literal["normal", "urgent"]
Status = Literal["sure", "review", "sealed"]
About = Literal["kind", "field", "place", "time", "urgency", "join", "same", "clue"]

KINDS: tuple[Kind, ...] = ("request", "question", "suggestion", "clue")
FIELDS: tuple[Field, ...] = (
    "road", "water", "power", "irrigation", "sanitation", "facility", "housing", "land",
    "welfare", "insurance", "education", "affairs", "safety", "labour", "other",
)  # fmt: skip
KIND_NAMES: dict[Kind, str] = {
    "request": "诉求",
    "question": "提问",
    "suggestion": "建议",
    "clue": "问题线索",
}
FIELD_NAMES: dict[Field, str] = {
    "road": "道路交通",
    "water": "饮水供水",
    "power": "供电通信",
    "irrigation": "农田水利",
    "sanitation": "环境卫生",
    "facility": "公共设施",
    "housing": "住房宅基地",
    "land": "征地承包",
    "welfare": "救助补贴",
    "insurance": "社保医疗",
    "education": "教育文体",
    "affairs": "村务财务",
    "safety": "治安纠纷",
    "labour": "就业欠薪",
    "other": "其他",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided: characters `start`..`end` of the line's text, and a sentence."""

    about: About
    words: str
    line_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """One problem, question, suggestion or possible clue.

    `line_ids` are all its lines in order, `head_ids` the sender's own opening lines. `joins` is the
    key of an earlier finding that these lines belong to (then nothing new is opened); `same_as` the
    key of an earlier finding about the same problem, `again_of` of one whose words it takes up. A
    clue is always `sealed`. `sender` opened it, `speakers` have spoken of it, `ended_at` is when a
    villager last did, `answered` whether an officer has. `sub` is the sub-field. `facts` are the
    times, amounts, bodies and households named, ready for JSON.
    """

    key: str
    group: str
    kind: Kind
    field: Field
    urgency: Urgency
    place: str
    place_region: str | None
    line_ids: tuple[str, ...]
    head_ids: tuple[str, ...]
    text: str
    title: str
    status: Status
    confidence: float
    reasons: tuple[Reason, ...]
    model: str
    said_at: datetime
    ended_at: datetime
    sender: str
    sub: str = ""
    speakers: tuple[str, ...] = ()
    answered: bool = False
    again_of: str | None = None
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    joins: str | None = None
    same_as: str | None = None
