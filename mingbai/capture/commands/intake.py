"""Messages come in: each once, under a pseudonym, masked; nothing of those who declined."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Least

from mingbai.audit.commands import record
from mingbai.capture.commands import cleaning, letters, rows, waking
from mingbai.capture.commands.tallying import count_forgotten
from mingbai.capture.events import ROLES, InboundMessage, Received, named
from mingbai.capture.models import ChatGroup, Finding, Member, Message
from mingbai.kernel import clock, scopes

TITLE = 24
# Clocks of phones and platforms differ a little; who is further ahead is not believed.
AHEAD = timedelta(minutes=2)
_ROLES = {"villager": 0, "supervisor": 1, "officer": 2}
_HOLD = """
WITH held AS (
  INSERT INTO capture_waiting AS w (county, group_id)
  SELECT county, id FROM capture_chatgroup WHERE county = %s::text AND id = %s::bigint
  ON CONFLICT (county, group_id) DO UPDATE SET due_at = w.due_at RETURNING w.group_id)
SELECT g.region, g.platform FROM capture_chatgroup g JOIN held ON held.group_id = g.id
WHERE g.county = %s::text
"""
_FIRST_TIME = """
INSERT INTO capture_seen (county, platform, external_id)
SELECT %s::text, %s::text, unnest(%s::text[]) ON CONFLICT DO NOTHING RETURNING external_id
"""
_MEMBERS = """
SELECT external_hash, id, role, consent FROM capture_member
WHERE county = %s::text AND group_id = %s::bigint AND external_hash = ANY(%s::text[])
"""
_WRITE = """
WITH due AS (
  UPDATE capture_waiting SET since = least(since, %s::timestamptz), due_at = least(due_at, %s::timestamptz)
  WHERE county = %s::text AND group_id = %s::bigint)
INSERT INTO capture_message
  (county, region, group_id, member_id, external_id, said_at, received_at, kind, text, held, tries)
SELECT %s::text, %s::text, %s::bigint, v.member, v.id, v.said, %s::timestamptz, v.kind, v.words, false, 0
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
  AS v (member, id, said, kind, words)
"""
_READ_AGAIN = """
INSERT INTO capture_waiting AS w (county, group_id, since, due_at)
SELECT g.county, g.id, v.since, %s FROM capture_chatgroup g
JOIN unnest(%s::bigint[], %s::timestamptz[]) AS v (id, since) ON v.id = g.id WHERE g.county = %s
ORDER BY g.id
ON CONFLICT (county, group_id) DO UPDATE SET
  since = least(w.since, excluded.since), due_at = least(w.due_at, excluded.due_at)
"""


class _Group(NamedTuple):
    """A group as the intake needs it."""

    pk: int
    county: str
    region: str
    platform: str


class _Known(NamedTuple):
    """A member as the intake needs it."""

    pk: int
    role: str
    declined: bool


def receive(*, group_id: int, county: str, messages: Sequence[InboundMessage]) -> Received:
    """Take a delivery of one group's messages; deliveries may repeat, be late or out of order.

    Senders are known by a keyed hash and an alias of this group only; phones, identity numbers and
    cards are masked before storage. A declined sender's message is dropped before storage. What
    cannot be taken is put aside with the reason; the others come in all the same. A time that nobody
    can have spoken at (to come, or before 2000) becomes the time of receipt.
    """
    if not messages:
        return Received(0, 0, 0)
    unique: dict[str, InboundMessage] = {}
    faults: dict[str, str] = {}
    for message in messages:
        fault = message.fault()
        name = letters.name_of(message) if fault else message.external_id
        if unique.setdefault(name, message) is message and fault:
            faults[name] = fault
    with scopes.enter(scope=county):
        group = _hold(county, group_id)
        fresh = _first_time(group, unique)
        hashes = {
            m.sender: pseudonym(group.pk, m.sender) for m in unique.values() if _has_sender(m)
        }
        speakers = {hashes[unique[name].sender] for name in fresh if name not in faults}
        people = _members(group, [unique[name] for name in fresh], hashes, speakers)
        wanted = [n for n in fresh if not _declined(people, unique[n])]
        aside = [name for name in wanted if name in faults]
        if aside:
            _put_aside(group, {name: (unique[name], faults[name]) for name in aside}, hashes)
        kept = [unique[name] for name in wanted if name not in faults]
        _write(group, kept, people)
        dropped = len(fresh) - len(wanted)
        if dropped:
            count_forgotten(county=county, declined=dropped)
    return Received(len(kept), len(messages) - len(fresh), dropped, len(aside))


def take_again(
    *, county: str, group_id: int, messages: Sequence[InboundMessage], were_in: Collection[str]
) -> None:
    """Take messages that were put aside; none may have a fault, their senders are keyed hashes.

    ``were_in`` are the ids of those that had come in and could not be read. What has come in
    meanwhile, or was taken back, does not come again.
    """
    with scopes.enter(scope=county):
        group = _hold(county, group_id)
        unique = {m.external_id: m for m in messages}
        fresh = {*_first_time(group, unique), *were_in}
        wanted = [m for name, m in unique.items() if name in fresh]
        hashes = {m.sender: m.sender for m in wanted}
        people = _members(group, wanted, hashes, hashes.keys())
        kept = [m for m in wanted if not _declined(people, m)]
        _write(group, kept, people)
        if len(kept) < len(wanted):
            count_forgotten(county=county, declined=len(wanted) - len(kept))


def recall(*, county: str, group_id: int, external_id: str) -> bool:
    """Delete our copy of a message that its sender took back; True when there was one.

    A message that is taken back before it arrives never comes in. What was found in it and is not
    yet a case loses these words, or goes when none are left; a case keeps its evidence.
    """
    if not named(external_id):
        return False
    with scopes.enter(scope=county):
        group = _lock(county, group_id)
        _first_time(group, [external_id])
        own = Message.objects.filter(county=county, group_id=group.pk)
        deleted = take_out(county, own.filter(external_id=external_id))
        letters.forget(county=county, group_id=group.pk, external_id=external_id)
        if deleted:
            count_forgotten(county=county, recalled=deleted)
        record(actor=None, verb="recall", thing="chat_group", thing_id=str(group.pk), county=county)
    return bool(deleted)


def decline(*, county: str, group_id: int, sender: str) -> None:
    """Note that a member does not want to be listened to; what is in the inbox of theirs is deleted.

    What was found in their words and is not yet a case loses them too.
    """
    with scopes.enter(scope=county):
        group = _lock(county, group_id)
        known_as = pseudonym(group.pk, sender)
        people = Member.objects.filter(county=county, group_id=group.pk)
        if not people.filter(external_hash=known_as).update(consent=Member.Consent.DECLINED):
            _make_members(group, {known_as: "villager"}, consent=Member.Consent.DECLINED)
        own = Message.objects.filter(county=county, group_id=group.pk)
        deleted = take_out(county, own.filter(member__external_hash=known_as))
        letters.forget(county=county, group_id=group.pk, sender=known_as)
        if deleted:
            count_forgotten(county=county, declined=deleted)
        record(
            actor=None, verb="decline", thing="chat_group", thing_id=str(group.pk), county=county
        )


def pseudonym(group_id: int, sender: str) -> str:
    """Return the keyed hash of a sender, different in every group."""
    text = f"{group_id}:{sender}".encode("utf-8", "replace")
    return hmac.new(settings.PEPPER.encode(), text, hashlib.sha256).hexdigest()


def read_again(county: str, moments: Iterable[tuple[int, datetime]]) -> None:
    """Let the next digest read groups again from a moment of their talk on; holds their rows."""
    since: dict[int, datetime] = {}
    for group_id, moment in moments:
        since[group_id] = min(moment, since.get(group_id, moment))
    groups = sorted(since)
    with connection.cursor() as cursor:
        cursor.execute(_READ_AGAIN, [clock.now(), groups, [since[g] for g in groups], county])


def _lock(county: str, group_id: int) -> _Group:
    """Lock the group: against the digest by its own row, against deliveries by what is waiting."""
    ChatGroup.objects.select_for_update(no_key=True).get(county=county, pk=group_id)
    return _hold(county, group_id)


def _hold(county: str, group_id: int) -> _Group:
    """Hold what is waiting of a group until commit: deliveries of one group never overlap."""
    found = rows.run(_HOLD, [county, group_id, county])
    if not found:
        raise ChatGroup.DoesNotExist(group_id)
    return _Group(group_id, county, *found[0])


def _first_time(group: _Group, ids: Iterable[str]) -> list[str]:
    """Insert the delivery's ids and return those that were not known, in the given order."""
    named = {f"{group.pk}:{name}": name for name in ids}
    new = {row[0] for row in rows.run(_FIRST_TIME, [group.county, group.platform, list(named)])}
    return [name for key, name in named.items() if key in new]


def take_out(county: str, messages: QuerySet[Message]) -> int:
    """Delete messages, and their words from whatever was found in them and is no case.

    The talk around them, and all of what they belonged to, is read again without them.
    """
    moments = list(messages.values_list("group_id", Least("said_at", "finding__said_at")))
    if not moments:
        return 0
    # Waits for a delivery that is under way, so that none slips through.
    read_again(county, moments)
    gone = list(messages.values_list("pk", "external_id", "finding_id"))
    Message.objects.filter(county=county, pk__in=[pk for pk, _, _ in gone]).delete()
    removed = strike_out(
        county,
        findings={finding for _, _, finding in gone if finding},
        words={external_id for _, external_id, _ in gone},
    )
    if removed:
        count_forgotten(county=county, findings=removed)
    return len(gone)


def strike_out(county: str, *, findings: Collection[int], words: Collection[str]) -> int:
    """Take messages that are gone (``words``: their ids) out of findings that are no cases.

    Findings without any words left are deleted; returns how many. A case keeps its evidence.
    """
    if not findings:
        return 0
    rows = Finding.objects.select_for_update().filter(county=county, pk__in=findings)
    undecided = rows.filter(status__in=[Finding.Status.REVIEW, Finding.Status.DISMISSED])
    rows.filter(status__in=[Finding.Status.FILED, Finding.Status.MERGED]).update(faded=True)
    return [_without(finding, words) for finding in undecided.order_by("pk")].count(False)


def _without(finding: Finding, removed: Collection[str]) -> bool:
    """Take the words out of a finding; False when none were left and it is gone."""
    left = Message.objects.filter(county=finding.county, finding=finding, held=False)
    words = list(
        left.filter(member__role="villager")
        .exclude(text="")
        .order_by("said_at", "external_id")
        .values_list("text", flat=True)
    )
    if not words:
        finding.delete()
        return False
    finding.text = " ".join(words)[: cleaning.LONGEST]
    finding.title = words[0][:TITLE]
    finding.reasons = [r for r in finding.reasons if r["line_id"] not in removed]
    if not any(r["about"] == "place" for r in finding.reasons):
        finding.place = finding.place_region = ""
    finding.version += 1
    finding.save(update_fields=["text", "title", "reasons", "place", "place_region", "version"])
    return True


def _has_sender(message: InboundMessage) -> bool:
    sender: Any = message.sender  # a connector may have put anything there
    return isinstance(sender, str)


def _members(
    group: _Group,
    messages: Sequence[InboundMessage],
    hashes: Mapping[str, str],
    speakers: Collection[str],
) -> dict[str, _Known]:
    """Return the senders of fresh messages by name; those of ``speakers`` are made where missing.

    Who speaks in two roles is an officer, in whatever order the messages come.
    """
    roles: dict[str, str] = {}
    for message in messages:
        if _has_sender(message) and message.role in ROLES:
            former = roles.get(message.sender, "villager")
            roles[message.sender] = max(former, message.role, key=_ROLES.__getitem__)
    asked = [group.county, group.pk, [hashes[sender] for sender in roles]]
    known = {
        known_as: _Known(pk, role, consent == Member.Consent.DECLINED)
        for known_as, pk, role, consent in rows.run(_MEMBERS, asked)
    }
    missing = {
        hashes[s]: role
        for s, role in sorted(roles.items())
        if hashes[s] in speakers and hashes[s] not in known
    }
    if missing:
        known |= _make_members(group, missing)
    for sender, role in roles.items():
        person = known.get(hashes[sender])
        if person is not None and _ROLES[role] > _ROLES[person.role]:
            _promote(group, person.pk, role)
    return {sender: known[hashes[sender]] for sender in roles if hashes[sender] in known}


def _make_members(
    group: _Group, roles: dict[str, str], consent: str = Member.Consent.NOTIFIED
) -> dict[str, _Known]:
    count = Member.objects.filter(county=group.county, group_id=group.pk).count()
    made = Member.objects.bulk_create(
        Member(
            county=group.county,
            group_id=group.pk,
            external_hash=known_as,
            alias=_alias(count + place),
            role=role,
            consent=consent,
        )
        for place, (known_as, role) in enumerate(roles.items())
    )
    declined = consent == Member.Consent.DECLINED
    return {m.external_hash: _Known(m.pk, m.role, declined) for m in made}


def _promote(group: _Group, member: int, role: str) -> None:
    """Give a member the higher role that a later message shows; what was said is read again so."""
    Member.objects.filter(county=group.county, pk=member).update(role=role)
    own = Message.objects.filter(county=group.county, group_id=group.pk, member_id=member)
    first = own.order_by("said_at").values_list("said_at", flat=True).first()
    if first is not None:
        read_again(group.county, [(group.pk, first)])


def _alias(number: int) -> str:
    """Return A1 … A9, B1 … Z9, then AA1 …: names that say nothing about a person."""
    place, digit = divmod(number, 9)
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return f"{name}{digit + 1}"


def _declined(people: dict[str, _Known], message: InboundMessage) -> bool:
    person = people.get(message.sender) if _has_sender(message) else None
    return person is not None and person.declined


def _write(group: _Group, messages: Sequence[InboundMessage], people: dict[str, _Known]) -> None:
    """Insert messages column by column, which costs a fraction of as many objects; wake the digest."""
    if not messages:
        return
    now = clock.now()
    latest = now + AHEAD
    said = [m.said_at if m.dated() and m.said_at <= latest else now for m in messages]
    last: dict[str, datetime] = {}
    for message, moment in zip(messages, said, strict=True):
        last[message.sender] = max(moment, last.get(message.sender, moment))
    due = min(waking.settles(now, moment) for moment in last.values())
    rows.run(
        _WRITE,
        [
            min(said),
            due,
            group.county,
            group.pk,
            group.county,
            group.region,
            group.pk,
            now,
            [people[m.sender].pk for m in messages],
            [m.external_id for m in messages],
            said,
            [m.kind for m in messages],
            [cleaning.kept(m.text) for m in messages],
        ],
    )
    transaction.on_commit(lambda: waking.wake(group.county))


def _put_aside(
    group: _Group,
    faulty: Mapping[str, tuple[InboundMessage, str]],
    hashes: Mapping[str, str],
) -> None:
    letters.put_aside(
        county=group.county,
        region=group.region,
        platform=group.platform,
        group_id=group.pk,
        letters=[
            letters.Letter(
                name,
                reason,
                letters.body_of(
                    external_id=message.external_id,
                    sender=hashes[message.sender] if _has_sender(message) else "",
                    role=message.role,
                    said_at=message.said_at,
                    kind=message.kind,
                    text=message.text,
                ),
            )
            for name, (message, reason) in faulty.items()
        ],
    )
