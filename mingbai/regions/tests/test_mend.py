from __future__ import annotations

from pathlib import Path

import pytest

from mingbai.audit.models import Entry
from mingbai.kernel.actors import ANYONE, SYSTEM, Actor
from mingbai.kernel.decisions import BadInput, Refused
from mingbai.regions import commands, queries
from mingbai.regions.models import Region

VILLAGE = "350525109202"


def _officer(scope: str) -> Actor:
    return Actor(None, 7, "village_officer", scope, None, "gov", "王建国")


def test_an_officer_sets_the_position_of_the_own_village(yongchun: None) -> None:
    before = Entry.objects.count()
    commands.set_position(actor=_officer(VILLAGE), code=VILLAGE, lat=25.28, lon=118.22)
    village = queries.region(VILLAGE)
    assert (village.lat, village.lon) == (25.28, 118.22)
    assert Entry.objects.count() == before + 1
    entry = Entry.objects.latest("id")
    assert (entry.verb, entry.region, entry.county, entry.post_id) == (
        "place",
        VILLAGE,
        "350525",
        7,
    )


@pytest.mark.parametrize(
    ("actor", "reason"),
    [
        (_officer("350525109203"), "管辖范围"),
        (_officer("350526"), "管辖范围"),
        (ANYONE, "工作人员"),
    ],
)
def test_nobody_from_elsewhere_changes_a_territory(
    yongchun: None, actor: Actor, reason: str
) -> None:
    before = Entry.objects.count(), Region.objects.count()
    with pytest.raises(Refused, match=reason):
        commands.set_position(actor=actor, code=VILLAGE, lat=25.28, lon=118.22)
    with pytest.raises(Refused, match=reason):
        commands.add_local_unit(actor=actor, parent=VILLAGE, name="上厝")
    assert queries.region(VILLAGE).lat is None
    assert (Entry.objects.count(), Region.objects.count()) == before


@pytest.mark.parametrize(
    ("lat", "lon"), [(118.22, 25.28), (39.9, 116.4), (float("nan"), 118.2), (25.28, float("inf"))]
)
def test_a_place_far_away_or_turned_round_is_refused(
    yongchun: None, lat: float, lon: float
) -> None:
    before = Entry.objects.count()
    with pytest.raises(BadInput, match="离当地太远"):
        commands.set_position(actor=SYSTEM, code=VILLAGE, lat=lat, lon=lon)
    assert queries.region(VILLAGE).lat is None
    assert Entry.objects.count() == before


def test_positions_and_households_come_from_a_csv(yongchun: None, tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(
        f"\ufeffcode,lat,lon,households,population\n{VILLAGE},25.28,118.22,312,1204\n350525109201,25.29,118.23,,\n",
        encoding="utf-8",
    )
    before = Entry.objects.count()
    assert commands.import_positions(file) == 2
    village = queries.region(VILLAGE)
    assert (village.lat, village.households, village.population) == (25.28, 312, 1204)
    assert queries.region("350525109201").households is None
    assert Entry.objects.count() == before + 1


@pytest.mark.parametrize(
    "line",
    [
        "350525109999,25.28,118.22,",
        f"{VILLAGE},北纬,118.22,",
        f"{VILLAGE},118.22,25.28,",
        f"{VILLAGE},25.2,118.2,-4",
        f"{VILLAGE}",
    ],
)
def test_a_bad_line_is_named_and_nothing_is_kept(yongchun: None, tmp_path: Path, line: str) -> None:
    file = tmp_path / "places.csv"
    file.write_text(
        f"code,lat,lon,households\n350525109201,25.28,118.22,9\n{line}\n", encoding="utf-8"
    )
    before = Entry.objects.count()
    with pytest.raises(BadInput, match="第 3 行"):
        commands.import_positions(file)
    assert queries.region("350525109201").lat is None
    assert Entry.objects.count() == before


def test_a_file_that_is_no_csv_is_refused(yongchun: None, tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(BadInput, match=r"places\.csv"):
        commands.import_positions(file)


def test_local_units_get_codes_inside_their_parent(yongchun: None) -> None:
    zone = commands.add_local_unit(
        actor=_officer("350525"), parent="350525000000", name=" 榜德 工业园 "
    )
    first = commands.add_local_unit(actor=_officer(VILLAGE), parent=VILLAGE, name="上厝")
    second = commands.add_local_unit(actor=_officer(VILLAGE), parent=VILLAGE, name="下厝")
    assert [(u.code, u.level, u.name, u.county) for u in (zone, first, second)] == [
        ("350525L01", "local", "榜德工业园", "350525"),
        (f"{VILLAGE}L01", "group", "上厝", "350525"),
        (f"{VILLAGE}L02", "group", "下厝", "350525"),
    ]
    assert [r.code for r in queries.inside(VILLAGE)] == [VILLAGE, first.code, second.code]
    assert zone.code in {r.code for r in queries.inside("350525")}
    assert zone.code not in {r.code for r in queries.inside("350525109")}
    assert [r.name for r in queries.path(second.code)][-2:] == ["东山村", "下厝"]
    assert "榜德工业园" in [v.name for v in queries.villages("350525")]
    assert queries.search("榜德工业园")[0].code == "350525L01"


def test_asking_twice_for_a_local_unit_makes_one(yongchun: None) -> None:
    first = commands.add_local_unit(actor=SYSTEM, parent=VILLAGE, name="上厝")
    before = Entry.objects.count(), Region.objects.count()
    assert commands.add_local_unit(actor=SYSTEM, parent=VILLAGE, name="上厝").code == first.code
    assert (Entry.objects.count(), Region.objects.count()) == before


@pytest.mark.parametrize(
    ("parent", "name"), [("350525109999", "上厝"), (VILLAGE, "  "), (VILLAGE, "厝" * 41)]
)
def test_a_local_unit_without_parent_or_name_is_refused(
    yongchun: None, parent: str, name: str
) -> None:
    before = Region.objects.count()
    with pytest.raises(BadInput):
        commands.add_local_unit(actor=SYSTEM, parent=parent, name=name)
    assert Region.objects.count() == before


def test_a_group_of_a_group_has_no_room_for_a_code(yongchun: None) -> None:
    group = commands.add_local_unit(actor=SYSTEM, parent=VILLAGE, name="上厝")
    with pytest.raises(BadInput, match="上厝下面不能再添加单元"):
        commands.add_local_unit(actor=SYSTEM, parent=group.code, name="左边")
    assert not Region.objects.filter(parent=group).exists()
