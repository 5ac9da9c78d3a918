"""The readers of bodies: who works where, who stands above whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from mingbai.accounts.models import Body
from mingbai.kernel import clock
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside
from mingbai.regions import queries as regions

KIND_WORDS: dict[str, str] = {value: str(label) for value, label in Body.Kind.choices}


@dataclass(frozen=True)
class BodyView:
    """An office as others see it; ``region`` is the code of its territory.

    ``until`` is the last day of an office that was or will be dissolved.
    """

    id: int
    kind: str
    name: str
    region: str
    phone: str
    parent_id: int | None
    until: date | None = None


def body(body_id: int) -> BodyView:
    """Return a body. Raises ``Missing``."""
    found = Body.objects.filter(pk=body_id).first()
    if found is None:
        raise Missing
    return view_of(found)


def bodies(ids: Sequence[int]) -> dict[int, BodyView]:
    """Return several bodies in one query."""
    return {b.pk: view_of(b) for b in Body.objects.filter(pk__in=set(ids))}


def territory_bodies(region: str) -> list[BodyView]:
    """Return who answers for a place by its territory, the nearest first: village, town, county's intake."""
    scope = regions.scope_of(region)
    places = [region] + [scope[:n].ljust(12, "0") for n in (12, 9, 6) if n < len(scope)]
    kinds = [Body.Kind.VILLAGE, Body.Kind.TOWN, Body.Kind.COUNTY]
    found = list(working().filter(region_id__in=places, kind__in=kinds))
    found.sort(key=lambda b: (places.index(b.region_id), kinds.index(Body.Kind(b.kind)), b.pk))
    return [view_of(b) for b in found]


def village_body(region: str) -> BodyView | None:
    """Return who receives first in a village: its committee, else the town, else the county's intake."""
    return next(iter(territory_bodies(region)), None)


def body_above(body_id: int) -> BodyView | None:
    """Return the body one level up, or None at the county."""
    found = Body.objects.select_related("parent").filter(pk=body_id).first()
    return view_of(found.parent) if found and found.parent else None


def parent_body(region: str, kind: str) -> int | None:
    """Return the body one level above a place: of a village its town, of a town or department the county."""
    if kind == Body.Kind.VILLAGE:
        above = working().filter(kind=Body.Kind.TOWN, region_id=f"{region[:9]}000")
    elif kind in {Body.Kind.TOWN, Body.Kind.DEPARTMENT}:
        above = working().filter(kind=Body.Kind.COUNTY, region_id=f"{region[:6]}000000")
    else:
        return None
    return above.order_by("id").values_list("pk", flat=True).first()


def county_intake(county: str) -> BodyView | None:
    """Return the county's intake, which takes what the duty list gives to nobody."""
    rows = working().filter(kind=Body.Kind.COUNTY, region_id=f"{county}000000")
    found = rows.order_by("id").first()
    return view_of(found) if found else None


def receivers(body_id: int) -> list[BodyView]:
    """Return the bodies to which an officer of this body may hand a case: below, above, departments."""
    own = Body.objects.filter(pk=body_id).first()
    if own is None or own.kind in {Body.Kind.DISCIPLINE, Body.Kind.PLATFORM}:
        return []
    near = Q(parent_id=own.pk)
    if own.kind != Body.Kind.VILLAGE:
        near |= Q(kind=Body.Kind.DEPARTMENT, region_id=f"{own.region_id[:6]}000000")
    if own.kind == Body.Kind.DEPARTMENT:
        near |= Q(kind__in=[Body.Kind.COUNTY, Body.Kind.TOWN]) & inside(
            own.region_id[:6], "region_id"
        )
    if own.kind == Body.Kind.VILLAGE and own.parent_id:
        near |= Q(pk=own.parent_id)
    rows = working().filter(near).exclude(pk=own.pk)
    return [view_of(b) for b in rows.order_by("kind", "name", "id")]


def bodies_inside(scope: str, *, former: bool = False) -> list[BodyView]:
    """Return every body at work whose region lies inside ``scope``, with ``former`` dissolved ones too."""
    rows = (Body.objects.all() if former else working()).filter(inside(scope, "region_id"))
    return [view_of(b) for b in rows.order_by("region_id", "id")]


def has_staff(county: str) -> bool:
    """Whether any body works in the county."""
    return Body.objects.filter(inside(county, "region_id")).exists()


def working() -> QuerySet[Body, Any]:
    """Return the bodies that are not dissolved today."""
    return Body.objects.filter(Q(until__isnull=True) | Q(until__gte=clock.today()))


def view_of(row: Body) -> BodyView:
    """Return a row as others see it."""
    return BodyView(row.pk, row.kind, row.name, row.region_id, row.phone, row.parent_id, row.until)
