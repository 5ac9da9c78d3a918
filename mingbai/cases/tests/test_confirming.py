"""现场确认: what neighbours saw, once each, and when it brings the case back to its holder."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mingbai.cases import commands, queries
from mingbai.cases.models import Attachment, CaseEvent, Confirmation
from mingbai.kernel.decisions import Missing, Refused
from mingbai.notices.models import Notice

COUNTY = "350525"


def say(actor: Any, case: Any, solved: bool, **more: Any) -> None:
    commands.confirm(actor=actor, county=COUNTY, number=case.number, solved=solved, **more)


def seen(cast: Any, case: Any, who: str = "other") -> Any:
    return queries.taking_part(COUNTY, case.number, cast.actor(who)).neighbours


def test_a_neighbour_says_once_and_may_change_it(cast: Any, file: Any) -> None:
    case = file("answered")
    say(cast.actor("other"), case, solved=False)
    assert (seen(cast, case).solved, seen(cast, case).not_yet) == (0, 1)
    say(cast.actor("other"), case, solved=True)
    assert seen(cast, case).words == "1 人说好了"
    assert Confirmation.objects.count() == 1


def test_the_counts_stand_in_the_timeline_and_name_nobody(
    cast: Any, file: Any, neighbours: Any, client_as: Any
) -> None:
    case = file("answered")
    for n, actor in enumerate(neighbours(3)):
        say(actor, case, solved=n < 2)
    page = client_as("anyone").get(f"/c/{case.number}").content.decode()
    assert "邻居到现场看过" in page
    assert "2 人说好了，1 人说还没好。" in page
    assert "邻居0" not in page


@pytest.mark.parametrize("who", ["officer", "villager", "anyone", "stranger"])
def test_whoever_may_not_confirm_changes_nothing(
    cast: Any, file: Any, neighbours: Any, everything: Any, who: str
) -> None:
    from mingbai.kernel.actors import ANYONE

    case = file("answered")
    actor = {"anyone": lambda: ANYONE, "stranger": lambda: neighbours(1, "350525101202")[0]}.get(
        who, lambda: cast.actor(who)
    )()
    before = everything()
    with pytest.raises(Refused):
        say(actor, case, solved=True)
    assert everything() == before


@pytest.mark.parametrize("more", [{"until": "handling"}, {"until": "answered", "is_public": False}])
def test_nothing_is_confirmed_before_an_answer_or_in_a_private_case(
    cast: Any, file: Any, everything: Any, more: dict[str, Any]
) -> None:
    case = file(**more)
    before = everything()
    with pytest.raises((Refused, Missing)):
        say(cast.actor("other"), case, solved=True)
    assert everything() == before


def test_sixty_days_after_the_answer_nobody_confirms_any_more(
    cast: Any, file: Any, at: Any, everything: Any
) -> None:
    case = file("answered")
    at("2027-01-18 09:00")
    before = everything()
    with pytest.raises(Refused, match="60 天"):
        say(cast.actor("other"), case, solved=False)
    assert everything() == before


def test_three_who_say_not_yet_tell_the_holder_once_for_each_answer(
    cast: Any, file: Any, neighbours: Any
) -> None:
    case = file("answered")
    told = Notice.objects.filter(title="邻居说还没好")
    people = neighbours(5)
    for actor in people[:2]:
        say(actor, case, solved=False)
    assert told.count() == 0
    for actor in people[2:]:
        say(actor, case, solved=False)
    assert [n.person_id for n in told] == [cast.people["officer"].pk, cast.people["supervisor"].pk]
    assert CaseEvent.objects.filter(verb="doubted").count() == 1


def test_words_about_an_earlier_answer_do_not_count_for_the_next(
    cast: Any, file: Any, at: Any, neighbours: Any
) -> None:
    case = file("answered")
    [one] = neighbours(1)
    say(one, case, solved=False)
    at("2026-11-18 15:00")
    case.answered_at = case.answered_at.replace(hour=6)
    case.save()
    assert seen(cast, case).words == ""


def test_a_new_photo_takes_the_place_of_the_earlier_one(
    cast: Any, file: Any, picture: Any, client_as: Any
) -> None:
    case = file("answered")
    say(cast.actor("other"), case, solved=False, photo=picture("navy"))
    say(cast.actor("other"), case, solved=False, photo=picture("red"))
    [kept] = Attachment.objects.filter(stage="onsite")
    assert seen(cast, case).photos == [kept.key]
    page = client_as("anyone").get(f"/c/{case.number}").content.decode()
    assert str(kept.key) in page
    assert client_as("anyone").get(f"/c/media/{kept.key}").status_code == 200
    say(cast.actor("other"), case, solved=True)
    assert not Attachment.objects.filter(stage="onsite").exists()


def test_the_page_takes_the_word_with_a_photo_without_javascript(
    client_as: Any, file: Any, media_folder: None
) -> None:
    import io

    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (640, 480), "navy").save(held, "JPEG")
    case = file("answered")
    client = client_as("other")
    assert "你去现场看了，好了没有" in client.get(f"/c/{case.number}").content.decode()
    photo = SimpleUploadedFile("a.jpg", held.getvalue(), "image/jpeg")
    answer = client.post(f"/c/{case.number}/confirm", {"solved": "no", "photo": photo})
    assert answer.status_code == 302
    page = client.get(f"/c/{case.number}").content.decode()
    assert "1 人说还没好" in page
    assert "你说过还没好，可以改" in page


def test_a_passer_by_verifies_the_phone_first(client_as: Any, file: Any) -> None:
    case = file("answered")
    answer = client_as("anyone").post(f"/c/{case.number}/confirm", {"solved": "yes"})
    assert answer["Location"] == f"/phone?next=%2Fc%2F{case.number}"
    assert client_as("other").post(f"/c/{case.number}/confirm", {}).status_code == 302
    assert Confirmation.objects.count() == 0
