"""同类排查 (YA8): from a solved case, the same thing is looked at in other villages."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid5

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases import policies, policies_beside
from mingbai.cases.commands.beside import day, lock_beside, officer, words
from mingbai.cases.commands.intake import submit_case
from mingbai.cases.commands.relating import link
from mingbai.cases.commands.steps import record
from mingbai.cases.models import Case, Relation, Sweep, SweepItem
from mingbai.cases.queries.beside import suggested, sweepable
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.notices import commands as notices

LONGEST, LONGEST_TEXT = 200, 400
_TOKENS = UUID("6f1d0c5e-6a5b-4a0e-9a53-0f5f8a1c2b77")


@transaction.atomic
def start_sweep(
    *, actor: Actor, county: str, number: str, what: str, villages: Collection[str], until: str
) -> int:
    """Give each of the ticked villages a line to look at until a day; return how many there are.

    Raises ``Refused`` unless the case is solved and the actor's territory is wider than a village,
    ``BadInput`` with the field's name.
    """
    asked = words(what, 4, LONGEST, "请写清要查什么。", "what")
    last = day(until)
    case = lock_beside(county, number, actor)
    require(policies_beside.may_sweep(actor, case))
    allowed = {village.code for village in sweepable(actor, case)}
    chosen = sorted(set(villages) & allowed)
    if not chosen:
        raise BadInput("请至少勾一个村。", "villages")
    person, asking = officer(actor)
    sweep = Sweep.objects.create(
        county=county,
        region=actor.region,
        case=case,
        what=asked,
        until=last,
        asked_at=clock.now(),
        label=actor.label,
        person_id=person,
        body_id=asking,
    )
    bodies = _bodies(chosen)
    SweepItem.objects.bulk_create(
        SweepItem(county=county, region=village, sweep=sweep, body_id=body, until=last)
        for village, body in bodies.items()
    )
    record(case, actor, "sweep", sweep=sweep.pk, villages=len(bodies))
    for body in sorted(set(bodies.values())):
        notices.notify_body(
            body_id=body,
            county=county,
            title="请查一查有没有同样的问题",
            text=f"{actor.label}请在 {last.month}月{last.day}日前查完，查完填一句。",
            link="/desk/cases/tasks",
            thing="sweep",
            thing_id=str(sweep.pk),
        )
    return len(bodies)


@transaction.atomic
def report_clear(*, actor: Actor, item_id: int, text: str) -> None:
    """Say that the village was looked at and nothing was found. Raises ``Missing``, ``Refused``."""
    item = _lock(actor, item_id)
    said = text.strip()
    # The words that stood ready for a case were not meant where nothing was found.
    told = "" if said == suggested(item.sweep.what) else said[:LONGEST_TEXT]
    _close(actor, item, told, found=False)


@transaction.atomic
def report_found(*, actor: Actor, item_id: int, text: str, place: str = "") -> str:
    """File what was found as a case of the village, linked to the first one; return its number.

    Raises ``Missing``, ``Refused`` when the line is closed, ``BadInput`` for words that are too short.
    """
    item = _lock(actor, item_id)
    said = words(text, 4, LONGEST_TEXT, "请写清在哪里、什么情况。", "text")
    with scopes.widen(
        item.county
    ):  # the first case may lie in a village that the finder does not see
        first = Case.objects.get(county=item.county, pk=item.sweep.case_id)
        number = submit_case(
            actor=actor,
            token=uuid5(_TOKENS, f"{item.county}:{item.pk}"),
            region=item.region,
            text=said,
            field=first.field,
            place=place,
            source=Case.Source.DESK.value,
        )
        made = Case.objects.get(county=item.county, number=number)
        link(first, made, Relation.Why.SWEEP.value, actor.label)
    item.made = made
    _close(actor, item, said, found=True)
    return number


def _lock(actor: Actor, item_id: int) -> SweepItem:
    rows = SweepItem.objects.select_for_update(of=("self",)).select_related("sweep")
    item = rows.filter(county=actor.county, pk=item_id).first()
    if item is None or item.body_id != actor.body_id or not policies.handles(actor):
        raise Missing(str(item_id))
    if item.done_at is not None:
        raise Refused("这一项已经有人查过、填过了。")
    return item


def _close(actor: Actor, item: SweepItem, text: str, *, found: bool) -> None:
    item.done_at, item.found, item.text, item.label = clock.now(), found, text, actor.label
    item.save(update_fields=["done_at", "found", "text", "label", "made"])
    audit.record(
        actor=actor,
        verb="case.sweep_found" if found else "case.sweep_clear",
        thing="sweep",
        thing_id=str(item.sweep_id),
        region=item.region,
        county=item.county,
        detail={"item": item.pk},
    )


def _bodies(villages: Collection[str]) -> dict[str, int]:
    """Return who looks in each village; one without any office is left out."""
    found = {village: accounts.village_body(village) for village in villages}
    return {village: body.id for village, body in found.items() if body is not None}
