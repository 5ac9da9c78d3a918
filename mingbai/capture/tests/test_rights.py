"""Rooms of capture that are closed to posts which have no business there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mingbai.accounts.models import Post
from mingbai.capture import commands
from mingbai.capture.models import PolicyNote
from mingbai.kernel import clock
from mingbai.kernel.decisions import Missing
from mingbai.kernel.ports import GroupAddress
from mingbai.notices import commands as notices
from mingbai.notices import queries as outbox

COUNTY, VILLAGE = "350525", "350525101201"


def become(cast: Any, name: str, role: str) -> None:
    """Give somebody's post another role."""
    Post.objects.filter(pk=cast.posts[name].pk).update(role=role)


@pytest.mark.parametrize("role", ["auditor", "service"])
def test_an_auditor_and_a_service_account_see_no_groups_and_no_patrol_figures(
    talk: Any, cast: Any, client_as: Any, role: str
) -> None:
    become(cast, "discipline", role)
    client = client_as("discipline")
    for address in ("/capture/groups", "/capture/patrol/figures", "/capture/questions"):
        assert client.get(address).status_code == 404


def test_a_service_account_sees_no_list_of_cases(cast: Any, client_as: Any) -> None:
    become(cast, "discipline", "service")
    assert client_as("discipline").get("/desk/cases").status_code == 404


def test_the_case_office_of_the_discipline_commission_reads_no_talk(
    asked: Any, cast: Any, client_as: Any
) -> None:
    finding = asked.found(asked.say("lamp"))
    become(cast, "discipline", "county_discipline")
    client = client_as("discipline")
    for address in ("/capture/review", f"/capture/review/{finding.pk}", "/capture/patrol"):
        assert client.get(address).status_code == 404
    assert client.get("/clues/").status_code == 200
    assert client.get("/capture/patrol/figures").status_code == 200


@pytest.mark.parametrize("who", ["officer", "clerk", "villager", "anyone"])
def test_retiring_a_policy_is_missing_for_those_who_keep_none(
    cast: Any, client_as: Any, who: str
) -> None:
    note = commands.keep_policy(
        actor=cast.actor("town"), region="350525101000", title="高龄补贴", text="带身份证到村委会办理。",
        source="县民政局文件", field="welfare", since=clock.today() - timedelta(days=9), until=None,
    )  # fmt: skip
    for pk in (note.pk, 999_999):
        answer = client_as(who).post(f"/capture/policies/{pk}/retire", {"version": 1})
        assert answer.status_code == 404
    assert PolicyNote.objects.get().version == 1


def test_a_department_forwards_what_its_own_people_sent_and_nothing_else(cast: Any) -> None:
    def tell(name: str) -> int:
        made = notices.tell_group(
            actor=cast.actor(name),
            region=VILLAGE,
            address=GroupAddress("wechat", "g1"),
            group_name="石鼓村监督群",
            text="群里问的事，答复如下。",
            link="",
            thing="case",
            thing_id=name,
        )
        return int(made.pk)

    village, own = tell("officer"), tell("department")
    assert [m.pk for m in outbox.to_forward(cast.actor("department"))] == [own]
    assert {m.pk for m in outbox.to_forward(cast.actor("town"))} == {village, own}
    with pytest.raises(Missing):
        notices.forwarded_by_hand(actor=cast.actor("department"), message_id=village)
    with pytest.raises(Missing):
        notices.forwarded_by_hand(actor=cast.actor("neighbour"), message_id=village)
    notices.forwarded_by_hand(actor=cast.actor("department"), message_id=own)
    assert [m.pk for m in outbox.to_forward(cast.actor("town"))] == [village]
