"""The registry of groups: who keeps it, what it refuses, what it shows."""

from __future__ import annotations

import re
from typing import Any

import pytest

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"


def typed(**changed: Any) -> dict[str, Any]:
    return {
        "region": VILLAGE,
        "name": "石鼓村二群",
        "platform": "wechat",
        "external_id": "w-2",
        "owner": "林主任",
        "members": "286",
        "households": "210",
        "consent_on": "2026-10-01",
        "mode": "confirmed",
        **changed,
    }


def test_an_officer_registers_a_group_of_the_own_village(client_as: Any) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture.models import ChatGroup

    answer = client_as("officer").post("/capture/groups/new", typed())
    assert (answer.status_code, answer.headers["Location"]) == (302, "/capture/groups")
    group = ChatGroup.objects.get()
    assert (group.county, group.region, group.name, group.platform, group.external_id) == (
        COUNTY,
        VILLAGE,
        "石鼓村二群",
        "wechat",
        "w-2",
    )
    assert (group.members, group.households, str(group.consent_on), group.mode) == (
        286,
        210,
        "2026-10-01",
        "confirmed",
    )
    entry = Entry.objects.get(thing="chat_group")
    assert (entry.verb, entry.thing_id, entry.region) == ("register", str(group.pk), VILLAGE)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"region": NEIGHBOUR}, "这个村不在你的范围内。"),
        ({"region": "350525999999"}, "请从表里选一个村。"),
        ({"region": ""}, "请选择村。"),
        ({"households": "313"}, "石鼓村共 312 户，覆盖户数不能更多。"),
        ({"members": "2001"}, "一个群最多 2000 人。"),
        ({"members": "很多"}, "人数请填数字。"),
        ({"name": ""}, "请填写群名。"),
        ({"external_id": " "}, "请填写平台群号。"),
        ({"consent_on": "去年"}, "日期请写成 2026-11-21 这样。"),
    ],
)
def test_what_cannot_be_registered_is_said_beside_the_field(
    client_as: Any, changed: dict[str, Any], sentence: str
) -> None:
    from mingbai.capture.models import ChatGroup

    answer = client_as("officer").post("/capture/groups/new", typed(**changed))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not ChatGroup.objects.exists()


def test_a_group_belongs_to_a_village_not_to_a_town(cast: Any) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import BadInput

    with pytest.raises(BadInput, match="群要登记到村或社区。"):
        commands.register_group(
            actor=cast.actor("town"),
            region="350525101000",
            platform="wechat",
            external_id="x",
            name="镇群",
        )


def test_registering_again_brings_the_line_up_to_date(cast: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import ChatGroup

    one = {
        "actor": cast.actor("officer"),
        "region": VILLAGE,
        "platform": "wechat",
        "external_id": "w",
        "name": "群",
    }
    first = commands.register_group(**one, members=10)
    assert commands.register_group(**one, members=20) == first
    assert ChatGroup.objects.get().members == 20


def test_a_group_of_another_village_cannot_be_taken_over(group_of: Any, cast: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import ChatGroup
    from mingbai.kernel.decisions import Missing, Refused

    other = group_of("w", NEIGHBOUR)
    officer = cast.actor("officer")
    with pytest.raises(Refused, match="这个群号已经登记在别的村，请找县里的群工办专员核对。"):
        commands.register_group(
            actor=officer, region=VILLAGE, platform="wechat", external_id="w", name="我们的群"
        )
    with pytest.raises(Missing):
        commands.change_group(
            actor=officer,
            group_id=other.group,
            region=VILLAGE,
            name="我们的群",
            owner="",
            members=0,
            households=0,
            consent_on=None,
            mode="automatic",
        )
    group = ChatGroup.objects.get()
    assert (group.region, group.name) == (NEIGHBOUR, "w监督群")


def test_changing_a_line_keeps_platform_and_number(talk: Any, client_as: Any) -> None:
    from mingbai.capture.models import ChatGroup

    clerk = client_as("clerk")
    form = clerk.get(f"/capture/groups/{talk.group}").content.decode()
    assert 'value="g1监督群"' in form
    assert 'name="external_id"' not in form
    answer = clerk.post(
        f"/capture/groups/{talk.group}", typed(name="新名", external_id="另一个", region=NEIGHBOUR)
    )
    assert answer.status_code == 302
    group = ChatGroup.objects.get()
    assert (group.pk, group.name, group.external_id, group.region) == (
        talk.group,
        "新名",
        "g1",
        NEIGHBOUR,
    )


def test_who_only_looks_gets_no_button_and_no_form(talk: Any, client_as: Any) -> None:
    from mingbai.capture.models import ChatGroup

    supervisor = client_as("supervisor")
    page = supervisor.get("/capture/groups").content.decode()
    assert "g1监督群" in page
    assert "/capture/groups/new" not in page
    assert supervisor.get("/capture/groups/new").status_code == 404
    assert supervisor.post("/capture/groups/new", typed()).status_code == 404
    assert ChatGroup.objects.count() == 1


def test_the_registry_names_villages_without_a_group_and_homes_reached(
    talk: Any, client_as: Any
) -> None:
    from mingbai.capture.models import ChatGroup

    ChatGroup.objects.update(members=286, households=210)
    html = client_as("town").get("/capture/groups").content.decode()
    assert "1 个群，286 人，覆盖 210 / 624 户" in html
    assert "还没有群的村 1 个" in html
    assert f"/capture/groups/new?region={NEIGHBOUR}" in html
    assert "1 个群还没登记采集说明的公告日期。" in html
    assert "两周没动静" in html
    cells = re.findall(r"<td(?![^>]*data-label)", html)
    assert cells == []


def test_an_officer_sees_only_the_own_villages_groups(
    talk: Any, group_of: Any, client_as: Any
) -> None:
    group_of("g2", NEIGHBOUR)
    html = client_as("officer").get("/capture/groups").content.decode()
    assert "g1监督群" in html
    assert "g2监督群" not in html


def test_the_registry_goes_on_to_the_next_page(cast: Any, client_as: Any) -> None:
    from mingbai.capture.models import ChatGroup

    ChatGroup.objects.bulk_create(
        ChatGroup(
            county=COUNTY, region=VILLAGE, platform="wechat", external_id=f"{n}", name=f"群{n:03d}"
        )
        for n in range(51)
    )
    clerk = client_as("clerk")
    first = clerk.get("/capture/groups").content.decode()
    assert "51 个群" in first
    assert "群049" in first
    assert "群050" not in first
    after = re.search(r'href="(\?after=[^"]+)"', first)
    assert after is not None
    assert "群050" in clerk.get("/capture/groups" + after.group(1)).content.decode()


NOTICE = "县纪委监委从今天起在本群里找大家的诉求，原话最多存 72 小时；不同意的，说一声就不再收，也可以打 12388。"


def test_a_notice_is_kept_word_for_word_and_dates_the_group(talk: Any, client_as: Any) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture.models import ChatGroup, ConsentNotice

    officer = client_as("officer")
    address = f"/capture/groups/{talk.group}/notice"
    ready = officer.get(address).content.decode()
    for part in ("致“g1监督群”的各位村民", "县纪委监委", "12388", "72 小时", "我不同意采集"):
        assert part in ready
    assert ready.count("<svg") >= 2
    for day in ("2026-11-18", "2026-11-10"):
        answer = officer.post(address, {"posted_on": day, "text": NOTICE})
        assert answer.headers["Location"] == f"/capture/groups/{talk.group}"
    assert str(ChatGroup.objects.get().consent_on) == "2026-11-18"
    newest = ConsentNotice.objects.order_by("-posted_on").first()
    assert newest is not None
    assert newest.text == NOTICE
    assert Entry.objects.filter(thing="chat_group", verb="notice").count() == 2
    page = officer.get(f"/capture/groups/{talk.group}").content.decode()
    assert page.index("2026年11月18日") < page.index("2026年11月10日")
    kept = officer.get(f"{address}/{newest.pk}").content.decode()
    assert NOTICE in kept
    assert "2026年11月18日张贴，王建国 11月18日 09:00登记" in kept


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"posted_on": "2026-11-19"}, "日期不能晚于今天。"),
        ({"posted_on": "昨天"}, "日期请写成 2026-11-21 这样。"),
        ({"posted_on": ""}, "请填写哪天贴的。"),
        ({"text": " "}, "请把贴出去的原文放在这里。"),
        ({"text": "已告知"}, "说明太短了"),
        ({"text": "长" * 2001}, "说明最多 2000 个字。"),
    ],
)
def test_a_notice_that_cannot_be_kept_says_why_and_changes_nothing(
    talk: Any, client_as: Any, changed: dict[str, str], sentence: str
) -> None:
    from mingbai.capture.models import ChatGroup, ConsentNotice

    answer = client_as("officer").post(
        f"/capture/groups/{talk.group}/notice",
        {"posted_on": "2026-11-18", "text": NOTICE, **changed},
    )
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not ConsentNotice.objects.exists()
    assert ChatGroup.objects.get().consent_on is None


def test_nobody_keeps_a_notice_for_a_group_that_is_not_theirs(
    talk: Any, client_as: Any, cast: Any
) -> None:
    from datetime import date

    from mingbai.capture import commands
    from mingbai.capture.models import ConsentNotice
    from mingbai.kernel.decisions import Missing, Refused

    posted = {"posted_on": "2026-11-18", "text": NOTICE}
    address = f"/capture/groups/{talk.group}/notice"
    for name in ("neighbour", "supervisor", "far", "it", "villager", "anyone"):
        client = client_as(name)
        assert client.get(address).status_code == 404, name
        assert client.post(address, posted).status_code == 404, name
    given: Any = {"group_id": talk.group, "posted_on": date(2026, 11, 18), "text": NOTICE}
    with pytest.raises(Missing):
        commands.record_notice(actor=cast.actor("neighbour"), **given)
    with pytest.raises(Refused, match="你的岗位只能查看村群，不能登记。"):
        commands.record_notice(actor=cast.actor("supervisor"), **given)
    assert not ConsentNotice.objects.exists()
