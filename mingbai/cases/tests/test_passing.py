"""Marks over histories and words, with sentences of our own."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from conftest import moment
from mingbai.cases.passing import Found, Held, Kind, of_answer, of_chain

ASKED = "石桥组老槐树路口的路灯，从上周三起就不亮了，晚上娃放学走那段路看不见。"
NAMES = {1: "石鼓村村委会", 2: "五里街镇人民政府", 3: "永春县水利局", 4: "永春县受理中心"}


def chain(*steps: tuple[str, int]) -> list[Found]:
    start = moment("2026-11-18 09:00")
    return of_chain(
        [
            Held(start + timedelta(days=n), verb, body, NAMES[body])
            for n, (verb, body) in enumerate(steps)
        ]
    )


def kinds(found: list[Found]) -> set[Kind]:
    return {one.kind for one in found}


@pytest.mark.parametrize(
    "words",
    [
        "昨天下午请电工换了控制器一个，加装路灯一盏，王建国验收。",
        "11月17日清了三组到祠堂的水沟 300 米，花了 1200 元，列入本月村账。",
        "已修好。水管接头换新，今天上午恢复供水。",
        "根据《农村供水条例》，村外的支管由用水户自己修，材料费可以申请补助一半。",
        "高龄补贴满 80 周岁就能领，带身份证和银行卡到村部登记，下个月起发。",
        "查了，这段路属于规划退耕的范围，按规定不能硬化，村里改铺碎石 80 米，本月 28 日前做完。",
        "已转供电所处理，并约好 11月25日上门换变压器保险两只，村里李秀英陪同。",
        "到现场看过，灯头是好的，埋地线断了一处，已经接上，当晚就亮了。",
        "我们镇没有这项补贴的名额，今年的名单 6 月已经公示完，明年 3 月可以再报。",
        "感谢反映。垃圾已清走两车，放了带盖的桶四个，每周一、周四来收。",
    ],
)
def test_an_answer_that_says_something_is_not_marked(words: str) -> None:
    assert of_answer(words, ASKED) == []


@pytest.mark.parametrize(
    "words",
    [
        "您反映的情况已收悉，感谢您对我们工作的支持和关心。",
        "我们高度重视，将认真研究，尽快处理，让群众满意。",
        "下一步我们会进一步加强管理，不断改进工作。",
        "此事正在调查处理中，请耐心等待。",
        "情况已经知道，有结果会及时回复你，请放心。",
        "石桥组老槐树路口的路灯不亮了，晚上娃放学走那段路看不见。",
        "谢谢谢谢谢谢，祝您生活愉快，工作顺利。",
    ],
)
def test_an_answer_of_phrases_is_perfunctory(words: str) -> None:
    found = of_answer(words, ASKED)
    assert [one.kind for one in found] == [Kind.PERFUNCTORY]
    assert found[0].evidence.endswith("没写做了什么、谁做的、多少、几时办好。")


@pytest.mark.parametrize(
    "words",
    [
        "您反映的问题已转交县供电部门处理，请耐心等待。",
        "这件事不属于本单位职责范围，请向供电所反映。",
        "已转镇里核实办理，感谢你的留言。",
        "建议你直接向县水利局咨询，电话 0595-23880000。",
        "我们已把情况上报给上级有关部门。",
        "具体情况请咨询供电所，谢谢。",
    ],
)
def test_an_answer_that_only_sends_away_is_marked_as_forwarding(words: str) -> None:
    assert [one.kind for one in of_answer(words, ASKED)] == [Kind.FORWARDS]


def test_the_evidence_quotes_the_words_and_no_more_than_forty() -> None:
    found = of_answer("我们高度重视，" + "将认真研究，" * 20, ASKED)[0]
    assert found.quote.startswith("我们高度重视，将认真研究")
    assert found.quote.endswith("……")
    assert len(found.quote) <= 42
    assert "路灯" not in found.evidence


def test_words_said_back_are_no_answer_but_the_same_words_with_a_deed_are() -> None:
    back = "老槐树路口的路灯从上周三起就不亮了"
    assert "又说了一遍" in of_answer(f"{back}，知道了。", ASKED)[0].evidence
    assert of_answer(f"{back}，已经换了灯泡两个，当晚试亮。", ASKED) == []


def test_village_town_department_is_the_ordinary_way() -> None:
    steps = [("submit", 1), ("accept", 1), ("assign", 2), ("assign", 3), ("start", 3)]
    for n in range(1, len(steps) + 1):
        assert chain(*steps[:n]) == []


def test_a_third_hand_over_is_marked_with_days_and_bodies() -> None:
    found = chain(("submit", 1), ("assign", 2), ("assign", 3), ("assign", 4))
    assert kinds(found) == {Kind.HANDED_ROUND}
    assert found[0].evidence == (
        "转手 3 次，经过 4 个单位：11月18日 石鼓村村委会 → 11月19日 五里街镇人民政府"
        " → 11月20日 永春县水利局 → 11月21日 永春县受理中心。"
    )


def test_going_up_by_the_clock_is_no_hand_over_but_down_again_is_ping_pong() -> None:
    assert chain(("submit", 1), ("escalate", 2), ("assign", 3)) == []
    found = chain(("submit", 1), ("escalate", 2), ("assign", 1))
    assert kinds(found) == {Kind.PING_PONG}
    assert "又回到石鼓村村委会" in found[0].evidence


def test_back_and_forth_is_marked_when_it_comes_back_and_not_before() -> None:
    steps = [("submit", 1), ("assign", 2), ("dispute", 2), ("redirect", 1)]
    for first, _ in pairwise(range(1, len(steps) + 1)):
        assert chain(*steps[:first]) == []
    found = chain(*steps)
    assert kinds(found) == {Kind.PING_PONG}
    assert found[0].evidence.endswith(
        "11月18日 石鼓村村委会 → 11月19日 五里街镇人民政府 → 11月21日 石鼓村村委会。"
    )


def test_a_second_objection_or_return_is_marked() -> None:
    steps = [("submit", 1), ("assign", 2), ("dispute", 2), ("assign", 3)]
    assert chain(*steps[:3]) == []
    found = chain(*steps, ("dispute", 3))
    assert kinds(found) == {Kind.RETURNED}
    assert "11月20日五里街镇人民政府提异议" in found[0].evidence
    assert "永春县水利局提异议" in found[0].evidence


def test_steps_that_hand_nothing_over_bring_no_mark() -> None:
    passed = [("submit", 1), ("assign", 2), ("assign", 3), ("assign", 4)]
    assert chain(*passed, ("start", 4)) == []
    assert chain() == []
