"""The clerk's rulings on what the machine was unsure of; each can be undone, but for sealing."""

from __future__ import annotations

from typing import Any

from mingbai.audit.commands import record
from mingbai.capture import policies, queries
from mingbai.capture.commands import digesting
from mingbai.capture.models import Finding, Message, Ruling
from mingbai.cases import commands as cases
from mingbai.cases.queries import field_choices, standing
from mingbai.cases.states import OPEN
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import ClueMaterial, clue_intake

KINDS = frozenset({"request", "question", "suggestion"})
_KEPT = ("status", "kind", "field", "place", "urgent", "case_number")
_FILES = frozenset({"file", "correct"})
_NO_KEY = "本县纪委监委还没有生成密钥，暂时封存不了。请先不要处理这一条，联系案管室。"
_NOT_THIS = "核对人更正：前面并进来的那段群里的话说的不是这件事，请不要当作依据。"


def file_case(*, actor: Actor, finding_id: int, version: int, kind: str = "") -> str:
    """File the finding as a case (optionally as another kind) and return the case's number."""
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        before = _state(finding)
        if kind:
            finding.kind = _known(kind, KINDS, "类别")
        finding.case_number = digesting.file(finding)
        _decide(actor, finding, Finding.Status.FILED, "file", before)
        return finding.case_number


def correct(
    *, actor: Actor, finding_id: int, version: int, field: str, kind: str, place: str, urgent: bool
) -> str:
    """Mend kind, field, place or urgency, then file the case; return its number."""
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        before = _state(finding)
        finding.field = _known(field, frozenset(dict(field_choices())), "领域")
        finding.kind = _known(kind, KINDS, "类别")
        finding.place = place.strip()[:80]
        finding.urgent = urgent
        finding.case_number = digesting.file(finding)
        _decide(actor, finding, Finding.Status.FILED, "correct", before)
        return finding.case_number


def merge(*, actor: Actor, finding_id: int, version: int, number: str) -> None:
    """Join the finding to an open case of the clerk's territory as further evidence.

    Raises ``Missing`` for an unknown case, ``Refused`` for one that is over.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        before = _state(finding)
        if standing(finding.county, number).state not in OPEN:
            raise Refused("那一件已经不在办了，请单独立件。")
        cases.append_evidence(
            county=finding.county, number=number, source_id=finding.key, text=finding.text
        )
        finding.case_number = number
        _decide(actor, finding, Finding.Status.MERGED, "merge", before)


def dismiss(*, actor: Actor, finding_id: int, version: int) -> None:
    """Rule that the finding is no request; its text goes with the talk."""
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        _decide(actor, finding, Finding.Status.DISMISSED, "dismiss", _state(finding))


def seal(*, actor: Actor, finding_id: int, version: int) -> None:
    """Hand the finding over as a possible clue; every trace of it here is deleted.

    Raises ``Refused`` when the county's discipline office has no key yet. There is no undo.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        messages = Message.objects.filter(county=finding.county, finding=finding)
        said = digesting.said(messages)
        taken = clue_intake()(
            ClueMaterial(
                county=finding.county,
                region=finding.region,
                source="chat",
                text=digesting.transcript(said) or finding.text,
                said_at=finding.said_at,
                author=digesting.author(finding.group, said),
            )
        )
        if not taken:
            raise Refused(_NO_KEY)
        messages.delete()
        finding.delete()


def undo(*, actor: Actor, ruling_id: int) -> int:
    """Take back the clerk's latest ruling of today; return the finding's id.

    A case that was filed by it is withdrawn, if nobody has touched it; words that were joined to a
    case get a correction beside them. Raises ``Refused`` when ``ruling_id`` is not the latest any
    more or the case is already being handled; nothing has changed then.
    """
    if not policies.may_read_talk(actor):
        raise Missing
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        last = queries.rulings_today(actor).select_for_update(of=("self",)).first()
        if last is None or last.pk != ruling_id:
            raise Refused("这一次核对已经不能撤销了。")
        finding = Finding.objects.select_for_update().get(county=last.county, pk=last.finding_id)
        finding.version += 1
        _take_back(last.verb, finding)
        for name in _KEPT:
            setattr(finding, name, last.before[name])
        finding.decided_at = finding.decided_by = None
        finding.save()
        last.undone_at = clock.now()
        last.save(update_fields=["undone_at"])
        record(
            actor=actor,
            verb="undo",
            thing="finding",
            thing_id=str(finding.pk),
            region=finding.region,
        )
        return finding.pk


def _take_back(verb: str, finding: Finding) -> None:
    """Undo what the ruling did to a case; the finding gets a key of its own for the next time."""
    again = f"{finding.key[:50]}-{finding.version}"
    with scopes.widen(finding.county):  # the case may lie in the village that the words named
        if verb in _FILES:
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


def _open(actor: Actor, finding_id: int, version: int) -> Finding:
    if not policies.may_read_talk(actor):
        raise Missing
    rows = Finding.objects.select_for_update(of=("self",)).select_related("group")
    finding = rows.filter(county=actor.county, pk=finding_id).first()
    if finding is None or not actor.covers(finding.region):
        raise Missing
    if finding.status != Finding.Status.REVIEW or finding.version != version:
        raise Refused("这一条刚被别人核对过，或者内容有了变化，请再看一遍。")
    return finding


def _decide(actor: Actor, finding: Finding, status: str, verb: str, before: dict[str, Any]) -> None:
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
        before=before,
    )
    record(actor=actor, verb=verb, thing="finding", thing_id=str(finding.pk), region=finding.region)


def _state(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in _KEPT}


def _known(value: str, allowed: frozenset[str], what: str) -> str:
    if value not in allowed:
        raise BadInput(f"请选一个{what}。", "field")
    return value
