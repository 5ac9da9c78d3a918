"""What was asked about a case falls away when the case goes where it no longer makes sense."""

from __future__ import annotations

from collections.abc import Sequence

from mingbai.cases.models import Ask, Case, Part
from mingbai.cases.states import ASCENDING, OPEN, STOPPED, State
from mingbai.kernel import clock

LAPSED = "情况变了，这条请示自动作罢。"
_STAYS: dict[str, frozenset[State]] = {
    Ask.Kind.SUSPEND.value: ASCENDING - {State.SUBMITTED, State.ESCALATED},
    Ask.Kind.OBJECTION.value: frozenset({State.ASSIGNED}),
    Ask.Kind.REOPEN.value: frozenset({State.ANSWERED, State.CLOSED}),
}


def lapse(cases: Sequence[Case], *, handed_on: bool) -> None:
    """Close the open requests and parts of cases that have just changed.

    ``handed_on`` when another body holds them now: it asks anew. Parts stay while the case is being
    worked on, whoever leads.
    """
    for kind, states in _STAYS.items():
        gone = [
            case.pk
            for case in cases
            if State(case.state) not in states or (handed_on and kind != Ask.Kind.REOPEN)
        ]
        asks = Ask.objects.filter(county__in=_counties(cases), case_id__in=gone, kind=kind)
        if gone:
            asks.filter(decided_at__isnull=True).update(
                decided_at=clock.now(), granted=False, reason=LAPSED
            )
    ended = [c.pk for c in cases if State(c.state) not in (OPEN & ASCENDING) | STOPPED]
    if ended:
        parts = Part.objects.filter(county__in=_counties(cases), case_id__in=ended)
        parts.filter(done_at__isnull=True).update(done_at=clock.now(), released=True)


def _counties(cases: Sequence[Case]) -> set[str]:
    return {case.county for case in cases}
