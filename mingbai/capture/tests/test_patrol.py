"""Going through the groups: unread by post, read through as far as shown, what the machine passed over."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"
LINES = ("早上好", "今天圩上青菜好贵", "那个谁家的狗又跑出来了", "卖土鸡蛋，要的私我")


@pytest.fixture
def clerk(cast: Any) -> Any:
    """The clerk as an actor."""
    return cast.actor("clerk")


@pytest.fixture
def chatter(asked: Any) -> Any:
    """A group with four lines of talk that the machine made nothing of."""
    chat(asked)
    return asked


def chat(talk: Any, texts: tuple[str, ...] = LINES, minute: float = 0) -> None:
    begun = len(talk.said)
    talk.take(*(talk.say(t, minute + 3 * n, who=f"人{begun + n}") for n, t in enumerate(texts)))
    talk.read()


def ids(talk: Any) -> list[int]:
    from mingbai.capture.models import Message

    rows = Message.objects.filter(group=talk.group).order_by("said_at", "id")
    return list(rows.values_list("pk", flat=True))


def unread(actor: Any) -> dict[str, int]:
    from mingbai.capture import queries

    return {row.name: row.unread for row in queries.rounds(actor, "all").groups}


def state() -> dict[str, list[tuple[Any, ...]]]:
    from mingbai.audit.models import Entry
    from mingbai.capture.models import Finding, Member, Message, PatrolDay, PatrolMark, Ruling
    from mingbai.cases.models import Case

    models = (Finding, Member, Message, PatrolDay, PatrolMark, Ruling, Case, Entry)
    return {m.__name__: list(m.objects.order_by("pk").values_list()) for m in models}


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    main = answer.content.decode().split("<main", 1)[1]
    main = re.sub(r"<svg.*?</svg>", "", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def read(actor: Any, talk: Any) -> None:
    from mingbai.capture import commands, queries

    shown = queries.group_talk(actor, talk.group).upto
    commands.read_through(actor=actor, group_id=talk.group, shown=str(shown))


def test_each_post_has_its_own_unread_count(chatter: Any, clerk: Any, another_clerk: Any) -> None:
    other = another_clerk("clerk2", "蔡晓燕")
    assert unread(clerk) == unread(other) == {"g1监督群": 4}
    read(clerk, chatter)
    assert unread(clerk) == {"g1监督群": 0}
    assert unread(other) == {"g1监督群": 4}


def test_what_arrives_while_one_reads_stays_unread(chatter: Any, clerk: Any, at: Any) -> None:
    from mingbai.capture import commands, queries

    shown = queries.group_talk(clerk, chatter.group).upto
    at("2026-11-18 09:10")
    late = chatter.say("这句迟到了", -30, who="人9")
    chatter.take(late)
    chatter.read()
    commands.read_through(actor=clerk, group_id=chatter.group, shown=str(shown))
    assert unread(clerk) == {"g1监督群": 1}
    lines = queries.group_talk(clerk, chatter.group).lines
    assert [line.text for line in lines if line.unread] == ["这句迟到了"]


def test_what_the_machine_reads_again_does_not_become_unread(
    chatter: Any, clerk: Any, at: Any
) -> None:
    from mingbai.capture import commands

    read(clerk, chatter)
    at("2026-11-18 09:10")
    commands.recall(county=COUNTY, group_id=chatter.group, external_id="m2")
    chatter.read()
    assert unread(clerk) == {"g1监督群": 0}


def test_a_later_page_shows_what_was_there_when_the_first_was_opened(
    chatter: Any, clerk: Any, at: Any
) -> None:
    from mingbai.capture import queries

    shown = str(queries.group_talk(clerk, chatter.group).upto)
    at("2026-11-18 09:10")
    chat(chatter, ("又来一句",), 60)
    page = queries.group_talk(clerk, chatter.group, upto=shown)
    assert [line.text for line in page.lines] == list(LINES)
    assert (
        queries.group_talk(clerk, chatter.group).lines[-1].text,
        str(queries.group_talk(clerk, chatter.group).upto) > shown,
    ) == ("又来一句", True)


def test_an_older_page_never_takes_a_mark_back_and_nobody_reads_ahead(
    chatter: Any, clerk: Any, at: Any
) -> None:
    from mingbai.capture import commands, queries

    first = str(queries.group_talk(clerk, chatter.group).upto)
    at("2026-11-18 09:10")
    chat(chatter, ("第二批",), 60)
    read(clerk, chatter)
    commands.read_through(actor=clerk, group_id=chatter.group, shown=first)
    assert unread(clerk) == {"g1监督群": 0}
    commands.read_through(actor=clerk, group_id=chatter.group, shown="99999999999999999-999999999")
    at("2026-11-18 09:20")
    chat(chatter, ("第三批",), 90)
    assert unread(clerk) == {"g1监督群": 1}


def test_what_was_not_read_by_the_machine_or_is_held_is_not_shown(asked: Any, clerk: Any) -> None:
    from mingbai.capture import queries

    chat(asked, ("早上好",))
    asked.take(asked.say("clue", 30, who="老林"))
    asked.read()  # the office has no key: held
    asked.take(asked.say("还没读的", 40))
    assert unread(clerk) == {"g1监督群": 1}
    lines = queries.group_talk(clerk, asked.group).lines
    assert [line.text for line in lines] == ["早上好"]


def test_the_list_puts_what_waits_most_first_and_counts_the_day(
    chatter: Any, clerk: Any, group_of: Any, client_as: Any
) -> None:
    few = group_of("g2", NEIGHBOUR)
    chat(few, ("早",))
    group_of("g3")
    page = text(client_as("clerk").get("/capture/patrol"))
    assert "3 个群，2 个有新话，共 5 条没看" in page
    assert "今天有新话的 2 个群，你巡了 0 个。" in page
    assert page.index("g1监督群") < page.index("g2监督群")
    assert "g3监督群" not in page
    assert "g3监督群" in text(client_as("clerk").get("/capture/patrol?which=all"))
    read(clerk, few)
    page = text(client_as("clerk").get("/capture/patrol"))
    assert "今天有新话的 2 个群，你巡了 1 个。" in page
    assert "g2监督群" not in page


def test_all_groups_are_paged(chatter: Any, group_of: Any, client_as: Any) -> None:
    for n in range(62):
        group_of(f"n{n:02d}", NEIGHBOUR)
    clerk = client_as("clerk")
    address, seen = "/capture/patrol?which=all", 0
    while address:
        html = clerk.get(address).content.decode()
        seen += len(re.findall(r'<th scope="row">', html))
        link = re.search(r'rel="next" href="(\?[^"]+)"', html)
        address = "/capture/patrol" + link.group(1).replace("&amp;", "&") if link else ""
    assert seen == 63


def test_the_list_costs_three_queries_of_its_own_however_many_groups(
    chatter: Any, clerk: Any, group_of: Any
) -> None:
    from mingbai.capture import queries

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            queries.rounds(clerk)
        return len(caught)

    assert cost() == 3
    for n in range(20):
        other = group_of(f"n{n}", NEIGHBOUR)
        chat(other, ("早", "好"))
    assert cost() == 3


def test_reading_through_goes_to_the_next_group_until_all_is_read(
    chatter: Any, group_of: Any, client_as: Any
) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture.models import PatrolDay

    other = group_of("g2", NEIGHBOUR)
    chat(other, ("早",))
    clerk = client_as("clerk")

    def press(group: int) -> str:
        html = clerk.get(f"/capture/patrol/{group}").content.decode()
        shown = re.search(r'name="upto" value="([\d-]+)"', html)
        assert shown is not None
        answer = clerk.post(f"/capture/patrol/{group}/read", {"upto": shown.group(1)})
        return str(answer.headers["Location"])

    assert press(chatter.group) == f"/capture/patrol/{other.group}"
    assert press(other.group) == "/capture/patrol"
    assert PatrolDay.objects.exclude(post_id=0).count() == 2
    assert Entry.objects.filter(verb="patrol").count() == 2
    assert Entry.objects.filter(verb="read_talk").count() == 2
    page = text(clerk.get("/capture/patrol"))
    assert "都看完了。" in page
    assert "新话都看完了" in page


def test_the_talk_begins_shortly_before_what_is_unread_and_marks_days(
    asked: Any, clerk: Any, at: Any
) -> None:
    from mingbai.capture import queries

    chat(asked, tuple(f"第{n}句" for n in range(30)))
    read(clerk, asked)
    at("2026-11-19 09:00")
    chat(asked, ("新的一句",), 24 * 60)
    page = queries.group_talk(clerk, asked.group)
    assert [line.text for line in page.lines] == [
        *(f"第{n}句" for n in range(22, 30)),
        "新的一句",
    ]
    assert ([line.unread for line in page.lines], page.begins) == ([False] * 8 + [True], False)
    assert len(queries.group_talk(clerk, asked.group, whole=True).lines) == 31


def test_a_long_talk_is_read_page_by_page(asked: Any, client_as: Any) -> None:
    chat(asked, tuple(f"第{n}句" for n in range(130)))
    clerk = client_as("clerk")
    first = clerk.get(f"/capture/patrol/{asked.group}").content.decode()
    assert "读完" not in first
    link = re.search(r'href="([^"]+)" data-key="r"', first)
    assert link is not None
    second = clerk.get(link.group(1).replace("&amp;", "&")).content.decode()
    assert "第99句" in first
    assert "第100句" in second
    assert "第99句" not in second
    assert "读完，看下一个群" in second


def test_lines_tell_what_became_of_them(
    asked: Any, clerk: Any, client_as: Any, another_clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding

    asked.take(
        asked.say("lamp"), asked.say("", 1, kind="image"), asked.say("water", 80, who="阿海")
    )
    asked.read()
    lamp, water = Finding.objects.order_by("said_at")
    number = commands.file_case(actor=clerk, finding_id=lamp.pk, version=1)
    html = client_as("clerk").get(f"/capture/patrol/{asked.group}").content.decode()
    assert f'href="/capture/review/done/{lamp.pk}">已立件 {number}</a>' in html
    assert f'href="/capture/review/{water.pk}">待核对</a>' in html
    assert "[照片]" in html
    another_clerk("clerk2", "蔡晓燕")
    Finding.objects.filter(pk=lamp.pk).update(confidence=0.1)  # drawn for a second reading
    blind = client_as("clerk2").get(f"/capture/patrol/{asked.group}").content.decode()
    assert number not in blind
    assert "已核对" in blind


def test_a_missed_request_is_filed_by_hand(chatter: Any, clerk: Any) -> None:
    from mingbai.capture import commands, queries
    from mingbai.capture.models import Finding, Message, Ruling, RulingTally
    from mingbai.cases.models import Case

    _, _, dog, eggs = ids(chatter)
    taken = commands.take_up(
        actor=clerk,
        group_id=chatter.group,
        lines=[eggs, dog],
        kind="request",
        field="safety",
        place="祠堂边",
        urgent=True,
    )
    case, finding = Case.objects.get(), Finding.objects.get()
    assert (case.number, case.field, case.place, case.urgent, case.text) == (
        taken.number,
        "safety",
        "祠堂边",
        True,
        f"{LINES[2]} {LINES[3]}",
    )
    assert (finding.status, finding.model, finding.title) == ("filed", "人工巡群", LINES[2])
    assert set(Message.objects.filter(finding=finding).values_list("pk", flat=True)) == {
        dog,
        eggs,
    }
    assert RulingTally.objects.get().model == "人工巡群"
    commands.undo(actor=clerk, ruling_id=Ruling.objects.get().pk)
    finding.refresh_from_db()
    assert (finding.status, Case.objects.get().state) == ("review", "withdrawn")
    assert queries.waiting(clerk).count == 1


def test_a_doubtful_one_is_sent_to_the_review_desk(chatter: Any, clerk: Any) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture import commands, queries
    from mingbai.cases.models import Case

    taken = commands.take_up(
        actor=clerk,
        group_id=chatter.group,
        lines=ids(chatter)[2:3],
        kind="suggestion",
        field="other",
        straight=False,
    )
    assert (taken.number, Case.objects.count()) == ("", 0)
    assert [f.pk for f in queries.waiting(clerk).page.rows] == [taken.finding_id]
    assert Entry.objects.filter(verb="take_up").count() == 1


def test_what_cannot_be_taken_up_changes_nothing(
    chatter: Any, clerk: Any, cast: Any, group_of: Any
) -> None:
    from dataclasses import replace

    from mingbai.capture import commands
    from mingbai.capture.models import Finding, Message
    from mingbai.kernel.decisions import BadInput, Missing, Refused

    other = group_of("g2", NEIGHBOUR)
    chat(other, ("早",))
    chatter.take(chatter.say("", 50, kind="image", who="人8"), chatter.say("lamp", 60))
    chatter.read()
    *first, photo, lamp = ids(chatter)
    assert Finding.objects.count() == 1
    given: dict[str, Any] = {"group_id": chatter.group, "kind": "request", "field": "road"}
    before = state()
    for lines, wrong in (
        ([], "请先勾选是哪几句。"),
        (list(range(41)), "一次最多勾 40 句。"),
        ([photo], "勾的几句里没有文字"),
    ):
        with pytest.raises(BadInput, match=wrong):
            commands.take_up(actor=clerk, lines=lines, **given)
    for lines, wrong in (
        ([first[0], 999999], "刚被撤回或者到期删除了"),
        ([first[0], ids(other)[0]], "刚被撤回或者到期删除了"),
        ([lamp], "勾的话里有的已经在"),
    ):
        with pytest.raises(Refused, match=wrong):
            commands.take_up(actor=clerk, lines=lines, **given)
    with pytest.raises(BadInput):
        commands.take_up(actor=clerk, lines=first[:1], **(given | {"field": "clue"}))
    for name in ("officer", "town", "it", "discipline", "villager"):
        with pytest.raises(Missing):
            commands.take_up(actor=cast.actor(name), lines=first[:1], **given)
    with pytest.raises(Missing):
        commands.take_up(
            actor=replace(clerk, scope="350526", region="350526000000"), lines=first[:1], **given
        )
    assert state() == before
    Message.objects.filter(pk=first[0]).update(held=True)
    with pytest.raises(Refused):
        commands.take_up(actor=clerk, lines=first[:1], **given)


def test_what_a_clerk_had_dismissed_can_be_taken_up_after_all(asked: Any, clerk: Any) -> None:
    from mingbai.capture import commands

    finding = asked.found(asked.say("lamp"))
    commands.dismiss(actor=clerk, finding_id=finding.pk, version=1)
    taken = commands.take_up(
        actor=clerk, group_id=asked.group, lines=ids(asked), kind="request", field="power"
    )
    assert taken.number


def test_lines_are_sealed_without_a_trace(
    chatter: Any, clerk: Any, cast: Any, office: bytes
) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture import commands
    from mingbai.clues.queries import parcels

    entries = Entry.objects.count()
    commands.seal_lines(actor=clerk, group_id=chatter.group, lines=ids(chatter)[1:3])
    assert len(ids(chatter)) == 2
    assert Entry.objects.count() == entries
    assert len(parcels(cast.actor("discipline"))["parcels"]) == 1


def test_sealing_takes_the_words_out_of_what_waits(asked: Any, clerk: Any, office: bytes) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding

    finding = asked.found(asked.say("lamp"), asked.say("me_too", 3, who="阿强"))
    commands.seal_lines(actor=clerk, group_id=asked.group, lines=ids(asked)[1:])
    finding.refresh_from_db()
    assert (finding.text, finding.version) == (asked.said[0].text, 2)
    commands.seal_lines(actor=clerk, group_id=asked.group, lines=ids(asked))
    assert not Finding.objects.exists()


def test_what_is_a_case_or_has_no_key_is_not_sealed_and_nothing_changes(
    asked: Any, clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import Refused

    finding = asked.found(asked.say("lamp"))
    before = state()
    with pytest.raises(Refused, match="还没有生成密钥"):
        commands.seal_lines(actor=clerk, group_id=asked.group, lines=ids(asked))
    assert state() == before
    number = commands.file_case(actor=clerk, finding_id=finding.pk, version=1)
    before = state()
    with pytest.raises(Refused, match=f"已经立了件（{number}），先撤销立件再封存。"):
        commands.seal_lines(actor=clerk, group_id=asked.group, lines=ids(asked))
    assert state() == before


def test_an_objection_deletes_what_is_there_and_lets_nothing_in(chatter: Any, clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import Refused

    chatter.take(chatter.say("我不同意采集", 40, who="人1"))
    chatter.read()
    line = ids(chatter)[-1]
    assert commands.note_objection(actor=clerk, group_id=chatter.group, line=line) == "A2"
    assert len(ids(chatter)) == 3
    assert chatter.take(chatter.say("再说一句", 50, who="人1")).dropped == 1
    chatter.take(chatter.say("收到", 60, who="主任", role="officer"))
    chatter.read()
    before = state()
    with pytest.raises(Refused, match="只有村民可以不同意采集"):
        commands.note_objection(actor=clerk, group_id=chatter.group, line=ids(chatter)[-1])
    assert state() == before


def test_the_page_does_with_the_ticked_what_the_button_says(
    chatter: Any, client_as: Any, office: bytes
) -> None:
    clerk = client_as("clerk")
    address = f"/capture/patrol/{chatter.group}"
    lines = ids(chatter)
    given = {"kind": "request", "field": "safety", "line": str(lines[2])}
    for posted, sentence in (
        ({"do": "file"}, "请选好类别和领域。"),
        ({"do": "file", "kind": "request", "field": "road"}, "请先勾选是哪几句。"),
        ({"do": "object", "line": [str(n) for n in lines]}, "请只勾这个人的一句话。"),
        (given | {"do": "file"}, "已立件，件号 350525-2611-00001。"),
        (given | {"do": "review"}, "勾的话里有的已经在"),
        (given | {"do": "review", "line": str(lines[1])}, "已送去核对台。"),
        ({"do": "seal", "line": str(lines[0])}, "已封存移交，这里不再保留，也不能撤销。"),
        ({"do": "object", "line": str(lines[3])}, "不同意采集，已收的话删掉了"),
    ):
        assert sentence in text(clerk.post(f"{address}/pick", posted, follow=True)), posted
    assert clerk.post(f"{address}/pick", {"do": "burn"}).status_code == 404
    assert clerk.post(f"{address}/read", {"upto": "x"}).status_code == 400
    assert clerk.get(f"{address}?upto=x").status_code == 400


def test_the_patrol_is_hidden_from_everybody_else(chatter: Any, client_as: Any) -> None:
    before = state()
    for name in ("officer", "town", "department", "it", "discipline", "villager", "anyone"):
        client = client_as(name)
        assert client.get("/capture/patrol").status_code == 404, name
        assert client.get(f"/capture/patrol/{chatter.group}").status_code == 404
        assert (
            client.post(f"/capture/patrol/{chatter.group}/read", {"upto": "1-1"}).status_code == 404
        )
        assert (
            client.post(f"/capture/patrol/{chatter.group}/pick", {"do": "seal"}).status_code == 404
        )
    assert state() == before


def test_a_group_of_another_county_or_town_is_missing(
    chatter: Any, cast: Any, clerk: Any, another_clerk: Any, client_as: Any
) -> None:
    from dataclasses import replace

    from mingbai.capture import commands, queries
    from mingbai.kernel.decisions import Missing

    stranger = replace(clerk, scope="350526", region="350526000000")
    before = state()
    with pytest.raises(Missing):
        queries.group_talk(stranger, chatter.group)
    with pytest.raises(Missing):
        commands.read_through(actor=stranger, group_id=chatter.group, shown="1-1")
    assert queries.rounds(stranger, "all").groups == []
    assert state() == before
    another_clerk("town_clerk", "黄小燕", "350525101000", "350525101")
    assert "g1监督群" in text(client_as("town_clerk").get("/capture/patrol"))


def test_the_share_of_a_day_counts_groups_with_new_talk_alone(
    chatter: Any, clerk: Any, another_clerk: Any, group_of: Any, client_as: Any, at: Any
) -> None:
    from mingbai.capture import commands, queries

    another_clerk("clerk2", "蔡晓燕")
    other, silent = group_of("g2", NEIGHBOUR), group_of("g3")
    chat(other, ("早",))
    read(clerk, chatter)
    commands.read_through(actor=clerk, group_id=silent.group, shown="1-1")
    found = queries.patrol_figures(clerk)
    assert found.together.days[0] == (1, 2)
    assert {p.name: p.days[0] for p in found.posts} == {
        "周敏（永春县纪委监委）": (1, 2),
        "蔡晓燕（永春县纪委监委）": (0, 2),
    }
    assert found.together.days[1] is None
    commands.note_talk_days(county=COUNTY)  # again: the first reading of the day has done so
    at("2026-11-22 10:00")
    commands.forget_old(county=COUNTY)
    found = queries.patrol_figures(clerk)
    assert (found.together.days[0], found.together.days[4]) == (None, (1, 2))
    page = text(client_as("discipline").get("/capture/patrol/figures"))
    assert "11-18 周三 1 / 2 50% 1 / 2 50% 0 / 2 0%" in page
    for name in ("officer", "town", "supervisor", "it", "villager"):
        assert client_as(name).get("/capture/patrol/figures").status_code == 404
