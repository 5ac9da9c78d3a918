"""关注: hearing of a case that is not one's own, several steps in one notice."""

from __future__ import annotations

from typing import Any

import pytest

from mingbai.cases import commands, queries
from mingbai.cases.models import Follow
from mingbai.kernel import scopes
from mingbai.kernel.decisions import Missing, Refused
from mingbai.notices.models import Notice

COUNTY = "350525"


def follow(cast: Any, case: Any, who: str = "other") -> bool:
    return commands.follow(actor=cast.actor(who), county=COUNTY, number=case.number)


def test_following_counts_once_and_supports_nothing(cast: Any, file: Any) -> None:
    case = file("handling")
    assert follow(cast, case) is True
    assert follow(cast, case) is False
    case.refresh_from_db()
    assert (case.supports, Follow.objects.count()) == (0, 1)
    assert [line.number for line in queries.followed(cast.actor("other")).rows] == [case.number]


@pytest.mark.parametrize(
    ("who", "until", "more"),
    [
        ("villager", "handling", {}),
        ("officer", "handling", {}),
        ("other", "handling", {"is_public": False}),
        ("other", "submitted", {}),
    ],
)
def test_whoever_may_not_follow_changes_nothing(
    cast: Any, file: Any, everything: Any, who: str, until: str, more: dict[str, Any]
) -> None:
    case = file(until, **more)
    before = everything()
    with pytest.raises((Refused, Missing)):
        follow(cast, case, who)
    assert everything() == before


def test_several_steps_come_in_one_notice(cast: Any, file: Any, at: Any) -> None:
    case = file("accepted")
    follow(cast, case)
    at("2026-11-18 10:00")
    for verb, more in (("start", {}), ("progress", {"text": "灯已经买回来了，明天装上去。"})):
        case.refresh_from_db()
        getattr(commands, verb)(
            actor=cast.actor("officer"),
            county=COUNTY,
            number=case.number,
            version=case.version,
            **more,
        )
    assert commands.tell_followers(COUNTY) == 0
    at("2026-11-18 10:05")
    assert commands.tell_followers(COUNTY) == 1
    [notice] = Notice.objects.filter(title="关注的事有新进展")
    assert (notice.person_id, "开始办理，有进展。" in notice.text) == (
        cast.people["other"].pk,
        True,
    )
    assert commands.tell_followers(COUNTY) == 0


def test_a_case_that_is_no_longer_public_is_told_no_more(cast: Any, file: Any, at: Any) -> None:
    case = file("accepted")
    follow(cast, case)
    at("2026-11-18 10:00")
    case.refresh_from_db()
    commands.start(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, version=case.version
    )
    case.refresh_from_db()
    case.is_public = False
    case.save()
    at("2026-11-18 10:05")
    assert commands.tell_followers(COUNTY) == 0
    with scopes.enter(scope="", person=cast.people["other"].pk):
        assert queries.followed(cast.actor("other")).rows == []


def test_the_pages_follow_list_and_unfollow(client_as: Any, file: Any) -> None:
    case = file("handling")
    client = client_as("other")
    assert "只关注，有进展告诉我" in client.get(f"/c/{case.number}").content.decode()
    assert client.post(f"/c/{case.number}/follow").status_code == 302
    assert "你在关注" in client.get(f"/c/{case.number}").content.decode()
    assert case.number in client.get("/mine/followed").content.decode()
    assert (
        client.post(f"/c/{case.number}/unfollow", {"from": "list"})["Location"] == "/mine/followed"
    )
    assert Follow.objects.count() == 0
    anyone = client_as("anyone")
    assert anyone.get("/mine/followed")["Location"] == "/phone?next=%2Fmine%2Ffollowed"
    assert anyone.post(f"/c/{case.number}/follow")["Location"].startswith("/phone")


def test_the_job_runs_for_each_county(cast: Any, file: Any, at: Any) -> None:
    from mingbai.cases.tasks import follow_up

    case = file("answered", urgent=True)
    follow_up(timestamp=0)
    case.refresh_from_db()
    assert case.call_backs.count() == 1
