"""The review desk: what waits, one finding with the talk around it, what the clerk ruled today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from mingbai.accounts import queries as accounts
from mingbai.capture import policies
from mingbai.capture.models import Finding, Ruling
from mingbai.capture.queries.reach import note_reading, require_clerk, start_of_today, territory
from mingbai.capture.queries.talk import TalkLine, talk_around
from mingbai.capture.queries.words import KIND_WORDS, VERB_WORDS
from mingbai.cases import queries as cases
from mingbai.cases.states import State
from mingbai.kernel import scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.kernel.paging import Page, page
from mingbai.regions import queries as regions

ORDER = ("-urgent", "-said_at", "-id")
SIZE = 60
ALIKE = 3
LOOKED_BACK = 10
FILES = frozenset({"file", "correct"})


@dataclass(frozen=True)
class Narrowing:
    """What the clerk narrows the list to; empty means everything. ``place`` is a region code."""

    place: str = ""
    kind: str = ""
    urgent: bool = False
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.place or self.kind or self.urgent or self.text)


@dataclass(frozen=True)
class Queue:
    """A page of what waits, and how many there are under the filter."""

    page: Page[Finding]
    count: int


@dataclass(frozen=True)
class Alike:
    """An open case that may be about the same trouble; public ones have a page to look at."""

    number: str
    title: str
    is_public: bool


@dataclass(frozen=True)
class Opened:
    """A finding with the talk around it and who will get its case."""

    finding: Finding
    village: str
    receiver: str
    talk: Sequence[TalkLine]
    declined: int
    reasons: Mapping[str, Sequence[str]]
    similar: Sequence[Alike]


@dataclass(frozen=True)
class Done:
    """What the clerk has ruled today: how many, and what undoing would take back."""

    count: int
    latest: int | None
    words: str


def waiting(actor: Actor, narrowing: Narrowing | None = None, after: str = "") -> Queue:
    """Return a page of the findings that wait in the clerk's territory, urgent and newest first.

    Raises ``Missing`` for those who may not read talk, ``BadInput`` for a page that is none.
    """
    require_clerk(actor)
    rows = _waiting(actor).filter(_narrowed(narrowing or Narrowing()))
    light = rows.select_related("group").defer("reasons", "facts")
    return Queue(page(light, order=ORDER, after=after, size=SIZE), rows.count())


def waiting_count(actor: Actor) -> int:
    """Return how many findings wait; 0 for those who may not read talk."""
    if not policies.may_read_talk(actor):
        return 0
    return _waiting(actor).count()


def places(actor: Actor) -> Sequence[tuple[str, str, bool]]:
    """Return the towns and villages of the territory as ``(code, name, is_town)``, in tree order."""
    levels = [regions.Level.TOWN, regions.Level.VILLAGE, regions.Level.LOCAL]
    rows = regions.inside(actor.scope).filter(level__in=levels)
    found = rows.order_by("scope").values_list("code", "name", "level")
    return [(code, name, level == regions.Level.TOWN) for code, name, level in found]


def rulings_today(actor: Actor) -> QuerySet[Ruling]:
    """Return the rulings that the clerk has made today and not taken back, latest first."""
    rows = Ruling.objects.filter(person_id=actor.person_id or 0, at__gte=start_of_today())
    if actor.county:
        rows = rows.filter(county=actor.county)
    return rows.filter(undone_at__isnull=True).order_by("-at", "-id")


def undoable(actor: Actor) -> Ruling | None:
    """Return the clerk's latest ruling of today that can still be taken back.

    A case that its village has begun to handle stays; what was ruled before it can still go back.
    """
    for ruling in rulings_today(actor).select_related("finding")[:LOOKED_BACK]:
        if ruling.verb not in FILES or _untouched(ruling.county, ruling.finding.case_number):
            return ruling
    return None


def ruled_today(actor: Actor) -> Done:
    """Return the clerk's count of today and what undoing takes back, in words (立件“东头水管漏…”)."""
    count = rulings_today(actor).count()
    last = undoable(actor) if count else None
    if last is None:
        return Done(count, None, "")
    batch = last.before.get("batch")
    many = rulings_today(actor).filter(before__batch=batch).count() if batch else 1
    if many > 1:
        return Done(count, last.pk, f"刚才一起定的 {many} 条")
    title = last.finding.title
    words = f"{VERB_WORDS[last.verb]}“{title[:10]}{'…' if len(title) > 10 else ''}”"
    return Done(count, last.pk, words)


def open_finding(actor: Actor, finding_id: int) -> Opened | None:
    """Return a finding with the messages around it; None when it has been ruled on already.

    The reading is audited once per group, clerk and day. Raises ``Missing`` for those who may not
    read talk or a finding outside of their territory.
    """
    found = clerks_finding(actor, finding_id)
    if found.status != Finding.Status.REVIEW:
        return None
    note_reading(actor, found.group)
    village, receiver = receiver_of(found)
    return Opened(
        finding=found,
        village=village,
        receiver=receiver,
        talk=talk_around(found),
        declined=found.group.people.filter(consent="declined").count(),
        reasons=reasons_of(found),
        similar=_alike(found),
    )


def clerks_finding(actor: Actor, finding_id: int) -> Finding:
    """Return a finding of the clerk's territory with its group. Raises ``Missing``."""
    require_clerk(actor)
    rows = Finding.objects.filter(territory(actor), pk=finding_id).select_related("group")
    found = rows.first()
    if found is None:
        raise Missing
    return found


def reasons_of(finding: Finding) -> dict[str, list[str]]:
    """Return the sentences of the machine's reasons by what they are about, each once."""
    found: dict[str, list[str]] = {}
    for reason in finding.reasons:
        sentences = found.setdefault(reason["about"], [])
        if reason["text"] not in sentences:
            sentences.append(reason["text"])
    return found


def receiver_of(finding: Finding) -> tuple[str, str]:
    """Return the village's name and who would receive the case there (empty: nobody yet)."""
    own, named = str(finding.region), str(finding.place_region)
    known = regions.regions({own, named} - {""})
    there = known.get(named)
    levels = {regions.Level.VILLAGE, regions.Level.LOCAL}
    if there is None or there.county != finding.county or there.level not in levels:
        there = known[own]
    body = accounts.village_body(there.code)
    return there.name, body.name if body else ""


def _waiting(actor: Actor) -> QuerySet[Finding]:
    return Finding.objects.filter(territory(actor), status=Finding.Status.REVIEW)


def _narrowed(narrowing: Narrowing) -> Q:
    found = Q()
    if narrowing.place:
        found &= inside(regions.scope_of(narrowing.place))
    if narrowing.kind in KIND_WORDS:
        found &= Q(kind=narrowing.kind)
    if narrowing.urgent:
        found &= Q(urgent=True)
    if narrowing.text:
        found &= Q(text__contains=narrowing.text)
    return found


def _untouched(county: str, number: str) -> bool:
    with scopes.widen(county):  # the case may lie in the village that the words named
        try:
            return cases.standing(county, number).state == State.SUBMITTED
        except Missing:
            return False


def _alike(finding: Finding) -> list[Alike]:
    """Return what the machine took for the same, then the village's most alike open cases."""
    found: dict[str, Alike] = {}
    if finding.same_as:
        rows = Finding.objects.filter(county=finding.county, case_number=finding.same_as)
        title = rows.order_by("id").values_list("title", flat=True).first()
        found[finding.same_as] = Alike(
            finding.same_as, title or "机器认为是同一件", is_public=False
        )
    for line in cases.similar_open(finding.region, f"{finding.title} {finding.text}", ALIKE):
        found[line.number] = Alike(line.number, line.title, is_public=True)
    return list(found.values())[:ALIKE]
