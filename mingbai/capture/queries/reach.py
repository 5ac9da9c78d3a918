"""Who reads what: the clerk's territory, the mark that talk was read, and the names of clerks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from mingbai.accounts import queries as accounts
from mingbai.audit.commands import record
from mingbai.audit.queries import has_entry
from mingbai.capture import policies
from mingbai.capture.models import ChatGroup
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.kernel.fields import inside

LEFT = "已离岗的人"


def require_clerk(actor: Actor) -> None:
    """Raise ``Missing`` for everybody who may not read talk."""
    if not policies.may_read_talk(actor):
        raise Missing


def reads_talk(actor: Actor) -> bool:
    """Whether the actor may read talk."""
    return bool(policies.may_read_talk(actor))


def territory(actor: Actor, field: str = "region", county: str = "county") -> Q:
    """Return the filter "inside the actor's territory"; it names the county where there is one."""
    here = inside(actor.scope, field)
    return here & Q(**{county: actor.county}) if actor.county else here


def start_of_today() -> datetime:
    """Return midnight in Shanghai."""
    return clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def note_reading(actor: Actor, group: ChatGroup) -> None:
    """Put on record that the actor reads the talk of a group, once per group and day."""
    thing, verb = "chat_group", "read_talk"
    known = has_entry(
        person_id=actor.person_id,
        verb=verb,
        thing=thing,
        thing_id=str(group.pk),
        since=start_of_today(),
    )
    if not known:
        record(actor=actor, verb=verb, thing=thing, thing_id=str(group.pk), region=group.region)


def names_of(people: Iterable[int | None]) -> dict[int, str]:
    """Return the names of clerks by person; one query each, and there are few of them."""
    found = {}
    for person in {p for p in people if p}:
        posts = accounts.posts_today(person)
        found[person] = posts[0].person_name if posts else LEFT
    return found
