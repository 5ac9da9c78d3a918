"""The talk as clerks see it: lines under pseudonyms, with what the machine saw in them marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, QuerySet

from mingbai.capture.models import Finding, Message
from mingbai.capture.queries.words import MARKS

AROUND = 8
DURING = 40


@dataclass(frozen=True)
class Piece:
    """A stretch of a message; ``mark`` is the letter of the field it decided, or empty."""

    text: str
    mark: str = ""
    about: str = ""


@dataclass(frozen=True)
class TalkLine:
    """One message as the desk shows it; ``on`` when it belongs to the finding."""

    alias: str
    role: str
    said_at: datetime
    kind: str
    pieces: Sequence[Piece]
    on: bool


def shown(rows: QuerySet[Message]) -> QuerySet[Message]:
    """Return those of ``rows`` that a clerk may see: read by the machine, and not held as a clue."""
    return rows.filter(digested_at__isnull=False, held=False)


def talk_around(finding: Finding) -> list[TalkLine]:
    """Return the finding's messages with some before and after; none when they were forgotten."""
    own = shown(Message.objects.filter(county=finding.county, finding=finding))
    span = own.aggregate(first=Min("said_at"), last=Max("said_at"))
    if span["first"] is None:
        return []
    group = Message.objects.filter(county=finding.county, group=finding.group_id)
    talk = shown(group).select_related("member")
    before = talk.filter(said_at__lt=span["first"]).order_by("-said_at", "-id")[:AROUND]
    during = talk.filter(said_at__range=(span["first"], span["last"])).order_by("said_at", "id")
    after = talk.filter(said_at__gt=span["last"]).order_by("said_at", "id")[:AROUND]
    return [
        TalkLine(
            m.member.alias,
            m.member.role,
            m.said_at,
            m.kind,
            cut(m.text, m.external_id, finding.reasons)
            if m.finding_id == finding.pk
            else [Piece(m.text)],
            m.finding_id == finding.pk,
        )
        for m in (*list(before)[::-1], *during[:DURING], *after)
    ]


def cut(text: str, line: str, reasons: Iterable[dict[str, Any]]) -> list[Piece]:
    """Cut a line where reasons touch it. Where they overlap the shorter one is shown.

    A reason that spans the whole line says least about where to look, so it yields to all others.
    """
    spots = sorted(
        (
            (r["start"], r["end"], r["about"])
            for r in reasons
            if r["line_id"] == line and r["about"] in MARKS and 0 <= r["start"] < r["end"]
        ),
        key=lambda spot: (spot[1] - spot[0], spot),
    )
    kept: list[tuple[int, int, str]] = []
    for start, end, about in spots:
        if end <= len(text) and all(end <= s or start >= e for s, e, _ in kept):
            kept.append((start, end, about))
    pieces: list[Piece] = []
    place = 0
    for start, end, about in sorted(kept):
        if start > place:
            pieces.append(Piece(text[place:start]))
        pieces.append(Piece(text[start:end], MARKS[about], about))
        place = end
    if place < len(text) or not pieces:
        pieces.append(Piece(text[place:]))
    return pieces
