"""One line per case, for lists; and the lists of villagers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

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
from mingbai.regions import queries as regions

NUMBER_LENGTH = 17


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
            field_word=case.get_field_display(),
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


def stopped_words(case: Case) -> str:
    """Return why the clock stands still and until when at the latest; empty while it runs."""
    state = State(case.state)
    if state not in STOPPED or case.resumes_at is None:
        return ""
    day = day_cn(case.resumes_at)
    if state is State.WAITING:
        return f"等反映人补充，时钟暂停，最迟 {day} 恢复"
    return f"经批准挂起，时钟暂停，{day} 恢复"


def rows() -> QuerySet[Case]:
    """Return cases with body and handler at hand."""
    wide = Case.objects.select_related("body", "handler__person")
    return wide.defer("search", "handler__person__password")


def brief() -> QuerySet[Case]:
    """Return the same for lists, without the long texts."""
    return rows().defer("text", "source_text")


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
    """Return the filter "it stands on ``actor``'s desk": ``policies.may_open``, or public ones to watch."""
    here = inside(actor.scope)
    if not policies.handles(actor):
        return here & shown()
    if policies.only_what_it_holds(actor):
        helped = Part.objects.filter(body_id=actor.body_id or 0, released=False)
        asked = SubTask.objects.filter(body_id=actor.body_id or 0, withdrawn=False)
        asked = asked.exclude(asked_body_id=actor.body_id)
        return here & (
            Q(body_id=actor.body_id)
            | Q(pk__in=helped.values("case_id"))
            | Q(pk__in=asked.values("case_id"))
        )
    return here


def helping(actor: Actor) -> Q:
    """Return the filter "``actor``'s body was asked to join in and has not answered"."""
    parts = Part.objects.filter(body_id=actor.body_id or 0, done_at__isnull=True)
    return Q(pk__in=parts.values("case_id"))


def deciding(actor: Actor) -> Q:
    """Return the filter "something waits for the decision of ``actor``'s body"."""
    asks = Ask.objects.filter(decider_id=actor.body_id or 0, decided_at__isnull=True)
    return Q(pk__in=asks.values("case_id"))


def village_cases(region: str, state: str = "open", after: str = "") -> Page[CaseLine]:
    """Return a page of the village's public cases, newest first; ``state`` is ``open`` or ``solved``."""
    wanted = {"open": OPEN, "solved": SOLVED}.get(state)
    if wanted is None:
        raise BadInput("没有这一类，请从在办或办结里选。", "state")
    cases = nameless().filter(shown(), county=region[:6], region=region, state__in=wanted)
    found = page(cases, order=("-submitted_at", "-id"), after=after, size=20)
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


def matching(text: str) -> Q:
    """Return the filter "number begins so, or all words occur"."""
    if text[:6].isdigit() and len(text) <= NUMBER_LENGTH:
        return Q(county=text[:6], number__startswith=text)
    return Q(search=SearchQuery(words.wanted(text), config="simple", search_type="plain"))
