"""`mingbai demo --cases N`: very many cases, so that the product can be measured at its real size.

The rows are copied into temporary tables and inserted from there by the application's own role, so
row-level security, keys and unique constraints watch over them as over everything else. A portion of
1,000 cases is one transaction, its tokens tell whether it is there: a run that broke off goes on
where it stood, a second run adds what is missing. Nobody is told of these cases.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date, datetime
from multiprocessing import get_context
from typing import Any

from django.db import connection

from mingbai.accounts import queries as people
from mingbai.audit.commands import record
from mingbai.cases.commands import fold_tallies
from mingbai.cases.commands.intake import next_numbers
from mingbai.cases.models import Case
from mingbai.cases.states import STOPPED
from mingbai.cli import django as project
from mingbai.cli.demo import life
from mingbai.cli.demo.lives import SIZE, YEARS, Life, Lives, Step
from mingbai.cli.demo.offices import Home, homes
from mingbai.kernel import clock, deadlines, scopes, sealing
from mingbai.regions import queries as regions

Progress = Callable[[float, str], None]
Row = tuple[Any, ...]
TABLES: Mapping[str, tuple[str, ...]] = {
    "accounts_person": (
        *("id", "password", "name", "phone_sealed", "phone_index", "home"),
        *("is_active", "is_demo", "created_at"),
    ),
    "cases_case": (
        *("id", "county", "number", "token", "region", "source", "source_id", "source_text"),
        *("kind", "field", "sub", "urgent", "title", "text", "place", "is_public", "reporter_id"),
        *("state", "level", "body_id", "handler_id", "first_body_id", "submitted_at"),
        *("clock_from", "due_at", "due_days", "due_provisional", "answered_at", "supports"),
        *("returned", "overdue", "urged", "next_at", "steps_done", "stopped_at", "resumes_at"),
        *("extended_days", "extra_days", "received_at", "from_body_id", "settled"),
        *("merged_version", "version", "search"),
    ),
    "cases_caseevent": (
        *("id", "county", "case_id", "at", "verb", "before", "after"),
        *("person_id", "post_id", "label"),
        *("body_id", "level", "text", "inner", "late", "due_at", "source_id"),
    ),
    "cases_contact": (
        *("county", "region", "case_id", "phone_sealed", "phone_index", "for_family"),
    ),
    "cases_rating": ("county", "case_id", "score", "reason", "at"),
    "cases_support": ("county", "case_id", "member", "at"),
    "cases_stop": ("county", "case_id", "state", "since", "until", "days"),
    "audit_entry": (
        *("at", "person_id", "post_id", "role", "verb", "thing", "thing_id"),
        *("county", "region", "before", "after", "detail"),
    ),
}


def load(total: int, on_progress: Progress, *, workers: int = 2) -> str:
    """Bring the crowd to ``total`` cases; return a sentence that says how many were added."""
    on_progress(0.0, "岗位")
    counties = _staffed()
    _know_holidays()
    portions = _portions(counties, total)
    done = added = 0
    with _pool(workers) as pool:
        jobs = [pool.submit(_portion, *portion) for portion in portions]
        for job in as_completed(jobs):
            added += job.result()
            done += 1
            on_progress(done / len(portions), f"诉求 {added:,}")
    on_progress(1.0, "整理")
    for county in counties:
        with scopes.enter(scope=county):
            fold_tallies(county, most=1)
    _analyse()
    with scopes.enter():
        record(actor=None, verb="crowd", thing="demo", thing_id=str(total), detail={"new": added})
    return f"共 {total:,} 件，这次写入 {added:,} 件。"


def size() -> int:
    """Return about how many cases there are, as the database's own statistics tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = 'cases_case'::regclass")
        return int(cursor.fetchone()[0])


def _staffed() -> Mapping[str, int]:
    """Give every county of the demo's city its offices; return how many villages each has."""
    found = {}
    with scopes.enter():
        counties = [c for c in regions.counties() if c.startswith(life.COUNTY[:4])]
    for county in counties:
        with scopes.enter(scope=county):
            if not people.has_staff(county):
                life._staff(county)
        if at_home := homes(county):
            found[county] = len(at_home)
    return found


def _know_holidays() -> None:
    with scopes.enter():
        this = clock.today().year
        for year in {this - back for back in range(YEARS + 1)} - deadlines.known_years():
            deadlines.seed_year(year)


def _portions(counties: Mapping[str, int], total: int) -> list[tuple[str, int, int]]:
    """Return county, number and length of every portion, the counties taking turns."""
    villages = sum(counties.values())
    told = before = 0
    found = []
    for place, (county, here) in enumerate(counties.items()):
        told += here
        until = total * told // villages
        sizes = range(0, until - before, SIZE)
        found += [
            (n, place, county, min(SIZE, until - before - n * SIZE)) for n in range(len(sizes))
        ]
        before = until
    return [(county, n, length) for n, _, county, length in sorted(found)]


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max(1, min(workers, os.cpu_count() or 1)),
        mp_context=get_context("spawn"),
        initializer=project.set_up,
    )


_known_homes: dict[str, Sequence[Home]] = {}


def _portion(county: str, number: int, length: int) -> int:
    """Write what is missing of one portion; return how many cases that was."""
    with scopes.enter(scope=county):
        tokens = [Lives.token(county, number * SIZE + n) for n in range(length)]
        there = Case.objects.filter(county=county, token__in=tokens)
        missing = set(tokens) - set(there.values_list("token", flat=True))
        if not missing:
            return 0
        if county not in _known_homes:
            _known_homes[county] = homes(county)
        today = clock.today()
        calendar = deadlines.calendar(today.replace(year=today.year - YEARS, day=1))
        lives = Lives(_known_homes[county], clock.now(), calendar)
        told = [one for one in lives.portion(county, number) if one.token in missing]
        _write(county, told)
        return len(told)


def _write(county: str, told: Sequence[Life]) -> None:
    numbers = _numbers(county, told)
    ids = _ids("cases_case", len(told))
    steps = iter(_ids("cases_caseevent", sum(len(one.steps) for one in told)))
    villagers = _Villagers(told)
    rows: dict[str, list[Row]] = defaultdict(list)
    rows["accounts_person"] = villagers.rows
    for one, number, case_id in zip(told, numbers, ids, strict=True):
        reporter = villagers.ids[one.home.code] if one.source == "web" else None
        rows["cases_case"].append(_case(one, county, number, case_id, reporter))
        rows["cases_caseevent"] += [
            (next(steps), *_event(step, county, case_id, reporter)) for step in one.steps
        ]
        rows["audit_entry"] += _trail(one, county, number, reporter)
        if one.source != "chat":
            phone = villagers.phones[one.home.code]
            sealed = sealing.seal(phone, f"contact:{county}:{case_id}")
            index = sealing.index(phone)
            rows["cases_contact"].append((county, one.home.code, case_id, sealed, index, False))
        _beside(rows, one, county, case_id)
    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            _insert(cursor, table, columns, rows[table])


def _insert(cursor: Any, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Copy the rows beside the table and insert them from there (row security forbids a direct copy)."""
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    text = names.replace('"search"', "''::text AS search")
    shape = f"SELECT {text} FROM {table} LIMIT 0"  # noqa: S608 - our own names
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS crowd_{table} AS {shape}")
    cursor.execute(f"TRUNCATE crowd_{table}")
    with cursor.copy(f"COPY crowd_{table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    read = names.replace('"search"', "to_tsvector('simple', search)")
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {read} FROM crowd_{table}")  # noqa: S608


class _Villagers:
    """One villager of each village files what its people file on the web in this portion.

    Their phones begin with 10, as no mobile phone does: nobody can be called or told by mistake.
    """

    def __init__(self, told: Sequence[Life]) -> None:
        places = sorted({one.home.code for one in told})
        self.ids = dict(zip(places, _ids("accounts_person", len(places)), strict=True))
        self.phones = {code: f"10{person:09d}" for code, person in self.ids.items()}
        since = min(one.filed_at for one in told)
        self.rows = [self._row(code, person, since) for code, person in self.ids.items()]

    def _row(self, code: str, person: int, since: datetime) -> Row:
        index = sealing.index(self.phones[code])
        sealed = sealing.seal(self.phones[code], f"person:{index}")
        return (person, "!", "", sealed, index, code, True, True, since)


def _case(one: Life, county: str, number: str, case_id: int, reporter: int | None) -> Row:
    chat = one.source == "chat"
    return (
        case_id,
        county,
        number,
        one.token,
        one.home.code,
        one.source,
        f"crowd-{one.token.hex[:16]}" if chat else "",
        one.text if chat else "",
        one.kind,
        one.line.field,
        "",
        one.urgent,
        one.title,
        one.text,
        one.line.place,
        one.public,
        reporter,
        one.state.value,
        one.holder.level,
        one.holder.id,
        one.handler,
        one.home.village.id,
        one.filed_at,
        one.clock_from,
        one.due_at,
        one.due_days,
        one.provisional,
        one.answered_at,
        one.supports,
        False,
        one.overdue,
        one.urged,
        one.next_at,
        one.steps_done,
        one.stopped_at,
        one.resumes_at,
        0,
        0,
        one.received_at,
        one.sender,
        False,
        0,
        one.version,
        one.tokens,
    )


def _event(step: Step, county: str, case_id: int, reporter: int | None) -> Row:
    by = step.office
    return (
        county,
        case_id,
        step.at,
        step.verb,
        step.before,
        step.after,
        by.person if by else (reporter if step.who == "反映人" else None),
        by.post if by else None,
        step.who,
        step.body,
        step.level,
        step.text,
        False,
        step.late,
        step.due_at,
        "",
    )


def _trail(one: Life, county: str, number: str, reporter: int | None) -> Iterator[Row]:
    before = ""
    for step in one.steps:
        by = step.office
        after = step.digest()
        moved = step.before or step.verb == "submit"
        yield (
            step.at,
            by.person if by else (reporter if step.who == "反映人" else None),
            by.post if by else None,
            by.role if by else ("villager" if step.who == "反映人" else "system"),
            f"case.{step.verb}",
            "case",
            number,
            county,
            one.home.code,
            before if step.before else "",
            after if moved else "",
            json.dumps(_detail(one, step)),
        )
        before = after if moved else before


def _detail(one: Life, step: Step) -> dict[str, str]:
    if step.verb == "submit":
        return {"source": one.source, "field": one.line.field}
    moved = {"from": step.before, "to": step.after} if step.before else {}
    return {**moved, "level": step.level}


def _beside(rows: dict[str, list[Row]], one: Life, county: str, case_id: int) -> None:
    """Add what hangs on a case: its rating, who joined it, the time in which its clock stands."""
    if one.score:
        at = next(step.at for step in one.steps if step.verb == "rate")
        rows["cases_rating"].append((county, case_id, one.score, "", at))
    rows["cases_support"] += [
        (county, case_id, f"{one.token.hex[:24]}{n:02d}", one.filed_at) for n in range(one.supports)
    ]
    if one.state in STOPPED:
        stop = (county, case_id, one.state.value, one.stopped_at, one.resumes_at, 0)
        rows["cases_stop"].append(stop)


def _numbers(county: str, told: Sequence[Life]) -> list[str]:
    """Return a number of its month for each; the counters are taken in one order by everybody."""
    days = [clock.local(one.filed_at).date().replace(day=1) for one in told]
    kept: dict[date, Iterator[str]] = {
        month: iter(next_numbers(county, count, day=month))
        for month, count in sorted(Counter(days).items())
    }
    return [next(kept[day]) for day in days]


def _ids(table: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def _analyse() -> None:
    """Let the planner know how much there is now; only the owner may."""
    with project.as_owner() as owner:
        for table in TABLES:
            owner.execute(f"VACUUM (ANALYZE) {table}")
