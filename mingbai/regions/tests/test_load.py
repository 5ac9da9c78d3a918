from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mingbai.audit.models import Entry
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import SYSTEM
from mingbai.kernel.decisions import BadInput, Missing
from mingbai.regions import commands, queries
from mingbai.regions.models import SKETCH, Boundary, Region, RegionAlias

if TYPE_CHECKING:
    from mingbai.regions.tests.conftest import Folder


def _tables() -> tuple[int, int, int, int]:
    return (
        Region.objects.count(), RegionAlias.objects.count(), Boundary.objects.count(), Entry.objects.count(),
    )  # fmt: skip


def test_a_second_load_changes_nothing(small: Folder) -> None:
    before = list(Region.objects.order_by("code").values()), _tables()[:3]
    again = commands.load("3505", source=small.path)
    assert again.vanished == 0
    assert (list(Region.objects.order_by("code").values()), _tables()[:3]) == before


def test_a_code_that_vanished_is_closed_and_its_successor_stands_for_it(
    small: Folder,
) -> None:
    del small.rows["villages"]["350525101202"]
    small.write()
    with scopes.enter(at=datetime(2027, 1, 5, 9, tzinfo=clock.SHANGHAI)):
        assert commands.load("3505", source=small.path).vanished == 1
    assert queries.region("350525101202").valid_to == date(2027, 1, 5)
    assert [v.name for v in queries.villages("350525")] == ["儒林社区", "大羽村"]
    commands.name_successor(code="350525101202", successor="350525101201")
    assert queries.region_now("350525101202").name == "大羽村"
    assert commands.load("3505", source=small.path).vanished == 0
    assert queries.region("350525101202").valid_to == date(2027, 1, 5)


def test_a_code_that_comes_back_is_in_force_again(small: Folder) -> None:
    gone = small.rows["villages"].pop("350525101202")
    small.write()
    commands.load("3505", source=small.path)
    commands.name_successor(code="350525101202", successor="350525101201")
    small.rows["villages"]["350525101202"] = gone
    small.write()
    commands.load("3505", source=small.path)
    assert queries.region_now("350525101202").name == "高垄村"
    assert len(queries.villages("350525")) == 3


@pytest.mark.parametrize(
    ("code", "successor"), [("350525101201", "350525101202"), ("1", "350525101202")]
)
def test_a_region_in_force_or_unknown_gets_no_successor(
    small: Folder, code: str, successor: str
) -> None:
    with pytest.raises(BadInput):
        commands.name_successor(code=code, successor=successor)
    assert not Region.objects.exclude(successor=None).exists()


def test_a_former_name_stays_an_alias(small: Folder) -> None:
    small.rows["villages"]["350525101202"] = "高龙社区居委会"
    small.write()
    commands.load("3505", source=small.path)
    assert queries.region("350525101202").name == "高龙社区"
    assert [r.code for r in queries.search("高垄村")] == ["350525101202"]


def test_one_county_leaves_its_neighbours_alone(small: Folder) -> None:
    commands.load("350525", source=small.path)
    assert queries.region("350527000000").valid_to is None
    assert not Region.objects.exclude(valid_to=None).exists()


def test_positions_local_units_and_reviewed_maps_survive_a_load(
    small: Folder, tmp_path: Path
) -> None:
    commands.set_position(actor=SYSTEM, code="350525101201", lat=25.33, lon=118.25)
    commands.add_local_unit(actor=SYSTEM, parent="350525000000", name="榜德工业园")
    square = [[[118.0, 25.2], [118.4, 25.2], [118.4, 25.5], [118.0, 25.5], [118.0, 25.2]]]
    feature = {
        "properties": {"code": "350525"},
        "geometry": {"type": "Polygon", "coordinates": square},
    }
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    assert commands.import_boundaries(file, note="审图号：样例 001 号") == 1
    assert commands.load("3505", source=small.path).vanished == 0
    assert queries.region("350525101201").lat == 25.33
    assert queries.region("350525L01").valid_to is None
    shown = queries.boundaries_geojson("350525000000", outline=True)
    assert shown["note"] == "审图号：样例 001 号"
    assert shown["features"][0]["geometry"]["coordinates"] == square


def test_a_reviewed_map_without_a_note_or_with_an_unknown_code_changes_nothing(
    small: Folder, tmp_path: Path
) -> None:
    before = list(Boundary.objects.order_by("pk").values()), Entry.objects.count()
    square = [[[118.0, 25.2], [118.4, 25.2], [118.4, 25.5], [118.0, 25.2]]]
    features = [
        {"properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": square}}
        for code in ("350525", "350599")
    ]
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps({"features": features}), encoding="utf-8")
    with pytest.raises(BadInput, match="350599000000"):
        commands.import_boundaries(file, note="审图号：样例 001 号")
    with pytest.raises(BadInput, match="审图号"):
        commands.import_boundaries(file, note=SKETCH)
    assert (list(Boundary.objects.order_by("pk").values()), Entry.objects.count()) == before


@pytest.mark.parametrize(
    ("scope", "sentence"),
    [
        ("3599", "没有代码 3599"),
        ("9", "2、4 或 6 位"),
        ("35a5", "2、4 或 6 位"),
        ("", "2、4 或 6 位"),
        ("３５０５", "2、4 或 6 位"),
    ],
)
def test_a_wrong_code_is_refused_and_nothing_changes(
    small: Folder, scope: str, sentence: str
) -> None:
    before = _tables()
    with pytest.raises(BadInput, match=sentence):
        commands.load(scope, source=small.path)
    assert _tables() == before


def test_a_missing_source_is_refused_and_nothing_changes(small: Folder, tmp_path: Path) -> None:
    before = _tables()
    with pytest.raises(BadInput, match="make setup"):
        commands.load("3505", source=tmp_path / "nowhere")
    assert _tables() == before


def test_progress_runs_from_nothing_to_all(small: Folder) -> None:
    seen: list[float] = []
    commands.load("350525", source=small.path, on_progress=lambda share, _label: seen.append(share))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_an_unknown_region_is_missing(small: Folder) -> None:
    with pytest.raises(Missing):
        queries.region("350525101299")
    assert [r.name for r in queries.path("350525101299")][-1] == "五里街镇"
