"""The cases that a villager follows or supports."""

from __future__ import annotations

from mingbai.cases.models import Follow
from mingbai.cases.queries.lines import CaseLine, Liner, brief, visible
from mingbai.kernel.actors import Actor
from mingbai.kernel.paging import Page, page


def followed(viewer: Actor, after: str = "") -> Page[CaseLine]:
    """Return a page of the cases that the viewer follows, the latest first; hidden ones are left out."""
    rows = Follow.objects.filter(person_id=viewer.person_id or 0)
    found = page(rows, order=("-at", "-id"), after=after, size=20)
    wanted = {one.case_id: place for place, one in enumerate(found.rows)}
    counties = {one.county for one in found.rows}
    cases = brief().filter(visible(viewer), pk__in=wanted, county__in=counties)
    ordered = sorted(cases, key=lambda case: wanted[case.pk])
    return Page(Liner().lines(ordered, clear=False), found.next)
