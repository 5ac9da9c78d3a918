"""Reading what came in: requests become cases or wait for a clerk; possible clues are sealed at once."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import Error, connection

from mingbai.capture.commands import letters, linking, reading, settling, waking
from mingbai.capture.commands.filing import file
from mingbai.capture.commands.talking import Said, author, lines_from, said, transcript
from mingbai.capture.events import Digested
from mingbai.capture.models import ChatGroup, Finding, Message
from mingbai.kernel import clock, scopes

__all__ = ["Said", "author", "digest", "file", "next_due", "said", "transcript"]

AT_ONCE = 32
MOST = 1200
TRIES = 5
LATER = timedelta(seconds=10)
_DUE = """
SELECT group_id FROM capture_waiting
WHERE county = %s AND due_at IS NOT NULL AND (%s OR due_at <= %s) ORDER BY due_at, group_id
"""
_NEXT = "SELECT min(due_at) FROM capture_waiting WHERE county = %s"
_SINCE = "SELECT group_id, since FROM capture_waiting WHERE county = %s AND group_id = ANY(%s)"
_HOLD = """
SELECT group_id, since FROM capture_waiting WHERE county = %s AND group_id = ANY(%s)
ORDER BY group_id FOR UPDATE
"""
_LEFT = """
SELECT m.group_id, m.member_id, min(m.said_at), max(m.said_at), min(m.received_at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (id, since)
JOIN capture_message m ON m.county = %s AND m.group_id = v.id AND m.said_at >= v.since
WHERE m.digested_at IS NULL AND NOT m.held GROUP BY m.group_id, m.member_id
"""
_SET = """
UPDATE capture_waiting w SET since = v.since, due_at = v.due
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS v (id, since, due)
WHERE w.county = %s AND w.group_id = v.id
"""
_LAST = """
UPDATE capture_chatgroup g SET last_said_at = v.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (id, at)
WHERE g.county = %s AND g.id = v.id AND (g.last_said_at IS NULL OR g.last_said_at < v.at)
"""
# One worker at a time reads the groups of a town: what one finds, the others compare with.
_TOWNS = """
SELECT town FROM unnest(%s::text[]) AS v (town)
WHERE pg_try_advisory_xact_lock(hashtext('mingbai.capture'), hashtext(town))
"""
log = logging.getLogger(__name__)


def digest(*, county: str, everything: bool = False) -> Digested:
    """Read what has settled in the groups of ``county``, at most a batch of each; again until 0.

    Words have settled when their sender has been quiet for some seconds (``CAPTURE_QUIET``), a second
    more at most; ``everything`` (replay) does not wait. The stretch of talk that they belong to is
    read anew with them, and what was found in it before follows, so that it does not matter in
    which order messages come or how often the talk is read. Workers share the groups by skipping
    locked ones; each group has its turn, so one that floods does not hold up the others. A message
    that cannot be read is read again later and, time and again, put aside.
    """
    total = Digested()
    while due := _due(county, everything=everything):
        reader = reading.reading_of(county)
        turn = Digested()
        for start in range(0, len(due), AT_ONCE):
            turn += _digest(reader, county, due[start : start + AT_ONCE], everything=everything)
        total += turn
        if turn.messages or turn.failed or turn.aside or not turn.groups:
            break  # else what is known was only read again, up to what is new
    return total


def next_due(*, county: str) -> float | None:
    """Return in how many seconds something of the county is to be read; None when nothing waits."""
    with scopes.enter(scope=county), connection.cursor() as cursor:
        cursor.execute(_NEXT, [county])
        due = cursor.fetchone()[0]
        return None if due is None else max(0.0, (due - clock.now()).total_seconds())


def _due(county: str, *, everything: bool) -> list[int]:
    with scopes.enter(scope=county), connection.cursor() as cursor:
        cursor.execute(_DUE, [county, everything, clock.now()])
        return [row[0] for row in cursor.fetchall()]


def _digest(
    reader: reading.Reading, county: str, groups: Sequence[int], *, everything: bool
) -> Digested:
    """Read several groups in one transaction; if that fails, each alone, and then line by line."""
    try:
        with scopes.enter(scope=county):
            return _read(reader, county, groups, everything=everything)
    except Exception as wrong:  # noqa: BLE001 - one group must not stop the county's others
        if len(groups) == 1:
            _report(groups[0], wrong)
            return _isolate(reader, county, groups[0], wrong, everything=everything)
    total = Digested()
    for group in groups:
        total += _digest(reader, county, [group], everything=everything)
    return total


def _report(group: int, wrong: Exception) -> None:
    # Where and which kind, never the message or the values: they may quote what was said.
    at = traceback.extract_tb(wrong.__traceback__)[-1]
    log.error("group %d: %s in %s:%s", group, type(wrong).__name__, at.name, at.lineno)


def _read(
    reader: reading.Reading,
    county: str,
    ids: Sequence[int],
    *,
    everything: bool,
    only: frozenset[int] | None = None,
) -> Digested:
    """Read groups in the running transaction; of their unread lines only ``only``, if given."""
    rows = {g.pk: g for g in _free(county, ids)}
    since = _since(county, list(rows))
    found = lines_from(county, since, MOST) if since else {}
    settled = {
        pk: [m for m in _settled(lines, everything=everything) if _is_asked(m, only)]
        for pk, lines in found.items()
    }
    kept = settling.kept_findings(county, (m for lines in settled.values() for m in lines))
    decided = frozenset(
        pk for pk, f in kept.items() if f.status in {Finding.Status.FILED, Finding.Status.MERGED}
    )
    groups = [reading.Group(rows[pk], lines, decided) for pk, lines in settled.items() if lines]
    done = Digested(groups=len(since))
    if groups:
        reading.read(reader, groups)
        done += settling.settle(reader, groups)
        _note_last(county, groups)
    _set_waiting(
        county, since, {pk: lines[-1].said_at for pk, lines in found.items() if len(lines) >= MOST}
    )
    return done


def _free(county: str, ids: Sequence[int]) -> list[ChatGroup]:
    """Return those groups that no other worker is reading, locked."""
    groups = ChatGroup.objects.filter(county=county, pk__in=ids)
    towns = {pk: region[: linking.TOWN] for pk, region in groups.values_list("pk", "region")}
    with connection.cursor() as cursor:
        cursor.execute(_TOWNS, [sorted(set(towns.values()))])
        free = {row[0] for row in cursor.fetchall()}
    mine = groups.filter(pk__in=[pk for pk, town in towns.items() if town in free])
    return list(mine.select_for_update(skip_locked=True, no_key=True).order_by("pk"))


def _is_asked(message: Said, only: frozenset[int] | None) -> bool:
    return only is None or not message.unread or message.pk in only


def _since(county: str, groups: Sequence[int]) -> dict[int, datetime]:
    if not groups:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [county, list(groups)])
        return {group: since for group, since in cursor.fetchall() if since is not None}


def _settled(lines: Sequence[Said], *, everything: bool) -> list[Said]:
    """Return the lines without those whose sender may not have finished.

    A group that is read anyway gives what is half settled too: should more come, it is read anew.
    """
    if everything:
        return list(lines)
    soon = clock.now() + waking.quiet() / 2
    last: dict[str, datetime] = {}
    first: dict[str, datetime] = {}
    for line in lines:
        if line.unread:
            last[line.alias] = max(line.said_at, last.get(line.alias, line.said_at))
            first[line.alias] = min(line.received_at, first.get(line.alias, line.received_at))
    talking = {a for a in last if waking.settles(first[a], last[a]) > soon}
    return [line for line in lines if not (line.unread and line.alias in talking)]


def _note_last(county: str, groups: Sequence[reading.Group]) -> None:
    """Keep when a group last spoke, for the list of silent ones."""
    newest = {g.row.pk: g.lines[-1].said_at for g in groups if g.lines}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [list(newest), list(newest.values()), county])


def _set_waiting(county: str, read: dict[int, datetime], cut: dict[int, datetime]) -> None:
    """Say what is left to read and when; waits for deliveries under way, so that none is forgotten."""
    if not read:
        return
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [county, sorted(read)])
        held = {group: since for group, since in cursor.fetchall() if since is not None}
        cursor.execute(_LEFT, [list(held), list(held.values()), county])
        left: dict[int, tuple[datetime, datetime]] = {}
        for group, _, first, last, received in cursor.fetchall():
            due = waking.settles(received, last)
            since, soonest = left.get(group, (first, due))
            left[group] = (min(since, first), min(soonest, due))
        now = clock.now()
        for group, since in held.items():
            if since < read[group]:  # somebody wants more read again than we knew of
                left[group] = (since, now)
            elif group in cut:
                left[group] = (min(cut[group], left.get(group, (cut[group],))[0]), now)
        rows = [(group, *left.get(group, (None, None))) for group in sorted(read)]
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_SET, [*columns, county])


def _isolate(
    reader: reading.Reading, county: str, group: int, wrong: Exception, *, everything: bool
) -> Digested:
    """Find the lines of a group that cannot be read, and read the others without them."""
    if isinstance(wrong, Error):  # the database's trouble, not the talk's
        return Digested(failed=1)
    with scopes.enter(scope=county):
        rows = Message.objects.filter(
            county=county, group_id=group, digested_at__isnull=True, held=False
        )
        unread = list(rows.order_by("said_at", "external_id").values_list("pk", flat=True)[:MOST])
    total, poison = Digested(), dict[int, str]()
    parts = [unread]
    while parts:
        part = parts.pop()
        if not part:
            continue
        try:
            with scopes.enter(scope=county):
                total += _read(reader, county, [group], everything=everything, only=frozenset(part))
        except Error:
            return total + Digested(failed=1)
        except Exception as again:  # noqa: BLE001 - that is what is looked for
            if len(part) == 1:
                poison[part[0]] = type(again).__name__
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
    return total + _put_aside(county, group, poison)


def _put_aside(county: str, group_id: int, poison: dict[int, str]) -> Digested:
    """Count a failure of each line; after five it is put aside, until then it is tried again."""
    if not poison:
        return Digested()
    with scopes.enter(scope=county):
        group = ChatGroup.objects.get(county=county, pk=group_id)
        rows = Message.objects.select_for_update(of=("self",)).filter(
            county=county, pk__in=list(poison)
        )
        aside, left = [], 0
        for message in rows.select_related("member"):
            message.tries += 1
            if message.tries < TRIES:
                left += 1
                message.save(update_fields=["tries"])
                continue
            aside.append(
                letters.Letter(
                    message.external_id,
                    f"识别时出错（{poison[message.pk]}），试了 {TRIES} 次",
                    letters.body_of(
                        external_id=message.external_id,
                        sender=message.member.external_hash,
                        role=message.member.role,
                        said_at=message.said_at,
                        kind=message.kind,
                        text=message.text,
                    ),
                )
            )
            message.delete()
        letters.put_aside(
            county=county,
            region=group.region,
            platform=group.platform,
            group_id=group_id,
            letters=aside,
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE capture_waiting SET due_at = %s WHERE county = %s AND group_id = %s"
                " AND due_at IS NOT NULL",
                [clock.now() + LATER, county, group_id],
            )
    return Digested(failed=1 if left else 0, aside=len(aside))
