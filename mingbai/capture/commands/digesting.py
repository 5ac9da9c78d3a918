"""Reading what came in: requests become cases or wait for a clerk; possible clues are sealed at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import lru_cache

from mingbai.audit.commands import record
from mingbai.capture.events import Digested
from mingbai.capture.models import ChatGroup, Finding, Message
from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader
from mingbai.cases import commands as cases
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import SYSTEM
from mingbai.kernel.ports import ClueMaterial, clue_intake
from mingbai.regions import queries as regions

SETTLED = timedelta(minutes=5)
MEMORY = timedelta(days=7)
GROUPS_AT_ONCE = 20
NAMESPACE = uuid.UUID("6b0c6f7e-6d1b-4c6e-9a53-3f1b1f0f5a51")


def digest(*, county: str, everything: bool = False, groups: int = GROUPS_AT_ONCE) -> Digested:
    """Read the unread messages of some groups of ``county``; call again until ``messages`` is 0.

    A group's messages are read once the talk has been quiet for five minutes of its own time, so
    that split sentences arrive whole; ``everything`` (replay) does not wait. Workers share the
    groups by skipping locked ones. One group is one transaction.
    """
    total = Digested()
    for group_id in _waiting(county, everything=everything, limit=groups):
        total += _digest_group(county, group_id, everything=everything)
    return total


def _waiting(county: str, *, everything: bool, limit: int) -> list[int]:
    with scopes.enter(scope=county):
        rows = Message.objects.filter(county=county, digested_at__isnull=True, held=False)
        if not everything:
            rows = rows.filter(said_at__lte=clock.now() - SETTLED)
        return list(rows.order_by("group_id").values_list("group_id", flat=True).distinct()[:limit])


def _digest_group(county: str, group_id: int, *, everything: bool) -> Digested:
    with scopes.enter(scope=county):
        locked = ChatGroup.objects.select_for_update(skip_locked=True)
        group = locked.filter(county=county, pk=group_id).first()
        if group is None:
            return Digested()
        rows = Message.objects.filter(county=county, group=group, digested_at__isnull=True)
        if not everything:
            rows = rows.filter(said_at__lte=clock.now() - SETTLED)
        messages = {
            m.external_id: m for m in rows.select_related("member").order_by("said_at", "id")
        }
        if not messages:
            return Digested()
        found = _reader(county).read([_line(group, m) for m in messages.values()], _earlier(group))
        return _settle(group, messages, found)


def _settle(group: ChatGroup, messages: Mapping[str, Message], found: Sequence[Found]) -> Digested:
    """Carry out what was found, then mark every message of the batch as read."""
    done = Digested(messages=len(messages))
    held: set[str] = set()
    for item in found:
        mine = [messages[i] for i in item.line_ids if i in messages]
        if item.status == "sealed":
            if _seal(group, item, mine):
                done += Digested(sealed=1)
            else:
                held.update(m.external_id for m in mine)
        elif item.joins:
            _join(group, item, mine)
            done += Digested(joined=len(mine))
        else:
            filed = _keep(group, item, mine)
            done += Digested(filed=int(filed), review=int(not filed))
    county = group.county
    Message.objects.filter(county=county, group=group, external_id__in=held).update(held=True)
    Message.objects.filter(
        county=county, group=group, external_id__in=set(messages) - held, digested_at__isnull=True
    ).update(digested_at=clock.now(), held=False)
    return done


def _seal(group: ChatGroup, item: Found, mine: Sequence[Message]) -> bool:
    """Hand a possible clue over and delete its clear text in this transaction."""
    text = "\n".join(m.text for m in mine if m.text)
    authors = sorted({m.member.alias for m in mine})
    material = ClueMaterial(
        county=group.county,
        region=group.region,
        source="chat",
        text=text,
        said_at=item.said_at,
        author=f"{group.name} 成员 {'、'.join(authors)}",
    )
    if not clue_intake()(material):
        return False
    Message.objects.filter(county=group.county, pk__in=[m.pk for m in mine]).delete()
    return True


def _join(group: ChatGroup, item: Found, mine: Sequence[Message]) -> None:
    """Add lines to the finding, and to the case, that they belong to."""
    earlier = Finding.objects.filter(county=group.county, key=item.joins).first()
    if earlier is None:
        return
    Message.objects.filter(county=group.county, pk__in=[m.pk for m in mine]).update(finding=earlier)
    villagers = [m for m in mine if m.member.role == "villager" and m.text]
    if earlier.case_number and villagers:
        cases.append_evidence(
            county=group.county,
            number=earlier.case_number,
            source_id=item.key,
            text="\n".join(f"{m.member.alias}：{m.text}" for m in villagers),
        )


def _keep(group: ChatGroup, item: Found, mine: Sequence[Message]) -> bool:
    """Write a finding; file its case at once when the machine is sure and the group's mode allows."""
    same = (
        Finding.objects.filter(county=group.county, key=item.same_as).first()
        if item.same_as
        else None
    )
    finding, made = Finding.objects.get_or_create(
        county=group.county,
        key=item.key,
        defaults={
            "region": group.region,
            "group": group,
            "status": Finding.Status.REVIEW,
            "kind": item.kind,
            "field": item.field,
            "urgent": item.urgency == "urgent",
            "place": item.place[:80],
            "place_region": item.place_region or "",
            "title": item.title[:60],
            "text": item.text,
            "confidence": item.confidence,
            "reasons": [asdict(r) for r in item.reasons],
            "model": item.model,
            "said_at": item.said_at,
            "found_at": clock.now(),
            "same_as": same.case_number if same else "",
        },
    )
    Message.objects.filter(county=group.county, pk__in=[m.pk for m in mine]).update(finding=finding)
    automatic = group.mode == ChatGroup.Mode.AUTOMATIC
    if not (made and automatic and item.status == "sure" and not finding.same_as):
        return False
    finding.case_number = file(finding)
    finding.status = Finding.Status.FILED
    finding.save(update_fields=["case_number", "status"])
    record(
        actor=None,
        verb="file",
        thing="finding",
        thing_id=str(finding.pk),
        region=group.region,
        detail={"model": item.model, "confidence": round(item.confidence, 3)},
    )
    return True


def file(finding: Finding) -> str:
    """Turn a finding into a case that holds its own copy of the words; return the case's number."""
    region = finding.place_region if finding.place_region.startswith(finding.county) else ""
    village = region if len(region) >= 12 and not region.endswith("000") else finding.region
    return cases.submit_case(
        actor=SYSTEM,
        token=uuid.uuid5(NAMESPACE, f"{finding.county}:{finding.key}"),
        region=village,
        text=finding.text,
        field=finding.field,
        kind=finding.kind,
        title=finding.title,
        place=finding.place,
        urgent=finding.urgent,
        source="chat",
        source_id=finding.key,
        source_text=finding.text,
    )


def _earlier(group: ChatGroup) -> list[Found]:
    rows = Finding.objects.filter(county=group.county, said_at__gte=clock.now() - MEMORY)
    near = rows.filter(region__startswith=group.region[:9]).exclude(status=Finding.Status.DISMISSED)
    return [_found(f) for f in near.select_related("group").order_by("said_at", "id")]


def _found(row: Finding) -> Found:
    return Found(
        key=row.key,
        group=row.group.external_id,
        kind=row.kind,
        field=row.field,  # type: ignore[arg-type]
        urgency="urgent" if row.urgent else "normal",
        place=row.place,
        place_region=row.place_region or None,
        line_ids=(),
        head_ids=(),
        text=row.text,
        title=row.title,
        status="review",
        confidence=row.confidence,
        reasons=(),
        model=row.model,
        said_at=row.said_at,
    )


def _line(group: ChatGroup, message: Message) -> Line:
    return Line(
        id=message.external_id,
        group=group.external_id,
        sender=message.member.alias,
        role=message.member.role,
        said_at=message.said_at,
        type=message.kind,
        text=message.text,  # type: ignore[arg-type]
    )


@lru_cache(maxsize=64)
def _reader(county: str) -> Reader:
    """Return the county's reader; the worker process keeps it, the web process never makes one."""
    from mingbai.capture.recognition.model import Model

    names = [(name, code) for name, code, _ in regions.gazetteer(county)]
    return Reader(Model.load(), Gazetteer(names))
