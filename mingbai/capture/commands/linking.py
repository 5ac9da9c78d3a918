"""Which findings are about one problem: those of a town are compared whenever one of them changes."""

from __future__ import annotations

from dataclasses import replace

from mingbai.capture.commands import casework
from mingbai.capture.commands.plans import Plan, Root, Work, is_open, locked
from mingbai.capture.commands.reading import MEMORY, Reading, as_found, stored
from mingbai.capture.models import ChatGroup, Finding
from mingbai.capture.recognition.same import link
from mingbai.kernel.fields import inside

COMPARED = 120
TOWN = 9


def compare(reading: Reading, plan: Plan) -> None:
    """Say of each finding which earlier one it looks like, town by town where anything has changed.

    What only the machine knows is compared anew with all of the town's latest findings, so that it
    does not matter which of them came in first.
    """
    changed = [*(w.finding for w in plan.works if w.retold), *plan.gone]
    for town in sorted({str(f.region)[:TOWN] for f in changed}):
        _compare(reading, plan, town)


def _compare(reading: Reading, plan: Plan, town: str) -> None:
    mine = {w.finding.key: w for w in plan.works if str(w.finding.region).startswith(town)}
    written = {w.finding.pk for w in mine.values()} | {f.pk for f in plan.gone}
    rows = Finding.objects.filter(inside(town), county=plan.county)
    rows = rows.exclude(status=Finding.Status.DISMISSED).exclude(pk__in=written - {None})
    others = {k.found.key: k for k in stored(rows.order_by("-said_at", "-key"), COMPARED)}
    own = [as_found(w.finding) for w in mine.values()]
    said = [f.said_at for f in (*own, *(k.found for k in others.values()))]
    if not said:
        return
    others = {key: k for key, k in others.items() if k.found.said_at >= max(said) - MEMORY}
    asked = [*own, *(k.found for k in others.values() if k.open)]
    before = [k.found for k in others.values() if not k.open]
    links = link([replace(f, same_as=None) for f in asked], before, reading.model)
    roots = {}
    for found in asked:
        told = links.get(found.key)
        known = others.get(told.key) if told else None
        roots[found.key] = (
            Root(told.key, known.number if known else "", told.why) if told else Root()
        )
    moved = [
        key
        for key, k in others.items()
        if k.open and _moves(roots[key], k.found.same_as, k.same_as, mine)
    ]
    for work in (*mine.values(), *_opened(plan, moved)):
        work.root = roots[work.finding.key]


def _moves(root: Root, key: str | None, number: str, mine: dict[str, Work]) -> bool:
    """Whether a stored finding looks like another one than before, or that one may be filed just now."""
    return root.key in mine or root.key != (key or "") or root.number != number


def _opened(plan: Plan, keys: list[str]) -> list[Work]:
    """Put findings on the plan, locked, as far as nobody has decided about them meanwhile."""
    if not keys:
        return []
    rows = Finding.objects.filter(county=plan.county, key__in=keys).select_related("group")
    found = [f for f in locked(rows) if is_open(f)]
    fixed = casework.touched(plan.county, found)
    works = [Work(f, f.group.mode != ChatGroup.Mode.AUTOMATIC) for f in found if f.pk not in fixed]
    plan.works += works
    return works
