"""The readers of territory. Regions are public, so no viewer is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside as inside_scope
from mingbai.regions import codes, names
from mingbai.regions.codes import scope_of
from mingbai.regions.models import SKETCH, Boundary, Level, Region, RegionAlias

__all__ = [
    "Level",
    "Region",
    "boundaries_geojson",
    "bounds",
    "children",
    "counties",
    "find_village",
    "gazetteer",
    "inside",
    "loaded_cities",
    "path",
    "region",
    "region_now",
    "regions",
    "scope_of",
    "search",
    "villages",
]

_VILLAGE_LIKE = (Level.VILLAGE, Level.LOCAL)
_SEARCHED = (Level.COUNTY, Level.TOWN, Level.VILLAGE, Level.LOCAL)
_ABOVE_VILLAGE = (Level.PROVINCE, Level.CITY, Level.COUNTY, Level.TOWN)
_LONGEST_TEXT = 40
_MOST_STEPS = 8


def region(code: str) -> Region:
    """Return a region by its code, also one no longer in force. Raises ``Missing``."""
    found = Region.objects.filter(pk=code).first()
    if found is None:
        raise Missing(code)
    return found


def region_now(code: str) -> Region:
    """Return the region that stands for ``code`` today: itself or what took its place.

    The last one known is returned, in force or not. Raises ``Missing`` for an unknown code.
    """
    found = region(code)
    for _ in range(_MOST_STEPS):
        if found.successor_id is None:
            break
        found = region(found.successor_id)
    return found


def regions(wanted: Iterable[str]) -> dict[str, Region]:
    """Return several regions by code in one query; unknown codes are left out."""
    return Region.objects.in_bulk(list(wanted))


def inside(scope: str) -> QuerySet[Region]:
    """Return every region in force inside ``scope``, itself included, in the order of the tree."""
    return Region.objects.filter(inside_scope(scope, "scope"), valid_to=None).order_by("scope")


def children(code: str) -> Sequence[Region]:
    """Return the regions right below, in the order of their pinyin."""
    return list(Region.objects.filter(parent_id=code, valid_to=None).order_by("pinyin", "code"))


def path(code: str) -> Sequence[Region]:
    """Return province, city, … down to the region itself, in one query."""
    return list(Region.objects.filter(pk__in=codes.lineage(code)).order_by("scope"))


def villages(county: str) -> Sequence[Region]:
    """Return the villages and local units of a county (6 digits) by code."""
    rows = Region.objects.filter(county=county, level__in=_VILLAGE_LIKE, valid_to=None)
    return list(rows.order_by("code"))


def village_names(scope: str) -> Sequence[tuple[str, str]]:
    """Return code and name of the villages and local units inside ``scope``, by code."""
    rows = inside(scope).filter(level__in=_VILLAGE_LIKE)
    return list(rows.order_by("code").values_list("code", "name"))


def find_village(county: str, name: str) -> Region | None:
    """Return the village of exactly this name in the county; None when there is none or several."""
    rows = Region.objects.filter(
        Q(name=name) | Q(official_name=name), county=county, level__in=_VILLAGE_LIKE, valid_to=None
    )
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


def search(text: str, *, scope: str = "", limit: int = 20) -> Sequence[Region]:
    """Find villages, towns and counties by name, other name, code, full pinyin or first letters.

    Exact hits come first, then beginnings, then anything that contains the text; villages before
    towns. Where nothing bears the whole text, it is read as a path (永春县石鼓村, 永春 石鼓). Blank
    text finds nothing. ``region.parent`` and its parent are loaded along.
    """
    wanted = "".join(text.split()).lower()[:_LONGEST_TEXT]
    if not wanted:
        return []
    found = _matches(wanted, scope, limit)
    if found or wanted.isascii():
        return found
    for outer, rest in _beginnings(wanted, scope):
        below = search(rest, scope=outer, limit=limit)
        if below:
            return below
    return []


def gazetteer(county: str) -> tuple[tuple[str, str, str], ...]:
    """Return ``(name, code, level)`` of every name and alias in a county, for recognising places.

    A name may stand there for several codes. Left out are an alias that another region bears as
    its own name, a short name that is a word of daily talk (冷水), and groups only numbered (三组).
    """
    rows = Region.objects.filter(county=county, valid_to=None).values_list("name", "code", "level")
    own = [row for row in rows if not names.is_numbered(row[0])]
    taken = {name for name, _, _ in own}
    other = RegionAlias.objects.filter(region__county=county, region__valid_to=None)
    spoken = other.values_list("name", "region_id", "region__level")
    more = [row for row in spoken if row[0] not in taken and not names.is_common_word(row[0])]
    return tuple(sorted([*own, *more]))


def boundaries_geojson(parent: str, *, outline: bool = False) -> dict[str, Any]:
    """Return a FeatureCollection of the children's polygons; children without one are left out.

    With ``outline`` it holds the region's own polygon instead. ``note`` is the sentence that the
    page must show with the map.
    """
    which = Q(region_id=parent) if outline else Q(region__parent_id=parent)
    rows = (
        Boundary.objects.filter(which, region__valid_to=None)
        .select_related("region")
        .order_by("region_id")
    )
    features = [
        {
            "type": "Feature",
            "geometry": row.geometry,
            "properties": {"code": row.region_id, "name": row.region.name},
        }
        for row in rows
    ]
    note = "；".join(sorted({row.note for row in rows})) or SKETCH
    return {"type": "FeatureCollection", "note": note, "features": features}


def bounds(code: str) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of the nearest polygon that holds ``code``; None without one."""
    rows = Boundary.objects.filter(region_id__in=codes.lineage(code)).order_by("-region__scope")
    nearest = rows.first()
    if nearest is None:
        return None
    points = list(_points(nearest.geometry["coordinates"]))
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    return min(lons), min(lats), max(lons), max(lats)


def loaded_cities() -> Sequence[Region]:
    """Return the cities whose territory is loaded."""
    return list(Region.objects.filter(level=Level.CITY, valid_to=None).order_by("code"))


def counties() -> Sequence[str]:
    """Return the six digits of every loaded county; jobs run once for each."""
    rows = Region.objects.filter(level=Level.COUNTY, valid_to=None)
    return list(rows.order_by("code").values_list("county", flat=True))


def _matches(wanted: str, scope: str, limit: int) -> list[Region]:
    rows = Region.objects.filter(valid_to=None, level__in=_SEARCHED)
    if scope:
        rows = rows.filter(inside_scope(scope, "scope"))
    exact, begins, anywhere = _conditions(wanted)
    ranked = rows.filter(exact | begins | anywhere).annotate(
        rank=_first_of(exact, begins), rung=_first_of(Q(level__in=_VILLAGE_LIKE))
    )
    found = ranked.select_related("parent__parent").order_by("rank", "rung", "pinyin", "code")
    return list(found[:limit])


def _conditions(wanted: str) -> tuple[Q, Q, Q]:
    """Return what counts as an exact hit, a beginning, and a hit anywhere."""
    if wanted.isascii():
        exact = Q(pinyin=wanted) | Q(initials=wanted) | Q(code=wanted)
        return exact, Q(pinyin__startswith=wanted) | Q(initials__startswith=wanted), Q(pk__in=[])
    written = {wanted, names.display(wanted)}
    also = RegionAlias.objects.filter(name__in=written).values("region_id")
    exact = Q(name__in=written) | Q(short_name=wanted) | Q(pk__in=also)
    return exact, Q(name__startswith=wanted), Q(name__contains=wanted)


def _first_of(*conditions: Q) -> Case:
    """Return an expression that numbers rows by the first condition that holds, from 0."""
    return Case(
        *(When(condition, then=Value(place)) for place, condition in enumerate(conditions)),
        default=Value(len(conditions)),
        output_field=IntegerField(),
    )


def _beginnings(text: str, scope: str) -> Iterator[tuple[str, str]]:
    """Yield ``(scope, rest of the text)`` for each town, county … whose name begins the text."""
    starts = [text[:size] for size in range(2, len(text))]
    rows = Region.objects.filter(
        Q(name__in=starts) | Q(short_name__in=starts), valid_to=None, level__in=_ABOVE_VILLAGE
    )
    if scope:
        rows = rows.filter(inside_scope(scope, "scope"))
    for row in rows.order_by("scope")[:_MOST_STEPS]:
        begun = row.name if text.startswith(row.name) else row.short_name
        if row.scope != scope and begun != text:
            yield row.scope, text[len(begun) :]


def _points(coordinates: Sequence[Any]) -> Iterator[Sequence[float]]:
    """Yield the points of a GeoJSON coordinate array, however deep they lie."""
    if isinstance(coordinates[0], (int, float)):
        yield coordinates
        return
    for part in coordinates:
        yield from _points(part)
