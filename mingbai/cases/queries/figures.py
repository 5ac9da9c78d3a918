"""Counts of public cases."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Count, Q

from mingbai.cases.models import Case
from mingbai.cases.queries.lines import shown
from mingbai.cases.states import OPEN, SOLVED
from mingbai.kernel.fields import inside


class Counts(NamedTuple):
    """Open and solved public cases."""

    open: int
    solved: int


def village_counts(region: str) -> Counts:
    """Return the counts of one village."""
    return counts_by_region([region])[region]


def counts_by_region(codes: Iterable[str]) -> dict[str, Counts]:
    """Return the counts of several villages in one query; villages without cases have zeros."""
    wanted = list(codes)
    near = Q(county__in={code[:6] for code in wanted}, region__in=wanted)
    known = {region: Counts(open_, solved) for region, open_, solved in _counted(near)}
    return {code: known.get(code, Counts(0, 0)) for code in wanted}


def counts_below(scopes: Iterable[str]) -> dict[str, Counts]:
    """Return the counts inside each of several scopes (a town's, a county's) in one query."""
    wanted = list(scopes)
    villages = list(_counted(reduce(or_, map(inside, wanted), Q(pk__in=[]))))
    return {
        scope: Counts(
            sum(open_ for region, open_, _ in villages if region.startswith(scope)),
            sum(solved for region, _, solved in villages if region.startswith(scope)),
        )
        for scope in wanted
    }


def _counted(where: Q) -> Iterable[tuple[str, int, int]]:
    """Yield village, open, solved of the public cases ``where``."""
    return (
        Case.objects.filter(shown() & where)
        .values_list("region")
        .annotate(
            open=Count("pk", filter=Q(state__in=OPEN)),
            solved=Count("pk", filter=Q(state__in=SOLVED)),
        )
        .order_by()
    )
