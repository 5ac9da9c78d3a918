from __future__ import annotations

import json

from mingbai.kernel.decisions import Missing
from mingbai.regions import queries
from mingbai.regions.models import Boundary, Level, Region


def test_quanzhou_has_2572_villages_in_174_towns_and_12_counties(quanzhou: None) -> None:
    """The source lists 175 and 2,573 rows; one of each only says that 金门县 has no known towns."""
    counts = {level: Region.objects.filter(level=level).count() for level in Level.values}
    assert counts == {
        "province": 1, "city": 1, "county": 12, "town": 174, "village": 2572, "group": 0, "local": 0,
    }  # fmt: skip
    assert queries.inside("3505").count() == 2759
    assert queries.inside("350525").count() == 1 + 22 + 236


def test_the_map_of_quanzhou_is_small_and_says_what_it_is(quanzhou: None) -> None:
    shown = queries.boundaries_geojson("350500000000")
    assert len(shown["features"]) == 12
    assert shown["note"] == "示意图，不作为划界依据"
    assert len(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()) <= 25_000
    assert Boundary.objects.count() == 14


def test_villages_that_share_a_name_stay_apart(quanzhou: None) -> None:
    same = [r for r in queries.search("东山村", limit=50) if r.name == "东山村"]
    assert len(same) == len({r.code for r in same}) == len({r.parent_id for r in same}) == 9
    assert queries.find_village("350525", "东山村") is not None


def test_search_names_the_town_and_county_without_asking_again(quanzhou: None) -> None:
    found = queries.search("东山村", limit=3)
    assert all(r.parent and r.parent.parent and r.parent.parent.level == "county" for r in found)


def test_a_missing_region_is_not_found_by_its_path(quanzhou: None) -> None:
    assert [r.code for r in queries.path("350599000000")] == ["350000000000", "350500000000"]
    try:
        queries.region("350599000000")
    except Missing:
        return
    raise AssertionError
