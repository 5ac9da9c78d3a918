"""Photos of a draft, each on its own: what arrived stays, what was sent twice is one, others see nothing."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import TestCase
from PIL import Image

from mingbai.cases import commands
from mingbai.cases.models import Attachment, Case, Draft
from mingbai.kernel import uploads

VILLAGE = "350525101201"
FILE = f"/v/{VILLAGE}/file"
SAID = "石桥组老槐树路口的路灯，从上周三起就不亮了"

pytestmark = pytest.mark.usefixtures("media_folder")


def photo(number: int = 0, name: str = "a.jpg") -> SimpleUploadedFile:
    held = io.BytesIO()
    Image.new("RGB", (40 + number, 30), "navy").save(held, "JPEG")
    return SimpleUploadedFile(name, held.getvalue(), "image/jpeg")


def key_on(client: Any, address: str = FILE) -> UUID:
    page = client.get(address).content.decode()
    found = re.search(r'name="draft" value="([0-9a-f-]{36})"', page)
    assert found is not None
    return UUID(found[1])


def send(client: Any, key: UUID, number: int = 0) -> Any:
    return client.post(f"{FILE}/{key}/photos", {"photo": photo(number)})


@pytest.fixture
def villager(client_as: Any) -> Any:
    return client_as("villager")


def test_twenty_photos_arrive_one_by_one_and_make_one_case(villager: Any) -> None:
    key = key_on(villager)
    for n in range(20):
        assert send(villager, key, n).json()["count"] == n + 1
    more = send(villager, key, 20)
    assert (more.status_code, more.json()["wrong"]) == (400, "最多 20 张，先去掉几张再加。")
    sent = {"draft": key, "text": SAID, "field": "facility"}
    assert villager.post(FILE, sent).status_code == 302
    confirmed = {"field": "facility", "kind": "request", "place": "", "public": "yes"}
    assert villager.post(f"{FILE}/{key}", confirmed)["Location"].startswith("/c/")
    assert Attachment.objects.filter(case=Case.objects.get()).count() == 20
    late = send(villager, key)
    assert (late.status_code, Attachment.objects.count()) == (400, 20)


def test_a_photo_sent_again_after_a_lost_answer_counts_once(villager: Any) -> None:
    key = key_on(villager)
    first, again = send(villager, key), send(villager, key)
    assert first.json() == again.json()
    sent = {"draft": key, "text": SAID, "photos": [photo(), photo(1)]}
    villager.post(FILE, sent)
    assert len(Draft.objects.get().content["files"]) == 2


def test_a_reloaded_page_has_the_draft_and_its_photos(villager: Any) -> None:
    key = key_on(villager)
    name = send(villager, key).json()["name"]
    assert key_on(villager) == key
    page = villager.get(FILE).content.decode()
    assert "上次写到一半的" in page
    thumb = f"{FILE}/{key}/photos/{name}"
    assert thumb in page
    assert villager.get(thumb)["Content-Type"] == "image/jpeg"


def test_the_page_offers_the_same_key_until_something_is_sent(client_as: Any) -> None:
    client = client_as("anyone")
    assert key_on(client) == key_on(client)
    key = key_on(client)
    send(client, key)
    assert key_on(client, "/v/350525101202/file") != key


def test_nobody_else_sees_adds_or_drops_photos_of_a_draft(villager: Any, client_as: Any) -> None:
    key = key_on(villager)
    name = send(villager, key).json()["name"]
    for other in (client_as("anyone"), client_as("other"), client_as("officer")):
        assert send(other, key, 1).status_code == 404
        assert other.get(f"{FILE}/{key}/photos/{name}").status_code == 404
        assert other.post(f"{FILE}/{key}/photos/{name}/drop").status_code == 404
    assert len(Draft.objects.get().content["files"]) == 1
    assert villager.get(f"{FILE}/{key}/photos/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "没有传上来"),
        ({"photo": SimpleUploadedFile("a.jpg", b"MZ no photo", "image/jpeg")}, "不是照片"),
    ],
)
def test_a_photo_that_is_none_is_refused_and_nothing_is_kept(
    villager: Any, sent: dict[str, Any], sentence: str
) -> None:
    answer = villager.post(f"{FILE}/{key_on(villager)}/photos", sent)
    assert answer.status_code == 400
    assert sentence in answer.json()["wrong"]
    assert not Draft.objects.exists()


def test_an_unknown_village_takes_no_photos(villager: Any) -> None:
    for code in ("350525101999", "350525101000"):
        assert (
            villager.post(f"/v/{code}/file/{uuid4()}/photos", {"photo": photo()}).status_code == 404
        )


def test_each_bad_photo_is_named_and_the_good_ones_are_kept(villager: Any) -> None:
    sent = {
        "draft": key_on(villager),
        "text": SAID,
        "photos": [
            photo(0, "好的.jpg"),
            SimpleUploadedFile("坏的.jpg", b"MZ no photo", "image/jpeg"),
            SimpleUploadedFile("空的.jpg", b"", "image/jpeg"),
            SimpleUploadedFile(
                "大的.jpg", b"\xff\xd8\xff\xe0" + b"0" * (13 * uploads.MEGABYTE), "image/jpeg"
            ),
        ],
    }
    answer = villager.post(FILE, sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    for words in ("“坏的.jpg”没有收下", "“空的.jpg”没有传上来", "“大的.jpg”没有收下：照片太大"):
        assert words in page
    assert "“好的.jpg”" not in page
    assert "已收到 1 张照片" in page


def test_without_javascript_a_ticked_photo_is_taken_out(villager: Any) -> None:
    key = key_on(villager)
    first, second = (send(villager, key, n).json()["name"] for n in (0, 1))
    with TestCase.captureOnCommitCallbacks(execute=True):
        villager.post(FILE, {"draft": key, "text": SAID, "drop": first})
    assert [f["digest"] for f in Draft.objects.get().content["files"]] == [second]
    assert not uploads.path(first).exists()
    assert uploads.path(second).exists()


def test_beginning_anew_forgets_words_and_photos(villager: Any) -> None:
    key = key_on(villager)
    name = send(villager, key).json()["name"]
    with TestCase.captureOnCommitCallbacks(execute=True):
        led = villager.post(FILE, {"draft": key, "text": SAID, "fresh": "1"})
    assert led["Location"] == f"{FILE}?fresh=1"
    assert not Draft.objects.exists()
    assert not uploads.path(name).exists()
    assert "data-draft-done" in villager.get(led["Location"]).content.decode()


def test_a_file_that_a_case_or_another_draft_holds_stays(villager: Any) -> None:
    key = key_on(villager)
    name = send(villager, key).json()["name"]
    held = Draft.objects.get().content
    Draft.objects.create(
        key=uuid4(),
        county=VILLAGE[:6],
        region=VILLAGE,
        content=held,
        made_at=Draft.objects.get().made_at,
    )
    with TestCase.captureOnCommitCallbacks(execute=True):
        commands.drop_draft_photos(key=key, digests=[name])
    assert Draft.objects.get(key=key).content["files"] == []
    assert uploads.path(name).exists()


def test_nobody_deletes_a_file_by_its_digest(villager: Any, client_as: Any) -> None:
    key = key_on(villager)
    name = send(villager, key).json()["name"]
    other = client_as("other")
    with TestCase.captureOnCommitCallbacks(execute=True):
        for drop in (name, "../../etc/passwd"):
            other.post(FILE, {"draft": key_on(other), "text": SAID, "drop": drop})
    assert uploads.path(name).exists()


def test_a_file_of_another_county_s_case_stays(cast: Any, villager: Any) -> None:
    key = key_on(villager)
    name = send(villager, key).json()["name"]
    commands.submit_case(
        actor=cast.actor("villager"), token=uuid4(), region="350526101201", text=SAID,
        field="power", files=[uploads.StoredFile(**Draft.objects.get().content["files"][0])],
    )  # fmt: skip
    with TestCase.captureOnCommitCallbacks(execute=True):
        commands.drop_draft_photos(key=key, digests=[name])
    assert uploads.path(name).exists()


def test_old_drafts_go_with_their_photos(villager: Any, at: Any) -> None:
    name = send(villager, key_on(villager)).json()["name"]
    at("2026-11-22 09:00")
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert commands.discard_old_drafts(VILLAGE[:6]) == 1
    assert not uploads.path(name).exists()


def test_the_position_is_kept_shown_to_the_desk_and_never_to_passers_by(
    villager: Any, client_as: Any
) -> None:
    key = key_on(villager)
    sent = {"draft": key, "text": SAID, "lat": "25.321084", "lon": "118.294561"}
    villager.post(FILE, sent)
    assert "已带上你取的位置" in villager.get(f"{FILE}/{key}").content.decode()
    confirmed = {"field": "facility", "kind": "request", "place": "", "public": "yes"}
    villager.post(f"{FILE}/{key}", confirmed)
    case = Case.objects.get()
    assert (case.lat, case.lon, case.sub) == (25.32108, 118.29456, "streetlamp")
    desk = client_as("officer").get(f"/desk/cases/{case.number}").content.decode()
    assert "25.32108,118.29456" in desk
    Case.objects.update(state="handling")
    assert "25.32" not in client_as("anyone").get(f"/c/{case.number}").content.decode()


@pytest.mark.parametrize(
    "spot",
    [("95", "118"), ("25", ""), ("", "118"), ("abc", "118"), ("0", "0"), ("nan", "nan")],
)
def test_a_position_that_is_none_is_left_out_and_the_words_go_on(
    villager: Any, spot: tuple[str, str]
) -> None:
    key = key_on(villager)
    sent = {"draft": key, "text": SAID, "lat": spot[0], "lon": spot[1]}
    assert villager.post(FILE, sent).status_code == 302
    assert Draft.objects.get().content["lat"] is None


def test_the_position_may_be_left_out_on_the_second_page(villager: Any) -> None:
    key = key_on(villager)
    villager.post(FILE, {"draft": key, "text": SAID, "lat": "25.32", "lon": "118.29"})
    confirmed = {"field": "unknown", "kind": "request", "place": "", "public": "yes"}
    villager.post(f"{FILE}/{key}", confirmed | {"no_position": "on"})
    case = Case.objects.get()
    assert (case.lat, case.lon, case.field, case.level) == (None, None, "", "town")


def test_a_photo_for_a_draft_that_was_handed_in_changes_nothing(
    villager: Any, everything: Any
) -> None:
    key = key_on(villager)
    villager.post(FILE, {"draft": key, "text": SAID})
    commands.finish_draft(key=key, number="350525-2611-00001")
    before = everything()
    with transaction.atomic():
        assert send(villager, key).status_code == 400
        commands.drop_draft_photos(key=key, digests=["0" * 64])
    assert everything() == before
