"""Messages come in: each once, under a pseudonym, masked; nothing of those who declined."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from mingbai.audit.commands import record
from mingbai.capture.commands.tallying import count_forgotten
from mingbai.capture.events import InboundMessage, Received
from mingbai.capture.models import ChatGroup, Finding, Member, Message, Seen
from mingbai.kernel import clock, masking, scopes
from mingbai.kernel.decisions import BadInput

LONGEST = 4000
TITLE = 24


def receive(*, group_id: int, county: str, messages: Sequence[InboundMessage]) -> Received:
    """Take a delivery of one group's messages; deliveries may repeat, be late or out of order.

    Senders are known by a keyed hash and an alias of this group only; phones, identity numbers and
    cards are masked before storage. A declined sender's message is dropped before storage. Raises
    ``BadInput`` for a message that cannot be taken; nothing of the delivery is kept then.
    """
    for message in messages:
        if fault := message.fault():
            raise BadInput(f"消息收不下：{fault}。")
    with scopes.enter(scope=county):
        group = _lock(county, group_id)
        unique = {m.external_id: m for m in messages}
        fresh = [unique[i] for i in _first_time(group, list(unique))]
        # Who speaks in two roles is an officer, in whatever order the messages come.
        roles = {m.sender: m.role for m in sorted(fresh, key=lambda m: m.role, reverse=True)}
        people = _members(group, roles)
        kept = [m for m in fresh if people[m.sender].consent != Member.Consent.DECLINED]
        _write(group, kept, people)
        if kept:
            newest = max(m.said_at for m in kept)
            group.last_said_at = max(filter(None, (group.last_said_at, newest)))
            group.save(update_fields=["last_said_at"])
        if len(kept) < len(fresh):
            count_forgotten(county=county, declined=len(fresh) - len(kept))
    return Received(len(kept), len(messages) - len(fresh), len(fresh) - len(kept))


def recall(*, county: str, group_id: int, external_id: str) -> bool:
    """Delete our copy of a message that its sender took back; True when there was one.

    A message that is taken back before it arrives never comes in. What was found in it and is not
    yet a case loses these words, or goes when none are left; a case keeps its evidence.
    """
    with scopes.enter(scope=county):
        group = _lock(county, group_id)
        rows = Message.objects.filter(county=county, group=group, external_id=external_id)
        deleted = take_out(county, rows)
        if deleted:
            count_forgotten(county=county, recalled=deleted)
        Seen.objects.bulk_create(
            [Seen(county=county, platform=group.platform, external_id=f"{group.pk}:{external_id}")],
            ignore_conflicts=True,
        )
        record(actor=None, verb="recall", thing="chat_group", thing_id=str(group.pk), county=county)
    return bool(deleted)


def decline(*, county: str, group_id: int, sender: str) -> None:
    """Note that a member does not want to be listened to; what is in the inbox of theirs is deleted.

    What was found in their words and is not yet a case loses them too.
    """
    with scopes.enter(scope=county):
        group = _lock(county, group_id)
        member = _members(group, {sender: "villager"})[sender]
        member.consent = Member.Consent.DECLINED
        member.save(update_fields=["consent"])
        take_out(county, Message.objects.filter(county=county, member=member))
        record(
            actor=None, verb="decline", thing="chat_group", thing_id=str(group.pk), county=county
        )


def pseudonym(group_id: int, sender: str) -> str:
    """Return the keyed hash of a sender, different in every group."""
    text = f"{group_id}:{sender}".encode()
    return hmac.new(settings.PEPPER.encode(), text, hashlib.sha256).hexdigest()


def _lock(county: str, group_id: int) -> ChatGroup:
    """Lock the group's row: deliveries, recalls and the digest of one group never overlap."""
    return ChatGroup.objects.select_for_update(no_key=True).get(county=county, pk=group_id)


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


def take_out(county: str, rows: QuerySet[Message]) -> int:
    """Delete messages, and their words from whatever was found in them and is no case."""
    gone = list(rows.values_list("pk", "external_id", "finding_id"))
    Message.objects.filter(county=county, pk__in=[pk for pk, _, _ in gone]).delete()
    removed = {external_id for _, external_id, _ in gone}
    undecided = Finding.objects.select_for_update().filter(
        county=county,
        pk__in={finding for _, _, finding in gone if finding},
        status__in=[Finding.Status.REVIEW, Finding.Status.DISMISSED],
    )
    for finding in undecided.order_by("pk"):
        _without(finding, removed)
    return len(gone)


def _without(finding: Finding, removed: set[str]) -> None:
    left = Message.objects.filter(
        county=finding.county, finding=finding, member__role="villager"
    ).exclude(text="")
    words = list(left.order_by("said_at", "id").values_list("text", flat=True))
    if not words:
        finding.delete()
        return
    finding.text = " ".join(words)
    finding.title = words[0][:TITLE]
    finding.reasons = [r for r in finding.reasons if r["line_id"] not in removed]
    if not any(r["about"] == "place" for r in finding.reasons):
        finding.place = finding.place_region = ""
    finding.version += 1
    finding.save(update_fields=["text", "title", "reasons", "place", "place_region", "version"])


def _members(group: ChatGroup, senders: dict[str, str]) -> dict[str, Member]:
    """Return the rows of senders (name → role), made where missing; the group's row is locked."""
    hashes = {sender: pseudonym(group.pk, sender) for sender in senders}
    rows = Member.objects.filter(county=group.county, group=group)
    known = {m.external_hash: m for m in rows.filter(external_hash__in=hashes.values())}
    missing = [s for s in sorted(senders) if hashes[s] not in known]
    if missing:
        count = rows.count()
        made = [
            Member(
                county=group.county,
                group=group,
                external_hash=hashes[sender],
                alias=_alias(count + place),
                role=senders[sender],
            )
            for place, sender in enumerate(missing)
        ]
        Member.objects.bulk_create(made)
        known |= {m.external_hash: m for m in made}
    return {sender: known[hashes[sender]] for sender in senders}


def _alias(number: int) -> str:
    """Return A1 … A9, B1 … Z9, then AA1 …: names that say nothing about a person."""
    letters, digit = divmod(number, 9)
    name = ""
    letters += 1
    while letters:
        letters, rest = divmod(letters - 1, 26)
        name = chr(65 + rest) + name
    return f"{name}{digit + 1}"


def _write(group: ChatGroup, messages: Sequence[InboundMessage], people: dict[str, Member]) -> None:
    """Insert messages column by column, which costs a fraction of as many objects."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO capture_message"
            " (county, region, group_id, member_id, external_id, said_at, received_at, kind, text, held)"
            " SELECT %s, %s, %s, v.member, v.id, v.said, %s, v.kind, v.words, false"
            " FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])"
            " AS v (member, id, said, kind, words)",
            [
                group.county,
                group.region,
                group.pk,
                clock.now(),
                [people[m.sender].pk for m in messages],
                [m.external_id for m in messages],
                [m.said_at for m in messages],
                [m.kind for m in messages],
                [masking.text(_clean(m.text))[:LONGEST] for m in messages],
            ],
        )


def _clean(text: str) -> str:
    """Take out what a database cannot hold: NUL, halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
