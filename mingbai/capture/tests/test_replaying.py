"""A chat export through the same path as live messages: matched to groups, read once, repeatable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"
BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def export(words: dict[str, str]) -> Any:
    """Give a function that makes the messages of a small export for a group and village."""

    def make(
        group: str = "e1",
        village: str = "石鼓村",
        keys: Sequence[str] = ("hello", "lamp", "me_too", "ask"),
        minute: int = 0,
    ) -> list[Any]:
        from mingbai.capture.events import InboundMessage

        return [
            InboundMessage(
                f"{group}-{n}",
                group,
                village,
                f"s{n}",
                "villager",
                BEGIN + timedelta(minutes=minute + 3 * n),
                "text",
                words[key],
            )
            for n, key in enumerate(keys)
        ]

    return make


def groups() -> list[tuple[str, str, str, str]]:
    from mingbai.capture.models import ChatGroup

    return list(
        ChatGroup.objects.order_by("external_id").values_list(
            "external_id", "platform", "region", "name"
        )
    )


def tables() -> list[list[tuple[Any, ...]]]:
    from mingbai.audit.models import Entry
    from mingbai.capture.models import ChatGroup, Finding, Member, Message, Seen
    from mingbai.cases.models import Case, CaseEvent
    from mingbai.regions.models import Region

    models = (ChatGroup, Finding, Member, Message, Seen, Case, CaseEvent, Region, Entry)
    return [list(m.objects.order_by("pk").values_list()) for m in models]


def test_a_group_is_matched_by_the_only_village_of_its_name(cast: Any, export: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.events import Digested, Received, ReplayReport

    done = commands.replay(county=COUNTY, messages=export())
    assert done == ReplayReport(Received(4, 0, 0), Digested(messages=4, filed=2), 1, ())
    assert groups() == [("e1", "export", VILLAGE, "石鼓村群")]


def test_a_second_replay_changes_nothing(cast: Any, export: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.events import Digested, Received, ReplayReport

    messages = [*export(), *export("e2", "湾角村")]
    commands.replay(county=COUNTY, messages=messages)
    before = tables()
    done = commands.replay(county=COUNTY, messages=messages)
    assert done == ReplayReport(Received(0, 8, 0), Digested(), 2, ())
    assert tables() == before


def test_a_group_that_is_registered_already_is_matched_by_its_number(
    cast: Any, talk: Any, export: Any
) -> None:
    from mingbai.capture import commands

    commands.replay(county=COUNTY, messages=export("g1", "桃场村"))
    assert groups() == [("g1", "wechat", VILLAGE, "g1监督群")]


def test_a_groups_file_says_where_a_group_belongs(cast: Any, export: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.events import GroupRow

    row = GroupRow("e1", NEIGHBOUR, "桃场村大群", 2)
    commands.replay(county=COUNTY, messages=export(), groups={"e1": row})
    assert groups() == [("e1", "export", NEIGHBOUR, "桃场村大群")]


def test_a_village_that_the_county_does_not_have_becomes_one_local_unit(
    cast: Any, export: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.regions.models import Region

    done = commands.replay(
        county=COUNTY, messages=[*export("e1", "湾角村"), *export("e2", "湾角村")]
    )
    assert done.made == ((f"{COUNTY}L01", "湾角村"),)
    unit = Region.objects.get(is_local=True)
    assert (unit.code, unit.level, unit.name, unit.parent_id) == (
        f"{COUNTY}L01",
        "local",
        "湾角村",
        "350525000000",
    )
    assert [g[2] for g in groups()] == [f"{COUNTY}L01", f"{COUNTY}L01"]


def test_a_name_that_two_villages_share_matches_neither(cast: Any, export: Any) -> None:
    from mingbai.capture import commands
    from mingbai.regions.models import Region

    Region.objects.filter(pk=NEIGHBOUR).update(name="石鼓村", official_name="石鼓村")
    done = commands.replay(county=COUNTY, messages=export())
    assert done.made == ((f"{COUNTY}L01", "石鼓村"),)


@pytest.mark.parametrize(
    ("region", "line"), [("350526101201", 2), ("350525101000", 3), ("350525999999", 4)]
)
def test_a_groups_file_with_a_wrong_village_is_refused_before_anything_is_written(
    cast: Any, export: Any, region: str, line: int
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.events import GroupRow
    from mingbai.kernel.decisions import BadInput

    before = tables()
    with pytest.raises(BadInput) as wrong:
        commands.replay(
            county=COUNTY, messages=export(), groups={"e9": GroupRow("e9", region, "群", line)}
        )
    assert str(wrong.value) == f"群对照表第 {line} 行：350525 县里没有代码为 {region} 的村或社区。"
    assert tables() == before


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("3505", "县代码应是 6 位数字，现在是“3505”。"),
        ("350583", "还没有载入县 350583 的区划，请先执行 mingbai regions load --city 3505。"),
    ],
)
def test_a_county_that_is_not_there_is_named(
    cast: Any, export: Any, code: str, sentence: str
) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import BadInput

    with pytest.raises(BadInput) as wrong:
        commands.replay(county=code, messages=export())
    assert str(wrong.value) == sentence


def test_old_talk_is_compared_with_what_was_said_around_it(cast: Any, export: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding

    commands.replay(
        county=COUNTY,
        messages=[
            *export("e1", "石鼓村", ("water",)),
            *export("e2", "桃场村", ("hello", "water"), minute=10),
        ],
    )
    first, second = Finding.objects.order_by("group__external_id")
    assert (first.status, second.status, second.same_as) == ("filed", "review", first.case_number)


def test_progress_is_told_in_order_and_to_the_end(cast: Any, export: Any) -> None:
    from mingbai.capture import commands

    told: list[tuple[int, int]] = []
    commands.replay(
        county=COUNTY, messages=export(), on_progress=lambda done, total: told.append((done, total))
    )
    assert told == [(4, 8), (8, 8)]


def test_groups_that_could_not_be_read_are_not_passed_over_in_silence(
    cast: Any, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.commands import settling
    from mingbai.kernel.decisions import BadInput

    def broken(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(settling, "settle", broken)
    with pytest.raises(BadInput, match="1 个群的消息已收下，但没有读完。"):
        commands.replay(county=COUNTY, messages=export())
