"""我要反映, page by page, as a browser without JavaScript sends it."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from mingbai.cases.models import Attachment, Case, Contact, Draft
from mingbai.kernel import ports, uploads

FILE = "/v/350525101201/file"
SAID = "石桥组老槐树路口的路灯，从上周三起就不亮了，晚上娃放学走那段路看不见。"
PHONE = "13700004444"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes that went out by message."""
    codes: list[str] = []

    def send(phone: str, text: str) -> None:
        codes.append(re.findall(r"\d{6}", text)[0])

    monkeypatch.setattr("mingbai.accounts.commands.entering.sms_sender", lambda: send)
    return codes


@pytest.fixture(autouse=True)
def folder(settings_media: Any) -> None:
    """Keep uploads of a test in a folder of its own."""


@pytest.fixture
def settings_media(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")


def photo(colour: str = "navy") -> SimpleUploadedFile:
    held = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(held, "JPEG")
    return SimpleUploadedFile("灯.jpg", held.getvalue(), "image/jpeg")


def say(client: Any, key: Any, **more: Any) -> Any:
    return client.post(FILE, {"draft": str(key), "text": SAID, "field": "", "place": "", **more})


def confirm(client: Any, key: Any, **more: Any) -> Any:
    given = {
        "field": "facility",
        "kind": "request",
        "place": "老槐树",
        "public": "yes",
        "phone": PHONE,
    }
    return client.post(f"{FILE}/{key}", {**given, **more})


def filed(client: Any, sent: list[str], **more: Any) -> Case:
    key = uuid4()
    say(client, key, **more)
    confirm(client, key)
    answer = client.post(f"{FILE}/{key}/code", {"code": sent[-1]})
    return Case.objects.get(number=answer["Location"].rpartition("/")[2])


def test_three_steps_make_one_case(client_as: Any, sent: list[str]) -> None:
    client, key = client_as("anyone"), uuid4()
    assert client.get(FILE).status_code == 200
    answer = say(client, key, photos=[photo(), photo("red")])
    assert (answer.status_code, answer["Location"]) == (302, f"{FILE}/{key}")
    page = client.get(f"{FILE}/{key}").content.decode()
    assert "从“路灯、不亮”认出" in page
    assert "照片 2 张" in page
    assert '<option value="facility" selected>' in page
    assert confirm(client, key)["Location"] == f"{FILE}/{key}/code"
    assert "137****4444" in client.get(f"{FILE}/{key}/code").content.decode()
    answer = client.post(f"{FILE}/{key}/code", {"code": sent[-1]})
    assert answer["Location"] == "/c/350525-2611-00001"
    case = Case.objects.get()
    assert (case.text, case.field, case.place, case.is_public) == (SAID, "facility", "老槐树", True)
    assert Attachment.objects.filter(case=case, stage="evidence").count() == 2
    assert Contact.objects.filter(case=case).count() == 1
    page = client.get(answer["Location"]).content.decode()
    assert "你提交" in page
    assert "还剩 5 个工作日" in page
    assert Draft.objects.get().content == {}


def test_a_wrong_code_loses_nothing(client_as: Any, sent: list[str]) -> None:
    client, key = client_as("anyone"), uuid4()
    say(client, key)
    confirm(client, key)
    wrong = f"{(int(sent[-1]) + 1) % 10**6:06d}"
    answer = client.post(f"{FILE}/{key}/code", {"code": wrong})
    assert answer.status_code == 400
    assert "验证码不对" in answer.content.decode()
    assert Case.objects.count() == 0
    assert client.post(f"{FILE}/{key}/code", {"code": sent[-1]}).status_code == 302
    assert Case.objects.get().text == SAID


def test_back_and_send_again_leads_to_the_same_case(client_as: Any, sent: list[str]) -> None:
    client, key = client_as("anyone"), uuid4()
    say(client, key)
    confirm(client, key)
    client.post(f"{FILE}/{key}/code", {"code": sent[-1]})
    for answer in (
        say(client, key),
        confirm(client, key),
        client.post(f"{FILE}/{key}/code", {"code": sent[-1]}),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/c/350525-2611-00001")
    assert Case.objects.count() == 1


def test_a_known_villager_needs_no_code(client_as: Any) -> None:
    client, key = client_as("villager"), uuid4()
    say(client, key)
    assert "下一步，收验证码" not in client.get(f"{FILE}/{key}").content.decode()
    answer = confirm(client, key, phone="")
    assert answer["Location"] == "/c/350525-2611-00001"


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (SimpleUploadedFile("a.jpg", b"no picture at all", "image/jpeg"), "不是照片"),
        (
            SimpleUploadedFile(
                "b.jpg", b"\xff\xd8\xff\xe0" + b"0" * (13 * uploads.MEGABYTE), "image/jpeg"
            ),
            "照片太大",
        ),
    ],
)
def test_a_bad_photo_is_named_beside_its_field_and_the_words_stay(
    client_as: Any, bad: Any, sentence: str
) -> None:
    client, key = client_as("anyone"), uuid4()
    answer = say(client, key, photos=[bad])
    page = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in page
    assert SAID in page
    assert 'id="f-photos-error"' in page
    assert say(client, key).status_code == 302


def test_a_picture_of_too_many_points_is_refused_unread(client_as: Any) -> None:
    held = io.BytesIO()
    Image.new("1", (12000, 12000)).save(held, "PNG")
    bomb = SimpleUploadedFile("b.png", held.getvalue(), "image/png")
    answer = say(client_as("anyone"), uuid4(), photos=[bomb])
    assert answer.status_code == 400
    assert Attachment.objects.count() == 0


def test_an_empty_text_keeps_the_photos_already_sent(client_as: Any) -> None:
    client, key = client_as("anyone"), uuid4()
    answer = say(client, key, text="", photos=[photo()])
    assert answer.status_code == 400
    assert "已收到 1 张照片" in answer.content.decode()
    assert say(client, key).status_code == 302
    assert "照片 1 张" in client.get(f"{FILE}/{key}").content.decode()


def test_a_draft_opens_only_in_the_browser_that_made_it(client_as: Any) -> None:
    key = uuid4()
    say(client_as("anyone"), key)
    answer = client_as("anyone").get(f"{FILE}/{key}")
    assert answer.status_code == 410
    assert SAID not in answer.content.decode()


def test_an_unknown_village_is_404(client_as: Any) -> None:
    client = client_as("anyone")
    assert client.get("/v/350525101999/file").status_code == 404
    assert client.get("/v/350525101000/file").status_code == 404


def test_danger_shows_the_numbers_at_once(client_as: Any) -> None:
    client, key = client_as("anyone"), uuid4()
    say(client, key, text="隔壁着火了，老人被困在楼上")
    page = client.get(f"{FILE}/{key}").content.decode()
    assert "有人有危险" in page
    assert page.count("tel:119") == 1


def test_misconduct_is_offered_the_sealed_door(
    client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[ports.ClueMaterial] = []
    monkeypatch.setattr(
        "mingbai.cases.views.filing.clue_intake", lambda: lambda m: bool(taken.append(m)) or True
    )
    client, key = client_as("anyone"), uuid4()
    text = "村主任把修路工程承包给他小舅子，还收了回扣"
    say(client, key, text=text)
    assert "密封交县纪委监委" in client.get(f"{FILE}/{key}").content.decode()
    answer = client.post(f"{FILE}/{key}/sealed")
    assert "已密封交出" in answer.content.decode()
    assert [m.text for m in taken] == [text]
    assert Draft.objects.count() == Case.objects.count() == 0


def test_without_a_key_nothing_is_handed_over_and_the_phone_is_shown(client_as: Any) -> None:
    client, key = client_as("anyone"), uuid4()
    say(client, key, text="村主任把修路工程承包给他小舅子，还收了回扣")
    page = client.post(f"{FILE}/{key}/sealed").content.decode()
    assert "还没有交给任何人" in page
    assert "12388" in page
    assert Draft.objects.count() == 1


def test_the_report_page_keeps_the_words_when_there_is_no_key(client_as: Any) -> None:
    answer = client_as("anyone").post("/v/350525101201/report", {"text": "会计私分集体的钱"})
    assert answer.status_code == 503
    assert "会计私分集体的钱" in answer.content.decode()


def test_similar_open_cases_are_shown_before_filing(client_as: Any, file: Any) -> None:
    case = file("handling")
    client, key = client_as("anyone"), uuid4()
    say(client, key, text="老槐树路口的路灯坏了，晚上黑得很")
    page = client.get(f"{FILE}/{key}").content.decode()
    assert "别人可能已经反映了" in page
    assert f"/c/{case.number}/support" in page


def test_a_private_case_is_never_shown_as_similar(client_as: Any, file: Any) -> None:
    file("handling", is_public=False)
    client, key = client_as("anyone"), uuid4()
    say(client, key, text="老槐树路口的路灯坏了，晚上黑得很")
    assert "别人可能已经反映了" not in client.get(f"{FILE}/{key}").content.decode()
