"""A case as its page shows it, and the files that hang on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db.models import Q

from mingbai.accounts import queries as accounts
from mingbai.cases import policies
from mingbai.cases.deadline_table import rule
from mingbai.cases.models import Attachment, Case, CaseEvent, Draft, Field, Support
from mingbai.cases.queries.lines import CaseLine, Liner, rows, visible
from mingbai.cases.states import (
    ASCENDING,
    LEVEL_WORDS,
    SOLVED,
    Level,
    Move,
    State,
    Who,
    done_word,
    moves_from,
    next_level,
)
from mingbai.kernel import clock, masking
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Decision, Missing, no
from mingbai.regions import queries as regions

SILENCE = timedelta(days=rule("silence"))


@dataclass(frozen=True)
class Photo:
    """A file of the case: fetch it by ``key``; ``kind`` is photo, voice or video."""

    key: UUID
    kind: str
    stage: str
    width: int
    height: int
    added_at: datetime
    event_id: int | None


@dataclass(frozen=True)
class StepView:
    """One step of the history; ``late_days`` working days beyond the deadline when it was late."""

    verb: str
    word: str
    at: datetime
    label: str
    body: str
    level_word: str
    text: str
    inner: bool
    late: bool
    late_days: int
    photos: Sequence[Photo]


@dataclass(frozen=True)
class CasePage:
    """Everything that the villager's page of a case shows to one viewer."""

    line: CaseLine
    text: str
    place: str
    first_body: str
    goes_to: str
    mine: bool
    steps: Sequence[StepView]
    evidence: Sequence[Photo]
    before: Sequence[Photo]
    after: Sequence[Photo]
    answer: str
    answer_by: str
    moves: Sequence[Move]
    may_ask_reopen: Decision
    links: Links
    waiting_for: str
    may_support: Decision
    may_supplement: Decision
    supported: bool
    closes_in: int | None


@dataclass(frozen=True)
class Links:
    """Other cases that belong to this one, by number; hidden ones are left out."""

    into: str
    split_from: str
    merged: Sequence[str]
    parts: Sequence[str]


@dataclass(frozen=True)
class Media:
    """A file to send: where it lies, what it is, whether passers-by may have it."""

    digest: str
    mime: str
    kind: str
    public: bool


@dataclass(frozen=True)
class DraftView:
    """A draft: what was typed, and the case that it became."""

    key: UUID
    region: str
    content: Mapping[str, object]
    number: str


def public_case(county: str, number: str, viewer: Actor) -> CasePage:
    """Return the page of a case. Raises ``Missing`` alike for hidden and unknown numbers."""
    case = find(county, number)
    if not policies.may_see(viewer, case):
        raise Missing(number)
    mine = policies.is_reporter(viewer, case)
    inner = bool(policies.may_open(viewer, case))
    clear = mine or inner
    liner = Liner()
    village = regions.region(case.region).name
    photos = files(case, private=clear)
    steps = history(case, photos, liner, clear=clear, inner=inner)
    answered = next((s for s in steps if s.verb in {"answer", "conclude"}), None)
    return CasePage(
        line=liner.line(case, village, clear=clear),
        text=case.text if clear else masking.text(case.text),
        place=case.place if clear else masking.text(case.place),
        first_body=case.first_body.name,
        goes_to=goes_to(case),
        mine=mine,
        steps=steps,
        evidence=[p for p in photos if p.stage == Attachment.Stage.EVIDENCE],
        before=[p for p in photos if p.stage == Attachment.Stage.BEFORE and p.kind == "photo"],
        after=[p for p in photos if p.stage == Attachment.Stage.AFTER and p.kind == "photo"],
        answer=answered.text if answered else "",
        answer_by=f"{answered.label}，{answered.body}" if answered else "",
        moves=_own_moves(case, viewer) if mine else (),
        may_ask_reopen=_may_ask_reopen(case, viewer),
        links=links(case, viewer),
        waiting_for=_waiting_for(case, steps),
        may_support=policies.may_support(viewer, case),
        may_supplement=policies.may_supplement(viewer, case),
        supported=_supported(case, viewer),
        closes_in=_closes_in(case),
    )


def media(key: UUID, viewer: Actor) -> Media:
    """Return a file by its key. Raises ``Missing`` unless the viewer may see the case and the file."""
    found = Attachment.objects.select_related("case__body", "event").filter(key=key).first()
    if found is None or not policies.may_see(viewer, found.case):
        raise Missing(str(key))
    public = policies.is_public(found.case) and _public_file(found)
    if not public and not policies.reads_clear(viewer, found.case):
        raise Missing(str(key))
    return Media(found.digest, found.mime, found.kind, public)


def draft(key: UUID) -> DraftView | None:
    """Return a draft, or None when it is unknown or too old."""
    found = Draft.objects.filter(key=key).first()
    return DraftView(found.key, found.region, found.content, found.number) if found else None


def field_choices() -> Sequence[tuple[str, str]]:
    """Return the fields as (code, Chinese word)."""
    return [(f.value, f.label) for f in Field]


def find(county: str, number: str) -> Case:
    """Return the case or raise ``Missing``; the caller asks the policy."""
    case = rows().select_related("first_body").filter(county=county, number=number).first()
    if case is None:
        raise Missing(number)
    return case


def files(case: Case, *, private: bool) -> Sequence[Photo]:
    """Return the files of a case; without ``private`` only what passers-by may see."""
    kept = Attachment.objects.select_related("event").filter(county=case.county, case=case)
    return [
        Photo(f.key, f.kind, f.stage, f.width, f.height, f.added_at, f.event_id)
        for f in kept.order_by("added_at", "id")
        if private or _public_file(f)
    ]


def history(
    case: Case, photos: Sequence[Photo], liner: Liner, *, clear: bool, inner: bool
) -> Sequence[StepView]:
    """Return the steps newest first; ``inner`` shows staff's own words, ``clear`` leaves them unmasked."""
    events = CaseEvent.objects.select_related("body").filter(county=case.county, case=case)
    if not inner:
        events = events.filter(inner=False)
    return [_step(event, photos, liner, clear=clear) for event in events.order_by("-at", "-id")]


def goes_to(case: Case) -> str:
    """Return the level to which the case goes when it is late; empty where it stays."""
    level = Level(case.level)
    if State(case.state) not in ASCENDING:
        return ""
    if level is Level.COUNTY and not _city_above(case.body_id):
        return ""
    up = next_level(level)
    return LEVEL_WORDS[up] if up else ""


def links(case: Case, viewer: Actor) -> Links:
    """Return the cases that belong to this one, as far as ``viewer`` may see them."""
    near = Q(merged_into_id=case.pk) | Q(split_from_id=case.pk)
    for other in (case.merged_into_id, case.split_from_id):
        near |= Q(pk=other) if other else Q(pk__in=[])
    seen = Case.objects.filter(visible(viewer), near, county=case.county).order_by("id")
    found = list(seen.values_list("pk", "number", "merged_into_id", "split_from_id"))
    by_id = {pk: number for pk, number, _, _ in found}
    return Links(
        into=by_id.get(case.merged_into_id or 0, ""),
        split_from=by_id.get(case.split_from_id or 0, ""),
        merged=[number for _, number, into, _ in found if into == case.pk],
        parts=[number for _, number, _, parent in found if parent == case.pk],
    )


def _city_above(body_id: int) -> bool:
    over = accounts.body_above(body_id)
    while over is not None and over.region[4:6] != "00":
        over = accounts.body_above(over.id)
    return over is not None


def _own_moves(case: Case, viewer: Actor) -> Sequence[Move]:
    found = moves_from(State(case.state), Who.REPORTER)
    return [move for move in found if policies.may(viewer, case, move.verb)]


def _may_ask_reopen(case: Case, viewer: Actor) -> Decision:
    if State(case.state) not in SOLVED or viewer.person_id is None or viewer.is_staff:
        return no("")
    return policies.may(viewer, case, "ask_reopen")


def _waiting_for(case: Case, steps: Sequence[StepView]) -> str:
    if State(case.state) is not State.WAITING:
        return ""
    return next((step.text for step in steps if step.verb == "ask_reporter"), "")


def _step(event: CaseEvent, photos: Sequence[Photo], liner: Liner, *, clear: bool) -> StepView:
    late_days = 0
    if event.late and event.due_at is not None:
        late_days = max(0, liner.calendar.between(event.due_at, event.at))
    return StepView(
        verb=event.verb,
        word=done_word(event.verb),
        at=event.at,
        label=event.label,
        body=event.body.name if event.body else "",
        level_word=LEVEL_WORDS[Level(event.level)],
        text=event.text if clear else masking.text(event.text),
        inner=event.inner,
        late=event.late,
        late_days=late_days,
        photos=[p for p in photos if p.event_id == event.pk],
    )


def _public_file(file: Attachment) -> bool:
    """Tell whether passers-by may see it: only photos, since a voice tells who speaks, and no inner step."""
    return file.kind == "photo" and (file.event is None or not file.event.inner)


def _supported(case: Case, viewer: Actor) -> bool:
    if viewer.person_id is None or viewer.is_staff:
        return False
    known = Support.objects.filter(county=case.county, case=case, person_id=viewer.person_id)
    return known.exists()


def _closes_in(case: Case) -> int | None:
    if State(case.state) is not State.ANSWERED or case.answered_at is None:
        return None
    return max(0, ceil((case.answered_at + SILENCE - clock.now()) / timedelta(days=1)))
