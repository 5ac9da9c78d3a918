"""The talk as the digest reads it: lines in order, cut into stretches that are read as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from mingbai.capture.commands import rows
from mingbai.capture.models import ChatGroup, Message

# Whoever goes on after half an hour of silence begins anew; what came before is known as findings.
SILENCE = timedelta(minutes=30)
LEAST, MOST = 15, 30
LOOKED_BACK = 2000
_BEGINNINGS = """
SELECT v.id, b.begin,
  (SELECT count(*) FROM capture_message m
   WHERE m.county = %(county)s::text AND m.group_id = v.id AND m.said_at >= b.begin
     AND m.said_at < v.since AND NOT m.held)
FROM unnest(%(groups)s::bigint[], %(since)s::timestamptz[]) AS v (id, since)
CROSS JOIN LATERAL (
  SELECT coalesce(
    max(t.said_at) FILTER (WHERE t.before IS NULL OR t.said_at - t.before >= %(silence)s::interval), v.since
  ) AS begin
  FROM (
    SELECT x.said_at, lag(x.said_at) OVER (ORDER BY x.said_at) AS before FROM (
      SELECT m.said_at FROM capture_message m
      WHERE m.county = %(county)s::text AND m.group_id = v.id AND m.said_at <= v.since AND NOT m.held
      ORDER BY m.said_at DESC LIMIT %(back)s::bigint) x) t) b
"""
_LINES = """
SELECT m.group_id, m.id, m.external_id, m.said_at, m.kind, m.text, m.held, m.member_id,
  m.received_at, m.digested_at IS NULL, m.finding_id
FROM unnest(%(groups)s::bigint[], %(begins)s::timestamptz[]) AS v (id, begin)
CROSS JOIN LATERAL (
  SELECT * FROM capture_message l
  WHERE l.county = %(county)s::text AND l.group_id = v.id AND l.said_at >= v.begin AND NOT l.held
  ORDER BY l.said_at, l.id LIMIT %(most)s::bigint) m
"""
_PEOPLE = (
    "SELECT id, alias, role FROM capture_member WHERE county = %s::text AND id = ANY(%s::bigint[])"
)
# Without the moment itself: that is how the talk was cut when it was last read.
_TIMES = """
SELECT said_at FROM capture_message
WHERE county = %s::text AND group_id = %s::bigint AND said_at >= %s::timestamptz
  AND said_at < %s::timestamptz AND NOT held
ORDER BY said_at
"""


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
    received_at: datetime
    unread: bool
    finding: int | None

    @property
    def by_villager(self) -> bool:
        """Whether a villager speaks, and not somebody in office."""
        return self.role == "villager"


in_order = attrgetter("said_at", "external_id")


def said(messages: QuerySet[Message]) -> list[Said]:
    """Return messages in the order of the talk, without the cost of whole objects."""
    found = messages.values_list(
        "pk",
        "external_id",
        "said_at",
        "kind",
        "text",
        "held",
        "member__alias",
        "member__role",
        "received_at",
        "digested_at",
        "finding_id",
    )
    lines = [Said(*row[:9], unread=row[9] is None, finding=row[10]) for row in found]
    return sorted(lines, key=in_order)


def transcript(messages: Sequence[Said]) -> str:
    """Return what was said, line by line, each with its speaker's pseudonym."""
    return "\n".join(f"{speaker(m)}：{m.text or '（没有文字）'}" for m in messages)


def author(group: ChatGroup, messages: Sequence[Said]) -> str:
    """Return who spoke as far as it is known: the group and the villagers' pseudonyms in it."""
    return authors(group.name, messages)


def authors(group_name: str, messages: Sequence[Said]) -> str:
    """Return who spoke as far as it is known: the group's name and the villagers' pseudonyms."""
    aliases = sorted({m.alias for m in messages if m.by_villager})
    return f"{group_name} 成员 {'、'.join(aliases)}" if aliases else group_name


def speaker(message: Said) -> str:
    """Return the speaker's pseudonym, with the office of who has one."""
    words = {"officer": "村干部 ", "supervisor": "监督员 "}
    return f"{words.get(message.role, '')}{message.alias}"


def stretches(lines: Sequence[Said]) -> list[Sequence[Said]]:
    """Cut lines that are in order into stretches, each read as one.

    A stretch ends where the group is silent for half an hour. Where it never is, at the longest
    silence of lines 15 to 30. So the cuts depend on what was said alone, not on when it arrived.
    """
    return [lines[start:end] for start, end in _cuts([line.said_at for line in lines])]


def _cuts(times: Sequence[datetime]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start = 0
    for at in range(1, len(times) + 1):
        if at == len(times) or times[at] - times[at - 1] >= SILENCE:
            found.append((start, at))
            start = at
        elif at - start == MOST:
            # The first of the longest silences; ``>`` keeps the first.
            best = max(range(start + LEAST, at), key=lambda i: (times[i] - times[i - 1], -i))
            found.append((start, best))
            start = best
    return [cut for cut in found if cut[0] < cut[1]]


def lines_from(county: str, since: dict[int, datetime], most: int) -> dict[int, list[Said]]:
    """Return each group's lines from the stretch of ``since`` on, at most ``most``, in order.

    Lines held as possible clues are left out. A group whose lines were cut off at ``most`` has at
    least one that was said after ``since``.
    """
    begins = _beginnings(county, since)
    found = _lines(county, begins, most)
    for group in begins:
        limit = most
        while len(found[group]) == limit and found[group][-1].said_at <= since[group]:
            limit *= 4  # thousands of lines of one and the same moment
            found |= _lines(county, {group: begins[group]}, limit)
    return found


def _beginnings(county: str, since: dict[int, datetime]) -> dict[int, datetime]:
    """Return for each group the moment at which the stretch of ``since`` begins.

    Where the talk never pauses it is the stretch that was open before; it may be cut otherwise now.
    """
    asked: dict[str, Any] = {
        "county": county,
        "groups": list(since),
        "since": list(since.values()),
        "silence": SILENCE,
        "back": LOOKED_BACK,
    }
    found = {}
    for group, begin, before in rows.run(_BEGINNINGS, asked):
        found[group] = begin
        if before > MOST:
            times = [at for (at,) in rows.run(_TIMES, [county, group, begin, since[group]])]
            found[group] = times[_cuts(times)[-1][0]]
    return found


def _lines(county: str, begins: dict[int, datetime], most: int) -> dict[int, list[Said]]:
    asked: dict[str, Any] = {
        "county": county,
        "groups": list(begins),
        "begins": list(begins.values()),
        "most": most,
    }
    lines = rows.run(_LINES, asked)
    speakers = rows.run(_PEOPLE, [county, list({row[7] for row in lines})])
    people = {pk: (alias, role) for pk, alias, role in speakers}
    found: dict[int, list[Said]] = {group: [] for group in begins}
    for group, pk, name, at, kind, text, held, member, received, unread, finding in lines:
        alias, role = people[member]
        found[group].append(
            Said(pk, name, at, kind, text, held, alias, role, received, unread, finding)
        )
    for spoken in found.values():
        spoken.sort(key=in_order)
    return found
