"""The drop box: the application writes parcels and reads none; its office gets them sealed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

COUNTY = "350525"
PASSPHRASE = "案管室的口令一共十二个字"


@pytest.fixture
def key(cast: Any) -> tuple[bytes, dict[str, Any]]:
    """The office's key, made and kept."""
    from mingbai.clues import commands, sealing

    public, wrapped = sealing.make_key(PASSPHRASE)
    commands.keep_key(actor=cast.actor("discipline"), public=public, wrapped=wrapped)
    return public, wrapped


def hand_over(text: str = "金麒麟", county: str = COUNTY) -> bool:
    from mingbai.kernel import clock
    from mingbai.kernel.ports import ClueMaterial, clue_intake

    return clue_intake()(
        ClueMaterial(
            county=county,
            region=f"{county}101201",
            source="web",
            text=text,
            said_at=clock.now(),
            author="匿名",
        )
    )


def stored() -> int:
    """Count the parcels as the office's role."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('mingbai.scope', %s, true)", [COUNTY])
        cursor.execute("SET LOCAL ROLE mingbai_clues")
        cursor.execute("SELECT count(*) FROM clues_sealedclue")
        count = cursor.fetchone()[0]
        cursor.execute("RESET ROLE")
    return int(count)


def test_without_a_key_nothing_is_taken(cast: Any) -> None:
    assert hand_over() is False
    assert stored() == 0


@pytest.mark.parametrize(
    ("scope", "person"), [("", None), ("", 7), ("350525101201", 7), ("350525101", 7)]
)
def test_whoever_files_and_sees_less_than_the_county_can_hand_over(
    key: Any, scope: str, person: int | None
) -> None:
    from mingbai.kernel import scopes

    with scopes.enter(scope=scope, person=person):
        assert hand_over() is True
    assert stored() == 1


def test_a_clue_of_another_county_is_not_sealed_to_this_office(key: Any) -> None:
    assert hand_over(county="350526") is False


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM clues_sealedclue",
        "UPDATE clues_sealedclue SET day = day",
        "DELETE FROM clues_sealedclue",
        "TRUNCATE clues_sealedclue",
        "UPDATE clues_officekey SET public = ''",
        "UPDATE clues_officekey SET wrapped = '{}'",
        "DELETE FROM clues_officekey",
    ],
)
def test_the_application_may_not_read_change_or_delete(key: Any, statement: str) -> None:
    hand_over()
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert stored() == 1


def test_the_offices_role_reads_only_with_the_countys_own_scope(key: Any) -> None:
    hand_over()
    for scope in ("", "3505", "350525101", "350525101201", "350526"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('mingbai.scope', %s, true)", [scope])
            cursor.execute("SET LOCAL ROLE mingbai_clues")
            cursor.execute("SELECT count(*) FROM clues_sealedclue")
            assert cursor.fetchone() == (0,), scope
            cursor.execute("RESET ROLE")
    assert stored() == 1


def test_the_office_gets_its_parcels_sealed_and_the_reading_is_on_record(
    key: tuple[bytes, dict[str, Any]], client_as: Callable[[str], Any], cast: Any
) -> None:
    from mingbai.audit.models import Entry
    from mingbai.clues import sealing

    hand_over("金麒麟账本")
    answer = client_as("discipline").get("/clues/parcels")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    page = answer.json()
    [one] = page["parcels"]
    assert (page["next"], one["day"], set(one)) == (
        "",
        "2026-11-18",
        {"id", "county", "day", "ephemeral", "nonce", "parcel"},
    )
    assert "金麒麟" not in answer.content.decode()
    parcel = sealing.Parcel(*(base64.b64decode(one[n]) for n in ("ephemeral", "nonce", "parcel")))
    opened = sealing.unseal(
        parcel, sealing.unwrap(key[1], PASSPHRASE), f"{one['county']}:{one['id']}"
    )
    assert (opened["text"], opened["source"], opened["author"], opened["attachments"]) == (
        "金麒麟账本",
        "web",
        "匿名",
        [],
    )
    entry = Entry.objects.get(thing="drop_box")
    assert (entry.person_id, entry.verb, entry.thing_id, entry.detail) == (
        cast.people["discipline"].pk,
        "read",
        COUNTY,
        {},
    )


def test_parcels_come_in_pages(key: Any, client_as: Callable[[str], Any]) -> None:
    for _ in range(21):
        hand_over()
    client = client_as("discipline")
    first = client.get("/clues/parcels").json()
    second = client.get("/clues/parcels", {"after": first["next"]}).json()
    assert (len(first["parcels"]), len(second["parcels"]), second["next"]) == (20, 1, "")
    assert len({UUID(p["id"]) for p in (*first["parcels"], *second["parcels"])}) == 21


def test_a_photo_is_sealed_with_the_words(
    key: tuple[bytes, dict[str, Any]], client_as: Callable[[str], Any]
) -> None:
    import io

    from PIL import Image

    from mingbai.clues import sealing
    from mingbai.kernel import clock, uploads
    from mingbai.kernel.ports import ClueMaterial, clue_intake

    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(drawn, "JPEG")
    photo = uploads.store_bytes(drawn.getvalue(), "a.jpg")
    clue_intake()(
        ClueMaterial(
            county=COUNTY,
            region="350525101201",
            source="web",
            text="见照片",
            said_at=clock.now(),
            attachments=[photo.digest],
        )
    )
    [one] = client_as("discipline").get("/clues/parcels").json()["parcels"]
    parcel = sealing.Parcel(*(base64.b64decode(one[n]) for n in ("ephemeral", "nonce", "parcel")))
    opened = sealing.unseal(
        parcel, sealing.unwrap(key[1], PASSPHRASE), f"{one['county']}:{one['id']}"
    )
    [attached] = opened["attachments"]
    assert base64.b64decode(attached["data"]) == uploads.path(photo.digest).read_bytes()


def post_key(client: Any, public: bytes, wrapped: Any) -> Any:
    return client.post(
        "/clues/key", {"public": base64.b64encode(public).decode(), "wrapped": json.dumps(wrapped)}
    )


def test_the_office_keeps_the_key_that_its_browser_made(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    from mingbai.audit.models import Entry
    from mingbai.clues import sealing
    from mingbai.clues.models import OfficeKey

    client = client_as("discipline")
    assert "生成本办公室的密钥" in client.get("/clues/").content.decode()
    public, wrapped = sealing.make_key(PASSPHRASE)
    assert post_key(client, public, wrapped).headers["Location"] == "/clues/"
    key = OfficeKey.objects.get()
    assert (bytes(key.public), key.wrapped, key.county, key.body_id) == (
        public,
        wrapped,
        COUNTY,
        cast.bodies["discipline"].pk,
    )
    assert Entry.objects.get(thing="office_key").verb == "make_key"
    page = client.get("/clues/").content.decode()
    assert "办公室口令" in page
    assert "生成本办公室的密钥" not in page


def test_a_second_key_is_refused_and_the_first_stays(
    key: tuple[bytes, dict[str, Any]], client_as: Callable[[str], Any]
) -> None:
    from mingbai.clues import sealing
    from mingbai.clues.models import OfficeKey

    answer = post_key(client_as("discipline"), *sealing.make_key("另外一个口令也有十二个字"))
    assert answer.status_code == 403
    assert "本办公室已有密钥，不能再生成一把。" in answer.content.decode()
    assert bytes(OfficeKey.objects.get().public) == key[0]


@pytest.mark.parametrize(
    ("public", "wrapped"), [("", ""), ("not base64", "{}"), ("AAAA", "[1]"), ("AAAA", "{}")]
)
def test_a_broken_key_is_refused_in_words(
    cast: Any, client_as: Callable[[str], Any], public: str, wrapped: str
) -> None:
    from mingbai.clues.models import OfficeKey

    answer = client_as("discipline").post("/clues/key", {"public": public, "wrapped": wrapped})
    assert answer.status_code == 400
    assert "密钥格式不对，请刷新页面重新生成。" in answer.content.decode()
    assert not OfficeKey.objects.exists()


@pytest.mark.parametrize(
    "name", ["officer", "town", "clerk", "it", "department", "villager", "intake"]
)
def test_nobody_else_makes_a_key(cast: Any, client_as: Callable[[str], Any], name: str) -> None:
    from mingbai.clues import sealing
    from mingbai.clues.models import OfficeKey

    assert post_key(client_as(name), *sealing.make_key(PASSPHRASE)).status_code == 404
    assert not OfficeKey.objects.exists()


def test_no_notice_and_no_audit_entry_tells_that_a_clue_came(key: Any) -> None:
    from mingbai.audit.models import Entry
    from mingbai.notices.models import Delivery, Notice

    before = Entry.objects.count()
    hand_over()
    assert Entry.objects.count() == before
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()
