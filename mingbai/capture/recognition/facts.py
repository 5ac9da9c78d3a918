"""What a finding's words name: when, how much money, which bodies and posts, whose group of homes.

Dates are those of the village's calendar (China, UTC+8), read from when the words were said.
"""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any, Final

import cn2an
from ahocorasick_rs import AhoCorasick, MatchKind
from borax.calendars.lunardate import LunarDate

from mingbai.capture.recognition.lexicon import DATA

CHINA: Final = timezone(timedelta(hours=8))
_N = r"[零〇一二两俩三四五六七八九十百千万半\d.]"
_DAY_WORDS: Final = {
    "大前天": -3, "大前日": -3, "前天": -2, "前日": -2, "前晚": -2, "前几天": -3, "前两天": -2,
    "前些天": -5, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "昨昏": -1, "昨暝": -1, "昨儿": -1,
    "昨黑": -1, "昨早": -1, "夜儿": -1, "今天": 0, "今日": 0, "今早": 0, "今晚": 0, "今夜": 0, "今朝": 0,
    "今儿": 0, "今仔日": 0, "刚才": 0, "刚刚": 0, "明天": 1, "明早": 1, "明晚": 1, "明日": 1, "明儿": 1,
    "后天": 2, "大后天": 3,
}  # fmt: skip
_FEASTS: Final = {
    "春节": (1, 1), "大年初一": (1, 1), "元宵": (1, 15), "端午": (5, 5), "七月半": (7, 15),
    "中秋": (8, 15), "重阳": (9, 9), "腊八": (12, 8), "小年": (12, 23),
}  # fmt: skip
_LUNAR_MONTHS: Final = {
    "正月": 1, "二月": 2, "三月": 3, "四月": 4, "五月": 5, "六月": 6, "七月": 7, "八月": 8, "九月": 9,
    "十月": 10, "冬月": 11, "腊月": 12,
}  # fmt: skip
_WEEKDAYS: Final = "一二三四五六日"
_PERIODS: Final = {
    "天": 1,
    "日": 1,
    "个礼拜": 7,
    "礼拜": 7,
    "个星期": 7,
    "星期": 7,
    "周": 7,
    "个月": 30,
    "年": 365,
}
_WHEN = re.compile(
    "|".join(
        (
            rf"(?P<days>{'|'.join(sorted(_DAY_WORDS, key=len, reverse=True))})",
            rf"(?P<week>上上|上|这|本|下)个?(?:礼拜|星期|周)(?P<weekday>[{_WEEKDAYS}天末])?",
            r"(?P<moon>上上|上|这|本|下)个?月(?:(?P<moonday>\d{1,2}|[一二三]?十?[一二三四五六七八九十])[号日])?",
            r"(?P<lunar>正月|冬月|腊月|农历[一二三四五六七八九十]{1,2}月)(?P<lunarday>初[一二三四五六七八九十]|[一二]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十)?",
            r"(?:(?P<year>去年|前年|今年|明年|20\d\d年))(?:(?P<yearmonth>\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份|底|初)?)?",
            r"(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份|(?P<day>\d{1,2}|[一二三]?十?[一二三四五六七八九十])[号日])",
            rf"(?P<feast>{'|'.join(_FEASTS)})",
            rf"(?P<count>{_N}{{1,4}}|好几|几)(?:多|来)?(?P<unit>天|个礼拜|礼拜|个星期|星期|周|个多?月|年)(?:多|半)?(?P<ago>前|以前|之前|了|没|不|都|冇)",
        )
    )
)
_MONEY = re.compile(
    rf"(?P<sum>(?:{_N}|[，,](?=\d{{3}}))+(?:几|多)?)(?P<unit>万块钱?|万元|千块钱?|百块钱?|块钱?|元钱?|毛钱?|万(?!一))"
)
_AREA = re.compile(rf"(?P<sum>{_N}+)(?:多)?(?P<unit>亩|分地|平方米|平方|平米)")
_GROUP = re.compile(
    r"第?(?P<number>\d{1,2}|[一二三]?十?[一二三四五六七八九十])(?:村民小组|小组|组|队|社)(?!长|织|成|建|员|会)"
)
_HOMES = re.compile(
    rf"(?P<number>{_N}{{1,4}}|十几|几十|几|上百)(?:多)?(?:户|家人|家)(?!具|电|庭|里|门)"
)
_ROAD = re.compile(
    r"[GSXY]\d{2,4}|(?:国|省|县|乡)道[GSXY]?\d{1,4}|\d{2,4}(?:国道|省道|县道|乡道)|[\u4e00-\u9fff]{1,3}(?:大道|大街|公路)"
)
_ROUGH: Final = {
    "半": 0.5,
    "几": 3.0,
    "好几": 4.0,
    "俩": 2.0,
    "十几": 12.0,
    "几十": 30.0,
    "上百": 100.0,
}
_MOST = 6
# People speak of what has happened more than of what will.
_AHEAD = 5
_ABOUT = re.compile("([一二三四五六七八九])[二三四五六七八九](?=[十百千万])")


@dataclass(frozen=True, slots=True)
class Fact:
    """A stretch of a text with what it means; `value` is a date span, a sum in yuan, or a term."""

    about: str
    words: str
    start: int
    end: int
    value: Any


def facts_in(text: str, said_at: datetime) -> list[Fact]:
    """The times, sums, areas, bodies, groups, homes and roads of a text, in order."""
    found = [
        *_times(text, said_at.astimezone(CHINA).date()),
        *_sums(text),
        *_plain("group", _GROUP, text),
        *_plain("homes", _HOMES, text),
        *(Fact("road", m.group(), *m.span(), m.group()) for m in _ROAD.finditer(text)),
        *_bodies(text),
    ]
    return sorted(found, key=lambda fact: (fact.start, fact.about))


def summary(texts: Iterable[tuple[str, datetime]]) -> dict[str, Any]:
    """The facts of several lines, once each, ready for JSON; dates as ISO 8601."""
    result: dict[str, list[Any]] = {}
    for text, said_at in texts:
        for fact in facts_in(text, said_at):
            kept = result.setdefault(fact.about, [])
            item = {"words": fact.words, "value": fact.value}
            if item not in kept and len(kept) < _MOST:
                kept.append(item)
    return dict(sorted(result.items()))


def number(words: str) -> float | None:
    """The number that Chinese or Arabic words name; None when they name none."""
    words = _ABOUT.sub(r"\1", words.replace(",", "").replace("，", "").rstrip("多"))
    if words in _ROUGH:
        return _ROUGH[words]
    try:
        return float(cn2an.cn2an(words.replace("俩", "两").rstrip("几"), "smart"))
    except (ValueError, KeyError, OverflowError):
        return None


def _times(text: str, today: date) -> Iterator[Fact]:
    for match in _WHEN.finditer(text):
        span = _span(match, today)
        if span is not None:
            first, last = span
            value = {"from": first.isoformat(), "to": last.isoformat()}
            yield Fact("time", match.group(), *match.span(), value)


def _span(match: re.Match[str], today: date) -> tuple[date, date] | None:
    """The days that a phrase means, or None when there are no such days."""
    part = {name: words for name, words in match.groupdict().items() if words}
    try:
        return _days(part, today)
    except (ValueError, OverflowError):
        return None


def _days(part: dict[str, str], today: date) -> tuple[date, date] | None:
    if "days" in part:
        day = today + timedelta(days=_DAY_WORDS[part["days"]])
        return day, day
    if "week" in part:
        return _week(part, today)
    if "moon" in part:
        return _moon(part, today)
    if "lunar" in part:
        return _lunar(part, today)
    if "year" in part:
        return _year(part, today)
    if "month" in part:
        return _month(part, today)
    if "feast" in part:
        return _nearest_lunar(*_FEASTS[part["feast"]], today)
    return _ago(part, today)


_STEP: Final = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1}


def _week(part: dict[str, str], today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=_STEP[part["week"]])
    name = part.get("weekday", "")
    if name == "末":
        return monday + timedelta(days=5), monday + timedelta(days=6)
    if name:
        day = monday + timedelta(days=_WEEKDAYS.index(name.replace("天", "日")))
        return day, day
    return monday, monday + timedelta(days=6)


def _shifted(today: date, months: int) -> tuple[int, int]:
    index = today.year * 12 + today.month - 1 + months
    return index // 12, index % 12 + 1


def _moon(part: dict[str, str], today: date) -> tuple[date, date]:
    year, month = _shifted(today, _STEP[part["moon"]])
    return _month_or_day(year, month, part.get("moonday"))


def _month_or_day(year: int, month: int, day: str | None) -> tuple[date, date]:
    if day:
        exact = date(year, month, int(number(day) or 0))
        return exact, exact
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _lunar(part: dict[str, str], today: date) -> tuple[date, date] | None:
    month = _LUNAR_MONTHS[part["lunar"].removeprefix("农历")]
    words = part.get("lunarday", "").removeprefix("初").replace("廿", "二十")
    if not words:
        first, _ = _nearest_lunar(month, 1, today)
        return first, first + timedelta(days=28)
    return _nearest_lunar(month, int(number(words) or 0), today)


def _nearest_lunar(month: int, day: int, today: date) -> tuple[date, date]:
    """The day of the lunar calendar that lies nearest, the past preferred."""
    choices = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            choices.append(LunarDate(year, month, day).to_solar_date())
        except ValueError:
            continue
    best = min(choices, key=lambda d: abs((d - today).days) * (_AHEAD if d > today else 1))
    return best, best


def _year(part: dict[str, str], today: date) -> tuple[date, date]:
    words = part["year"]
    named = {"去年": -1, "前年": -2, "今年": 0, "明年": 1}
    year = today.year + named[words] if words in named else int(words[:4])
    if "yearmonth" in part:
        return _month_or_day(year, int(number(part["yearmonth"]) or 0), None)
    return date(year, 1, 1), date(year, 12, 31)


def _month(part: dict[str, str], today: date) -> tuple[date, date]:
    """A month and day without a year: the nearest one, the past preferred."""
    month = int(number(part["month"]) or 0)
    spans = [
        _month_or_day(year, month, part.get("day"))
        for year in (today.year - 1, today.year, today.year + 1)
    ]
    return min(spans, key=lambda s: abs((s[0] - today).days) * (_AHEAD if s[0] > today else 1))


def _ago(part: dict[str, str], today: date) -> tuple[date, date] | None:
    count = number(part["count"])
    if count is None or not 0 < count <= 100:
        return None
    unit = part["unit"].replace("多", "")
    first = today - timedelta(days=round(count * _PERIODS[unit]))
    lasting = part["ago"] not in {"前", "以前", "之前"}
    return first, (today if lasting else first)


_TIMES: Final = {"万": 10_000.0, "千": 1_000.0, "百": 100.0, "毛": 0.1}


def _sums(text: str) -> Iterator[Fact]:
    for match in _MONEY.finditer(text):
        value = number(match["sum"])
        if value is not None:
            yuan = round(value * _TIMES.get(match["unit"][0], 1.0), 2)
            yield Fact("amount", match.group(), *match.span(), yuan)
    for match in _AREA.finditer(text):
        value = number(match["sum"])
        if value is not None:
            yield Fact("area", match.group(), *match.span(), f"{value:g}{match['unit']}")


def _plain(about: str, pattern: re.Pattern[str], text: str) -> Iterator[Fact]:
    for match in pattern.finditer(text):
        value = number(match["number"])
        if value is not None:
            yield Fact(about, match.group(), *match.span(), int(value))


@cache
def _body_words() -> tuple[AhoCorasick, Sequence[str]]:
    with (DATA / "bodies.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            (word, row["term"]) for row in csv.DictReader(file) for word in row["words"].split()
        ]
    words = dict(rows)
    return AhoCorasick(list(words), matchkind=MatchKind.LeftmostLongest), list(words.values())


def _bodies(text: str) -> Iterator[Fact]:
    finder, terms = _body_words()
    for which, start, end in finder.find_matches_as_indexes(text):
        yield Fact("body", text[start:end], start, end, terms[which])
