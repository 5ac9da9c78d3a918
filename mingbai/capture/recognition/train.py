"""Rebuild the model from the examples: `python -m mingbai.capture.recognition.train`.

Needs scikit-learn (`mingbai[train]`). Each example is one message of a whole conversation; figures
come from conversations that the scored model has not seen.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from mingbai.capture.recognition.features import Window, windows
from mingbai.capture.recognition.found import FIELDS, KINDS, Found
from mingbai.capture.recognition.lexicon import DATA, lexicon
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.model import BUCKETS, LINE_CLASSES, VERSION, Model, sparse
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader
from mingbai.capture.recognition.utterances import (
    ATTACH_SIZE,
    Reading,
    Thread,
    attach_features,
    concepts_in,
    extend,
    opened,
    pairs_of,
    within_reach,
)

_FOLDS = 5
_LEAST_LINES = 2
_SEED = 20
_CHATTER_WEIGHT = 3.0
_CHATTER_SHARE = 4.0
_KIND = (30.0, 0.2)
_FIELD = (30.0, 0.35)
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SURE_PRECISION = 0.93
_STRAYS_PER_1000 = 12.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled message with its window."""

    row: Row
    line: Line
    window: Window


def read_examples(folder: Path) -> list[Row]:
    """All rows of the folder's jsonl files, in a fixed order."""
    rows: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        rows += [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines() if text]
    return rows


def to_line(row: Row) -> Line:
    """An example as the line that the reader would get."""
    group = f"{row['writer']}/{row['conversation']}"
    return Line(
        id=row["id"], group=group, sender=row["sender"], role=row["role"],
        said_at=_START + timedelta(minutes=row["at"]), type=row["type"], text=row["text"] or "",
    )  # fmt: skip


def examples(rows: Sequence[Row]) -> list[Example]:
    """The rows with their windows, conversation by conversation."""
    groups: dict[str, list[tuple[Line, Row]]] = {}
    for row in rows:
        line = to_line(row)
        groups.setdefault(line.group, []).append((line, row))
    result = []
    for group in sorted(groups):
        pairs = sorted(groups[group], key=lambda pair: (pair[0].said_at, pair[0].id))
        made = windows([line for line, _ in pairs], lexicon())
        result += [
            Example(row, line, window) for (line, row), window in zip(pairs, made, strict=True)
        ]
    return result


def fold_of(group: str) -> int:
    """The fold of a conversation, by its name alone."""
    return sha256(group.encode()).digest()[0] % _FOLDS


def kind_label(row: Row) -> str | None:
    """The class to learn for one line; None for lines that only make sense in their thread."""
    kind: str = row["kind"]
    if kind == "reply":
        return "chatter" if row["role"] == "villager" else "reply"
    return None if kind in {"detail", "support"} else kind


def matrix(batch: Sequence[Window], scale: float) -> Any:
    """Hashed n-grams and dense features side by side; the dense ones held short so that words count."""
    rows, found, values = sparse(batch)
    hashed = csr_matrix((values, (rows, found)), shape=(len(batch), BUCKETS))
    return hstack([hashed, csr_matrix(scale * np.asarray([w.dense for w in batch]))]).tocsr()


def _learn(
    batch: Sequence[Window], labels: Sequence[str], classes: Sequence[str],
    weights: Sequence[float], *, strength: float = 30.0, scale: float = 0.35,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:  # fmt: skip
    """Weights (features × classes) and biases; a class without examples is never predicted."""
    data = matrix(batch, scale)
    used = np.flatnonzero(data.getnnz(axis=0) >= _LEAST_LINES)
    learner = LogisticRegression(C=strength, max_iter=200, tol=1e-3, random_state=_SEED)
    learner.fit(data[:, used], np.asarray(labels), sample_weight=np.asarray(weights))
    coefficients = np.zeros((data.shape[1], len(learner.coef_)))
    coefficients[used] = learner.coef_.T
    coefficients[BUCKETS:] *= scale
    if len(classes) == 1:
        return coefficients, learner.intercept_
    weight, bias = np.zeros((len(coefficients), len(classes))), np.full(len(classes), -30.0)
    for i, name in enumerate(learner.classes_):
        at = classes.index(name)
        weight[:, at], bias[at] = coefficients[:, i], learner.intercept_[i]
    return weight, bias


def learn_lines(items: Sequence[Example]) -> dict[str, npt.NDArray[Any]]:
    """The five line models: head or not, kind of a head, field, danger, clue."""
    lines = [(e.window, k) for e in items if (k := kind_label(e.row))]
    heads = [e for e in items if e.row["kind"] in KINDS]
    fields = [e for e in items if e.row["field"] and e.row["text"]]
    villagers = [e for e in items if e.row["role"] == "villager"]
    parts = [
        _learn([w for w, _ in lines], [k for _, k in lines], LINE_CLASSES,
               [_CHATTER_WEIGHT if k == "chatter" else 1.0 for _, k in lines]),
        _learn([e.window for e in heads], [e.row["kind"] for e in heads], KINDS,
               [1.0] * len(heads), strength=_KIND[0], scale=_KIND[1]),
        _learn([e.window for e in fields], [e.row["field"] for e in fields], FIELDS,
               [1.0] * len(fields), strength=_FIELD[0], scale=_FIELD[1]),
    ]  # fmt: skip
    for yes, weight in ((_is_urgent, 4.0), (_is_clue, 1.5)):
        labels = ["1" if yes(e.row) else "0" for e in villagers]
        weights = [weight if label == "1" else 1.0 for label in labels]
        parts.append(_learn([e.window for e in villagers], labels, ("1",), weights))
    weights_all = np.concatenate([part[0] for part in parts], axis=1)
    return {
        "hashed": weights_all[:BUCKETS].astype(np.float16),
        "dense": weights_all[BUCKETS:].astype(np.float32),
        "bias": np.concatenate([part[1] for part in parts]).astype(np.float32),
    }


def _is_urgent(row: Row) -> bool:
    return row["urgency"] == "urgent" and row["kind"] in {*KINDS, "detail", "support"}


def _is_clue(row: Row) -> bool:
    return bool(row["kind"] == "clue")


def arrays_of(
    lines: Mapping[str, npt.NDArray[Any]], attach: Sequence[float], limits: Mapping[str, float],
    version: str,
) -> dict[str, npt.NDArray[Any]]:  # fmt: skip
    """All that a model file holds."""
    return {
        **lines,
        "attach": np.asarray(attach, dtype=np.float64),
        "threshold_names": np.asarray(list(limits)),
        "thresholds": np.asarray(list(limits.values()), dtype=np.float64),
        "version": np.asarray(version),
    }


STARTING_LIMITS = {
    "open": 0.2,
    "review": 0.2,
    "sure": 0.7,
    "join": 0.5,
    "clue": 0.47,
    "urgent": 0.35,
}


def readings_of(items: Sequence[Example], model: Model) -> list[Reading]:
    """The lines as the reader sees them."""
    scores = model.score([e.window for e in items])
    return [
        Reading(
            line=e.line, window=e.window, head=float(scores.head[i]),
            kind=tuple(scores.kind[i].tolist()), field=tuple(scores.field[i].tolist()),
            urgent=float(scores.urgent[i]), suspect=False, pairs=pairs_of(e.window.own),
            concepts=concepts_in(e.window.sums),
        )
        for i, e in enumerate(items)
    ]  # fmt: skip


def attach_pairs(
    items: Sequence[Example], readings: Sequence[Reading]
) -> tuple[list[list[float]], list[int]]:
    """(Line, open thread) pairs of the examples, threads kept as labelled."""
    features: list[list[float]] = []
    labels: list[int] = []
    open_threads: dict[str, Thread] = {}
    group = ""
    for at, (example, reading) in enumerate(zip(items, readings, strict=True)):
        if example.line.group != group:
            group, open_threads = example.line.group, {}
        row, line = example.row, reading.line
        thanks = row["kind"] == "reply" and row["role"] == "villager"
        near = [(i, t) for i, t in open_threads.items() if within_reach(line, t)][-6:]
        for head, thread in near:
            if not thanks:
                newest = thread is near[-1][1]
                features.append(attach_features(reading, at, thread, newest=newest))
                labels.append(int(row["about"] == head))
        if row["kind"] in KINDS:
            open_threads[row["id"]] = opened(reading, at)
        elif row["about"] in open_threads and not thanks:
            extend(open_threads[row["about"]], reading, at)
    return features, labels


def learn_attach(features: Sequence[Sequence[float]], labels: Sequence[int]) -> list[float]:
    """The joining weights."""
    learner = LogisticRegression(C=3.0, max_iter=2000, fit_intercept=False, random_state=_SEED)
    learner.fit(np.asarray(features), np.asarray(labels))
    weights: list[float] = learner.coef_[0].tolist()
    if len(weights) != ATTACH_SIZE:
        raise ValueError(f"{len(weights)} joining weights, expected {ATTACH_SIZE}")
    return weights


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding of a held-out conversation beside the label that it hits, if any."""

    found: Found
    head: Row | None


def outcomes(items: Sequence[Example], model: Model) -> list[Outcome]:
    """What the reader finds in these conversations, each beside its gold head."""
    heads = {e.row["id"]: e.row for e in items if e.row["kind"] in KINDS}
    owner = {e.row["id"]: e.row["id"] for e in items if e.row["kind"] in KINDS}
    owner.update(
        {e.row["id"]: e.row["about"] for e in items if e.row["kind"] in {"detail", "support"}}
    )
    result = []
    for found in Reader(model, Gazetteer([])).read([e.line for e in items]):
        votes = [owner[i] for i in found.line_ids if i in owner]
        head = max(sorted(set(votes)), key=votes.count) if votes else None
        result.append(Outcome(found, heads.get(head) if head else None))
    return result


def pick_limits(held_out: Sequence[Outcome], chatter: int) -> dict[str, float]:
    """The lowest `review` and `sure` that keep the goals on held-out conversations.

    `chatter` is the number of lines there that belong to nothing. Examples hold a larger share of
    heads than real groups do, so each stray finding counts several times against `sure`.
    """
    limits = dict(STARTING_LIMITS)
    open_ones = [o for o in held_out if o.found.status != "sealed"]
    for step in range(97, 19, -1):
        least = step / 100
        strays = sum(o.head is None and o.found.confidence >= least for o in open_ones)
        hits = sum(o.head is not None and o.found.confidence >= least for o in open_ones)
        if 1000 * strays / chatter <= _STRAYS_PER_1000:
            limits["review"] = least
        if hits and hits / (hits + _CHATTER_SHARE * strays) >= _SURE_PRECISION:
            limits["sure"] = least
    return limits


def report(held_out: Sequence[Outcome], heads: Sequence[Row]) -> Iterable[str]:
    """Precision and recall by kind and field on held-out conversations."""
    hit = [(o.found, o.head) for o in held_out if o.head is not None]
    ids = {head["id"] for _, head in hit}
    yield f"heads {len(heads)}, found {len(ids)} ({len(ids) / len(heads):.3f}), findings {len(held_out)}, of a head {len(hit)}"
    clues = [h for h in heads if h["kind"] == "clue"]
    sealed = {h["id"] for f, h in hit if f.status == "sealed"}
    yield f"clues {len(clues)}, sealed {sum(h['id'] in sealed for h in clues)}, sealed in all {sum(o.found.status == 'sealed' for o in held_out)}"
    urgent = [h for h in heads if h["urgency"] == "urgent"]
    told = {h["id"] for f, h in hit if f.urgency == "urgent"}
    yield f"urgent {len(urgent)}, told {sum(h['id'] in told for h in urgent)}, told in all {sum(o.found.urgency == 'urgent' for o in held_out)}"
    for name, labels in (("kind", KINDS), ("field", FIELDS)):
        for label in labels:
            gold = sum(h[name] == label for _, h in hit)
            called = sum(getattr(f, name) == label for f, _ in hit)
            both = sum(h[name] == label == getattr(f, name) for f, h in hit)
            yield f"{name:<6}{label:<12}precision {both / max(1, called):.3f}  recall {both / max(1, gold):.3f}  n {gold}"


def train(folder: Path, target: Path) -> None:
    """Learn from the folder's examples, print held-out figures and write the model file."""
    items = examples(read_examples(folder))
    folds = [fold_of(e.line.group) for e in items]
    pieces, features, labels = [], [], []
    for fold in range(_FOLDS):
        lines = learn_lines([e for e, f in zip(items, folds, strict=True) if f != fold])
        held = [e for e, f in zip(items, folds, strict=True) if f == fold]
        blank = Model(arrays_of(lines, [0.0] * ATTACH_SIZE, STARTING_LIMITS, VERSION))
        found, wanted = attach_pairs(held, readings_of(held, blank))
        features += found
        labels += wanted
        pieces.append((lines, held))
    attach = learn_attach(features, labels)
    held_out: list[Outcome] = []
    for lines, held in pieces:
        held_out += outcomes(held, Model(arrays_of(lines, attach, STARTING_LIMITS, VERSION)))
    chatter = sum(e.row["kind"] in {"chatter", "notice"} for e in items)
    limits = pick_limits(held_out, chatter)
    digest = sha256(json.dumps([e.row for e in items], ensure_ascii=False).encode()).hexdigest()[:8]
    arrays = arrays_of(learn_lines(items), attach, limits, f"{VERSION}+{digest}")
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type]
    heads = [e.row for e in items if e.row["kind"] in KINDS]
    for text in report(held_out, heads):
        sys.stdout.write(text + "\n")
    sys.stdout.write(f"limits {limits}\n")


if __name__ == "__main__":
    train(DATA / "examples", DATA / "model.npz")
