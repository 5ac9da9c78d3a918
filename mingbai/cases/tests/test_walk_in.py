"""窗口代办: filing for somebody who stands there, the slip, and what its code opens."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from mingbai.cases import commands, queries
from mingbai.cases.models import Case, Contact
from mingbai.kernel import scopes
from mingbai.kernel.decisions import Missing, Refused

VILLAGE, COUNTY = "350525101201", "350525"
SAID = "屋后水沟堵了，一下雨水就进灶间，我不会用手机，请村里来看"


def walk_in(cast: Any, who: str = "officer", **more: Any) -> Case:
    given = {"token": uuid4(), "region": VILLAGE, "text": SAID, "field": "irrigation"} | more
    number = commands.file_walk_in(actor=cast.actor(who), **given)
    return Case.objects.get(number=number)


@pytest.mark.parametrize("who", ["officer", "town", "intake"])
def test_village_town_and_county_file_for_somebody(cast: Any, who: str) -> None:
    case = walk_in(cast, who, name="林阿婆", phone="13700004444")
    assert (case.source, case.reporter, case.body_id) == ("desk", None, cast.bodies["village"].pk)
    commands.accept(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, version=case.version
    )
    given = {"county": COUNTY, "number": case.number, "reason": "约时间上门看"}
    clear = commands.read_contact(actor=cast.actor("officer"), **given)
    assert clear == "林阿婆 13700004444"
    held = Contact.objects.get()
    assert "林阿婆".encode() not in bytes(held.name_sealed or b"")


def test_name_and_phone_may_both_stay_away(cast: Any) -> None:
    walk_in(cast)
    assert Contact.objects.count() == 0


def test_a_name_without_a_phone_is_sealed_as_well(cast: Any, client_as: Any) -> None:
    case = walk_in(cast, name="林阿婆", for_family=True)
    officer = client_as("officer")
    assert "林阿婆" not in officer.get(f"/desk/cases/{case.number}").content.decode()
    commands.accept(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, version=case.version
    )
    shown = officer.post(f"/desk/cases/{case.number}/contact", {"reason": "约时间上门看"})
    assert "林阿婆" in shown.content.decode()


@pytest.mark.parametrize("who", ["neighbour", "far", "supervisor", "it", "villager"])
def test_nobody_else_files_at_the_counter(cast: Any, everything: Any, who: str) -> None:
    before = everything()
    with pytest.raises(Refused):
        walk_in(cast, who)
    assert everything() == before


def test_the_same_form_sent_twice_is_one_case(cast: Any) -> None:
    token = uuid4()
    first, second = (
        walk_in(cast, token=token, name="林阿婆"),
        walk_in(cast, token=token, name="林阿婆"),
    )
    assert first.number == second.number
    assert (Case.objects.count(), Contact.objects.count()) == (1, 1)


def test_the_slip_says_number_words_holder_deadline_and_how_to_ask(
    cast: Any, client_as: Any
) -> None:
    client = client_as("officer")
    sent = {
        "region": VILLAGE,
        "text": SAID,
        "kind": "request",
        "name": "林阿婆",
        "phone": "13700004444",
        "once": str(uuid4()),
    }
    address = client.post("/desk/cases/new", sent)["Location"]
    for paper in ("", "?paper=roll"):
        page = client.get(f"{address}{paper}").content.decode()
        case = Case.objects.get()
        code = queries.slip_to_print(cast.actor("officer"), COUNTY, case.number).code
        for words in (case.number, f"{code[:5]} {code[5:]}", SAID, "石鼓村村委会", "<svg", "/ask"):
            assert words in page
        assert "林阿婆" not in page
        assert "13700004444" not in page
    assert client_as("neighbour").get(address).status_code == 404


def test_number_and_code_open_a_private_case_before_it_is_accepted(
    cast: Any, client_as: Any
) -> None:
    case = walk_in(cast, is_public=False, name="林阿婆", phone="13700004444")
    code = queries.slip_to_print(cast.actor("officer"), COUNTY, case.number).code
    anyone = client_as("anyone")
    assert anyone.get(f"/c/{case.number}").status_code == 404
    led = anyone.get("/ask", {"number": case.number, "code": f"{code[:5]} {code[5:]}"})
    page = anyone.get(led["Location"])
    assert "等村里受理" in page.content.decode()
    assert "林阿婆" not in page.content.decode()
    assert page["Cache-Control"] == "no-store"


def test_a_wrong_code_answers_like_an_unknown_number(cast: Any, client_as: Any) -> None:
    case = walk_in(cast, is_public=False)
    code = queries.slip_to_print(cast.actor("officer"), COUNTY, case.number).code
    wrong = f"{(int(code) + 1) % 10**10:010d}"
    anyone = client_as("anyone")
    hidden = anyone.get(f"/ask/{case.number}/{wrong}")
    nothing = anyone.get(f"/ask/350525-2611-09999/{wrong}")
    assert (hidden.status_code, hidden.content) == (nothing.status_code, nothing.content)
    typed = anyone.get("/ask", {"number": case.number, "code": wrong})
    assert typed.status_code == 404
    assert "没有查到" in typed.content.decode()
    with scopes.enter(scope="", public=True), pytest.raises(Missing):
        queries.slip_for_holder(case.number, wrong)


def test_the_reporter_finds_number_and_code_after_filing(client_as: Any, file: Any) -> None:
    case = file()
    page = client_as("villager").get(f"/c/{case.number}").content.decode()
    code = re.search(r"查询码 (\d{5} \d{5})", page)
    assert code is not None
    assert "<svg" in page
    opened = client_as("anyone").get(f"/ask/{case.number}/{code[1].replace(' ', '')}")
    assert opened.status_code == 200


def test_passers_by_see_no_code(client_as: Any, file: Any) -> None:
    case = file("handling")
    page = client_as("anyone").get(f"/c/{case.number}").content.decode()
    assert "扫码打开这一页" in page
    assert "查询码" not in page


def test_the_code_of_a_retracted_case_is_worth_nothing(cast: Any, file: Any) -> None:
    case = file()
    code = queries.slip_to_print(cast.actor("officer"), COUNTY, case.number).code
    commands.retract_filing(county=COUNTY, number=case.number)
    with pytest.raises(Missing):
        queries.slip_for_holder(case.number, code)
