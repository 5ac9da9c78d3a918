"""What the clock does: overdue cases go up, answered ones that nobody rates are closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, move, name_of, note, tell_body, write_event
from mingbai.cases.commands.routing import above
from mingbai.cases.deadline_table import standard
from mingbai.cases.models import Case, Deadline
from mingbai.cases.states import OPEN, State
from mingbai.kernel import clock, deadlines
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.notices import commands as notices

SILENCE = timedelta(days=15)
BATCH = 500


@transaction.atomic
def escalate_overdue(county: str) -> int:
    """Move overdue open cases one level up and mark those that are at the top; return how many.

    The next level's clock starts now. At county level the case stays and the town's discipline
    office is told once. Works on at most ``BATCH`` cases; the next run takes the rest.
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    due = rows.select_related("body").filter(
        county=county, state__in=OPEN, due_at__lt=clock.now(), overdue=False
    )
    clocks = Clockmaker()
    done = 0
    for case in due.order_by("due_at", "id")[:BATCH]:
        receiver = above(case)
        if receiver is None:
            _mark_late(case)
        else:
            step = Step(receiver=receiver)
            move(case, "escalate", SYSTEM, version=None, step=step, clocks=clocks)
        done += 1
    return done


@transaction.atomic
def close_silent(county: str) -> int:
    """Close cases answered 15 days ago that nobody rated; return how many (at most ``BATCH``)."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    silent = rows.select_related("body").filter(
        county=county, state=State.ANSWERED, answered_at__lte=clock.now() - SILENCE
    )
    clocks = Clockmaker()
    done = 0
    for case in silent.order_by("answered_at", "id")[:BATCH]:
        step = Step(text="答复后 15 天没有评价，自动办结。")
        move(case, "close", SYSTEM, version=None, step=step, clocks=clocks)
        done += 1
    return done


@transaction.atomic
def recompute_provisional(county: str) -> int:
    """Set anew the deadlines that awaited a year's holidays and are certain now; return how many.

    Start and working days of the level stay. One audit entry a case tells both dates. A deadline
    whose year is still unknown is left alone. Run it for each county after a year was loaded.
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True)
    waiting = list(rows.filter(county=county, due_provisional=True, state__in=OPEN).order_by("id"))
    if not waiting:
        return 0
    calendar = deadlines.calendar(min(clock.local(case.clock_from).date() for case in waiting))
    done = 0
    for case in waiting:
        due = calendar.add(case.clock_from, case.due_days)
        if due.provisional:
            continue
        _confirm(case, due.at)
        done += 1
    return done


def _confirm(case: Case, due_at: datetime) -> None:
    was, case.due_at, case.due_provisional = case.due_at, due_at, False
    case.overdue = case.overdue and due_at < clock.now()
    case.save(update_fields=["due_at", "due_provisional", "overdue"])
    audit.record(
        actor=SYSTEM,
        verb="case.recompute_deadline",
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
        before={"due": was, "provisional": True},
        after={"due": due_at, "provisional": False},
        detail={"was": was.isoformat() if was else "", "due": due_at.isoformat()},
    )


@transaction.atomic
def load_deadlines(*, actor: Actor = SYSTEM) -> int:
    """Write the shipped deadlines into the table; rows that are there are brought back to them."""
    rows = [
        Deadline(field=field, level=level, urgent=urgent, days=days)
        for (field, level, urgent), days in standard().items()
    ]
    Deadline.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["field", "level", "urgent"],
        update_fields=["days"],
    )
    audit.record(
        actor=actor,
        verb="case.load_deadlines",
        thing="deadlines",
        thing_id="standard",
        detail={"rows": len(rows)},
    )
    return len(rows)


def _mark_late(case: Case) -> None:
    case.overdue = True
    case.save(update_fields=["overdue"])
    write_event(case, "overdue", SYSTEM, late=True)
    note(case, SYSTEM, "overdue", level=case.level)
    tell_body(case, "这件到期没办完", f"{name_of(case)}已过期限，请尽快办理并答复。")
    discipline = accounts.people_with_role("town_discipline", region=case.region)
    if discipline:
        notices.notify(
            person_ids=sorted({post.person_id for post in discipline}),
            county=case.county,
            title="县级承办逾期",
            text=f"{case.number} 在{case.body.name}到期没办完。",
            link=f"/c/{case.number}",
            thing="case",
            thing_id=case.number,
        )
