"""Findings of a chat export, in the form that scoring tools read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader

_SHORTEN = ("村", "社区")


def predict(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings for messages with id, group, village, sender, role, at, type and text.

    The gazetteer holds the villages that the messages name. Raises KeyError or ValueError for a
    message without these or with a time that is not ISO 8601.
    """
    from mingbai.capture.recognition.model import Model

    rows = list(messages)
    reader = Reader(Model.load(), Gazetteer(_villages(rows)))
    return [_row(found) for found in reader.read([_line(row) for row in rows])]


def _villages(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str]]:
    for village in sorted({row["village"] for row in rows if row.get("village")}):
        yield village, village
        for ending in _SHORTEN:
            if village.endswith(ending) and len(village) > len(ending) + 1:
                yield village.removesuffix(ending), village


def _line(row: dict[str, Any]) -> Line:
    text = (row["text"] or "").encode("utf-8", "replace").decode("utf-8")
    return Line(
        id=row["id"], group=row["group"], sender=row["sender"], role=row["role"],
        said_at=datetime.fromisoformat(row["at"]), type=row["type"], text=text,
    )  # fmt: skip


def _row(found: Found) -> dict[str, Any]:
    return {
        "id": found.key,
        "group": found.group,
        "kind": found.kind,
        "field": found.field,
        "urgency": found.urgency,
        "place": found.place,
        "messages": list(found.line_ids),
        "status": found.status,
        "confidence": found.confidence,
        "same_as": found.same_as,
    }
