"""The readers of territory. Regions are public, so no viewer is named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside as inside_scope
from mingbai.regions import names
from mingbai.regions.models import Boundary, Level, Region, RegionAlias

__all__ = ["Level", "Region"]


def region(code: str) -> Region:
    """Return a region by its code. Raises ``Missing`` for an unknown one."""
    found = Region.objects.filter(pk=code).first()
    if found is None:
        raise Missing(code)
    return found


def regions(codes: Iterable[str]) -> dict[str, Region]:
    """Return several regions by code in one query; unknown codes are left out."""
    return Region.objects.in_bulk(list(codes))


def inside(scope: str) -> QuerySet[Region]:
    """Return every region in force inside ``scope``, itself included."""
    return Region.objects.filter(inside_scope(scope, "scope"), valid_to__isnull=True)


def children(code: str) -> Sequence[Region]:
    """Return the regions right below, in the order of their pinyin."""
    return list(Region.objects.filter(parent_id=code, valid_to__isnull=True).order_by("pinyin", "code"))


def path(code: str) -> Sequence[Region]:
    """Return province, city, … down to the region itself, in one query."""
    scope = names.scope(code)
    above = {scope[:n].ljust(12, "0") for n in (2, 4, 6, 9, 12) if n <= len(scope)}
    return list(Region.objects.filter(Q(pk__in=above | {code})).order_by("scope"))


def villages(county: str) -> Sequence[Region]:
    """Return the villages and local units of a county by code."""
    rows = Region.objects.filter(
        county=county, level__in=[Level.VILLAGE, Level.LOCAL], valid_to__isnull=True
    )
    return list(rows.order_by("code"))


def find_village(county: str, name: str) -> Region | None:
    """Return the village of exactly this name in the county; None when there is none or several."""
    rows = Region.objects.filter(
        Q(name=name) | Q(official_name=name),
        county=county, level__in=[Level.VILLAGE, Level.LOCAL], valid_to__isnull=True,
    )
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


def search(text: str, *, scope: str = "", limit: int = 20) -> Sequence[Region]:
    """Find villages, towns and counties by name, other name, full pinyin or first letters.

    Exact hits come first, then beginnings, then anything that contains the text; villages before
    towns. Blank text finds nothing. ``region.parent`` and its parent are loaded along.
    """
    wanted = re.sub(r"\s+", "", text).lower()[:40]
    if not wanted:
        return []
    rows = Region.objects.filter(valid_to__isnull=True, level__in=[
        Level.COUNTY, Level.TOWN, Level.VILLAGE, Level.LOCAL,
    ])
    if scope:
        rows = rows.filter(inside_scope(scope, "scope"))
    if wanted.isascii():
        exact = Q(pinyin=wanted) | Q(initials=wanted) | Q(code=wanted)
        begins = Q(pinyin__startswith=wanted) | Q(initials__startswith=wanted)
        hit = begins | Q(code=wanted)
    else:
        known = RegionAlias.objects.filter(name=wanted).values("region_id")
        exact = Q(name=wanted) | Q(short_name=wanted) | Q(pk__in=known)
        begins = Q(name__startswith=wanted)
        hit = exact | Q(name__contains=wanted)
    rank: Any = Case(
        When(exact, then=Value(0)), When(begins, then=Value(1)), default=Value(2),
        output_field=IntegerField(),
    )
    rung: Any = Case(
        When(level__in=[Level.VILLAGE, Level.LOCAL], then=Value(0)), default=Value(1),
        output_field=IntegerField(),
    )
    found = rows.filter(hit).annotate(rank=rank, rung=rung).select_related("parent__parent")
    return list(found.order_by("rank", "rung", "pinyin", "code")[:limit])


def gazetteer(county: str) -> tuple[tuple[str, str, str], ...]:
    """Return ``(name, code, level)`` of every name and alias in a county, for recognising places."""
    rows = Region.objects.filter(county=county, valid_to__isnull=True)
    named = list(rows.values_list("name", "code", "level"))
    other = RegionAlias.objects.filter(region__county=county, region__valid_to__isnull=True)
    return tuple(sorted({*named, *other.values_list("name", "region_id", "region__level")}))


def boundaries_geojson(parent: str) -> dict[str, Any]:
    """Return a FeatureCollection of the children's polygons; children without one are left out."""
    rows = Boundary.objects.filter(region__parent_id=parent, region__valid_to__isnull=True)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": row.geometry,
                "properties": {"code": row.region_id, "name": row.region.name},
            }
            for row in rows.select_related("region").order_by("region_id")
        ],
    }


def loaded_cities() -> Sequence[Region]:
    """Return the cities whose territory is loaded."""
    return list(Region.objects.filter(level=Level.CITY).order_by("code"))


def counties() -> Sequence[str]:
    """Return the six digits of every loaded county; jobs run once for each."""
    rows = Region.objects.filter(level=Level.COUNTY, valid_to__isnull=True)
    return list(rows.order_by("code").values_list("county", flat=True))
