from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mingbai.audit.models import Entry
from mingbai.regions import commands, queries

if TYPE_CHECKING:
    from mingbai.regions.tests.conftest import Folder


def test_a_load_writes_the_tree_with_names_and_one_audit_entry(base: None, folder: Folder) -> None:
    done = commands.load("3505", source=folder.path)
    assert done.counts == {"city": 1, "county": 2, "town": 1, "village": 3}
    assert (done.vanished, done.polygons) == (0, 4)
    village = queries.region("350525101201")
    assert [village.name, village.official_name, village.short_name] == [
        "大羽村",
        "大羽村委会",
        "大羽",
    ]
    assert [village.scope, village.county] == ["350525101201", "350525"]
    assert village.parent_id == "350525101000"
    assert [village.pinyin, village.initials] == ["dayucun", "dyc"]
    assert village.valid_from == date(2026, 11, 18)
    entry = Entry.objects.get()
    assert (entry.verb, entry.thing, entry.thing_id) == ("load", "region", "3505")


def test_a_city_without_counties_loads_as_a_county(base: None, folder: Folder) -> None:
    done = commands.load("441900", source=folder.path)
    assert done.counts == {"county": 1, "town": 1, "village": 1}
    names = [r.name for r in queries.path("441900003001")]
    assert names == ["广东省", "东莞市", "东城街道", "岗贝社区"]
    assert queries.counties() == ["441900"]
