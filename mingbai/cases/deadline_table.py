"""The times of the clock as data: how long each level has, when it reminds, how long it may stand still."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mingbai.cases.states import Level

DATA = Path(__file__).parent / "data"
SHIPPED = ""
"""The region of the shipped rows: everywhere, unless a row for the place says otherwise."""


class Key(NamedTuple):
    """What a time is for: ``region`` a code or empty, ``kind`` and ``field`` a code or empty for any."""

    region: str
    kind: str
    field: str
    level: str
    urgent: bool


@dataclass(frozen=True)
class Times:
    """Working days to accept, to say a first word, to finish; the first two are part of the last."""

    accept: int
    first: int
    days: int


@cache
def standard() -> Mapping[Key, Times]:
    """Return the shipped times."""
    found: dict[Key, Times] = {}
    for row in _rows("deadlines.csv"):
        urgent = row["urgent"] == "1"
        for level in Level:
            key = Key(SHIPPED, row["kind"], row["field"], level.value, urgent)
            found[key] = Times(int(row["accept"]), int(row["first"]), int(row[level.value]))
    return found


def allowed(table: Mapping[Key, Times], places: tuple[str, ...], key: Key) -> Times:
    """Return the time for a case: the row of the nearest place that has one, the shipped one last.

    ``places`` are the codes of the village, its town, county, city and province. In one place a row
    for the kind and field goes before one for the kind, and that before one for the field.
    """
    ways = (
        (key.kind, key.field),
        (key.kind, ""),
        ("", key.field),
        ("", ""),
    )
    for place in (*places, SHIPPED):
        for kind, field in ways:
            found = table.get(Key(place, kind, field, key.level, key.urgent))
            if found is not None:
                return found
    return table[Key(SHIPPED, "request", "other", key.level, key.urgent)]


def places_of(region: str) -> tuple[str, ...]:
    """Return the codes of a place and of everything around it, the nearest first."""
    codes = [region] + [region[:n].ljust(12, "0") for n in (12, 9, 6, 4, 2)]
    return tuple(dict.fromkeys(codes))


def rule(name: str, *, urgent: bool = False) -> int:
    """Return a number of ``data/clock.csv``: days, working days or per cent, as its meaning says."""
    return _rules()[name][urgent]


@cache
def _rules() -> Mapping[str, tuple[int, int]]:
    return {row["rule"]: (int(row["normal"]), int(row["urgent"])) for row in _rows("clock.csv")}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
