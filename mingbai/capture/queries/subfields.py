"""The second level of the case tree: which small kinds (小类) each field has."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mingbai import cases

FILE = Path(cases.__file__).parent / "data" / "subfields.csv"


@cache
def subfields() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return ``{field: ((code, Chinese word), …)}`` in the order of the file."""
    found: dict[str, list[tuple[str, str]]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["field"], []).append((row["code"], row["name"]))
    return {field: tuple(rows) for field, rows in found.items()}


def subfield_word(field: str, code: str) -> str:
    """Return the Chinese word of a small kind; empty when the field has no such one."""
    return dict(subfields().get(field, ())).get(code, "")
