"""Counts of public cases, from the tally that the database keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Sum
from django.db.models.functions import Substr

from mingbai.cases.models import ClockFault, Tally


class Counts(NamedTuple):
    """Open and solved public cases."""

    open: int
    solved: int


def village_counts(region: str) -> Counts:
    """Return the counts of one village."""
    return counts_below([region])[region]


def counts_below(scopes: Iterable[str]) -> dict[str, Counts]:
    """Return the counts inside each of several scopes (a village's, a town's, a county's).

    One query for all scopes of one length; places without cases have zeros.
    """
    wanted = dict.fromkeys(scopes, Counts(0, 0))
    alike: dict[int, list[str]] = defaultdict(list)
    for scope in wanted:
        alike[len(scope)].append(scope)
    for length, same in alike.items():
        near = Tally.objects.filter(region__gte=min(same), region__lt=f"{max(same)}~")
        rows = near.annotate(scope=Substr("region", 1, length)).values_list("scope")
        for scope, open_, solved in rows.annotate(Sum("open"), Sum("solved")).order_by():
            if scope in wanted:
                wanted[scope] = Counts(open_, solved)
    return wanted


def clock_faults(county: str) -> int:
    """Return for how many steps of the clock a case of the county is put off because it raised."""
    return ClockFault.objects.filter(county=county).count()
