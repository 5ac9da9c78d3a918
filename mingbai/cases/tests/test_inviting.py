"""现场邀请: who may be asked to watch the work, who answers, who hears that it is off."""

from __future__ import annotations

from typing import Any

import pytest

from mingbai.cases import commands, queries
from mingbai.cases.models import CaseEvent, Invitation, Reply
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.notices.models import Notice

COUNTY = "350525"
WHEN = "2026-11-25T09:00"


def invite(cast: Any, case: Any, who: str = "officer", **more: Any) -> int:
    given = {"whom": "village", "meet_at": WHEN, "place": "老槐树下"} | more
    return commands.invite_on_site(
        actor=cast.actor(who), county=COUNTY, number=case.number, **given
    )


def reply(actor: Any, case: Any, comes: bool) -> None:
    commands.reply_to_invitation(
        actor=actor,
        county=COUNTY,
        number=case.number,
        invitation=Invitation.objects.get().pk,
        comes=comes,
    )


def test_the_village_is_asked_answers_and_hears_that_it_is_off(
    cast: Any, file: Any, neighbours: Any
) -> None:
    case = file("handling")
    people = neighbours(2)
    assert invite(cast, case) == 4
    assert CaseEvent.objects.get(verb="onsite").text == "11月25日 09:00，老槐树下，请全村村民来看。"
    reply(people[0], case, comes=True)
    reply(people[1], case, comes=True)
    reply(people[1], case, comes=False)
    [seen] = queries.taking_part(COUNTY, case.number, people[0]).invitations
    assert (seen.coming, seen.not_coming, seen.mine) == (1, 1, True)
    commands.call_off_invitation(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, invitation=seen.id
    )
    [told] = Notice.objects.filter(title="现场邀请取消了")
    assert told.person_id == people[0].person_id
    assert queries.taking_part(COUNTY, case.number, people[0]).invitations == []


def test_supporters_and_followers_are_asked_without_the_village(
    cast: Any, file: Any, neighbours: Any
) -> None:
    case = file("handling")
    one, two, third = neighbours(3)
    commands.support(actor=one, county=COUNTY, number=case.number)
    commands.follow(actor=two, county=COUNTY, number=case.number)
    assert invite(cast, case, whom="supporters") == 3
    reply(one, case, comes=True)
    reply(two, case, comes=False)
    with pytest.raises(Refused, match="没有请到你"):
        reply(third, case, comes=True)
    assert Reply.objects.count() == 2


def test_only_the_reporter_is_asked_to_a_private_case(
    cast: Any, file: Any, everything: Any
) -> None:
    case = file("handling", is_public=False)
    before = everything()
    with pytest.raises(Refused, match="不公开"):
        invite(cast, case)
    assert everything() == before
    assert invite(cast, case, whom="reporter") == 1
    reply(cast.actor("villager"), case, comes=True)
    with pytest.raises(Missing):
        reply(cast.actor("other"), case, comes=True)


@pytest.mark.parametrize(
    "who", ["town", "neighbour", "far", "supervisor", "villager", "department"]
)
def test_whoever_does_not_hold_the_case_invites_nobody(
    cast: Any, file: Any, everything: Any, who: str
) -> None:
    case = file("handling")
    before = everything()
    with pytest.raises((Missing, Refused)):
        invite(cast, case, who)
    assert everything() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"whom": "everyone"},
        {"place": ""},
        {"meet_at": "明天"},
        {"meet_at": "2026-11-17T09:00"},
        {"meet_at": "2027-11-17T09:00"},
    ],
)
def test_an_invitation_that_cannot_be_used_changes_nothing(
    cast: Any, file: Any, everything: Any, wrong: dict[str, str]
) -> None:
    case = file("handling")
    before = everything()
    with pytest.raises(BadInput):
        invite(cast, case, **wrong)
    assert everything() == before


def test_nobody_answers_an_invitation_that_is_over(
    cast: Any, file: Any, at: Any, everything: Any
) -> None:
    case = file("handling")
    invite(cast, case)
    at("2026-11-25 09:01")
    before = everything()
    with pytest.raises(Refused, match="已经过了"):
        reply(cast.actor("other"), case, comes=True)
    assert everything() == before


def test_the_pages_invite_and_answer(cast: Any, file: Any, client_as: Any) -> None:
    case = file("handling")
    officer = client_as("officer")
    assert officer.get(f"/desk/cases/{case.number}/people").status_code == 200
    sent = {"whom": "village", "day": "2026-11-25", "hour": "09:00", "place": "老槐树下"}
    assert (
        officer.post(f"/desk/cases/{case.number}/people/invite", sent | {"day": ""}).status_code
        == 400
    )
    assert officer.post(f"/desk/cases/{case.number}/people/invite", sent).status_code == 302
    made = Invitation.objects.get().pk
    other = client_as("other")
    assert "请你到现场看" in other.get(f"/c/{case.number}").content.decode()
    assert other.post(f"/c/{case.number}/onsite/{made}", {"comes": "yes"}).status_code == 302
    assert "你回了：我来" in other.get(f"/c/{case.number}").content.decode()
    assert officer.post(f"/desk/cases/{case.number}/people/{made}/off").status_code == 302
    assert officer.post(f"/desk/cases/{case.number}/people/{made}/off").status_code == 404
