"""Policy answers (政策问答): open questions beside what policies and earlier answers say to them.

Suggestions are found by search, never generated: each is somebody's own words with their source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Q, QuerySet

from mingbai.capture import policies
from mingbai.capture.models import ChatGroup, Finding, PolicyNote
from mingbai.cases import queries as cases
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

MOST = 3
CONSIDERED = 40
LEAST = 0.2


@dataclass(frozen=True)
class Suggestion:
    """A ready answer: ``source`` is the document, or the number of the case that was answered so."""

    key: str
    title: str
    text: str
    source: str
    number: str = ""


@dataclass(frozen=True)
class Question:
    """An open question with its village's name, the group that it came from, and suggestions."""

    case: cases.Asked
    village: str
    group: str
    suggestions: Sequence[Suggestion]


def questions(actor: Actor) -> Sequence[Question]:
    """Return the open questions that the actor's body is to answer, nearest deadline first.

    Raises ``Missing`` for those who handle no cases.
    """
    if not policies.may_answer(actor):
        raise Missing
    asked = cases.questions_to_answer(actor)
    places = regions.regions({one.region for one in asked})
    groups = {one.number: group_of(actor.county, one) for one in asked}
    return [
        Question(
            case=one,
            village=places[one.region].name if one.region in places else one.region,
            group=found.name if (found := groups[one.number]) else "",
            suggestions=suggestions(one.region, f"{one.title} {one.text}"),
        )
        for one in asked
    ]


def group_of(county: str, asked: cases.Asked) -> ChatGroup | None:
    """Return the group in which the question was asked, while that is still known (a week)."""
    if asked.source != "chat":
        return None
    rows = Finding.objects.filter(county=county, key=asked.source_id).select_related("group")
    finding = rows.first()
    return finding.group if finding else None


def suggestions(region: str, text: str) -> Sequence[Suggestion]:
    """Return up to three answers from policies in force there and earlier answered questions.

    Policies come first: they are the rule, an earlier answer only tells how it was applied.
    """
    found = [*_policies(region, text), *_earlier(region[:6], text)]
    best = sorted(found, key=lambda pair: -pair[0])[:MOST]
    return [suggestion for _, suggestion in best]


def _policies(region: str, text: str) -> list[tuple[float, Suggestion]]:
    wanted = cases.any_token(text)
    if not wanted:
        return []
    query = SearchQuery(wanted, config="simple", search_type="raw")
    rows = in_force(region).filter(words=query).annotate(rank=SearchRank("words", query))
    result = []
    for note in rows.order_by("-rank", "-id")[:CONSIDERED]:
        alike = cases.token_likeness(text, note.title, note.text)
        if alike >= LEAST:
            shown = Suggestion(f"policy-{note.pk}", note.title, note.text, note.source)
            result.append((alike + 0.1, shown))
    return result


def _earlier(county: str, text: str) -> list[tuple[float, Suggestion]]:
    return [
        (
            cases.token_likeness(text, one.title, one.answer),
            Suggestion(f"case-{one.number}", one.title, one.answer, "以前的答复", one.number),
        )
        for one in cases.answered_like(county, text, MOST)
    ]


def in_force(region: str) -> QuerySet[PolicyNote]:
    """Return the policies that hold today in a region: its own and those of the levels above."""
    today = clock.today()
    covering = {region, region[:9] + "000" + region[12:], region[:6] + "000000"}
    rows = PolicyNote.objects.filter(county=region[:6], region__in=covering, since__lte=today)
    return rows.filter(Q(until__isnull=True) | Q(until__gte=today))


def policy_notes(actor: Actor, after: str = "") -> Page[PolicyNote]:
    """Return a page of the county's policy answers, by title. Raises ``Missing`` without the right."""
    if not policies.may_answer(actor) and not policies.may_keep_policies(actor):
        raise Missing
    rows = PolicyNote.objects.filter(county=actor.county).defer("words")
    return page(rows, order=("region", "title", "id"), after=after, size=50)


def policy_note(actor: Actor, note_id: int) -> PolicyNote:
    """Return one policy answer of the county for its keepers. Raises ``Missing``."""
    if not policies.may_keep_policies(actor):
        raise Missing
    note = PolicyNote.objects.filter(county=actor.county, pk=note_id).first()
    if note is None:
        raise Missing
    return note


def policy_places(actor: Actor) -> dict[str, str]:
    """Return the county and its towns inside the actor's territory, by code: where policies may hold."""
    county = regions.regions([f"{actor.county}000000"])
    levels = [regions.Level.TOWN]
    towns = regions.inside(actor.scope).filter(level__in=levels).order_by("code")
    names = {code: place.name for code, place in county.items() if actor.covers(code)}
    return names | {town.code: town.name for town in towns}


def may_answer(actor: Actor) -> bool:
    """Whether the actor answers questions."""
    return bool(policies.may_answer(actor))


def may_keep_policies(actor: Actor) -> bool:
    """Whether the actor writes policy answers."""
    return bool(policies.may_keep_policies(actor))
