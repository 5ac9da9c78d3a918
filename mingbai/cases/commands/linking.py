"""Cases that are one and cases that are several: merging with a way back, splitting."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F

from mingbai.audit import commands as audit
from mingbai.cases import policies, words
from mingbai.cases.commands import intake
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.moving import Step, lock, move, note, write_event
from mingbai.cases.commands.typed import said
from mingbai.cases.models import Case, Contact, Support
from mingbai.cases.states import BY_VERB, State, county_of
from mingbai.kernel import clock, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require


@transaction.atomic
def merge(*, actor: Actor, county: str, number: str, version: int, into: str) -> None:
    """Merge the case into another open one of the territory; reporter and supporters follow.

    Raises ``BadInput`` for a number that there is not, ``Refused`` where the other case is closed or
    its reporter could not follow it. Undone by ``unmerge`` while nobody has touched the other.
    """
    wanted = into.strip()
    if county_of(wanted) != county or wanted == number:
        raise BadInput("请填同一个县里另一件的件号。", "into")
    first, second = sorted([number, wanted])  # always in one order, so that two merges cannot lock
    both = {n: _locked(county, n, actor, number) for n in (first, second)}
    case, target = both[number], both[wanted]
    require(policies.may_merge_into(case, target))
    case.merged_into, case.merged_version = target, target.version + 1
    step = Step(text=f"并入 {target.number}")
    move(case, "merge", actor, version=version, step=step, clocks=Clockmaker())
    came = _follow(case, target)
    write_event(target, "merged_here", actor, text=f"{case.number} 并了进来。")
    note(target, actor, "merged_here", number=case.number, supports=came)


@transaction.atomic
def unmerge(*, actor: Actor, county: str, number: str, version: int) -> None:
    """Take a merge back: the case goes on by itself, and those who followed come back with it."""
    case = lock(county, number, actor)
    target = case.merged_into
    if target is not None:
        rows = Case.objects.select_for_update(of=("self",), no_key=True)
        case.merged_into = target = rows.get(county=county, pk=target.pk)
    move(case, "unmerge", actor, version=version, step=Step(), clocks=Clockmaker())
    assert target is not None
    gone = Support.objects.filter(county=county, case=target, via=case).delete()[0]
    Case.objects.filter(county=county, pk=target.pk).update(supports=F("supports") - gone)
    write_event(target, "unmerged", actor, text=f"{case.number} 重新单独办理。")
    note(target, actor, "unmerged", number=case.number, supports=gone)
    case.merged_into, case.merged_version = None, 0
    case.save(update_fields=["merged_into", "merged_version"])


@transaction.atomic
def split(
    *,
    actor: Actor,
    county: str,
    number: str,
    version: int,
    token: UUID,
    text: str,
    field: str,
) -> str:
    """Make a case of its own from a part of this one; return its number.

    It has the same reporter and the same body, its own words, field and clock. The same ``token``
    returns the number given before.
    """
    part = said(text, 4, "请写清拆出来的是哪一件事。", "text")
    case = lock(county, number, actor)
    require(policies.may_person(actor, case, BY_VERB["split"]))
    known = Case.objects.filter(county=county, token=token).first()
    if known is not None and known.split_from_id == case.pk:
        return known.number
    if known is not None:
        raise Refused("页面过期了，请刷新再办。")
    intake.known_field(field)
    [fresh] = intake.next_numbers(county, 1)
    step = Step(text=f"拆出 {fresh}")
    move(case, "split", actor, version=version, step=step, clocks=Clockmaker())
    made = _part_of(case, fresh, token, part, field)
    made.save(force_insert=True)
    _copy_contact(case, made)
    write_event(made, "submit", actor, text=f"从 {case.number} 拆出。")
    audit.record(
        actor=actor,
        verb="case.submit",
        thing="case",
        thing_id=fresh,
        region=made.region,
        county=county,
        after=intake.first_state(made),
        detail={"source": made.source, "field": field, "from": case.number},
    )
    intake.announce(made)
    return fresh


def _locked(county: str, number: str, actor: Actor, own: str) -> Case:
    try:
        case = lock(county, number, actor)
    except Missing:
        if number == own:
            raise
        raise BadInput("没有这个件号，或者它不在你的辖区。", "into") from None
    if number != own and not policies.may_open(actor, case):
        raise BadInput("没有这个件号，或者它不在你的辖区。", "into")
    return case


def _follow(case: Case, target: Case) -> int:
    """Let the reporter and the supporters of ``case`` stand behind ``target``; return how many came."""
    there = Support.objects.filter(county=case.county, case=target)
    people = {p for p in there.values_list("person_id", flat=True) if p}
    members = set(there.exclude(member="").values_list("member", flat=True))
    came: list[Support] = []

    def add(person: int | None, member: str) -> None:
        if (person and (person in people or person == target.reporter_id)) or (
            member and member in members
        ):
            return
        people.add(person or 0)
        members.add(member)
        came.append(
            Support(
                county=case.county,
                case=target,
                person_id=person,
                member=member,
                at=clock.now(),
                via=case,
            )
        )

    # Somebody who said it in a group has no account; the number of the case stands for them.
    add(case.reporter_id, "" if case.reporter_id else case.number)
    for person, member in Support.objects.filter(county=case.county, case=case).values_list(
        "person_id", "member"
    ):
        add(person, member)
    Support.objects.bulk_create(came)
    Case.objects.filter(county=case.county, pk=target.pk).update(supports=F("supports") + len(came))
    return len(came)


def _part_of(case: Case, number: str, token: UUID, text: str, field: str) -> Case:
    made = Case(
        county=case.county,
        number=number,
        token=token,
        region=case.region,
        source=case.source,
        kind=case.kind,
        field=field,
        urgent=case.urgent,
        title=words.title_of(text),
        text=text,
        place=case.place,
        lat=case.lat,
        lon=case.lon,
        is_public=case.is_public,
        reporter_id=case.reporter_id,
        state=State.SUBMITTED,
        level=case.level,
        body_id=case.body_id,
        first_body_id=case.first_body_id,
        submitted_at=clock.now(),
        received_at=clock.now(),
        split_from=case,
        search=intake.vector(words.title_of(text), text, case.place),
    )
    Clockmaker().restart(made)
    return made


def _copy_contact(case: Case, made: Case) -> None:
    """Seal the reporter's phone anew: the seal names the case that it belongs to."""
    contact = Contact.objects.filter(county=case.county, case=case).first()
    if contact is None:
        return
    phone = sealing.unseal(contact.phone_sealed, f"contact:{case.county}:{case.pk}")
    Contact.objects.create(
        county=made.county,
        region=made.region,
        case=made,
        phone_sealed=sealing.seal(phone, f"contact:{made.county}:{made.pk}"),
        phone_index=contact.phone_index,
        for_family=contact.for_family,
    )
