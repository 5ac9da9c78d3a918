"""Open cases that sound alike, so that a neighbour's trouble is joined and not filed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.search import SearchQuery, SearchRank

from mingbai.cases import words
from mingbai.cases.models import Case, CaseEvent
from mingbai.cases.queries.lines import CaseLine, Liner, rows, shown
from mingbai.cases.states import ASCENDING, OPEN, SOLVED, State
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing

LEAST = 0.34
LOOKED_AT = 200
CONSIDERED = 40


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
class Answered:
    """An earlier public case with what was answered."""

    number: str
    title: str
    answer: str
    answered_at: datetime


def answered_like(county: str, text: str, limit: int = 3) -> Sequence[Answered]:
    """Return the county's public answered questions most alike to ``text``, best first."""
    cases = Case.objects.filter(
        shown(), county=county, kind=Case.Kind.QUESTION, state__in=SOLVED, answered_at__isnull=False
    )
    wanted = words.any_of(text)
    if not wanted:
        return []
    query = SearchQuery(wanted, config="simple", search_type="raw")
    cases = cases.filter(search=query).annotate(rank=SearchRank("search", query))
    scored = [
        (words.likeness(text, case.title, case.text), case)
        for case in cases.order_by("-rank", "-id")[:CONSIDERED]
    ]
    best = sorted((x for x in scored if x[0] >= LEAST), key=lambda x: (-x[0], -x[1].pk))[:limit]
    answers = dict(
        CaseEvent.objects.filter(county=county, case__in=[c.pk for _, c in best], verb="answer")
        .order_by("at", "id")
        .values_list("case_id", "text")
    )
    return [
        Answered(case.number, case.title, answers[case.pk], case.answered_at)
        for _, case in best
        if case.answered_at and answers.get(case.pk)
    ]


def search_tokens(text: str) -> str:
    """Return the words of ``text`` as the search vectors of cases and policies hold them."""
    return words.tokens(text)


def any_token(text: str) -> str:
    """Return a raw search query that finds whatever shares a word with ``text``; empty for no words."""
    return words.any_of(text)


def token_likeness(text: str, title: str, body: str) -> float:
    """Return how alike ``text`` is to a title and body, 0 to 1."""
    return words.likeness(text, title, body)


@dataclass(frozen=True)
class Asked:
    """An open question that the actor's body holds."""

    number: str
    title: str
    text: str
    region: str
    field: str
    version: int
    source: str
    source_id: str
    submitted_at: datetime
    due_at: datetime | None


def questions_to_answer(actor: Actor, limit: int = 30) -> Sequence[Asked]:
    """Return the open questions of the actor's body, the nearest deadline first."""
    fields = ("number", "title", "text", "region", "field", "version", "source", "source_id",
              "submitted_at", "due_at")  # fmt: skip
    rows = Case.objects.filter(
        county=actor.county,
        body_id=actor.body_id or 0,
        kind=Case.Kind.QUESTION,
        state__in=ASCENDING - {State.JOINT},
    )
    return [Asked(*row) for row in rows.order_by("due_at", "id").values_list(*fields)[:limit]]


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
