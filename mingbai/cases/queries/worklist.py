"""The work list: one inbox by deadline, narrowed by what an officer asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from mingbai.accounts import queries as accounts
from mingbai.cases import policies
from mingbai.cases.countdown import Countdown, Group, by_deadline
from mingbai.cases.models import Case, Field, SavedFilter, SubTask
from mingbai.cases.queries.beside import CheckView, SubTaskView, open_checks, open_subtasks
from mingbai.cases.queries.lines import (
    CaseLine,
    Liner,
    brief,
    deciding,
    helping,
    list_page,
    matching,
    territory,
)
from mingbai.cases.queries.staff import BY_DUE, BY_NEWEST
from mingbai.cases.states import LEVEL_WORDS, OPEN, SOLVED, STATE_WORDS, State, county_of
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing, no
from mingbai.regions import queries as regions

MOST_SHOWN = 20
MOST_EXPORTED = 5000
WHO = (
    ("ours", "本单位承办"),
    ("mine", "我经手"),
    ("ask", "等本单位决定"),
    ("help", "请本单位会办"),
    ("all", "辖区全部"),
)
STATES = (("open", "没办完"), ("solved", "有结果"), ("all", "全部状态"))
SOURCES = tuple(Case.Source.choices)
BATCHES = {"accept": "受理", "assign": "交办"}


@dataclass(frozen=True)
class Asked:
    """What an officer wants to see; every name is a parameter of the list's address."""

    who: str = "ours"
    state: str = "open"
    field: str = ""
    village: str = ""
    source: str = ""
    level: str = ""
    late: bool = False
    urgent: bool = False
    q: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Asked:
        """Return what an address asks for; what it does not know is left out."""
        known = {
            "who": {code for code, _ in WHO},
            "state": {code for code, _ in STATES} | {state.value for state in State},
            "field": set(Field.values),
            "source": set(Case.Source.values),
            "level": {level.value for level in LEVEL_WORDS},
        }
        chosen: dict[str, Any] = {n: given[n] for n, ok in known.items() if given.get(n) in ok}
        village = given.get("village", "")
        if village[:6].isdecimal() and len(village) <= 16 and village.isalnum():
            chosen["village"] = village
        chosen |= {name: given.get(name) == "1" for name in ("late", "urgent")}
        chosen["q"] = given.get("q", "").replace("\0", "").strip()[:60]
        if chosen["q"] and "who" not in chosen:  # words alone are looked for everywhere
            chosen = {"who": "all", "state": "all"} | chosen
        if chosen.get("who") in {"ask", "help"}:  # what waits, waits in every state
            chosen = {"state": "all"} | chosen
        return cls(**chosen)

    @property
    def query(self) -> str:
        """The same as an address, defaults left out but for whose they are."""
        plain = asdict(Asked())
        kept = {n: v for n, v in asdict(self).items() if v != plain[n] or n == "who"}
        return urlencode({n: "1" if v is True else v for n, v in kept.items()})

    @property
    def by_deadline(self) -> bool:
        """Whether only cases with a running deadline are asked for, so that it sorts them."""
        return self.state == "open" or self.state in {state.value for state in OPEN}


@dataclass(frozen=True)
class FilterView:
    """A saved choice of filters."""

    id: int
    name: str
    query: str
    is_default: bool


@dataclass(frozen=True)
class WorkLine:
    """A case of the list with its open sub-tasks."""

    line: CaseLine
    subtasks: int

    @property
    def countdown(self) -> Countdown | None:
        """The countdown of its case."""
        return self.line.countdown


@dataclass(frozen=True)
class WorkList:
    """A page of the list; the sub-tasks and checks that wait stand on the first page only."""

    groups: Sequence[Group]
    next: str
    filters: Sequence[FilterView]
    villages: Sequence[tuple[str, str]]
    subtasks: Sequence[SubTaskView]
    checks: Sequence[CheckView]


@dataclass(frozen=True)
class Pick:
    """A case that was ticked, in the version that was seen."""

    number: str
    version: int

    @classmethod
    def read(cls, text: str) -> Pick | None:
        """Return the pick of ``350525-2611-00001:3``, or None."""
        number, _, version = text.partition(":")
        if len(number) > 20 or not number[:6].isdecimal() or not version.isdecimal():
            return None
        return cls(number, int(version[:9]))


@dataclass(frozen=True)
class Foreseen:
    """What a batch would do to one ticked case."""

    pick: Pick
    line: CaseLine | None
    decision: Decision


def worklist(actor: Actor, asked: Asked, *, after: str = "", size: int = 30) -> WorkList:
    """Return a page of the actor's list. Raises ``Missing`` for posts that work on no cases."""
    cases = _narrowed(actor, replace(asked, q=""))
    order = BY_DUE if asked.by_deadline else BY_NEWEST
    few = asked.who != "all"
    found = list_page(cases, asked.q, actor, order=order, after=after, size=size, few=few)
    villages = _villages(actor)
    rows = _lines(found.rows, dict(villages))
    if asked.by_deadline:
        groups = by_deadline(rows)
    else:
        groups = [Group("按提交时间", "", rows)] if rows else []
    first = not after
    return WorkList(
        groups=groups,
        next=found.next,
        filters=saved_filters(actor),
        villages=villages if len(villages) > 1 else (),
        subtasks=open_subtasks(actor, size=MOST_SHOWN).rows if first else (),
        checks=open_checks(actor) if first else (),
    )


def narrowed(actor: Actor, asked: Asked) -> QuerySet[Case]:
    """Return the cases of the actor's desk that fit. Raises ``Missing``."""
    return brief().filter(pk__in=_narrowed(actor, asked))


def _narrowed(actor: Actor, asked: Asked) -> QuerySet[Case]:
    if not policies.handles(actor):
        raise Missing("worklist")
    return Case.objects.filter(territory(actor), *_conditions(actor, asked))


def default_query(actor: Actor) -> str:
    """Return the query with which the actor's list opens; empty when none was chosen."""
    row = _own_filters(actor).filter(is_default=True).first()
    return row.query if row else ""


def saved_filters(actor: Actor) -> Sequence[FilterView]:
    """Return the choices that the actor's post keeps, by name."""
    rows = _own_filters(actor).order_by("name", "id")
    return [FilterView(r.pk, r.name, r.query, r.is_default) for r in rows]


def foresee(actor: Actor, verb: str, picks: Sequence[Pick]) -> Sequence[Foreseen]:
    """Return what ``accept`` or ``assign`` would do to each ticked case, in the order ticked.

    A case that the actor may not open answers as one that does not exist.
    """
    if not policies.handles(actor) or verb not in BATCHES:
        raise Missing(verb)
    numbers = [pick.number for pick in picks]
    counties = {county_of(number) for number in numbers}
    rows = brief().filter(territory(actor), county__in=counties, number__in=numbers)
    known = {case.number: case for case in rows}
    lines = {line.number: line for line in Liner().lines(known.values(), clear=True)}
    return [_foresee(actor, verb, p, known.get(p.number), lines.get(p.number)) for p in picks]


def batch_receivers(actor: Actor) -> Sequence[accounts.BodyView]:
    """Return the bodies to which the actor's body may hand cases."""
    return accounts.receivers(actor.body_id or 0)


def _foresee(
    actor: Actor, verb: str, pick: Pick, case: Case | None, line: CaseLine | None
) -> Foreseen:
    if case is None:
        return Foreseen(pick, None, policies.MISSING_FOR_YOU)
    decision = policies.may(actor, case, verb)
    if decision and case.version != pick.version:
        decision = no("你勾选以后被别人改过，请刷新再办。")
    return Foreseen(pick, line, decision)


def _conditions(actor: Actor, asked: Asked) -> list[Q]:
    wanted = [_whose(actor, asked.who), _stands(asked.state)]
    if asked.field:
        wanted.append(Q(field=asked.field))
    if asked.village:
        wanted.append(Q(region=asked.village))
    if asked.source:
        wanted.append(Q(source=asked.source))
    if asked.level:
        wanted.append(Q(level=asked.level))
    if asked.urgent:
        wanted.append(Q(urgent=True))
    if asked.late:
        wanted.append(Q(state__in=OPEN, due_at__lt=clock.now()))
    if asked.q:
        wanted.append(matching(asked.q, actor.scope))
    return wanted


def _whose(actor: Actor, who: str) -> Q:
    held = {
        "ours": Q(body_id=actor.body_id),
        "mine": Q(handler_id=actor.post_id),
        "ask": deciding(actor),
        "help": helping(actor),
    }
    return held.get(who, Q())


def _stands(state: str) -> Q:
    if state == "open":
        return Q(state__in=OPEN)
    if state == "solved":
        return Q(state__in=SOLVED)
    return Q() if state == "all" else Q(state=state)


def _lines(cases: Sequence[Case], villages: Mapping[str, str]) -> list[WorkLine]:
    liner = Liner()
    rows = SubTask.objects.filter(case__in=cases, closed_at__isnull=True, withdrawn=False)
    counts = {
        found["case_id"]: found["n"]
        for found in rows.values("case_id").annotate(n=Count("pk")).order_by()
    }
    return [
        WorkLine(
            liner.line(case, villages.get(case.region, ""), clear=True), counts.get(case.pk, 0)
        )
        for case in cases
    ]


def _villages(actor: Actor) -> Sequence[tuple[str, str]]:
    return regions.village_names(actor.scope) if actor.county else ()


def _own_filters(actor: Actor) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(county=actor.county, post_id=actor.post_id or 0)


def state_choices() -> Sequence[tuple[str, str]]:
    """Return the choices of the state filter."""
    return [*STATES, *((state.value, word) for state, word in STATE_WORDS.items())]


def level_choices() -> Sequence[tuple[str, str]]:
    """Return the choices of the level filter."""
    return [(level.value, word) for level, word in LEVEL_WORDS.items()]
