"""The trained linear model, scored by numpy alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from mingbai.capture.recognition.features import Window, words_of
from mingbai.capture.recognition.found import FIELDS, KINDS
from mingbai.capture.recognition.lexicon import DATA, lexicon

Floats = npt.NDArray[np.float32]

VERSION: Final = "mingbai-chat-1"
LINE_CLASSES: Final = ("request", "question", "suggestion", "clue", "notice", "chatter", "reply")
BITS: Final = 16
BUCKETS: Final = 1 << BITS
LONGEST: Final = 4
_AFTER_VALUE: Final = 0.5
_CHUNK: Final = 1024
# Measured on held-out conversations: word lists know the field better than n-grams of few examples.
_FIELD_TRUST: Final = 0.5
_FIELD_WORDS: Final = 1.6
_FIELD_MOST: Final = 2.5


@dataclass(frozen=True, slots=True)
class Scores:
    """For each line: the chance that it opens something; if so of what kind; field; danger; clue."""

    head: Floats
    kind: Floats
    field: Floats
    urgent: Floats
    clue: Floats


@cache
def _word_bucket(word: str) -> int:
    return crc32(word.encode()) & (BUCKETS - 1)


def buckets(texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows and hashed buckets of all character n-grams (1 to 4) and words of the texts."""
    joined = "\0".join(texts) + "\0"
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    ends = codes == 0
    rows_of = np.cumsum(ends) - ends
    rows, found = [], []
    mixed = np.zeros(len(codes), dtype=np.uint32)
    broken = np.zeros(len(codes), dtype=bool)
    for n in range(1, LONGEST + 1):
        last = len(codes) - n + 1
        mixed = (mixed[:last] ^ codes[n - 1 :]) * np.uint32(2654435761) + np.uint32(n * 40503)
        mixed ^= mixed >> np.uint32(15)
        broken = broken[:last] | ends[n - 1 :]
        keep = ~broken
        rows.append(rows_of[:last][keep])
        found.append((mixed[keep] >> np.uint32(32 - BITS)).astype(np.int64))
    word_rows, word_buckets = [], []
    for row, text in enumerate(texts):
        for word in words_of(text):
            word_rows.append(row)
            word_buckets.append(_word_bucket(word))
    rows.append(np.asarray(word_rows, dtype=np.int64))
    found.append(np.asarray(word_buckets, dtype=np.int64))
    return np.concatenate(rows), np.concatenate(found)


def sparse(
    batch: Sequence[Window],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Rows, buckets and values: own text in full, the sender's next lines at half value."""
    rows, found = buckets([window.own for window in batch])
    values = _values(rows, len(batch), 1.0)
    with_after = [i for i, window in enumerate(batch) if window.after]
    if with_after:
        short, more = buckets([batch[i].after for i in with_after])
        value = _values(short, len(with_after), _AFTER_VALUE)
        rows = np.concatenate([rows, np.asarray(with_after, dtype=np.int64)[short]])
        found = np.concatenate([found, more])
        values = np.concatenate([values, value])
    return rows, found, values


def _values(rows: npt.NDArray[np.int64], count: int, scale: float) -> Floats:
    sizes = np.bincount(rows, minlength=count)
    values: Floats = (scale / np.sqrt(np.maximum(sizes, 12)))[rows].astype(np.float32)
    return values


class Model:
    """Weights of one trained model with its version, thresholds and joining weights."""

    def __init__(self, arrays: dict[str, npt.NDArray[Any]]) -> None:
        self.version = str(arrays["version"])
        self.hashed: Floats = arrays["hashed"].astype(np.float32)
        self.dense: Floats = arrays["dense"].astype(np.float32)
        self.bias: Floats = arrays["bias"].astype(np.float32)
        self.thresholds = dict(
            zip(arrays["threshold_names"].tolist(), arrays["thresholds"].tolist(), strict=True)
        )
        self.attach: list[float] = arrays["attach"].tolist()

    @classmethod
    def load(cls, path: Path = DATA / "model.npz") -> "Model":
        """Read a model file; raises ValueError when it was made by another version of the code."""
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if not str(arrays["version"]).startswith(VERSION):
            raise ValueError(f"{path} holds model {arrays['version']}, needed {VERSION}")
        return cls(arrays)

    def score(self, batch: Sequence[Window]) -> Scores:
        """Probabilities for each window, in order."""
        parts = [self._raw(batch[start : start + _CHUNK]) for start in range(0, len(batch), _CHUNK)]
        raw = np.concatenate(parts) if parts else np.zeros((0, len(self.bias)), np.float32)
        ends = np.cumsum([len(LINE_CLASSES), len(KINDS), len(FIELDS)])
        lines, kinds, fields, rest = np.split(raw, ends, axis=1)
        told = lexicon().told
        listed = [[told(window.sums, f"field:{field}") for field in FIELDS] for window in batch]
        fields = np.float32(_FIELD_TRUST) * fields
        if len(batch):
            most = np.minimum(np.asarray(listed, np.float32), np.float32(_FIELD_MOST))
            fields += np.float32(_FIELD_WORDS) * most
        return Scores(
            head=_softmax(lines)[:, : len(KINDS)].sum(axis=1),
            kind=_softmax(kinds),
            field=_softmax(fields),
            urgent=_sigmoid(rest[:, 0]),
            clue=_sigmoid(rest[:, 1]),
        )

    def _raw(self, batch: Sequence[Window]) -> Floats:
        rows, found, values = sparse(batch)
        result: Floats = np.asarray([w.dense for w in batch], dtype=np.float32) @ self.dense
        result += self.bias
        order = np.argsort(rows, kind="stable")
        rows, found, values = rows[order], found[order], values[order]
        if len(rows):
            starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
            weighted = self.hashed[found] * values[:, None]
            result[rows[starts]] += np.add.reduceat(weighted, starts, axis=0)
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
