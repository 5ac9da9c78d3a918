"""Filing many at once, and mending what the machine filed as long as nobody has touched it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db import IntegrityError, transaction

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases import policies, words
from mingbai.cases.commands import intake
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import build_event, level_of, lock, note
from mingbai.cases.commands.staffing import staffed
from mingbai.cases.commands.telling import tell_body
from mingbai.cases.models import Case, CaseEvent
from mingbai.cases.states import State
from mingbai.kernel import scopes
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.notices import commands as notices
from mingbai.regions import queries as regions


@dataclass(frozen=True, kw_only=True)
class Filing:
    """A request to be filed for a village; ``token`` and ``source_id`` make it one case for good."""

    token: UUID
    region: str
    text: str
    field: str
    kind: str
    title: str
    place: str
    urgent: bool
    source_id: str
    source_text: str


@transaction.atomic
def submit_cases(*, actor: Actor, source: str, filings: Sequence[Filing]) -> list[str]:
    """File several requests as ``submit_case`` files one; return their numbers in the given order.

    The number is empty where the rules refuse the request. Each case has its own number, step,
    notice and audit entry.
    """
    if not filings:
        return []
    known_places = regions.regions({f.region for f in filings})
    filed: list[intake.Filed] = []
    for one in filings:
        try:
            filed.append(_checked(actor, source, one, known_places))
        except (BadInput, Missing, Refused):
            continue
    numbers: dict[UUID, str] = {}
    for county, part in groupby(sorted(filed, key=lambda f: f.county), key=lambda f: f.county):
        with _inside(county):
            numbers |= _file_all(actor, list(part))
    return [numbers.get(one.token, "") for one in filings]


@transaction.atomic
def hold_untouched(*, county: str, numbers: Iterable[str]) -> set[str]:
    """Lock those cases that nobody has touched since they were filed, and return their numbers."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True).filter(
        county=county, number__in=numbers, state=State.SUBMITTED.value
    )
    return set(rows.order_by("pk").values_list("number", flat=True))


@transaction.atomic
def revise_filing(
    *,
    county: str,
    number: str,
    region: str,
    text: str,
    field: str,
    kind: str,
    title: str,
    place: str,
    urgent: bool,
    source_text: str,
) -> bool:
    """Bring a case that the machine filed up to what was said meanwhile; return whether it could.

    Nobody may have touched it: once somebody accepts, its words stay. It keeps its number; what is
    urgent now, belongs to another field or another village gets the time and the body for that.
    """
    case = lock(county, number, SYSTEM)
    if State(case.state) is not State.SUBMITTED:
        return False
    clean = intake.said(text)
    retimed = (case.field, case.urgent) != (field, urgent)
    case.text, case.title, case.source_text = (
        clean,
        title[:60] or words.title_of(clean),
        source_text,
    )
    case.field, case.kind, case.place, case.urgent = field, kind, place[:80], urgent
    case.search = intake.vector(case.title, case.text, case.place)
    moved = region != case.region and _move(case, region)
    if retimed or moved:
        Clockmaker().restart(case)
    case.save()
    note(case, SYSTEM, "revise")
    if moved:
        notices.forget(county=county, thing="case", thing_id=number)
        tell_body(case, *intake.news(case))
    return True


def _move(case: Case, region: str) -> bool:
    body = accounts.village_body(region)
    if body is None:
        return False
    body = staffed(body)
    case.region, case.body_id, case.first_body_id = region, body.id, body.id
    case.level = level_of(body).value
    return True


def _checked(
    actor: Actor, source: str, one: Filing, known: dict[str, regions.Region]
) -> intake.Filed:
    place = known.get(one.region)
    if place is None or place.level not in {regions.Level.VILLAGE, regions.Level.LOCAL}:
        raise Missing(one.region)
    require(policies.may_submit(actor, one.region, source))
    filed = intake.Filed(
        token=one.token,
        region=one.region,
        text=intake.said(one.text),
        field=one.field,
        kind=one.kind,
        title=one.title.strip()[:60] or words.title_of(one.text),
        place=one.place.strip()[:80],
        urgent=one.urgent,
        is_public=True,
        phone="",
        for_family=False,
        source=source,
        source_id=one.source_id,
        source_text=one.source_text,
        files=(),
        lat=None,
        lon=None,
    )
    intake.check(filed)
    return filed


def _inside(county: str) -> AbstractContextManager[None]:
    now = scopes.current()
    wide = now is not None and now.scope and county.startswith(now.scope)
    return nullcontext() if wide else scopes.widen(county)


def _file_all(actor: Actor, filed: Sequence[intake.Filed]) -> dict[UUID, str]:
    """Write the cases of one county; what was written meanwhile keeps its number."""
    numbers = _known(filed)
    first = {region: accounts.village_body(region) for region in {f.region for f in filed}}
    bodies = {region: staffed(body) if body else None for region, body in first.items()}
    fresh = {f.token: f for f in filed if f.token not in numbers and bodies[f.region]}
    if not fresh:
        return numbers
    try:
        with transaction.atomic():
            cases = list(_write(actor, list(fresh.values()), bodies))
    except IntegrityError:
        return _known(filed) | {f.token: intake.file_once(f, actor) for f in fresh.values()}
    _tell(cases)
    return numbers | {case.token: case.number for case in cases}


def _known(filed: Sequence[intake.Filed]) -> dict[UUID, str]:
    """Return the numbers of those that were filed before, by token."""
    rows = Case.objects.filter(county=filed[0].county)
    by_token = rows.filter(token__in=[f.token for f in filed]).values_list("token", "number")
    found = dict(by_token)
    named = {f.source_id: f.token for f in filed if f.source_id and f.token not in found}
    same = rows.filter(source=filed[0].source, source_id__in=named)
    return found | {named[name]: n for name, n in same.values_list("source_id", "number")}


def _write(
    actor: Actor,
    filed: Sequence[intake.Filed],
    bodies: dict[str, accounts.BodyView | None],
) -> Iterator[Case]:
    clocks = Clockmaker()
    numbers = intake.next_numbers(filed[0].county, len(filed))
    cases = []
    for one, number in zip(filed, numbers, strict=True):
        body = bodies[one.region]
        assert body is not None
        cases.append(intake.build(one, actor, body, number, clocks))
    Case.objects.bulk_create(cases)
    CaseEvent.objects.bulk_create([build_event(case, "submit", actor) for case in cases])
    audit.record_all(
        actor=actor,
        verb="case.submit",
        thing="case",
        lines=[
            audit.Line(
                case.number,
                region=case.region,
                county=case.county,
                after=intake.first_state(case),
                detail={"source": case.source, "field": case.field},
            )
            for case in cases
        ],
    )
    yield from cases


def _tell(cases: Sequence[Case]) -> None:
    """Write the notices of new cases, each body's people looked up once."""
    staff = {
        body: [post.person_id for post in accounts.staff_of(body)]
        for body in {case.body_id for case in cases}
    }
    for case in cases:
        if case.urgent:
            intake.announce(case)
            continue
        title, text = intake.news(case)
        notices.notify(
            person_ids=staff[case.body_id],
            county=case.county,
            title=title,
            text=text,
            link=f"/desk/cases/{case.number}",
            thing="case",
            thing_id=case.number,
        )
