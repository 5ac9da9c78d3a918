"""The duty list: one body or a clear gap, what moved forwards, and why in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from mingbai.accounts import commands, duties, queries
from mingbai.accounts.duties import Line, Matter
from mingbai.accounts.models import Body, Duty, DutyList, Post
from mingbai.audit.models import Entry
from mingbai.kernel import clock, scopes
from mingbai.kernel.decisions import BadInput, Missing, Refused

COUNTY, TOWN, VILLAGE = "350525", "350525101", "350525101201"
DAY = date(2026, 11, 18)
FIELDS = ("road", "water", "power")
PLACES = (COUNTY, TOWN, VILLAGE, "350525102", "350525102201")
days = st.integers(0, 60).map(lambda n: date(2026, 10, 20) + timedelta(days=n))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    since = draw(days)
    length = draw(st.none() | st.integers(0, 40))
    return Line(
        body=draw(st.integers(1, 5)),
        field=draw(st.sampled_from(FIELDS)),
        sub=draw(st.sampled_from(["", "", "a", "b"])),
        level=draw(st.sampled_from(duties.LEVELS)),
        scope=draw(st.sampled_from(PLACES)),
        main=draw(st.sampled_from([True, True, False])),
        since=since,
        until=None if length is None else since + timedelta(days=length),
    )


lists = st.lists(lines(), max_size=25)
matters = st.builds(
    Matter,
    field=st.sampled_from(FIELDS),
    sub=st.sampled_from(["", "a", "b"]),
    level=st.sampled_from(duties.LEVELS),
    scope=st.sampled_from(PLACES),
)


@given(lists, matters, days)
def test_any_list_names_exactly_one_main_body_or_none_at_all(
    listed: list[Line], matter: Matter, day: date
) -> None:
    found = duties.main_line(listed, matter, day)
    fitting = [x for x in listed if x.main and x.holds(day) and x.covers(matter)]
    assert (found is None) == (not fitting)
    assert found is None or found in fitting
    backwards = duties.main_line(reversed(listed), matter, day)
    assert (backwards and backwards.body) == (found and found.body)


@given(lists, days)
def test_a_gap_is_reported_exactly_where_nobody_answers(listed: list[Line], day: date) -> None:
    towns = (TOWN, "350525102")
    found = {
        (g.field, g.scope): g for g in duties.gaps(listed, fields=FIELDS, towns=towns, day=day)
    }
    for field in FIELDS:
        for town in towns:
            gap = found.get((field, town))
            matter = Matter(field, "", "county", town)
            answered = [
                duties.main_line(listed, matter, day + timedelta(days=n)) is not None
                for n in range(120)
            ]
            if gap is None:
                assert all(answered)
                continue
            first = (gap.day - day).days
            assert all(answered[:first])
            last = 119 if gap.until is None else (gap.until - day).days
            assert not any(answered[first : last + 1])
            assert gap.until is None or answered[last + 1]


@given(lists, days)
def test_a_list_without_overlaps_never_has_two_equal_claims(listed: list[Line], day: date) -> None:
    if duties.overlaps(listed, day):
        return
    for n in range(0, 90, 3):
        on = day + timedelta(days=n)
        claims = [(x.field, x.sub, x.level, x.scope) for x in listed if x.main and x.holds(on)]
        assert len(claims) == len(set(claims))


@given(lists, lists, days)
def test_what_a_new_list_leaves_out_ends_the_day_before(
    old: list[Line], new: list[Line], day: date
) -> None:
    both = duties.carry_over(old, new, day)
    assert both[: len(new)] == new
    for line in both[len(new) :]:
        assert line.until is not None
        assert line.since <= line.until < day


def add(cast: Any, *more: Line) -> None:
    """Add lines to the list of the fixture."""
    commands.set_duties(
        county=COUNTY, lines=[*queries.duty_lines(COUNTY), *more], source="测试补充"
    )


def line(cast: Any, body: str, field: str, **more: Any) -> Line:
    given_ = {
        "sub": "",
        "level": "county",
        "scope": COUNTY,
        "main": True,
        "since": date(2025, 3, 1),
    }
    return Line(body=cast.bodies[body].pk, field=field, **(given_ | more))


def ask(field: str, sub: str = "", level: str = "county", **more: Any) -> queries.Routing:
    found = queries.responsible(COUNTY, VILLAGE, field, sub, level, **more)
    assert found is not None
    return found


@pytest.fixture
def roads(cast: Any) -> Any:
    """A second department with somebody in it."""
    cast.bodies["roads"] = Body.objects.create(
        kind="department",
        region_id=f"{COUNTY}000000",
        name="永春县交通运输局",
        parent=cast.bodies["county"],
    )
    cast.posts["roads"] = Post.objects.create(
        person=cast.people["other"],
        role="department",
        region_id=f"{COUNTY}000000",
        scope=COUNTY,
        body=cast.bodies["roads"],
        title="路政股股长",
        since=date(2024, 1, 1),
    )
    return cast


def test_the_sentence_names_the_body_since_when_and_who_takes_it_first(roads: Any) -> None:
    add(roads, line(roads, "roads", "road"))
    found = ask("road")
    assert found.main.name == "永春县交通运输局"
    assert found.why == "道路交通归永春县交通运输局管（2025 年 3 月起），村里先接。"
    assert found.listed
    assert found.supervisor is not None
    assert found.supervisor.name == "永春县受理中心"


def test_a_part_of_a_field_goes_before_the_field_and_a_village_before_the_county(
    roads: Any,
) -> None:
    add(
        roads,
        line(roads, "roads", "water", sub="pipe"),
        line(roads, "roads", "irrigation", scope=VILLAGE),
    )
    assert ask("water").main.name == "永春县水利局"
    assert ask("water", "fee").main.name == "永春县水利局"
    assert ask("water", "pipe").main.name == "永春县交通运输局"
    assert ask("water", "pipe").why.startswith("管道漏损归")
    assert ask("irrigation").main.name == "永春县交通运输局"
    neighbour = queries.responsible(COUNTY, "350525101202", "irrigation", "", "county")
    assert neighbour is not None
    assert neighbour.main.name == "永春县水利局"


def test_assisting_bodies_stand_beside_the_main_one(roads: Any) -> None:
    add(roads, line(roads, "roads", "water", main=False))
    found = ask("water")
    assert (found.main.name, [b.name for b in found.assisting]) == (
        "永春县水利局",
        ["永春县交通运输局"],
    )


@pytest.mark.parametrize(
    ("level", "name"),
    [("village", "石鼓村村委会"), ("town", "五里街镇人民政府"), ("county", "永春县受理中心")],
)
def test_where_the_list_is_silent_the_place_itself_decides(
    cast: Any, level: str, name: str
) -> None:
    found = ask("labour", level=level)
    assert (found.main.name, found.listed) == (name, False)
    assert found.why == f"职责清单没有写明“就业欠薪”归谁管，按所在的地方由{name}来办。"


def test_who_does_not_know_whose_it_is_reaches_the_town_desk(cast: Any) -> None:
    found = ask("", level="village")
    assert found.main.name == "五里街镇人民政府"
    assert found.why == "不知道归谁管也不要紧，五里街镇人民政府先接下，再转给该办的单位。"


def test_a_body_without_staff_hands_on_to_its_supervisor_and_says_so(cast: Any) -> None:
    commands.end_post(
        actor=None, post_id=cast.posts["department"].pk, last_day=clock.today() - timedelta(days=1)
    )
    found = ask("water")
    assert found.main.name == "永春县受理中心"
    assert found.why == (
        "饮水供水归永春县水利局管（2024 年 1 月起）；永春县水利局现在没有人在岗，先由永春县受理中心接办。"
    )


def test_staff_without_handling_rights_do_not_count_as_staff(cast: Any) -> None:
    Post.objects.filter(pk=cast.posts["department"].pk).update(role="auditor")
    assert ask("water").main.name == "永春县受理中心"


def test_a_supervising_discipline_office_never_takes_a_case(cast: Any) -> None:
    lone = line(cast, "water", "road", supervisor=cast.bodies["discipline"].pk)
    add(cast, lone)
    Post.objects.filter(pk=cast.posts["department"].pk).update(until=date(2026, 1, 1))
    found = ask("road")
    assert found.supervisor is not None
    assert found.supervisor.name == "永春县纪委监委"
    assert found.main.name == "永春县受理中心"


def test_a_dissolved_body_receives_nothing_any_more(cast: Any) -> None:
    Body.objects.filter(pk=cast.bodies["village"].pk).update(until=date(2026, 11, 17))
    assert ask("road", level="village").main.name == "五里街镇人民政府"
    town = {b.name for b in queries.receivers(cast.bodies["town"].pk)}
    assert "石鼓村村委会" not in town


def test_a_county_without_bodies_answers_nothing(cast: Any) -> None:
    assert queries.responsible("350599", "350599101201", "road") is None


def test_a_duty_begins_and_ends_on_its_days(roads: Any, at: Callable[[str], None]) -> None:
    old = line(roads, "water", "road", since=date(2024, 1, 1), until=date(2026, 11, 30))
    new = line(roads, "roads", "road", since=date(2026, 12, 1))
    add(roads, old, new)
    at("2026-11-30 23:00")
    assert ask("road").main.name == "永春县水利局"
    at("2026-12-01 00:30")
    assert ask("road").main.name == "永春县交通运输局"
    assert ask("road", day=date(2026, 11, 30)).main.name == "永春县水利局"


def forwarded(cast: Any, body: str, field: str, **more: Any) -> queries.Forwarding | None:
    return queries.forwarding(
        body_id=cast.bodies[body].pk, county=COUNTY, region=VILLAGE, field=field, **more
    )


def test_an_old_door_sends_on_to_the_new_one_with_day_and_document(roads: Any) -> None:
    old = line(roads, "water", "road", since=date(2024, 1, 1), until=date(2025, 2, 28))
    add(roads, old, line(roads, "roads", "road", basis="永政办〔2025〕3 号"))
    found = forwarded(roads, "water", "road")
    assert found is not None
    assert (found.old.name, found.new.name, found.since) == (
        "永春县水利局",
        "永春县交通运输局",
        date(2025, 3, 1),
    )
    assert found.why == (
        "道路交通从 2025 年 3 月 1 日起不归永春县水利局管，改由永春县交通运输局管"
        "（永政办〔2025〕3 号），已转过去。"
    )
    assert forwarded(roads, "water", "road", day=date(2025, 2, 28)) is None


def test_nobody_is_sent_on_who_never_had_or_still_has_the_duty(roads: Any) -> None:
    add(roads, line(roads, "roads", "road"), line(roads, "roads", "water", sub="pipe"))
    assert forwarded(roads, "town", "road") is None
    assert forwarded(roads, "roads", "road") is None
    assert forwarded(roads, "water", "water", sub="pipe") is None


def test_an_old_door_without_an_heir_keeps_what_it_is_given(cast: Any) -> None:
    add(cast, line(cast, "water", "road", since=date(2024, 1, 1), until=date(2025, 2, 28)))
    assert forwarded(cast, "water", "road") is None


def test_asking_costs_the_same_few_queries_however_long_the_list(cast: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            ask("water")
        return len(seen)

    few = cost()
    more = [line(cast, "village", "water", level="village", sub=f"p{n}") for n in range(200)]
    add(cast, *more)
    assert cost() == few <= 5


def test_a_villager_of_one_village_can_ask_and_nobody_outside_writes(cast: Any) -> None:
    with scopes.enter(scope=VILLAGE, public=False):
        assert ask("water").main.name == "永春县水利局"
        assert DutyList.objects.filter(county=COUNTY).update(source="x") == 0
        assert Duty.objects.filter(county=COUNTY).delete()[0] == 0
    with scopes.enter(scope="350526", public=False):
        assert Duty.objects.count() == 0
    with scopes.enter(scope="", public=True):
        assert Duty.objects.count() == 2


def test_an_earlier_version_comes_back_word_for_word(roads: Any) -> None:
    before = queries.duty_lines(COUNTY)
    add(roads, line(roads, "roads", "road"))
    assert queries.duty_version(COUNTY) == 2
    number = commands.restore_duties(actor=roads.actor("it"), county=COUNTY, number=1)
    assert (number, queries.duty_lines(COUNTY)) == (3, before)
    assert ask("road").listed is False
    assert [v.current for v in DutyList.objects.order_by("number")] == [False, False, True]
    assert Entry.objects.filter(verb="apply", thing="duties", thing_id=f"{COUNTY}-3").count() == 1


@pytest.mark.parametrize("who", ["officer", "town", "intake", "clerk", "discipline"])
def test_only_it_administrators_go_back(cast: Any, who: str) -> None:
    add(cast)
    with pytest.raises(Refused):
        commands.restore_duties(actor=cast.actor(who), county=COUNTY, number=1)
    assert queries.duty_version(COUNTY) == 2


def test_an_administrator_keeps_the_own_countys_list_alone(cast: Any) -> None:
    with pytest.raises(Refused, match="不在您的范围内"):
        commands.restore_duties(actor=cast.actor("it"), county="350526", number=1)
    with pytest.raises(Missing):
        commands.restore_duties(actor=cast.actor("it"), county=COUNTY, number=9)
    with pytest.raises(BadInput):
        commands.restore_duties(actor=cast.actor("it"), county=COUNTY, number=1)
    assert DutyList.objects.count() == 1
