"""The clerk's rulings on what the machine was unsure of; each can be undone, but for sealing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import transaction

from mingbai.audit.commands import record
from mingbai.capture import policies, queries
from mingbai.capture.commands import digesting, learning, places, talking, tallying
from mingbai.capture.models import Finding, Message, Ruling, SecondReading
from mingbai.cases import commands as cases
from mingbai.cases.queries import field_choices, standing
from mingbai.cases.states import OPEN
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.fields import inside
from mingbai.kernel.ports import ClueMaterial, clue_intake

KINDS = frozenset({"request", "question", "suggestion"})
FILES = frozenset({"file", "correct"})
MOST_AT_ONCE = 100
NO_KEY = "本县纪委监委还没有生成密钥，暂时封存不了。请先不要处理这一条，联系案管室。"
_KEPT = ("status", "kind", "field", "sub", "place", "urgent", "case_number")
_MANY = frozenset({"file", "dismiss", "merge"})
_NOT_THIS = "核对人更正：前面并进来的那段群里的话说的不是这件事，请不要当作依据。"
_CHANGED = "这一条刚被别人核对过，或者内容有了变化，请再看一遍。"
_GONE = "这一次核对已经不能撤销了。"
_NUMBER = re.compile(r"(?:(?:(\d{6})-)?(\d{4})-)?(\d{1,7})")


class Item(NamedTuple):
    """A finding that was ticked, with the version that the clerk saw."""

    id: int
    version: int


@dataclass(frozen=True)
class Batch:
    """What became of several findings at once; ``left`` are title and reason of those not touched."""

    done: Sequence[int]
    left: Sequence[tuple[str, str]]
    number: str = ""


@dataclass(frozen=True)
class Undone:
    """The findings that wait again, and title and reason of those that could not be taken back."""

    findings: Sequence[int]
    left: Sequence[tuple[str, str]] = ()


def file_case(*, actor: Actor, finding_id: int, version: int, kind: str = "") -> str:
    """File the finding as a case (optionally as another kind) and return the case's number."""
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        before = state_of(finding)
        if kind:
            finding.kind = known(kind, KINDS, "类别")
        return file(actor, finding, "file", before)


def correct(
    *,
    actor: Actor,
    finding_id: int,
    version: int,
    field: str,
    kind: str,
    place: str,
    urgent: bool,
    sub: str = "",
) -> str:
    """Mend kind, field, small kind, place or urgency, then file the case; return its number."""
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        before = state_of(finding)
        describe(finding, kind=kind, field=field, sub=sub, place=place, urgent=urgent)
        return file(actor, finding, "correct", before)


def merge(*, actor: Actor, finding_id: int, version: int, number: str) -> str:
    """Join the finding to an open case of the clerk's territory as further evidence; return its number.

    ``number`` may be short: 431 means number 00431 of this month. Raises ``BadInput`` for a case
    that is not there, ``Refused`` for one that is over.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        return _merge(actor, _open(actor, finding_id, version), number)


def dismiss(*, actor: Actor, finding_id: int, version: int) -> None:
    """Rule that the finding is no request; its text goes with the talk."""
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        decide(actor, finding, Finding.Status.DISMISSED, "dismiss", state_of(finding))


def seal(*, actor: Actor, finding_id: int, version: int) -> None:
    """Hand the finding over as a possible clue; every trace of it here is deleted.

    Raises ``Refused`` when the county's discipline office has no key yet. There is no undo.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        hand_over(_open(actor, finding_id, version))


def rule_many(*, actor: Actor, items: Sequence[Item], verb: str, number: str = "") -> Batch:
    """Rule on several findings alike: file each, dismiss each, or merge all into one case.

    Merging without a ``number`` files the one said first and joins the others to it. What changed
    since it was shown is left as it is and named. Undoing takes all of it back in one step.
    """
    if not policies.may_read_talk(actor) or verb not in _MANY:
        raise Missing
    if not items:
        raise BadInput("请先勾选要一起处理的。", "item")
    if len(items) > MOST_AT_ONCE:
        raise BadInput(f"一次最多处理 {MOST_AT_ONCE} 条。", "item")
    batch, done, left = uuid.uuid4().hex, [], []
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        titles = _by_time(actor, items)
        rank = {pk: place for place, pk in enumerate(titles)}
        for item in sorted(dict.fromkeys(items), key=lambda i: rank[i.id]):
            try:
                with transaction.atomic():
                    finding = _open(actor, item.id, item.version)
                    number = _one_of_many(actor, finding, verb, number, batch)
            except (BadInput, Missing, Refused) as wrong:
                left.append((titles[item.id], str(wrong) or _CHANGED))
            else:
                done.append(item.id)
    return Batch(done, left, number)


def undo(*, actor: Actor, ruling_id: int) -> Undone:
    """Take back the clerk's latest ruling of today, or the batch that it was part of.

    A case that was filed by it is withdrawn, if nobody has touched it; words that were joined to a
    case get a correction beside them. Raises ``Refused`` when ``ruling_id`` is not the latest that
    can be taken back; nothing has changed then. Of a batch, what cannot go back is left and named.
    """
    if not policies.may_read_talk(actor):
        raise Missing
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        last = queries.undoable(actor)
        if last is None or last.pk != ruling_id:
            raise Refused(_GONE)
        mine = queries.rulings_today(actor).select_for_update(of=("self",))
        batch = last.before.get("batch")
        steps = list(mine.filter(before__batch=batch) if batch else mine.filter(pk=last.pk))
        if not steps:
            raise Refused(_GONE)
        return _undo_each(actor, steps)


def _undo_each(actor: Actor, steps: Sequence[Ruling]) -> Undone:
    done, left = [], []
    for ruling in steps:
        finding = Finding.objects.select_for_update().get(
            county=ruling.county, pk=ruling.finding_id
        )
        try:
            with transaction.atomic():
                take_back(actor, ruling, finding)
        except Refused as wrong:
            left.append((finding.title, str(wrong)))
        else:
            done.append(finding.pk)
    if not done:
        raise Refused(left[0][1])
    return Undone(done, left)


def take_back(actor: Actor, ruling: Ruling, finding: Finding) -> None:
    """Bring a finding back to what it was before ``ruling``, its case included.

    Raises ``Refused`` when the case is being handled already.
    """
    verb, key, place = ruling.verb, finding.key, _place(finding)
    finding.version += 1
    # The next case made of it needs a key of its own.
    again = f"{key[:50]}-{finding.version}"
    with scopes.widen(finding.county):  # the case may lie in the village that the words named
        if verb in FILES:
            cases.retract_filing(county=finding.county, number=finding.case_number)
            finding.key = again
        elif verb == "merge":
            cases.append_evidence(
                county=finding.county,
                number=finding.case_number,
                source_id=f"{again}-undo",
                text=_NOT_THIS,
            )
            finding.key = again
    for name in _KEPT:
        setattr(finding, name, ruling.before[name])
    finding.decided_at = finding.decided_by = None
    finding.save()
    ruling.undone_at = clock.now()
    ruling.save(update_fields=["undone_at"])
    unsettled = SecondReading.objects.filter(county=finding.county, finding=finding)
    unsettled.filter(settled_at__isnull=True).delete()
    tally(finding, finding.kind, verb, by=-1)
    with _county(actor, finding):
        learning.drop_example(county=finding.county, key=key)
        if verb in FILES:
            places.unlearn_place(**place)
    record(
        actor=actor, verb="undo", thing="finding", thing_id=str(finding.pk), region=finding.region
    )


def file(actor: Actor, finding: Finding, verb: str, before: dict[str, Any], batch: str = "") -> str:
    """Make a case of the finding as it stands; return its number."""
    finding.case_number = digesting.file(finding)
    decide(actor, finding, Finding.Status.FILED, verb, before, batch)
    return finding.case_number


def decide(
    actor: Actor,
    finding: Finding,
    status: str,
    verb: str,
    before: dict[str, Any],
    batch: str = "",
) -> None:
    """Write what the clerk ruled, with what stood before; the tallies and the examples learn of it."""
    assert actor.person_id is not None
    finding.status = status
    finding.decided_at = clock.now()
    finding.decided_by = actor.person_id
    finding.version += 1
    finding.save()
    Ruling.objects.create(
        county=finding.county,
        finding=finding,
        person_id=actor.person_id,
        at=clock.now(),
        verb=verb,
        before=before | ({"batch": batch} if batch else {}),
    )
    tally(finding, before["kind"], verb)
    if verb in FILES:
        with _county(actor, finding):
            learning.keep_example(finding)
            places.learn_place(**_place(finding))
    record(actor=actor, verb=verb, thing="finding", thing_id=str(finding.pk), region=finding.region)


def _place(finding: Finding) -> dict[str, str]:
    """Return what a finding teaches of places: a spot in its group's own village, if it named one."""
    elsewhere = finding.place_region and finding.place_region != finding.region
    return {
        "county": str(finding.county),
        "region": str(finding.region),
        "name": "" if elsewhere else finding.place,
    }


def hand_over(finding: Finding) -> None:
    """Seal the finding's words as a possible clue and delete it with its messages.

    Raises ``Refused`` without a key. No audit entry: outside of the parcel nothing tells of it.
    """
    messages = Message.objects.filter(county=finding.county, finding=finding)
    said = talking.said(messages)
    taken = clue_intake()(
        ClueMaterial(
            county=finding.county,
            region=finding.region,
            source="chat",
            text=talking.transcript(said) or finding.text,
            said_at=finding.said_at,
            author=talking.author(finding.group, said),
        )
    )
    if not taken:
        raise Refused(NO_KEY)
    tally(finding, finding.kind, "seal")
    messages.delete()
    finding.delete()


def describe(
    finding: Finding, *, kind: str, field: str, sub: str, place: str, urgent: bool
) -> None:
    """Put a clerk's words on a finding (unsaved). Raises ``BadInput`` for a choice that there is not."""
    finding.kind = known(kind, KINDS, "类别")
    finding.field = known(field, frozenset(dict(field_choices())), "领域")
    if sub and not queries.subfield_word(field, sub):
        raise BadInput("小类不属于这个领域，请重选。", "sub")
    finding.sub = sub
    finding.place = place.strip()[:80]
    finding.urgent = urgent


def state_of(finding: Finding) -> dict[str, Any]:
    """Return what a ruling may change, to be kept for undoing."""
    return {name: getattr(finding, name) for name in _KEPT}


def known(value: str, allowed: frozenset[str], what: str) -> str:
    """Return ``value`` if it is one of ``allowed``; raise ``BadInput`` otherwise."""
    if value not in allowed:
        raise BadInput(f"请选一个{what}。", "field")
    return value


def tally(finding: Finding, kind: str, verb: str, by: int = 1) -> None:
    """Count a ruling under the kind that the machine had found."""
    tallying.count(
        county=finding.county,
        found_at=finding.found_at,
        model=finding.model,
        kind=kind,
        confidence=finding.confidence,
        verb=verb,
        by=by,
    )


def full_number(county: str, typed: str) -> str:
    """Return the whole case number for what a clerk types: 431, 2611-00431 or all of it.

    Raises ``BadInput`` for anything else.
    """
    match = _NUMBER.fullmatch(typed.strip())
    if match is None:
        raise BadInput("件号写成 350525-2611-00431，或者只写最后几位。", "number")
    where, month, last = match.groups()
    return f"{where or county}-{month or f'{clock.today():%y%m}'}-{int(last):05d}"


def _merge(actor: Actor, finding: Finding, number: str, batch: str = "") -> str:
    before = state_of(finding)
    number = full_number(finding.county, number)
    try:
        over = standing(finding.county, number).state not in OPEN
    except Missing:
        raise BadInput(f"你的范围里没有件号 {number}，请核对。", "number") from None
    if over:
        raise Refused("那一件已经不在办了，请单独立件。")
    cases.append_evidence(
        county=finding.county, number=number, source_id=finding.key, text=finding.text
    )
    finding.case_number = number
    decide(actor, finding, Finding.Status.MERGED, "merge", before, batch)
    return number


def _one_of_many(actor: Actor, finding: Finding, verb: str, number: str, batch: str) -> str:
    """Rule on one of several; return the case that the next ones are to be merged into, if any."""
    if verb == "dismiss":
        decide(actor, finding, Finding.Status.DISMISSED, "dismiss", state_of(finding), batch)
        return ""
    if verb == "merge" and number:
        return _merge(actor, finding, number, batch)
    made = file(actor, finding, "file", state_of(finding), batch)
    return made if verb == "merge" else ""


def _by_time(actor: Actor, items: Sequence[Item]) -> dict[int, str]:
    """Return the titles of the ticked findings, the one said first leading; hidden ones come last."""
    rows = Finding.objects.filter(inside(actor.scope), pk__in={i.id for i in items})
    found = dict(rows.order_by("said_at", "id").values_list("pk", "title"))
    return found | {i.id: "看不到的一条" for i in items if i.id not in found}


def _open(actor: Actor, finding_id: int, version: int) -> Finding:
    if not policies.may_read_talk(actor):
        raise Missing
    rows = Finding.objects.select_for_update(of=("self",)).select_related("group")
    finding = rows.filter(inside(actor.scope), pk=finding_id).first()
    if finding is None:
        raise Missing
    if finding.status != Finding.Status.REVIEW or finding.version != version:
        raise Refused(_CHANGED)
    return finding


def _county(actor: Actor, finding: Finding) -> AbstractContextManager[None]:
    """See the whole county for what is kept by county; a clerk of one town sees less."""
    if finding.county.startswith(actor.scope):
        return nullcontext()
    return scopes.widen(finding.county)
