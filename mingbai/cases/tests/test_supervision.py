"""The supervising office's page: who sees what, what it may do there, and what a refusal leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingbai.accounts.queries import actor_for
from mingbai.audit.models import Entry
from mingbai.cases import commands, queries
from mingbai.cases.models import Case, CaseEvent, Mark, Rating
from mingbai.kernel import scopes
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.notices.models import Notice

COUNTY = "350525"
VILLAGE = "350525101201"
File = Callable[..., Case]
EMPTY = "我们高度重视，将认真研究，尽快处理。"
PAGE = "/desk/supervision"
LISTS = ("due", "late", "urged", "escalated", "untaken", "marked")


@pytest.fixture
def watchers(cast: Any) -> Any:
    """Add the discipline offices of town and county, the city's and an auditor to the cast."""
    from conftest import moment
    from mingbai.accounts.models import Body, Person, Post
    from mingbai.kernel import clock

    cast.bodies["watch"] = Body.objects.create(
        kind="discipline", region_id="350525101000", name="五里街镇纪委", phone=""
    )
    for key, name, role, region, scope, body in (
        ("watch", "林正", "town_discipline", "350525101000", "350525101", "watch"),
        ("office", "苏平", "county_discipline", "350525000000", "350525", "discipline"),
        ("auditor", "叶青", "auditor", "350525000000", "350525", "discipline"),
    ):
        cast.people[key] = Person.objects.create(
            login=key, name=name, created_at=clock.now(), password="!"
        )
        cast.posts[key] = Post.objects.create(
            person=cast.people[key],
            role=role,
            region_id=region,
            scope=scope,
            body=cast.bodies[body],
            title=name,
            since=moment("2024-01-01 00:00").date(),
        )
    return cast


def marked(cast: Any, file: File, **more: Any) -> Case:
    """File a case and answer it with nothing."""
    case = file("handling", **more)
    commands.answer(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        text=EMPTY,
        knowing=True,
    )
    return Case.objects.get(pk=case.pk)


def read(client_as: Any, who: str, path: str, status: int = 200) -> str:
    answer = client_as(who).get(path)
    assert answer.status_code == status
    return str(answer.content.decode())


def counts(actor: Any) -> dict[str, int]:
    return dict(queries.supervision_page(actor, "late", queries.Narrowed()).counts)


def test_each_list_holds_what_its_name_says(cast: Any, file: File, at: Any) -> None:
    file("submitted")
    late = file("handling")
    town = cast.actor("town")
    assert counts(town) == {**dict.fromkeys(LISTS, 0)} | {"due": counts(town)["due"]}
    at("2026-11-20 18:30")
    assert counts(town)["untaken"] == 1
    at("2026-11-25 10:00")
    Case.objects.filter(pk=late.pk).update(urged=True)
    got = counts(town)
    assert (got["late"], got["urged"]) == (2, 1)
    commands.escalate_overdue(COUNTY)
    assert counts(town)["escalated"] == 2
    marked(cast, file)
    assert counts(town)["marked"] == 1
    for which in LISTS:
        page = queries.supervision_page(town, which, queries.Narrowed())
        assert len(page.rows) == page.counts[which]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("town", 200),
        ("intake", 200),
        ("watch", 200),
        ("office", 200),
        ("discipline", 200),
        ("auditor", 200),
        ("officer", 404),
        ("department", 404),
        ("clerk", 404),
        ("supervisor", 404),
        ("it", 404),
        ("villager", 404),
    ],
)
@pytest.mark.usefixtures("watchers")
def test_only_supervising_posts_have_the_pages(
    client_as: Any, file: File, who: str, status: int
) -> None:
    case = file("handling")
    for path in (PAGE, f"{PAGE}/bodies", f"{PAGE}/{case.number}"):
        answer = client_as(who).get(path)
        assert answer.status_code in ({status, 302} if who == "villager" else {status}), path
    if status == 200:
        assert f'<li><a href="{PAGE}" aria-current="page">' in read(client_as, who, PAGE)
    elif who in {"officer", "department"}:
        assert PAGE not in read(client_as, who, "/desk/cases")


def test_another_towns_office_sees_nothing_of_it(cast: Any, file: File) -> None:
    from dataclasses import replace

    case = marked(cast, file)
    far = replace(cast.actor("town"), scope="350526101", region="350526101000")
    assert set(counts(far).values()) == {0}
    with pytest.raises(Missing):
        queries.watched_case(far, COUNTY, case.number)
    with pytest.raises(Missing):
        commands.press(actor=far, county=COUNTY, number=case.number, text="请三天内办好这件事")


def test_who_only_watches_reads_no_word_of_a_private_case(
    client_as: Any, watchers: Any, file: File
) -> None:
    case = marked(watchers, file, is_public=False, text="三组王家的低保被停了，想问为什么停")
    for path in (f"{PAGE}?which=marked", f"{PAGE}/{case.number}"):
        text = read(client_as, "watch", path)
        assert case.number in text
        assert "内容不公开" in text
        assert "答复敷衍" in text
        for word in ("低保", "王家", "认真研究"):
            assert word not in text
    text = read(client_as, "town", f"{PAGE}/{case.number}")
    assert "低保" in text
    assert "认真研究" in text


def test_lists_narrow_by_body_field_and_mark(cast: Any, file: File) -> None:
    case = marked(cast, file)
    intake = cast.actor("intake")

    def found(**narrowed: str) -> int:
        page = queries.supervision_page(intake, "marked", queries.Narrowed(**narrowed))
        return len(page.rows)

    assert found() == found(mark="perfunctory") == found(field="power") == 1
    assert found(town="350525101000") == found(body=str(case.body_id)) == 1
    assert found(mark="forwards") == found(field="road") == found(body="1") == 0
    with pytest.raises(BadInput):
        found(body="x")
    with pytest.raises(BadInput):
        queries.supervision_page(intake, "all", queries.Narrowed())


def test_a_list_goes_on_page_by_page(cast: Any, file: File, monkeypatch: Any) -> None:
    from mingbai.cases.queries import supervision

    monkeypatch.setattr(supervision, "SIZE", 2)
    numbers = {marked(cast, file).number for _ in range(5)}
    seen: list[str] = []
    after, town = "", cast.actor("town")
    for _ in range(3):
        page = queries.supervision_page(town, "marked", queries.Narrowed(), after)
        seen += [one.line.number for one in page.rows]
        after = page.next
    assert after == ""
    assert sorted(seen) == sorted(numbers)


def test_a_list_costs_ten_queries_however_long(cast: Any, file: File) -> None:
    town = cast.actor("town")

    def cost() -> int:
        now = scopes.current()
        assert now is not None
        now.memo.clear()
        with CaptureQueriesContext(connection) as caught:
            queries.supervision_page(town, "marked", queries.Narrowed())
        return len(caught.captured_queries)

    marked(cast, file)
    few = cost()
    for _ in range(4):
        marked(cast, file)
    assert cost() == few <= 10


def test_pressing_stands_in_the_history_and_reaches_body_and_reporter(
    client_as: Any, cast: Any, file: File
) -> None:
    case = file("handling")
    sent = {"text": "请本周五前把灯修好并答复"}
    assert client_as("town").post(f"{PAGE}/{case.number}/press", sent).status_code == 302
    text = read(client_as, "villager", f"/c/{case.number}")
    assert "监督单位督办" in text
    assert "五里街镇人民政府 赵卫东：请本周五前把灯修好并答复" in text
    told = Notice.objects.filter(title="监督单位督办").values_list("person_id", flat=True)
    assert cast.people["officer"].pk in set(told)
    assert Notice.objects.filter(
        title="监督单位已督办", person_id=cast.people["villager"].pk
    ).exists()
    now = Case.objects.get()
    assert (now.state, now.version, now.urged) == ("handling", case.version, True)
    assert Entry.objects.filter(verb="case.press").count() == 1


def test_pressing_is_refused_where_it_makes_no_sense(
    cast: Any, watchers: Any, file: File, at: Any, everything: Any
) -> None:
    case = file("handling")

    def press(who: str, text: str = "请本周五前办好并答复") -> None:
        commands.press(actor=watchers.actor(who), county=COUNTY, number=case.number, text=text)

    before = everything()
    with pytest.raises(BadInput, match="请写一句要对方做什么"):
        press("town", "快")
    with pytest.raises(Refused, match="不归你们单位督办"):
        press("auditor")
    for who in ("officer", "clerk", "it"):
        with pytest.raises(Missing):
            press(who)
    assert everything() == before
    press("watch")
    before = everything()
    with pytest.raises(Refused, match="已经督办过"):
        press("watch")
    assert everything() == before
    press("town")
    at("2026-11-20 09:00")
    press("watch")
    commands.assign(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=Case.objects.get().version,
        receiver=cast.bodies["town"].pk,
    )
    before = everything()
    with pytest.raises(Refused, match="你们单位自己办的"):
        press("town")
    assert everything() == before


def test_an_office_orders_a_new_answer_and_the_clock_starts_again(
    client_as: Any, cast: Any, file: File, at: Any
) -> None:
    case = marked(cast, file)
    at("2026-11-19 10:00")
    assert "责令重新答复" in read(client_as, "town", f"{PAGE}/{case.number}")
    sent = {"version": case.version, "reason": "没写修了没有，请写清几时修好"}
    assert client_as("town").post(f"{PAGE}/{case.number}/redo", sent).status_code == 302
    now = Case.objects.get()
    assert (now.state, now.level, now.body_id) == ("handling", "village", case.body_id)
    assert (now.returned, now.handler_id) == (False, case.handler_id)
    assert now.clock_from > case.clock_from
    mark = Mark.objects.get()
    assert (mark.outcome, mark.settled_by) == ("redone", "五里街镇人民政府 赵卫东")
    text = read(client_as, "villager", f"/c/{case.number}")
    assert "监督单位责令重新答复" in text
    assert "没写修了没有，请写清几时修好" in text
    assert Notice.objects.filter(person_id=cast.people["officer"].pk, title="责令重新答复").exists()


def test_a_new_answer_is_not_ordered_without_a_mark_nor_by_others(
    cast: Any, watchers: Any, file: File, everything: Any
) -> None:
    case = file("answered")

    def redo(who: str, version: int = 0, reason: str = "没写做了什么，请补上") -> None:
        commands.redo(
            actor=watchers.actor(who),
            county=COUNTY,
            number=case.number,
            version=version or case.version,
            reason=reason,
        )

    before = everything()
    with pytest.raises(Refused, match="没有待认定的标记"):
        redo("town")
    assert everything() == before
    case = marked(cast, file)
    before = everything()
    for who, error in (("watch", Refused), ("officer", Refused), ("villager", Refused)):
        with pytest.raises(error):
            redo(who)
    with pytest.raises(Refused, match="刚被别人改过"):
        redo("town", case.version - 1)
    with pytest.raises(BadInput):
        redo("town", reason="差")
    assert everything() == before
    Rating.objects.create(
        county=COUNTY, case=case, score="satisfied", at=case.answered_at, reason=""
    )
    with pytest.raises(Refused, match="已经评了满意"):
        redo("town")


def test_a_mark_is_settled_once_with_a_reason_and_never_by_its_own_office(
    client_as: Any, cast: Any, watchers: Any, file: File, everything: Any
) -> None:
    case = marked(cast, file)
    mark = Mark.objects.get()
    before = everything()

    def settle(who: str, outcome: str = "unfounded", reason: str = "当面答复过，有记录") -> None:
        commands.settle_mark(
            actor=watchers.actor(who),
            county=COUNTY,
            number=case.number,
            mark=mark.pk,
            outcome=outcome,
            reason=reason,
        )

    for who in ("officer", "clerk"):
        with pytest.raises(Missing):
            settle(who)
    with pytest.raises(Refused):
        settle("auditor")
    with pytest.raises(BadInput, match="理由"):
        settle("town", reason="无")
    with pytest.raises(BadInput, match="属实还是不成立"):
        settle("town", outcome="redone")
    assert everything() == before
    path = f"{PAGE}/{case.number}/marks/{mark.pk}"
    answer = client_as("town").post(path, {"outcome": "unfounded", "reason": "无"})
    assert answer.status_code == 400
    assert 'value="无"' in answer.content.decode()
    sent = {"outcome": "unfounded", "reason": "当面答复过，有记录"}
    assert client_as("watch").post(path, sent).status_code == 302
    assert Mark.objects.get().settled_by == "五里街镇纪委 林正"
    with pytest.raises(Refused, match="已经认定过了"):
        settle("town")
    assert counts(cast.actor("town"))["marked"] == 0
    text = read(client_as, "town", f"{PAGE}/{case.number}")
    assert "认定不成立：当面答复过，有记录" in text
    town = cast.bodies["town"]
    Mark.objects.update(body=town, settled_at=None, outcome="")
    with pytest.raises(Refused, match="你们单位自己办的"):
        settle("town")


def test_the_bodies_of_a_month_are_counted_per_hundred_from_five_cases_on(
    client_as: Any, cast: Any, file: File, at: Any
) -> None:
    for _ in range(4):
        marked(cast, file)
    handed = file("accepted")
    commands.assign(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=handed.number,
        version=handed.version,
        receiver=cast.bodies["town"].pk,
    )
    card = queries.scorecard(cast.actor("intake"))
    rows = {row.body: row for row in card.rows}
    village, town = rows["石鼓村村委会"], rows["五里街镇人民政府"]
    assert (village.cases, village.poor, village.handed) == (5, 4, 1)
    assert (village.per_hundred(village.poor), town.per_hundred(1)) == (80.0, None)
    assert (town.cases, town.handed) == (1, 0)
    text = read(client_as, "intake", f"{PAGE}/bodies")
    assert "（80.0）" in text
    assert "各单位 2026年11月" in text
    Mark.objects.update(outcome="unfounded")
    assert queries.scorecard(cast.actor("intake")).rows[0].poor == 0
    assert queries.scorecard(cast.actor("intake"), "2026-10").rows == []
    for wrong in ("2026-13", "x", "2026-12", "1999-01"):
        with pytest.raises(BadInput):
            queries.scorecard(cast.actor("intake"), wrong)


def test_a_month_counts_what_each_body_did_wrong(cast: Any, file: File, at: Any) -> None:
    case = file("handling")
    at("2026-11-25 10:00")
    commands.escalate_overdue(COUNTY)
    late = {row.body: row.late for row in queries.scorecard(cast.actor("intake")).rows}
    assert late == {"石鼓村村委会": 1, "五里街镇人民政府": 0}
    assert Case.objects.get(pk=case.pk).level == "town"


def test_marks_go_with_an_erased_case(
    cast: Any, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.kernel import ports

    monkeypatch.setattr(ports, "clue_intake", lambda: lambda material: True)
    case = file("handling")
    event = CaseEvent.objects.filter(case=case).first()
    Mark.objects.create(
        county=COUNTY,
        region=VILLAGE,
        case=case,
        event=event,
        kind="ping_pong",
        body=case.body,
        label="王建国",
        evidence="来回",
        at=case.submitted_at,
    )
    commands.hand_to_clues(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, version=case.version
    )
    assert not Mark.objects.exists()


def test_marks_are_seen_inside_the_territory_alone(cast: Any, file: File) -> None:
    marked(cast, file)
    for scope, public, seen in (
        (VILLAGE, False, 1),
        ("350525", False, 1),
        ("350525101202", False, 0),
        ("", True, 0),
    ):
        with scopes.enter(scope=scope, public=public):
            assert Mark.objects.count() == seen


def test_a_repeated_write_leaves_one_mark(cast: Any, file: File) -> None:
    from mingbai.cases.commands.marking import write_marks
    from mingbai.cases.passing import of_answer

    case = marked(cast, file)
    event = CaseEvent.objects.get(case=case, verb="answer")
    found = of_answer(EMPTY)
    for _ in range(2):
        write_marks(case, event, cast.actor("officer"), found, knowing=True)
    assert Mark.objects.count() == 1


def test_an_officer_whose_post_has_ended_presses_nothing(cast: Any, file: File) -> None:
    from mingbai.accounts.models import Post
    from mingbai.kernel import clock

    case = file("handling")
    actor = actor_for(cast.people["town"].pk, cast.posts["town"].pk)
    Post.objects.filter(pk=cast.posts["town"].pk).update(until=clock.today().replace(day=1))
    with pytest.raises(Refused, match="任职已经结束"):
        commands.press(actor=actor, county=COUNTY, number=case.number, text="请本周五前办好并答复")
