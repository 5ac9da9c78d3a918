"""How good and how fast a classifier of texts is: near copies, folds, macro-F1, messages a second.

Needs scikit-learn (`mingbai[train]`).
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import normalize

from mingbai.capture.recognition.texts import learn, plain

Ints = npt.NDArray[np.int64]

NEAR: Final = 0.45
FOLDS: Final = 5
SHORT: Final = 30
_SEED = 20
_PAIRS_AT_ONCE = 4_000_000
_MESSAGES: Final = 20_000
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Rightness:
    """How called labels compare with true ones; macro-F1 is over the labels that are true of any."""

    accuracy: float
    macro_f1: float


def rightness(true: Sequence[str], called: Sequence[str]) -> Rightness:
    """Compare, for at least one text."""
    labels = sorted(set(true))
    macro = f1_score(true, called, labels=labels, average="macro", zero_division=0.0)
    return Rightness(float(accuracy_score(true, called)), float(macro))


def near_copies(texts: Sequence[str], others: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which of `texts` are nearly one of `others`: cosine of character bigrams above `NEAR`."""
    vectors = _bigrams([*texts, *others])
    result = np.zeros(len(texts), dtype=bool)
    for rows, _ in _near(vectors[: len(texts)], vectors[len(texts) :]):
        result[rows] = True
    return result


def groups(texts: Sequence[str]) -> Ints:
    """A number for each text; texts joined by a chain of near copies have the same one."""
    vectors = _bigrams(texts)
    pairs = list(_near(vectors, vectors))
    rows = np.concatenate([np.zeros(0, np.int64), *(rows for rows, _ in pairs)])
    columns = np.concatenate([np.zeros(0, np.int64), *(columns for _, columns in pairs)])
    shape = (len(texts), len(texts))
    joined = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=shape)
    result: Ints = connected_components(joined, directed=False)[1].astype(np.int64)
    return result


def folds(texts: Sequence[str], labels: Sequence[str]) -> Ints:
    """The fold of each text: near copies together, labels spread evenly, the same every time."""
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=_SEED)
    result = np.zeros(len(texts), dtype=np.int64)
    for fold, (_, held) in enumerate(splitter.split(texts, labels, groups(texts))):
        result[held] = fold
    return result


@dataclass(frozen=True, slots=True)
class Unseen:
    """What models said of texts in folds that they had not seen: of the whole, of the beginning."""

    whole: Rightness
    short: Rightness


def cross_check(
    texts: Sequence[str],
    labels: Sequence[str],
    on_fold: Callable[[int], None] = lambda fold: None,
) -> Unseen:
    """Learn and score in folds; the beginning is the first `SHORT` characters."""
    fold_of = folds(texts, labels)
    whole, short = [""] * len(texts), [""] * len(texts)
    for fold in range(FOLDS):
        seen = np.flatnonzero(fold_of != fold).tolist()
        held = np.flatnonzero(fold_of == fold).tolist()
        model = learn([texts[i] for i in seen], [labels[i] for i in seen])
        parts = [plain(texts[i]) for i in held]
        called = zip(held, model.label(parts), model.label([p[:SHORT] for p in parts]), strict=True)
        for at, of_whole, of_short in called:
            whole[at], short[at] = of_whole, of_short
        on_fold(fold)
    return Unseen(rightness(labels, whole), rightness(labels, short))


def messages_per_second(score: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    """Messages that one core scores in a second of its time, after a first run that is not counted."""
    many = [texts[i % len(texts)] for i in range(_MESSAGES)]
    score(many[: len(many) // 10])
    begun = time.process_time()
    score(many)
    return len(many) / (time.process_time() - begun)


def _bigrams(texts: Sequence[str]) -> Any:
    """One row of length 1 for each text: counts of its pairs of neighbouring characters."""
    joined = "".join([_NO_WORD.sub("", plain(text)) + "\0" for text in texts])
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype="<u4").astype(np.int64)
    ends = codes == 0
    rows = np.cumsum(ends) - ends
    inside = np.flatnonzero(~(ends[:-1] | ends[1:]))
    pairs = (codes[inside] << 21) | codes[inside + 1]
    known, columns = np.unique(pairs, return_inverse=True)
    ones = np.ones(len(inside), dtype=np.float32)
    shape = (len(texts), max(1, len(known)))
    return normalize(csr_matrix((ones, (rows[inside], columns)), shape=shape))


def _near(vectors: Any, others: Any) -> Iterator[tuple[Ints, Ints]]:
    """Places of near pairs, a block of rows at a time."""
    turned = others.T.tocsr()
    step = max(1, _PAIRS_AT_ONCE // max(1, others.shape[0]))
    for start in range(0, vectors.shape[0], step):
        found = (vectors[start : start + step] @ turned).tocoo()
        near = found.data > NEAR
        yield found.row[near].astype(np.int64) + start, found.col[near].astype(np.int64)
