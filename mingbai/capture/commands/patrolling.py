"""Going through the groups (巡群): read through, take up what the machine missed, seal, note an objection."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from mingbai.audit.commands import record
from mingbai.capture import policies, queries
from mingbai.capture.commands import intake, reviewing, talking
from mingbai.capture.models import ChatGroup, Finding, Member, Message, PatrolDay
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import ClueMaterial, clue_intake

BY_HAND = "人工巡群"
MOST_LINES = 40
LONGEST, TITLE = 4000, 24
_STOPS = "。！？!?；;，,\n"
_GONE = "勾的话里有的刚被撤回或者到期删除了，请重新勾选。"
_MARK = """
INSERT INTO capture_patrolmark AS k (county, region, group_id, post_id, read_through, last_message)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (county, group_id, post_id) DO UPDATE
SET read_through = greatest(k.read_through, excluded.read_through),
    last_message = greatest(k.last_message, excluded.last_message)
"""
_TALKED = """
INSERT INTO capture_patrolday (county, region, group_id, post_id, day)
SELECT DISTINCT m.county, m.region, m.group_id, 0, (m.digested_at AT TIME ZONE 'Asia/Shanghai')::date
FROM capture_message m WHERE m.county = %s AND m.digested_at IS NOT NULL AND NOT m.held
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Taken:
    """A finding made by hand, and the number of its case if it was filed straight away."""

    finding_id: int
    number: str


def read_through(*, actor: Actor, group_id: int, shown: str) -> None:
    """Note that the post has read a group as far as its page reached (``shown``, from the page).

    What arrived meanwhile stays unread; a page from earlier never takes a later mark back. Raises
    ``Missing`` outside of the territory, ``BadInput`` for a reach that is none.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        group = queries.patrolled(actor, group_id)
        reach, newest = queries.Shown.parse(shown), queries.reach_of(queries.talk_of(group))
        if newest is not None:  # nobody reads ahead, whatever the form says
            reach = queries.Shown(min(reach.at, newest.at), min(reach.last, newest.last))
            with connection.cursor() as cursor:
                cursor.execute(
                    _MARK,
                    [group.county, group.region, group.pk, actor.post_id, reach.at, reach.last],
                )
        _note_day(actor, group)
        record(
            actor=actor,
            verb="patrol",
            thing="chat_group",
            thing_id=str(group.pk),
            region=group.region,
        )


def take_up(
    *,
    actor: Actor,
    group_id: int,
    lines: Sequence[int],
    kind: str,
    field: str,
    sub: str = "",
    place: str = "",
    urgent: bool = False,
    straight: bool = True,
) -> Taken:
    """Make a finding of lines that the machine passed over; file it, or leave it to the review desk.

    Raises ``Refused`` when a line was taken back meanwhile or belongs to something already,
    ``BadInput`` when nothing was ticked or nothing in it has words.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        group, messages = _lines(actor, group_id, lines)
        for message in messages:
            if message.finding and message.finding.status != Finding.Status.DISMISSED:
                raise Refused(f"勾的话里有的已经在“{message.finding.title}”里了。")
        finding = _by_hand(group, messages)
        reviewing.describe(finding, kind=kind, field=field, sub=sub, place=place, urgent=urgent)
        finding.save(force_insert=True)
        Message.objects.filter(county=group.county, pk__in=[m.pk for m in messages]).update(
            finding=finding
        )
        if straight:
            number = reviewing.file(actor, finding, "file", reviewing.state_of(finding))
            return Taken(finding.pk, number)
        record(
            actor=actor,
            verb="take_up",
            thing="finding",
            thing_id=str(finding.pk),
            region=finding.region,
        )
        return Taken(finding.pk, "")


def seal_lines(*, actor: Actor, group_id: int, lines: Sequence[int]) -> None:
    """Hand lines over as a possible clue; every trace of them here is deleted.

    Raises ``Refused`` without a key, and for lines that are a case already: its words stand there
    too, so the case goes first. There is no undo and no audit entry.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        group, messages = _lines(actor, group_id, lines)
        for message in messages:
            if message.finding and message.finding.case_number:
                raise Refused(
                    f"勾的话里有的已经立了件（{message.finding.case_number}），先撤销立件再封存。"
                )
        rows = Message.objects.filter(county=group.county, pk__in=[m.pk for m in messages])
        said = talking.said(rows)
        taken = clue_intake()(
            ClueMaterial(
                county=group.county,
                region=group.region,
                source="chat",
                text=talking.transcript(said),
                said_at=said[0].said_at,
                author=talking.author(group, said),
            )
        )
        if not taken:
            raise Refused(reviewing.NO_KEY)
        intake.take_out(group.county, rows)


def note_objection(*, actor: Actor, group_id: int, line: int) -> str:
    """Note that the speaker of a line objects to the capture; return the pseudonym.

    What is in the inbox of theirs is deleted, and nothing of theirs comes in any more.
    """
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        group, (message,) = _lines(actor, group_id, [line])
        member = message.member
        if member.role != "villager":
            raise Refused("只有村民可以不同意采集，村干部和监督员是在履行职责。")
        member.consent = Member.Consent.DECLINED
        member.save(update_fields=["consent"])
        intake.take_out(group.county, Message.objects.filter(county=group.county, member=member))
        record(
            actor=actor,
            verb="decline",
            thing="chat_group",
            thing_id=str(group.pk),
            region=group.region,
        )
        return str(member.alias)


def note_talk_days(*, county: str) -> None:
    """Keep on which days which groups had new talk, before the talk is forgotten.

    The history of coverage is measured against it. Each post's first reading of a day does so; it
    may run as often as one likes.
    """
    with scopes.enter(scope=county), connection.cursor() as cursor:
        cursor.execute(_TALKED, [county])


def _note_day(actor: Actor, group: ChatGroup) -> None:
    assert actor.post_id is not None
    today = PatrolDay.objects.filter(county=group.county, post_id=actor.post_id, day=clock.today())
    if not today.exists():  # once a day is enough: the talk of three days is there to be noted
        note_talk_days(county=group.county)
    PatrolDay.objects.bulk_create(
        [
            PatrolDay(
                county=group.county,
                region=group.region,
                group=group,
                post_id=actor.post_id,
                day=clock.today(),
            )
        ],
        ignore_conflicts=True,
    )


def _lines(
    actor: Actor, group_id: int, lines: Sequence[int]
) -> tuple[ChatGroup, Sequence[Message]]:
    """Lock the group and return the ticked messages in the order of the talk."""
    if not policies.may_read_talk(actor):
        raise Missing
    wanted = set(lines)
    if not wanted:
        raise BadInput("请先勾选是哪几句。", "line")
    if len(wanted) > MOST_LINES:
        raise BadInput(f"一次最多勾 {MOST_LINES} 句。", "line")
    queries.patrolled(actor, group_id)
    group = ChatGroup.objects.select_for_update(no_key=True).get(pk=group_id)
    rows = queries.talk_of(group).filter(pk__in=wanted).select_related("member", "finding")
    messages = list(rows.order_by("said_at", "id"))
    if len(messages) != len(wanted):
        raise Refused(_GONE)
    return group, messages


def _by_hand(group: ChatGroup, messages: Sequence[Message]) -> Finding:
    """Return the finding (unsaved) that lines make."""
    words = [m.text.strip() for m in messages if m.text.strip()]
    if not words:
        raise BadInput("勾的几句里没有文字，请再勾上说清楚事情的那句。", "line")
    now = clock.now()
    said = "\n".join(m.external_id for m in messages)
    digest = hashlib.sha256(f"{group.pk} {now.isoformat()}\n{said}".encode()).hexdigest()
    return Finding(
        county=group.county,
        region=group.region,
        group=group,
        key=f"hand-{digest[:40]}",
        status=Finding.Status.REVIEW,
        title=_title(words[0]),
        text=" ".join(words)[:LONGEST],
        confidence=1.0,
        model=BY_HAND,
        said_at=messages[0].said_at,
        ended_at=messages[-1].said_at,
        found_at=now,
    )


def _title(text: str) -> str:
    """Return the first clause that says something, at most 24 characters."""
    end = next((n for n, c in enumerate(text) if c in _STOPS and n >= TITLE // 4), len(text))
    return text[: min(end, TITLE)]
