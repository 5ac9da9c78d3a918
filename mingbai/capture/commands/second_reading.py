"""Second readings: another clerk answers blind; where the two differ, somebody settles it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from mingbai.audit.commands import record
from mingbai.capture import policies, queries
from mingbai.capture.commands import reviewing
from mingbai.capture.models import Finding, Ruling, SecondReading
from mingbai.cases.queries import field_choices
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.kernel.fields import inside

ANSWERS = frozenset({"file", "dismiss", "seal"})
_TAKEN = "这一条不用复核了：可能刚有人复核过，或者核对人自己改了。"
_HANDLED = "已记下以复核为准。但原来立的件已经有人在办，撤不回来了，请打电话告诉承办单位。"


@dataclass(frozen=True)
class Settled:
    """How a difference ended: ``changed`` tells whether the first ruling was replaced, ``words`` why not."""

    changed: bool
    words: str = ""


def second_read(
    *,
    actor: Actor,
    finding_id: int,
    version: int,
    verb: str,
    kind: str = "",
    field: str = "",
) -> bool:
    """Keep what another clerk would have done with a finding; return whether that is what was done.

    ``verb`` is file (with kind and field), dismiss or seal; nothing is carried out by it. Raises
    ``Refused`` when the finding needs no second reading (any more), ``BadInput`` for a choice that
    there is not.
    """
    if not policies.may_read_talk(actor) or verb not in ANSWERS:
        raise Missing
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _lock(actor, finding_id)
        due = queries.to_read_again(actor).filter(pk=finding.pk)
        if finding.version != version or not due.exists():
            raise Refused(_TAKEN)
        if verb == "file":
            kind = reviewing.known(kind, reviewing.KINDS, "类别")
            field = reviewing.known(field, frozenset(dict(field_choices())), "领域")
        else:
            kind = field = ""
        same = agrees(finding, verb, kind, field)
        assert actor.person_id is not None
        SecondReading.objects.create(
            county=finding.county,
            finding=finding,
            person_id=actor.person_id,
            at=clock.now(),
            verb=verb,
            kind=kind,
            field=field,
            agrees=same,
        )
        record(
            actor=actor,
            verb="second_read",
            thing="finding",
            thing_id=str(finding.pk),
            region=finding.region,
            detail={"agrees": same},
        )
        return same


def agrees(finding: Finding, verb: str, kind: str, field: str) -> bool:
    """Whether an answer is what was done. What was merged was taken up, as whatever that case is."""
    if finding.status == Finding.Status.DISMISSED:
        return verb == "dismiss"
    if finding.status == Finding.Status.MERGED:
        return verb == "file"
    return verb == "file" and (kind, field) == (finding.kind, finding.field)


def settle(*, actor: Actor, reading_id: int, favour: str) -> Settled:
    """Decide a difference for the ``first`` clerk or the ``second``.

    For the second, the first ruling is taken back and the second's carried out. Where the case is
    being handled already that is not possible: it is said, and only who was right is kept. Raises
    ``Refused`` for those who may not settle it, and when a clue cannot be sealed for want of a key;
    nothing has changed then.
    """
    if not policies.may_read_talk(actor):
        raise Missing
    if favour not in {"first", "second"}:
        raise BadInput("请选以谁为准。", "favour")
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        reading, finding, first = _open(actor, reading_id)
        require(policies.may_settle(actor, first.person_id, reading.person_id, favour))
        record(
            actor=actor,
            verb="settle",
            thing="finding",
            thing_id=str(finding.pk),
            region=finding.region,
        )
        reading.settled_at, reading.settled_by = clock.now(), actor.person_id
        reading.settled_for = favour
        reading.save(update_fields=["settled_at", "settled_by", "settled_for"])
        if favour == "first":
            return Settled(changed=False)
        try:
            with transaction.atomic():
                reviewing.take_back(actor, first, finding)
        except Refused:
            return Settled(changed=False, words=_HANDLED)
        _carry_out(actor, finding, reading)
        return Settled(changed=True)


def _carry_out(actor: Actor, finding: Finding, reading: SecondReading) -> None:
    """Do with a finding that waits again what the second clerk answered."""
    if reading.verb == "seal":
        reviewing.hand_over(finding)
        return
    before = reviewing.state_of(finding)
    if reading.verb == "dismiss":
        reviewing.decide(actor, finding, Finding.Status.DISMISSED, "dismiss", before)
        return
    if finding.field != reading.field:
        finding.sub = ""
    finding.kind, finding.field = reading.kind, reading.field
    mended = (finding.kind, finding.field) != (before["kind"], before["field"])
    reviewing.file(actor, finding, "correct" if mended else "file", before)


def _open(actor: Actor, reading_id: int) -> tuple[SecondReading, Finding, Ruling]:
    """Lock the finding, then the reading; a difference that does not concern the actor is missing."""
    known = SecondReading.objects.filter(
        inside(actor.scope, "finding__region"), pk=reading_id, agrees=False
    ).first()
    if known is None:
        raise Missing
    finding = _lock(actor, known.finding_id)
    reading = SecondReading.objects.select_for_update().filter(pk=known.pk).first()
    if reading is None or reading.settled_at is not None:
        raise Refused("这一条刚有人定下了，请刷新再看。")
    first = queries.first_ruling(finding)
    concerns = actor.person_id in {first.person_id, reading.person_id}
    if not concerns and not policies.sees_all_disputes(actor):
        raise Missing
    return reading, finding, first


def _lock(actor: Actor, finding_id: int) -> Finding:
    rows = Finding.objects.select_for_update(of=("self",)).select_related("group")
    finding = rows.filter(inside(actor.scope), pk=finding_id).first()
    if finding is None:
        raise Missing
    return finding
