"""Threads: which lines of a group speak of one thing, across everybody else's interjections."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from operator import mul
from typing import TYPE_CHECKING, Literal

from mingbai.capture.recognition import weighing
from mingbai.capture.recognition.found import FIELDS, KINDS, Found
from mingbai.capture.recognition.lexicon import Lexicon, lexicon
from mingbai.capture.recognition.lines import Line

if TYPE_CHECKING:
    from mingbai.capture.recognition.features import Floats, Talk
    from mingbai.capture.recognition.model import Scores

Part = Literal["head", "detail", "support", "reply"]

OWN_REACH = timedelta(minutes=60)
OTHERS_REACH = timedelta(minutes=45)
REPLY_REACH = timedelta(hours=30)
PICTURE_REACH = timedelta(minutes=3)
_OPEN_AT_ONCE = 6
_TIDY = 16
_BACK = re.compile("又|还是没|还没|还是不|再次|老样子|说好")
_BACK_REACH = timedelta(days=40)
_SOUNDLESS = frozenset({"image", "video", "location"})
_ASKED = 0.5
# What somebody else says that is surely a matter of its own joins only on a likelier chance.
_OWN_MATTER = 0.6
CUES = ("support", "chat", "trade", "trouble", "solved", "hearsay", "ask", "offer", "reply")
LINE_PART = 9 + len(CUES)
THREAD_PART = 28
JOINING = LINE_PART + THREAD_PART


@dataclass(frozen=True, slots=True)
class Reading:
    """A line with what the model thinks of it.

    `joining` are the joining features that depend on the line alone; `cues` the word groups of
    `weighing.CUES` in it, each up to 1; `concepts` and `pairs` what it is compared with threads by.
    """

    line: Line
    head: float
    kind: tuple[float, ...]
    field: tuple[float, ...]
    urgent: float
    suspect: bool
    pairs: frozenset[str]
    concepts: frozenset[int]
    joining: tuple[float, ...]
    cues: tuple[float, ...]
    support: float
    trade: float
    reply: float


@dataclass(slots=True)
class Thread:
    """A head and the lines that belong to it; `earlier` when it goes on from a finding."""

    group: str
    sender: str
    field: tuple[float, ...]
    pairs: set[str]
    began: datetime
    latest: datetime
    at: int
    kind: tuple[float, ...] = ()
    concepts: set[int] = dataclasses.field(default_factory=set)
    speakers: set[str] = dataclasses.field(default_factory=set)
    members: list[tuple[Reading, Part]] = dataclasses.field(default_factory=list)
    earlier: Found | None = None
    answered: bool = False
    again_of: Thread | None = None


def readings(talk: Talk, scores: Scores, suspects: Sequence[bool]) -> list[Reading]:
    """The lines with what the model thinks of them, in order."""
    import numpy as np

    words = lexicon()
    joining = _joining(talk, scores).tolist()
    concepts: dict[int, set[int]] = {}
    rows, columns = np.nonzero(talk.own[:, words.first_concept :])
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        concepts.setdefault(row, set()).add(column + words.first_concept)
    cues = np.minimum(1, talk.sums[:, [words.places[name] for name in weighing.CUES]]).tolist()
    signs = talk.sums[:, [words.places[name] for name in ("support", "trade", "reply")]].tolist()
    head, kind, field = scores.head.tolist(), scores.kind.tolist(), scores.field.tolist()
    urgent = scores.urgent.tolist()
    return [
        Reading(
            line=line, head=head[at], kind=tuple(kind[at]), field=tuple(field[at]),
            urgent=urgent[at], suspect=suspects[at], pairs=pairs_of(talk.plain[at]),
            concepts=frozenset(concepts.get(at, ())), joining=tuple(joining[at]),
            cues=tuple(cues[at]), support=signs[at][0], trade=signs[at][1], reply=signs[at][2],
        )
        for at, line in enumerate(talk.lines)
    ]  # fmt: skip


def _joining(talk: Talk, scores: Scores) -> Floats:
    """The joining features that depend on the line alone (lines × `LINE_PART`)."""
    import numpy as np

    places = lexicon().places
    cues = np.minimum(1, talk.sums[:, [places[name] for name in CUES]])
    officer = np.asarray([line.role != "villager" for line in talk.lines], dtype=np.float32)
    silent = [line.type in _SOUNDLESS for line in talk.lines]
    short = [len(line.text) <= 6 for line in talk.lines]
    mention = ["@" in line.text for line in talk.lines]
    own = np.stack(
        [
            np.ones(len(officer)), officer, scores.head, np.asarray(silent), np.asarray(short),
            np.asarray(mention), cues[:, CUES.index("reply")] * officer,
            cues[:, CUES.index("solved")] * (1 - officer), scores.head * officer,
        ],
        axis=1,
    )  # fmt: skip
    result: Floats = np.concatenate([own, cues], axis=1).astype(np.float32)
    return result


def pairs_of(text: str) -> frozenset[str]:
    """The text's character pairs, spaces apart."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1) if " " not in text[i : i + 2])


def _overlap(left: frozenset[str], right: set[str]) -> float:
    least = min(len(left), len(right))
    return len(left & right) / max(4, least) if least else 0.0


def joining_features(reading: Reading, at: int, thread: Thread, *, newest: bool) -> list[float]:
    """What decides, beside `Reading.joining`, whether a line belongs to a thread (`THREAD_PART`)."""
    line = reading.line
    own = float(line.sender == thread.sender)
    gap = math.log1p(max(0.0, (line.said_at - thread.latest).total_seconds() / 60)) / 3
    age = math.log1p(max(0.0, (line.said_at - thread.began).total_seconds() / 60)) / 3
    officer = float(line.role != "villager")
    near = sum(map(mul, reading.field, thread.field))
    overlap = _overlap(reading.pairs, thread.pairs)
    between = min(10, at - thread.at - 1) / 5
    silent = float(line.type in _SOUNDLESS)
    short = float(len(line.text) <= 6)
    said = float(line.sender in thread.speakers)
    asked = float(bool(thread.kind) and thread.kind[1] > _ASKED)
    concept = float(bool(reading.concepts & thread.concepts))
    direct = float(at - thread.at == 1)
    return [
        own, gap, age, between, near, overlap, float(newest), own * gap, own * reading.head,
        own * silent, own * short, float(thread.answered), officer * overlap, officer * near,
        said, said * gap, asked, asked * officer, concept, concept * reading.head,
        reading.support * near, reading.head * near, between * own, officer * gap,
        float(thread.answered) * own, direct, reading.support * direct,
        reading.support * float(newest),
    ]  # fmt: skip


def joining_chance(weights: Sequence[float], reading: Reading, features: Sequence[float]) -> float:
    """The chance that the line belongs to the thread."""
    total = sum(map(mul, weights, chain(reading.joining, features)))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))


def within_reach(line: Line, thread: Thread) -> bool:
    """Whether the line comes soon enough after the thread's last line."""
    gap = line.said_at - thread.latest
    if line.said_at < thread.began:
        return False
    if line.role != "villager":
        return gap <= REPLY_REACH
    return gap <= (OWN_REACH if line.sender == thread.sender else OTHERS_REACH)


def _may_join(reading: Reading, thread: Thread) -> bool:
    """Whether a line could belong to the thread: in reach, and no sale called in between."""
    if not within_reach(reading.line, thread):
        return False
    return (
        reading.trade < 1.0
        or reading.line.role != "villager"
        or reading.line.sender == thread.sender
    )


def carried(found: Found, words: Lexicon) -> Thread:
    """An earlier finding as a thread that later lines may join."""
    spread = tuple(0.7 if name == found.field else 0.3 / (len(FIELDS) - 1) for name in FIELDS)
    kind = tuple(float(name == found.kind) for name in KINDS)
    return Thread(
        group=found.group, sender=found.sender, field=spread, kind=kind,
        pairs=set(pairs_of(words.plain(found.text))), began=found.said_at, latest=found.ended_at,
        at=-1, earlier=found, concepts=set(words.concepts(found.text)), answered=found.answered,
        speakers=set(found.speakers),
    )  # fmt: skip


def opened(reading: Reading, at: int) -> Thread:
    """A new thread with this line as its head."""
    line = reading.line
    return Thread(
        group=line.group, sender=line.sender, field=reading.field, pairs=set(reading.pairs),
        began=line.said_at, latest=line.said_at, at=at, kind=reading.kind,
        concepts=set(reading.concepts), members=[(reading, "head")], speakers={line.sender},
    )  # fmt: skip


def extend(thread: Thread, reading: Reading, at: int) -> None:
    """Put a line into a thread as detail, support or an officer's reply."""
    part = _part(thread, reading)
    thread.members.append((reading, part))
    thread.at = at
    if part == "reply":
        thread.answered = True
        return
    thread.latest = max(thread.latest, reading.line.said_at)
    thread.speakers.add(reading.line.sender)
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
    return "support" if reading.support >= 1.0 else "detail"


def threads(
    readings: Sequence[Reading],
    *,
    joining: Sequence[float],
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
    live, recent = list(result), list(result)
    loose: list[Reading] = []
    for at, reading in enumerate(readings):
        if at % _TIDY == 0:
            live = [t for t in live if reading.line.said_at - t.latest <= REPLY_REACH]
            recent = [t for t in live if reading.line.said_at - t.latest <= OWN_REACH]
        reachable = recent if reading.line.role == "villager" else live
        near = [t for t in reachable if _may_join(reading, t)][-_OPEN_AT_ONCE:]
        best, chance = None, 0.0
        for thread in near:
            features = joining_features(reading, at, thread, newest=thread is near[-1])
            likely = joining_chance(joining, reading, features)
            if likely >= chance:
                best, chance = thread, likely
        if best is not None and _joins(reading, best, chance, join_from):
            extend(best, reading, at)
        elif (again := _again(reading, result)) or _opens(reading, open_from):
            thread = opened(reading, at)
            thread.again_of = again
            thread.members += [(r, "detail") for r in loose if _shows(r, reading)]
            loose = [r for r in loose if not _shows(r, reading)]
            result.append(thread)
            live.append(thread)
            recent.append(thread)
        elif reading.line.type in _SOUNDLESS:
            loose = [*loose[-3:], reading]
    return [thread for thread in result if thread.members]


def _opens(reading: Reading, open_from: float) -> bool:
    if reading.line.role != "villager":
        return reading.head >= (open_from + 1) / 2
    return reading.suspect or reading.head >= open_from


def _joins(reading: Reading, thread: Thread, chance: float, join_from: float) -> bool:
    """Whether the line goes with the thread rather than opening one of its own."""
    if reading.line.sender != thread.sender and reading.line.role == "villager":
        join_from = max(join_from, _OWN_MATTER * reading.head)
    return chance >= join_from and not _stands_alone(reading, thread)


def _stands_alone(reading: Reading, thread: Thread) -> bool:
    """Whether a possible clue would drag somebody else's harmless matter under seal with it."""
    if not reading.suspect or reading.line.sender == thread.sender:
        return False
    sealed = thread.earlier is not None and thread.earlier.status == "sealed"
    return not sealed and not any(member.suspect for member, _ in thread.members)


def _again(reading: Reading, before: Sequence[Thread]) -> Thread | None:
    """The latest earlier matter of this group that the line says is back or still open."""
    if reading.line.role != "villager" or not _BACK.search(reading.line.text):
        return None
    return next((thread for thread in reversed(before) if _repeats(reading, thread)), None)


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
