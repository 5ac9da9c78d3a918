"""Which findings are about one problem: those of a town are compared whenever one of them changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mingbai.capture.commands.plans import Plan, Told, Work, is_open, locked
from mingbai.capture.commands.reading import MEMORY, Reading, as_found, stored
from mingbai.capture.models import ChatGroup, Finding
from mingbai.capture.recognition.same import link
from mingbai.kernel.fields import inside

COMPARED = 200
LATER = 100
TOWN = 9


def compare(reading: Reading, plan: Plan) -> None:
    """Say of each new or changed finding which earlier one it looks like.

    What was said after it is compared again too: with a line that comes late, the earlier telling is
    the first all the same.
    """
    towns: dict[str, list[Finding]] = {}
    for finding in (*(w.finding for w in plan.works if w.changed), *plan.gone):
        towns.setdefault(str(finding.region)[:TOWN], []).append(finding)
    for town, changed in sorted(towns.items()):
        _compare(reading, plan, town, [f.said_at for f in changed])


def _compare(reading: Reading, plan: Plan, town: str, changed: Sequence[datetime]) -> None:
    own = [w for w in plan.works if str(w.finding.region).startswith(town)]
    hidden = {w.finding.pk for w in own} | {f.pk for f in plan.gone}
    rows = Finding.objects.filter(inside(town), county=plan.county)
    rows = rows.exclude(status=Finding.Status.DISMISSED).exclude(pk__in=hidden - {None})
    near = rows.filter(said_at__gte=min(changed) - MEMORY, said_at__lte=max(changed))
    known = stored(near.order_by("-said_at", "-key")[:COMPARED])
    after = rows.filter(said_at__gt=min(changed)).order_by("said_at", "key")
    later = _open(plan.county, list(after.values_list("pk", flat=True)[:LATER]))
    asked = [w for w in own if w.changed] + later
    if not asked:
        return
    works = {w.finding.key: w for w in (*own, *later)}
    numbers = {found.key: number for number, found in known}
    fresh = {w.finding.key for w in asked}
    before = [found for _, found in known if found.key not in works]
    before += [as_found(w.finding) for key, w in works.items() if key not in fresh]
    links = link([as_found(w.finding) for w in asked], before, reading.model)
    for work in asked:
        told = links.get(work.finding.key)
        if told is None:
            work.same = Told()
        else:
            work.same = Told(works.get(told.key), numbers.get(told.key, ""), told.why)
    plan.works += later


def _open(county: str, pks: Sequence[int]) -> list[Work]:
    """Return those of the findings that the machine alone has decided, locked."""
    if not pks:
        return []
    rows = locked(Finding.objects.filter(county=county, pk__in=pks).select_related("group"))
    return [
        Work(f, f.group.mode == ChatGroup.Mode.AUTOMATIC or bool(f.case_number))
        for f in rows
        if is_open(f)
    ]
