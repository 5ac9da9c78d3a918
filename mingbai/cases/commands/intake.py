"""Taking in: one request becomes one case with one number, however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.postgres.search import SearchVector
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, Value

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases import policies, words
from mingbai.cases.commands import routing
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.erasing import erase
from mingbai.cases.commands.moving import level_of, lock, write_event
from mingbai.cases.commands.telling import Postman, name_of, tell_body
from mingbai.cases.field_words import says_nobody_knows
from mingbai.cases.models import Attachment, Case, Contact, Field
from mingbai.cases.states import State
from mingbai.kernel import clock, scopes, sealing
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.kernel.uploads import StoredFile
from mingbai.notices import commands as notices
from mingbai.regions import queries as regions

SHORTEST, LONGEST = 4, 4000
MOST_FILES = 24
_CHINA = (3.0, 54.0, 73.0, 136.0)
"""Latitudes and longitudes between which a position may lie, in degrees."""
_NEXT = """
INSERT INTO cases_counter (county, month, last) VALUES (%(county)s, %(month)s, %(count)s)
ON CONFLICT (county, month) DO UPDATE SET last = cases_counter.last + excluded.last RETURNING last
"""
NOBODY = "这个村还没有承办单位，暂时不能在网上提交，请打村里或镇里的电话。"


@dataclass(frozen=True)
class Filed:
    """A checked request, not yet written."""

    token: UUID
    region: str
    text: str
    field: str
    sub: str
    kind: str
    title: str
    place: str
    urgent: bool
    is_public: bool
    phone: str
    for_family: bool
    source: str
    source_id: str
    source_text: str
    files: Sequence[StoredFile]
    lat: float | None
    lon: float | None

    @property
    def county(self) -> str:
        """The six digits that the village's code begins with."""
        return self.region[:6]


@transaction.atomic
def submit_case(
    *,
    actor: Actor,
    token: UUID,
    region: str,
    text: str,
    field: str,
    sub: str = "",
    kind: str = "request",
    title: str = "",
    place: str = "",
    urgent: bool = False,
    is_public: bool = True,
    phone: str = "",
    for_family: bool = False,
    source: str = "web",
    source_id: str = "",
    source_text: str = "",
    files: Sequence[StoredFile] = (),
    lat: float | None = None,
    lon: float | None = None,
) -> str:
    """File a case for a village and return its number; the village's own body receives it.

    With an empty ``field`` (不知道归谁管) the town's desk does, and where the duty list names another
    body for the field or its part ``sub``, that one. ``lat`` and ``lon`` are WGS-84 degrees.
    The same ``token``, or the same ``source`` and ``source_id``, returns the number given before.
    ``phone`` is sealed into the contact; empty takes the villager's own. Raises ``Missing`` for an
    unknown village, ``Refused`` for somebody who may not file, ``BadInput`` with the field's name.
    """
    village = regions.region(region)
    if village.level not in {regions.Level.VILLAGE, regions.Level.LOCAL}:
        raise Missing(region)
    require(policies.may_submit(actor, region, source))
    if source == Case.Source.CHAT:
        known_field(field)
        field, sub = fitting(text, field, sub)
    filed = Filed(
        token,
        region,
        said(text),
        field,
        sub,
        kind,
        title.strip()[:60] or words.title_of(text),
        place.strip()[:80],
        urgent,
        is_public,
        phone,
        for_family,
        source,
        source_id,
        source_text,
        files,
        lat,
        lon,
    )
    check(filed)
    with inside(village.scope):
        return _known(filed) or file_once(filed, actor)


@transaction.atomic
def retract_filing(*, county: str, number: str) -> None:
    """Take back a case that a clerk filed by mistake, and every word of it; only its number stays.

    The words may yet turn out to be a report of misconduct, which nobody in the village may keep.
    Nobody may have touched the case since: raises ``Refused`` when it is being handled, ``Missing``
    when there is none.
    """
    case = lock(county, number, SYSTEM)
    require(policies.may(SYSTEM, case, "retract"))
    erase(case)


def inside(scope: str) -> AbstractContextManager[None]:
    """Let what follows see ``scope``; nothing is asked of the database where it is seen anyway."""
    now = scopes.current()
    wide = now is not None and now.scope and scope.startswith(now.scope)
    return nullcontext() if wide else scopes.widen(scope)


def said(text: str) -> str:
    """Return the words of a request without blanks around them. Raises ``BadInput``."""
    clean = text.strip()
    if len(clean) < SHORTEST:
        raise BadInput("请把事情说清楚一点：哪里、什么时候、怎么了。", "text")
    if len(clean) > LONGEST:
        raise BadInput(f"最多写 {LONGEST} 个字，请缩短一些。", "text")
    return clean


def check(filed: Filed) -> None:
    """Raise ``BadInput`` for a choice that there is not."""
    if filed.field:
        known_field(filed.field)
    known_sub(filed.field, filed.sub)
    if not on_the_map(filed.lat, filed.lon):
        raise BadInput("这个位置不对，请重新取一次，或者去掉位置。", "place")
    if filed.kind not in Case.Kind.values or filed.source not in Case.Source.values:
        raise BadInput("提交的内容不对，请返回检查。", "kind")
    if len(filed.files) > MOST_FILES:
        raise BadInput(f"照片和录音最多 {MOST_FILES} 个。", "files")


def known_field(field: str) -> None:
    """Raise ``BadInput`` for a field that there is not."""
    if field not in Field.values:
        raise BadInput("请选一个领域。", "field")


def known_sub(field: str, sub: str) -> None:
    """Raise ``BadInput`` for a sub-field that the field does not have; "" is none."""
    parts = routing.case_fields()[field].parts if field else {}
    if sub and sub not in parts:
        raise BadInput("这一类里没有这个细类，请重新选。", "sub")


def fitting(text: str, field: str, sub: str) -> tuple[str, str]:
    """Return field and sub-field for words that the machine read in a group.

    A part that the field does not have is left out. Where the words fit no field and their speaker
    says that nobody knows whose business it is, there is none, and the town decides.
    """
    if field == Field.OTHER and says_nobody_knows(text):
        return "", ""
    return field, sub if sub in routing.case_fields()[field].parts else ""


def on_the_map(lat: float | None, lon: float | None) -> bool:
    """Whether the two are a place in China in degrees, or both left out."""
    if lat is None or lon is None:
        return lat is None and lon is None
    return _CHINA[0] <= lat <= _CHINA[1] and _CHINA[2] <= lon <= _CHINA[3]


def _known(filed: Filed) -> str | None:
    same = Q(token=filed.token)
    if filed.source_id:
        same |= Q(source=filed.source, source_id=filed.source_id)
    rows = Case.objects.filter(same, county=filed.county)
    return rows.values_list("number", flat=True).first()


def file_once(filed: Filed, actor: Actor) -> str:
    """Write the case and return its number; one written meanwhile for the same request keeps its own."""
    try:
        with transaction.atomic():
            return _file(filed, actor)
    except IntegrityError:
        number = _known(filed)
        if number is None:
            raise
        return number


def _file(filed: Filed, actor: Actor) -> str:
    found = routing.start(filed.region, filed.field, filed.sub)
    if found is None:
        raise Refused(NOBODY)
    [number] = next_numbers(filed.county, 1)
    case = build(filed, actor, found.body, number, Clockmaker())
    case.save(force_insert=True)
    stage = Attachment.Stage.EVIDENCE.value
    write_event(case, "submit", actor, files=[(f, stage) for f in filed.files])
    if found.verb:
        write_event(case, found.verb, SYSTEM, text=found.why)
    _keep_contact(case, filed)
    audit.record(
        actor=actor,
        verb="case.submit",
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
        after=first_state(case),
        detail={"source": filed.source, "field": filed.field},
    )
    announce(case)
    return case.number


def build(
    filed: Filed, actor: Actor, body: accounts.BodyView, number: str, clocks: Clockmaker
) -> Case:
    """Return the new case (unsaved) that ``body`` receives."""
    by_villager = filed.source == Case.Source.WEB
    case = Case(
        county=filed.county,
        number=number,
        token=filed.token,
        region=filed.region,
        source=filed.source,
        source_id=filed.source_id,
        source_text=filed.source_text,
        kind=filed.kind,
        field=filed.field,
        sub=filed.sub,
        urgent=filed.urgent,
        title=filed.title,
        text=filed.text,
        place=filed.place,
        lat=filed.lat,
        lon=filed.lon,
        is_public=filed.is_public,
        reporter_id=actor.person_id if by_villager else None,
        state=State.SUBMITTED,
        level=level_of(body).value,
        body_id=body.id,
        first_body_id=body.id,
        submitted_at=clock.now(),
        received_at=clock.now(),
        search=vector(filed.title, filed.text, filed.place),
    )
    clocks.restart(case)
    return case


def first_state(case: Case) -> dict[str, object]:
    """Return what the trail digests of a case that was just filed."""
    return {"state": case.state, "body": case.body_id, "version": 1}


def news(case: Case) -> tuple[str, str]:
    """Return title and text of the notice to the body that receives a new case."""
    if not case.field:
        return "有一件不知道归谁管", f"{name_of(case)}，请定下归哪类、由谁来办。"
    return "来了一件新的", f"{name_of(case)}等受理。"


def announce(case: Case) -> None:
    """Tell the body that receives the case; danger also goes to the body above, and to phones."""
    if not case.urgent:
        tell_body(case, *news(case))
        return
    post = Postman()
    above = post.above(case.body_id)
    duty = {p.person_id for b in [case.body_id, above.id if above else 0] for p in post.staff(b)}
    notices.notify(
        person_ids=duty,
        county=case.county,
        title="紧急件，请马上办",
        text=f"{name_of(case)}有人身危险或正在扩大，请马上联系反映人，必要时打 110、119、120。",
        link=f"/desk/cases/{case.number}",
        thing="case",
        thing_id=case.number,
        sms=True,
    )


def next_numbers(county: str, count: int, *, day: date | None = None) -> list[str]:
    """Return the next numbers of the county and the month of ``day`` (today).

    The counter's row lock keeps them unique until the transaction ends. Five digits, more when a
    month has more than 99,999 cases; numbers never wrap.
    """
    month = f"{day or clock.today():%y%m}"
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"county": county, "month": month, "count": count})
        last: int = cursor.fetchone()[0]
    return [f"{county}-{month}-{number:05d}" for number in range(last - count + 1, last + 1)]


def vector(title: str, text: str, place: str) -> SearchVector:
    """Return what the search finds a case by."""
    return SearchVector(Value(words.tokens(f"{title} {text} {place}")), config="simple")


def _keep_contact(case: Case, filed: Filed) -> None:
    phone = filed.phone
    if not phone and case.reporter_id is not None:
        phone = accounts.phone_of(case.reporter_id)
    if phone:
        sealed = sealing.seal(phone, f"contact:{case.county}:{case.pk}")
        Contact.objects.create(
            county=case.county,
            region=case.region,
            case=case,
            phone_sealed=sealed,
            phone_index=sealing.index(phone),
            for_family=filed.for_family,
        )
