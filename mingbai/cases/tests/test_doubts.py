"""An officer is asked before an answer or a hand-over that would be marked; nothing is lost by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from mingbai.cases import commands
from mingbai.cases.models import Attachment, Case, CaseEvent, Mark

COUNTY = "350525"
File = Callable[..., Case]
EMPTY = "您反映的情况我们高度重视，将认真研究，尽快处理。"
FORWARDED = "您反映的问题已转交县供电部门处理，请耐心等待。"
SOLID = "11 月 17 日换了控制器一个，加装路灯一盏，王建国验收。"


def send(client_as: Any, who: str, case: Case, verb: str, **typed: Any) -> Any:
    version = Case.objects.get(pk=case.pk).version
    return client_as(who).post(f"/desk/cases/{case.number}/{verb}", {"version": version, **typed})


def photo(name: str = "a.jpg") -> Any:
    import io

    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(held, "JPEG")
    held.seek(0)
    held.name = name
    return held


@pytest.mark.parametrize(
    ("words", "kind", "reason"),
    [
        (EMPTY, "perfunctory", "只有表态和没写日子的打算"),
        (FORWARDED, "forwards", "答复只说转给别人"),
    ],
)
def test_a_poor_answer_comes_back_with_the_reasons_and_changes_nothing(
    client_as: Any, file: File, everything: Any, words: str, kind: str, reason: str
) -> None:
    case = file("handling")
    before = everything()
    answer = send(client_as, "officer", case, "answer", text=words)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert words in text
    assert reason in text
    assert "还没有发出" in text
    assert 'name="knowing"' in text
    assert everything() == before
    assert send(client_as, "officer", case, "answer", text=words, knowing="1").status_code == 302
    mark = Mark.objects.get()
    assert (mark.kind, mark.known, mark.body_id) == (kind, True, case.body_id)
    assert mark.label == "王建国"
    assert reason in mark.evidence


def test_a_mended_answer_goes_out_without_a_mark(client_as: Any, file: File) -> None:
    case = file("handling")
    assert send(client_as, "officer", case, "answer", text=EMPTY).status_code == 409
    assert send(client_as, "officer", case, "answer", text=SOLID).status_code == 302
    assert not Mark.objects.exists()


@pytest.mark.usefixtures("media_folder")
def test_photos_stay_while_the_officer_is_asked(client_as: Any, file: File) -> None:
    case = file("handling")
    answer = send(client_as, "officer", case, "answer", text=EMPTY, before=photo(), after=photo())
    text = answer.content.decode()
    assert "办理前照片 1 张已留着，不用再选。" in text
    notes = dict(re.findall(r'name="(kept-\w+)" value="([^"]+)"', text))
    assert set(notes) == {"kept-before", "kept-after"}
    stranger = send(client_as, "town", case, "answer", text=SOLID, **notes)
    assert stranger.status_code == 409
    assert send(client_as, "officer", case, "answer", text=SOLID, **notes).status_code == 302
    stages = Attachment.objects.values_list("stage", flat=True)
    assert sorted(stages) == ["after", "before"]


@pytest.mark.usefixtures("media_folder")
def test_a_forged_note_brings_no_photo(client_as: Any, file: File) -> None:
    case = file("handling")
    sent = {"text": SOLID, "kept-after": "W10:1abc:forged"}
    assert send(client_as, "officer", case, "answer", **sent).status_code == 302
    assert not Attachment.objects.exists()


def test_a_part_of_a_joint_case_is_asked_about_like_an_answer(
    client_as: Any, cast: Any, file: File
) -> None:
    case = file("handling")
    send(
        client_as, "officer", case, "invite", receivers=[cast.bodies["town"].pk], text="请派吊车来"
    )
    assert send(client_as, "town", case, "contribute", text=EMPTY).status_code == 409
    assert not CaseEvent.objects.filter(verb="contribute").exists()
    sent = {"text": EMPTY, "knowing": "1"}
    assert send(client_as, "town", case, "contribute", **sent).status_code == 302
    assert Mark.objects.get().body_id == cast.bodies["town"].pk


def test_an_opinion_of_the_petition_office_is_asked_about(
    client_as: Any, cast: Any, file: File
) -> None:
    case = petition(cast, file)
    parts = {"demand": "要求修好水管", "basis": "供水条例第九条", "facts": "情况已收悉"}
    sent = {**parts, "opinion": "将认真研究，积极推进"}
    answer = send(client_as, "petition", case, "conclude", **sent)
    assert answer.status_code == 409
    assert "将认真研究，积极推进" in answer.content.decode()
    assert send(client_as, "petition", case, "conclude", **sent, knowing="1").status_code == 302
    assert Mark.objects.get().kind == "perfunctory"


def petition(cast: Any, file: File) -> Case:
    from conftest import moment
    from mingbai.accounts.models import Body, Person, Post
    from mingbai.kernel import clock

    office = Body.objects.create(
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
        body=office,
        title="接访员",
        since=moment("2024-01-01 00:00").date(),
    )
    case = file("accepted")
    given = {"county": COUNTY, "number": case.number}
    commands.transfer(
        actor=cast.actor("officer"),
        **given,
        version=case.version,
        reason="对处理决定不服的信访事项",
    )
    version = Case.objects.get().version
    commands.register(actor=cast.actor("petition"), **given, version=version)
    return Case.objects.get()


def test_an_officer_is_told_before_a_case_goes_back_to_whoever_had_it(
    client_as: Any, cast: Any, file: File, everything: Any
) -> None:
    case = file("accepted")
    town, water, county = (cast.bodies[key].pk for key in ("town", "water", "county"))
    assert send(client_as, "officer", case, "assign", receiver=town).status_code == 302
    assert send(client_as, "town", case, "assign", receiver=water).status_code == 302
    before = everything()
    answer = send(client_as, "department", case, "assign", receiver=county)
    assert answer.status_code == 409  # a third hand-over
    assert "转手 3 次，经过 4 个单位" in answer.content.decode()
    assert everything() == before
    sent = {"receiver": county, "knowing": "1", "note": "水利局不管这段路"}
    assert send(client_as, "department", case, "assign", **sent).status_code == 302
    answer = send(client_as, "intake", case, "assign", receiver=town, note="还是镇里办")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "又回到五里街镇人民政府" in text
    assert "还是镇里办" in text
    assert f'<option value="{town}" selected>' in text
    assert send(client_as, "intake", case, "assign", receiver=town, knowing="1").status_code == 302
    kinds = sorted(Mark.objects.values_list("kind", "body__name"))
    assert kinds == [("handed_round", "永春县受理中心"), ("ping_pong", "永春县受理中心")]
    assert "转手 4 次" in Mark.objects.get(kind="handed_round").evidence


def test_a_reply_by_template_is_asked_about_like_an_answer(
    client_as: Any, cast: Any, file: File
) -> None:
    from mingbai.cases.commands import templates

    case = file("handling")
    made = templates.save_template(actor=cast.actor("officer"), title="收到", text=EMPTY)
    path = f"/desk/cases/{case.number}/reply/{made}"
    said = f"{EMPTY}办理人：王建国，电话：0595-23880000。"
    sent = {"version": case.version, "reply": said}
    answer = client_as("officer").post(path, sent)
    assert answer.status_code == 409
    assert "只有表态" in answer.content.decode()
    assert Case.objects.get().state == "handling"
    assert client_as("officer").post(path, sent | {"knowing": "1"}).status_code == 302
    assert Mark.objects.get().known


def test_answering_at_once_marks_without_asking(cast: Any, file: File) -> None:
    case = file("submitted")
    commands.answer_at_once(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, version=1, text=FORWARDED
    )
    mark = Mark.objects.get()
    assert (mark.kind, mark.known) == ("forwards", False)
