"""What the clock does: it reminds, urges and sends up what is late, closes what nobody rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases.commands import staffing
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.lapsing import lapse
from mingbai.cases.commands.moving import Step, Turn, build_event, level_of, turn
from mingbai.cases.commands.routing import above
from mingbai.cases.commands.telling import Postman, name_of, tell_move
from mingbai.cases.deadline_table import rule
from mingbai.cases.models import Case, CaseEvent
from mingbai.cases.states import ASCENDING, RUNNING, Level, State, done_word
from mingbai.kernel import clock, deadlines
from mingbai.kernel.actors import SYSTEM

BATCH = 1000
_COLUMNS: tuple[tuple[str, str], ...] = (
    ("state", "text"),
    ("level", "text"),
    ("body_id", "bigint"),
    ("handler_id", "bigint"),
    ("from_body_id", "bigint"),
    ("received_at", "timestamptz"),
    ("clock_from", "timestamptz"),
    ("due_at", "timestamptz"),
    ("due_days", "int"),
    ("due_provisional", "bool"),
    ("extra_days", "int"),
    ("overdue", "bool"),
    ("urged", "bool"),
    ("next_at", "timestamptz"),
    ("steps_done", "text"),
    ("stopped_at", "timestamptz"),
    ("resumes_at", "timestamptz"),
    ("version", "int"),
)
_UPDATE = (
    "UPDATE cases_case c SET "  # noqa: S608 - names of our own columns
    + ", ".join(f"{name} = v.{name}" for name, _ in _COLUMNS)
    + " FROM unnest(%s::bigint[], "
    + ", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)
    + ") AS v(id, "
    + ", ".join(name for name, _ in _COLUMNS)
    + ") WHERE c.county = %s AND c.id = v.id"
)


@dataclass
class _Batch:
    """What a batch changes, written at once at its end."""

    clocks: Clockmaker = field(default_factory=Clockmaker)
    post: Postman = field(default_factory=Postman)
    cases: list[Case] = field(default_factory=list)
    events: list[CaseEvent] = field(default_factory=list)
    trail: dict[str, list[audit.Line]] = field(default_factory=lambda: defaultdict(list))
    turned: list[Turn] = field(default_factory=list)
    ways: dict[tuple[object, ...], accounts.BodyView | None] = field(default_factory=dict)

    def say(self, case: Case, verb: str, *, late: bool = False, text: str = "") -> None:
        """Put a step that leaves the state alone into the history and on the trail."""
        self.events.append(build_event(case, verb, SYSTEM, late=late, text=text))
        self.trail[verb].append(
            audit.Line(
                case.number, region=case.region, county=case.county, detail={"level": case.level}
            )
        )

    def move(self, case: Case, verb: str, step: Step) -> None:
        """Make a move of the system; those of a batch are told like single ones."""
        made = turn(case, verb, SYSTEM, step, self.clocks)
        if made.stop is not None:
            made.stop.save()
        self.turned.append(made)
        self.events.append(made.event)
        self.trail[verb].append(made.line)
        tell_move(self.post, case, verb, SYSTEM)

    def up(self, case: Case) -> accounts.BodyView | None:
        """Return who takes the case when it goes up, looked up once for cases alike."""
        key = (case.level, case.body_id, case.field, case.region)
        if key not in self.ways:
            found = _above(case)
            self.ways[key] = staffing.staffed(found) if found else None
        return self.ways[key]

    def write(self, county: str) -> None:
        """Write everything: one statement for the rows, one for each table beside them."""
        if self.cases:
            columns: list[list[Any]] = [[case.pk for case in self.cases]]
            columns += [[getattr(c, name) for c in self.cases] for name, _ in _COLUMNS]
            with connection.cursor() as cursor:
                cursor.execute(_UPDATE, [*columns, county])
        for handed_on in (True, False):
            gone = [t.case for t in self.turned if (t.verb in {"escalate", "lift"}) is handed_on]
            if gone:
                lapse(gone, handed_on=handed_on)
        CaseEvent.objects.bulk_create(self.events, batch_size=BATCH)
        for verb, lines in self.trail.items():
            audit.record_all(actor=SYSTEM, verb=f"case.{verb}", thing="case", lines=lines)
        self.post.deliver()


@transaction.atomic
def escalate_overdue(county: str) -> int:
    """Do what the clock of open cases asks for now; return for how many cases (at most ``BATCH``).

    In order: reminders (not accepted, no word yet, half and eighty per cent of the time used), past
    the deadline 催办, then 督办, then up one level, where the clock begins anew. At the top the case
    stays. A clock that stood still long enough runs again. Every step is told to whoever has to act
    and stands in the history that villagers read. Each case knows when it has to be looked at again,
    so a run that breaks off loses nothing and the next one goes on behind it; call it until 0.
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    due = rows.select_related("body").defer("text", "source_text", "search")
    due = due.filter(county=county, next_at__lt=clock.now())
    return _each(county, due.order_by("next_at", "id")[:BATCH], _step)


@transaction.atomic
def hand_up_unstaffed(county: str) -> int:
    """Give open cases of bodies in which nobody handles cases today to the body above; return how many."""
    held = Case.objects.filter(county=county, state__in=ASCENDING)
    bodies = held.values_list("body_id", flat=True).distinct()
    takers = {body: taker for body in bodies if (taker := _instead_of(body)) is not None}
    if not takers:
        return 0
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    left = rows.select_related("body").defer("text", "source_text", "search")
    left = left.filter(county=county, state__in=ASCENDING, body_id__in=takers)

    def lift(batch: _Batch, case: Case) -> bool:
        taker = takers[case.body_id]
        said = f"{case.body.name}现在没有承办人，交给{taker.name}。"
        batch.move(case, "lift", Step(receiver=taker, text=said))
        return True

    return _each(county, left.order_by("id")[:BATCH], lift)


@transaction.atomic
def close_silent(county: str) -> int:
    """Close cases answered 15 days ago that nobody rated; return how many (at most ``BATCH``)."""
    days = rule("silence")
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    silent = rows.select_related("body").defer("text", "source_text", "search")
    silent = silent.filter(
        county=county,
        state=State.ANSWERED,
        answered_at__lte=clock.now() - timedelta(days=days),
    )

    def close(batch: _Batch, case: Case) -> bool:
        batch.move(case, "close", Step(text=f"答复后 {days} 天没有评价，自动办结。"))
        return True

    return _each(county, silent.order_by("answered_at", "id")[:BATCH], close)


@transaction.atomic
def recompute_provisional(county: str) -> int:
    """Set anew the deadlines that awaited a year's holidays and are certain now; return how many.

    Start and working days of the level stay. One audit entry a case tells both dates. A deadline
    whose year is still unknown is left alone. Run it for each county after a year was loaded.
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True)
    waiting = list(
        rows.filter(county=county, due_provisional=True, state__in=RUNNING).order_by("id")
    )
    if not waiting:
        return 0
    calendar = deadlines.calendar(min(clock.local(case.clock_from).date() for case in waiting))
    clocks, done = Clockmaker(), 0
    for case in waiting:
        if calendar.add(case.clock_from, case.due_days + case.extra_days).provisional:
            continue
        was = case.due_at
        clocks.reset(case)
        _confirm(case, was)
        done += 1
    return done


def _each(county: str, rows: Iterable[Case], do: Callable[[_Batch, Case], bool]) -> int:
    batch = _Batch()
    for case in rows:
        if do(batch, case):
            batch.cases.append(case)
    batch.write(county)
    return len(batch.cases)


def _step(batch: _Batch, case: Case) -> bool:
    """Take every step of the clock that is due; the last one may begin a new clock."""
    for name in batch.clocks.due_steps(case):
        if name == "wake":
            text = (
                "" if State(case.state) is State.SUSPENDED else "没有等到补充，按现有情况接着办。"
            )
            batch.move(case, "wake", Step(text=text))
            return True
        if name == "escalate":
            taker = batch.up(case)
            if taker is not None:
                batch.move(case, "escalate", Step(receiver=taker))
                return True
            continue
        _REMIND[name](batch, case)
    batch.clocks.passed(case)
    return True


def _warn(name: str) -> Callable[[_Batch, Case], None]:
    """Return the reminder ``name``: to the handler, and a line in the history."""

    def warn(batch: _Batch, case: Case) -> None:
        batch.say(case, name, text=f"已提醒{case.body.name}。")
        batch.post.to_handler(case, done_word(name), f"{name_of(case)}{_DUE[name]}，请抓紧。")

    return warn


_DUE = {
    "unaccepted": "过了受理时限还没受理",
    "silent": "到现在还没给群众回话",
    "half": "用掉一半期限",
    "eighty": "用掉八成期限，快到期了",
}


def _overdue(batch: _Batch, case: Case) -> None:
    case.overdue = True
    batch.say(case, "overdue", late=True, text=f"已催{case.body.name}。")
    said = f"{name_of(case)}已过期限，请尽快办理并答复。"
    batch.post.to_body(case, case.body_id, "这件到期没办完", said)
    if case.reporter_id is not None:
        said = f"你反映的{name_of(case)}到期没办完，系统已催{case.body.name}。"
        batch.post.to_people(case, [case.reporter_id], "到期没办完，已催办", said)


def _urge(batch: _Batch, case: Case) -> None:
    case.urged = True
    over = batch.post.above(case.body_id)
    told = f"，已报{over.name}" if over else ""
    batch.say(case, "urge", late=True, text=f"已督促{case.body.name}{told}。")
    said = f"{name_of(case)}催办后还没办完，请今天办理并答复。"
    batch.post.to_body(case, case.body_id, "督办：这件还没办完", said)
    if over is not None:
        said = f"{case.number} 在{case.body.name}到期没办完，请督促。"
        batch.post.to_body(case, over.id, "督办：下级超期", said)
    said = f"{case.number} 在{case.body.name}到期没办完。"
    batch.post.to_discipline(case, "承办逾期", said)


_REMIND: dict[str, Callable[[_Batch, Case], None]] = {
    **{name: _warn(name) for name in _DUE},
    "overdue": _overdue,
    "urge": _urge,
}


def _instead_of(body_id: int) -> accounts.BodyView | None:
    """Return who takes the cases of a body in which nobody works today, None where somebody does."""
    if staffing.works(body_id):
        return None
    over = accounts.body_above(body_id)
    taker = staffing.staffed(over) if over is not None else None
    return taker if taker is not None and staffing.works(taker.id) else None


def _above(case: Case) -> accounts.BodyView | None:
    """Return the body on the next level: above the county only an office of the city."""
    if Level(case.level) in {Level.VILLAGE, Level.TOWN}:
        return above(case)
    at = accounts.body_above(case.body_id)
    while at is not None and level_of(at) is not Level.CITY:
        at = accounts.body_above(at.id)
    return at if at is not None and at.id != case.body_id else None


def _confirm(case: Case, was: datetime | None) -> None:
    case.save(
        update_fields=["due_at", "due_provisional", "overdue", "urged", "next_at", "steps_done"]
    )
    audit.record(
        actor=SYSTEM,
        verb="case.recompute_deadline",
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
        before={"due": was, "provisional": True},
        after={"due": case.due_at, "provisional": False},
        detail={
            "was": was.isoformat() if was else "",
            "due": case.due_at.isoformat() if case.due_at else "",
        },
    )
