"""Learning which tellings are about the same problem, from scenes written for it.

A scene holds tellings from one to three groups over some weeks; those with the same letter are one
problem. Pairs inside a scene are hard to tell apart, pairs of different scenes easy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.lexicon import DATA
from mingbai.capture.recognition.model import Model
from mingbai.capture.recognition.reader import title_of
from mingbai.capture.recognition.same import (
    WEIGHTS,
    Print,
    alike,
    chance,
    comparable,
    outstanding,
    printed,
    rarities,
)

SCENES: Final = DATA / "same"
_FOLDS = 5
_SEED = 20
_START = datetime(2026, 3, 1, tzinfo=UTC)
_PRECISION = 0.81
_BESIDE = 12

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Pair:
    scene: str
    telling: str
    features: list[float]
    same: bool


def read_scenes(folder: Path = SCENES) -> list[Row]:
    """All tellings of the folder's jsonl files, in a fixed order."""
    rows: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        rows += [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines() if text]
    return rows


def _found(row: Row) -> Found:
    hour, minute = (int(part) for part in row["at"].split(":"))
    said = _START + timedelta(days=row["day"], hours=hour, minutes=minute)
    return Found(
        key=row["id"], group=f"{row['scene']}/{row['group']}", kind="request", field=row["field"],
        urgency="normal", place=row["place"], place_region=None, line_ids=(), head_ids=(),
        text=row["text"], title=title_of(row["text"], row["text"]), status="review", confidence=1.0,
        reasons=(), model="", said_at=said, ended_at=said, sender=row["sender"],
    )  # fmt: skip


def _pairs(rows: Sequence[Row], model: Model) -> list[_Pair]:
    troubles = model.subs([row["text"] for row in rows]).tolist()
    prints = {
        row["id"]: printed(_found(row), told) for row, told in zip(rows, troubles, strict=True)
    }
    rarity = rarities(prints.values())
    scenes: dict[str, list[Row]] = {}
    for row in rows:
        scenes.setdefault(row["scene"], []).append(row)
    names = sorted(scenes)
    result: list[_Pair] = []
    for at, name in enumerate(names):
        told = sorted(scenes[name], key=lambda row: (prints[row["id"]].said_at, row["id"]))
        others = [row for other in names[at + 1 : at + 1 + _BESIDE] for row in scenes[other]]
        for place, row in enumerate(told):
            later = prints[row["id"]]
            for before in told[:place]:
                _add(result, name, later, prints[before["id"]], rarity,
                     same=row["cluster"] == before["cluster"])  # fmt: skip
            for before in others:
                _add(result, name, later, prints[before["id"]], rarity, same=False)
    return result


def _add(
    into: list[_Pair], scene: str, later: Print, earlier: Print, rarity: dict[str, float], *, same: bool
) -> None:  # fmt: skip
    if comparable(later, earlier):
        into.append(_Pair(scene, later.key, alike(later, earlier, rarity), same))


def _fit(pairs: Sequence[_Pair]) -> list[float]:
    learner = LogisticRegression(C=0.3, max_iter=3000, fit_intercept=False, random_state=_SEED)
    learner.fit(np.asarray([p.features for p in pairs]), [p.same for p in pairs])
    weights: list[float] = learner.coef_[0].tolist()
    if len(weights) != WEIGHTS:
        raise ValueError(f"{len(weights)} weights, expected {WEIGHTS}")
    return weights


@dataclass(frozen=True)
class Learned:
    """Weights, the threshold picked on unseen scenes, and precision and recall of links there."""

    weights: list[float]
    least: float
    precision: float
    recall: float


def learn_same(rows: Sequence[Row], model: Model) -> Learned:
    """Learn from scenes, sub-fields being told by `model`.

    The threshold is the lowest that keeps most links right on scenes that the weights have not seen.
    """
    pairs = _pairs(rows, model)
    folds = [sha256(pair.scene.encode()).digest()[0] % _FOLDS for pair in pairs]
    links: list[tuple[float, bool]] = []
    total = 0
    for fold in range(_FOLDS):
        weights = _fit([p for p, f in zip(pairs, folds, strict=True) if f != fold])
        told: dict[str, list[tuple[float, bool]]] = {}
        for pair, at in zip(pairs, folds, strict=True):
            if at == fold:
                found = chance(weights, pair.features)
                told.setdefault(pair.telling, []).append((found, pair.same))
        for near in told.values():
            near.sort(reverse=True)
            links.append((outstanding([likely for likely, _ in near]), near[0][1]))
            total += any(same for _, same in near)
    best = (0.9, 1.0, 0.0)
    for step in range(95, 9, -1):
        least = step / 100
        called = [right for strength, right in links if strength >= least]
        if called and sum(called) / len(called) >= _PRECISION:
            best = (least, sum(called) / len(called), sum(called) / total)
    return Learned(_fit(pairs), *best)
