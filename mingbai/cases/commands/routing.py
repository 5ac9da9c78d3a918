"""Who receives a case: by the duty list, and where that is silent by territory, level by level."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from mingbai.accounts import queries as accounts
from mingbai.cases.models import Case, Field
from mingbai.cases.states import Level, next_level
from mingbai.kernel.ports import CaseField


@dataclass(frozen=True)
class Door:
    """Whom a case really goes to when it is handed to somebody.

    ``why`` is the line for the history where an old door sends it on, else empty.
    """

    receiver: accounts.BodyView
    why: str = ""


def first(region: str, field: str, sub: str = "") -> accounts.Routing | None:
    """Return who receives a new case of a village; None where no body works in the county.

    With an empty ``field`` (不知道归谁管) it is the town's desk.
    """
    return accounts.responsible(region[:6], region, field, sub, Level.VILLAGE)


def above(case: Case, sub: str = "") -> accounts.BodyView | None:
    """Return the body one level up, or None at the county or where no body is above."""
    level = next_level(Level(case.level))
    if level is None or level is Level.CITY:  # duties are the county's; the city is its superior
        return None
    found = accounts.responsible(case.county, case.region, case.field, sub, level)
    if found is not None and found.main.id != case.body_id:
        return found.main
    return accounts.body_above(case.body_id)


def again(case: Case, sub: str = "") -> accounts.BodyView | None:
    """Return who takes a case that came back unsatisfied: the next level, else whoever is above."""
    return above(case, sub) or accounts.body_above(case.body_id)


def door(case: Case, receiver: accounts.BodyView, sub: str = "") -> Door:
    """Return who takes a case that is handed to ``receiver``: itself, or where its duty has moved.

    A duty that moved back to the body that holds the case leaves the case where it was handed:
    nobody is sent in a circle.
    """
    found = accounts.forwarding(
        body_id=receiver.id, county=case.county, region=case.region, field=case.field, sub=sub
    )
    if found is None or found.new.id == case.body_id:
        return Door(receiver)
    return Door(found.new, found.why)


@cache
def case_fields() -> Mapping[str, CaseField]:
    """Return the fields of cases and their parts in Chinese words (the port ``CASE_FIELDS``)."""
    text = files("mingbai.cases").joinpath("data/subfields.csv").read_text(encoding="utf-8")
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for row in csv.DictReader(text.splitlines()):
        parts[row["field"]][row["code"]] = row["name"]
    return MappingProxyType({f.value: CaseField(str(f.label), parts[f.value]) for f in Field})
