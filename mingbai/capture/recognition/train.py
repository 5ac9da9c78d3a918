"""Learning the chat model from examples.

Needs scikit-learn (`mingbai[train]`). Each example is one message of a whole conversation. Figures,
thresholds and the calibration come from conversations that the scored model has not seen; the chats
in `data/heldout` are read only to report figures.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from mingbai.capture.recognition.evaluating import (
    Heads,
    Outcome,
    Row,
    figures,
    macro_f1,
    outcomes,
    to_line,
)
from mingbai.capture.recognition.features import Talk, plain_texts, talk
from mingbai.capture.recognition.found import FIELDS, KINDS
from mingbai.capture.recognition.lexicon import lexicon
from mingbai.capture.recognition.model import (
    AFTER_VALUE,
    BITS,
    LINE_CLASSES,
    OUTPUTS,
    SUB_BITS,
    VERSION,
    Model,
    counted,
    in_order,
    lengths,
)
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader, suspicion_of
from mingbai.capture.recognition.same import WEIGHTS as SAME
from mingbai.capture.recognition.train_same import learn_same, read_scenes
from mingbai.capture.recognition.utterances import (
    JOINING,
    Reading,
    Thread,
    extend,
    joining_features,
    opened,
    readings,
    within_reach,
)
from mingbai.capture.recognition.weighing import WEIGHTS as WEIGHING
from mingbai.capture.recognition.weighing import weight_features

FOLDS: Final = 5
_LEAST_LINES = 2
_SEED = 20
_DENSE_SCALE = 0.15
_STRENGTH = 2.0
_SUB_STRENGTH = 30.0
_CHATTER_WEIGHT = 1.0
# Real groups hold less that matters than examples do.
_REAL_CHATTER = 0.85
_STRAY_WEIGHT = 2.0
# The examples hold more near misses than life does: of real talk less is wrong than these say.
_SURE_PRECISION = 0.91
_STRAYS_PER_1000 = 9.0
_CLUE_PRECISION = 0.75
_URGENT_RECALL = 0.95
_URGENT_LEAST = 0.06
_NEAR_HEADS = 6
# Weights below this change no sub-field and only make the file large.
_FAINT = 0.12
_STEPS = 24

Arrays = dict[str, npt.NDArray[Any]]
STARTING_LIMITS: Final = {
    "open": 0.12,
    "review": 0.2,
    "sure": 0.7,
    "join": 0.42,
    "clue": 0.47,
    "urgent": 0.35,
    "same": 1.0,
}


@dataclass(frozen=True)
class Examples:
    """Labelled lines in the reader's order with their features: `own` counts buckets by line."""

    rows: Sequence[Row]
    heard: Talk
    own: Any

    def part(self, chosen: npt.NDArray[np.bool_]) -> Examples:
        """The chosen lines; whole conversations, so that neighbours stay neighbours."""
        at = np.flatnonzero(chosen)
        rows = [self.rows[i] for i in at.tolist()]
        return Examples(rows, _talk_part(self.heard, at), self.own[at])


def _talk_part(heard: Talk, at: npt.NDArray[np.int64]) -> Talk:
    moved = np.full(len(heard.lines) + 1, -1, dtype=np.int64)
    moved[at] = np.arange(len(at))
    return Talk(
        lines=[heard.lines[i] for i in at.tolist()], plain=[heard.plain[i] for i in at.tolist()],
        own=heard.own[at], sums=heard.sums[at], after=moved[heard.after[at]],
        dense=heard.dense[at], suspicion=heard.suspicion[at],
    )  # fmt: skip


def examples(rows: Iterable[Row]) -> Examples:
    """The rows with their features, conversation by conversation."""
    pairs = [(to_line(row), row) for row in rows]
    pairs.sort(key=lambda pair: (pair[0].group, pair[0].said_at))
    heard = talk([line for line, _ in pairs], lexicon())
    rows_of, columns = in_order(heard.plain)
    ones = np.ones(len(rows_of), np.float32)
    own = csr_matrix((ones, (rows_of, columns)), shape=(len(pairs), 1 << BITS))
    return Examples([row for _, row in pairs], heard, own)


def kind_label(row: Row) -> str | None:
    """The class to learn for one line; None for lines that only make sense in their thread."""
    kind: str = row["kind"]
    if kind == "reply":
        return "chatter" if row["role"] == "villager" else "reply"
    return None if kind in {"detail", "support"} else kind


@dataclass(frozen=True)
class _Task:
    """One of the five things to learn: which lines, their labels and weights.

    ``steep`` turns a margin into a log chance, ``power`` tempers how unevenly buckets count; both
    found on folds.
    """

    classes: Sequence[str]
    labels: Sequence[str | None]
    weights: Sequence[float]
    steep: float
    power: float = 0.5


def _tasks(rows: Sequence[Row]) -> list[_Task]:
    kinds = [kind_label(row) for row in rows]
    heads = [row["kind"] if row["kind"] in KINDS else None for row in rows]
    fields = [row["field"] if row["field"] and row["text"] else None for row in rows]
    ones = [1.0] * len(rows)
    by_villagers = [row["role"] == "villager" for row in rows]
    chatter = [_CHATTER_WEIGHT if kind == "chatter" else 1.0 for kind in kinds]
    tasks = [
        _Task(LINE_CLASSES, kinds, chatter, 3.4),
        _Task(KINDS, heads, ones, 3.4),
        _Task(FIELDS, fields, ones, 3.0, power=1.0),
    ]
    for yes, weight in ((is_urgent, 4.0), (_is_clue, 1.5)):
        marks = [yes(row) for row in rows]
        labels = [
            str(int(mark)) if own else None for mark, own in zip(marks, by_villagers, strict=True)
        ]
        tasks.append(_Task(("1",), labels, [weight if mark else 1.0 for mark in marks], 4.5))
    return tasks


def is_urgent(row: Row) -> bool:
    """Whether the line states a present danger to life."""
    return row["urgency"] == "urgent" and row["kind"] in {*KINDS, "detail", "support"}


def _is_clue(row: Row) -> bool:
    return bool(row["kind"] == "clue")


def learn_lines(items: Examples) -> Arrays:
    """The five line models side by side, in the order of `OUTPUTS`."""
    parts = [_learn(items, task) for task in _tasks(items.rows)]
    weights = np.concatenate([part[1] for part in parts], axis=1)
    if weights.shape[1] != len(OUTPUTS):
        raise ValueError(f"{weights.shape[1]} outputs learned, expected {len(OUTPUTS)}")
    return {
        "scale": np.stack([part[0] for part in parts], axis=1).astype(np.float16),
        "hashed": weights[: 1 << BITS].astype(np.float16),
        "dense": weights[1 << BITS :].astype(np.float32),
        "bias": np.concatenate([part[2] for part in parts]).astype(np.float32),
    }


Numbers = npt.NDArray[Any]


def _learn(items: Examples, task: _Task) -> tuple[Numbers, Numbers, Numbers]:
    """Scales (buckets), weights (inputs × classes) and biases of one task.

    A linear support vector machine, one class against the rest. A class without examples is never
    predicted.
    """
    chosen = np.flatnonzero([label is not None for label in task.labels])
    labels = np.asarray([task.labels[i] for i in chosen.tolist()])
    scale = _telling(items.own[chosen], labels, task.power)
    learner = LinearSVC(C=_STRENGTH, tol=1e-2, max_iter=4000, random_state=_SEED)
    learner.fit(_inputs(items, scale)[chosen], labels, np.asarray(task.weights)[chosen])
    coefficients = task.steep * learner.coef_.T
    coefficients[: 1 << BITS] *= scale[:, None]
    coefficients[1 << BITS :] *= _DENSE_SCALE
    bias = task.steep * learner.intercept_
    if len(task.classes) == 1:
        return scale, coefficients, bias
    weight = np.zeros((len(coefficients), len(task.classes)))
    every = np.full(len(task.classes), -30.0)
    for i, name in enumerate(learner.classes_):
        at = task.classes.index(name)
        weight[:, at], every[at] = coefficients[:, i], bias[i]
    return scale, weight, every


def _telling(own: Any, labels: Numbers, power: float) -> Numbers:
    """How much each bucket tells: its strongest log ratio between one class and the rest; 0 if rare."""
    there = (own > 0).astype(np.float32)
    classes = sorted(set(labels.tolist()))
    held = np.stack([np.asarray(there[labels == name].sum(axis=0)).ravel() for name in classes])
    sizes = np.asarray([(labels == name).sum() for name in classes])[:, None]
    inside = (held + 1) / (sizes + 2)
    outside = (held.sum(axis=0) - held + 1) / (len(labels) - sizes + 2)
    telling = np.abs(np.log(inside / outside)).max(axis=0) ** power
    scale: Numbers = np.where(held.sum(axis=0) >= _LEAST_LINES, telling, 0).astype(np.float16)
    return scale.astype(np.float32)


def _inputs(items: Examples, scale: Numbers) -> Any:
    """What one linear model sees (lines × inputs): scaled buckets, then the dense features."""
    count = len(items.rows)
    squares = lengths(np.asarray(items.own @ (scale * scale)).ravel().astype(np.float32))
    own = diags(1 / squares) @ items.own @ diags(scale)
    at, slots = np.nonzero(items.heard.after >= 0)
    many = np.maximum(1, (items.heard.after >= 0).sum(axis=1))
    mixing = csr_matrix(
        (AFTER_VALUE / many[at], (at, items.heard.after[at, slots])), shape=(count, count)
    )
    dense = csr_matrix(_DENSE_SCALE * items.heard.dense)
    return hstack([own + mixing @ own, dense]).tocsr()


def learn_subs(rows: Sequence[Row]) -> Arrays:
    """The sub-fields of whole requests, questions and suggestions, their details with them."""
    texts: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for row in rows:
        head = row["id"] if row["kind"] in KINDS else row["about"]
        if row["kind"] in KINDS and row.get("sub"):
            names[row["id"]] = f"{row['field']}.{row['sub']}"
        if row["kind"] in {*KINDS, "detail"} and row["text"] and row["type"] in {"text", "voice"}:
            texts.setdefault(head, []).append(row["text"])
    # The head alone counts as well: often it is all there is.
    pairs = [(text, names[head]) for head, said in texts.items() if head in names
             for text in dict.fromkeys([said[0], " ".join(said)])]  # fmt: skip
    if len({name for _, name in pairs}) < len(KINDS):
        return _NO_SUBS
    plain = plain_texts([text for text, _ in pairs], lexicon())
    at, columns, values = counted(plain, SUB_BITS)
    data = csr_matrix((values[at], (at, columns)), shape=(len(pairs), 1 << SUB_BITS))
    learner = LogisticRegression(C=_SUB_STRENGTH, max_iter=60, tol=1e-3, random_state=_SEED)
    learner.fit(data, [name for _, name in pairs])
    weights = learner.coef_.T
    return {
        "sub_names": np.asarray(learner.classes_.tolist()),
        "sub_hashed": np.where(np.abs(weights) < _FAINT, 0, weights).astype(np.float16),
        "sub_bias": learner.intercept_.astype(np.float32),
    }


IDENTITY: Final = np.asarray([[0.0, 1.0], [0.0, 1.0]])
_NO_SUBS: Final = {
    "sub_names": np.asarray(["other.misc"]),
    "sub_hashed": np.zeros((1 << SUB_BITS, 1), np.float16),
    "sub_bias": np.zeros(1, np.float32),
}
_NOTHING: Final = {"joining": [0.0] * JOINING, "weighing": [0.0] * WEIGHING, "same": [0.0] * SAME}


def arrays_of(
    lines: Mapping[str, npt.NDArray[Any]], weights: Mapping[str, Sequence[float]],
    limits: Mapping[str, float] = STARTING_LIMITS,
    calibration: npt.NDArray[np.float64] = IDENTITY, version: str = f"{VERSION}+unnamed",
) -> Arrays:  # fmt: skip
    """All that a model file holds; `weights` are those of joining, weighing and same problems."""
    return {
        **_NO_SUBS,
        **lines,
        **{name: np.asarray(values, dtype=np.float64) for name, values in weights.items()},
        "calibration": calibration,
        "threshold_names": np.asarray(list(limits)),
        "thresholds": np.asarray(list(limits.values()), dtype=np.float64),
        "version": np.asarray(version),
    }


def joining_pairs(items: Examples, heard: Sequence[Reading]) -> tuple[list[list[float]], list[int]]:
    """(Line, open thread) pairs of the examples, threads kept as labelled."""
    features: list[list[float]] = []
    labels: list[int] = []
    open_threads: dict[str, Thread] = {}
    group = ""
    for at, (row, reading) in enumerate(zip(items.rows, heard, strict=True)):
        if reading.line.group != group:
            group, open_threads = reading.line.group, {}
        near = [(i, t) for i, t in open_threads.items() if within_reach(reading.line, t)]
        for head, thread in near[-_NEAR_HEADS:]:
            newest = thread is near[-1][1]
            part = joining_features(reading, at, thread, newest=newest)
            features.append([*reading.joining, *part])
            labels.append(int(row["about"] == head))
        if row["kind"] in KINDS:
            open_threads[row["id"]] = opened(reading, at)
        elif row["about"] in open_threads:
            extend(open_threads[row["about"]], reading, at)
    return features, labels


def _fit(
    features: Sequence[Sequence[float]], labels: Sequence[int], size: int,
    weights: Sequence[float] | None = None,
) -> list[float]:  # fmt: skip
    """Weights of a small linear model whose first feature is constant."""
    learner = LogisticRegression(C=3.0, max_iter=3000, fit_intercept=False, random_state=_SEED)
    learner.fit(np.asarray(features), np.asarray(labels), sample_weight=weights)
    found: list[float] = learner.coef_[0].tolist()
    if len(found) != size:
        raise ValueError(f"{len(found)} weights, expected {size}")
    return found


@dataclass(frozen=True)
class Unseen:
    """What models said of lines that they had not seen, over all folds."""

    rows: Sequence[Row]
    outcomes: list[Outcome]
    clue: list[tuple[float, Row]]
    urgent: list[tuple[float, Row]]
    kinds: list[tuple[str, str]]
    fields: list[tuple[str, str]]


def folds_by(rows: Sequence[Row], by: str) -> npt.NDArray[np.int64]:
    """The fold of each row: of its conversation, by name alone; or of its writer, in turn.

    Where there are fewer writers than folds, conversations are all there is.
    """
    if by == "conversation" or len({row["writer"] for row in rows}) < FOLDS:
        return np.asarray([sha256(r["conversation"].encode()).digest()[0] % FOLDS for r in rows])
    writers = {name: i % FOLDS for i, name in enumerate(sorted({r["writer"] for r in rows}))}
    return np.asarray([writers[row["writer"]] for row in rows])


@dataclass(frozen=True)
class _Fold:
    """The examples of one fold, with line models that have not seen them."""

    lines: Arrays
    held: Examples

    def model(self, **weights: Sequence[float]) -> Model:
        return Model(arrays_of(self.lines, {**_NOTHING, **weights}))


def unseen(items: Examples, by: str) -> tuple[Unseen, dict[str, list[float]]]:
    """Read every conversation with a model that has not seen its fold.

    Also gives the joining and weighing weights, learned from what those models say.
    """
    folds = folds_by(items.rows, by)
    parts = [
        _Fold(learn_lines(items.part(folds != fold)), items.part(folds == fold))
        for fold in range(FOLDS)
    ]
    pairs = [_joining_of(part) for part in parts]
    joining = _fit(
        [one for features, _ in pairs for one in features],
        [one for _, labels in pairs for one in labels], JOINING,
    )  # fmt: skip
    weighed = [_weighing_of(part, joining) for part in parts]
    result = Unseen(items.rows, [], [], [], [], [])
    for fold, part in enumerate(parts):
        others = _learn_weighing([w for at, w in enumerate(weighed) if at != fold])
        _judge(part.held, part.model(joining=joining, weighing=others), result)
    return result, {"joining": joining, "weighing": _learn_weighing(weighed)}


Labelled = tuple[list[list[float]], list[int]]


def _joining_of(part: _Fold) -> Labelled:
    model, held = part.model(), part.held
    heard = readings(held.heard, model.score(held.heard), [False] * len(held.rows))
    return joining_pairs(held, heard)


def _weighing_of(part: _Fold, joining: Sequence[float]) -> Labelled:
    heads = Heads(part.held.rows)
    features, labels = [], []
    reader = Reader(part.model(joining=joining), Gazetteer([]))
    for thread in reader.threads(part.held.heard.lines):
        features.append(weight_features(thread))
        labels.append(int(heads.of(r.line.id for r, _ in thread.members) is not None))
    return features, labels


def _learn_weighing(parts: Sequence[Labelled]) -> list[float]:
    features = [one for part, _ in parts for one in part]
    labels = [one for _, part in parts for one in part]
    return _fit(features, labels, WEIGHING, [1.0 if label else _STRAY_WEIGHT for label in labels])


def _judge(held: Examples, model: Model, into: Unseen) -> None:
    scores = model.score(held.heard)
    strength, ground = suspicion_of(held.heard, scores)
    into.outcomes.extend(outcomes(held.rows, held.heard.lines, model))
    for at, row in enumerate(held.rows):
        if row["role"] == "villager":
            into.clue.append((strength[at] if ground[at] else 0.0, row))
            into.urgent.append((float(scores.urgent[at]), row))
        if row["kind"] in KINDS:
            into.kinds.append((row["kind"], KINDS[int(scores.kind[at].argmax())]))
            into.fields.append((row["field"], FIELDS[int(scores.field[at].argmax())]))


def chatter_share(rows: Sequence[Row]) -> float:
    """How many lines of chatter in a real group each one of the examples stands for."""
    chatter = sum(row["kind"] in {"chatter", "notice"} for row in rows)
    return _REAL_CHATTER / (1 - _REAL_CHATTER) * (len(rows) - chatter) / max(1, chatter)


def calibration(seen: Sequence[Outcome], share: float) -> npt.NDArray[np.float64]:
    """Points (raw, calibrated) that turn a finding's raw confidence into how often it is right.

    ``share`` is what each stray counts for (`chatter_share`).
    """
    open_ones = [o for o in seen if o.found.status != "sealed"]
    raw = np.asarray([o.found.confidence for o in open_ones])
    right = np.asarray([o.head is not None for o in open_ones])
    learner = LogisticRegression(C=10.0)
    learner.fit(_log_odds(raw), right, np.where(right, 1.0, share))
    at = np.linspace(0, 1, _STEPS + 1)
    level: npt.NDArray[np.float64] = learner.predict_proba(_log_odds(at))[:, 1]
    return np.stack([at, level])


def _log_odds(chances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    kept = np.clip(chances, 0.01, 0.99)
    return np.log(kept / (1 - kept))[:, None]


def pick_limits(seen: Unseen, points: npt.NDArray[np.float64], share: float) -> dict[str, float]:
    """Thresholds from lines that the scored model has not seen."""
    limits = dict(STARTING_LIMITS)
    chances = [
        (float(np.interp(o.found.confidence, points[0], points[1])), o.head is not None)
        for o in seen.outcomes
        if o.found.status != "sealed"
    ]
    chatter = sum(row["kind"] in {"chatter", "notice"} for row in seen.rows)
    for step in range(99, 4, -1):
        taken = [hit for chance, hit in chances if chance >= step / 100]
        hits, strays = sum(taken), len(taken) - sum(taken)
        if 1000 * _REAL_CHATTER * strays / max(1, chatter) <= _STRAYS_PER_1000:
            limits["review"] = step / 100
        if hits and hits / (hits + share * strays) >= _SURE_PRECISION:
            limits["sure"] = step / 100
    limits["clue"] = _clue_limit(seen.clue, share)
    limits["urgent"] = _urgent_limit(seen.urgent)
    return limits


def _clue_limit(said: Sequence[tuple[float, Row]], share: float) -> float:
    """The lowest strength at which sealed lines are still mostly clues, chatter weighed up."""
    best = STARTING_LIMITS["clue"]
    for step in range(120, 14, -1):
        least = step / 100
        taken = [row for strength, row in said if strength >= least]
        right = sum(_part_of_clue(row) for row in taken)
        wrong = sum(
            (share if row["kind"] == "chatter" else 1.0) for row in taken if not _part_of_clue(row)
        )
        if right and right / (right + wrong) >= _CLUE_PRECISION:
            best = least
    return best


def _part_of_clue(row: Row) -> bool:
    return bool(row["kind"] == "clue" or row.get("about_kind") == "clue")


def _urgent_limit(said: Sequence[tuple[float, Row]]) -> float:
    """The threshold that keeps nearly all lines that state a danger."""
    strengths = sorted((strength for strength, row in said if is_urgent(row)), reverse=True)
    if not strengths:
        return STARTING_LIMITS["urgent"]
    kept = strengths[min(len(strengths) - 1, int(_URGENT_RECALL * len(strengths)))]
    return float(np.clip(kept, _URGENT_LEAST, STARTING_LIMITS["urgent"]))


@dataclass(frozen=True)
class Trained:
    """A model's arrays, and its figures on conversations that it had not seen."""

    version: str
    arrays: Arrays
    figures: dict[str, Any]


def train(rows: Sequence[Row], on_step: Callable[[str], None] = lambda text: None) -> Trained:
    """Learn from the rows; thresholds and figures come from five folds of writers.

    People talk differently from each other: what a model makes of somebody it has not heard is what
    counts.
    """
    items = examples(_with_owner_kinds(rows))
    on_step("特征已算好")
    seen, weights = unseen(items, "writer")
    on_step("交叉检验已做完")
    share = chatter_share(items.rows)
    points = calibration(seen.outcomes, share)
    limits = pick_limits(seen, points, share)
    learned = learn_lines(items)
    text = json.dumps(sorted(items.rows, key=lambda r: r["id"]), ensure_ascii=False, sort_keys=True)
    version = f"{VERSION}+{sha256(text.encode()).hexdigest()[:8]}"
    subs = learn_subs(items.rows)
    named = Model(arrays_of({**learned, **subs}, {**_NOTHING, **weights}, limits, points))
    told = learn_same(read_scenes(), named)
    limits["same"] = told.least
    weights["same"] = told.weights
    arrays = arrays_of({**learned, **subs}, weights, limits, points, version)
    made = _fold_figures(items, seen, points, limits)
    same = {"same_precision": told.precision, "same_recall": told.recall}
    return Trained(version, arrays, {**made, **same})


def _fold_figures(
    items: Examples, seen: Unseen, points: npt.NDArray[np.float64], limits: Mapping[str, float]
) -> dict[str, Any]:
    """Figures of the folds, with the thresholds that were picked on them."""
    from dataclasses import replace

    kept = []
    for o in seen.outcomes:
        if o.found.status == "sealed":
            kept.append(o)
            continue
        chance = float(np.interp(o.found.confidence, points[0], points[1]))
        if chance >= limits["review"]:
            status: Any = "sure" if chance >= limits["sure"] else "review"
            kept.append(Outcome(replace(o.found, status=status, confidence=chance), o.head))
    return {
        **figures(kept, items.rows),
        "kind_macro_f1": round(macro_f1(seen.kinds), 4),
        "field_macro_f1": round(macro_f1(seen.fields), 4),
        "limits": {name: round(value, 3) for name, value in limits.items()},
    }


def _with_owner_kinds(rows: Sequence[Row]) -> list[Row]:
    """The rows, those inside a thread with the kind of its head."""
    kinds = {row["id"]: row["kind"] for row in rows}
    return [{**row, "about_kind": kinds.get(row["about"])} for row in rows]


def cross_validate(rows: Sequence[Row], by: str) -> dict[str, Any]:
    """Figures of five folds by `conversation` or by `writer`."""
    items = examples(_with_owner_kinds(rows))
    seen, _ = unseen(items, by)
    share = chatter_share(items.rows)
    points = calibration(seen.outcomes, share)
    return _fold_figures(items, seen, points, pick_limits(seen, points, share))


def save(trained: Trained, file: Path | BinaryIO) -> None:
    """Write the model file."""
    np.savez_compressed(file, **trained.arrays)  # type: ignore[arg-type]
