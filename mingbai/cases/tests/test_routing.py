"""Who receives a case: by the duty list, by territory where it is silent, on from an old door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from mingbai.accounts.commands import end_post, set_duties
from mingbai.accounts.duties import Line
from mingbai.accounts.queries import body, duty_lines
from mingbai.cases import commands
from mingbai.cases.commands import routing
from mingbai.cases.models import Case, CaseEvent, Field
from mingbai.cases.states import Level

COUNTY, VILLAGE = "350525", "350525101201"
File = Callable[..., Case]


def lines(cast: Any, *more: tuple[str, str, str, date, date | None]) -> None:
    fresh = [
        Line(cast.bodies[who].pk, field, sub, "county", COUNTY, main=True, since=since, until=until)
        for who, field, sub, since, until in more
    ]
    set_duties(county=COUNTY, lines=[*duty_lines(COUNTY), *fresh], source="测试")


def at_level(case: Case, level: Level, cast: Any, who: str) -> Case:
    case.level, case.body = level.value, cast.bodies[who]
    return case


def test_a_case_climbs_from_village_to_town_to_the_office_of_its_field(
    cast: Any, file: File
) -> None:
    case = file(field="water")
    town = routing.above(case)
    assert town is not None
    assert town.name == "五里街镇人民政府"
    office = routing.above(at_level(case, Level.TOWN, cast, "town"))
    assert office is not None
    assert office.name == "永春县水利局"
    assert routing.above(at_level(case, Level.COUNTY, cast, "water")) is None
    again = routing.again(case)
    assert again is not None
    assert again.name == "永春县受理中心"


def test_a_part_of_the_field_may_have_an_office_of_its_own(cast: Any, file: File) -> None:
    lines(cast, ("county", "water", "fee", date(2025, 1, 1), None))
    case = at_level(file(field="water"), Level.TOWN, cast, "town")
    found = {sub: routing.above(case, sub) for sub in ("", "fee")}
    assert {sub: office and office.name for sub, office in found.items()} == {
        "": "永春县水利局",
        "fee": "永春县受理中心",
    }


def test_an_office_in_which_nobody_works_is_passed_over(cast: Any, file: File) -> None:
    end_post(actor=None, post_id=cast.posts["department"].pk, last_day=date(2026, 11, 17))
    found = routing.above(at_level(file(field="water"), Level.TOWN, cast, "town"))
    assert found is not None
    assert found.name == "永春县受理中心"


@pytest.mark.parametrize(("field", "name"), [("road", "石鼓村村委会"), ("", "五里街镇人民政府")])
def test_the_village_receives_first_and_the_town_what_nobody_can_place(
    cast: Any, field: str, name: str
) -> None:
    found = routing.first(VILLAGE, field)
    assert found is not None
    assert found.main.name == name


def test_an_old_door_sends_a_case_on_with_a_line_for_the_history(cast: Any, file: File) -> None:
    lines(
        cast,
        ("water", "road", "", date(2024, 1, 1), date(2025, 2, 28)),
        ("county", "road", "", date(2025, 3, 1), None),
    )
    case = at_level(file(field="road"), Level.TOWN, cast, "town")
    found = routing.door(case, body(cast.bodies["water"].pk))
    assert found.receiver.name == "永春县受理中心"
    assert found.why == (
        "道路交通从 2025 年 3 月 1 日起不归永春县水利局管，改由永春县受理中心管，已转过去。"
    )
    right = routing.door(case, body(cast.bodies["county"].pk))
    assert (right.receiver.id, right.why) == (cast.bodies["county"].pk, "")


def test_a_case_handed_to_an_old_door_arrives_at_the_new_one(cast: Any, file: File) -> None:
    lines(
        cast,
        ("water", "road", "", date(2024, 1, 1), date(2025, 2, 28)),
        ("county", "road", "", date(2025, 3, 1), None),
    )
    case = at_level(file("accepted", field="road"), Level.TOWN, cast, "town")
    case.save()
    commands.assign(
        actor=cast.actor("town"), county=COUNTY, number=case.number, version=case.version,
        receiver=cast.bodies["water"].pk, text="请看看",
    )  # fmt: skip
    case.refresh_from_db()
    assert case.body_id == cast.bodies["county"].pk
    said = CaseEvent.objects.filter(case=case, verb="assign").get().text
    assert said.startswith("请看看\n")
    assert "已转过去" in said


def test_nobody_is_sent_back_to_the_body_that_hands_over(cast: Any, file: File) -> None:
    lines(
        cast,
        ("water", "road", "", date(2024, 1, 1), date(2025, 2, 28)),
        ("county", "road", "", date(2025, 3, 1), None),
    )
    case = at_level(file(field="road"), Level.COUNTY, cast, "county")
    found = routing.door(case, body(cast.bodies["water"].pk))
    assert (found.receiver.id, found.why) == (cast.bodies["water"].pk, "")


def test_every_field_has_its_word_and_its_parts(base: None) -> None:
    found = routing.case_fields()
    assert {code: f.name for code, f in found.items()} == {f.value: str(f.label) for f in Field}
    assert found["facility"].parts["streetlamp"] == "路灯"
    assert all(f.parts for f in found.values())
