"""What everybody reads of solved cases: list, map and feed, and that nothing else is in them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4
from xml.dom import minidom

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mingbai.cases import commands, queries
from mingbai.cases.models import Attachment, Case, Field
from mingbai.cases.states import SOLVED, State
from mingbai.kernel import clock, scopes
from mingbai.kernel.decisions import BadInput
from mingbai.regions.models import Region

COUNTY, VILLAGE = "350525", "350525101201"
PLACES = (
    f"/v/{VILLAGE}/solved",
    f"/v/{VILLAGE}/solved.atom",
    f"/v/{VILLAGE}/solved/points",
    "/r/350525101000/solved",
    "/r/350525101000/solved/points",
    "/r/350525000000/solved",
)


@pytest.fixture
def write(cast: Any) -> Any:
    """Give a function that writes one case as it would stand after its life so far."""

    def make(**more: Any) -> Case:
        made = Case.objects.count() + 1
        values = {
            "county": COUNTY,
            "number": f"{COUNTY}-2611-{made:05d}",
            "token": uuid4(),
            "region": VILLAGE,
            "source": "web",
            "field": "power",
            "title": f"第 {made} 盏路灯不亮",
            "text": "路灯不亮",
            "state": "closed",
            "level": "village",
            "body": cast.bodies["village"],
            "first_body": cast.bodies["village"],
            "submitted_at": clock.now(),
            "clock_from": clock.now(),
            "answered_at": clock.now(),
        }
        return Case.objects.create(**values | more)

    return make


def anonymous(path: str) -> str:
    """Return what a passer-by gets, in a scope of their own as the middleware opens it."""
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_list_shows_answer_photos_opinion_and_neighbours(
    cast: Any, file: Any, picture: Any, neighbours: Any
) -> None:
    case = file("handling", files=[picture("navy")], place="老槐树路口")
    commands.answer(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        text="换了控制器一个，加装路灯一盏，王建国 13800003333 验收。",
        after=[picture("yellow")],
    )
    case.refresh_from_db()
    commands.confirm(actor=neighbours(1)[0], county=COUNTY, number=case.number, solved=True)
    commands.rate(
        actor=cast.actor("villager"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        score="fairly",
    )
    page = anonymous(f"/v/{VILLAGE}/solved")
    for words in (
        "办好了 1 件",
        "老槐树路口",
        "基本满意",
        "邻居 1 人说好了",
        "办理前的照片",
        "办理后的照片",
    ):
        assert words in page
    assert "1 件评了，1 件满意或基本满意" in page
    assert "138****3333" in page
    assert "13800003333" not in page
    assert "林阿婶" not in page
    [one] = queries.solved(VILLAGE).rows.rows
    assert {one.before, one.after} == set(
        Attachment.objects.filter(stage__in=("evidence", "after")).values_list("key", flat=True)
    )


def test_the_list_is_narrowed_by_field_month_and_place(write: Any) -> None:
    lamp = write()
    water = write(field="water", answered_at=clock.now().replace(month=10))
    far = write(region="350525101202")

    def numbers(region: str, **asked: str) -> list[str]:
        return [one.number for one in queries.solved(region, **asked).rows.rows]

    assert numbers(VILLAGE) == [lamp.number, water.number]
    assert numbers(VILLAGE, field="water") == [water.number]
    assert numbers(VILLAGE, month="2026-11") == [lamp.number]
    assert numbers(VILLAGE, month="2026-10", field="power") == []
    assert numbers("350525101000") == [far.number, lamp.number, water.number]
    assert numbers("350526000000") == []
    for wrong in ({"field": "gold"}, {"month": "2026-13"}, {"month": "long ago"}):
        with pytest.raises(BadInput):
            queries.solved(VILLAGE, **wrong)
        assert Client().get(f"/v/{VILLAGE}/solved", wrong).status_code == 400


def test_the_list_is_read_page_by_page(write: Any) -> None:
    for _ in range(23):
        write()
    first = queries.solved(VILLAGE)
    second = queries.solved(VILLAGE, after=first.rows.next)
    assert (first.count, len(first.rows.rows), len(second.rows.rows)) == (23, 20, 3)
    assert "办好了 23 件" in anonymous(f"/v/{VILLAGE}/solved")
    assert Client().get(f"/v/{VILLAGE}/solved?after=xyz").status_code == 400


def test_twenty_solved_cases_cost_as_many_queries_as_one(write: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            queries.solved(VILLAGE)
        return len(caught)

    write()
    one = cost()
    for _ in range(19):
        write()
    assert (one, cost()) == (11, 11)
    with CaptureQueriesContext(connection) as caught:
        queries.latest_solved(VILLAGE)
    assert len(caught) == 6
    with CaptureQueriesContext(connection) as caught:
        queries.solved_points(VILLAGE)
    assert len(caught) == 2


def test_points_are_coarsened_and_households_stand_at_their_village(write: Any) -> None:
    Region.objects.filter(pk=VILLAGE).update(lat=25.3216, lon=118.2941)
    write(lat=25.32861, lon=118.29817)
    write(lat=25.32143, lon=118.29109)
    write(field="welfare", lat=25.39999, lon=118.39999)
    write()
    shapes = json.loads(anonymous(f"/v/{VILLAGE}/solved/points"))
    [cell] = shapes["features"]
    assert cell["geometry"]["coordinates"] == [118.295, 25.325]
    assert cell["properties"]["name"] == "石鼓村 4 件"
    page = anonymous(f"/v/{VILLAGE}/solved")
    assert "data-map" in page
    assert "一公里的格子" in page


def test_without_any_position_there_is_no_map(write: Any) -> None:
    write()
    assert "data-map" not in anonymous(f"/v/{VILLAGE}/solved")


def test_the_feed_is_well_formed_whatever_was_written(write: Any) -> None:
    write(title='<script>alert("1")</script> & 路灯]]>', place="</feed>")
    feed = minidom.parseString(anonymous(f"/v/{VILLAGE}/solved.atom"))  # noqa: S318 - our own
    [entry] = feed.getElementsByTagName("entry")
    [title] = entry.getElementsByTagName("title")
    assert title.firstChild.data == '<script>alert("1")</script> & 路灯]]>'
    assert "<script>alert" not in anonymous(f"/v/{VILLAGE}/solved")


def test_unknown_and_wrong_places_are_missing(write: Any) -> None:
    for path in (
        "/v/350525101999/solved",
        "/v/350525101999/solved.atom",
        "/v/350525101999/solved/points",
        "/v/350525000000/solved",
        f"/r/{VILLAGE}/solved",
    ):
        assert Client().get(path).status_code == 404, path


def test_a_merged_village_leads_to_the_one_that_took_over(write: Any) -> None:
    Region.objects.filter(pk=VILLAGE).update(valid_to=clock.today(), successor_id="350525101202")
    assert Client().get(f"/v/{VILLAGE}/solved")["Location"] == "/v/350525101202/solved"


def test_no_private_or_unsolved_case_leaks_into_list_map_or_feed(cast: Any, write: Any) -> None:
    """Whatever stands in the county: what passers-by get holds public solved cases and no other word."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        drawn=st.lists(
            st.tuples(st.booleans(), st.sampled_from(sorted(State)), st.sampled_from(Field.values)),
            min_size=1,
            max_size=6,
        )
    )
    def holds(drawn: list[tuple[bool, State, str]]) -> None:
        Case.objects.all().delete()
        open_, hidden = set(), set()
        for n, (public, state, field) in enumerate(drawn):
            mark = f"暗号{n}号"
            write(
                number=f"{COUNTY}-2611-{n + 1:05d}",
                title=f"{mark} 13800001111",
                place=f"{mark}地点",
                text=f"{mark}原话",
                is_public=public,
                state=state.value,
                field=field,
                lat=25.3,
                lon=118.2,
                reporter=cast.people["villager"],
            )
            (open_ if public and state in SOLVED else hidden).add(mark)
        with scopes.enter(scope="", public=True):
            got = [anonymous(path) for path in PLACES]
        for text in got:
            assert not [mark for mark in hidden if mark in text]
            assert "13800001111" not in text
            assert "林阿婶" not in text
            assert "原话" not in text
        assert {mark for mark in open_ if mark in got[0]} == open_
        points = json.loads(got[2])["features"]
        counted = [int(point["properties"]["name"].split()[1]) for point in points]
        assert sum(counted) == len(open_)

    Region.objects.filter(pk=VILLAGE).update(lat=25.3216, lon=118.2941)
    holds()
