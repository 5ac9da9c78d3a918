"""The supervising office's page: what of its territory is late, urged, pushed around, given to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.db.models import Count, Exists, OuterRef, Q

from mingbai.cases import policies, supervision
from mingbai.cases.models import Case, CaseEvent, Field, Mark
from mingbai.cases.passing import KIND_WORDS, Kind
from mingbai.cases.queries.lines import CaseLine, Liner, brief
from mingbai.cases.queries.pages import StepView, find, history
from mingbai.cases.states import OPEN, RUNNING, State
from mingbai.kernel import clock, deadlines, masking
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Decision, Missing, no
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import page
from mingbai.regions import queries as regions

NEAR = 3
"""Working days within which a deadline is near."""
SIZE = 30
LONGEST_ID = 18
COUNTY_SCOPE = 6
_UNTAKEN = frozenset({State.SUBMITTED, State.ESCALATED, State.ASSIGNED})


@dataclass(frozen=True)
class MarkView:
    """A mark as offices read it; ``quote`` is empty for whoever may not read the case."""

    id: int
    kind: str
    word: str
    evidence: str
    quote: str
    body: str
    label: str
    at: datetime
    known: bool
    outcome: str
    outcome_word: str
    reason: str
    settled_by: str
    settled_at: datetime | None
    may_settle: Decision


@dataclass(frozen=True)
class Watched:
    """A line of the page: the case as the viewer may read it, and its open marks."""

    line: CaseLine
    marks: Sequence[MarkView]


@dataclass(frozen=True)
class Narrowed:
    """How a list is narrowed: town (code), body (id), field and kind of mark; empty is all."""

    town: str = ""
    body: str = ""
    field: str = ""
    mark: str = ""


@dataclass(frozen=True)
class SupervisionPage:
    """One list of the page with the counts of all; ``next`` is the key of the page behind it."""

    which: str
    rows: Sequence[Watched]
    next: str
    counts: Mapping[str, int]
    towns: Sequence[tuple[str, str]]
    bodies: Sequence[tuple[str, str]]
    fields: Sequence[tuple[str, str]]
    kinds: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class WatchedCase:
    """One case for a supervising office; text and steps are empty when it may not read them."""

    line: CaseLine
    reads: bool
    text: str
    steps: Sequence[StepView]
    marks: Sequence[MarkView]
    may_press: Decision
    may_redo: Decision
    on_desk: bool


def may_supervise(actor: Actor) -> bool:
    """Whether the actor's post has the supervising page."""
    return supervision.watches(actor)


def supervision_page(
    actor: Actor, which: str, narrowed: Narrowed, after: str = ""
) -> SupervisionPage:
    """Return one list of the supervising page.

    ``which``: ``due`` within three working days, ``late``, ``urged``, ``escalated``, ``untaken`` by
    anybody for a working day, ``marked`` for passing the buck. Raises ``Missing`` for other posts,
    ``BadInput`` for a list that there is not.
    """
    if not supervision.watches(actor):
        raise Missing("supervision")
    lists = _lists(narrowed.mark)
    if which not in lists:
        raise BadInput("没有这一类，请从上面选。", "which")
    here = inside(actor.scope)
    near = here & _narrowed(narrowed)
    counted = Case.objects.filter(near & (Q(state__in=OPEN) | lists["marked"])).aggregate(
        **{name: Count("pk", filter=condition) for name, condition in lists.items()}
    )
    order = ("-submitted_at", "-id") if which == "marked" else ("due_at", "id")
    found = page(brief().filter(near & lists[which]), order=order, after=after, size=SIZE)
    return SupervisionPage(
        which=which,
        rows=_watched(actor, found.rows),
        next=found.next,
        counts=counted,
        towns=_towns(actor),
        bodies=_holders(here),
        fields=[(f.value, str(f.label)) for f in Field],
        kinds=[(kind.value, word) for kind, word in KIND_WORDS.items()],
    )


def watched_case(actor: Actor, county: str, number: str) -> WatchedCase:
    """Return one case for a supervising office. Raises ``Missing`` outside its territory."""
    case = find(county, number)
    if not supervision.may_watch(actor, case):
        raise Missing(number)
    reads, on_desk = supervision.reads(actor, case), bool(policies.may_open(actor, case))
    liner = Liner()
    steps = history(case, (), liner, clear=on_desk, inner=on_desk)
    marks = Mark.objects.select_related("body").filter(county=county, case=case)
    redo = policies.may(actor, case, "redo") if on_desk else no("")
    return WatchedCase(
        line=_line(actor, case, liner, regions.region(case.region).name),
        reads=reads,
        text=(case.text if on_desk else masking.text(case.text)) if reads else "",
        steps=steps if reads else [replace(step, text="") for step in steps],
        marks=[_view(actor, mark, case) for mark in marks.order_by("-at", "-id")],
        may_press=supervision.may_press(actor, case),
        may_redo=redo,
        on_desk=on_desk,
    )


def _lists(kind: str = "") -> dict[str, Q]:
    """Return the condition of each list; ``kind`` narrows what counts as marked."""
    now = clock.now()
    marks = Mark.objects.filter(
        county=OuterRef("county"), case=OuterRef("pk"), settled_at__isnull=True
    )
    if kind:
        marks = marks.filter(kind=kind)
    up = CaseEvent.objects.filter(county=OuterRef("county"), case=OuterRef("pk"), verb="escalate")
    waited = _last_day_over()
    return {
        "due": Q(
            state__in=RUNNING, due_at__gte=now, due_at__lte=deadlines.add_working_days(now, NEAR).at
        ),
        "late": Q(state__in=RUNNING, due_at__lt=now),
        "urged": Q(state__in=OPEN, urged=True),
        "escalated": Q(Exists(up), state__in=OPEN),
        "untaken": Q(state__in=_UNTAKEN)
        & (Q(received_at__lt=waited) | Q(received_at__isnull=True, clock_from__lt=waited)),
        "marked": Q(Exists(marks)),
    }


def _last_day_over() -> datetime:
    """Return the beginning of the last working day that is over: what came before it had a whole one."""
    now = clock.local(clock.now())
    calendar = deadlines.calendar(now.date())
    day = now.date() if now.time() > deadlines.END_OF_DAY else now.date() - timedelta(days=1)
    while not calendar.works(day):
        day -= timedelta(days=1)
    return datetime.combine(day, time.min, clock.SHANGHAI)


def _narrowed(narrowed: Narrowed) -> Q:
    where = Q()
    if narrowed.town:
        where &= inside(narrowed.town[:9])
    if narrowed.body:
        if not narrowed.body.isdecimal() or len(narrowed.body) > LONGEST_ID:
            raise BadInput("没有这个单位，请从单子里选。", "body")
        where &= Q(body_id=int(narrowed.body))
    if narrowed.field:
        where &= Q(field=narrowed.field)
    return where


def _towns(actor: Actor) -> Sequence[tuple[str, str]]:
    """Return the towns of a county's office to choose from; a town's office has only its own."""
    if len(actor.scope) != COUNTY_SCOPE:
        return ()
    return [(r.code, r.name) for r in regions.children(f"{actor.scope}000000")]


def _holders(here: Q) -> Sequence[tuple[str, str]]:
    """Return the bodies that hold open cases of the territory."""
    held = Case.objects.filter(here, state__in=OPEN).order_by("body__name", "body_id")
    return [(str(pk), name) for pk, name in held.values_list("body_id", "body__name").distinct()]


def _watched(actor: Actor, cases: Sequence[Case]) -> Sequence[Watched]:
    known = regions.regions({case.region for case in cases}) if cases else {}
    marks: dict[int, list[MarkView]] = {}
    by_id = {case.pk: case for case in cases}
    waiting = Mark.objects.select_related("body").filter(
        county__in={case.county for case in cases}, case__in=list(by_id), settled_at__isnull=True
    )
    for mark in waiting.order_by("at", "id"):
        marks.setdefault(mark.case_id, []).append(_view(actor, mark, by_id[mark.case_id]))
    liner = Liner()
    return [
        Watched(_line(actor, case, liner, known[case.region].name), marks.get(case.pk, ()))
        for case in cases
    ]


def _line(actor: Actor, case: Case, liner: Liner, village: str) -> CaseLine:
    """Return the line; whoever only watches reads no title of what is not public."""
    clear = policies.handles(actor)
    line = liner.line(case, village, clear=clear)
    if clear or policies.is_public(case):
        return line
    return replace(
        line, title=f"{line.field_word}，{'内容不公开' if not case.is_public else '还没受理'}"
    )


def _view(actor: Actor, mark: Mark, case: Case) -> MarkView:
    quote = mark.quote if supervision.reads(actor, case) else ""
    clear = policies.handles(actor)
    return MarkView(
        id=mark.pk,
        kind=mark.kind,
        word=KIND_WORDS[Kind(mark.kind)],
        evidence=mark.evidence,
        quote=quote if clear else masking.text(quote),
        body=mark.body.name,
        label=mark.label,
        at=mark.at,
        known=mark.known,
        outcome=mark.outcome,
        outcome_word=mark.get_outcome_display() if mark.outcome else "",
        reason=mark.reason,
        settled_by=mark.settled_by,
        settled_at=mark.settled_at,
        may_settle=supervision.may_settle(actor, mark, case),
    )
