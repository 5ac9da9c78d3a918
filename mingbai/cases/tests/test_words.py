"""Guesses, titles, likeness and countdowns: pure functions."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from mingbai.cases import words
from mingbai.cases.countdown import count
from mingbai.cases.field_words import guess
from mingbai.kernel.clock import SHANGHAI
from mingbai.kernel.deadlines import Calendar

LAMP = "石桥组老槐树路口的路灯，从上周三起就不亮了，晚上娃放学走那段路看不见。"


@pytest.mark.parametrize(
    ("text", "field", "kind"),
    [
        (LAMP, "facility", "request"),
        ("自来水停了三天，家里没水做饭", "water", "request"),
        ("请问低保怎么申请，要什么材料", "welfare", "question"),
        ("建议在广场装几个健身器材", "facility", "suggestion"),
        ("上湾渠又堵了，下面二十多亩油菜干着", "irrigation", "request"),
        ("村里垃圾没人清运，臭得很", "sanitation", "request"),
        ("今天天气不错", "other", "request"),
    ],
)
def test_field_and_kind_are_guessed_from_words(text: str, field: str, kind: str) -> None:
    found = guess(text)
    assert (found.field, found.kind, found.danger, found.conduct) == (field, kind, False, False)


def test_danger_and_misconduct_are_noticed() -> None:
    assert guess("邻居家着火了快来人").danger is True
    assert guess("村主任把修路工程承包给他小舅子，收了回扣").conduct is True
    assert guess("书记开会说下周修路").conduct is False


def test_a_word_inside_a_longer_one_counts_once() -> None:
    assert guess("路灯").words == ("路灯",)


def test_the_title_is_the_first_sentence_cut_at_a_comma() -> None:
    assert words.title_of(LAMP) == "石桥组老槐树路口的路灯，从上周三起就不亮了"
    assert words.title_of("路灯不亮。请来看看") == "路灯不亮"
    assert len(words.title_of("很" * 80)) == 28


def test_words_cut_elsewhere_by_the_dictionary_are_found() -> None:
    kept = set(words.tokens("老槐树路口的路灯不亮").split())
    assert set(words.wanted("路灯").split()) <= kept
    assert set(words.wanted("自来水").split()).isdisjoint(kept)


def test_likeness_tells_the_same_trouble_from_another() -> None:
    assert words.likeness("老槐树的路灯又坏了，晚上黑", "老槐树路口路灯不亮", LAMP) > 0.5
    assert words.likeness("自来水停了三天", "老槐树路口路灯不亮", LAMP) == 0.0
    assert words.likeness("。", "老槐树路口路灯不亮", LAMP) == 0.0


def _at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "said", "tone"),
    [
        (_at(18), "还剩 4 个工作日", ""),
        (_at(20), "还剩 2 个工作日", "warn"),
        (_at(24), "今天到期", "warn"),
        (_at(24, 19), "今天刚超时", "bad"),
        (_at(26), "超了 2 个工作日", "bad"),
    ],
)
def test_the_countdown_speaks_in_working_days(now: datetime, said: str, tone: str) -> None:
    calendar = Calendar({date(2026, 11, 22): False}, {2026})
    left = count(_at(24, 18), 5, provisional=False, calendar=calendar, now=now)
    assert (left.words, left.tone) == (said, tone)


def test_a_provisional_deadline_says_so() -> None:
    left = count(_at(24, 18), 5, provisional=True, calendar=Calendar({}, ()), now=_at(18))
    assert left.day == "11月24日 周二（待放假安排公布后确认）"
