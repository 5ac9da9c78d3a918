"""Which findings are about one problem: those of a town are compared whenever one of them changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mingbai.capture.commands.plans import Plan, Told, Work, is_open, locked
from mingbai.capture.commands.reading import MEMORY, Reading, as_found, stored
from mingbai.capture.models import ChatGroup, Finding
from mingbai.capture.recognition.same import link
from mingbai.kernel.fields import inside

COMPARED, LATER = 80, 100
TOWN = 9


def compare(reading: Reading, plan: Plan) -> None:
    """Say of each new or changed finding which earlier one it looks like.

    What was said after it is compared again too: with a line that comes late, the earlier telling is
    the first all the same.
    """
    towns: dict[str, list[Finding]] = {}
    for finding in (*(w.finding for w in plan.works if w.retold), *plan.gone):
        towns.setdefault(str(finding.region)[:TOWN], []).append(finding)
    for town, changed in sorted(towns.items()):
        _compare(reading, plan, town, [f.said_at for f in changed])


def _compare(reading: Reading, plan: Plan, town: str, changed: Sequence[datetime]) -> None:
    own = {w.finding.key: w for w in plan.works if str(w.finding.region).startswith(town)}
    hidden = {w.finding.pk for w in own.values()} | {f.pk for f in plan.gone}
    rows = Finding.objects.filter(
        inside(town), county=plan.county, said_at__gte=min(changed) - MEMORY
    ).exclude(status=Finding.Status.DISMISSED)
    known = stored(
        rows.exclude(pk__in=hidden - {None}).order_by("-said_at", "-key"), COMPARED + LATER
    )
    later = {k.found.key: k for k in known if k.found.said_at > min(changed) and k.open}
    before = [k.found for k in known if k.found.key not in later][:COMPARED]
    before += [as_found(w.finding) for w in own.values() if not w.retold]
    asked = [as_found(w.finding) for w in own.values() if w.retold]
    asked += [k.found for k in later.values()]
    if not asked:
        return
    said = {found.key: found.said_at for found in (*before, *asked)}
    numbers = {k.found.key: k.number for k in known}
    links = {
        key: told
        for key, told in link(asked, before, reading.model).items()
        if said[told.key] >= said[key] - MEMORY
    }
    unlike = [
        key
        for key, k in later.items()
        if (
            links[key].key in own or numbers[links[key].key] != k.same_as
            if key in links
            else k.same_as
        )
    ]
    works = own | _open(plan, unlike)
    for key in (*(key for key, w in own.items() if w.retold), *unlike):
        told = links.get(key)
        if key in works and told is None:
            works[key].same = Told()
        elif key in works and told is not None:
            works[key].same = Told(works.get(told.key), numbers.get(told.key, ""), told.why)


def _open(plan: Plan, keys: Sequence[str]) -> dict[str, Work]:
    """Put those findings on the plan that the machine alone has decided, locked; return them by key."""
    if not keys:
        return {}
    rows = Finding.objects.filter(county=plan.county, key__in=keys).select_related("group")
    works = [
        Work(f, f.group.mode == ChatGroup.Mode.AUTOMATIC or bool(f.case_number))
        for f in locked(rows)
        if is_open(f)
    ]
    plan.works += works
    return {w.finding.key: w for w in works}
