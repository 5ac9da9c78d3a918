"""不知道归谁管: the town takes it, and gives it field, part and body in one step."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from mingbai.accounts.commands import end_post, set_duties
from mingbai.accounts.duties import Line
from mingbai.accounts.queries import duty_lines
from mingbai.cases import commands, queries
from mingbai.cases.commands.sorting import BY_LIST, STAY
from mingbai.cases.field_words import guess_sub, says_nobody_knows
from mingbai.cases.models import Case, CaseEvent
from mingbai.kernel.actors import SYSTEM
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import case_fields
from mingbai.notices.models import Notice

COUNTY, VILLAGE = "350525", "350525101201"


def unplaced(cast: Any, **more: Any) -> Case:
    given = {"token": uuid4(), "region": VILLAGE, "text": "河里漂来一条大船没人管", "field": ""}
    number = commands.submit_case(actor=cast.actor("villager"), **given | more)
    return Case.objects.get(number=number)


def sort(cast: Any, case: Case, who: str = "town", **more: Any) -> Case:
    given = {"version": case.version, "field": "water", "sub": "pipe"} | more
    commands.sort(actor=cast.actor(who), county=COUNTY, number=case.number, **given)
    return Case.objects.get(pk=case.pk)


def verbs(case: Case) -> list[str]:
    return list(CaseEvent.objects.filter(case=case).order_by("id").values_list("verb", flat=True))


def test_what_nobody_can_place_goes_to_the_town_and_says_so(cast: Any, client_as: Any) -> None:
    case = unplaced(cast)
    assert (case.field, case.level, case.body_id) == ("", "town", cast.bodies["town"].pk)
    assert case.first_body_id == cast.bodies["town"].pk
    assert verbs(case) == ["submit", "routed"]
    told = Notice.objects.get(person=cast.people["town"])
    assert told.title == "有一件不知道归谁管"
    mine = client_as("villager").get(f"/c/{case.number}").content.decode()
    assert "五里街镇人民政府先接下，再转给该办的单位" in mine
    town = client_as("town")
    assert "还不知道归谁管" in town.get("/desk/cases").content.decode()
    assert "反映人不知道归谁管" in town.get(f"/desk/cases/{case.number}").content.decode()


def test_without_staff_in_the_town_it_goes_on_to_the_county_and_is_not_lost(cast: Any) -> None:
    end_post(actor=None, post_id=cast.posts["town"].pk, last_day=date(2026, 11, 17))
    case = unplaced(cast)
    assert (case.level, case.body_id) == ("county", cast.bodies["county"].pk)
    assert "没有人在岗" in CaseEvent.objects.get(case=case, verb="routed").text


def test_it_climbs_by_itself_when_the_town_leaves_it_lying(cast: Any, at: Any) -> None:
    case = unplaced(cast)
    at("2026-12-01 09:00")
    assert commands.escalate_overdue(COUNTY) == 1
    case.refresh_from_db()
    assert (case.level, case.body_id) == ("county", cast.bodies["county"].pk)


def test_the_town_gives_it_field_part_and_body_in_one_step(cast: Any, client_as: Any) -> None:
    case = unplaced(cast)
    town = client_as("town")
    assert town.get(f"/desk/cases/{case.number}/sort").status_code == 200
    sent = {
        "version": case.version,
        "matter": "water/pipe",
        "receiver": cast.bodies["water"].pk,
        "text": "请去看看",
    }
    assert town.post(f"/desk/cases/{case.number}/sort", sent).status_code == 302
    case.refresh_from_db()
    assert (case.field, case.sub, case.state) == ("water", "pipe", "assigned")
    assert (case.level, case.body_id) == ("county", cast.bodies["water"].pk)
    assert verbs(case) == ["submit", "routed", "accept", "sort", "assign"]
    page = client_as("villager").get(f"/c/{case.number}").content.decode()
    assert "归到“饮水供水，管道漏损”" in page


def test_by_the_list_it_goes_where_it_would_have_gone_at_once(cast: Any) -> None:
    case = sort(cast, unplaced(cast), receiver=BY_LIST)
    assert (case.level, case.body_id) == ("village", cast.bodies["village"].pk)
    assert case.first_body_id == cast.bodies["town"].pk


def test_the_town_may_keep_it_and_the_deadline_stays(cast: Any) -> None:
    before = unplaced(cast)
    case = sort(cast, before, receiver=STAY)
    assert (case.state, case.body_id) == ("accepted", cast.bodies["town"].pk)
    assert case.due_at == before.due_at


def test_the_holder_may_change_the_part_of_an_accepted_case(cast: Any, file: Any) -> None:
    case = sort(cast, file("accepted", field="water"), "officer", receiver=STAY)
    assert (case.field, case.sub, case.body_id) == ("water", "pipe", cast.bodies["village"].pk)
    assert verbs(case)[-1] == "sort"


@pytest.mark.parametrize(
    ("who", "more", "error"),
    [
        ("officer", {}, Missing),
        ("intake", {}, Refused),
        ("neighbour", {}, Missing),
        ("villager", {}, Refused),
        ("town", {"field": ""}, BadInput),
        ("town", {"field": "gold"}, BadInput),
        ("town", {"sub": "slide"}, BadInput),
        ("town", {"receiver": "nobody"}, BadInput),
        ("town", {"receiver": "999999"}, BadInput),
        ("town", {"version": 7}, Refused),
    ],
)
def test_what_is_refused_changes_nothing(
    cast: Any, everything: Any, who: str, more: dict[str, Any], error: type[Exception]
) -> None:
    from django.db import transaction

    case = unplaced(cast)
    before = everything()
    with pytest.raises(error), transaction.atomic():
        sort(cast, case, who, **more)
    assert everything() == before


def test_an_answered_case_is_not_sorted_any_more(cast: Any, file: Any, everything: Any) -> None:
    case = file("answered")
    before = everything()
    with pytest.raises(Refused):
        sort(cast, case, "officer")
    assert everything() == before


def test_the_page_names_what_is_wrong_beside_its_field(cast: Any, client_as: Any) -> None:
    case = unplaced(cast)
    town = client_as("town")
    address = f"/desk/cases/{case.number}/sort"
    answer = town.post(address, {"version": case.version, "matter": "", "receiver": "list"})
    assert answer.status_code == 400
    assert "请选一个领域" in answer.content.decode()
    stale = town.post(address, {"version": 9, "matter": "water", "receiver": "list"})
    assert stale.status_code == 409
    assert "刚被别人改过" in stale.content.decode()
    assert client_as("neighbour").get(address).status_code == 404


def test_the_list_may_give_a_part_of_a_field_to_another_body_from_the_start(cast: Any) -> None:
    since = date(2024, 1, 1)
    lamps = Line(
        cast.bodies["town"].pk, "facility", "streetlamp", "village", COUNTY, main=True, since=since
    )
    set_duties(county=COUNTY, lines=[*duty_lines(COUNTY), lamps], source="测试")
    lamp = unplaced(cast, field="facility", sub="streetlamp")
    assert (lamp.level, lamp.body_id) == ("town", cast.bodies["town"].pk)
    assert "路灯归五里街镇人民政府管" in CaseEvent.objects.get(case=lamp, verb="routed").text
    other = unplaced(cast, field="facility", sub="fitness")
    assert (other.level, verbs(other)) == ("village", ["submit"])
    many = commands.submit_cases(
        actor=SYSTEM, source="chat", filings=[filing(n, sub) for n, sub in enumerate(("streetlamp", "fitness", ""))],
    )  # fmt: skip
    held = dict(Case.objects.filter(number__in=many).values_list("sub", "level"))
    assert held == {"streetlamp": "town", "fitness": "village", "": "village"}


def filing(number: int, sub: str = "", **more: Any) -> commands.Filing:
    given = {
        "token": uuid4(), "region": VILLAGE, "text": f"第 {number} 处不亮", "field": "facility",
        "sub": sub, "kind": "request", "title": "", "place": "", "urgent": False,
        "source_id": f"s{number}", "source_text": "",
    }  # fmt: skip
    return commands.Filing(**given | more)


def test_in_a_group_the_town_takes_what_its_speaker_cannot_place(cast: Any) -> None:
    said = "河里漂来一条大船，不知道归谁管"
    numbers = commands.submit_cases(
        actor=SYSTEM,
        source="chat",
        filings=[
            filing(1, text=said, field="other", sub="misc"),
            filing(2, text=said, field="irrigation", sub="dyke"),
            filing(3, field="facility", sub="slide"),
        ],
    )
    found = [Case.objects.get(number=n) for n in numbers]
    assert [(c.field, c.sub, c.level) for c in found] == [
        ("", "", "town"),
        ("irrigation", "dyke", "village"),
        ("facility", "", "village"),
    ]


def test_a_revised_filing_moves_to_whoever_has_the_part_it_turned_out_to_be(cast: Any) -> None:
    since = date(2024, 1, 1)
    lamps = Line(
        cast.bodies["town"].pk, "facility", "streetlamp", "village", COUNTY, main=True, since=since
    )
    set_duties(county=COUNTY, lines=[*duty_lines(COUNTY), lamps], source="测试")
    [number] = commands.submit_cases(actor=SYSTEM, source="chat", filings=[filing(1)])
    given = {
        "region": VILLAGE, "text": "是路灯不亮", "field": "facility", "sub": "streetlamp",
        "kind": "request", "title": "", "place": "", "urgent": False, "source_text": "",
    }  # fmt: skip
    assert commands.revise_filing(county=COUNTY, number=number, **given)
    case = Case.objects.get(number=number)
    assert (case.sub, case.level, case.body_id) == (
        "streetlamp",
        "town",
        cast.bodies["town"].pk,
    )
    assert verbs(case) == ["submit", "routed"]
    assert Notice.objects.filter(person=cast.people["town"]).exists()


def test_the_counter_takes_what_nobody_can_place(client_as: Any) -> None:
    sent = {
        "region": VILLAGE, "text": "河里漂来一条大船没人管", "kind": "request",
        "field": "unknown", "lat": "25.32108", "lon": "118.29456", "once": str(uuid4()),
    }  # fmt: skip
    assert client_as("officer").post("/desk/cases/new", sent).status_code == 302
    case = Case.objects.get()
    assert (case.field, case.level, case.lat, case.lon) == ("", "town", 25.32108, 118.29456)


@pytest.mark.parametrize(
    ("text", "field", "sub"),
    [
        ("后山落石把路砸了个坑", "road", "slide"),
        ("老槐树下的路灯不亮", "facility", "streetlamp"),
        ("自来水发黄有味", "water", "quality"),
        ("说不清楚的事", "road", ""),
        ("随便", "", ""),
    ],
)
def test_the_part_of_a_field_is_guessed_from_the_words(text: str, field: str, sub: str) -> None:
    assert guess_sub(text, field) == sub


def test_every_part_but_the_last_has_its_words() -> None:
    from mingbai.cases.field_words import _parts

    silent = {(code, part) for code, known in case_fields().items() for part in known.parts} - {
        (field, part) for field, parts in _parts().items() for part in parts
    }
    assert silent == {("other", "misc")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("不知道归谁管", True),
        ("也不知该找哪个部门", True),
        ("不清楚由哪个单位负责", True),
        ("不知道谁倒的垃圾", False),
        ("知道归谁管", False),
    ],
)
def test_who_says_that_they_do_not_know(text: str, says: bool) -> None:
    assert says_nobody_knows(text) is says


def test_who_looks_at_the_page_sees_what_the_list_knows(cast: Any, file: Any) -> None:
    found = queries.case_to_sort(cast.actor("officer"), COUNTY, file("accepted").number)
    assert [choice.word for choice in found.choices][:2] == ["道路交通", "饮水供水"]
    assert ("road/slide", "塌方落石") in found.choices[0].parts
