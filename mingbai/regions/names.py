"""From official names to what people say: display name, short name, aliases, pinyin. Pure."""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin

_COMMUNITY = re.compile(r"(?:社区)?(?:居民委员会|居委会)$")
_VILLAGE = re.compile(r"(?:村)?(?:村民委员会|村委会|民委员会|委会)$")
_TAIL = re.compile(r"(?:街道办事处|街道|社区|居委会|村|镇|乡|县|市|区|省)$")


def display(official: str) -> str:
    """Return the name people read: 东山村委会 → 东山村, 桃城社区居委会 → 桃城社区."""
    if _COMMUNITY.search(official):
        return _COMMUNITY.sub("", official) + "社区"
    if official.endswith(("村委会", "村民委员会")):
        return _VILLAGE.sub("", official) + "村"
    return official.removesuffix("办事处")


def short(name: str) -> str:
    """Return the name without its kind (东山村 → 东山); a single remaining character is not used."""
    bare = _TAIL.sub("", name)
    return bare if len(bare) >= 2 else name


def aliases(official: str) -> frozenset[str]:
    """Return every other way the place may be written."""
    name = display(official)
    found = {official, short(name)}
    if name.endswith("社区"):
        found.add(name.removesuffix("社区") + "村")
    return frozenset(a for a in found if a != name and len(a) >= 2)


def pinyin(name: str) -> str:
    """Return the toneless pinyin without spaces (石鼓村 → shigucun)."""
    return "".join(lazy_pinyin(name, errors="ignore"))


def initials(name: str) -> str:
    """Return the first letters of the pinyin (石鼓村 → sgc)."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore"))


def scope(code: str) -> str:
    """Return a 12-digit code without its trailing zero groups (350525000000 → 350525).

    Local codes (12 digits, ``L``, two digits) are their own scope.
    """
    if len(code) > 12:
        return code
    for size in (2, 4, 6, 9):
        if set(code[size:]) <= {"0"}:
            return code[:size]
    return code
