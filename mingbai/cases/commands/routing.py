"""Who receives a case: the village first, then its town, then the county's department for the field."""

from __future__ import annotations

from mingbai.accounts import queries as accounts
from mingbai.cases.models import Case
from mingbai.cases.states import Level, next_level


def above(case: Case) -> accounts.BodyView | None:
    """Return the body one level up, or None at the county or where no body is above."""
    level = next_level(Level(case.level))
    if level is None:
        return None
    if level is Level.COUNTY:
        office = accounts.department_for(case.county, case.field)
        if office is not None:
            return office
    return accounts.body_above(case.body_id)


def again(case: Case) -> accounts.BodyView | None:
    """Return who takes a case that came back unsatisfied: the next level, else whoever is above."""
    return above(case) or accounts.body_above(case.body_id)
