"""Counts of public cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from mingbai.cases.models import Case
from mingbai.cases.queries.lines import shown
from mingbai.cases.states import OPEN, SOLVED


@dataclass(frozen=True)
class Counts:
    """Open and solved public cases."""

    open: int
    solved: int


def village_counts(region: str) -> Counts:
    """Return the counts of one village."""
    return counts_by_region([region])[region]


def counts_by_region(codes: Iterable[str]) -> dict[str, Counts]:
    """Return the counts of several villages in one query; villages without cases have zeros."""
    wanted = list(codes)
    counted = (
        Case.objects.filter(shown(), county__in={c[:6] for c in wanted}, region__in=wanted)
        .values_list("region")
        .annotate(open=Count("pk", filter=Q(state__in=OPEN)), solved=Count("pk", filter=Q(state__in=SOLVED)))
        .order_by()
    )
    known = {region: Counts(open_, solved) for region, open_, solved in counted}
    return {code: known.get(code, Counts(0, 0)) for code in wanted}
