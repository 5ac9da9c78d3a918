"""Joint handling: one body leads, others answer their part, the lead joins them into one answer."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, check, lock, move
from mingbai.cases.commands.staffing import receivers
from mingbai.cases.commands.telling import Postman, name_of
from mingbai.cases.commands.typed import SHORT, said
from mingbai.cases.models import Attachment, Case, Part
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.uploads import StoredFile


@transaction.atomic
def invite(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    receivers: Sequence[int],
    text: str,
) -> None:
    """Ask other bodies to handle their part of the case; the lead stays responsible for the whole.

    Raises ``BadInput`` without a body, without words, or for one that was asked already.
    """
    asked = said(text, 4, "请写清请对方办什么。", "text", most=SHORT)
    case = lock(county, number, actor)
    known = {body.id: body for body in invitable(case)}
    wanted = list(dict.fromkeys(receivers))
    if not wanted or any(one not in known for one in wanted):
        raise BadInput("请选一个或几个会办单位。", "receivers")
    names = "、".join(known[one].name for one in wanted)
    step = Step(text=f"{names}：{asked}")
    move(case, "invite", actor, version=version, step=step, clocks=Clockmaker())
    Part.objects.bulk_create(
        Part(county=county, case=case, body_id=one, asked=asked, asked_at=clock.now())
        for one in wanted
    )
    post = Postman()
    for one in wanted:
        post.to_body(case, one, "请你们会办", f"{name_of(case)}请你们会办：{asked}")
    post.deliver()


@transaction.atomic
def contribute(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    text: str,
    files: Sequence[StoredFile] = (),
) -> None:
    """Answer one's own body's part of a joint case; everybody reads it."""
    words = said(text, 10, "答复太短，请写明你们办了什么，至少 10 个字。", "text")
    case = lock(county, number, actor)
    check(case, "contribute", actor, version)
    part = case.open_parts[actor.body_id or 0]
    step = Step(
        text=f"{part.body.name}：{words}",
        files=[(file, Attachment.Stage.AFTER.value) for file in files],
    )
    move(case, "contribute", actor, version=version, step=step, clocks=Clockmaker())
    part.text, part.label, part.done_at = words, actor.label, clock.now()
    part.save(update_fields=["text", "label", "done_at"])
    case.forget_asked()
    post = Postman()
    post.to_handler(case, "会办有答复", f"{name_of(case)}：{part.body.name}已答复会办部分。")
    post.deliver()


@transaction.atomic
def release(
    *, actor: Actor, county: str, number: str, version: int, receiver: int, reason: str
) -> None:
    """Excuse a body from its part, with a reason that the history keeps."""
    why = said(reason, 4, "请写明为什么不用他们会办。", "reason", most=SHORT)
    case = lock(county, number, actor)
    check(case, "release", actor, version)
    part = case.open_parts.get(receiver)
    if part is None:
        raise BadInput("请选一个还没答复的会办单位。", "receiver")
    step = Step(text=f"{part.body.name}：{why}")
    move(case, "release", actor, version=version, step=step, clocks=Clockmaker())
    part.released, part.done_at = True, clock.now()
    part.save(update_fields=["released", "done_at"])
    case.forget_asked()


@transaction.atomic
def join(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Take all parts together: from here the lead gives the one answer. Raises ``Refused`` before."""
    case = lock(county, number, actor)
    move(case, "join", actor, version=version, step=Step(), clocks=Clockmaker())


def invitable(case: Case) -> list[accounts.BodyView]:
    """Return the bodies that may be asked to join in and are not in already."""
    return [body for body in receivers(case) if body.id not in case.open_parts]
