"""Open cases that sound alike, so that a neighbour's trouble is joined and not filed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mingbai.cases import words
from mingbai.cases.models import Case
from mingbai.cases.queries.lines import CaseLine, Liner, rows, shown
from mingbai.cases.states import OPEN
from mingbai.kernel.decisions import Missing

LEAST = 0.34
LOOKED_AT = 200


@dataclass(frozen=True)
class OpenCase:
    """What recognising needs of an open case, public or not."""

    number: str
    region: str
    title: str
    text: str
    field: str
    kind: str
    place: str
    submitted_at: datetime


def similar_open(region: str, text: str, limit: int = 3) -> Sequence[CaseLine]:
    """Return the village's open public cases most alike to ``text``, best first."""
    cases = rows().filter(shown(), county=region[:6], region=region, state__in=OPEN)
    scored = [
        (words.likeness(text, case.title, f"{case.text} {case.place}"), case)
        for case in cases.order_by("-submitted_at", "-id")[:LOOKED_AT]
    ]
    best = sorted((x for x in scored if x[0] >= LEAST), key=lambda x: (-x[0], -x[1].pk))[:limit]
    liner = Liner()
    return [liner.line(case, "", clear=False) for _, case in best]


def open_of_village(region: str) -> Sequence[OpenCase]:
    """Return the village's open cases, newest first, at most 200; the caller's scope bounds them."""
    fields = ("number", "region", "title", "text", "field", "kind", "place", "submitted_at")
    cases = Case.objects.filter(county=region[:6], region=region, state__in=OPEN)
    return [
        OpenCase(*row) for row in cases.order_by("-submitted_at").values_list(*fields)[:LOOKED_AT]
    ]


@dataclass(frozen=True)
class Standing:
    """What a move needs to know beforehand: who holds the case, its state, field and version."""

    state: str
    level: str
    body_id: int
    field: str
    version: int


def standing(county: str, number: str) -> Standing:
    """Return where a case stands; the caller's scope bounds it. Raises ``Missing``."""
    row = (
        Case.objects.filter(county=county, number=number)
        .values_list("state", "level", "body_id", "field", "version")
        .first()
    )
    if row is None:
        raise Missing(number)
    return Standing(*row)
