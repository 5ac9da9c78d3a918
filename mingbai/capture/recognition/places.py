"""Where something is: names of the county's regions, and places inside a village."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

_NUMBER = "[一二三四五六七八九十0-9]"
_SUB_VILLAGE = re.compile(
    "|".join(
        (
            rf"第?{_NUMBER}{{1,3}}(?:号楼|单元|栋|组|队|社|片区|台区)(?:门口|后面|前面|旁边|那边)?",
            rf"(?:(?![月日])[\u4e00-\u9fff]){{0,4}}(?<!月){_NUMBER}{{1,4}}号(?!线|台|码|前|后|之|截|左|晚|早|上|下|开|到|是|就|才)",
            (
                r"(?:[东西南北上下前后中]|大|小|老|新)?(?:村口|桥头|路口|三岔口|渡口|码头|渡头|山脚|山顶|坡头|沟边|河边|"
                r"溪边|井边|塘边|堤上|村尾|村头|庄头|寨门|垸里|坝上|田头|巷口|弄堂口|街口|墟上|圩上)"
            ),
            (
                r"(?:[\u4e00-\u9fff]{1,3})?(?:小学|中学|学校|幼儿园|卫生室|卫生院|祠堂|老人会|村部|村委会|大队部|"
                r"文化广场|广场|篮球场|健身角|公厕|菜市场|菜市|市场|水库|泵站|电灌站|排涝站|水厂|蓄水池|变压器|"
                r"加油站|车站|戏台|土地庙|庙|教堂|冷库|码头|砖厂|石料厂|采石场|养猪场|养鸡场|染厂|鞋厂|电站|"
                r"大桥|小桥|石桥|河堤|大堤|海堤|老井|机井|大棚|晒谷场|供销社|超市)"
                r"(?:门口|后面|前面|旁边|对面|背后|后墙|后壁|那边|那里|拐角|楼下|门前|后门|附近)?"
            ),
            r"(?:[东西南北上下前后]|村)(?:街|头|庄|巷|埕|圩|坝|塘|沟|渠|洋|坡|湾|岭|厝|片|畈|冲|坪)(?:那边|那里|那段|一带)?",
            r"[\u4e00-\u9fff]{1,4}(?:弯道|急弯|坳|垭口|岩)(?:那边|那里|那段|一带|下面)?",
            r"从[\u4e00-\u9fff]{2,6}到[\u4e00-\u9fff]{2,6}(?:这|那)?(?:一?段|路段|之间)",
            r"[\u4e00-\u9fff]{2,4}(?:路|街|线|道)(?:路段|那一?段|中段|南段|北段|东段|西段|口)",
        )
    )
)
_LEADING = re.compile(
    r"^(?:我们|我|咱们|咱|俺们|俺|阮|就是|就在|就|在|是|到|去|从|往|请|把|这|那|的|个|里|有|和|跟|还|也|都|现|今天|昨天)+"
)
_LEAST_NAME = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text: its words, where they stand, and the region code when one is named."""

    text: str
    region: str | None
    start: int
    end: int


class Gazetteer:
    """Names and aliases of one county's regions with their codes.

    A name that belongs to several regions is recognised as a place but gives no code.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        codes: dict[str, set[str]] = {}
        for name, code in names:
            if len(name) >= _LEAST_NAME:
                codes.setdefault(name, set()).add(code)
        self._names = sorted(codes)
        self._codes = [
            next(iter(codes[name])) if len(codes[name]) == 1 else None for name in self._names
        ]
        self._finder = AhoCorasick(self._names, matchkind=MatchKind.LeftmostLongest)

    def regions(self, text: str) -> list[Place]:
        """The region names in the text, longest first at each spot."""
        return [
            Place(self._names[name], self._codes[name], start, end)
            for name, start, end in self._finder.find_matches_as_indexes(text)
        ]

    def find(self, text: str) -> Place | None:
        """The place that the text speaks of: a spot in a village, with the region named near it."""
        regions = self.regions(text)
        spots = list(_spots(text))
        if not spots:
            return regions[0] if regions else None
        spot = max(spots, key=lambda place: (len(place.text), -place.start))
        for region in regions:
            if region.end == spot.start:
                whole = text[region.start : spot.end]
                return Place(whole, region.region, region.start, spot.end)
        return Place(spot.text, regions[0].region if regions else None, spot.start, spot.end)


def _spots(text: str) -> Iterable[Place]:
    for match in _SUB_VILLAGE.finditer(text):
        words = match.group()
        trimmed = _LEADING.sub("", words)
        if len(trimmed) >= _LEAST_NAME:
            yield Place(trimmed, None, match.end() - len(trimmed), match.end())
