"""答复模板: words that a body answers with again and again, filled in for one case."""

from __future__ import annotations

import re

from django.db import IntegrityError, transaction

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases import policies, policies_beside
from mingbai.cases.commands.beside import lock_beside, words
from mingbai.cases.commands.handling import answer_at_once
from mingbai.cases.models import ReplyTemplate
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, require

LONGEST_TITLE, LONGEST_TEXT = 30, 1000
BLANK = re.compile(r"[{｛]([^{}｛｝]*)[}｝]")
NAME, PHONE = "{名字}", "{电话}"
CLOSING = f"办理人：{NAME}，电话：{PHONE}。"


@transaction.atomic
def save_template(*, actor: Actor, title: str, text: str, template_id: int | None = None) -> int:
    """Add a template of the actor's body, or change one; return its id.

    The handler's name and phone stand in every template: a closing line is added where they are
    missing. Raises ``BadInput`` with the field's name, ``Missing`` for another body's template.
    """
    _require_handler(actor)
    name = words(title, 2, LONGEST_TITLE, "请给模板起个名字。", "title")
    said = words(text, 10, LONGEST_TEXT, "模板太短，请写清答复的话。", "text")
    if not (NAME in said and PHONE in said):
        said = f"{said}\n{CLOSING}"
    row = ReplyTemplate() if template_id is None else own_template(actor, template_id, lock=True)
    row.county, row.body_id, row.title, row.text = actor.county, actor.body_id or 0, name, said
    row.label, row.changed_at = actor.label, clock.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise BadInput("你们单位已经有同名的模板，请换个名字。", "title") from None
    _trace(actor, "template.save", row)
    return row.pk


@transaction.atomic
def retire_template(*, actor: Actor, template_id: int) -> None:
    """Take a template out of use; answers given with it stay. Raises ``Missing``."""
    _require_handler(actor)
    row = own_template(actor, template_id, lock=True)
    row.retired_at = clock.now()
    row.save(update_fields=["retired_at"])
    _trace(actor, "template.retire", row)


@transaction.atomic
def reply(*, actor: Actor, county: str, number: str, version: int, text: str) -> None:
    """Answer a case with the filled words of a template; the work counts as begun.

    Raises ``BadInput`` while a blank is unfilled or when the handler's name or the office's phone
    was taken out, ``Refused`` as ``answer`` does.
    """
    empty = BLANK.search(text)
    if empty:
        raise BadInput(f"“{empty[0]}”还没有填，填好再答复。", "reply")
    case = lock_beside(county, number, actor)
    require(policies_beside.may_reply(actor, case))
    phone = accounts.body(case.body_id).phone
    if not phone:
        raise BadInput("你们单位还没有登记办公电话，答复里要留电话，请先登记。", "reply")
    if actor.label not in text or phone not in text:
        raise BadInput(f"答复里要写明办理人{actor.label}和电话 {phone}。", "reply")
    answer_at_once(actor=actor, county=county, number=number, version=version, text=text)


def own_template(actor: Actor, template_id: int, *, lock: bool = False) -> ReplyTemplate:
    """Return a template in use of the actor's body. Raises ``Missing``."""
    rows = ReplyTemplate.objects.select_for_update() if lock else ReplyTemplate.objects.all()
    row = rows.filter(
        county=actor.county, body_id=actor.body_id or 0, retired_at__isnull=True, pk=template_id
    ).first()
    if row is None:
        raise Missing(str(template_id))
    return row


def _require_handler(actor: Actor) -> None:
    if not policies.handles(actor) or not actor.county:
        raise Missing("templates")


def _trace(actor: Actor, verb: str, row: ReplyTemplate) -> None:
    audit.record(
        actor=actor,
        verb=verb,
        thing="template",
        thing_id=str(row.pk),
        county=actor.county,
        detail={"body": row.body_id},
    )
