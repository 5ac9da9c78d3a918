"""Who keeps seeing a case after it has moved on, who reads a phone, and what only watching shows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from mingbai.audit.models import Entry
from mingbai.cases import commands, queries
from mingbai.cases.commands import subtasks
from mingbai.cases.models import Attachment, Case, Contact, Sign
from mingbai.kernel import clock, sealing

COUNTY, VILLAGE = "350525", "350525101201"
LAMP = "路灯坏了三天，找老周，电话 13911112222。"


@pytest.fixture
def moved(cast: Any, file: Any) -> Case:
    """A private case that the village has handed to its town."""
    case = file("accepted", is_public=False)
    commands.assign(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        receiver=cast.bodies["town"].pk,
    )
    return Case.objects.get(number=case.number)


def colleague(cast: Any) -> None:
    """Give the supervisor's person a post as a second officer of the village."""
    from mingbai.accounts.models import Post

    Post.objects.filter(pk=cast.posts["supervisor"].pk).update(role="village_officer")


def test_a_village_that_handed_a_private_case_on_sees_it_no_more(
    client_as: Any, moved: Case
) -> None:
    client = client_as("officer")
    for address in (f"/desk/cases/{moved.number}", f"/c/{moved.number}"):
        assert client.get(address).status_code == 404
    assert moved.number not in client.get("/desk/cases?which=all").content.decode()
    assert client_as("town").get(f"/desk/cases/{moved.number}").status_code == 200


def test_a_village_that_handed_a_public_case_on_keeps_the_public_part(
    cast: Any, client_as: Any, file: Any
) -> None:
    case = file("accepted", text=LAMP)
    client = client_as("officer")
    assert "13911112222" in client.get(f"/c/{case.number}").content.decode()
    commands.assign(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        receiver=cast.bodies["town"].pk,
    )
    page = client.get(f"/c/{case.number}").content.decode()
    assert "路灯坏了三天" in page
    assert "13911112222" not in page


def test_a_colleague_of_the_handler_does_not_read_the_phone(
    cast: Any, client_as: Any, file: Any
) -> None:
    colleague(cast)
    case = file("handling")
    sent = {"reason": "约时间上门看灯"}
    answer = client_as("supervisor").post(f"/desk/cases/{case.number}/contact", sent)
    assert answer.status_code == 403
    assert "只有承办人能看联系方式" in answer.content.decode()
    assert not Entry.objects.filter(verb="case.read_contact").exists()


def test_nobody_reads_the_phone_before_somebody_takes_the_case_on(
    client_as: Any, file: Any
) -> None:
    case = file()
    sent = {"reason": "约时间上门看灯"}
    answer = client_as("officer").post(f"/desk/cases/{case.number}/contact", sent)
    assert answer.status_code == 403
    assert "先受理" in answer.content.decode()
    assert not Entry.objects.filter(verb="case.read_contact").exists()


@pytest.mark.parametrize("who", ["supervisor", "discipline", "clerk", "department", "it"])
def test_the_desk_of_a_public_case_is_missing_for_posts_that_do_not_open_it(
    client_as: Any, file: Any, who: str
) -> None:
    case = file("handling")
    commands.note_sign(
        county=COUNTY,
        number=case.number,
        source_id="s",
        said_at=clock.now(),
        who="A1",
        text="还没好",
    )
    sign, client = Sign.objects.get(), client_as(who)
    sent = {"reason": "约时间上门看灯"}
    assert client.post(f"/desk/cases/{case.number}/contact", sent).status_code == 404
    address = f"/desk/cases/{case.number}/signs/{sign.pk}/ignore"
    assert client.post(address).status_code == 404
    sign.refresh_from_db()
    assert sign.ignored_at is None


def test_whoever_only_watches_reads_titles_as_the_public_does(
    cast: Any, client_as: Any, file: Any
) -> None:
    file("accepted", text=LAMP, title="路灯坏了，找老周 13911112222")
    for name in ("supervisor", "discipline"):
        page = client_as(name).get("/desk/cases").content.decode()
        assert "路灯坏了" in page
        assert "13911112222" not in page
    for name, clear in (("neighbour", False), ("department", False), ("officer", True)):
        [line] = queries.search(cast.actor(name), "路灯")
        assert ("13911112222" in line.title) is clear


def test_a_department_that_takes_a_case_down_at_its_counter_prints_the_receipt(
    client_as: Any,
) -> None:
    client = client_as("department")
    sent = {"region": VILLAGE, "text": "柜台上说的一件事情。", "field": "road", "kind": "request",
            "once": str(uuid4())}  # fmt: skip
    answer = client.post("/desk/cases/new", sent, follow=True)
    [number] = Case.objects.values_list("number", flat=True)
    assert (answer.status_code, number in answer.content.decode()) == (200, True)
    assert client.get(f"/desk/cases/{number}").status_code == 404
    assert client_as("intake").get(f"/desk/cases/{number}/receipt").status_code == 200
    assert client_as("neighbour").get(f"/desk/cases/{number}/receipt").status_code == 404


def test_a_photo_that_is_not_public_stays_in_no_cache(
    client_as: Any, file: Any, photo: Any
) -> None:
    shown, hidden = (
        file("accepted", files=[photo]),
        file("accepted", files=[photo], is_public=False),
    )
    for case, kept in ((shown, "private, max-age=3600"), (hidden, "no-store")):
        key = Attachment.objects.get(case=case).key
        for address in (f"/c/media/{key}", f"/c/media/{key}/thumb"):
            answer = client_as("officer").get(address)
            assert (answer.status_code, answer["Cache-Control"]) == (200, kept)


@pytest.fixture
def photo() -> Any:
    """A stored picture."""
    import io

    from PIL import Image

    from mingbai.kernel import uploads

    out = io.BytesIO()
    Image.new("RGB", (8, 8), (90, 60, 30)).save(out, "PNG")
    return uploads.store_bytes(out.getvalue(), "lamp.png")


def test_a_colleagues_part_keeps_nothing_open_once_the_case_has_moved_on(
    cast: Any, client_as: Any, file: Any
) -> None:
    colleague(cast)
    case = file("handling", is_public=False)
    here = {"actor": cast.actor("officer"), "county": COUNTY, "number": case.number}
    subtasks.give_subtask(
        what="请上门看一看灯。",
        receiver=f"post:{cast.posts['supervisor'].pk}",
        until=clock.today().isoformat(),
        **here,
    )
    assert case.number in client_as("supervisor").get("/desk/cases/tasks").content.decode()
    commands.assign(version=case.version, receiver=cast.bodies["town"].pk, **here)
    for name in ("officer", "supervisor"):
        client = client_as(name)
        assert client.get(f"/desk/cases/{case.number}").status_code == 404
        for address in ("/desk/cases?who=all&state=all", "/desk/cases/tasks"):
            assert case.number not in client.get(address).content.decode()


@pytest.mark.parametrize("who", ["villager", "supervisor", "discipline", "it"])
def test_working_beside_a_public_case_is_missing_for_whoever_may_not_open_it(
    client_as: Any, file: Any, who: str, everything: Any
) -> None:
    case = file("handling")
    before, client = everything(), client_as(who)
    address = f"/desk/cases/{case.number}/people"
    for path, sent in (
        ("invite", {"whom": "reporter", "day": "2026-12-01", "hour": "09:00", "place": "村口"}),
        ("mediate", {"held_on": clock.today().isoformat(), "mediator": "老陈", "parties": "两家"}),
        ("1/off", {}),
        ("mediations/1", {"kept": "yes"}),
    ):
        assert client.post(f"{address}/{path}", sent).status_code == 404
    assert everything() == before


def test_phone_and_name_lie_sealed_each_for_its_own_row(cast: Any) -> None:
    number = commands.file_walk_in(
        actor=cast.actor("officer"),
        token=uuid4(),
        region=VILLAGE,
        text=LAMP,
        field="power",
        name="柜台阿英",
        phone="13800006666",
    )
    [kept] = Contact.objects.all()
    held = bytes(kept.phone_sealed) + bytes(kept.name_sealed or b"")
    assert b"13800006666" not in held
    assert "阿英".encode() not in held
    place = f"contact:{COUNTY}:{kept.case_id}"
    assert sealing.unseal(kept.phone_sealed, place) == "13800006666"
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(kept.phone_sealed, f"contact:{COUNTY}:{kept.case_id + 1}")
    assert Case.objects.get().number == number


def test_a_repeat_caller_is_known_by_a_hash_and_only_to_who_may_read_the_phone(
    cast: Any, file: Any
) -> None:
    first, second, other = file("accepted"), file("accepted"), file("accepted", phone="13900007777")
    indexes = dict(Contact.objects.values_list("case__number", "phone_index"))
    assert indexes[first.number] == indexes[second.number] == sealing.index("13800001111")
    assert indexes[other.number] != indexes[first.number]
    assert "13800001111" not in indexes[first.number]
    found = queries.case_for_staff(cast.actor("officer"), COUNTY, first.number)
    assert found.from_same_phone == 1
    alone = queries.case_for_staff(cast.actor("officer"), COUNTY, other.number)
    assert alone.from_same_phone == 0
    watching = queries.case_for_staff(cast.actor("town"), COUNTY, first.number)
    assert watching.from_same_phone == 0
