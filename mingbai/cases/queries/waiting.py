"""What waits for a post: the figures beside the entries of its menu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Value

from mingbai.cases import participation, policies, supervision
from mingbai.cases.models import Case, Mark
from mingbai.cases.queries.calls import queue
from mingbai.cases.queries.lines import territory
from mingbai.cases.states import OPEN
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.fields import inside


@dataclass(frozen=True)
class Waiting:
    """Open cases of the body, calls that may be made now, cases with a mark that nobody has settled."""

    open: int = 0
    calls: int = 0
    marks: int = 0


def waiting(actor: Actor) -> Waiting:
    """Return the figures of the actor's post in one query; none for posts without any of it."""
    parts: list[QuerySet[Any, Any]] = []
    if policies.handles(actor):
        held = Case.objects.filter(territory(actor), body_id=actor.body_id or 0, state__in=OPEN)
        parts.append(_counted("open", held, Count("pk")))
    if participation.calls_back(actor):
        due = queue(actor).filter(next_at__lte=clock.now())
        parts.append(_counted("calls", due, Count("pk")))
    if supervision.watches(actor):
        marked = Mark.objects.filter(inside(actor.scope), settled_at__isnull=True)
        parts.append(_counted("marks", marked, Count("case_id", distinct=True)))
    if not parts:
        return Waiting()
    return Waiting(**dict(parts[0].union(*parts[1:], all=True)))


def _counted(name: str, rows: QuerySet[Any, Any], count: Count) -> QuerySet[Any, Any]:
    named = rows.order_by().annotate(part=Value(name))
    counted: QuerySet[Any, Any] = named.values_list("part").annotate(n=count)
    return counted
