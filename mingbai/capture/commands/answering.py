"""Answering questions with policies: one tap answers the case and puts the answer on its way to the group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from mingbai.audit.commands import record
from mingbai.capture import policies
from mingbai.capture.models import PolicyNote
from mingbai.capture.queries.answers import group_of
from mingbai.cases import commands as cases
from mingbai.cases import queries as case_queries
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.kernel.ports import GroupAddress
from mingbai.notices import commands as notices

LONGEST = 600


@dataclass(frozen=True)
class Sent:
    """What became of an answer: ``group`` is the group's name, empty when it is not known any more."""

    group: str
    by_hand: bool


def send_answer(
    *, actor: Actor, number: str, version: int, text: str, knowing: bool = False
) -> Sent:
    """Answer the question's case with ``text`` and tell the group in which it was asked.

    Raises ``Missing`` outside the actor's desk, ``Refused`` when somebody was quicker, ``BadInput``
    for an answer that is too short, ``Doubted`` for a poor one unless ``knowing``; nothing has happened then.
    """
    if not policies.may_answer(actor):
        raise Missing
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        open_ones = {one.number: one for one in case_queries.questions_to_answer(actor)}
        asked = open_ones.get(number)
        if asked is None:
            raise Refused("这一问已经不在你单位手里，或者已经答复了，请刷新看看。")
        cases.answer_at_once(
            actor=actor,
            county=actor.county,
            number=number,
            version=version,
            text=text,
            knowing=knowing,
        )
        group = group_of(actor.county, asked)
        if group is None:
            return Sent("", by_hand=False)
        made = notices.tell_group(
            actor=actor,
            region=group.region,
            address=GroupAddress(group.platform, group.external_id),
            group_name=group.name,
            text=f"群里问的事，答复如下：{text.strip()}"[:LONGEST],
            link=f"/c/{number}",
            thing="case",
            thing_id=number,
        )
        return Sent(group.name, by_hand=made.state != made.State.WAITING)


def keep_policy(
    *,
    actor: Actor,
    region: str,
    title: str,
    text: str,
    source: str,
    field: str,
    since: date,
    until: date | None,
    note_id: int | None = None,
    version: int = 0,
) -> PolicyNote:
    """Write a policy answer, or change the one with ``note_id``.

    Raises ``Refused`` for a region outside the actor's or when somebody changed it meanwhile,
    ``BadInput`` when it would end before it begins.
    """
    require(policies.may_keep_policies(actor))
    if not actor.covers(region):
        raise Refused("这个地方不在你的范围内。")
    if until is not None and until < since:
        raise BadInput("停用日期早于起用日期，请改一下。", "until")
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        if note_id is None:
            note = PolicyNote(county=actor.county)
        else:
            rows = PolicyNote.objects.select_for_update().filter(county=actor.county, pk=note_id)
            found = rows.first()
            if found is None or not actor.covers(found.region):
                raise Missing
            if found.version != version:
                raise Refused("这一条刚被别人改过，请刷新再改。")
            note = found
            note.version += 1
        note.region, note.title, note.text, note.source = region, title, text, source
        note.field, note.since, note.until = field, since, until
        note.words = None
        note.save()
        words = Value(case_queries.search_tokens(f"{title} {text}"))
        PolicyNote.objects.filter(county=actor.county, pk=note.pk).update(
            words=SearchVector(words, config="simple")
        )
        record(actor=actor, verb="keep", thing="policy", thing_id=str(note.pk), region=region)
    return note


def retire_policy(*, actor: Actor, note_id: int, version: int) -> None:
    """Take a policy answer out of use at once; it stays on record."""
    require(policies.may_keep_policies(actor))
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        rows = PolicyNote.objects.select_for_update().filter(county=actor.county, pk=note_id)
        note = rows.first()
        if note is None or not actor.covers(note.region):
            raise Missing
        if note.version != version:
            raise Refused("这一条刚被别人改过，请刷新再改。")
        note.until = clock.today() - timedelta(days=1)
        note.version += 1
        note.save(update_fields=["until", "version"])
        record(
            actor=actor, verb="retire", thing="policy", thing_id=str(note.pk), region=note.region
        )
