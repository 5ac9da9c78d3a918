"""The clerk's rulings on what the machine was unsure of; each can be undone."""

from __future__ import annotations

from typing import Any

from mingbai.audit.commands import record
from mingbai.capture import policies
from mingbai.capture.commands import digesting
from mingbai.capture.models import Finding, Message, Ruling
from mingbai.cases import commands as cases
from mingbai.cases.queries import field_choices
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import ClueMaterial, clue_intake

KINDS = frozenset({"request", "question", "suggestion"})
_KEPT = ("status", "kind", "field", "place", "urgent", "case_number")


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
    """Join the finding to an existing case of the county as further evidence."""
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        finding = _open(actor, finding_id, version)
        before = _state(finding)
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
        text = (
            "\n".join(m.text for m in messages.order_by("said_at", "id") if m.text) or finding.text
        )
        aliases = sorted(set(messages.values_list("member__alias", flat=True)))
        taken = clue_intake()(
            ClueMaterial(
                county=finding.county,
                region=finding.region,
                source="chat",
                text=text,
                said_at=finding.said_at,
                author=f"{finding.group.name} 成员 {'、'.join(aliases)}",
            )
        )
        if not taken:
            raise Refused(
                "本县纪委监委还没有生成密钥，暂时封存不了。请先不要处理这一条，联系案管室。"
            )
        messages.delete()
        finding.delete()


def undo(*, actor: Actor) -> int:
    """Take back the clerk's latest ruling of today that can be taken back; return the finding's id.

    A case that was filed by it is withdrawn, if nobody has touched it. Raises ``Refused`` when there
    is nothing to undo or the case is already being handled.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        start = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        last = (
            Ruling.objects.select_for_update()
            .filter(
                county=actor.county,
                person_id=actor.person_id or 0,
                undone_at__isnull=True,
                at__gte=start,
            )
            .order_by("-at", "-id")
            .first()
        )
        if last is None:
            raise Refused("今天没有可以撤销的核对。")
        finding = Finding.objects.select_for_update().get(county=last.county, pk=last.finding_id)
        if last.verb in {"file", "correct"}:
            cases.retract_filing(county=finding.county, number=finding.case_number)
        for name in _KEPT:
            setattr(finding, name, last.before[name])
        finding.decided_at = finding.decided_by = None
        finding.version += 1
        if last.verb in {"file", "correct"}:
            # The withdrawn case keeps the old key; filing again needs one of its own.
            finding.key = f"{finding.key[:58]}-{finding.version}"
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


def _open(actor: Actor, finding_id: int, version: int) -> Finding:
    if not policies.may_read_talk(actor):
        raise Missing
    rows = Finding.objects.select_for_update(of=("self",)).select_related("group")
    finding = rows.filter(county=actor.county, pk=finding_id).first()
    if finding is None or not actor.covers(finding.region):
        raise Missing
    if finding.status != Finding.Status.REVIEW or finding.version != version:
        raise Refused("这一条刚被别人核对过，请看下一条。")
    return finding


def _decide(actor: Actor, finding: Finding, status: str, verb: str, before: dict[str, Any]) -> None:
    finding.status = status
    finding.decided_at = clock.now()
    finding.decided_by = actor.person_id
    finding.version += 1
    finding.save()
    assert actor.person_id is not None
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
