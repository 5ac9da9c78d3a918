from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingbai.kernel.actors import SYSTEM
from mingbai.regions import commands, queries


def _names(text: str, **more: object) -> list[str]:
    return [r.name for r in queries.search(text, **more)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "东山",
        "东山村",
        "东山村委会",
        "东山村民委员会",
        "东 山 村",
        "dongshancun",
        "dongshan",
        "DongShan",
        "350525109202",
    ],
)
def test_a_village_is_found_however_it_is_written(yongchun: None, text: str) -> None:
    assert queries.search(text)[0].code == "350525109202"


def test_exact_names_come_before_beginnings_and_those_before_the_rest(yongchun: None) -> None:
    assert _names("长安") == ["长安社区"]
    found = _names("山", limit=50)
    begins = [name for name in found if name.startswith("山")]
    assert found[: len(begins)] == begins
    assert len(found) > len(begins) > 0


def test_the_old_village_name_of_a_community_finds_it(yongchun: None) -> None:
    assert _names("石鼓村")[0] == "石鼓社区"


@pytest.mark.parametrize(
    "text", ["永春县东平镇东山村", "永春东山村", "东平镇 东山", "泉州市永春县东平镇东山村委会"]
)
def test_a_name_with_what_lies_above_it_is_read_as_a_path(yongchun: None, text: str) -> None:
    assert [r.code for r in queries.search(text)] == ["350525109202"]


def test_the_path_tells_villages_of_one_name_apart(yongchun: None) -> None:
    assert len([name for name in _names("蓬莱村") if name == "蓬莱村"]) == 2
    assert queries.find_village("350525", "蓬莱村") is None
    both = [r for r in queries.search("蓬莱村") if r.name == "蓬莱村"]
    for village in both:
        assert village.parent is not None
        assert [r.code for r in queries.search(f"{village.parent.name}蓬莱村")] == [village.code]


@pytest.mark.parametrize(
    "text", ["", "   ", "%", "没有的地方", "zzzz", "永春县没有的地方", "'; --"]
)
def test_what_is_nowhere_finds_nothing(yongchun: None, text: str) -> None:
    assert queries.search(text) == []


def test_search_stays_inside_its_scope_and_limit(yongchun: None) -> None:
    assert queries.search("东山村", scope="350526") == []
    assert len(queries.search("d", scope="350525", limit=5)) == 5


def test_search_and_path_ask_the_database_a_bounded_number_of_times(yongchun: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert queries.search("东山村")[0].parent is not None
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        queries.search("永春县东平镇东山村")
    assert len(asked) == 5
    with CaptureQueriesContext(connection) as asked:
        assert [r.name for r in queries.path("350525109202")] == [
            "福建省", "泉州市", "永春县", "东平镇", "东山村",
        ]  # fmt: skip
    assert len(asked) == 1


def test_children_come_in_the_order_of_their_pinyin(yongchun: None) -> None:
    towns = queries.children("350525000000")
    assert len(towns) == 22
    assert [t.pinyin for t in towns] == sorted(t.pinyin for t in towns)


def test_the_gazetteer_holds_every_name_with_all_its_codes(yongchun: None) -> None:
    names = queries.gazetteer("350525")
    assert {("东山村", "350525109202", "village"), ("东平", "350525109000", "town")} <= set(names)
    assert len([code for name, code, _level in names if name == "蓬莱村"]) == 2
    assert [code for name, code, _level in names if name == "东山村委会"] == ["350525109202"]
    assert {name for name, _code, _level in names} & {"冷水", "冷水村", "东山"} == {
        "冷水村",
        "东山",
    }


def test_a_spoken_name_gives_way_to_the_village_that_really_bears_it(yongchun: None) -> None:
    assert ("石鼓村", "350525107001", "village") in queries.gazetteer("350525")
    unit = commands.add_local_unit(actor=SYSTEM, parent="350525109000", name="石鼓村")
    named = [row for row in queries.gazetteer("350525") if row[0] == "石鼓村"]
    assert named == [("石鼓村", unit.code, "local")]


def test_groups_that_only_count_are_no_place_names(yongchun: None) -> None:
    commands.add_local_unit(actor=SYSTEM, parent="350525109202", name="三组")
    commands.add_local_unit(actor=SYSTEM, parent="350525109202", name="上坂厝")
    names = {name for name, _code, _level in queries.gazetteer("350525")}
    assert "上坂厝" in names
    assert "三组" not in names
