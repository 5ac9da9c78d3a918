"""The list of roles: ``data/roles.csv`` is the truth. Pure."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Role:
    """What a post of this role may touch; ``side`` is gov (政), sup (纪) or villager."""

    code: str
    name: str
    side: str
    level: str
    handles_cases: bool
    reads_contact: bool
    reads_talk: bool
    opens_clues: bool
    administers: bool


@cache
def roles() -> dict[str, Role]:
    """Return every role by its code."""
    text = files("mingbai.accounts").joinpath("data/roles.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        flags = {n: row[n] == "1" for n in Role.__dataclass_fields__ if row[n] in {"0", "1"}}
        found[row["code"]] = Role(
            code=row["code"], name=row["name"], side=row["side"], level=row["level"], **flags
        )
    return found
