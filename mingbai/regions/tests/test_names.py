from __future__ import annotations

import pytest

from mingbai.regions import codes, names


@pytest.mark.parametrize(
    ("official", "name"),
    [
        ("东山村委会", "东山村"),
        ("东山村村民委员会", "东山村"),
        ("新村村委会", "新村"),
        ("东山居委会", "东山社区"),
        ("桃城社区居委会", "桃城社区"),
        ("桃城社区居民委员会", "桃城社区"),
        ("德苑社区居民会", "德苑社区"),
        ("金山社区村委会", "金山社区"),
        ("乌兰嘎查村委会", "乌兰嘎查"),
        ("鲤中街道办事处", "鲤中街道"),
        ("五里街镇", "五里街镇"),
        ("良种场生活区", "良种场生活区"),
        ("居委会", "居委会"),
    ],
)
def test_the_display_name_is_what_people_read(official: str, name: str) -> None:
    assert names.display(official) == name


@pytest.mark.parametrize(
    ("name", "level", "short"),
    [
        ("东山村", "village", "东山"),
        ("桃城社区", "village", "桃城"),
        ("新村", "village", "新村"),
        ("良种场生活区", "village", "良种场生活区"),
        ("开发区虚拟社区", "village", "开发区"),
        ("五里街镇", "town", "五里街"),
        ("鲤中街道", "town", "鲤中"),
        ("百崎回族乡", "town", "百崎"),
        ("石化工业园区", "town", "石化工业园区"),
        ("永春县", "county", "永春"),
        ("东乡族自治县", "county", "东乡"),
        ("市辖区", "city", "市辖区"),
        ("延边朝鲜族自治州", "city", "延边"),
        ("广西壮族自治区", "province", "广西"),
    ],
)
def test_the_short_name_loses_only_the_kind_of_its_level(name: str, level: str, short: str) -> None:
    assert names.short(name, level) == short


def test_aliases_hold_the_short_and_official_name_and_the_old_name_of_a_community() -> None:
    assert names.aliases("东山村委会", "village") == {"东山", "东山村委会"}
    assert names.aliases("桃城社区居委会", "village") == {"桃城", "桃城村", "桃城社区居委会"}
    assert names.aliases("百崎回族乡", "town") == {"百崎", "百崎乡"}


def test_pinyin_has_no_tones_and_initials_are_first_letters() -> None:
    assert names.pinyin("石鼓村") == "shigucun"
    assert names.initials("石鼓村") == "sgc"


@pytest.mark.parametrize(
    ("name", "numbered"), [("三组", True), ("第12村民小组", True), ("上厝", False)]
)
def test_a_group_that_only_counts_is_told_from_one_with_a_name(name: str, numbered: bool) -> None:
    assert names.is_numbered(name) is numbered


@pytest.mark.parametrize(
    ("name", "common"),
    [
        ("冷水", True),
        ("光明", True),
        ("码头", True),
        ("东山", False),
        ("蓬莱", False),
        ("卿园", False),
        ("冷水村", False),
    ],
)
def test_a_word_of_daily_talk_is_told_from_a_name(name: str, common: bool) -> None:
    assert names.is_common_word(name) is common


def test_a_scope_is_the_code_without_trailing_zero_groups() -> None:
    given = ["350000000000", "350500000000", "350525000000", "350525100000", "350525101201"]
    assert [codes.scope_of(c) for c in given] == [
        "35",
        "3505",
        "350525",
        "350525100",
        "350525101201",
    ]
    assert [codes.full(codes.scope_of(c)) for c in given] == given
    assert codes.scope_of("350525L10") == "350525L10"


def test_everything_inside_lies_between_the_scope_and_its_upper_bound() -> None:
    inside = ["350525", "350525000000", "350525101201", "350525L01", "350525101201L99"]
    assert all("350525" <= code < "350525~" for code in inside)
    assert not any("350525" <= code < "350525~" for code in ["350524999999", "350526", "350526L01"])


def test_the_lineage_of_a_group_names_every_rung() -> None:
    assert codes.lineage("350525101201L03") == [
        "350000000000", "350500000000", "350525000000", "350525101000", "350525101201", "350525101201L03",
    ]  # fmt: skip
    assert codes.lineage("350525L01L02")[-2:] == ["350525L01", "350525L01L02"]
