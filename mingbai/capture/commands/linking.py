"""Which findings are about one problem: each is compared with what a town had told of before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from mingbai.capture.commands import casework
from mingbai.capture.commands.plans import Plan, Root, Work, is_open, locked
from mingbai.capture.commands.reading import COLUMNS, MEMORY, Reading, found_again
from mingbai.capture.models import ChatGroup, Finding
from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.same import Link, _nearest, _why, comparable, rarities
from mingbai.kernel.fields import inside

COMPARED, LATER = 120, 400
TOWN = 9


@dataclass(frozen=True)
class _Stored:
    """A finding of the tables as it is compared; ``open`` when only the machine has decided about it."""

    found: Found
    number: str
    same_as: str
    open: bool


def compare(reading: Reading, plan: Plan) -> None:
    """Say of each finding that changed, and of those after it, which earlier one it looks like.

    That depends on the ``COMPARED`` findings of the town before it alone, so it does not matter
    which of them came in first. Of those after it, ``LATER`` at most are asked again.
    """
    towns: dict[str, list[datetime]] = {}
    for finding in (*(w.finding for w in plan.works if w.retold), *plan.gone):
        towns.setdefault(str(finding.region)[:TOWN], []).append(finding.said_at)
    for town, moments in sorted(towns.items()):
        _compare(reading, plan, town, min(moments))


def _compare(reading: Reading, plan: Plan, town: str, since: datetime) -> None:
    mine = {w.finding.key: w for w in plan.works if str(w.finding.region).startswith(town)}
    hidden = {w.finding.pk for w in mine.values()} | {f.pk for f in plan.gone}
    rows = Finding.objects.filter(inside(town), county=plan.county)
    rows = rows.exclude(status=Finding.Status.DISMISSED).exclude(pk__in=hidden - {None})
    before = _stored(rows.filter(said_at__lt=since).order_by("-said_at", "-key"), COMPARED)
    after = _stored(rows.filter(said_at__gte=since).order_by("said_at", "key"), LATER)
    others = {k.found.key: k for k in (*before, *after)}
    asked = {key for key, w in mine.items() if w.finding.said_at >= since}
    asked |= {k.found.key for k in after if k.open}
    own = [_as_found(w.finding) for w in mine.values()]
    links = _links(reading, [*own, *(k.found for k in others.values())], asked)
    roots = {}
    for key in asked:
        told = links.get(key)
        number = others[told.key].number if told and told.key in others else ""
        roots[key] = Root(told.key, number, told.why) if told else Root()
    moved = [key for key in asked & others.keys() if _moves(roots[key], others[key], mine)]
    for work in (*mine.values(), *_opened(plan, moved)):
        work.root = roots.get(work.finding.key)


def _stored(findings: QuerySet[Finding], most: int) -> list[_Stored]:
    """Return findings of a query, at most some."""
    undecided = Q(
        status__in=[Finding.Status.REVIEW, Finding.Status.FILED],
        decided_by__isnull=True,
        faded=False,
    )
    rows = findings.annotate(open=undecided)
    fields = (*COLUMNS, "group_id", "case_number", "same_as", "open")
    return [
        _Stored(found_again(row, str(group)), number, same_as, open=follows)
        for *row, group, number, same_as, follows in rows.values_list(*fields)[:most]
    ]


def _as_found(finding: Finding) -> Found:
    """Return a finding of the tables as it is compared."""
    row = [getattr(finding, name) for name in COLUMNS]
    return replace(found_again(row, str(finding.group_id)), head_ids=("",))


def _links(reading: Reading, findings: Sequence[Found], asked: set[str]) -> dict[str, Link]:
    """Return for each asked one the earlier one that it looks like, if any.

    Only findings that stand for themselves are pointed at, so alike templates never chain.
    """
    model = reading.model
    weights, least = model.same, model.thresholds["same"]
    ordered = sorted(findings, key=lambda f: (f.said_at, f.key))
    prints = reading.prints(ordered)
    pointing = {f.key for f in findings if f.same_as and f.key not in asked}
    links: dict[str, Link] = {}
    for at, side in enumerate(prints):
        if side.key not in asked:
            continue
        oldest = side.said_at - MEMORY
        window = [p for p in prints[max(0, at - COMPARED) : at] if p.said_at >= oldest]
        roots = [p for p in window if p.key not in pointing and comparable(side, p)]
        if not roots:
            continue
        rarity = rarities([*window, side])
        best = _nearest(side, roots, rarity, weights)
        if best is not None and best[0] >= least:
            chance, root = best
            links[side.key] = Link(root.key, chance, _why(side, root, rarity))
            pointing.add(side.key)
    return links


def _moves(root: Root, known: _Stored, mine: dict[str, Work]) -> bool:
    """Whether a stored finding looks like another one than before, or that one may be filed just now."""
    return (
        root.key in mine or root.key != (known.found.same_as or "") or root.number != known.same_as
    )


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
