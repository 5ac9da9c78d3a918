"""How well findings fit labelled talk: the shipped examples, and the chats that are kept out of learning."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mingbai.capture.recognition.found import FIELDS, KINDS, Found
from mingbai.capture.recognition.lexicon import DATA
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader

if TYPE_CHECKING:
    from mingbai.capture.recognition.model import Model

EXAMPLES: Final = DATA / "examples"
HELDOUT: Final = DATA / "heldout"
_CHINA = timezone(timedelta(hours=8))
_ANY_DAY = "2026-01-01"

Row = dict[str, Any]


def read_examples(folder: Path = EXAMPLES) -> list[Row]:
    """All rows of the folder's jsonl files, in a fixed order."""
    rows: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        rows += [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines() if text]
    return rows


def to_line(row: Row) -> Line:
    """An example as the line that the reader would get.

    Conversations stand alone; a held-out chat names its group and day (`group|village|date`), and
    its conversations follow each other. Lines of one minute keep their order.
    """
    name, _, day = row.get("group", f"{row['conversation']}||{_ANY_DAY}").split("|")
    start = datetime.fromisoformat(f"{day}T{row['start']}:00").replace(tzinfo=_CHINA)
    number = row["id"].rpartition("-")[2]
    place = int(number) if number.isdigit() else 0
    return Line(
        id=row["id"], group=f"{row['writer']}/{name}", sender=row["sender"], role=row["role"],
        said_at=start + timedelta(minutes=row["at"], milliseconds=place), type=row["type"],
        text=row["text"] or "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding of an unseen conversation beside the label that it hits, if any."""

    found: Found
    head: Row | None


class Heads:
    """Which labelled head the lines of a finding or thread belong to, by most of its lines."""

    def __init__(self, rows: Iterable[Row]) -> None:
        rows = list(rows)
        self._heads = {row["id"]: row for row in rows if row["kind"] in KINDS}
        self.owner = {name: name for name in self._heads} | {
            row["id"]: row["about"] for row in rows if row["kind"] in {"detail", "support"}
        }

    def of(self, line_ids: Iterable[str]) -> Row | None:
        """The head that most of these lines belong to; None when none does."""
        votes = [self.owner[i] for i in line_ids if i in self.owner]
        head = max(sorted(set(votes)), key=votes.count) if votes else None
        return self._heads.get(head) if head else None


def outcomes(rows: Sequence[Row], lines: Sequence[Line], model: Model) -> list[Outcome]:
    """What the reader finds in the rows' lines, each finding beside its labelled head."""
    heads = Heads(rows)
    found = Reader(model, Gazetteer([])).read(lines)
    return [Outcome(item, heads.of(item.line_ids)) for item in found]


def evaluate(rows: Sequence[Row], model: Model) -> dict[str, Any]:
    """Figures of a model on labelled talk that it has not seen, each writer's groups a town of its own."""
    by_writer: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_writer[row["writer"]].append(row)
    seen = [
        outcome
        for own in by_writer.values()
        for outcome in outcomes(own, [to_line(row) for row in own], model)
    ]
    return {**figures(seen, rows), **_joining(seen, rows), **_same(seen, rows)}


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """The mean F1 of (true, called) labels over the labels that are true of anything."""
    scores = []
    for label in sorted({true for true, _ in pairs}):
        both = sum(true == called == label for true, called in pairs)
        count = sum(true == label for true, _ in pairs) + sum(c == label for _, c in pairs)
        scores.append(2 * both / count if count else 0.0)
    return sum(scores) / len(scores) if scores else 0.0


def figures(seen: Sequence[Outcome], rows: Sequence[Row]) -> dict[str, Any]:
    """How findings compare with labels: shares found and right, by kind and by field."""
    heads = [row for row in rows if row["kind"] in KINDS]
    hit = [(o.found, o.head) for o in seen if o.head is not None]
    ids = {head["id"] for _, head in hit}
    sealed = {head["id"] for found, head in hit if found.status == "sealed"}
    sure = [o for o in seen if o.found.status == "sure"]
    urgent = {head["id"] for found, head in hit if found.urgency == "urgent"}
    clues = [head for head in heads if head["kind"] == "clue"]
    dangers = [head for head in heads if head["urgency"] == "urgent"]
    called = [o for o in seen if o.found.kind == "clue"]
    strays = sum(o.head is None for o in seen)
    return {
        "lines": len(rows),
        "heads": len(heads),
        "found": _share(len(ids), len(heads)),
        "precision": _share(len(hit), len(seen)),
        "precision_sure": _share(sum(o.head is not None for o in sure), len(sure)),
        "found_by_sure": _share(len({o.head["id"] for o in sure if o.head}), len(heads)),
        "strays_per_1000": round(1000 * strays / max(1, len(rows)), 2),
        "clue_recall": _share(sum(head["id"] in sealed for head in clues), len(clues)),
        "clue_precision": _share(
            sum(o.head is not None and o.head["kind"] == "clue" for o in called), len(called)
        ),
        "urgent_recall": _share(sum(head["id"] in urgent for head in dangers), len(dangers)),
        "kind_accuracy": _share(sum(f.kind == h["kind"] for f, h in hit), len(hit)),
        "field_accuracy": _share(sum(f.field == h["field"] for f, h in hit), len(hit)),
        "kind": _by_label(hit, "kind", KINDS),
        "field": _by_label(hit, "field", FIELDS),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _by_label(
    hit: Sequence[tuple[Found, Row]], name: str, labels: Sequence[str]
) -> dict[str, dict[str, Any]]:
    result = {}
    for label in labels:
        true = sum(head[name] == label for _, head in hit)
        called = sum(getattr(found, name) == label for found, _ in hit)
        both = sum(head[name] == label == getattr(found, name) for found, head in hit)
        result[label] = {"precision": _share(both, called), "recall": _share(both, true), "n": true}
    return result


def _joining(seen: Sequence[Outcome], rows: Sequence[Row]) -> dict[str, float | None]:
    """B-cubed F1 of the lines that both the labels and the findings put somewhere."""
    true = Heads(rows).owner
    called = {line: o.found.joins or o.found.key for o in seen for line in o.found.line_ids}
    shared = true.keys() & called.keys()
    ours, theirs = defaultdict(set), defaultdict(set)
    for line in shared:
        ours[true[line]].add(line)
        theirs[called[line]].add(line)
    common = [len(ours[true[i]] & theirs[called[i]]) for i in sorted(shared)]
    precision = sum(n / len(theirs[called[i]]) for n, i in zip(common, sorted(shared), strict=True))
    recall = sum(n / len(ours[true[i]]) for n, i in zip(common, sorted(shared), strict=True))
    return {"joining": _share(2 * precision * recall, (precision + recall) * len(shared))}


def _same(seen: Sequence[Outcome], rows: Sequence[Row]) -> dict[str, float | None]:
    """How many links between findings are right, and how many labelled ones are found."""
    heads = {row["id"]: row for row in rows if row["kind"] in KINDS}
    true = {
        frozenset((name, f"{head['writer']}-{head['same_as']}"))
        for name, head in heads.items()
        if head.get("same_as")
    }
    hit = {o.found.key: o.head["id"] for o in seen if o.head is not None}
    called = {
        frozenset((hit[o.found.key], hit[o.found.same_as]))
        for o in seen
        if o.found.key in hit
        and o.found.same_as in hit
        and hit[o.found.key] != hit[o.found.same_as]
    }
    return {
        "same_precision": _share(len(true & called), len(called)),
        "same_recall": _share(len(true & called), len(true)),
    }
