"""The offices of a county as the crowd's cases need them: read once, then looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mingbai.accounts import queries as people
from mingbai.cases.models import Field
from mingbai.cases.states import Level
from mingbai.kernel import scopes
from mingbai.kernel.fields import inside
from mingbai.regions import queries as regions


@dataclass(frozen=True)
class Office:
    """An office with the officer who handles its cases."""

    id: int
    name: str
    level: str
    post: int
    person: int
    officer: str
    role: str


@dataclass(frozen=True)
class Home:
    """A village with the offices its cases go to: its own, the town's, the county's by field."""

    code: str
    name: str
    village: Office
    town: Office
    departments: Mapping[str, Office]


def homes(county: str) -> Sequence[Home]:
    """Return the villages of a county (6 digits) that have somebody at work, by code."""
    with scopes.enter(scope=county):
        places = regions.villages(county)
        at_work = _at_work(county)
        near = {
            body.region: at_work[body.id]
            for body in people.bodies_inside(county)
            if body.id in at_work and body.kind in {Level.VILLAGE, Level.TOWN}
        }
        departments = _departments(county, at_work)
    if len(departments) < len(Field):
        return []
    found = [(place, near.get(place.code), near.get(f"{place.code[:9]}000")) for place in places]
    return [
        Home(place.code, place.name, village, town, departments)
        for place, village, town in found
        if village is not None and town is not None
    ]


def _at_work(county: str) -> Mapping[int, Office]:
    """Return the offices of a county in which somebody handles cases, by id; the first post counts."""
    found: dict[int, Office] = {}
    for post in people.in_force().filter(inside(county, "region_id")).order_by("-id"):
        if people.role(post.role).handles_cases:
            kind = post.body.kind
            level = kind if kind in {Level.VILLAGE, Level.TOWN} else Level.COUNTY.value
            found[post.body_id] = Office(
                post.body_id,
                post.body.name,
                level,
                post.pk,
                post.person_id,
                post.person.name,
                post.role,
            )
    return found


def _departments(county: str, at_work: Mapping[int, Office]) -> Mapping[str, Office]:
    intake = people.county_intake(county)
    found = {}
    for field in Field.values:
        body = people.department_for(county, field) or intake
        if body is not None and body.id in at_work:
            found[field] = at_work[body.id]
    return found
