"""常用筛选: what one post likes to see of the work list."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from mingbai.audit import commands as audit
from mingbai.cases import policies
from mingbai.cases.commands.beside import officer, words
from mingbai.cases.models import SavedFilter
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing

MOST = 12


@transaction.atomic
def save_filter(*, actor: Actor, name: str, query: str) -> None:
    """Keep a query of the work list under a name; the same name is written over. Raises ``BadInput``."""
    if not policies.handles(actor):
        raise Missing("filters")
    called = words(name, 1, 20, "请给这组条件起个名字。", "name")
    person, _ = officer(actor)
    own = _own(actor)
    if own.count() >= MOST and not own.filter(name=called).exists():
        raise BadInput(f"最多留 {MOST} 组，请先删掉一组。", "name")
    SavedFilter.objects.update_or_create(
        county=actor.county,
        post_id=actor.post_id or 0,
        name=called,
        defaults={"person_id": person, "query": query[:400]},
    )
    _trace(actor, "save")


@transaction.atomic
def delete_filter(*, actor: Actor, filter_id: int) -> None:
    """Forget one of the actor's own. Raises ``Missing``."""
    if not _own(actor).filter(pk=filter_id).delete()[0]:
        raise Missing(str(filter_id))
    _trace(actor, "delete")


@transaction.atomic
def open_with_filter(*, actor: Actor, filter_id: int) -> bool:
    """Let the work list open with this one, or no longer if it did. Raises ``Missing``."""
    chosen = _own(actor).select_for_update().filter(pk=filter_id).first()
    if chosen is None:
        raise Missing(str(filter_id))
    wanted = not chosen.is_default
    _own(actor).filter(is_default=True).update(is_default=False)
    try:
        with transaction.atomic():
            _own(actor).filter(pk=filter_id).update(is_default=wanted)
    except IntegrityError:
        raise BadInput("刚才在别处也改了，请再点一次。") from None
    _trace(actor, "default")
    return wanted


def _own(actor: Actor) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(county=actor.county, post_id=actor.post_id or 0)


def _trace(actor: Actor, what: str) -> None:
    audit.record(
        actor=actor,
        verb=f"filter.{what}",
        thing="post",
        thing_id=str(actor.post_id),
        county=actor.county,
    )
