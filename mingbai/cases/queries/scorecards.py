"""How the bodies of a territory handled what they held in a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import connection
from django.db.models import Count

from mingbai.accounts import queries as accounts
from mingbai.cases import supervision
from mingbai.cases.models import Mark
from mingbai.cases.passing import OF_ANSWERS
from mingbai.cases.states import OPEN
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing
from mingbai.kernel.fields import inside

FEWEST = 5
"""So many cases a body must have had before its counts are given per hundred."""
COLUMNS = ("handed", "returned", "late", "poor", "reopened")


@dataclass(frozen=True)
class Score:
    """One body in one month: cases that a step touched while it held them, and what went wrong.

    ``handed`` on to others, ``returned`` or disputed, ``late``, ``poor`` answers (only forwarding or
    perfunctory, unless found unfounded), ``reopened``.
    """

    body_id: int
    body: str
    cases: int
    handed: int
    returned: int
    late: int
    poor: int
    reopened: int

    def per_hundred(self, count: int) -> float | None:
        """Return a count per hundred cases; None where so few cases say nothing."""
        return round(100 * count / self.cases, 1) if self.cases >= FEWEST else None


@dataclass(frozen=True)
class Scorecard:
    """The bodies of a territory in a month, those with the most cases first; ``earlier`` and ``later`` months."""

    month: date
    rows: Sequence[Score]
    earlier: str
    later: str


_STEPS = """
WITH near AS (
  SELECT county, id FROM cases_case
  WHERE region >= %(from)s AND region < %(to)s
    AND (state = ANY(%(open)s) OR answered_at >= %(start)s OR submitted_at >= %(start)s)
), steps AS (
  SELECT e.county, e.case_id, e.verb, e.at, e.body_id,
    coalesce(lag(e.body_id) OVER (PARTITION BY e.county, e.case_id ORDER BY e.at, e.id), e.body_id) AS by_id
  FROM cases_caseevent e JOIN near ON near.county = e.county AND near.id = e.case_id
  WHERE e.at < %(end)s
), here AS (SELECT * FROM steps WHERE at >= %(start)s),
held AS (SELECT body_id, case_id FROM here UNION SELECT by_id, case_id FROM here)
SELECT h.body_id, count(*) AS cases,
  coalesce(max(d.handed), 0), coalesce(max(d.returned), 0),
  coalesce(max(d.late), 0), coalesce(max(d.reopened), 0)
FROM held h LEFT JOIN (
  SELECT by_id,
    count(*) FILTER (WHERE verb IN ('assign', 'transfer')) AS handed,
    count(*) FILTER (WHERE verb IN ('dispute', 'send_back')) AS returned,
    count(DISTINCT case_id) FILTER (WHERE verb = 'overdue') AS late,
    count(*) FILTER (WHERE verb IN ('reopen', 'claim', 'grant_reopen', 'redo')) AS reopened
  FROM here GROUP BY by_id
) d ON d.by_id = h.body_id
WHERE h.body_id IS NOT NULL
GROUP BY h.body_id
ORDER BY cases DESC, h.body_id
"""


def scorecard(actor: Actor, month: str = "") -> Scorecard:
    """Return the table of a month (``2026-11``, else this one) in three queries.

    Raises ``Missing`` for posts that do not supervise, ``BadInput`` for what is no month.
    """
    if not supervision.watches(actor):
        raise Missing("scorecard")
    first = _month(month)
    start, end = _at(first), _at(_next(first))
    poor = Mark.objects.filter(
        inside(actor.scope), at__gte=start, at__lt=end, kind__in=[k.value for k in OF_ANSWERS]
    ).exclude(outcome=Mark.Outcome.UNFOUNDED)
    marked = dict(poor.values_list("body_id").annotate(n=Count("pk")).order_by())
    given: dict[str, str | list[str] | datetime] = {
        "from": actor.scope,
        "to": f"{actor.scope}~",
        "open": [state.value for state in OPEN],
        "start": start,
        "end": end,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, given)
        found = cursor.fetchall()
    names = accounts.bodies([row[0] for row in found])
    rows = [
        Score(body, names[body].name, cases, handed, returned, late, marked.get(body, 0), again)
        for body, cases, handed, returned, late, again in found
        if body in names
    ]
    this = clock.today().replace(day=1)
    later = f"{_next(first):%Y-%m}" if _next(first) <= this else ""
    return Scorecard(first, rows, f"{_before(first):%Y-%m}", later)


def _month(text: str) -> date:
    if not text:
        return clock.today().replace(day=1)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise BadInput("月份写成 2026-11 这样。", "month") from None
    if not date(2020, 1, 1) <= first <= clock.today():
        raise BadInput("请选已经开始的月份。", "month")
    return first


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _before(first: date) -> date:
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


def _at(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.SHANGHAI)
