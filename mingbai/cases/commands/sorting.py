"""定下归哪类: the desk says what a case is about and, in the same step, who handles it."""

from __future__ import annotations

from django.db import transaction

from mingbai.cases.commands import routing
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.handling import assign
from mingbai.cases.commands.intake import known_field, known_sub
from mingbai.cases.commands.moving import Step, check, lock, move, note, write_event
from mingbai.cases.models import Case
from mingbai.cases.states import BY_VERB, State
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput

BY_LIST = "list"
STAY = ""


@transaction.atomic
def sort(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    field: str,
    sub: str = "",
    receiver: str = BY_LIST,
    text: str = "",
) -> None:
    """Give a case its field and sub-field, and hand it to whoever handles such a matter.

    ``receiver`` is ``BY_LIST`` (whom the duty list and the territory name), ``STAY``, or the id of a
    body. A case that nobody has accepted is accepted by this. The deadline that the reporter was
    told stays as long as the case stays on its level. Raises ``BadInput``, ``Refused``, ``Missing``.
    """
    known_field(field)
    known_sub(field, sub)
    case = lock(county, number, actor)
    if State(case.state) in BY_VERB["accept"].sources:
        move(case, "accept", actor, version=version, step=Step(), clocks=Clockmaker())
    else:
        check(case, "assign", actor, version)
    if (case.field, case.sub) != (field, sub):
        _write(case, actor, field, sub)
    taker = _receiver(case, receiver)
    if taker is not None and taker != case.body_id:
        assign(
            actor=actor,
            county=county,
            number=number,
            version=case.version,
            receiver=taker,
            text=text,
        )


def _write(case: Case, actor: Actor, field: str, sub: str) -> None:
    before = f"{case.field}/{case.sub}"
    case.field, case.sub = field, sub
    case.save(update_fields=["field", "sub"])
    known = routing.case_fields()[field]
    word = f"{known.name}，{known.parts[sub]}" if sub else known.name
    write_event(case, "sort", actor, text=f"归到“{word}”。")
    note(case, actor, "sort", field=field, sub=sub, was=before)


def _receiver(case: Case, wanted: str) -> int | None:
    if wanted == STAY:
        return None
    if wanted.isdecimal() and len(wanted) < 18:
        return int(wanted)
    if wanted != BY_LIST:
        raise BadInput("请选由谁来办。", "receiver")
    found = routing.start(case.region, case.field, case.sub)
    return found.body.id if found is not None else None
