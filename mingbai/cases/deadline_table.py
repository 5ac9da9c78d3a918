"""How many working days a level has, from the data file that the county may replace row by row."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mingbai.cases.states import Level

FILE = Path(__file__).parent / "data" / "deadlines.csv"
Key = tuple[str, str, bool]


@cache
def standard() -> Mapping[Key, int]:
    """Return working days by (field, level, urgent) as shipped; accepting is part of them."""
    days: dict[Key, int] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for level in Level:
                days[row["field"], level.value, False] = int(row[level.value])
                days[row["field"], level.value, True] = int(row["urgent"])
    return days
