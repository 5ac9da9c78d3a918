"""Threads: which lines of a group speak of one thing, across everybody else's interjections."""

import dataclasses
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from mingbai.capture.recognition.features import Window
from mingbai.capture.recognition.found import FIELDS, Found
from mingbai.capture.recognition.lexicon import Lexicon, lexicon
from mingbai.capture.recognition.lines import Line

Part = Literal["head", "detail", "support", "reply"]

OWN_REACH = timedelta(minutes=60)
OTHERS_REACH = timedelta(minutes=45)
REPLY_REACH = timedelta(hours=30)
PICTURE_REACH = timedelta(minutes=3)
_OPEN_AT_ONCE = 6
_AGAIN = 0.75
_BACK = re.compile("又|还是没|还没|还是不|再次|老样子|说好")
_BACK_REACH = timedelta(days=40)
_SOUNDLESS = frozenset({"image", "video", "location"})
ATTACH_SIZE = 26


@dataclass(frozen=True, slots=True)
class Reading:
    """A line with what the model thinks of it."""

    line: Line
    window: Window
    head: float
    kind: tuple[float, ...]
    field: tuple[float, ...]
    urgent: float
    suspect: bool
    pairs: frozenset[str]
    concepts: frozenset[int]


@dataclass(slots=True)
class Thread:
    """A head and the lines that belong to it; `earlier` when it goes on from a finding."""

    group: str
    sender: str | None
    field: tuple[float, ...]
    pairs: set[str]
    began: datetime
    latest: datetime
    at: int
    kind: tuple[float, ...] = ()
    concepts: set[int] = dataclasses.field(default_factory=set)
    members: list[tuple[Reading, Part]] = dataclasses.field(default_factory=list)
    earlier: Found | None = None
    answered: bool = False


def pairs_of(text: str) -> frozenset[str]:
    """The text's character pairs, spaces apart."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1) if " " not in text[i : i + 2])


def concepts_in(sums: Sequence[float]) -> frozenset[int]:
    """The concepts (kinds of trouble that come back) among the sums of word groups."""
    first = lexicon().places["concept:no_water"]
    return frozenset(i for i in range(first, len(sums)) if sums[i] > 0)


def _overlap(left: frozenset[str], right: set[str]) -> float:
    least = min(len(left), len(right))
    return len(left & right) / max(4, least) if least else 0.0


def attach_features(reading: Reading, at: int, thread: Thread, *, newest: bool) -> list[float]:
    """What decides whether a line belongs to a thread."""
    places = lexicon().places
    line, sums = reading.line, reading.window.sums
    own = float(thread.sender is not None and line.sender == thread.sender)
    gap = (line.said_at - thread.latest).total_seconds() / 60
    age = (line.said_at - thread.began).total_seconds() / 60
    officer = float(line.role != "villager")
    near = sum(a * b for a, b in zip(reading.field, thread.field, strict=True))
    overlap = _overlap(reading.pairs, thread.pairs)
    support, reply, chat, trade, trouble, solved, hearsay = (
        min(1.0, sums[places[name]])
        for name in ("support", "reply", "chat", "trade", "trouble", "solved", "hearsay")
    )
    between = min(10, at - thread.at - 1) / 5
    silent = float(line.type in _SOUNDLESS)
    short = float(len(line.text) <= 6)
    return [
        1.0, own, math.log1p(gap) / 3, math.log1p(age) / 3, between, officer,
        reading.head, near, overlap, support, reply * officer, chat, trade, trouble, solved,
        hearsay, silent, float(newest), own * math.log1p(gap) / 3, own * reading.head,
        own * silent, short, own * short, float(thread.answered), officer * overlap,
        officer * near,
    ]  # fmt: skip


def attach_chance(weights: Sequence[float], features: Sequence[float]) -> float:
    """The chance that the line belongs to the thread."""
    return 1 / (1 + math.exp(-sum(w * f for w, f in zip(weights, features, strict=True))))


def within_reach(line: Line, thread: Thread) -> bool:
    """Whether the line comes soon enough after the thread's last line."""
    gap = line.said_at - thread.latest
    if line.role != "villager":
        return gap <= REPLY_REACH
    return gap <= (OWN_REACH if line.sender == thread.sender else OTHERS_REACH)


def _may_join(reading: Reading, thread: Thread) -> bool:
    """Whether a line could belong to the thread: in reach, and no sale called in between."""
    if not within_reach(reading.line, thread):
        return False
    sale = reading.window.sums[lexicon().places["trade"]] >= 1.0
    return not sale or reading.line.role != "villager" or reading.line.sender == thread.sender


def carried(found: Found, words: Lexicon) -> Thread:
    """An earlier finding as a thread that later lines may join."""
    spread = tuple(0.7 if name == found.field else 0.3 / (len(FIELDS) - 1) for name in FIELDS)
    return Thread(
        group=found.group, sender=None, field=spread, pairs=set(pairs_of(words.plain(found.text))),
        began=found.said_at, latest=found.said_at, at=-1, earlier=found,
        concepts=set(concepts_in(words.sums(found.text))),
    )  # fmt: skip


def opened(reading: Reading, at: int) -> Thread:
    """A new thread with this line as its head."""
    line = reading.line
    return Thread(
        group=line.group, sender=line.sender, field=reading.field, pairs=set(reading.pairs),
        began=line.said_at, latest=line.said_at, at=at, kind=reading.kind,
        concepts=set(reading.concepts), members=[(reading, "head")],
    )  # fmt: skip


def extend(thread: Thread, reading: Reading, at: int) -> None:
    """Put a line into a thread as detail, support or an officer's reply."""
    part = _part(thread, reading)
    thread.members.append((reading, part))
    thread.at = at
    if part == "reply":
        thread.answered = True
        return
    thread.latest = reading.line.said_at
    thread.pairs |= reading.pairs
    thread.concepts |= reading.concepts
    if part == "detail" and reading.line.text:
        thread.field = tuple(
            0.7 * a + 0.3 * b for a, b in zip(thread.field, reading.field, strict=True)
        )


def _part(thread: Thread, reading: Reading) -> Part:
    line = reading.line
    if line.role != "villager":
        return "reply"
    if line.sender == thread.sender or line.type in _SOUNDLESS:
        return "detail"
    support = reading.window.sums[lexicon().places["support"]]
    return "support" if support >= 1.0 else "detail"


def threads(
    readings: Sequence[Reading],
    *,
    attach: Sequence[float],
    open_from: float,
    join_from: float,
    earlier: Sequence[Found] = (),
) -> list[Thread]:
    """The threads of one group's lines, which are in order of time.

    A line joins the likeliest open thread when the chance is at least `join_from`; otherwise it
    opens one when the model takes it for a head with at least `open_from` (officers: halfway up).
    """
    words = lexicon()
    result = [carried(found, words) for found in earlier]
    loose: list[Reading] = []
    for at, reading in enumerate(readings):
        near = [t for t in result if _may_join(reading, t)][-_OPEN_AT_ONCE:]
        best, chance = None, 0.0
        for thread in near:
            features = attach_features(reading, at, thread, newest=thread is near[-1])
            likely = attach_chance(attach, features)
            if likely >= chance:
                best, chance = thread, likely
        if best is not None and chance >= join_from:
            extend(best, reading, at)
        elif (again := _again(reading, result)) or _opens(reading, open_from):
            head = replace(reading, head=max(reading.head, _AGAIN)) if again else reading
            thread = opened(head, at)
            thread.members += [(r, "detail") for r in loose if _shows(r, head)]
            loose = [r for r in loose if not _shows(r, head)]
            result.append(thread)
        elif reading.line.type in _SOUNDLESS:
            loose = [*loose[-3:], reading]
    return [thread for thread in result if thread.members]


def _opens(reading: Reading, open_from: float) -> bool:
    if reading.line.role != "villager":
        return reading.head >= (open_from + 1) / 2
    return reading.suspect or reading.head >= open_from


def _again(reading: Reading, before: Sequence[Thread]) -> bool:
    """Whether the line says that an earlier matter of this group is back or still open."""
    if reading.line.role != "villager" or not _BACK.search(reading.line.text):
        return False
    return any(_repeats(reading, thread) for thread in before)


def _repeats(reading: Reading, thread: Thread) -> bool:
    if not timedelta(hours=3) <= reading.line.said_at - thread.began <= _BACK_REACH:
        return False
    shared = len(reading.pairs & thread.pairs)
    if reading.line.sender == thread.sender:
        return shared >= 1 or bool(reading.concepts & thread.concepts)
    return shared >= 2 and bool(reading.concepts & thread.concepts)


def _shows(picture: Reading, head: Reading) -> bool:
    """Whether a picture sent just before goes with the sender's words."""
    gap = head.line.said_at - picture.line.said_at
    return picture.line.sender == head.line.sender and gap <= PICTURE_REACH
