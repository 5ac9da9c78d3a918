"""The moves beyond accept, start and answer: what each needs, does and leaves, and when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from mingbai.audit.models import Entry
from mingbai.cases import commands, queries
from mingbai.cases.models import Ask, Case, CaseEvent, Contact, Part, Stop, Support
from mingbai.kernel import clock
from mingbai.kernel.actors import SYSTEM
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import ClueMaterial
from mingbai.notices.models import Notice

COUNTY, VILLAGE = "350525", "350525101201"
DONE = "换了控制器一个，加装路灯一盏，王建国验收。"
At = Callable[[str], None]
File = Callable[..., Case]


def fresh(case: Case) -> Case:
    return Case.objects.select_related("body").get(pk=case.pk)


def do(cast: Any, who: str, case: Case, verb: str, **more: Any) -> Case:
    """Make one move with the newest version."""
    now = fresh(case)
    getattr(commands, verb)(
        actor=cast.actor(who), county=COUNTY, number=now.number, version=now.version, **more
    )
    return fresh(case)


def everything() -> tuple[Any, ...]:
    """What a refused action must leave as it was."""
    return (
        list(Case.objects.order_by("pk").values()),
        list(Ask.objects.order_by("pk").values()),
        list(Part.objects.order_by("pk").values()),
        list(Stop.objects.order_by("pk").values()),
        Support.objects.count(),
        CaseEvent.objects.count(),
        Entry.objects.count(),
        Notice.objects.count(),
    )


@pytest.fixture
def refused(cast: Any) -> Iterator[Callable[..., str]]:
    """Give a function that makes a move which must be refused, and returns the sentence."""

    def attempt(who: str, case: Case, verb: str, **more: Any) -> str:
        before = everything()
        with pytest.raises((Refused, BadInput, Missing)) as wrong:
            do(cast, who, case, verb, **more)
        assert everything() == before
        return str(wrong.value)

    return attempt


def told(cast: Any, who: str, title: str) -> int:
    return Notice.objects.filter(person=cast.people[who], title__startswith=title).count()


def due(case: Case) -> str:
    return f"{clock.local(fresh(case).due_at):%m-%d}"


def office(cast: Any) -> None:
    """Let a petition office work in the county."""
    from conftest import moment
    from mingbai.accounts.models import Body, Person, Post

    cast.bodies["petition"] = Body.objects.create(
        kind="department",
        region_id="350525000000",
        name="永春县信访局",
        parent=cast.bodies["county"],
    )
    cast.people["petition"] = Person.objects.create(
        login="petition", name="吕芳", created_at=clock.now(), password="!"
    )
    cast.posts["petition"] = Post.objects.create(
        person=cast.people["petition"],
        role="petition_office",
        region_id="350525000000",
        scope="350525",
        body=cast.bodies["petition"],
        title="接访科科长",
        since=moment("2024-01-01 00:00").date(),
    )


# ---- waiting for the reporter ----


def test_waiting_stops_the_clock_until_the_reporter_supplements(
    cast: Any, file: File, at: At
) -> None:
    case = file("handling", field="road")
    assert due(case) == "11-25"
    case = do(cast, "officer", case, "ask_reporter", text="请写明是哪一段路")
    assert (case.state, case.next_at) == ("waiting", case.resumes_at)
    assert told(cast, "villager", "请你补充情况") == 1
    page = queries.public_case(COUNTY, case.number, cast.actor("villager"))
    assert page.line.countdown is None
    assert page.line.stopped == "等反映人补充，时钟暂停，最迟 11月25日 周三 恢复"
    assert page.waiting_for == "请写明是哪一段路"
    at("2026-11-20 10:00")
    commands.supplement(
        actor=cast.actor("villager"), county=COUNTY, number=case.number, text="村口到学校那段"
    )
    case = fresh(case)
    assert (case.state, due(case), case.stopped_at) == ("handling", "11-27", None)
    stop = Stop.objects.get()
    assert (stop.state, stop.days, stop.ended_at) == ("waiting", 2, clock.now())


def test_silence_lets_the_clock_run_again_by_itself(cast: Any, file: File, at: At) -> None:
    case = do(cast, "officer", file("handling", field="road"), "ask_reporter", text="哪一段路")
    at("2026-11-25 18:01")
    assert commands.escalate_overdue(COUNTY) == 1
    case = fresh(case)
    assert (case.state, due(case)) == ("handling", "12-02")
    assert "没有等到补充" in case.events.get(verb="wake").text


def test_a_case_waits_at_most_twice_and_not_when_late(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    case = file("handling", field="road")
    for _ in range(2):
        do(cast, "officer", case, "ask_reporter", text="请写明是哪一段")
        do(cast, "officer", case, "resume")
    assert "已经请反映人补充过 2 次" in refused("officer", case, "ask_reporter", text="请再写明")
    late = file("handling", field="road")
    at("2026-11-25 18:01")
    assert "已经过了期限" in refused("officer", late, "ask_reporter", text="请写明是哪一段")


def test_nobody_is_waited_for_where_nobody_can_answer(cast: Any, file: File, refused: Any) -> None:
    case = file("handling", who="officer", source="desk", phone="13900003333")
    assert "没有留下能上网补充的反映人" in refused(
        "officer", case, "ask_reporter", text="请写明是哪一段"
    )


def test_whoever_stopped_on_the_last_day_is_not_late_when_it_goes_on(
    cast: Any, file: File, at: At
) -> None:
    case = file("handling", field="road")
    at("2026-11-25 17:59")
    do(cast, "officer", case, "ask_reporter", text="请写明是哪一段")
    at("2026-11-25 19:00")
    case = do(cast, "officer", case, "resume")
    assert (due(case), case.overdue) == ("11-26", False)


# ---- suspension ----


def test_a_suspension_is_asked_for_approved_above_public_and_ends(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    case = file("handling", field="road")
    why = {"reason": "霜冻期间不能浇水泥路面", "until": "2026-12-10"}
    case = do(cast, "officer", case, "ask_suspend", **why)
    assert case.state == "handling"
    assert told(cast, "town", "有一件申请挂起要你们定") == 1
    shown = queries.public_case(COUNTY, case.number, cast.actor("other"))
    assert shown.steps[0].verb == "start"
    assert "挂起已经申请了" in refused("officer", case, "ask_suspend", **why)
    assert "没有等你们单位决定" in refused("intake", case, "suspend")
    assert "没有等你们单位决定" in refused("officer", case, "suspend")
    case = do(cast, "town", case, "suspend")
    assert case.state == "suspended"
    shown = queries.public_case(COUNTY, case.number, cast.actor("other"))
    assert "霜冻期间" in shown.steps[0].text
    assert shown.line.stopped == "经批准挂起，时钟暂停，12月10日 周四 恢复"
    at("2026-12-10 18:01")
    assert commands.escalate_overdue(COUNTY) == 1
    assert (fresh(case).state, due(case)) == ("handling", "12-17")


def test_a_suspension_that_is_denied_leaves_the_clock_running(
    cast: Any, file: File, refused: Any
) -> None:
    case = file("handling", field="road")
    do(cast, "officer", case, "ask_suspend", reason="等上面拨款再说吧", until="2026-12-10")
    assert "请写明不同意的理由" in refused("town", case, "deny", reason="")
    case = do(cast, "town", case, "deny", reason="可以先临时填平")
    assert (case.state, due(case)) == ("handling", "11-25")
    assert told(cast, "officer", "没有同意") == 1
    assert Ask.objects.get().granted is False


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("", "请选一个日期"),
        ("明天", "请选一个日期"),
        ("2026-11-17", "要在今天以后"),
        ("2027-09-01", "最多挂起 60 个工作日"),
    ],
)
def test_the_end_of_a_suspension_is_a_day_not_too_far(
    file: File, refused: Any, until: str, sentence: str
) -> None:
    case = file("handling")
    assert sentence in refused(
        "officer", case, "ask_suspend", reason="霜冻期间不能施工", until=until
    )


def test_a_request_falls_away_when_the_case_moves_on(cast: Any, file: File, refused: Any) -> None:
    case = file("handling", field="road")
    do(cast, "officer", case, "ask_suspend", reason="霜冻期间不能施工", until="2026-12-10")
    case = do(cast, "officer", case, "answer", text=DONE)
    assert Ask.objects.get().reason == "情况变了，这条请示自动作罢。"
    assert refused("town", case, "suspend") == "没有等你们单位决定的请示。"


# ---- extension ----


def test_one_extension_is_told_to_the_reporter(cast: Any, file: File, at: At, refused: Any) -> None:
    case = file("handling", field="road")
    assert "1 到 5" in refused("officer", case, "extend", days="6", reason="等配件到货才能修")
    case = do(cast, "officer", case, "extend", days="3", reason="等配件到货才能修")
    assert (due(case), case.extended_days) == ("11-30", 3)
    assert told(cast, "villager", "延期一次") == 1
    page = queries.public_case(COUNTY, case.number, cast.actor("villager"))
    assert page.steps[0].text == "延 3 个工作日。理由：等配件到货才能修"
    assert page.line.countdown is not None
    assert page.line.countdown.total == 8
    assert "已经延期过一次" in refused("officer", case, "extend", days="1", reason="还要再等几天")
    late = file("handling", field="road")
    at("2026-11-26 09:00")
    assert "要在到期以前提" in refused("officer", late, "extend", days="1", reason="还要再等几天")


# ---- joint handling ----


def joint(cast: Any, file: File) -> Case:
    case = file("accepted", field="water")
    case = do(cast, "officer", case, "assign", receiver=cast.bodies["town"].pk)
    do(cast, "town", case, "start")
    return do(
        cast,
        "town",
        case,
        "invite",
        receivers=[cast.bodies["water"].pk, cast.bodies["village"].pk],
        text="查水管归谁修",
    )


def test_the_lead_answers_only_when_every_part_is_in(cast: Any, file: File, refused: Any) -> None:
    case = joint(cast, file)
    assert (case.state, case.body) == ("joint", cast.bodies["town"])
    assert told(cast, "department", "请你们会办") == 1
    assert "永春县水利局" in refused("town", case, "join")
    assert "不能答复" in refused("town", case, "answer", text=DONE)
    case = do(cast, "department", case, "contribute", text="主管破裂，已换管二十米。")
    assert told(cast, "town", "会办有答复") == 1
    assert "没有请你们单位会办" in refused(
        "department", case, "contribute", text="再说一遍已换管二十米。"
    )
    assert "石鼓村村委会的会办部分还没答复" in refused("town", case, "join")
    case = do(
        cast,
        "town",
        case,
        "release",
        receiver=cast.bodies["village"].pk,
        reason="管子不归村里修",
    )
    case = do(cast, "town", case, "join")
    assert case.state == "handling"
    case = do(cast, "town", case, "answer", text=DONE)
    assert case.state == "answered"
    texts = [s.text for s in queries.public_case(COUNTY, case.number, cast.actor("other")).steps]
    assert "永春县水利局：主管破裂，已换管二十米。" in texts


def test_an_assisting_department_opens_the_case_and_nothing_else(cast: Any, file: File) -> None:
    other = file("handling", is_public=False)
    case = joint(cast, file)
    found = queries.case_for_staff(cast.actor("department"), COUNTY, case.number)
    assert [b.move.verb for b in found.buttons if b.decision] == ["contribute"]
    assert not found.may_read_contact
    with pytest.raises(Missing):
        queries.case_for_staff(cast.actor("department"), COUNTY, other.number)
    assert queries.desk_counts(cast.actor("department")).help == 1
    assert len(queries.desk(cast.actor("department"), which="help").groups) == 1


def test_an_open_part_bars_the_answer_after_an_escalation_too(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    case = joint(cast, file)
    at("2026-12-01 08:00")
    commands.escalate_overdue(COUNTY)
    case = fresh(case)
    assert (case.state, case.body) == ("escalated", cast.bodies["water"])
    for verb in ("accept", "start"):
        case = do(cast, "department", case, verb)
    assert "会办部分还没答复" in refused("department", case, "answer", text=DONE)


@pytest.mark.parametrize("bodies", [[], ["neighbour"], ["water"]])
def test_only_bodies_of_the_place_are_invited(
    cast: Any, file: File, refused: Any, bodies: list[str]
) -> None:
    case = file("handling")
    chosen = [cast.bodies[b].pk for b in bodies]
    sentence = refused("officer", case, "invite", receivers=chosen, text="请一起来看看")
    assert sentence == "请选一个或几个会办单位。"


# ---- merging and splitting ----


def test_reporter_and_supporters_follow_a_merged_case(cast: Any, file: File) -> None:
    target = file("accepted", who="other")
    case = file("accepted")
    commands.support(actor=cast.actor("other"), county=COUNTY, number=case.number)
    commands.attach_support_from_chat(county=COUNTY, number=case.number, member="成员 B7")
    case = do(cast, "officer", case, "merge", into=target.number)
    assert (case.state, case.merged_into_id, case.next_at) == ("merged", target.pk, None)
    # 苏大伯 supported the one and filed the other: nobody stands behind what is theirs.
    rows = Support.objects.filter(case=target).values_list("person__name", "member")
    assert set(rows) == {("林阿婶", ""), (None, "成员 B7")}
    assert fresh(target).supports == 2
    do(cast, "officer", target, "start")
    do(cast, "officer", target, "answer", text=DONE)
    assert told(cast, "villager", "已答复，请你评价") == 1
    page = queries.public_case(COUNTY, case.number, cast.actor("villager"))
    assert page.links.into == target.number


def test_a_merge_is_undone_while_the_other_case_is_untouched(
    cast: Any, file: File, refused: Any
) -> None:
    target, case = file("accepted", who="other"), file("accepted")
    do(cast, "officer", case, "merge", into=target.number)
    case = do(cast, "officer", case, "unmerge")
    assert (case.state, case.merged_into_id) == ("accepted", None)
    assert case.next_at is not None
    assert (fresh(target).supports, Support.objects.count()) == (0, 0)
    do(cast, "officer", case, "merge", into=target.number)
    do(cast, "officer", target, "start")
    assert "已经有了新的办理" in refused("officer", case, "unmerge")


def test_a_case_is_merged_only_into_an_open_one_that_its_reporter_can_follow(
    cast: Any, file: File, refused: Any
) -> None:
    case = file("accepted")
    hidden = file("accepted", who="other", is_public=False)
    done = file("answered", who="other")
    assert "不公开" in refused("officer", case, "merge", into=hidden.number)
    assert "已答复" in refused("officer", case, "merge", into=done.number)
    for wrong in ("", case.number, "350525-2611-09999", "350526-2611-00001"):
        refused("officer", case, "merge", into=wrong)
    refused("neighbour", case, "merge", into=done.number)


def test_a_split_part_is_a_case_of_its_own(cast: Any, file: File) -> None:
    case, token = file("handling"), uuid4()
    for _ in range(2):
        number = commands.split(
            actor=cast.actor("officer"),
            county=COUNTY,
            number=case.number,
            version=case.version,
            token=token,
            text="路口的井盖也坏了，要换",
            field="facility",
        )
    assert Case.objects.count() == 2
    part = Case.objects.get(number=number)
    assert (part.state, part.field, part.reporter, part.body) == (
        "submitted",
        "facility",
        cast.people["villager"],
        cast.bodies["village"],
    )
    assert (part.split_from_id, fresh(case).state) == (case.pk, "handling")
    assert Contact.objects.count() == 2
    commands.accept(actor=cast.actor("officer"), county=COUNTY, number=number, version=part.version)
    phone = commands.read_contact(
        actor=cast.actor("officer"), county=COUNTY, number=number, reason="约时间上门看"
    )
    assert phone == "13800001111"


# ---- disputes ----


def assigned(cast: Any, file: File) -> Case:
    return do(cast, "officer", file("accepted"), "assign", receiver=cast.bodies["town"].pk)


def test_nobody_sends_a_case_back(cast: Any, file: File, refused: Any) -> None:
    case = assigned(cast, file)
    sentence = refused("town", case, "assign", receiver=cast.bodies["village"].pk)
    assert sentence.startswith("这件是石鼓村村委会交来的，不能退回去。")


def test_a_dispute_is_decided_above_once_for_all(cast: Any, file: File, refused: Any) -> None:
    case = assigned(cast, file)
    why = {"reason": "三定方案写明路灯由村里管护"}
    case = do(cast, "town", case, "dispute", **why)
    assert (case.state, told(cast, "intake", "有一件交办异议要你们定")) == ("assigned", 1)
    assert "异议已经提了" in refused("town", case, "dispute", **why)
    case = do(cast, "intake", case, "deny", reason="主干道路灯归镇里管")
    assert case.settled
    assert "已经裁定过" in refused("town", case, "dispute", **why)


def test_a_granted_dispute_gives_the_case_to_the_right_body(
    cast: Any, file: File, refused: Any
) -> None:
    case = assigned(cast, file)
    do(cast, "town", case, "dispute", reason="水管归水利局管，见三定方案")
    water = cast.bodies["water"].pk
    assert "请选改交给哪个单位" in refused(
        "intake", case, "redirect", receiver=0, reason="归水利局"
    )
    case = do(cast, "intake", case, "redirect", receiver=water, reason="供水归水利局")
    assert (case.body_id, case.level, case.settled, case.state) == (
        water,
        "county",
        True,
        "assigned",
    )
    assert "已经裁定过" in refused("department", case, "dispute", reason="我们也不想办这件事")
    assert told(cast, "villager", "已改交") == 1


def test_a_dispute_comes_within_one_working_day(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    case = assigned(cast, file)
    at("2026-11-19 18:01")
    assert "已过 1 个工作日" in refused("town", case, "dispute", reason="不归我们镇里管理")


# ---- the petition office ----


def test_a_petition_has_the_clocks_of_the_regulation(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    case = file("accepted")
    why = {"reason": "要求复核土地确权结论"}
    assert "信访局还没有进平台" in refused("officer", case, "transfer", **why)
    office(cast)
    case = do(cast, "officer", case, "transfer", **why)
    assert (case.state, case.body, case.level) == (
        "transferred",
        cast.bodies["petition"],
        "county",
    )
    assert f"{clock.local(case.due_at):%Y-%m-%d %H:%M}" == "2026-12-03 18:00"
    page = queries.public_case(COUNTY, case.number, cast.actor("villager"))
    assert page.line.countdown is not None
    assert page.line.countdown.words == "还剩 15 天"
    at("2026-11-20 09:00")
    case = do(cast, "petition", case, "register")
    assert f"{clock.local(case.due_at):%Y-%m-%d}" == "2027-01-19"
    assert "1 到 30" in refused("petition", case, "extend", days="31", reason="案情复杂需要再调查")
    case = do(cast, "petition", case, "extend", days="30", reason="案情复杂需要再调查")
    assert f"{clock.local(case.due_at):%Y-%m-%d}" == "2027-02-18"
    parts = {"demand": "要求复核确权", "facts": "查档属实有误", "opinion": "更正登记", "basis": ""}
    assert "依据" in refused("petition", case, "conclude", **parts)
    case = do(cast, "petition", case, "conclude", **{**parts, "basis": "土地管理法第十四条"})
    assert case.state == "answered"
    case = do(cast, "villager", case, "rate", score="unsatisfied", reason="还是没改")
    assert case.state == "closed"  # a review is asked of the office above, not of this ladder
    assert "申请复查" in refused("villager", case, "claim", reason="还是没改")


def test_a_late_petition_is_urged_and_climbs_no_ladder(cast: Any, file: File, at: At) -> None:
    office(cast)
    case = do(cast, "officer", file("accepted"), "transfer", reason="要求复核土地确权结论")
    at("2026-12-20 09:00")
    commands.escalate_overdue(COUNTY)
    case = fresh(case)
    assert (case.state, case.overdue, case.body) == ("transferred", True, cast.bodies["petition"])
    assert case.next_at is None


def test_what_is_no_petition_goes_back_within_five_working_days(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    office(cast)
    case = do(cast, "officer", file("accepted"), "transfer", reason="要求复核土地确权结论")
    other = do(cast, "officer", file("accepted"), "transfer", reason="要求复核土地确权结论")
    at("2026-11-20 09:00")
    case = do(cast, "petition", case, "send_back", reason="属于一般求助，村里可以办")
    assert (case.state, case.body) == ("accepted", cast.bodies["village"])
    at("2026-11-26 09:00")
    assert "已过 5 个工作日" in refused("petition", other, "send_back", reason="属于一般求助事项")


# ---- the sealed hand-over ----


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> list[ClueMaterial]:
    from mingbai.kernel import ports

    taken: list[ClueMaterial] = []

    def take(material: ClueMaterial) -> bool:
        taken.append(material)
        return True

    monkeypatch.setattr(ports, "clue_intake", lambda: take)
    return taken


def test_a_sealed_hand_over_leaves_what_a_retraction_leaves(
    cast: Any, file: File, sealed: list[ClueMaterial]
) -> None:
    words = "村里路灯款被人拿去自己用了"
    plain = {"is_public": True, "text": words}
    handed = file("handling", **plain)
    commands.support(actor=cast.actor("other"), county=COUNTY, number=handed.number)
    chat = {"source": "chat", "source_id": "m-1", "source_text": words}
    taken_back = commands.submit_case(
        actor=SYSTEM, token=uuid4(), region=VILLAGE, text=words, field="power", **chat
    )
    commands.retract_filing(county=COUNTY, number=taken_back)
    do(cast, "officer", handed, "hand_to_clues")
    [material] = sealed
    assert words in material.text
    assert material.author == "13800001111"
    rows = Case.objects.order_by("id").values()
    own = {"id", "number", "token"}
    left, right = ({k: v for k, v in row.items() if k not in own} for row in rows)
    assert left == right
    steps = [
        list(
            CaseEvent.objects.filter(case__number=n)
            .order_by("id")
            .values_list("verb", "before", "after", "label", "text", "person_id", "body_id")
        )
        for n in (handed.number, taken_back)
    ]
    assert steps[0] == steps[1]
    assert not Notice.objects.filter(thing_id=handed.number).exists()
    last = Notice.objects.get(person=cast.people["villager"])
    assert (last.text, last.link, last.thing_id) == ("你反映的事项有新进展。", "", "")
    with connection.cursor() as cursor:
        for table in ("cases_case", "cases_caseevent", "cases_contact", "notices_notice"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{words}%"])
            assert cursor.fetchone() == (0,)
    verbs = set(Entry.objects.values_list("verb", flat=True))
    assert "case.hand_to_clues" not in verbs


def test_without_the_offices_key_nothing_is_handed_over(
    cast: Any, file: File, refused: Any
) -> None:
    case = file("handling")
    assert "还没有设好接收密钥" in refused("officer", case, "hand_to_clues")


# ---- another round ----


def test_a_closed_case_is_claimed_once_within_fifteen_days(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    case = do(cast, "villager", file("answered"), "rate", score="satisfied")
    other = do(cast, "villager", file("answered"), "rate", score="satisfied")
    at("2026-11-30 09:00")
    assert "只有反映人自己" in refused("other", case, "claim", reason="又坏了")
    case = do(cast, "villager", case, "claim", reason="又坏了")
    assert (case.state, case.level, case.returned) == ("escalated", "town", True)
    for verb in ("accept", "start"):
        case = do(cast, "town", case, verb)
    case = do(cast, "town", case, "answer", text=DONE)
    case = do(cast, "villager", case, "rate", score="satisfied")
    assert "已经重办过一次" in refused("villager", case, "claim", reason="又坏了")
    at("2026-12-03 09:01")
    assert "答复已过 15 天" in refused("villager", other, "claim", reason="又坏了")


def test_a_supporter_asks_for_another_round_and_the_level_above_decides(
    cast: Any, file: File, refused: Any
) -> None:
    case = file("handling")
    commands.support(actor=cast.actor("other"), county=COUNTY, number=case.number)
    case = do(cast, "officer", case, "answer", text=DONE)
    before = everything()
    with pytest.raises(Refused, match="附议过的人才能"):
        commands.ask_reopen(
            actor=cast.actor("villager"), county=COUNTY, number=case.number, reason="还黑着"
        )
    assert everything() == before
    commands.ask_reopen(
        actor=cast.actor("other"), county=COUNTY, number=case.number, reason="另一盏还黑着"
    )
    assert told(cast, "town", "有一件请求重办要你们定") == 1
    assert queries.desk_counts(cast.actor("town")).ask == 1
    assert refused("officer", case, "grant_reopen")
    case = do(cast, "town", case, "grant_reopen")
    assert (case.state, case.body, case.returned) == ("escalated", cast.bodies["town"], True)


# ---- posts and people ----


def test_a_post_that_has_just_ended_is_refused(cast: Any, file: File, at: At) -> None:
    from mingbai.accounts import commands as accounts

    case, officer = file("handling"), cast.actor("officer")
    accounts.end_post(actor=None, post_id=cast.posts["officer"].pk, last_day=clock.today())
    at("2026-11-19 00:59")  # the post ended an hour ago; the page was open
    before = everything()
    with pytest.raises(Refused, match="任职已经结束"):
        commands.answer(
            actor=officer, county=COUNTY, number=case.number, version=case.version, text=DONE
        )
    assert everything() == before


def test_whoever_comes_second_reads_who_did_what_and_when(
    cast: Any, file: File, at: At, refused: Any
) -> None:
    case = file("handling")
    at("2026-11-18 10:24")
    do(cast, "officer", case, "progress", text="已约电工明早到现场")
    before = everything()
    with pytest.raises(Refused) as wrong:
        commands.answer(
            actor=cast.actor("officer"),
            county=COUNTY,
            number=case.number,
            version=case.version,
            text=DONE,
        )
    assert str(wrong.value) == "这件刚被别人改过：王建国在 10:24 有进展。请看过再办。"
    assert everything() == before


def test_a_case_of_a_body_without_anybody_goes_to_the_body_above(
    cast: Any, file: File, at: At
) -> None:
    from mingbai.accounts import commands as accounts

    held = file("handling")
    for who in ("officer", "supervisor"):
        accounts.end_post(actor=None, post_id=cast.posts[who].pk, last_day=clock.today())
    at("2026-11-19 09:00")
    new = file()
    assert (new.body, new.level) == (cast.bodies["town"], "town")
    assert [e.verb for e in new.events.order_by("id")] == ["submit", "unstaffed"]
    assert commands.hand_up_unstaffed(COUNTY) == 1
    assert commands.hand_up_unstaffed(COUNTY) == 0
    held = fresh(held)
    assert (held.body, held.state, held.handler) == (cast.bodies["town"], "escalated", None)
    assert held.events.get(verb="lift").text == "石鼓村村委会现在没有承办人，交给五里街镇人民政府。"
    assert told(cast, "town", "有一件交到你们这里") == 1


def test_danger_alerts_the_duty_officers_of_two_levels_by_phone(cast: Any, file: File) -> None:
    from mingbai.notices.models import Delivery

    case = file(urgent=True, text="变压器着火了，快来人")
    assert case.due_days == 1
    alarmed = Notice.objects.filter(title="紧急件，请马上办")
    assert set(alarmed.values_list("person__name", flat=True)) == {"王建国", "李秀英", "赵卫东"}
    assert Delivery.objects.filter(channel="sms").count() == 3
