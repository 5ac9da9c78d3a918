"""Pages composed from several rooms: what a village, an area and a working day look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from mingbai.accounts import queries as accounts
from mingbai.cases import queries as cases
from mingbai.kernel.decisions import Missing
from mingbai.regions import queries as regions

SHADES = (1, 3, 6, 12, 25)
VILLAGES = frozenset({"village", "local", "group"})


@dataclass(frozen=True)
class VillagePage:
    """What a village's home shows: where it lies, who answers, what is open and what was solved."""

    village: Any
    path: Sequence[Any]
    body: Any
    open: Sequence[Any]
    solved: Sequence[Any]
    counts: Any


def village_page(code: str) -> VillagePage:
    """Return a village's home. Raises ``Missing`` for anything that is not a village in force."""
    path = regions.path(code)
    village = path[-1] if path and path[-1].code == code else None
    if village is None or village.level not in VILLAGES or village.valid_to is not None:
        raise Missing
    return VillagePage(
        village=village,
        path=path,
        body=accounts.village_body(code),
        open=cases.village_cases(code, "open").rows[:5],
        solved=cases.village_cases(code, "solved").rows[:3],
        counts=cases.village_counts(code),
    )


@dataclass(frozen=True)
class AreaPage:
    """A city, county or town: the way down to it, what lies right below, and each part's open cases."""

    area: Any
    path: Sequence[Any]
    children: Sequence[Any]
    counts: dict[str, Any]
    has_map: bool


def area_page(code: str) -> AreaPage:
    """Return an area with its parts. Raises ``Missing`` for villages and unknown codes."""
    path = regions.path(code)
    area = path[-1] if path and path[-1].code == code else None
    if area is None or area.level in VILLAGES:
        raise Missing
    children = regions.children(code)
    counts = cases.counts_below([c.scope for c in children])
    return AreaPage(
        area, path, children, counts,
        has_map=area.level in {"city", "province"} or any(c.lat is not None for c in children),
    )


def area_shapes(code: str, own: str = "") -> dict[str, Any]:
    """Return the GeoJSON of an area's parts: polygons where there are some, else points; never invented."""
    area = regions.region(code)
    shapes = regions.boundaries_geojson(code)
    children = {c.code: c for c in regions.children(code)}
    counts = cases.counts_below([c.scope for c in children.values()])
    drawn = {f["properties"]["code"] for f in shapes["features"]}
    shapes["features"] += [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [c.lon, c.lat]},
            "properties": {"code": c.code, "name": c.short_name},
        }
        for c in children.values()
        if c.code not in drawn and c.lat is not None
    ]
    for feature in shapes["features"]:
        child = children[feature["properties"].pop("code")]
        waiting = counts[child.scope].open
        feature["properties"] |= {
            "url": address(child),
            "q": sum(waiting >= step for step in SHADES),
            "note": f"在办 {waiting} 件" if waiting else "",
            "own": bool(own) and own.startswith(child.scope),
        }
    shapes["name"] = area.name
    return shapes


def address(region: Any) -> str:
    """Return where a region's page lies."""
    name = "portal:village" if region.level in VILLAGES else "portal:area"
    return reverse(name, kwargs={"code": region.code})


def found(text: str, scope: str = "") -> list[tuple[Any, str, str]]:
    """Return ``(region, where it lies, address)`` for what the words may mean."""
    rows = []
    for region in regions.search(text, scope=scope, limit=30):
        above = [r for r in (getattr(region.parent, "parent", None), region.parent) if r]
        where = " ".join(r.name for r in above if r.level in {"city", "county", "town"})
        rows.append((region, where, address(region)))
    return rows
