"""What the body that holds a case does with it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from mingbai.audit import commands as audit
from mingbai.cases import policies
from mingbai.cases.commands import routing
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.marking import ask_before_handing, judged
from mingbai.cases.commands.moving import Step, check, lock, lock_open, move
from mingbai.cases.commands.staffing import receiver as suitable
from mingbai.cases.commands.staffing import staffed
from mingbai.cases.commands.typed import said
from mingbai.cases.models import Attachment, Contact
from mingbai.cases.states import BY_VERB, State
from mingbai.kernel import sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing, Refused, require
from mingbai.kernel.uploads import StoredFile

SHORTEST_ANSWER = 10
SENT_BACK = "这件是{body}交来的，不能退回去。有不同意见，请在收到后 1 个工作日内提异议。"


@transaction.atomic
def accept(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Take the case on: whoever accepts becomes its named handler. Raises ``Refused``, ``Missing``."""
    case = lock(county, number, actor)
    move(case, "accept", actor, version=version, step=Step(), clocks=Clockmaker())


@transaction.atomic
def refuse(*, actor: Actor, county: str, number: str, version: int, reason: str, door: str) -> None:
    """Refuse the case with the reason and the door that is the right one. Raises ``BadInput`` without them."""
    why = said(reason, 6, "请写清不受理的理由，让人看得懂。", "reason")
    where = said(door, 2, "请写明该找哪里，比如单位和电话。", "door")
    case = lock(county, number, actor)
    step = Step(text=f"{why}\n该找：{where}")
    move(case, "refuse", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def assign(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    receiver: int,
    text: str = "",
    knowing: bool = False,
) -> None:
    """Hand the case to a body below or a department of the county; a new level gets its own clock.

    A body whose duty moved sends it on to the one that has it now, and the history says so. It is
    never handed back to whoever handed it here (首接负责). Raises ``BadInput``, ``Refused``, and
    ``Doubted`` when it would be marked as passing the buck, unless the officer is ``knowing``.
    """
    case = lock(county, number, actor)
    check(case, "assign", actor, version)
    door = routing.door(case, suitable(case, receiver))
    taker = door.receiver
    if taker.id == case.from_body_id:
        raise Refused(SENT_BACK.format(body=taker.name))
    words = "\n".join(filter(None, [said(text, 0, "", "text"), door.why]))
    taker = staffed(taker)
    ask_before_handing(case, taker.id, taker.name, knowing=knowing)
    step = Step(text=words, receiver=taker, knowing=knowing)
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
    words = said(text, 4, "请写一句进展，比如约了谁、几时到现场。", "text")
    case = lock(county, number, actor)
    step = Step(text=words, files=[(f, Attachment.Stage.BEFORE.value) for f in files])
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
    knowing: bool = False,
) -> None:
    """Answer with what was done, in at least ten characters. Raises ``BadInput`` for less.

    Raises ``Doubted`` for an answer that only forwards or says nothing, unless the officer is
    ``knowing``; such an answer is marked.
    """
    sentence = f"答复太短。请写明做了什么、谁做的、做到什么程度，至少 {SHORTEST_ANSWER} 个字。"
    words = said(text, SHORTEST_ANSWER, sentence, "text")
    case = lock(county, number, actor)
    files = [(f, Attachment.Stage.BEFORE.value) for f in before]
    files += [(f, Attachment.Stage.AFTER.value) for f in after]
    check(case, "answer", actor, version)
    found = judged(case, words, knowing=knowing)
    step = Step(text=words, files=files, found=found, knowing=knowing)
    move(case, "answer", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def answer_at_once(
    *, actor: Actor, county: str, number: str, version: int, text: str, knowing: bool = False
) -> None:
    """Take a question on and answer it in one go: the moves before the answer are made as well.

    Raises ``Doubted`` for a poor answer unless the officer knows of it, ``Refused`` when the case is
    not the actor's to answer or has changed; nothing has happened then.
    """
    words = said(text, SHORTEST_ANSWER, "答复太短，请把政策说清楚。", "text")
    case = lock(county, number, actor)
    found = judged(case, words, knowing=knowing)
    for verb in ("accept", "start"):
        if State(case.state) in BY_VERB[verb].sources:
            move(case, verb, actor, version=version, step=Step(), clocks=Clockmaker())
            version = case.version
    step = Step(text=words, found=found, knowing=knowing)
    move(case, "answer", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def read_contact(*, actor: Actor, county: str, number: str, reason: str) -> str:
    """Return the reporter's phone in clear, behind the name if one was left; reading and reason go on the audit trail.

    Raises ``Missing`` when the case is hidden or no phone was left, ``BadInput`` without a reason.
    """
    why = said(reason, 4, "请写明为什么要看联系方式。", "reason")
    case = lock_open(county, number, actor)
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
    place = f"{county}:{case.pk}"
    name = (
        sealing.unseal(contact.name_sealed, f"contact-name:{place}") if contact.name_sealed else ""
    )
    return f"{name} {sealing.unseal(contact.phone_sealed, f'contact:{place}')}".strip()
