"""Reading what came in: requests become cases or wait for a clerk; possible clues are sealed at once."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, QuerySet

from mingbai.audit.commands import record
from mingbai.capture.commands.learning import model_in_use
from mingbai.capture.commands.tallying import count
from mingbai.capture.events import Digested
from mingbai.capture.models import ChatGroup, Finding, Message
from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader
from mingbai.cases import commands as cases
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import SYSTEM
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.fields import inside
from mingbai.kernel.ports import ClueMaterial, clue_intake
from mingbai.regions import queries as regions

SETTLED = timedelta(minutes=5)
LONGEST_WAIT = timedelta(minutes=15)
MEMORY = timedelta(days=7)
REMEMBERED = 200
BATCH = 2000
SHORTEST, LONGEST = 4, 4000
NAMESPACE = uuid.UUID("6b0c6f7e-6d1b-4c6e-9a53-3f1b1f0f5a51")
_FOUND = (
    "key", "kind", "field", "urgent", "place", "place_region", "text", "title", "confidence", "model", "said_at", "ended_at", "facts",
)  # fmt: skip
log = logging.getLogger(__name__)


def digest(*, county: str, everything: bool = False) -> Digested:
    """Read the unread messages of ``county``; call again until ``messages`` is 0.

    A group is read once its talk has been quiet for five minutes of its own time, so that split
    sentences arrive whole, or when its oldest message has waited for fifteen; ``everything``
    (replay) does not wait. Workers share the groups by skipping locked ones. One group is one
    transaction; a group that cannot be read does not hold up the others.
    """
    total = Digested()
    for group_id in _waiting(county, everything=everything):
        try:
            total += _digest_group(county, group_id, everything=everything)
        except Exception as wrong:  # noqa: BLE001 - one group must not stop the county's others
            # Where and which kind, never the message or the values: they may quote what was said.
            at = traceback.extract_tb(wrong.__traceback__)[-1]
            log.error("group %d: %s in %s:%s", group_id, type(wrong).__name__, at.name, at.lineno)
            total += Digested(failed=1)
    return total


def _waiting(county: str, *, everything: bool) -> list[int]:
    with scopes.enter(scope=county):
        now = clock.now()
        rows = Message.objects.filter(county=county, digested_at__isnull=True, held=False)
        groups = rows.values("group_id").annotate(last=Max("said_at"), first=Min("received_at"))
        if not everything:
            groups = groups.filter(Q(last__lte=now - SETTLED) | Q(first__lte=now - LONGEST_WAIT))
        return list(groups.order_by("first", "group_id").values_list("group_id", flat=True))


def _digest_group(county: str, group_id: int, *, everything: bool) -> Digested:
    with scopes.enter(scope=county):
        locked = ChatGroup.objects.select_for_update(skip_locked=True, no_key=True)
        group = locked.filter(county=county, pk=group_id).first()
        if group is None:
            return Digested()
        rows = Message.objects.filter(county=county, group=group, digested_at__isnull=True)
        if not everything:
            settled, waited = clock.now() - SETTLED, clock.now() - LONGEST_WAIT
            rows = rows.filter(Q(said_at__lte=settled) | Q(received_at__lte=waited))
        messages = {m.external_id: m for m in said(rows)}
        if not messages:
            return Digested()
        lines = [_line(group, m) for m in messages.values()]
        found = _reader(county, clock.today()).read(lines, _earlier(group, lines))
        return _settle(group, messages, found)


class Said(NamedTuple):
    """A message with its speaker, as the digest needs it."""

    pk: int
    external_id: str
    said_at: datetime
    kind: str
    text: str
    held: bool
    alias: str
    role: str


def said(rows: QuerySet[Message]) -> list[Said]:
    """Return messages in the order of the talk, at most a batch, without the cost of whole objects."""
    fields = (*Said._fields[:-2], "member__alias", "member__role")
    return [Said(*row) for row in rows.order_by("said_at", "id").values_list(*fields)[:BATCH]]


def _settle(group: ChatGroup, messages: Mapping[str, Said], found: Sequence[Found]) -> Digested:
    """Carry out what was found, then mark every message of the batch as read."""
    done = Digested(messages=sum(not m.held for m in messages.values()))
    left = {m.pk: 0 for m in messages.values()}
    fresh: list[tuple[Found, list[Said]]] = []
    for item in found:
        mine = [messages[i] for i in item.line_ids if i in messages]
        if item.status == "sealed":
            done += Digested(sealed=int(_seal(group, item, mine)))
            for message in mine:
                left.pop(message.pk, None)
        elif item.joins:
            finding_id = _join(group, item, mine)
            left.update({m.pk: finding_id for m in mine if m.pk in left})
            done += Digested(joined=len(mine))
        else:
            fresh.append((item, mine))
    kept = _keep(group, [item for item, _ in fresh])
    for item, mine in fresh:
        left.update({m.pk: kept[item.key].pk for m in mine if m.pk in left})
    filed = sum(kept[item.key].status == Finding.Status.FILED for item, _ in fresh)
    _mark_read(group, left)
    return done + Digested(filed=filed, review=len(fresh) - filed)


def _mark_read(group: ChatGroup, left: Mapping[int, int]) -> None:
    """Mark messages as read, each with the finding that it belongs to (0: none)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE capture_message m SET digested_at = %s, held = false,"
            " finding_id = coalesce(nullif(v.finding, 0), m.finding_id)"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, finding)"
            " WHERE m.id = v.id AND m.county = %s",
            [clock.now(), list(left.keys()), list(left.values()), group.county],
        )


def _seal(group: ChatGroup, item: Found, mine: Sequence[Said]) -> bool:
    """Hand a possible clue over and delete its clear text in this transaction; else hold it unseen."""
    rows = Message.objects.filter(county=group.county, pk__in=[m.pk for m in mine])
    material = ClueMaterial(
        county=group.county,
        region=group.region,
        source="chat",
        text=transcript(mine),
        said_at=item.said_at,
        author=author(group, mine),
    )
    if not clue_intake()(material):
        rows.update(held=True)
        return False
    rows.delete()
    return True


def transcript(messages: Sequence[Said]) -> str:
    """Return what was said, line by line, each with its speaker's pseudonym."""
    return "\n".join(f"{_speaker(m)}：{m.text or '（没有文字）'}" for m in messages)


def author(group: ChatGroup, messages: Sequence[Said]) -> str:
    """Return who spoke as far as it is known: the group and the villagers' pseudonyms in it."""
    aliases = sorted({m.alias for m in messages if m.role == "villager"})
    return f"{group.name} 成员 {'、'.join(aliases)}" if aliases else group.name


def _speaker(message: Said) -> str:
    words = {"officer": "村干部 ", "supervisor": "监督员 "}
    return f"{words.get(message.role, '')}{message.alias}"


def _join(group: ChatGroup, item: Found, mine: Sequence[Said]) -> int:
    """Add lines to the finding, and to the case, that they belong to; return the finding's id or 0."""
    rows = Finding.objects.select_for_update().filter(county=group.county, key=item.joins)
    earlier = rows.first()
    if earlier is None:
        return 0
    words = [m for m in mine if m.role == "villager" and m.text]
    if words and earlier.case_number:
        cases.append_evidence(
            county=group.county,
            number=earlier.case_number,
            source_id=item.key,
            text="\n".join(f"{m.alias}：{m.text}" for m in words),
        )
    elif words and earlier.status == Finding.Status.REVIEW:
        # The talk is deleted after 72 hours; what the clerk will file must hold these words too.
        earlier.text = " ".join([earlier.text, *(m.text for m in words)])[:LONGEST]
        earlier.urgent = earlier.urgent or item.urgency == "urgent"
        earlier.save(update_fields=["text", "urgent"])
    return earlier.pk


def _keep(group: ChatGroup, items: Sequence[Found]) -> dict[str, Finding]:
    """Write findings; file at once what the machine is sure of and the group's mode allows.

    What looks like an earlier case is left to a clerk.
    """
    wanted = {item.key for item in items} | {item.same_as for item in items if item.same_as}
    if not wanted:
        return {}
    known = {f.key: f for f in Finding.objects.filter(county=group.county, key__in=wanted)}
    made = {item.key: _finding(group, item) for item in items if item.key not in known}
    Finding.objects.bulk_create(made.values())
    known |= made
    automatic = group.mode == ChatGroup.Mode.AUTOMATIC
    for item in items:
        finding = made.get(item.key)
        if finding is None:
            continue
        if item.same_as in known:
            finding.same_as = known[item.same_as].case_number
        if automatic and item.status == "sure" and not finding.same_as:
            _file_by_itself(finding)
    changed = [f for f in made.values() if f.same_as or f.case_number]
    Finding.objects.bulk_update(changed, ["same_as", "case_number", "status"])
    return known


def _finding(group: ChatGroup, item: Found) -> Finding:
    return Finding(
        county=group.county,
        region=group.region,
        group=group,
        key=item.key,
        status=Finding.Status.REVIEW,
        kind=item.kind,
        field=item.field,
        sub=item.sub,
        urgent=item.urgency == "urgent",
        place=item.place[:80],
        place_region=item.place_region or "",
        title=item.title[:60],
        text=item.text[:LONGEST],
        confidence=item.confidence,
        reasons=[asdict(r) for r in item.reasons],
        model=item.model,
        said_at=item.said_at,
        ended_at=item.ended_at,
        facts=_facts(item),
        found_at=clock.now(),
    )


def _facts(item: Found) -> dict[str, Any]:
    """What later digests need to let talk join the finding (aliases of this group), and what was named."""
    return {
        **item.facts,
        "sender": item.sender,
        "speakers": list(item.speakers),
        "answered": item.answered,
    }


def _file_by_itself(finding: Finding) -> None:
    """File the case without a clerk; what cases will not take so waits for one."""
    try:
        with transaction.atomic():
            finding.case_number = file(finding)
    except (BadInput, Missing, Refused):
        return
    finding.status = Finding.Status.FILED
    count(
        county=finding.county,
        found_at=finding.found_at,
        model=finding.model,
        kind=finding.kind,
        confidence=finding.confidence,
        verb="automatic",
    )
    record(
        actor=None,
        verb="file",
        thing="finding",
        thing_id=str(finding.pk),
        region=finding.region,
        detail={"model": finding.model, "confidence": round(finding.confidence, 3)},
    )


def file(finding: Finding) -> str:
    """Turn a finding into a case that holds its own copy of the words; return the case's number.

    It goes to the village that the words name, when there is exactly one in the county; otherwise
    to the group's own.
    """
    text = finding.text.strip()
    return cases.submit_case(
        actor=SYSTEM,
        token=uuid.uuid5(NAMESPACE, f"{finding.county}:{finding.key}"),
        region=_village(finding),
        text=text[:LONGEST] if len(text) >= SHORTEST else f"群里有人说：{text}",
        field=finding.field,
        kind=finding.kind,
        title=finding.title,
        place=finding.place,
        urgent=finding.urgent,
        source="chat",
        source_id=finding.key,
        source_text=finding.text,
    )


def _village(finding: Finding) -> str:
    own, named = str(finding.region), str(finding.place_region)
    if named.startswith(finding.county) and named != own:
        place = regions.regions([named]).get(named)
        levels = {regions.Level.VILLAGE, regions.Level.LOCAL}
        if place is not None and place.valid_to is None and place.level in levels:
            return named
    return own


def _earlier(group: ChatGroup, lines: Sequence[Line]) -> list[Found]:
    """Return what was found in the week before these lines: the group's own, and the town's latest."""
    begin, end = lines[0].said_at, lines[-1].said_at
    rows = Finding.objects.filter(
        inside(group.region[:9]), county=group.county, said_at__gte=begin - MEMORY
    ).exclude(status=Finding.Status.DISMISSED)
    fields = rows.values_list(*_FOUND, F("group__external_id")).order_by("-said_at", "-id")
    # A late line joins nothing that was said after it, but may be the trouble of the next village.
    own = fields.filter(group=group, said_at__lte=begin)[:REMEMBERED]
    others = fields.exclude(group=group).filter(said_at__lte=end)[:REMEMBERED]
    return sorted(map(_found, [*own, *others]), key=lambda f: (f.said_at, f.key))


def _found(row: tuple[Any, ...]) -> Found:
    values = dict(zip((*_FOUND, "group"), row, strict=True))
    facts = dict(values["facts"])
    return Found(
        key=values["key"],
        group=values["group"],
        kind=values["kind"],
        field=values["field"],
        urgency="urgent" if values["urgent"] else "normal",
        place=values["place"],
        place_region=values["place_region"] or None,
        line_ids=(),
        head_ids=(),
        text=values["text"],
        title=values["title"],
        status="review",
        confidence=values["confidence"],
        reasons=(),
        model=values["model"],
        said_at=values["said_at"],
        ended_at=values["ended_at"] or values["said_at"],
        sender=facts.pop("sender", ""),
        speakers=tuple(facts.pop("speakers", ())),
        answered=bool(facts.pop("answered", False)),
        facts=facts,
    )


def _line(group: ChatGroup, message: Said) -> Line:
    return Line(
        id=message.external_id,
        group=group.external_id,
        sender=message.alias,
        role=message.role,  # type: ignore[arg-type]
        said_at=message.said_at,
        type=message.kind,  # type: ignore[arg-type]
        text=message.text,
    )


def _reader(county: str, day: date) -> Reader:
    """Return the county's reader with the model in use; the web process never makes one."""
    return _made(county, day, model_in_use().version)


@lru_cache(maxsize=16)
def _made(county: str, day: date, version: str) -> Reader:
    del day, version  # a changed gazetteer is noticed on the next day, a changed model at once
    names = [(name, code) for name, code, _ in regions.gazetteer(county)]
    return Reader(model_in_use(), Gazetteer(names))
