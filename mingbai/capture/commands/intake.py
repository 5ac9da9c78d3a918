"""Messages come in: each once, under a pseudonym, masked; nothing of those who declined."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import connection

from mingbai.audit.commands import record
from mingbai.capture import policies
from mingbai.capture.events import InboundMessage, Received
from mingbai.capture.models import ChatGroup, Finding, Member, Message, Seen
from mingbai.kernel import clock, masking, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, require
from mingbai.regions import queries as regions

LONGEST = 4000
KINDS = frozenset({"text", "voice", "image", "video", "location"})
ROLES = frozenset({"villager", "officer", "supervisor"})


def register_group(
    *,
    actor: Actor | None,
    region: str,
    platform: str,
    external_id: str,
    name: str,
    owner: str = "",
    members: int = 0,
    households: int = 0,
    consent_on: date | None = None,
    mode: str = ChatGroup.Mode.AUTOMATIC,
) -> int:
    """Write a group into the registry, or bring its line up to date; return its id.

    Raises ``Missing`` for an unknown village, ``Refused`` outside of the actor's territory,
    ``BadInput`` when more households are covered than the village has.
    """
    village = regions.region(region)
    if actor is not None:
        require(policies.may_keep_groups(actor, region))
    if village.households is not None and households > village.households:
        raise BadInput(
            f"{village.name}共 {village.households} 户，覆盖户数不能更多。", "households"
        )
    if not external_id.strip() or not name.strip():
        raise BadInput("请填写群名和平台群号。", "name")
    with scopes.enter(scope=region if actor is None else actor.scope):
        group, made = ChatGroup.objects.update_or_create(
            county=village.county,
            platform=platform,
            external_id=external_id.strip(),
            defaults={
                "region": region,
                "name": name.strip(),
                "owner": owner.strip(),
                "members": members,
                "households": households,
                "consent_on": consent_on,
                "mode": mode,
                "is_active": True,
            },
        )
        record(
            actor=actor,
            verb="register" if made else "change",
            thing="chat_group",
            thing_id=str(group.pk),
            region=region,
        )
    return group.pk


def receive(*, group_id: int, county: str, messages: Sequence[InboundMessage]) -> Received:
    """Take a delivery of one group's messages; deliveries may repeat, be late or out of order.

    Senders are known by a keyed hash and an alias of this group only; phones, identity numbers and
    cards are masked before storage. A declined sender's message is dropped before storage.
    """
    with scopes.enter(scope=county):
        group = ChatGroup.objects.select_for_update().get(county=county, pk=group_id)
        unique = {m.external_id: m for m in messages}
        fresh = _first_time(group, list(unique))
        people = _members(group, [unique[i] for i in fresh])
        kept = [
            (unique[i], people[unique[i].sender])
            for i in fresh
            if people[unique[i].sender].consent != Member.Consent.DECLINED
        ]
        now = clock.now()
        Message.objects.bulk_create([_row(group, m, who, now) for m, who in kept], batch_size=1000)
        if kept:
            newest = max(m.said_at for m, _ in kept)
            group.last_said_at = max(filter(None, (group.last_said_at, newest)))
            group.save(update_fields=["last_said_at"])
    return Received(len(kept), len(messages) - len(fresh), len(fresh) - len(kept))


def recall(*, county: str, group_id: int, external_id: str) -> bool:
    """Delete our copy of a message that its sender took back; True when there was one.

    A finding for review that stood on this message alone goes with it.
    """
    with scopes.enter(scope=county):
        rows = Message.objects.filter(county=county, group_id=group_id, external_id=external_id)
        findings = [row.finding_id for row in rows if row.finding_id]
        deleted, _ = rows.delete()
        Seen.objects.bulk_create([_seen(county, group_id, external_id)], ignore_conflicts=True)
        Finding.objects.filter(
            county=county, pk__in=findings, status=Finding.Status.REVIEW, messages__isnull=True
        ).delete()
        record(actor=None, verb="recall", thing="chat_group", thing_id=str(group_id), county=county)
    return bool(deleted)


def decline(*, county: str, group_id: int, sender: str) -> None:
    """Note that a member does not want to be listened to; what is in the inbox of theirs is deleted."""
    with scopes.enter(scope=county):
        group = ChatGroup.objects.select_for_update().get(county=county, pk=group_id)
        member = _members_by_name(group, [(sender, "villager")])[sender]
        member.consent = Member.Consent.DECLINED
        member.save(update_fields=["consent"])
        Message.objects.filter(county=county, member=member).delete()
        record(
            actor=None, verb="decline", thing="chat_group", thing_id=str(group_id), county=county
        )


def pseudonym(group_id: int, sender: str) -> str:
    """Return the keyed hash of a sender, different in every group."""
    text = f"{group_id}:{sender}".encode()
    return hmac.new(settings.PEPPER.encode(), text, hashlib.sha256).hexdigest()


def check(message: InboundMessage) -> None:
    """Raise ``BadInput`` with what is wrong when a message cannot be taken."""
    if message.kind not in KINDS:
        raise BadInput(
            f"消息类型“{message.kind}”不认识，应是 text、voice、image、video 或 location"
        )
    if message.role not in ROLES:
        raise BadInput(f"身份“{message.role}”不认识，应是 villager、officer 或 supervisor")
    if not message.external_id or not message.group or not message.sender:
        raise BadInput("缺少消息号、群号或发言人")


def _first_time(group: ChatGroup, ids: list[str]) -> list[str]:
    """Insert the delivery's ids and return those that were not known, in the given order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capture_seen (county, platform, external_id)"
            " SELECT %s, %s, unnest(%s::text[]) ON CONFLICT DO NOTHING RETURNING external_id",
            [group.county, group.platform, [f"{group.pk}:{i}" for i in ids]],
        )
        new = {row[0] for row in cursor.fetchall()}
    return [i for i in ids if f"{group.pk}:{i}" in new]


def _seen(county: str, group_id: int, external_id: str) -> Seen:
    platform = ChatGroup.objects.values_list("platform", flat=True).get(county=county, pk=group_id)
    return Seen(county=county, platform=platform, external_id=f"{group_id}:{external_id}")


def _members(group: ChatGroup, messages: Sequence[InboundMessage]) -> dict[str, Member]:
    return _members_by_name(group, sorted({(m.sender, m.role) for m in messages}))


def _members_by_name(group: ChatGroup, senders: Sequence[tuple[str, str]]) -> dict[str, Member]:
    """Return the senders' rows, made where missing; the group's row is locked by the caller."""
    hashes = {sender: pseudonym(group.pk, sender) for sender, _ in senders}
    known = {
        m.external_hash: m
        for m in Member.objects.filter(
            county=group.county, group=group, external_hash__in=hashes.values()
        )
    }
    missing = [(s, r) for s, r in senders if hashes[s] not in known]
    if missing:
        count = Member.objects.filter(county=group.county, group=group).count()
        made: dict[str, Member] = {}
        for sender, role in missing:
            if hashes[sender] not in made:
                made[hashes[sender]] = Member(
                    county=group.county,
                    group=group,
                    external_hash=hashes[sender],
                    alias=_alias(count + len(made)),
                    role=role,
                )
        Member.objects.bulk_create(made.values())
        known |= made
    return {sender: known[hashes[sender]] for sender, _ in senders}


def _alias(number: int) -> str:
    """Return A1 … A9, B1 … Z9, then AA1 …: names that say nothing about a person."""
    letters, digit = divmod(number, 9)
    name = ""
    letters += 1
    while letters:
        letters, rest = divmod(letters - 1, 26)
        name = chr(65 + rest) + name
    return f"{name}{digit + 1}"


def _row(group: ChatGroup, message: InboundMessage, member: Member, now: datetime) -> Message:
    return Message(
        county=group.county,
        region=group.region,
        group=group,
        member=member,
        external_id=message.external_id,
        said_at=message.said_at,
        received_at=now,
        kind=message.kind,
        text=masking.text(message.text[:LONGEST]),
    )
