"""Which findings are about the same problem, in one village or in neighbouring ones."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from mingbai.capture.recognition.found import Found
from mingbai.capture.recognition.lexicon import lexicon

_REACH = timedelta(days=45)
_AT_ONCE = timedelta(hours=36)
_SAME_GROUP = 0.5
_OTHER_GROUP = 0.55
_TITLE = 2.0
_SUDDEN = frozenset({"no_water", "no_power", "no_signal", "fire"})
_LASTING = frozenset({"discharge", "landslide", "boar", "pothole"})
_A_WEEK = timedelta(days=7)
_ANYWHERE = frozenset(
    {
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
    }
)
_COMMON = frozenset(
    {
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
    }
)


@dataclass(frozen=True, slots=True)
class _Print:
    found: Found
    words: Counter[str]
    concepts: frozenset[str]
    place: frozenset[str]


def _pairs(text: str) -> Iterable[str]:
    plain = lexicon().plain(text)
    for i in range(len(plain) - 1):
        pair = plain[i : i + 2]
        if pair.isalnum() and pair not in _COMMON and "\u4e00" <= pair[0] <= "\u9fff":
            yield pair


def _print(found: Found) -> _Print:
    words: Counter[str] = Counter()
    for pair in set(_pairs(found.text)):
        words[pair] += 1
    for pair in set(_pairs(found.title)):
        words[pair] += int(_TITLE)
    concepts = frozenset(
        hit.group for hit in lexicon().hits(found.text) if hit.group.startswith("concept:")
    )
    return _Print(found, words, concepts, frozenset(_pairs(found.place)))


def likeness(
    left: _Print, right: _Print, rarity: dict[str, float], weights: dict[str, float]
) -> float:
    """How alike two findings are, 0 to 1: rare words shared, concept, place, field and time."""
    shared = sum(rarity.get(w, 1.0) for w in left.words.keys() & right.words.keys())
    least = min(weights[left.found.key], weights[right.found.key])
    words = min(1.0, 2.2 * shared / least) if least else 0.0
    both = left.concepts & right.concepts
    concept = len(both) / max(1, min(len(left.concepts), len(right.concepts)))
    spot = _spot(left, right)
    field = float(left.found.field == right.found.field)
    apart = abs(left.found.said_at - right.found.said_at)
    kinds = {concept.removeprefix("concept:") for concept in both}
    sudden = float(
        (apart <= _AT_ONCE and bool(kinds & _SUDDEN))
        or (apart <= _A_WEEK and spot > 0 and bool(kinds & _LASTING))
    )
    score = 0.42 * words + 0.24 * concept + 0.18 * spot + 0.12 * field + 0.22 * sudden
    if left.place and right.place and spot == 0 and not sudden:
        score -= 0.15
    if left.found.group == right.found.group:
        score += 0.2 * float(bool(left.found.place) and left.found.place == right.found.place)
    elif not spot and not sudden:
        score -= 0.15
    return min(1.0, score)


def _spot(left: _Print, right: _Print) -> float:
    """How far the places agree: named place against the other's place or words."""
    a, b = left.place, right.place
    if not a and not b:
        return 0.0
    common = (a & right.words.keys()) | (b & left.words.keys())
    if left.found.group != right.found.group:
        common -= _ANYWHERE
    return min(1.0, len(common) / 2)


def _weight(side: _Print, rarity: dict[str, float]) -> float:
    return sum(rarity.get(word, 1.0) for word in side.words)


def link(new: Sequence[Found], earlier: Sequence[Found]) -> dict[str, tuple[str, float]]:
    """For each new finding about the problem of an earlier one: that one's key and the likeness.

    Only findings that stand for themselves are pointed at, so alike templates never chain.
    Clues are left alone: nothing may hint that one exists.
    """
    prints = [_print(found) for found in [*earlier, *new] if found.status != "sealed"]
    prints.sort(key=lambda p: (p.found.said_at, p.found.key))
    rarity = _rarity(prints)
    weights = {side.found.key: _weight(side, rarity) for side in prints}
    fresh = {found.key for found in new}
    links: dict[str, tuple[str, float]] = {}
    roots: list[_Print] = []
    for side in prints:
        best = _nearest(side, roots, rarity, weights) if side.found.key in fresh else None
        if best is not None:
            links[side.found.key] = (best[1].found.key, best[0])
        elif side.found.same_as is None:
            roots.append(side)
    return links


def _rarity(prints: Sequence[_Print]) -> dict[str, float]:
    seen: Counter[str] = Counter()
    for side in prints:
        seen.update(side.words.keys())
    total = len(prints) + 8
    return {word: math.log(total / (count + 0.5)) / math.log(total) for word, count in seen.items()}


def _nearest(
    side: _Print, roots: Sequence[_Print], rarity: dict[str, float], weights: dict[str, float]
) -> tuple[float, _Print] | None:
    best: tuple[float, _Print] | None = None
    for root in roots:
        if not _comparable(side, root):
            continue
        alike = likeness(side, root, rarity, weights)
        least = _SAME_GROUP if side.found.group == root.found.group else _OTHER_GROUP
        if alike >= least and (best is None or alike > best[0]):
            best = (alike, root)
    return best


def _comparable(left: _Print, right: _Print) -> bool:
    if left.found.field != right.found.field and not left.concepts & right.concepts:
        return False
    if (left.found.kind == "question") != (right.found.kind == "question"):
        return False
    return left.found.said_at - right.found.said_at <= _REACH
