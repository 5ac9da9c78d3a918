"""The registry of groups: which group is whose, how many it reaches, what was announced."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from mingbai.audit.commands import record
from mingbai.capture import policies
from mingbai.capture.models import ChatGroup, ConsentNotice
from mingbai.kernel import clock, scopes
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused, require
from mingbai.regions import queries as regions

SHORTEST_NOTICE = 40
HOLDS_GROUPS = (regions.Level.VILLAGE, regions.Level.LOCAL)


def register_group(
    *,
    actor: Actor | None,
    region: str,
    platform: str,
    external_id: str,
    name: str,
    owner: str = "",
    members: int = 0,
    households: int = 0,
    consent_on: date | None = None,
    mode: str = ChatGroup.Mode.AUTOMATIC,
) -> int:
    """Write a group into the registry, or bring its line up to date; return its id.

    Raises ``Missing`` for an unknown village, ``Refused`` outside of the actor's territory or when
    another village has the group, ``BadInput`` when more households are covered than there are.
    """
    platform, external_id = platform.strip(), external_id.strip()
    if not external_id:
        raise BadInput("请填写平台群号。", "external_id")
    line = _line(actor, region, name, owner, members, households, consent_on, mode)
    with scopes.enter(scope=_scope(actor, region)):
        try:
            with transaction.atomic():
                group, made = ChatGroup.objects.update_or_create(
                    county=region[:6],
                    platform=platform,
                    external_id=external_id,
                    defaults=line | {"is_active": True},
                )
        except IntegrityError as taken:  # a line outside of this scope is invisible, not absent
            raise Refused("这个群号已经登记在别的村，请找县里的群工办专员核对。") from taken
        _note(actor, "register" if made else "change", group)
    return group.pk


def change_group(
    *,
    actor: Actor,
    group_id: int,
    region: str,
    name: str,
    owner: str,
    members: int,
    households: int,
    consent_on: date | None,
    mode: str,
) -> None:
    """Bring the line of a registered group up to date; platform and number stay.

    Raises ``Missing`` for a group outside of the actor's territory, else as ``register_group``.
    """
    line = _line(actor, region, name, owner, members, households, consent_on, mode)
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        group = ChatGroup.objects.select_for_update(no_key=True).filter(pk=group_id).first()
        if group is None or not actor.covers(group.region):
            raise Missing
        if group.county != region[:6]:
            raise BadInput("群不能改到别的县。", "region")
        for field, value in line.items():
            setattr(group, field, value)
        group.save(update_fields=list(line))
        _note(actor, "change", group)


def record_notice(*, actor: Actor, group_id: int, posted_on: date, text: str) -> int:
    """Keep what a group was told about the capture, word for word, and when; return the record's id.

    The group's own date is the latest notice's. A notice is never changed: a new one is posted.
    Source: 个人信息保护法第十七条. Raises ``Missing`` for a group outside of the actor's territory,
    ``Refused`` for those who only look, ``BadInput`` for a day to come or for no words.
    """
    if posted_on > clock.today():
        raise BadInput("日期不能晚于今天。", "posted_on")
    if len(text.strip()) < SHORTEST_NOTICE:
        raise BadInput("说明太短了：谁采集、为什么、存什么、存多久、怎么拒绝，都要写到。", "text")
    with scopes.enter(scope=actor.scope, person=actor.person_id):
        rows = ChatGroup.objects.select_for_update(no_key=True)
        group = rows.filter(pk=group_id, is_active=True).first()
        if group is None or not actor.covers(group.region):
            raise Missing
        require(policies.may_keep_groups(actor, group.region))
        assert actor.person_id is not None
        notice = ConsentNotice.objects.create(
            county=group.county,
            group=group,
            posted_on=posted_on,
            text=text.strip(),
            by_person=actor.person_id,
            at=clock.now(),
        )
        group.consent_on = max(filter(None, (group.consent_on, posted_on)))
        group.save(update_fields=["consent_on"])
        _note(actor, "notice", group)
    return notice.pk


def _line(
    actor: Actor | None,
    region: str,
    name: str,
    owner: str,
    members: int,
    households: int,
    consent_on: date | None,
    mode: str,
) -> dict[str, Any]:
    """Check what was typed and return it as columns."""
    village = regions.region(region)
    if actor is not None:
        require(policies.may_keep_groups(actor, region))
    if village.level not in HOLDS_GROUPS:
        raise BadInput("群要登记到村或社区。", "region")
    if village.households is not None and households > village.households:
        raise BadInput(
            f"{village.name}共 {village.households} 户，覆盖户数不能更多。", "households"
        )
    if not name.strip():
        raise BadInput("请填写群名。", "name")
    return {
        "region": region,
        "name": name.strip(),
        "owner": owner.strip(),
        "members": members,
        "households": households,
        "consent_on": consent_on,
        "mode": mode,
    }


def _scope(actor: Actor | None, region: str) -> str:
    """The system acts for the county, so that it finds the group in whichever village it is."""
    return region[:6] if actor is None else actor.scope


def _note(actor: Actor | None, verb: str, group: ChatGroup) -> None:
    record(actor=actor, verb=verb, thing="chat_group", thing_id=str(group.pk), region=group.region)
