"""Marks of passing the buck: the officer is asked first, the move writes them with itself."""

from __future__ import annotations

from collections.abc import Sequence

from mingbai.cases import passing
from mingbai.cases.models import Case, CaseEvent, Mark
from mingbai.cases.passing import CHAIN, Found, Held, Kind
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Refused

_GROWING = frozenset({Kind.HANDED_ROUND, Kind.RETURNED})
"""One open mark of these a case: its evidence grows with every further hand-over."""


class Doubted(Refused):
    """What the officer is about to do would be marked; nothing has happened yet.

    ``found`` says why. The officer mends it, or does it all the same with ``knowing``.
    """

    def __init__(self, found: Sequence[Found]) -> None:
        super().__init__("这样办会留下记录，看过再定。")
        self.found = tuple(found)


def judged(case: Case, words: str, *, knowing: bool) -> Sequence[Found]:
    """Return the marks that an answer deserves. Raises ``Doubted`` unless the officer knows of them."""
    found = passing.of_answer(words, case.text)
    if found and not knowing:
        raise Doubted(found)
    return found


def ask_before_handing(case: Case, receiver: int, name: str, *, knowing: bool) -> None:
    """Raise ``Doubted`` when handing the case to ``receiver`` would be marked, unless that is known."""
    if knowing:
        return
    step = Held(clock.now(), "assign", receiver, name)
    found = passing.of_chain([*_steps(case), step])
    if found:
        raise Doubted(found)


def write_marks(
    case: Case, event: CaseEvent, actor: Actor, answered: Sequence[Found], *, knowing: bool
) -> Sequence[Kind]:
    """Write what the step just made is marked for, and return the kinds; nothing new when repeated."""
    found = [(one, actor.body_id or case.body_id) for one in answered]
    if event.verb in CHAIN:
        steps = _steps(case)
        found += [(one, steps[-2].body_id) for one in passing.of_chain(steps)]
    for one, body in found:
        _write(case, event, one, body, knowing=knowing)
    return [one.kind for one, _ in found]


def _write(case: Case, event: CaseEvent, found: Found, body: int, *, knowing: bool) -> None:
    said = {
        "body_id": body,
        "label": event.label,
        "evidence": found.evidence,
        "quote": found.quote,
        "known": knowing,
        "at": event.at,
    }
    marks = Mark.objects.filter(county=case.county, case=case, kind=found.kind.value)
    if found.kind in _GROWING and marks.filter(settled_at__isnull=True).update(event=event, **said):
        return
    Mark.objects.get_or_create(
        county=case.county,
        event=event,
        kind=found.kind.value,
        defaults={"case": case, "region": case.region, **said},
    )


def _steps(case: Case) -> list[Held]:
    events = CaseEvent.objects.filter(county=case.county, case=case, body__isnull=False)
    rows = events.order_by("at", "id").values_list("at", "verb", "body_id", "body__name")
    return [Held(*row) for row in rows]
