"""What a request is about, guessed from word lists: field, kind, danger, misconduct. Pure functions."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "data" / "field_words.csv"
DEFAULT_FIELD = "other"
_NOT_FIELDS = frozenset({"question", "suggestion", "danger", "conduct"})
_FIELD_LEAST = 2
_DANGER_LEAST = 2
_CONDUCT_LEAST = 4


@dataclass(frozen=True)
class Guess:
    """Field and kind (codes), the words that spoke for the field, danger to life, misconduct."""

    field: str
    kind: str
    words: tuple[str, ...]
    danger: bool
    conduct: bool


def guess(text: str) -> Guess:
    """Return what ``text`` seems to be about; unclear texts are field ``other``, kind ``request``."""
    found = {group: _hits(text, words) for group, words in _lists().items()}
    scores = {group: sum(hits.values()) for group, hits in found.items()}
    fields = sorted((g for g in scores if g not in _NOT_FIELDS), key=lambda g: -scores[g])
    best = fields[0] if scores[fields[0]] >= _FIELD_LEAST else DEFAULT_FIELD
    return Guess(
        field=best,
        kind=_kind(scores),
        words=tuple(found[best]) if best in found else (),
        danger=any(weight >= _DANGER_LEAST for weight in found["danger"].values()),
        conduct=scores["conduct"] >= _CONDUCT_LEAST,
    )


def _kind(scores: Mapping[str, int]) -> str:
    if scores["suggestion"] >= 2:
        return "suggestion"
    return "question" if scores["question"] >= 3 else "request"


def _hits(text: str, words: Mapping[str, int]) -> dict[str, int]:
    """Return the words that occur, without those that stand inside a longer one that occurs."""
    there = {word: weight for word, weight in words.items() if word in text}
    return {w: n for w, n in there.items() if not any(w != other and w in other for other in there)}


@cache
def _lists() -> Mapping[str, Mapping[str, int]]:
    lists: dict[str, dict[str, int]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            group = lists.setdefault(row["group"], {})
            group.update({word: int(row["weight"]) for word in row["words"].split()})
    return lists
