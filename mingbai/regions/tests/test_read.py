from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shapely.geometry import shape

from mingbai.regions import outlines
from mingbai.regions.source import SourceError, read

if TYPE_CHECKING:
    from mingbai.regions.tests.conftest import Folder

COUNTIES = [
    f"3505{n}000000"
    for n in ("02", "03", "04", "05", "21", "24", "25", "26", "27", "81", "82", "83")
]


def test_a_county_comes_with_what_lies_in_it_and_above_it(folder: Folder) -> None:
    assert [(d.code, d.level, d.county, d.parent) for d in read(folder.path, "350525")] == [
        ("350000000000", "province", "", None),
        ("350500000000", "city", "", "350000000000"),
        ("350525000000", "county", "350525", "350500000000"),
        ("350525101000", "town", "350525", "350525000000"),
        ("350525101001", "village", "350525", "350525101000"),
        ("350525101201", "village", "350525", "350525101000"),
        ("350525101202", "village", "350525", "350525101000"),
    ]


def test_rows_that_only_repeat_the_county_are_no_towns_or_villages(folder: Folder) -> None:
    found = [(d.code, d.level) for d in read(folder.path, "3505") if d.code.startswith("350527")]
    assert found == [("350527000000", "county")]


def test_a_city_without_counties_plays_the_part_of_a_county(folder: Folder) -> None:
    assert [(d.code, d.level, d.county, d.parent) for d in read(folder.path, "4419")] == [
        ("440000000000", "province", "", None),
        ("441900000000", "county", "441900", "440000000000"),
        ("441900003000", "town", "441900", "441900000000"),
        ("441900003001", "village", "441900", "441900003000"),
    ]


def test_a_missing_file_is_named_with_the_way_out(folder: Folder) -> None:
    (folder.path / "villages.csv").unlink()
    with pytest.raises(SourceError, match="make setup"):
        read(folder.path, "3505")


@pytest.mark.parametrize(
    "line", ["3505x5101203,坏村委会", "350525101203", "350525101203,", "35052510120,短村委会"]
)
def test_a_damaged_line_is_refused(folder: Folder, line: str) -> None:
    with (folder.path / "villages.csv").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(SourceError, match="读不懂"):
        read(folder.path, "3505")


def test_a_file_of_another_kind_is_refused(folder: Folder) -> None:
    (folder.path / "streets.csv").write_text("<html>", encoding="utf-8")
    with pytest.raises(SourceError, match=r"streets\.csv 的格式不对"):
        read(folder.path, "3505")


def test_the_counties_of_quanzhou_share_their_borders_in_few_bytes() -> None:
    drawn = outlines.sketch(COUNTIES, "county")
    assert sorted(drawn) == COUNTIES
    forms = [shape(geometry) for geometry in drawn.values()]
    assert all(form.is_valid for form in forms)
    overlap = sum(a.intersection(b).area for n, a in enumerate(forms) for b in forms[:n])
    assert overlap < 1e-6 * sum(form.area for form in forms)
    assert len(json.dumps(drawn, separators=(",", ":"))) <= 30_000


def test_below_the_county_nothing_is_invented() -> None:
    assert outlines.sketch(["350525101000"], "town") == {}
    assert outlines.sketch([], "county") == {}


def _feature(code: object, coordinates: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": {"type": "Polygon", "coordinates": coordinates},
    }


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"features": [{"properties": {}, "geometry": null}]}',
        json.dumps({"features": [_feature("350525", [[[118.1, 25.1]]])]}),
        json.dumps({"features": [_feature("350525", [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]])]}),
    ],
)
def test_a_reviewed_file_that_cannot_be_drawn_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "map.geojson"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(outlines.OutlineError):
        outlines.reviewed(file)
