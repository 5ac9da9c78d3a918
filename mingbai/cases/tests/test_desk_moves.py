"""The desk's forms of every move, without JavaScript, and what villagers see of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from mingbai.cases import commands
from mingbai.cases.models import Ask, Case, CaseEvent

COUNTY = "350525"
File = Callable[..., Case]


def page(client_as: Any, who: str, path: str) -> str:
    answer = client_as(who).get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def act(client_as: Any, who: str, case: Case, verb: str, **typed: Any) -> Any:
    version = Case.objects.get(pk=case.pk).version
    return client_as(who).post(f"/desk/cases/{case.number}/{verb}", {"version": version, **typed})


def keys(text: str) -> set[str]:
    return set(re.findall(r'data-key="([a-z])"', text)) - {"j", "k", "n"}


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("submitted", set("axmfq")),
        ("accepted", set("stwmdfqyz")),
        ("handling", set("prtwiyzmdfq")),
    ],
)
def test_each_state_has_its_buttons_keys_and_forms(
    client_as: Any, file: File, until: str, expected: set[str]
) -> None:
    case = file(until)
    text = page(client_as, "officer", f"/desk/cases/{case.number}")
    assert keys(text) == expected
    ids = re.findall(r' id="([^"]+)"', text)
    assert sorted(set(ids)) == sorted(ids)
    for label in re.findall(r'<label class="mb-label" for="([^"]+)"', text):
        assert label in ids
    assert "style=" not in text


def test_somebody_who_holds_nothing_reads_one_sentence(client_as: Any, file: File) -> None:
    case = file("handling")
    text = page(client_as, "town", f"/desk/cases/{case.number}")
    assert text.count("这件现在由石鼓村村委会承办，不在你手里。") == 1
    assert keys(text) == set()


def test_a_wrong_form_comes_back_with_the_words_and_the_sentence(
    client_as: Any, file: File
) -> None:
    case = file("handling")
    answer = act(client_as, "officer", case, "extend", days="99", reason="等县里配的水管到货")
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "延期天数请填 1 到 2。" in text
    assert "等县里配的水管到货" in text
    assert CaseEvent.objects.filter(verb="extend").count() == 0
    answer = act(client_as, "officer", case, "split", text="", once="", field="")
    assert answer.status_code == 400
    assert act(client_as, "officer", case, "escalate").status_code == 404


def test_a_suspension_goes_from_the_village_to_the_town_and_to_the_villager(
    client_as: Any, file: File
) -> None:
    case = file("handling")
    asked = {"reason": "要等县里配的水管到货", "until": "2026-12-10"}
    assert act(client_as, "officer", case, "ask_suspend", **asked).status_code == 302
    listed = page(client_as, "town", "/desk/cases?who=ask")
    assert case.number in listed
    assert "要定的" in page(client_as, "town", "/desk/today?which=ask")
    text = page(client_as, "town", f"/desk/cases/{case.number}")
    assert keys(text) == {"h"}
    assert "等五里街镇人民政府决定" in text
    assert act(client_as, "town", case, "suspend").status_code == 302
    text = page(client_as, "villager", f"/c/{case.number}")
    assert "时钟暂停" in text
    assert "要等县里配的水管到货，12月10日 周四 恢复。" in text
    assert "暂停" in page(client_as, "officer", "/desk/cases")


def test_the_reporter_reads_what_is_missing_and_supplements(client_as: Any, file: File) -> None:
    case = file("handling")
    act(client_as, "officer", case, "ask_reporter", text="请写明是哪一盏灯")
    text = page(client_as, "villager", f"/c/{case.number}")
    assert "等你补充，时钟暂停" in text
    assert "请写明是哪一盏灯" in text
    client_as("villager").post(f"/c/{case.number}/supplement", {"text": "老槐树下那盏"})
    assert Case.objects.get().state == "handling"
    assert "时钟恢复" in page(client_as, "villager", f"/c/{case.number}")


def test_a_case_is_handed_on_disputed_and_given_to_the_right_body(
    client_as: Any, cast: Any, file: File
) -> None:
    case = file("accepted")
    act(client_as, "officer", case, "assign", receiver=cast.bodies["town"].pk)
    text = page(client_as, "town", f"/desk/cases/{case.number}")
    assert "o" in keys(text)
    assert "石鼓村村委会</option>" not in text  # never back to whoever handed it here
    act(client_as, "town", case, "dispute", reason="水管归水利局管，见三定方案")
    text = page(client_as, "intake", f"/desk/cases/{case.number}")
    assert "永春县水利局</option>" in text
    sent = {"receiver": cast.bodies["water"].pk, "reason": "供水归水利局管"}
    assert act(client_as, "intake", case, "redirect", **sent).status_code == 302
    assert "裁定交给永春县水利局办" in page(client_as, "villager", f"/c/{case.number}")


def test_a_joint_case_is_answered_by_each_and_summed_up(
    client_as: Any, cast: Any, file: File
) -> None:
    case = file("handling")
    town = cast.bodies["town"].pk
    act(client_as, "officer", case, "invite", receivers=[town], text="请派车来吊装")
    wrong = act(client_as, "officer", case, "join")
    assert wrong.status_code == 409
    assert "会办部分还没答复" in wrong.content.decode()
    assert "e" in keys(page(client_as, "town", f"/desk/cases/{case.number}"))
    act(client_as, "town", case, "contribute", text="派了吊车一台，上午已到现场。")
    assert act(client_as, "officer", case, "join").status_code == 302
    assert "派了吊车一台" in page(client_as, "anyone", f"/c/{case.number}")


def test_merged_and_split_cases_lead_to_each_other(client_as: Any, file: File) -> None:
    target, case = file("accepted", who="other"), file("accepted")
    act(client_as, "officer", case, "merge", into=target.number)
    assert f"/c/{target.number}" in page(client_as, "villager", f"/c/{case.number}")
    assert f"/desk/cases/{case.number}" in page(
        client_as, "officer", f"/desk/cases/{target.number}"
    )
    form = page(client_as, "officer", f"/desk/cases/{target.number}")
    once = re.search(r'name="once" value="([^"]+)"', form)
    assert once is not None
    sent = {"once": once[1], "text": "路口的井盖也坏了", "field": "facility"}
    assert act(client_as, "officer", target, "split", **sent).status_code == 302
    part = Case.objects.exclude(pk__in=[target.pk, case.pk]).get()
    assert f"/c/{target.number}" in page(client_as, "other", f"/c/{part.number}")


def test_a_sealed_case_is_gone_from_the_desk(
    client_as: Any, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.kernel import ports

    monkeypatch.setattr(ports, "clue_intake", lambda: lambda material: True)
    case = file("handling")
    assert act(client_as, "officer", case, "hand_to_clues").status_code == 302
    assert case.number not in page(client_as, "officer", "/desk/cases")
    assert client_as("anyone").get(f"/c/{case.number}").status_code == 404
    assert client_as("villager").get(f"/c/{case.number}").status_code == 404
    assert case.number not in page(client_as, "villager", "/mine")


def test_another_round_is_asked_for_from_the_page(client_as: Any, cast: Any, file: File) -> None:
    case = file("handling")
    commands.support(actor=cast.actor("other"), county=COUNTY, number=case.number)
    now = Case.objects.get()
    commands.answer(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=now.version,
        text="换了控制器一个，加装路灯一盏。",
    )
    assert "请求重办" in page(client_as, "other", f"/c/{case.number}")
    assert "请求重办" not in page(client_as, "anyone", f"/c/{case.number}")
    empty = client_as("other").post(f"/c/{case.number}/again", {"reason": ""})
    assert empty.status_code == 400
    assert Ask.objects.count() == 0
    assert (
        client_as("other").post(f"/c/{case.number}/again", {"reason": "另一盏还黑着"}).status_code
        == 302
    )
    now = Case.objects.get()
    client_as("villager").post(
        f"/c/{case.number}/rate", {"version": now.version, "score": "satisfied"}
    )
    text = page(client_as, "villager", f"/c/{case.number}")
    assert "要求重办" in text
    version = Case.objects.get().version
    sent = {"version": version, "reason": "昨晚又灭了"}
    assert client_as("villager").post(f"/c/{case.number}/claim", sent).status_code == 302
    assert (Case.objects.get().state, Case.objects.get().level) == ("escalated", "town")
    assert Ask.objects.get().decided_at is not None


def test_danger_shows_the_numbers_to_ring_on_the_reporters_page(client_as: Any, file: File) -> None:
    case = file("accepted", urgent=True)
    assert 'href="tel:119"' in page(client_as, "villager", f"/c/{case.number}")
