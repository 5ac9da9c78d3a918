"""Links between cases that belong together."""

from __future__ import annotations

from django.db import transaction

from mingbai.cases.commands.beside import lock_beside
from mingbai.cases.commands.steps import record
from mingbai.cases.models import Case, Relation
from mingbai.cases.queries.beside import RELATED_BY_HAND, openable
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing


@transaction.atomic
def relate(*, actor: Actor, county: str, number: str, other: str, why: str) -> None:
    """Link two cases that the actor may open, once. Raises ``BadInput`` for a number that is not one."""
    if why not in dict(RELATED_BY_HAND):
        raise BadInput("请选这两件为什么相关。", "why")
    case = lock_beside(county, number, actor)
    found = openable(actor, county, other.strip())
    if found is None:
        raise BadInput("没有这件，或者你看不到它，请核对件号。", "other")
    if found.pk == case.pk:
        raise BadInput("这是同一件，不用连。", "other")
    if link(case, found, why, actor.label):
        record(case, actor, "relate", other=found.number, why=why)


@transaction.atomic
def unrelate(*, actor: Actor, county: str, number: str, relation_id: int) -> None:
    """Take a link away, from either of the two cases. Raises ``Missing``."""
    case = lock_beside(county, number, actor)
    found = Relation.objects.filter(county=county, pk=relation_id).first()
    if found is None or case.pk not in {found.case_id, found.other_id}:
        raise Missing(str(relation_id))
    found.delete()
    record(case, actor, "unrelate", relation=relation_id)


def link(one: Case, two: Case, why: str, label: str) -> bool:
    """Write the link of two cases of one county; False when they were linked before."""
    first, second = sorted((one, two), key=lambda case: case.pk)
    _, new = Relation.objects.get_or_create(
        county=first.county,
        case=first,
        other=second,
        defaults={
            "region": first.region,
            "other_region": second.region,
            "why": why,
            "at": clock.now(),
            "label": label,
        },
    )
    return new
