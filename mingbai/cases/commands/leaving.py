"""Where a case leaves the ladder of village, town and county: the petition office, the sealed channel."""

from __future__ import annotations

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.erasing import erase
from mingbai.cases.commands.moving import Step, check, lock, move
from mingbai.cases.commands.staffing import petition_office, staffed
from mingbai.cases.commands.typed import SHORT, said
from mingbai.cases.models import Attachment, Case, CaseEvent, Contact
from mingbai.kernel import ports, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Refused
from mingbai.notices import commands as notices

NO_OFFICE = "县信访局还没有进平台。请告诉反映人信访局的地址和电话，不要转。"
NEWS = "你反映的事项有新进展"
NO_KEY = "县纪委监委还没有设好接收密钥，现在转不过去，请直接联系他们。"


@transaction.atomic
def transfer(*, actor: Actor, county: str, number: str, version: int, reason: str) -> None:
    """Hand the case to the county's petition office, which registers it within 15 days (第二十二条).

    Raises ``Refused`` when no petition office works on the platform or it has given its opinion once.
    """
    why = said(reason, 6, "请写明为什么属于信访事项，反映人看得到。", "reason", most=SHORT)
    case = lock(county, number, actor)
    check(case, "transfer", actor, version)
    office = petition_office(case)
    if office is None:
        raise Refused(NO_OFFICE)
    step = Step(text=why, receiver=office)
    move(case, "transfer", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def register(*, actor: Actor, county: str, number: str, version: int) -> None:
    """As the petition office, accept the case: 60 days from now (第三十四条)."""
    case = lock(county, number, actor)
    move(case, "register", actor, version=version, step=Step(), clocks=Clockmaker())


@transaction.atomic
def send_back(*, actor: Actor, county: str, number: str, version: int, reason: str) -> None:
    """As the petition office, return what is no petition, within 5 working days, with grounds (第二十三条)."""
    why = said(reason, 6, "请写明为什么不属于信访事项。", "reason", most=SHORT)
    case = lock(county, number, actor)
    back = accounts.body(case.from_body_id or case.first_body_id)
    step = Step(text=why, receiver=staffed(back))
    move(case, "send_back", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def conclude(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    demand: str,
    facts: str,
    opinion: str,
    basis: str,
) -> None:
    """Give the written opinion: demand, facts, opinion and its basis (第三十二条); then it is answered."""
    parts = (
        ("诉求", said(demand, 4, "请写明信访人的诉求。", "demand")),
        ("查明", said(facts, 4, "请写明查明的事实。", "facts")),
        ("意见", said(opinion, 4, "请写明处理意见。", "opinion")),
        ("依据", said(basis, 4, "请写明依据的法律、法规或政策。", "basis")),
    )
    case = lock(county, number, actor)
    step = Step(text="\n".join(f"{word}：{text}" for word, text in parts))
    move(case, "conclude", actor, version=version, step=step, clocks=Clockmaker())


@transaction.atomic
def hand_to_clues(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Seal the case to the county's discipline office and leave what a clerk's retraction leaves.

    Nothing tells afterwards that there was a clue: number, state, step, trail and the missing words
    are those of a filing taken back. What was merged into the case goes with it. The reporter hears that there is news, and no more.
    Raises ``Refused`` when the office has no key yet; nothing has happened then.
    """
    case = lock(county, number, actor)
    check(case, "hand_to_clues", actor, version)
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("body")
    for one in [case, *rows.filter(county=county, merged_into=case).order_by("id")]:
        if not ports.clue_intake()(_material(one, actor)):
            raise Refused(NO_KEY)
        reporter = one.reporter_id
        erase(one)
        if reporter is not None:
            notices.notify(person_ids=[reporter], county=county, title=NEWS, text=f"{NEWS}。")


def _material(case: Case, actor: Actor) -> ports.ClueMaterial:
    contact = Contact.objects.filter(county=case.county, case=case).first()
    phone = ""
    if contact is not None:
        phone = sealing.unseal(contact.phone_sealed, f"contact:{case.county}:{case.pk}")
    elif case.reporter_id is not None:
        phone = accounts.phone_of(case.reporter_id)
    steps = CaseEvent.objects.filter(county=case.county, case=case).exclude(text="")
    told = [f"{e.at:%Y-%m-%d} {e.label}：{e.text}" for e in steps.order_by("at", "id")]
    files = Attachment.objects.filter(county=case.county, case=case, kind="photo")
    lines = [case.title, case.text, case.place, case.source_text, *told]
    lines.append(f"由{case.body.name}{actor.label}从诉求件转交。")
    return ports.ClueMaterial(
        county=case.county,
        region=case.region,
        source=case.source,
        text="\n".join(line for line in lines if line),
        said_at=case.submitted_at,
        author=phone,
        attachments=[file.digest for file in files],
    )
