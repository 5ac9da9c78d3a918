"""From official names to what people say: display name, short name, aliases, pinyin. Pure."""

from __future__ import annotations

import re

from pypinyin import Style, lazy_pinyin

_RESIDENTS = re.compile(r"(?:居民委员会|居民委会|居民会|居委会)$")
_VILLAGERS = re.compile(r"(?:村民委员会|村民委会|村委会)$")
_COMMITTEE = re.compile(r"(?<=社区|嘎查)(?:管理)?委员?会$")
_ALREADY = ("社区", "嘎查", "村")
_GROUP = re.compile(r"第?[0-9一二三四五六七八九十]+(?:村民小|村民|小)?[组队社]")
_PEOPLE = (
    "(?:蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|"
    "柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|"
    "塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺)"
)
_TAILS = {
    "province": rf"省|市|特别行政区|(?:{_PEOPLE}族?)?自治区",
    "city": rf"市|地区|盟|(?:{_PEOPLE}族?)+自治州",
    "county": rf"[县市区旗]|新区|(?:(?:{_PEOPLE}族?)+|族)自治[县旗]",
    "town": rf"街道|(?:{_PEOPLE}族)*[镇乡]",
    "village": r"(?:虚拟)?社区|村",
}
_SHORT = {level: re.compile(rf"(.{{2,}}?)(?:{tail})") for level, tail in _TAILS.items()}
# Rows of the statistics office that stand for "the districts of" a city; nobody calls them so.
_FILLERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
_NAME_TAGS = frozenset({"ns", "nr", "nrt", "nz"})
_LONGEST_PINYIN = 160
_LONGEST_INITIALS = 40


def display(official: str) -> str:
    """Return the name people read: 东山村委会 → 东山村, 桃城社区居委会 → 桃城社区."""
    bare = _RESIDENTS.sub("", official)
    if bare != official:
        return _ending(bare, "社区", ("社区",)) or official
    bare = _VILLAGERS.sub("", official)
    if bare != official:
        return _ending(bare, "村", _ALREADY) or official
    return _COMMITTEE.sub("", official).replace("街道办事处", "街道")


def _ending(bare: str, kind: str, enough: tuple[str, ...]) -> str:
    return bare if not bare or bare.endswith(enough) else bare + kind


def short(name: str, level: str) -> str:
    """Return the name without its kind (东山村 → 东山), or the name where too little would remain."""
    kind = _SHORT.get(level)
    found = None if kind is None or name in _FILLERS else kind.fullmatch(name)
    return name if found is None else found.group(1)


def aliases(official: str, level: str) -> frozenset[str]:
    """Return every other way the place may be written; its display name is not among them."""
    name = display(official)
    bare = short(name, level)
    found = {official, bare}
    if level == "village" and name == bare + "社区":
        found.add(bare + "村")  # villages that became communities keep their old name in talk
    if level == "town" and name.endswith("族乡"):
        found.add(bare + "乡")
    return frozenset(alias for alias in found if alias != name and len(alias) >= 2)


def pinyin(name: str) -> str:
    """Return the toneless pinyin without spaces (石鼓村 → shigucun)."""
    return "".join(lazy_pinyin(name, errors="ignore"))[:_LONGEST_PINYIN]


def initials(name: str) -> str:
    """Return the first letters of the pinyin (石鼓村 → sgc)."""
    letters = lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")
    return "".join(letters)[:_LONGEST_INITIALS]


def is_numbered(name: str) -> bool:
    """Say whether a name only counts (三组, 第二村民小组): every village has one of those."""
    return _GROUP.fullmatch(name) is not None


def is_common_word(name: str) -> bool:
    """Say whether a name of two characters is a word of daily talk (冷水, 光明, 码头) and no name.

    Such a short name of a village would place half the county's talk there. Words that the
    dictionary knows as names of places or people (东山, 蓬莱) are not meant.
    """
    import rjieba

    words = rjieba.tag(name, False) if len(name) == 2 else []
    return len(words) == 1 and words[0][1] not in _NAME_TAGS
