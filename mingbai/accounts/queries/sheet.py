"""Reading an uploaded duty list against the registry: every bad cell, every gap, every overlap."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from mingbai.accounts import duties, sheets
from mingbai.accounts.duties import Line
from mingbai.accounts.queries.bodies import KIND_WORDS, BodyView, bodies_inside
from mingbai.accounts.queries.duties import LEVEL_WORDS, duty_lines, field_word
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.ports import case_fields
from mingbai.regions import queries as regions

Found = TypeVar("Found")
_LEVELS = {
    "村": "village",
    "村级": "village",
    "社区": "village",
    "镇": "town",
    "镇级": "town",
    "乡": "town",
    "乡镇": "town",
    "街道": "town",
    "县": "county",
    "县级": "county",
    "区": "county",
    "区级": "county",
    "市": "county",
} | {code: code for code in duties.LEVELS}
_MAIN = {"": True, "主办": True, "牵头": True, "协办": False, "配合": False}
_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+0?0:00(?::00)?)?"
)
_LONGEST_BASIS = 200
_RUNGS = {"village": 0, "town": 1, "county": 2}


@dataclass(frozen=True)
class Fault:
    """A cell that cannot be used: its row in the sheet, its column, what stands there, how to mend it."""

    row: int
    column: str
    value: str
    why: str


@dataclass(frozen=True)
class GapLine:
    """Where the county has nobody for a field, in words; ``towns`` are named, ``all_towns`` means every one."""

    field: str
    towns: Sequence[str]
    all_towns: bool
    day: date
    until: date | None
    partly: bool


@dataclass(frozen=True)
class OverlapLine:
    """Two main bodies at once, in words."""

    what: str
    level: str
    place: str
    one: str
    other: str
    day: date
    until: date | None


@dataclass(frozen=True)
class Preview:
    """What an uploaded list would do. ``lines`` is the list as it would be in force.

    It may be applied when there is neither fault nor overlap; gaps have to be accepted.
    """

    rows: int
    lines: Sequence[Line]
    faults: Sequence[Fault]
    gaps: Sequence[GapLine]
    overlaps: Sequence[OverlapLine]
    added: int
    changed: int
    ended: int
    same: int

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way of applying it but gaps."""
        return not self.faults and not self.overlaps and self.rows > 0


def preview(county: str, content: bytes) -> Preview:
    """Read a sheet for a county and compare it with the list in force. Raises ``BadInput``."""
    reader = Reader(county)
    fresh = reader.read(sheets.read(content))
    before = duty_lines(county)
    today = clock.today()
    lines = duties.carry_over(before, fresh, today)
    old, new = set(before), set(fresh)
    touched = {_thing(x) for x in old - new}
    added = new - old
    replaced = {_thing(x) for x in added}
    return Preview(
        rows=reader.rows,
        lines=lines,
        faults=reader.faults,
        gaps=gap_lines(county, lines),
        overlaps=overlap_lines(county, lines),
        added=sum(_thing(x) not in touched for x in added),
        changed=sum(_thing(x) in touched for x in added),
        ended=sum(x.holds(today) and _thing(x) not in replaced for x in old - new),
        same=len(old & new),
    )


def gap_lines(county: str, lines: Sequence[Line]) -> list[GapLine]:
    """Return the gaps of a list in words, the towns of one field together."""
    towns = _towns(county)
    found = duties.gaps(lines, fields=list(case_fields()), towns=list(towns), day=clock.today())
    together: dict[tuple[str, date, date | None, bool], list[str]] = defaultdict(list)
    for gap in found:
        together[gap.field, gap.day, gap.until, gap.partly].append(towns[gap.scope])
    return [
        GapLine(field_word(code), names, len(names) == len(towns), day, until, partly)
        for (code, day, until, partly), names in together.items()
    ]


def overlap_lines(county: str, lines: Sequence[Line]) -> list[OverlapLine]:
    """Return the overlaps of a list in words."""
    found = duties.overlaps(lines, clock.today())
    if not found:
        return []
    names = {b.id: b.name for b in bodies_inside(county, former=True)}
    places = {r.scope: r.name for r in regions.inside(county)}
    return [
        OverlapLine(
            what=_what(pair.one),
            level=LEVEL_WORDS[pair.one.level],
            place=places.get(pair.one.scope, pair.one.scope),
            one=names.get(pair.one.body, ""),
            other=names.get(pair.other.body, ""),
            day=pair.day,
            until=pair.until,
        )
        for pair in found
    ]


def export(county: str, lines: Iterable[Line]) -> bytes:
    """Return a list as a workbook that can be filled in and uploaded again."""
    registry = Registry(county)
    rows = [
        (
            registry.name_of(line.body),
            field_word(line.field),
            field_word(line.field, line.sub) if line.sub else "",
            LEVEL_WORDS[line.level],
            registry.place_of(line.scope),
            "主办" if line.main else "协办",
            line.since,
            line.until,
            line.basis,
            registry.name_of(line.supervisor) if line.supervisor else "",
        )
        for line in lines
    ]
    return sheets.write(rows, _notes())


class Registry:
    """The bodies and places of a county by the names that people write."""

    def __init__(self, county: str) -> None:
        self.county = county
        self.bodies = {b.id: b for b in bodies_inside(county, former=True)}
        self.places = {r.scope: r for r in regions.inside(county)}
        self._by_name: dict[str, list[BodyView]] = defaultdict(list)
        for body in self.bodies.values():
            self._by_name[body.name].append(body)
        self._by_place: dict[str, list[str]] = defaultdict(list)
        for scope, row in self.places.items():
            for name in {row.name, row.code, scope, self._full(scope)}:
                self._by_place[name].append(scope)

    def name_of(self, body_id: int) -> str:
        """Return a body's name, with its town where another bears the same."""
        body = self.bodies.get(body_id)
        if body is None:
            return ""
        alone = len(self._by_name[body.name]) == 1
        town = self.places.get(regions.scope_of(body.region)[:9])
        return body.name if alone or town is None else f"{town.name}/{body.name}"

    def place_of(self, scope: str) -> str:
        """Return a place as it is written in the sheet; blank for the whole county."""
        return "" if scope == self.county else self._full(scope)

    def find_body(self, text: str, near: str = "") -> BodyView:
        """Return the body of this name, inside ``near`` (a scope) first. Raises ``BadInput``."""
        town, _, name = text.rpartition("/")
        found = self._by_name.get(name.strip(), [])
        if town:
            inside = set(self._by_place.get(town.strip(), []))
            found = [b for b in found if inside & _above(b.region)]
        if len(found) > 1 and near:
            found = [b for b in found if b.region.startswith(near)] or found
        if not found:
            raise BadInput(f"单位登记里没有它{_like(name, self._by_name)}")
        if len(found) > 1:
            raise BadInput(f"有 {len(found)} 个同名单位，请写成“乡镇名/{name}”。")
        return found[0]

    def find_place(self, text: str) -> str:
        """Return the scope of a place; blank and 全县 mean the county. Raises ``BadInput``."""
        clean = text.replace(" ", "")
        if clean in {"", "全县", "全区", "全市"}:
            return self.county
        found = sorted(set(self._by_place.get(clean, [])))
        if not found:
            raise BadInput(f"本县没有这个地方{_like(clean, self._by_place)}")
        if len(found) > 1:
            raise BadInput(f"有 {len(found)} 个地方叫这个名字，请写成“乡镇名/{clean}”。")
        return found[0]

    def _full(self, scope: str) -> str:
        row = self.places.get(scope)
        town = self.places.get(scope[:9])
        if row is None:
            return scope
        return f"{town.name}/{row.name}" if town is not None and len(scope) > 9 else row.name


@dataclass
class Reader:
    """Turns rows into lines and collects what is wrong."""

    county: str
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0

    def read(self, rows: Sequence[sheets.Row]) -> list[Line]:
        """Return the lines of the rows that are right."""
        self.registry = Registry(self.county)
        self.fields = case_fields()
        self.by_word = {f.name: code for code, f in self.fields.items()}
        self.by_word |= {code: code for code in self.fields}
        self.rows = len(rows)
        order = {column: place for place, column in enumerate(sheets.COLUMNS)}
        seen: dict[Line, int] = {}
        for row in rows:
            line = self._line(row)
            if line is None:
                continue
            if line in seen:
                self._note(row, "单位", f"和第 {seen[line]} 行完全一样，请删掉一行。")
                continue
            seen[line] = row.number
        self.faults.sort(key=lambda f: (f.row, order[f.column]))
        return list(seen)

    def _line(self, row: sheets.Row) -> Line | None:
        before = len(self.faults)
        for column in sorted(row.formulas, key=sheets.COLUMNS.index):
            self._note(row, column, "这一格是公式，请改成文字。")
        if row.formulas:
            return None
        place = self._take(row, "地域", self.registry.find_place)
        level = self._take(row, "层级", _level)
        code = self._take(row, "领域", self._field)
        part = self._take(row, "细类", lambda text: self._part(code, text))
        main = self._take(row, "主办或协办", _main)
        since = self._day(row, "起")
        until = self._day(row, "止")
        body = self._take(row, "单位", lambda text: self._body(text, place, level))
        watch = self._take(row, "督办单位", lambda t: self.registry.find_body(t) if t else None)
        basis = _text(row, "依据")
        if len(basis) > _LONGEST_BASIS:
            self._note(row, "依据", f"最多写 {_LONGEST_BASIS} 个字。")
        if since is None and not any(f.row == row.number and f.column == "起" for f in self.faults):
            self._note(row, "起", "请写从哪天起，如 2025-03-01。")
        if since and until and until < since:
            self._note(row, "止", "不能早于“起”。")
        for office in (body, watch):
            if office and office.until and (until is None or until > office.until):
                self._note(row, "止", f"{office.name}到 {office.until} 为止，请写不晚于这天。")
        if len(self.faults) > before or since is None or body is None:
            return None
        assert place is not None
        assert level is not None
        assert code is not None
        return Line(
            body=body.id,
            field=code,
            sub=part or "",
            level=level,
            scope=place,
            main=bool(main),
            since=since,
            until=until,
            basis=basis,
            supervisor=watch.id if watch else None,
        )

    def _take(
        self, row: sheets.Row, column: str, understand: Callable[[str], Found]
    ) -> Found | None:
        """Return what a cell means, or None after noting what is wrong with it."""
        try:
            return understand(_text(row, column))
        except BadInput as wrong:
            self._note(row, column, str(wrong))
            return None

    def _field(self, text: str) -> str:
        if not text:
            raise BadInput("请写领域。")
        if text not in self.by_word:
            raise BadInput(f"没有这个领域{_like(text, self.by_word)}")
        return self.by_word[text]

    def _part(self, code: str | None, text: str) -> str:
        if not text or code is None:
            return ""
        parts = self.fields[code].parts
        found = next((part for part, name in parts.items() if text in {part, name}), None)
        if found is None:
            raise BadInput(f"“{self.fields[code].name}”里没有这个细类{_like(text, parts.values())}")
        return found

    def _body(self, text: str, place: str | None, level: str | None) -> BodyView:
        if not text:
            raise BadInput("请写单位。")
        found = self.registry.find_body(text, place or "")
        if level is not None and duties.RANK[found.kind] < _RUNGS[level]:
            raise BadInput(
                f"它是{KIND_WORDS[found.kind]}，办不了{LEVEL_WORDS[level]}里的事，请改层级或单位。"
            )
        if found.kind in {"discipline", "platform"}:
            raise BadInput(f"{KIND_WORDS[found.kind]}不承办诉求，可以写在“督办单位”。")
        return found

    def _day(self, row: sheets.Row, column: str) -> date | None:
        value = row.cells.get(column, "")
        if isinstance(value, date):
            return value
        found = _DATE.fullmatch(value)
        if found:
            with suppress(ValueError):  # the 31st of February
                return date(*(int(part) for part in found.groups()))
        if value:
            self._note(row, column, "日期看不懂，请写成 2025-03-01。")
        return None

    def _note(self, row: sheets.Row, column: str, why: str) -> None:
        self.faults.append(Fault(row.number, column, _text(row, column)[:60], why))


def _text(row: sheets.Row, column: str) -> str:
    value = row.cells.get(column, "")
    return value.isoformat() if isinstance(value, date) else value


def _level(text: str) -> str:
    if text not in _LEVELS:
        raise BadInput("层级请写村、镇或县。")
    return _LEVELS[text]


def _main(text: str) -> bool:
    if text not in _MAIN:
        raise BadInput("请写主办或协办。")
    return _MAIN[text]


def _like(text: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that names what was perhaps meant."""
    near = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f"，是不是“{near[0]}”？" if near else "，请核对。"


def _above(region: str) -> set[str]:
    scope = regions.scope_of(region)
    return {scope[:n] for n in range(6, len(scope) + 1)}


def _towns(county: str) -> dict[str, str]:
    rows = regions.children(f"{county}000000")
    return {r.scope: r.name for r in rows}


def _what(line: Line) -> str:
    word = field_word(line.field)
    return f"{word} · {field_word(line.field, line.sub)}" if line.sub else word


def _thing(line: Line) -> tuple[int, str, str, str, str, bool]:
    return line.body, line.field, line.sub, line.level, line.scope, line.main


def _notes() -> list[list[str]]:
    fields = case_fields()
    told = [
        ["单位", "单位登记里的名称；同名的写成“乡镇名/单位名”。"],
        ["领域", "、".join(f.name for f in fields.values())],
        ["细类", "可以不写，表示整个领域。下面列出每个领域的细类。"],
        ["层级", "村、镇或县：这一条管的是哪一级的承办。"],
        ["地域", "不写表示全县；或写乡镇名，或“乡镇名/村名”。"],
        ["主办或协办", "不写表示主办。同一件事同一天只能有一个主办。"],
        ["起、止", "第一天和最后一天，如 2025-03-01；“止”不写表示一直有效。"],
        ["依据", "文件名和文号，办理经过里会引用。"],
        ["督办单位", "单位没有人在岗时由它接办；不写就是上级单位。"],
        [
            "交接",
            "职责从甲转到乙：甲那一行写“止”，乙另写一行，“起”是第二天。以后交到甲的，会自动转给乙。",
        ],
    ]
    return [*told, *([f.name, "、".join(f.parts.values())] for f in fields.values())]
