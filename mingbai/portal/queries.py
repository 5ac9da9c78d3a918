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


class Moved(Exception):
    """The place was merged or renamed; ``str()`` is the address of what took its place."""


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
    """Return a village's home. Raises ``Moved``, and ``Missing`` for anything that is no village."""
    path = _village(code)
    return VillagePage(
        village=path[-1],
        path=path,
        body=accounts.village_body(code),
        open=cases.village_cases(code, "open").rows[:5],
        solved=cases.village_cases(code, "solved").rows[:3],
        counts=cases.village_counts(code),
    )


@dataclass(frozen=True)
class VillageList:
    """A page of a village's open cases, and how many there are."""

    village: Any
    counts: Any
    rows: Any


def village_list(code: str, after: str) -> VillageList:
    """Return the open cases of a village. Raises as ``village_page``, or ``BadInput``."""
    village = _village(code)[-1]
    return VillageList(
        village, cases.village_counts(code), cases.village_cases(code, "open", after)
    )


def own_village(code: str) -> Any:
    """Return the village that the visitor's browser remembers; None when there is no such village now."""
    if not code.isalnum() or len(code) > 16:
        return None
    found = regions.regions([code]).get(code)
    return found if found and found.level in VILLAGES and found.valid_to is None else None


@dataclass(frozen=True)
class AreaPage:
    """A city, county or town: the way down to it, what lies right below, and each part's open cases."""

    area: Any
    path: Sequence[Any]
    children: Sequence[Any]
    counts: dict[str, Any]
    has_map: bool


def area_page(code: str) -> AreaPage:
    """Return an area with its parts. Raises ``Moved``, and ``Missing`` for villages and unknown codes."""
    path = _place(code)
    area = path[-1]
    if area.level in VILLAGES:
        raise Missing
    children = regions.children(code)
    counts = cases.counts_below([c.scope for c in children])
    return AreaPage(
        area,
        path,
        children,
        counts,
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


def _village(code: str) -> Sequence[Any]:
    path = _place(code)
    if path[-1].level not in VILLAGES:
        raise Missing
    return path


def _place(code: str) -> Sequence[Any]:
    """Return the way down to a region in force, the region last."""
    path = regions.path(code)
    if not path or path[-1].code != code:
        raise Missing
    if path[-1].valid_to is None:
        return path
    now = regions.region_now(code)
    if now.valid_to is not None:
        raise Missing
    raise Moved(address(now))
