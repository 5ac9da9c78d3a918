"""What a request is about, guessed from word lists: field and its part, kind, danger, misconduct. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
DEFAULT_FIELD = "other"
_NOT_FIELDS = frozenset({"question", "suggestion", "danger", "conduct"})
_FIELD_LEAST = 2
_DANGER_LEAST = 2
_CONDUCT_LEAST = 4
_NOBODY_KNOWS = re.compile(
    r"(不知道?|不懂得?|不清楚|搞不清|弄不清)(该|应该|要)?"
    r"((归|是|由)?(谁|哪个?(部门|单位))(来)?(管|负责)|找(谁|哪个?(部门|单位)))"
)


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


def guess_sub(text: str, field: str) -> str:
    """Return the part of ``field`` (its code) whose words occur most, or "" where none does."""
    found = {code: _hits(text, words) for code, words in _parts().get(field, {}).items()}
    scores = {code: sum(map(len, hits)) for code, hits in found.items()}
    return max((code for code, n in scores.items() if n), key=lambda c: scores[c], default="")


def says_nobody_knows(text: str) -> bool:
    """Whether somebody says that they do not know whose business it is: 不知道归谁管."""
    return _NOBODY_KNOWS.search(text) is not None


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
    with (DATA / "field_words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            group = lists.setdefault(row["group"], {})
            group.update({word: int(row["weight"]) for word in row["words"].split()})
    return lists


@cache
def _parts() -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    parts: dict[str, dict[str, Mapping[str, int]]] = {}
    with (DATA / "subfield_words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words = dict.fromkeys(row["words"].split(), 1)
            parts.setdefault(row["field"], {})[row["code"]] = words
    return parts
