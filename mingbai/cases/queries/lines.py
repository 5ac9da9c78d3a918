"""One line per case, for lists; and the lists of villagers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from mingbai.cases import policies, words
from mingbai.cases.countdown import Countdown, count, count_days
from mingbai.cases.models import Ask, Case, Part, SubTask
from mingbai.cases.states import (
    AT_PETITION,
    LEVEL_WORDS,
    OPEN,
    PUBLICLY_SHOWN,
    RUNNING,
    SOLVED,
    STATE_WORDS,
    STOPPED,
    Level,
    State,
    headline,
)
from mingbai.kernel import clock, deadlines, masking
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.fields import inside
from mingbai.kernel.jinja import datetime_cn, day_cn
from mingbai.kernel.paging import Page, page
from mingbai.kernel.ports import case_fields
from mingbai.regions import queries as regions

NUMBER_LENGTH = 20
NEWEST = 100
COUNTY = 6
UNPLACED = "还不知道归谁管"
"""What stands for the field of a case that has none yet."""


@dataclass(frozen=True)
class CaseLine:
    """A case as lists show it. Names only officials in duty; ``title`` is masked for the public."""

    county: str
    number: str
    region: str
    village: str
    title: str
    state: State
    state_word: str
    headline: str
    kind: str
    field: str
    field_word: str
    sub_word: str
    level: Level
    level_word: str
    body_id: int
    body: str
    body_phone: str
    handler: str
    countdown: Countdown | None
    submitted_at: datetime
    answered_at: datetime | None
    supports: int
    urgent: bool
    overdue: bool
    urged: bool
    stopped: str
    is_public: bool
    version: int

    @property
    def tone(self) -> str:
        """The countdown's tone; empty when nothing is due."""
        return self.countdown.tone if self.countdown else ""

    @property
    def fact(self) -> str:
        """The line below the title: where it stands, how long is left, who joined."""
        clock_words = self.stopped or (self.countdown.words if self.countdown else "")
        parts = [f"{self.headline}，{clock_words}" if clock_words else self.headline]
        parts.append(datetime_cn(self.answered_at or self.submitted_at))
        if self.supports:
            parts.append(f"{self.supports} 人附议")
        return " · ".join(parts)


class Liner:
    """Turns rows into lines; loads the holidays once."""

    def __init__(self) -> None:
        self.now = clock.now()
        self._calendar: deadlines.Calendar | None = None

    @property
    def calendar(self) -> deadlines.Calendar:
        """Return the working days around today."""
        if self._calendar is None:
            self._calendar = deadlines.calendar(clock.local(self.now).date())
        return self._calendar

    def line(self, case: Case, village: str, *, clear: bool) -> CaseLine:
        """Return the line of a case; ``clear`` leaves the title as it was written."""
        state, level = State(case.state), Level(case.level)
        known = case.handler if "handler" in case._state.fields_cache else None
        handler = known.person.name if known is not None else ""
        return CaseLine(
            county=case.county,
            number=case.number,
            region=case.region,
            village=village,
            title=case.title if clear else masking.text(case.title),
            state=state,
            state_word=STATE_WORDS[state],
            headline=headline(state, level, case.body.name),
            kind=case.kind,
            field=case.field,
            field_word=case.get_field_display() or UNPLACED,
            sub_word=sub_word(case.field, case.sub),
            level=level,
            level_word=LEVEL_WORDS[level],
            body_id=case.body_id,
            body=case.body.name,
            body_phone=case.body.phone,
            handler=handler,
            countdown=self.countdown(case),
            submitted_at=case.submitted_at,
            answered_at=case.answered_at,
            supports=case.supports,
            urgent=case.urgent,
            overdue=case.overdue,
            urged=case.urged,
            stopped=stopped_words(case),
            is_public=case.is_public,
            version=case.version,
        )

    def countdown(self, case: Case) -> Countdown | None:
        """Return the countdown of an open case whose clock runs."""
        state = State(case.state)
        if case.due_at is None or state not in RUNNING:
            return None
        if state in AT_PETITION:
            return count_days(case.due_at, case.due_days, now=self.now)
        return count(
            case.due_at,
            case.due_days + case.extra_days,
            provisional=case.due_provisional,
            calendar=self.calendar,
            now=self.now,
        )

    def lines(
        self, cases: Iterable[Case], *, clear: bool | Callable[[Case], bool]
    ) -> Sequence[CaseLine]:
        """Return lines with the names of their villages (one query more)."""
        rows = list(cases)
        known = regions.regions({case.region for case in rows}) if rows else {}
        return [
            self.line(
                c,
                known[c.region].name if c.region in known else "",
                clear=clear(c) if callable(clear) else clear,
            )
            for c in rows
        ]


def sub_word(field: str, sub: str) -> str:
    """Return the Chinese word of a part of a field; empty where none is known."""
    known = case_fields().get(field)
    return known.parts.get(sub, "") if known is not None and sub else ""


def stopped_words(case: Case) -> str:
    """Return why the clock stands still and until when at the latest; empty while it runs."""
    state = State(case.state)
    if state not in STOPPED or case.resumes_at is None:
        return ""
    day = day_cn(case.resumes_at)
    if state is State.WAITING:
        return f"等反映人补充，时钟暂停，最迟 {day} 恢复"
    return f"经批准挂起，时钟暂停，{day} 恢复"


def rows(cases: QuerySet[Case] | None = None) -> QuerySet[Case]:
    """Return ``cases`` (all) with body and handler at hand."""
    wide = Case.objects.all() if cases is None else cases
    return wide.select_related("body", "handler__person").defer(
        "search", "handler__person__password"
    )


def brief(cases: QuerySet[Case] | None = None) -> QuerySet[Case]:
    """Return the same for lists, without the long texts."""
    return rows(cases).defer("text", "source_text")


def nameless() -> QuerySet[Case]:
    """Return cases with the body at hand, for public lists that name no handler."""
    return Case.objects.select_related("body").defer("search", "source_text", "text")


def shown() -> Q:
    """Return the filter "passers-by may read it"."""
    return Q(is_public=True, state__in=PUBLICLY_SHOWN)


def visible(viewer: Actor) -> Q:
    """Return the filter "``viewer`` may see its page", as ``policies.may_see`` decides it."""
    seen = shown()
    if viewer.person_id is not None:
        seen |= Q(reporter_id=viewer.person_id)
    if policies.handles(viewer):
        seen |= territory(viewer)
    return seen


def territory(actor: Actor) -> Q:
    """Return the filter "it stands on ``actor``'s desk": ``policies.may_open``, or public ones to watch.

    A whole county is asked for by its code and a smaller place by its range: either has its index,
    and both together mislead the planner, which takes them for independent.
    """
    here = Q(county=actor.scope) if len(actor.scope) == COUNTY else inside(actor.scope)
    if not policies.handles(actor):
        return here & shown()
    if policies.only_what_it_holds(actor):
        held = Q(body_id=actor.body_id)
        beside = _beside(actor)
        return here & (held | Q(pk__in=beside) if beside else held)
    return here


def _beside(actor: Actor) -> Sequence[int]:
    """Return the cases that the actor's body was asked to help with.

    They are few; listed, they leave the order of the cases it holds to an index.
    """
    helped = Part.objects.filter(body_id=actor.body_id or 0, released=False)
    asked = SubTask.objects.filter(body_id=actor.body_id or 0, withdrawn=False)
    asked = asked.exclude(asked_body_id=actor.body_id)
    return list(
        helped.values_list("case_id")
        .union(asked.values_list("case_id"))
        .values_list("case_id", flat=True)
    )


def helping(actor: Actor) -> Q:
    """Return the filter "``actor``'s body was asked to join in and has not answered"."""
    parts = Part.objects.filter(body_id=actor.body_id or 0, done_at__isnull=True)
    return Q(pk__in=parts.values("case_id"))


def deciding(actor: Actor) -> Q:
    """Return the filter "something waits for the decision of ``actor``'s body"."""
    asks = Ask.objects.filter(decider_id=actor.body_id or 0, decided_at__isnull=True)
    return Q(pk__in=asks.values("case_id"))


def village_cases(
    region: str, state: str = "open", after: str = "", *, size: int = 20
) -> Page[CaseLine]:
    """Return a page of the village's public cases, newest first; ``state`` is ``open`` or ``solved``."""
    wanted = {"open": OPEN, "solved": SOLVED}.get(state)
    if wanted is None:
        raise BadInput("没有这一类，请从在办或办结里选。", "state")
    cases = nameless().filter(shown(), county=region[:6], region=region, state__in=wanted)
    found = page(cases, order=("-submitted_at", "-id"), after=after, size=size)
    liner = Liner()
    return Page([liner.line(case, "", clear=False) for case in found.rows], found.next)


def mine(person_id: int, after: str = "") -> Page[CaseLine]:
    """Return a page of the cases that a villager filed, newest first."""
    cases = brief().filter(reporter_id=person_id)
    found = page(cases, order=("-submitted_at", "-id"), after=after, size=20)
    return Page(Liner().lines(found.rows, clear=True), found.next)


def search(actor: Actor, text: str, limit: int = 20) -> Sequence[CaseLine]:
    """Find cases that ``actor`` may see by number or words, newest first; blank text finds nothing."""
    wanted = text.strip()[:60]
    if not wanted:
        return []
    cases = brief().filter(visible(actor), matching(wanted))
    return Liner().lines(
        cases.order_by("-submitted_at", "-id")[:limit],
        clear=lambda case: policies.reads_clear(actor, case),
    )


def matching(text: str, scope: str = "", *, most: int | None = None, only_open: bool = False) -> Q:
    """Return the filter "number begins so, or all words occur" for cases inside ``scope``.

    Words are looked up by ``cases_found``, which shows what the transaction may see: row-level
    security keeps the index of words from everything but such a function. ``most`` takes the newest
    so many, ``only_open`` leaves out what is not asked for; both only make it cheaper.
    """
    if is_number(text):
        return Q(county=text[:6], number__startswith=text)
    found = RawSQL(
        "SELECT id FROM cases_found(plainto_tsquery('simple', %s), %s, %s, %s)",
        [words.wanted(text), scope, most, only_open],
    )
    return Q(pk__in=found)


def matching_few(text: str) -> Q:
    """Return the same filter where what is searched is little enough to read all of it."""
    if is_number(text):
        return Q(county=text[:6], number__startswith=text)
    return Q(search=SearchQuery(words.wanted(text), config="simple", search_type="plain"))


def is_number(text: str) -> bool:
    """Whether ``text`` is a case's number or its beginning."""
    return text[:6].isdigit() and len(text) <= NUMBER_LENGTH


def list_page(
    cases: QuerySet[Case],
    text: str,
    actor: Actor,
    *,
    order: Sequence[str],
    after: str,
    size: int,
    few: bool,
) -> Page[Case]:
    """Return a page of those of ``cases`` that ``text`` finds (blank: all), as ``brief`` gives them.

    ``few``: they are a body's own. Of a territory's the newest matches are tried before all of them:
    a word that everybody uses would give tens of thousands. Only the page's own rows are read whole.
    """
    wanted = text.strip()[:60]
    if not wanted and order[0] != "-submitted_at":
        return page(brief(cases), order=order, after=after, size=size)
    bare = cases.only(*(name.lstrip("-") for name in order))

    def at(*found: Q) -> Page[Case]:
        return page(bare.filter(*found), order=order, after=after, size=size)

    if not wanted:
        found = at()
    elif few or policies.only_what_it_holds(actor):
        found = at(matching_few(wanted))
    elif order[0] == "-submitted_at":
        found = at(matching(wanted, actor.scope, most=NEWEST))
        found = found if found.next else at(matching(wanted, actor.scope))
    else:
        found = at(matching(wanted, actor.scope, only_open=True))
    whole = brief().in_bulk([case.pk for case in found.rows])
    return Page([whole[case.pk] for case in found.rows], found.next)
