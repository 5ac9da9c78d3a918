"""How sure a thread is a matter for the village, all its lines and what others made of it taken together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from operator import mul
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mingbai.capture.recognition.utterances import Thread

CUES: Final = (
    "trouble", "plea", "ask", "propose", "public", "private", "trade", "chat", "offer", "self_done",
    "elsewhere", "hearsay", "solved", "notice",
)  # fmt: skip
WEIGHTS: Final = 22 + len(CUES)
_TAKEN_BACK = re.compile("原来是|还真是|真的是$|对哦|也对|算了|找到了|虚惊|我说错|看错|好了 ")
_DENIED = re.compile("谣|假的|没有这回事|没这回事|不要转|别转|别信|不要信|骗子")
_LONG_REPLY = 40
_SILENT: Final = frozenset({"image", "video", "location"})


def _logit(chance: float) -> float:
    kept = min(0.999, max(0.001, chance))
    return math.log(kept / (1 - kept)) / 4


def weight_features(thread: Thread) -> list[float]:
    """What decides, all in all, whether a thread is a matter for the village (`WEIGHTS` numbers)."""
    head = thread.members[0][0]
    rest = thread.members[1:]
    own = [r for r, part in rest if part == "detail" and r.line.sender == thread.sender]
    others = [r for r, part in rest if part == "detail" and r.line.sender != thread.sender]
    supports = [r for r, part in rest if part == "support"]
    replies = [r for r, part in rest if part == "reply"]
    told = [r for r in (head, *own) if r.line.text and r.line.type not in _SILENT]
    said = [r for r in (*own, *others, *supports) if r.line.text]
    longest = max((len(r.line.text) for r in replies), default=0)
    length = sum(len(r.line.text) for r in told)
    pictures = sum(r.line.type in _SILENT for r in (head, *own, *others))
    speakers = len({r.line.sender for r in (*others, *supports)})
    best = max(head.field)
    return [
        1.0,
        _logit(head.head),
        _logit(max((r.head for r in own if r.line.text), default=head.head)),
        _logit(sum(r.head for r in said) / len(said)) if said else 0.0,
        float(bool(said)),
        min(4, len(own)) / 4,
        min(4, len(others)) / 4,
        min(3, len(supports)) / 3,
        min(2, len(replies)) / 2,
        min(1.0, longest / _LONG_REPLY),
        max((r.reply for r in replies), default=0.0),
        float(taken_back(thread)),
        float(bool(pictures)),
        min(3, speakers) / 3,
        math.log1p(length) / 5,
        float(length <= 6),
        best,
        float(head.line.role != "villager"),
        float(head.line.type == "voice"),
        head.kind[0],
        head.kind[1],
        head.kind[2],
        *(max(r.cues[i] for r in told) if told else 0.0 for i in range(len(CUES))),
    ]


def weight(weights: Sequence[float], thread: Thread) -> float:
    """The raw chance that the thread is a matter for the village."""
    total = sum(map(mul, weights, weight_features(thread)))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


def taken_back(thread: Thread) -> bool:
    """Whether the sender took it back, or an officer called it a rumour."""
    for reading, part in thread.members[1:]:
        if reading.line.role != "villager" and _DENIED.search(reading.line.text):
            return True
        own = part == "detail" and reading.line.sender == thread.sender
        if own and _TAKEN_BACK.search(reading.line.text):
            return True
    return False
