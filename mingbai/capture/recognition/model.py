"""The trained linear model, scored by numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from mingbai.capture.recognition.features import Floats, Ints, Talk, plain_texts
from mingbai.capture.recognition.found import FIELDS, KINDS
from mingbai.capture.recognition.hashing import buckets
from mingbai.capture.recognition.lexicon import DATA, lexicon

VERSION: Final = "mingbai-chat-3"
SHIPPED: Final = DATA / "model.npz"
LINE_CLASSES: Final = ("request", "question", "suggestion", "clue", "notice", "chatter", "reply")
TASKS: Final = (LINE_CLASSES, KINDS, FIELDS, ("urgent",), ("clue",))
OUTPUTS: Final = tuple(name for task in TASKS for name in task)
BITS: Final = 17
SUB_BITS: Final = 15
AFTER_VALUE: Final = 0.5
_SHORT: Final = 12
_LEAST_LENGTH: Final = 0.5
_CHUNK: Final = 2048
# Measured on held-out conversations: word lists know the field better than n-grams of few examples.
_FIELD_WORDS: Final = 1.2
_FIELD_MOST: Final = 2.5


@dataclass(frozen=True, slots=True)
class Scores:
    """For each line: the chance that it opens something; if so of what kind; field; danger; clue."""

    head: Floats
    kind: Floats
    field: Floats
    urgent: Floats
    clue: Floats


def in_order(texts: Sequence[str], bits: int = BITS) -> tuple[Ints, Ints]:
    """Rows (in order) and buckets of the texts' n-grams and words."""
    rows, columns = buckets(texts, bits)
    order = np.argsort(rows, kind="stable")
    return rows[order], columns[order]


def lengths(squares: Floats) -> Floats:
    """The length of texts from the sums of their buckets' squared scales; never near 0."""
    result: Floats = np.sqrt(np.maximum(squares, np.float32(_LEAST_LENGTH)))
    return result


def counted(texts: Sequence[str], bits: int) -> tuple[Ints, Ints, Floats]:
    """Rows (in order) and buckets of the texts' n-grams and words, and the value of each row's."""
    rows, columns = in_order(texts, bits)
    sizes = np.bincount(rows, minlength=len(texts))
    values = (1 / np.sqrt(np.maximum(sizes, _SHORT))).astype(np.float32)
    return rows, columns, values


_TASK_OF: Final = np.repeat(np.arange(len(TASKS)), [len(task) for task in TASKS])


class Model:
    """Weights of one trained model with its version, thresholds, calibration and joining weights.

    Each task sees a text with its own scale for each bucket, as a vector of length 1.
    """

    def __init__(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        self.version = str(arrays["version"])
        scale = arrays["scale"].astype(np.float32)
        # Side by side, so that one look-up brings the weights and what the lengths are made of.
        self._table: Floats = np.hstack([arrays["hashed"].astype(np.float32), scale * scale])
        self.dense: Floats = arrays["dense"].astype(np.float32)
        self.bias: Floats = arrays["bias"].astype(np.float32)
        self.thresholds: dict[str, float] = dict(
            zip(arrays["threshold_names"].tolist(), arrays["thresholds"].tolist(), strict=True)
        )
        self.joining: list[float] = arrays["joining"].tolist()
        self.sub_names: list[str] = arrays["sub_names"].tolist()
        self._sub_hashed: Floats = arrays["sub_hashed"].astype(np.float32)
        self._sub_bias: Floats = arrays["sub_bias"].astype(np.float32)
        self.weighing: list[float] = arrays["weighing"].tolist()
        self.same: list[float] = arrays["same"].tolist()
        self._calibration = arrays["calibration"].astype(np.float64)

    @classmethod
    def load(cls, path: Path | BinaryIO = SHIPPED) -> Model:
        """Read a model file; raises ValueError when it was made by another version of the code."""
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if not str(arrays["version"]).startswith(VERSION + "+"):
            raise ValueError(f"the file holds model {arrays['version']}, needed {VERSION}")
        return cls(arrays)

    def calibrated(self, chance: float) -> float:
        """How often findings with this raw chance were right on held-out conversations."""
        return float(np.interp(chance, self._calibration[0], self._calibration[1]))

    def subs(self, texts: Sequence[str]) -> Floats:
        """How likely each text is about each sub-field (texts × `sub_names`, like `road.slide`)."""
        raw = np.tile(self._sub_bias, (len(texts), 1))
        rows, columns, values = counted(plain_texts(texts, lexicon()), SUB_BITS)
        if len(rows):
            starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
            there = rows[starts]
            raw[there] += (
                np.add.reduceat(self._sub_hashed[columns], starts, axis=0) * values[there][:, None]
            )
        return _softmax(raw)

    def score(self, talk: Talk) -> Scores:
        """Probabilities for each line, in order."""
        raw = self._raw(talk)
        ends = np.cumsum([len(LINE_CLASSES), len(KINDS), len(FIELDS)])
        lines, kinds, fields, rest = np.split(raw, ends, axis=1)
        return Scores(
            head=_softmax(lines)[:, : len(KINDS)].sum(axis=1),
            kind=_softmax(kinds),
            field=_softmax(fields + _told(talk)),
            urgent=_sigmoid(rest[:, 0]),
            clue=_sigmoid(rest[:, 1]),
        )

    def _raw(self, talk: Talk) -> Floats:
        count = len(talk.lines)
        own = np.zeros((count + 1, len(self.bias)), np.float32)
        for start in range(0, count, _CHUNK):
            self._words(talk.plain[start : start + _CHUNK], own[start : start + _CHUNK])
        own[count] = 0
        many = np.maximum(1, (talk.after >= 0).sum(axis=1))[:, None]
        result: Floats = own[:count] + own[talk.after].sum(axis=1) * (AFTER_VALUE / many)
        result += talk.dense @ self.dense
        result += self.bias
        return result.astype(np.float32)

    def _words(self, texts: Sequence[str], into: Floats) -> None:
        rows, columns = in_order(texts)
        if len(rows):
            starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
            sums = np.add.reduceat(self._table[columns], starts, axis=0)
            sums, squares = sums[:, : len(OUTPUTS)], sums[:, len(OUTPUTS) :]
            into[rows[starts]] = sums / lengths(squares)[:, _TASK_OF]


def _told(talk: Talk) -> Floats:
    """What the word lists add to the fields."""
    at = lexicon().places
    listed = talk.sums[:, [at[f"field:{f}"] for f in FIELDS]]
    rarer = talk.sums[:, [at[f"more:{f}"] for f in FIELDS]]
    result: Floats = np.float32(_FIELD_WORDS) * np.minimum(listed + rarer, np.float32(_FIELD_MOST))
    return result


def _softmax(raw: Floats) -> Floats:
    if not len(raw):
        return raw
    grown: Floats = np.exp(raw - raw.max(axis=1, keepdims=True))
    result: Floats = grown / grown.sum(axis=1, keepdims=True)
    return result


def _sigmoid(raw: Floats) -> Floats:
    result: Floats = np.float32(1) / (np.float32(1) + np.exp(-raw))
    return result
