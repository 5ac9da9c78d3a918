"""Where a case may go: to bodies of its own place, and never to one in which nobody works."""

from __future__ import annotations

from mingbai.accounts import queries as accounts
from mingbai.cases.models import Case
from mingbai.cases.queries.staff import suitable
from mingbai.kernel.decisions import BadInput

_MOST = 6  # no chain of offices is longer


def works(body_id: int) -> bool:
    """Whether anybody in the body handles cases today."""
    return any(accounts.role(post.role).handles_cases for post in accounts.staff_of(body_id))


def staffed(body: accounts.BodyView) -> accounts.BodyView:
    """Return the body, or the nearest one above it in which somebody handles cases.

    Where nobody does all the way up, the body itself: its supervising offices see the case then.
    """
    at: accounts.BodyView | None = body
    for _ in range(_MOST):
        if at is None or works(at.id):
            break
        at = accounts.body_above(at.id)
    return at or body


def receivers(case: Case, of: int | None = None) -> list[accounts.BodyView]:
    """Return the bodies to which the holder (or body ``of``) may hand the case.

    Their territory contains its place: a neighbouring village could not even see it.
    """
    return suitable(of or case.body_id, case)


def receiver(case: Case, body_id: int) -> accounts.BodyView:
    """Return one of ``receivers``. Raises ``BadInput``."""
    found = next((body for body in receivers(case) if body.id == body_id), None)
    if found is None:
        raise BadInput("请选一个可以交办的单位。", "receiver")
    return found


def petition_office(case: Case) -> accounts.BodyView | None:
    """Return the petition office of the case's county, or None when none works on the platform."""
    posts = accounts.people_with_role("petition_office", region=case.region)
    return accounts.body(posts[0].body_id) if posts else None
