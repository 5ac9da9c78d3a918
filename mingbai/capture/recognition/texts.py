"""A linear classifier of single texts, on the same hashed n-grams and words as the talk's model.

Nothing trained here is shipped: it measures the machinery on public data (`mingbai capture bench`).
Learning needs scikit-learn (`mingbai[train]`); scoring is numpy alone. What is below was chosen on
folds of the public training file, near copies kept in one fold; docs/figures.md has the steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mingbai.capture.recognition.hashing import buckets

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]

_BITS: Final = 22
_BATCH_CHARACTERS: Final = 1 << 14
# People say first what it is about: the beginning counts once more, at this weight.
_HEAD: Final = 20
_HEAD_WEIGHT: Final = 0.5
# A bucket that fewer texts hold says nothing; a small training file has to make do with less.
_LEAST_TEXTS: Final = 5
_TEXTS_A_STEP: Final = 1000
_STRENGTH: Final = 1.0
_SEED: Final = 20
# Long texts teach short ones: their beginnings, and stretches from anywhere (length, weight).
_BEGINNINGS: Final = ((12, 0.1), (20, 0.1))
_STRETCHES: Final = ((24, 0.1), (40, 0.1))


def plain(text: str) -> str:
    """The text without blanks and without the mark that spreadsheets leave for a carriage return."""
    return "".join(text.replace("_x000D_", " ").split())


@dataclass(frozen=True, slots=True)
class TextModel:
    """Weights by kept bucket; `places` leads from a bucket to its row, -1 being unknown."""

    classes: tuple[str, ...]
    places: Places
    scale: Floats
    weights: Floats
    bias: Floats

    def score(self, texts: Sequence[str]) -> Floats:
        """How much each text speaks for each class, in the order of `classes`."""
        parts = [self._score([plain(text) for text in batch]) for batch in _batches(texts)]
        return np.concatenate([np.zeros((0, len(self.classes)), np.float32), *parts])

    def label(self, texts: Sequence[str]) -> list[str]:
        """The likeliest class of each text."""
        return [self.classes[at] for at in self.score(texts).argmax(axis=1)]

    def _score(self, texts: Sequence[str]) -> Floats:
        result = self._sums(texts)
        long = [row for row, text in enumerate(texts) if len(text) > _HEAD]
        if long:
            heads = self._sums([texts[row][:_HEAD] for row in long])
            result[long] = (result[long] + _HEAD_WEIGHT * heads) / (1 + _HEAD_WEIGHT)
        return result + self.bias

    def _sums(self, texts: Sequence[str]) -> Floats:
        rows, at, amounts = _counted(texts, self.places, len(self.scale))
        result = np.zeros((len(texts), len(self.classes)), dtype=np.float32)
        if len(rows):
            values = amounts * self.scale[at]
            sizes = np.sqrt(np.bincount(rows, values * values, len(texts))).astype(np.float32)
            starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
            weighted = self.weights[at] * values[:, None]
            found = rows[starts]
            result[found] = np.add.reduceat(weighted, starts, axis=0) / sizes[found, None]
        return result


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Runs of texts that are small enough for the processor's cache."""
    start = size = 0
    for at, text in enumerate(texts):
        size += len(text)
        if size >= _BATCH_CHARACTERS:
            yield texts[start : at + 1]
            start, size = at + 1, 0
    if start < len(texts):
        yield texts[start:]


def _counted(texts: Sequence[str], places: Places, width: int) -> tuple[Ints, Ints, Floats]:
    """Rows, places and 1 + log(count) of what each text holds, in order of rows."""
    rows, found = buckets(texts, _BITS)
    at = places[found]
    known = at >= 0
    keys = np.sort(rows[known] * width + at[known])
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    counts = np.diff(first, append=len(keys))
    keys = keys[first]
    return keys // width, keys % width, (1 + np.log(counts)).astype(np.float32)


def learn(texts: Sequence[str], labels: Sequence[str]) -> TextModel:
    """Learn from labelled texts, of two classes or more.

    A linear support vector machine, one class against the rest, classes balanced. A bucket's scale
    is the root of (its strongest log ratio between one class and the rest × its rarity).
    """
    from scipy.sparse import vstack
    from sklearn.svm import LinearSVC

    texts = [plain(text) for text in texts]
    classes, gold = np.unique(np.asarray(labels), return_inverse=True)
    places, scale = _scales(texts, gold, len(classes))
    chance = np.random.default_rng(_SEED)
    parts = [_matrix(texts, places, scale)]
    weights = [np.ones(len(texts))]
    for length, weight in _BEGINNINGS:
        parts.append(_matrix([text[:length] for text in texts], places, scale))
        weights.append(np.full(len(texts), weight))
    for length, weight in _STRETCHES:
        starts = chance.integers(0, [max(1, len(text) - length + 1) for text in texts])
        cut = [text[at : at + length] for text, at in zip(texts, starts, strict=True)]
        parts.append(_vectors(cut, places, scale))
        weights.append(np.full(len(texts), weight))
    learner = LinearSVC(C=_STRENGTH, class_weight="balanced", tol=1e-2, random_state=_SEED)
    learner.fit(vstack(parts), np.tile(gold, len(parts)), sample_weight=np.concatenate(weights))
    learned, bias = learner.coef_.T, learner.intercept_
    if len(classes) == 2:
        learned, bias = np.hstack([-learned, learned]), np.concatenate([-bias, bias])
    return TextModel(
        tuple(classes.tolist()), places, scale,
        np.ascontiguousarray(learned, dtype=np.float32), bias.astype(np.float32),
    )  # fmt: skip


def _scales(texts: Sequence[str], gold: npt.NDArray[Any], classes: int) -> tuple[Places, Floats]:
    """Which buckets are kept (not the rarest ones), and how much each counts."""
    every = np.arange(1 << _BITS, dtype=np.int32)
    found = []
    for at in range(classes):
        mine = [text for text, label in zip(texts, gold, strict=True) if label == at]
        parts = [_counted(batch, every, len(every))[1] for batch in _batches(mine)]
        found.append(np.concatenate([np.zeros(0, np.int64), *parts]))
    seen = np.bincount(np.concatenate(found), minlength=len(every))
    kept = np.flatnonzero(seen >= min(_LEAST_TEXTS, 1 + len(texts) // _TEXTS_A_STEP))
    places = np.full(len(every), -1, dtype=np.int32)
    places[kept] = np.arange(len(kept), dtype=np.int32)
    held = np.stack([np.bincount(part, minlength=len(every))[kept] for part in found])
    sizes = np.bincount(gold, minlength=classes)[:, None]
    inside = (held + 1) / (sizes + 2)
    outside = (held.sum(axis=0) - held + 1) / (len(texts) - sizes + 2)
    telling = np.abs(np.log(inside / outside)).max(axis=0)
    rare = 1 + np.log((len(texts) + 1) / (held.sum(axis=0) + 1))
    return places, np.sqrt(telling * rare).astype(np.float32)


def _vectors(texts: Sequence[str], places: Places, scale: Floats) -> "csr_matrix":
    """One row of length 1 for each text."""
    from scipy.sparse import csr_matrix, vstack
    from sklearn.preprocessing import normalize

    parts = [csr_matrix((0, len(scale)), dtype=np.float32)]
    for batch in _batches(texts):
        rows, at, amounts = _counted(batch, places, len(scale))
        shape = (len(batch), len(scale))
        parts.append(csr_matrix((amounts * scale[at], (rows, at)), shape=shape))
    return normalize(vstack(parts).tocsr())


def _matrix(texts: Sequence[str], places: Places, scale: Floats) -> "csr_matrix":
    """What `TextModel` sees: the text, and its beginning once more."""
    from scipy.sparse import diags

    whole = _vectors(texts, places, scale)
    heads = _vectors([text[:_HEAD] for text in texts], places, scale)
    share = _HEAD_WEIGHT / (1 + _HEAD_WEIGHT)
    shares = np.asarray([share if len(text) > _HEAD else 0.0 for text in texts], np.float32)
    return diags(1 - shares) @ whole + diags(shares) @ heads
