"""Words of Chinese text: what the search finds, and how alike two requests sound. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

import rjieba

_RUN = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9]+")
_STOP = re.compile(r"[。！？!?；;\n]")
TITLE = 28
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "我们 你们 他们 这个 那个 没有 什么 怎么 现在 今天 "
        "昨天 一个 不是 就是 还是 已经 村里 大家 时候 可以 "
        "能不 不能 希望 反映 问题 一下 一直 ",
    )
)


def tokens(text: str) -> str:
    """Return the words of ``text`` for the search vector: the dictionary's, and every pair of characters.

    The pairs let 路灯 be found although the dictionary cuts 路灯不亮 elsewhere.
    """
    words = {w.lower() for w in rjieba.cut_for_search(text) if _RUN.fullmatch(w)}
    return " ".join(sorted(words | set(pairs(text))))


def wanted(text: str) -> str:
    """Return the words that a search for ``text`` must all find."""
    found: set[str] = set()
    for run in _RUN.findall(text):
        found |= {run.lower()} if run.isascii() or len(run) == 1 else set(pairs(run))
    return " ".join(sorted(found))


def any_of(text: str) -> str:
    """Return a raw query for whatever shares a pair of characters with ``text``, common ones apart."""
    found = {pair for pair in pairs(text) if pair not in _COMMON}
    return " | ".join(sorted(found))


def pairs(text: str) -> Iterator[str]:
    """Yield every two neighbouring Chinese characters."""
    for run in _RUN.findall(text):
        if not run.isascii():
            for n in range(len(run) - 1):
                yield run[n : n + 2]


def title_of(text: str) -> str:
    """Return a title of at most 28 characters: the first sentence, cut at a comma where possible."""
    first = next((part.strip() for part in _STOP.split(text) if part.strip()), text.strip())
    if len(first) <= TITLE:
        return first
    head = first[:TITLE]
    comma = max(head.rfind("，"), head.rfind(","))
    return head[:comma] if comma >= TITLE // 3 else head[: TITLE - 1] + "…"


def likeness(text: str, title: str, body: str) -> float:
    """Return how alike ``text`` is to a request, 0 to 1: shared pairs, those of its title count double."""
    mine = set(pairs(text)) - _COMMON
    heading = set(pairs(title)) - _COMMON
    rest = set(pairs(body)) - _COMMON - heading
    least = min(len(mine), 2 * len(heading) + len(rest))
    if not least:
        return 0.0
    shared = 2 * len(mine & heading) + len(mine & rest)
    return min(1.0, shared / least)
