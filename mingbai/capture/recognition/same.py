"""Which findings are about the same problem: in one village, in neighbouring ones, and over time."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import mul
from typing import TYPE_CHECKING, Final

from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.lexicon import lexicon

if TYPE_CHECKING:
    from mingbai.capture.recognition.model import Model

REACH: Final = timedelta(days=45)
_TITLE: Final = 2
_AGAIN = re.compile("又|还是|还没|再次|老样子|说好|上回|上次|到现在|第[二三四]次|仍然|依旧")
_SUDDEN: Final = frozenset({"no_water", "no_power", "no_signal", "fire"})
_LASTING: Final = frozenset({"discharge", "landslide", "boar", "pothole", "compensation", "wages"})
# Spots that every village has: they say where inside one village, not which of two.
_ANYWHERE: Final = frozenset(
    [
        "村口",
        "桥头",
        "路口",
        "小学",
        "学校",
        "祠堂",
        "广场",
        "村部",
        "码头",
        "门口",
        "后面",
        "前面",
        "旁边",
        "对面",
        "这边",
        "那边",
        "一段",
        "路段",
        "大桥",
        "市场",
        "村头",
        "村尾",
        "拐角",
        "巷子",
    ]
)
_COMMON: Final = frozenset(
    [
        "这边",
        "那边",
        "我们",
        "你们",
        "他们",
        "没有",
        "什么",
        "怎么",
        "现在",
        "今天",
        "昨天",
        "一个",
        "不是",
        "就是",
        "还是",
        "村里",
        "大家",
        "主任",
        "书记",
        "能不",
        "不能",
        "有人",
        "请加",
        "加快",
        "建设",
        "希望",
        "领导",
        "尽快",
        "解决",
        "问题",
        "反映",
        "咱们",
        "村民",
        "老百",
        "百姓",
        "一下",
        "这个",
        "那个",
    ]
)
WEIGHTS: Final = 23
_HOURS = 24 * 45
_SHOWN = 3
_ALIKE = 0.1
# Words like 又 together with what was said before: the doubt that is left.
_TAKEN_UP = 0.5
# How much the second likeliest takes from the likeliest.
_RIVAL = 0.5


@dataclass(frozen=True, slots=True)
class Print:
    """What a finding is compared by: its words (those of the title twice), concepts and place."""

    key: str
    group: str
    sender: str
    field: str
    kind: str
    said_at: datetime
    words: Counter[str]
    concepts: frozenset[str]
    place: frozenset[str]
    again: bool
    again_of: str | None
    troubles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """The earlier finding that one is about the same problem as, how surely, and why in words."""

    key: str
    chance: float
    why: str


def _pairs(text: str) -> Iterable[str]:
    plain = lexicon().plain(text)
    for i in range(len(plain) - 1):
        pair = plain[i : i + 2]
        if pair.isalnum() and pair not in _COMMON and "\u4e00" <= pair[0] <= "\u9fff":
            yield pair


def printed(found: Found, troubles: Sequence[float]) -> Print:
    """The finding as it is compared; `troubles` is how likely it is about each sub-field."""
    words: Counter[str] = Counter()
    for pair in set(_pairs(found.text)):
        words[pair] += 1
    for pair in set(_pairs(found.title)):
        words[pair] += _TITLE
    concepts = frozenset(
        hit.group.removeprefix("concept:")
        for hit in lexicon().hits(found.text)
        if hit.group.startswith("concept:")
    )
    return Print(
        found.key, found.group, found.sender, found.field, found.kind, found.said_at, words,
        concepts, frozenset(_pairs(found.place)), bool(_AGAIN.search(found.text)),
        found.again_of, tuple(troubles),
    )  # fmt: skip


def rarities(prints: Iterable[Print]) -> dict[str, float]:
    """How much sharing a pair of characters says, 0 to 1: little when many findings have it."""
    seen: Counter[str] = Counter()
    total = 8
    for side in prints:
        seen.update(side.words.keys())
        total += 1
    return {word: math.log(total / (count + 0.5)) / math.log(total) for word, count in seen.items()}


def alike(later: Print, earlier: Print, rarity: Mapping[str, float]) -> list[float]:
    """What decides whether two findings are about one problem (`WEIGHTS` numbers)."""
    common = later.words.keys() & earlier.words.keys()
    shared = sum(rarity.get(word, 1.0) for word in common)
    weight = [sum(rarity.get(word, 1.0) for word in side.words) for side in (later, earlier)]
    least, most = min(weight), max(weight)
    both = later.concepts & earlier.concepts
    either = later.concepts | earlier.concepts
    spot = _spot(later, earlier)
    named = bool(later.place) and bool(earlier.place)
    hours = max(0.0, (later.said_at - earlier.said_at).total_seconds() / 3600)
    village = later.group == earlier.group
    person = village and bool(later.sender) and later.sender == earlier.sender
    rarest = max((rarity.get(word, 1.0) for word in common), default=0.0)
    trouble = sum(map(mul, later.troubles, earlier.troubles))
    sizes = math.sqrt(sum(a * a for a in later.troubles) * sum(b * b for b in earlier.troubles))
    kind = trouble / sizes if sizes else 0.0
    titled = sum(later.words[w] > 1 or earlier.words[w] > 1 for w in common) / 6
    return [
        1.0,
        min(1.0, 2.2 * shared / least) if least else 0.0,
        shared / most if most else 0.0,
        min(1.0, titled),
        rarest,
        len(both) / len(either) if either else 0.0,
        float(bool(both)),
        float(bool(either) and not both),
        float(later.field == earlier.field),
        spot,
        float(named and spot == 0),
        float(village),
        float(person),
        float(later.again and village),
        math.log1p(hours) / math.log1p(_HOURS),
        float(hours <= 36 and bool(both & _SUDDEN)),
        float(spot > 0 and bool(both & _LASTING)),
        float(person and later.again and bool(both)),
        kind,
        kind * float(village and later.again),
        kind * spot,
        kind * float(hours <= 36),
        kind * float(person),
    ]


def _spot(left: Print, right: Print) -> float:
    """How far the places agree: a named place against the other's place or words."""
    if not left.place and not right.place:
        return 0.0
    common = (left.place & right.words.keys()) | (right.place & left.words.keys())
    common |= left.place & right.place
    if left.group != right.group:
        common -= _ANYWHERE
    return min(1.0, len(common) / 2)


def chance(weights: Sequence[float], features: Sequence[float]) -> float:
    """The chance that two findings are about one problem."""
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, sum(map(mul, weights, features))))))


def comparable(later: Print, earlier: Print) -> bool:
    """Whether two findings could be about one problem at all."""
    if later.again_of == earlier.key:
        return _in_time(later, earlier)
    if later.field != earlier.field and not later.concepts & earlier.concepts:
        return sum(map(mul, later.troubles, earlier.troubles)) >= _ALIKE and _in_time(
            later, earlier
        )
    if (later.kind == "question") != (earlier.kind == "question"):
        return False
    return _in_time(later, earlier)


def _in_time(later: Print, earlier: Print) -> bool:
    return timedelta() <= later.said_at - earlier.said_at <= REACH


def link(new: Sequence[Found], earlier: Sequence[Found], model: Model) -> dict[str, Link]:
    """For each new finding about the problem of an earlier one: that one, how surely, and why.

    Only findings that stand for themselves are pointed at, so alike templates never chain.
    Clues are left alone: nothing may hint that one exists.
    """
    if not new:
        return {}
    weights, least = model.same, model.thresholds["same"]
    compared = [found for found in [*earlier, *new] if found.status != "sealed"]
    troubles = model.subs([found.text for found in compared]).tolist()
    prints = [printed(found, row) for found, row in zip(compared, troubles, strict=True)]
    pointing = {found.key for found in [*earlier, *new] if found.same_as is not None}
    prints.sort(key=lambda p: (p.said_at, p.key))
    rarity = rarities(prints)
    fresh = {found.key for found in new}
    links: dict[str, Link] = {}
    roots: list[Print] = []
    for side in prints:
        best = _nearest(side, roots, rarity, weights) if side.key in fresh else None
        if best is not None and best[0] >= least:
            links[side.key] = Link(best[1].key, best[0], _why(side, best[1], rarity))
        elif side.key not in pointing:
            roots.append(side)
    return links


def _nearest(
    side: Print, roots: Sequence[Print], rarity: Mapping[str, float], weights: Sequence[float]
) -> tuple[float, Print] | None:
    """The likeliest earlier one, and how far it stands out from the next."""
    likely = [
        (_likely(side, root, rarity, weights), at)
        for at, root in enumerate(roots)
        if comparable(side, root)
    ]
    if not likely:
        return None
    chances = sorted((each for each, _ in likely), reverse=True)
    best = max(likely, key=lambda pair: pair[0])[1]
    return outstanding(chances), roots[best]


def _likely(
    side: Print, root: Print, rarity: Mapping[str, float], weights: Sequence[float]
) -> float:
    found = chance(weights, alike(side, root, rarity))
    return 1 - _TAKEN_UP * (1 - found) if side.again_of == root.key else found


def outstanding(chances: Sequence[float]) -> float:
    """How far the best of some chances (highest first) stands out: two alike make a guess of both."""
    return chances[0] - _RIVAL * sum(chances[1:2])


def _why(later: Print, earlier: Print, rarity: Mapping[str, float]) -> str:
    """The sentence that explains a link: the rarest words that both have, place and time."""
    common = later.words.keys() & earlier.words.keys()
    ranked = sorted(common, key=lambda w: (-rarity.get(w, 1.0), w))[:_SHOWN]
    parts = [f"都提到“{'”“'.join(ranked)}”"] if ranked else []
    if _spot(later, earlier):
        parts.append("地点相合")
    if later.group != earlier.group:
        parts.append("在邻近的群")
    days = (later.said_at - earlier.said_at).days
    parts.append(f"隔了 {days} 天" if days else "同一天说的")
    return "与更早的一件像是同一个问题：" + "，".join(parts)
