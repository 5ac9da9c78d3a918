"""What the model looks at: each line, its sender's next lines, and the lines around it, as columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mingbai.capture.recognition.found import FIELDS
from mingbai.capture.recognition.lexicon import Lexicon
from mingbai.capture.recognition.lines import Line

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

OWN_WINDOW: Final = 8 * 60
OTHERS_WINDOW: Final = 15 * 60
FAR: Final = 25
FAR_AFTER: Final = 12
AFTER: Final = 3
_AFTER_WEIGHT: Final = 0.5
_STRONG_MOST, _WEAK_MOST = 3.0, 0.7
_CHINA: Final = 8 * 3600
_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"[\s,，。.、~～]+")
_PAIRS = (
    ("trouble", "public"), ("trouble", "plea"), ("trouble", "private"), ("trouble", "field"),
    ("ask", "field"), ("ask", "public_money"), ("propose", "field"), ("propose", "public"),
    ("plea", "field"), ("solved", "field"), ("hearsay", "field"), ("trade", "field"),
    ("private", "field"), ("chat", "field"), ("clue", "power_holder"), ("clue", "public_money"),
    ("kin", "public_money"), ("kin", "power_holder"), ("kin", "clue"), ("danger", "public"),
    ("support", "trouble"), ("reply", "field"), ("notice", "field"), ("trouble", "chat"),
    ("ask", "private"), ("propose", "trouble"), ("clue", "trouble"), ("offer", "field"),
    ("self_done", "field"), ("elsewhere", "field"), ("offer", "public"), ("elsewhere", "trouble"),
    ("power_holder", "public_money"), ("power_holder", "ask"), ("power_holder", "trouble"),
    ("mine", "field"), ("mine", "trouble"), ("mine", "public"), ("bygone", "field"),
    ("bygone", "trouble"), ("bygone", "clue"), ("screen", "field"), ("screen", "clue"),
    ("kin_away", "field"), ("kin_away", "trouble"), ("kin_away", "clue"), ("banter", "field"),
)  # fmt: skip
_BEFORE = ("trade", "ask", "chat", "trouble", "notice", "propose", "clue", "public", "offer")
_ECHO = ("trade", "chat", "trouble", "support", "reply", "offer", "self_done", "hearsay", "solved")
_SIZES = (4, 8, 15, 30)
# From these hours on (China time): early morning, day, evening, night.
_HOURS = (5, 8, 18, 22)


@dataclass(frozen=True, slots=True)
class Talk:
    """The lines of groups in order, and what the model looks at, a row for each line.

    `plain` is the text as the n-grams see it. `own` and `sums` are weights by word group (rows ×
    `Lexicon.groups`) of the line alone, and with its sender's next lines. `after` are the places of
    those next lines, -1 for none. `suspicion` is how much the words hint at misconduct.
    """

    lines: Sequence[Line]
    plain: list[str]
    own: Floats
    sums: Floats
    after: Ints
    dense: Floats
    suspicion: Floats


@dataclass(frozen=True, slots=True)
class _Around:
    """Places of neighbouring lines, -1 for none."""

    after: Ints
    other_before: Ints
    own_before: Ints
    others_after: Ints


def plain_texts(texts: Sequence[str], lexicon: Lexicon) -> list[str]:
    """The texts as the n-grams see them: standard words, one sign for digits, single spaces."""
    joined = "\0".join(text.replace("\0", " ") for text in texts)
    tidy = _SPACE.sub(" ", _DIGITS.sub("0", lexicon.plain(joined.lower())))
    return [text.strip() for text in tidy.split("\0")]


class _Lists:
    """The lexicon's entries as arrays: for word w, groups and weights, and the words it covers."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.starts, self.groups, self.weights = _ragged(
            [[(float(g), w) for g, w in entry] for entry in lexicon.entries]
        )
        self.covered_starts, self.covered, _ = _ragged(
            [
                [(float(i), 0.0) for i in sorted(lexicon.covered.get(w, ()))]
                for w in range(len(lexicon.words))
            ]
        )


def _ragged(rows: Sequence[Sequence[tuple[float, float]]]) -> tuple[Ints, Ints, Floats]:
    sizes = np.asarray([len(row) for row in rows], dtype=np.int64)
    flat = np.asarray([pair for row in rows for pair in row], dtype=np.float64).reshape(-1, 2)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return starts, flat[:, 0].astype(np.int64), flat[:, 1].astype(np.float32)


_lists: dict[int, _Lists] = {}


def _lists_of(lexicon: Lexicon) -> _Lists:
    made = _lists.get(id(lexicon))
    if made is None:
        made = _lists[id(lexicon)] = _Lists(lexicon)
    return made


def _spread(starts: Ints, at: Ints) -> tuple[Ints, Ints]:
    """For ragged rows `at`: the place in `at` of each element, and its place in the flat array."""
    counts = starts[at + 1] - starts[at]
    owner = np.repeat(np.arange(len(at)), counts)
    first = np.repeat(starts[at] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return owner, first + np.arange(len(owner))


def word_sums(texts: Sequence[str], lexicon: Lexicon) -> Floats:
    """The weight of distinct listed words (texts × groups); weak words add little.

    A word inside a longer listed word of the same groups says nothing of its own.
    """
    lists = _lists_of(lexicon)
    groups = len(lexicon.groups)
    ends = np.cumsum([len(text) + 1 for text in texts])
    found = lexicon.matches("\0".join(texts))
    if not found:
        return np.zeros((len(texts), groups), np.float32)
    table = np.asarray(found, dtype=np.int64)
    count = len(lexicon.words)
    keys = np.unique(np.searchsorted(ends, table[:, 1], side="right") * count + table[:, 0])
    owner, place = _spread(lists.covered_starts, keys % count)
    if len(owner):
        hidden = (keys // count)[owner] * count + lists.covered[place]
        keys = np.setdiff1d(keys, hidden, assume_unique=False)
    owner, place = _spread(lists.starts, keys % count)
    cells = (keys // count)[owner] * groups + lists.groups[place]
    weights = lists.weights[place]
    size = len(texts) * groups
    strong = np.bincount(cells, weights=np.where(weights == 1.0, weights, 0), minlength=size)
    weak = np.bincount(cells, weights=np.where(weights == 1.0, 0, weights), minlength=size)
    result = np.minimum(strong, _STRONG_MOST) + np.minimum(weak, _WEAK_MOST)
    return result.reshape(len(texts), groups).astype(np.float32)


def _around(lines: Sequence[Line], times: Sequence[float]) -> _Around:
    """One pass forward and one back over the lines, group by group."""
    count = len(lines)
    other, own = [-1] * count, [-1] * count
    next_own, next_other = [-1] * count, [-1] * count
    latest: dict[str, int] = {}
    group = None
    for at, line in enumerate(lines):
        if line.group != group:
            group, latest = line.group, {}
        elif lines[at - 1].sender == line.sender:
            other[at] = other[at - 1]
        else:
            other[at] = at - 1
        before = latest.get(line.sender, -1)
        if before >= 0:
            own[at], next_own[before] = before, at
        latest[line.sender] = at
    for at in range(count - 2, -1, -1):
        following = lines[at + 1]
        if following.group == lines[at].group:
            same = following.sender == lines[at].sender
            next_other[at] = next_other[at + 1] if same else at + 1
    return _Around(
        after=_chain(next_own, times, lines),
        other_before=_within(np.asarray(other, dtype=np.int64), times, OTHERS_WINDOW),
        own_before=_within(np.asarray(own, dtype=np.int64), times, OWN_WINDOW),
        others_after=_echoes(lines, next_other, times),
    )


def _within(places: Ints, times: Sequence[float], window: float) -> Ints:
    """The places that lie within the window (seconds) and not too many lines away; else -1."""
    when, at = np.asarray(times), np.arange(len(places))
    near = (places >= 0) & (np.abs(when - when[places]) <= window) & (abs(at - places) < FAR)
    return np.where(near, places, -1)


def _chain(following: Sequence[int], times: Sequence[float], lines: Sequence[Line]) -> Ints:
    """The sender's next lines with words, as long as each comes soon after the one before."""
    result = np.full((len(lines), AFTER), -1, dtype=np.int64)
    for at, first in enumerate(following):
        later, latest, taken = first, at, 0
        while later >= 0 and taken < AFTER and later - at < FAR:
            if times[later] - times[latest] > OWN_WINDOW:
                break
            if lines[later].text and lines[later].type != "location":
                result[at, taken] = later
                taken += 1
            latest, later = later, following[later]
    return result


def _echoes(lines: Sequence[Line], next_other: Sequence[int], times: Sequence[float]) -> Ints:
    """The first two lines that others say after each line."""
    result = np.full((2, len(lines)), -1, dtype=np.int64)
    for at, first in enumerate(next_other):
        if first < 0:
            continue
        result[0, at] = first
        second = first + 1
        if second < len(lines) and lines[second].group == lines[at].group:
            again = lines[second].sender == lines[at].sender
            result[1, at] = next_other[second] if again else second
    when, here = np.asarray(times), np.arange(len(lines))
    for row in result:
        row[(when[row] - when > OTHERS_WINDOW) | (row - here >= FAR_AFTER)] = -1
    return result


def talk(lines: Sequence[Line], lexicon: Lexicon) -> Talk:
    """The features of lines that are in order, group by group and by time inside a group."""
    texts = [line.text.replace("\0", " ") for line in lines]
    times = [line.said_at.timestamp() for line in lines]
    around = _around(lines, times)
    own = word_sums(texts, lexicon)
    padded = np.vstack([own, np.zeros((1, own.shape[1]), np.float32)])
    sums = own + _AFTER_WEIGHT * np.minimum(padded[around.after].sum(axis=1), _STRONG_MOST)
    patterns = _patterns(lines, texts, around.after, lexicon)
    return Talk(
        lines=lines,
        plain=plain_texts(texts, lexicon),
        own=own,
        sums=sums,
        after=around.after,
        dense=_dense(lines, texts, times, sums, padded, around, patterns[0], lexicon),
        suspicion=_suspicion(sums, patterns.sum(axis=0), lexicon),
    )


def _patterns(lines: Sequence[Line], texts: Sequence[str], after: Ints, lexicon: Lexicon) -> Floats:
    """Weights of the patterns that hint at misconduct (2 × lines).

    First the plain ones, over the sender's next lines too, then the rarer ones in the line alone.
    """
    result = np.zeros((2, len(lines)), np.float32)
    for at, line in enumerate(lines):
        if line.role != "villager" or not texts[at]:
            continue
        later = [texts[i] for i in after[at] if i >= 0]
        result[0, at] = lexicon.pattern_score("clue", " ".join([texts[at], *later]))
        result[1, at] = lexicon.pattern_score("clue_more", texts[at])
    return result


def _suspicion(sums: Floats, patterns: Floats, lexicon: Lexicon) -> Floats:
    """How much words and patterns hint at misconduct; from about 2 on it is worth sealing."""
    at = lexicon.places
    score = patterns + 0.5 * (sums[:, at["clue"]] + sums[:, at["more:clue"]])
    beside = (
        0.3 * np.minimum(1, sums[:, at["public_money"]])
        + 0.3 * np.minimum(1, sums[:, at["power_holder"]])
        + 0.4 * np.minimum(1, sums[:, at["kin"]])
    )
    result: Floats = np.where(score > 0, score + beside, 0).astype(np.float32)
    return result


def _fields(sums: Floats, lexicon: Lexicon) -> Floats:
    result: Floats = sums[:, [lexicon.places[f"field:{name}"] for name in FIELDS]]
    return result


def _dense(
    lines: Sequence[Line], texts: Sequence[str], times: Sequence[float], sums: Floats,
    padded: Floats, around: _Around, patterns: Floats, lexicon: Lexicon,
) -> Floats:  # fmt: skip
    names = lexicon.places
    fields = np.sort(_fields(sums, lexicon), axis=1)[:, ::-1]
    most = np.minimum(1, fields[:, 0])
    cues = np.minimum(1, sums)

    def cue(name: str) -> Any:
        return most if name == "field" else cues[:, names[name]]

    columns = [
        0.5 * sums[:, : lexicon.common],
        np.stack([cue(left) * cue(right) for left, right in _PAIRS], axis=1),
        np.stack([fields[:, 0] / 2, (fields[:, 0] - fields[:, 1]) / 2], axis=1),
        np.minimum(3, patterns)[:, None] / 2,
        _shape(lines, texts),
        _hour(times),
        (around.after >= 0)[:, :1],
        _lengths(texts)[around.after].sum(axis=1)[:, None].clip(0, 60) / 30,
        *(
            _neighbour(lines, places, padded, lexicon)
            for places in (around.other_before, around.own_before)
        ),
        _echo(lines, around.others_after, padded, lexicon),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _lengths(texts: Sequence[str]) -> Ints:
    """Lengths of the texts, and 0 for the place -1."""
    return np.asarray([*map(len, texts), 0], dtype=np.int64)


def _shape(lines: Sequence[Line], texts: Sequence[str]) -> Floats:
    rows = [
        (
            line.role == "officer", line.role == "supervisor", line.type == "voice",
            line.type in {"image", "video"}, line.type == "location",
            "？" in text or "?" in text, "！" in text or "!" in text, "！！" in text or "!!" in text,
            "【" in text or "[" in text, "@" in text, "哈哈" in text or "😂" in text or "🤣" in text,
            "…" in text or "..." in text or "。。" in text,
        )
        for line, text in zip(lines, texts, strict=True)
    ]  # fmt: skip
    sizes = np.searchsorted(_SIZES, _lengths(texts)[:-1])
    bands = sizes[:, None] == np.arange(len(_SIZES) + 1)
    shapes = np.asarray(rows, dtype=bool).reshape(len(lines), -1)
    return np.concatenate([shapes, bands], axis=1).astype(np.float32)


def _hour(times: Sequence[float]) -> Floats:
    """Which part of the day, in China (UTC+8 all year)."""
    hours = ((np.asarray(times, dtype=np.float64) + _CHINA) // 3600 % 24).astype(np.int64)
    parts = np.searchsorted(_HOURS, hours, side="right") % len(_HOURS)
    result: Floats = (parts[:, None] == np.arange(len(_HOURS))).astype(np.float32)
    return result


def _official(lines: Sequence[Line]) -> Floats:
    """Whether each line is an officer's, and 0 for the place -1."""
    return np.asarray([*(line.role != "villager" for line in lines), False], dtype=np.float32)


def _neighbour(lines: Sequence[Line], places: Ints, padded: Floats, lexicon: Lexicon) -> Floats:
    sums = np.minimum(1, padded[places])
    return np.concatenate(
        [
            np.stack(
                [places >= 0, _official(lines)[places], _fields(sums, lexicon).max(axis=1)], axis=1
            ),
            sums[:, [lexicon.places[name] for name in _BEFORE]],
        ],
        axis=1,
    )


def _echo(lines: Sequence[Line], places: Ints, padded: Floats, lexicon: Lexicon) -> Floats:
    """How others take it up: an offer or a laugh speaks against a matter for the village."""
    sums = padded[places].sum(axis=0)
    official = _official(lines)[places].max(axis=0)
    return np.concatenate(
        [
            np.stack([places[0] >= 0, official], axis=1),
            np.minimum(1, sums[:, [lexicon.places[name] for name in _ECHO]]),
        ],
        axis=1,
    ).astype(np.float32)
