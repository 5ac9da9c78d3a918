"""What the body that holds a case does with it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases import policies
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, lock, move
from mingbai.cases.models import Attachment, Contact
from mingbai.cases.states import BY_VERB, State
from mingbai.kernel import sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, require
from mingbai.kernel.uploads import StoredFile

SHORTEST_ANSWER = 10
LONGEST = 2000


@transaction.atomic
def accept(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Take the case on: whoever accepts becomes its named handler. Raises ``Refused``, ``Missing``."""
    case = lock(county, number, actor)
    move(case, "accept", actor, version=version, step=Step(), clocks=Clockmaker())


@transaction.atomic
def refuse(*, actor: Actor, county: str, number: str, version: int, reason: str, door: str) -> None:
    """Refuse the case with the reason and the door that is the right one. Raises ``BadInput`` without them."""
    why = _text(reason, 6, "请写清不受理的理由，让人看得懂。", "reason")
    where = _text(door, 2, "请写明该找哪里，比如单位和电话。", "door")
    case = lock(county, number, actor)
    step = Step(text=f"{why}\n该找：{where}")
    move(case, "refuse", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def assign(
    *, actor: Actor, county: str, number: str, version: int, receiver: int, text: str = ""
) -> None:
    """Hand the case to a body below or a department of the county; a new level gets its own clock."""
    case = lock(county, number, actor)
    require(policies.may(actor, case, "assign"))
    known = {body.id: body for body in accounts.receivers(case.body_id)}
    if receiver not in known:
        raise BadInput("请选一个可以交办的单位。", "receiver")
    step = Step(text=_text(text, 0, "", "text"), receiver=known[receiver])
    move(case, "assign", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def start(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Begin the work; whoever starts is the named handler."""
    case = lock(county, number, actor)
    move(case, "start", actor, version=version, step=Step(), clocks=Clockmaker())


@transaction.atomic
def progress(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    text: str,
    files: Sequence[StoredFile] = (),
) -> None:
    """Tell how far the work is; the reporter and the public read it."""
    said = _text(text, 4, "请写一句进展，比如约了谁、几时到现场。", "text")
    case = lock(county, number, actor)
    step = Step(text=said, files=[(f, Attachment.Stage.BEFORE.value) for f in files])
    move(case, "progress", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def answer(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    text: str,
    before: Sequence[StoredFile] = (),
    after: Sequence[StoredFile] = (),
) -> None:
    """Answer with what was done, in at least ten characters. Raises ``BadInput`` for less."""
    sentence = f"答复太短。请写明做了什么、谁做的、做到什么程度，至少 {SHORTEST_ANSWER} 个字。"
    said = _text(text, SHORTEST_ANSWER, sentence, "text")
    case = lock(county, number, actor)
    files = [(f, Attachment.Stage.BEFORE.value) for f in before]
    files += [(f, Attachment.Stage.AFTER.value) for f in after]
    step = Step(text=said, files=files)
    move(case, "answer", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def answer_at_once(*, actor: Actor, county: str, number: str, version: int, text: str) -> None:
    """Take a question on and answer it in one go: the moves before the answer are made as well.

    Raises ``Refused`` when the case is not the actor's to answer or has changed; nothing has
    happened then.
    """
    said = _text(text, SHORTEST_ANSWER, "答复太短，请把政策说清楚。", "text")
    case = lock(county, number, actor)
    for verb in ("accept", "start"):
        if State(case.state) in BY_VERB[verb].sources:
            move(case, verb, actor, version=version, step=Step(), clocks=Clockmaker())
            version = case.version
    move(case, "answer", actor, version=version, step=Step(text=said), clocks=Clockmaker())


@transaction.atomic
def read_contact(*, actor: Actor, county: str, number: str, reason: str) -> str:
    """Return the reporter's phone in clear; reading and reason go on the audit trail.

    Raises ``Missing`` when the case is hidden or no phone was left, ``BadInput`` without a reason.
    """
    why = _text(reason, 4, "请写明为什么要看联系方式。", "reason")
    case = lock(county, number, actor)
    if not policies.may_open(actor, case):
        raise Missing(number)
    require(policies.may_read_contact(actor, case))
    contact = Contact.objects.filter(county=county, case=case).first()
    if contact is None:
        raise Missing(number)
    audit.record(
        actor=actor,
        verb="case.read_contact",
        thing="case",
        thing_id=number,
        region=case.region,
        county=county,
        after={"reason": why},
    )
    return sealing.unseal(contact.phone_sealed, f"contact:{county}:{case.pk}")


def _text(text: str, least: int, sentence: str, field: str) -> str:
    """Return ``text`` stripped; letters and digits are counted, punctuation is not."""
    clean = text.strip()
    if len(re.sub(r"[\W_]", "", clean)) < least:
        raise BadInput(sentence, field)
    if len(clean) > LONGEST:
        raise BadInput(f"最多写 {LONGEST} 个字，请缩短一些。", field)
    return clean
