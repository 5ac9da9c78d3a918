from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mingbai.capture.recognition.facts import CHINA, facts_in, number, summary

SAID = datetime(2026, 11, 18, 9, tzinfo=CHINA)  # a Wednesday


def named(text: str, about: str) -> list[object]:
    return [fact.value for fact in facts_in(text, SAID) if fact.about == about]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("昨晚路灯又灭了", "2026-11-17", "2026-11-17"),
        ("昨暝就没水", "2026-11-17", "2026-11-17"),
        ("上个礼拜三说过了", "2026-11-11", "2026-11-11"),
        ("上个礼拜就报了", "2026-11-09", "2026-11-15"),
        ("这个星期天", "2026-11-22", "2026-11-22"),
        ("上个月15号停的", "2026-10-15", "2026-10-15"),
        ("上个月", "2026-10-01", "2026-10-31"),
        ("去年十月份交的", "2025-10-01", "2025-10-31"),
        ("前年修的", "2024-01-01", "2024-12-31"),
        ("9月3号报名", "2026-09-03", "2026-09-03"),
        ("十二月二十号", "2026-12-20", "2026-12-20"),
        ("中秋那晚", "2026-09-25", "2026-09-25"),
        ("正月初三摆酒", "2026-02-19", "2026-02-19"),
        ("腊月二十停的电", "2026-02-07", "2026-02-07"),
        ("两天没水了", "2026-11-16", "2026-11-18"),
        ("十来天没人来", "2026-11-08", "2026-11-18"),
        ("半个月没人收垃圾", "2026-11-03", "2026-11-18"),
        ("三个月前就说了", "2026-08-20", "2026-08-20"),
    ],
)  # fmt: skip
def test_a_phrase_of_time_is_read_as_days_of_the_villages_calendar(
    text: str, first: str, last: str
) -> None:
    assert named(text, "time")[0] == {"from": first, "to": last}


def test_the_day_is_the_one_in_china_when_the_words_came_late_in_the_evening() -> None:
    late = datetime.fromisoformat("2026-11-17T17:30:00+00:00")  # half past one in the morning there
    assert facts_in("今天停电", late)[0].value == {"from": "2026-11-18", "to": "2026-11-18"}


@pytest.mark.parametrize("text", ["二月三十号", "上个月35号", "腊月三十三"])
def test_a_day_that_does_not_exist_is_not_made_up(text: str) -> None:
    assert {"from": "2026-02-30"} not in named(text, "time")
    assert all(value["from"] <= value["to"] for value in named(text, "time"))


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("欠三万五千块工资", 35000.0), ("补了1.2万块", 12000.0), ("3,200元", 3200.0), ("五六百块", 500.0),
        ("两毛钱一度", 0.2), ("八百元", 800.0),
    ],
)  # fmt: skip
def test_sums_are_read_in_yuan(text: str, yuan: float) -> None:
    assert named(text, "amount") == [yuan]


def test_bodies_are_named_by_their_usual_word_and_groups_and_homes_by_number() -> None:
    text = "三组十几户没水，找过自来水公司和镇上，支书说去问S307边上那个站"
    assert named(text, "body") == ["水务站", "镇政府", "书记"]
    assert (named(text, "group"), named(text, "homes"), named(text, "road")) == (
        [3],
        [12],
        ["S307"],
    )


def test_the_same_fact_in_several_lines_is_told_once() -> None:
    told = summary([("昨晚停电", SAID), ("昨晚真的停电", SAID), ("村委会没人管", SAID)])
    assert told == {
        "body": [{"words": "村委会", "value": "村委会"}],
        "time": [{"words": "昨晚", "value": {"from": "2026-11-17", "to": "2026-11-17"}}],
    }


def test_words_that_are_no_number_are_none() -> None:
    assert number("好多") is None
    assert number("") is None


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        alphabet="零一二两三十百千万半几0123456789.,个月天号前去年上礼拜块元亩组户腊正初",
        max_size=24,
    )
)
def test_any_words_can_be_read(text: str) -> None:
    for fact in facts_in(text, SAID):
        assert text[fact.start : fact.end] == fact.words
