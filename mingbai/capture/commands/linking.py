"""Which findings are about one problem: each is compared with what a town had told of before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mingbai.capture.commands import casework, rows
from mingbai.capture.commands.plans import Plan, Root, Work, is_open, locked
from mingbai.capture.commands.reading import MEMORY, Reading
from mingbai.capture.models import ChatGroup, Finding
from mingbai.capture.recognition.same import Link, Told, links_between

COMPARED, LATER = 120, 400
TOWN = 9
_NEAR = """
SELECT v.town, f.key, f.group_id::text, coalesce(f.facts->>'sender', ''), f.field, f.kind, f.said_at,
  f.text, f.title, f.place, f.facts->>'again_of', coalesce(f.facts->>'same', ''), f.case_number,
  f.same_as, f.status IN ('review', 'filed') AND f.decided_by IS NULL AND NOT f.faded
FROM unnest(%(towns)s::text[], %(since)s::timestamptz[]) AS v (town, since)
CROSS JOIN LATERAL (
  (SELECT * FROM capture_finding o WHERE o.county = %(county)s::text
     AND o.region >= v.town AND o.region < v.town || '~' AND o.said_at < v.since
     AND o.said_at >= v.since - %(memory)s::interval
     AND o.status <> 'dismissed' AND NOT o.id = ANY(%(hidden)s::bigint[])
   ORDER BY o.said_at DESC, o.key DESC LIMIT %(before)s::bigint)
  UNION ALL
  (SELECT * FROM capture_finding o WHERE o.county = %(county)s::text
     AND o.region >= v.town AND o.region < v.town || '~' AND o.said_at >= v.since
     AND o.status <> 'dismissed' AND NOT o.id = ANY(%(hidden)s::bigint[])
   ORDER BY o.said_at, o.key LIMIT %(after)s::bigint)) f
"""


@dataclass(frozen=True)
class _Stored:
    """A finding of the tables as it is compared; ``open`` when only the machine has decided about it.

    ``same`` is the key of the one that it looks like, ``same_as`` the number of that one's case.
    """

    told: Told
    same: str
    number: str
    same_as: str
    open: bool


def compare(reading: Reading, plan: Plan) -> None:
    """Say of each finding that changed, and of those after it, which earlier one it looks like.

    That depends on the ``COMPARED`` findings of the town before it alone, so it does not matter
    which of them came in first. Of those after it, ``LATER`` at most are asked again.
    """
    towns: dict[str, datetime] = {}
    for finding in (*(w.finding for w in plan.works if w.retold), *plan.gone):
        town = str(finding.region)[:TOWN]
        towns[town] = min(finding.said_at, towns.get(town, finding.said_at))
    stored = _stored(plan, towns)
    for town, since in sorted(towns.items()):
        _compare(reading, plan, town, since, stored[town])


def _compare(
    reading: Reading, plan: Plan, town: str, since: datetime, others: Mapping[str, _Stored]
) -> None:
    mine = {w.finding.key: w for w in plan.works if str(w.finding.region).startswith(town)}
    asked = {key for key, w in mine.items() if w.finding.said_at >= since}
    asked |= {key for key, k in others.items() if k.open and k.told.said_at >= since}
    links = _links(reading, mine, others, asked)
    roots = {}
    for key in asked:
        told = links.get(key)
        number = others[told.key].number if told and told.key in others else ""
        roots[key] = Root(told.key, number, told.why) if told else Root()
    moved = [key for key in asked & others.keys() if _moves(roots[key], others[key], mine)]
    for work in (*mine.values(), *_opened(plan, moved)):
        work.root = roots.get(work.finding.key)


def _stored(plan: Plan, towns: Mapping[str, datetime]) -> dict[str, dict[str, _Stored]]:
    """Return for each town the stored findings around a moment, by key, without those of the plan."""
    found: dict[str, dict[str, _Stored]] = {town: {} for town in towns}
    if not towns:
        return found
    hidden = {w.finding.pk for w in plan.works} | {f.pk for f in plan.gone}
    asked: dict[str, Any] = {
        "county": plan.county,
        "towns": list(towns),
        "since": list(towns.values()),
        "hidden": sorted(hidden - {None}),
        "memory": MEMORY,
        "before": COMPARED,
        "after": LATER,
    }
    for town, *row in rows.run(_NEAR, asked):
        told = Told(*row[:10])
        found[town][told.key] = _Stored(told, *row[10:])
    return found


def _as_told(finding: Finding) -> Told:
    """Return a finding as it is compared."""
    return Told(
        key=finding.key,
        group=str(finding.group_id),
        sender=finding.facts.get("sender", ""),
        field=finding.field,
        kind=finding.kind,
        said_at=finding.said_at,
        text=finding.text,
        title=finding.title,
        place=finding.place,
        again_of=finding.facts.get("again_of"),
    )


def _links(
    reading: Reading, mine: Mapping[str, Work], others: Mapping[str, _Stored], asked: set[str]
) -> dict[str, Link]:
    """Return for each asked one the earlier one that it looks like, if any."""
    findings = [w.finding for w in mine.values()]
    told = [*(_as_told(f) for f in findings), *(k.told for k in others.values())]
    pointing = {f.key for f in findings if f.facts.get("same")}
    pointing |= {key for key, k in others.items() if k.same}
    prints = reading.prints(sorted(told, key=lambda t: (t.said_at, t.key)))
    return links_between(
        prints, asked, pointing - asked, reading.model, most=COMPARED, memory=MEMORY
    )


def _moves(root: Root, known: _Stored, mine: dict[str, Work]) -> bool:
    """Whether a stored finding looks like another one than before, or that one may be filed just now."""
    return root.key in mine or root.key != known.same or root.number != known.same_as


def _opened(plan: Plan, keys: Sequence[str]) -> list[Work]:
    """Put findings on the plan, locked, as far as nobody has decided about them meanwhile."""
    if not keys:
        return []
    rows = Finding.objects.filter(county=plan.county, key__in=keys).select_related("group")
    found = [f for f in locked(rows) if is_open(f)]
    fixed = casework.touched(plan.county, found)
    works = [Work(f, f.group.mode != ChatGroup.Mode.AUTOMATIC) for f in found if f.pk not in fixed]
    plan.works += works
    return works
