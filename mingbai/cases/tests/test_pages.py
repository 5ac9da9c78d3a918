"""What each person sees of a case, and what it costs."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingbai.audit.models import Entry
from mingbai.cases import commands, queries
from mingbai.cases.models import Case, CaseEvent
from mingbai.kernel import scopes, uploads
from mingbai.kernel.decisions import Missing

COUNTY, VILLAGE = "350525", "350525101201"


def get(client_as: Any, who: str, path: str) -> Any:
    return client_as(who).get(path)


def forget_memo() -> None:
    """Let the next page begin as a request does: with nothing read yet."""
    now = scopes.current()
    assert now is not None
    now.memo.clear()


def counted(client: Any, path: str) -> int:
    client.get(path)
    forget_memo()
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(path).status_code == 200
    return len(
        [q for q in caught.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    )


def picture(colour: str = "navy") -> uploads.StoredFile:
    import io

    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(held, "JPEG")
    return uploads.store_bytes(held.getvalue(), "a.jpg")


@pytest.fixture(autouse=True)
def folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")


def test_the_public_page_names_holder_and_countdown_but_never_the_reporter(
    client_as: Any, file: Any
) -> None:
    case = file("handling", text="我家电话 13800001111，路口路灯不亮，请来看看")
    page = get(client_as, "anyone", f"/c/{case.number}").content.decode()
    assert "村里在办" in page
    assert "王建国" in page
    assert "还剩 2 个工作日" in page
    assert "138****1111" in page
    assert "13800001111" not in page
    assert "林阿婶" not in page


def test_a_submitted_case_is_not_public_yet(client_as: Any, file: Any) -> None:
    assert get(client_as, "anyone", f"/c/{file().number}").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anyone", 404),
        ("other", 404),
        ("neighbour", 404),
        ("far", 404),
        ("it", 404),
        ("clerk", 404),
        ("discipline", 404),
        ("supervisor", 404),
        ("department", 404),
        ("villager", 200),
        ("officer", 200),
        ("town", 200),
        ("intake", 200),
    ],
)
def test_a_private_case_is_seen_by_reporter_and_staff_of_its_territory(
    client_as: Any, file: Any, who: str, status: int
) -> None:
    case = file("handling", is_public=False)
    assert get(client_as, who, f"/c/{case.number}").status_code == status


def test_a_hidden_case_answers_like_one_that_does_not_exist(client_as: Any, file: Any) -> None:
    case = file("handling", is_public=False)
    hidden = get(client_as, "anyone", f"/c/{case.number}")
    nothing = get(client_as, "anyone", "/c/350525-2611-99999")
    assert (hidden.status_code, hidden.content) == (nothing.status_code, nothing.content)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anyone", 404),
        ("villager", 404),
        ("neighbour", 404),
        ("far", 404),
        ("it", 404),
        ("clerk", 404),
        ("discipline", 404),
        ("supervisor", 404),
        ("department", 404),
        ("officer", 200),
        ("town", 200),
        ("intake", 200),
    ],
)
def test_the_desk_opens_only_for_posts_that_handle_in_the_territory(
    client_as: Any, file: Any, who: str, status: int
) -> None:
    case = file("handling")
    assert get(client_as, who, f"/desk/cases/{case.number}").status_code == status


def test_a_villager_rates_from_the_page(client_as: Any, file: Any) -> None:
    case = file("answered")
    client = client_as("villager")
    page = client.get(f"/c/{case.number}").content.decode()
    assert "已答复，等你评价" in page
    assert "15 天后自动办结" in page
    answer = client.post(
        f"/c/{case.number}/rate", {"version": case.version, "score": "unsatisfied", "reason": ""}
    )
    assert answer.status_code == 400
    assert "哪里没办好，下一个办的人" in answer.content.decode()
    assert Case.objects.get().state == "answered"
    sent = {"version": case.version, "score": "satisfied"}
    assert client.post(f"/c/{case.number}/rate", sent).status_code == 302
    assert Case.objects.get().state == "closed"


def test_a_stranger_cannot_rate(client_as: Any, file: Any) -> None:
    case = file("answered")
    before = (CaseEvent.objects.count(), Entry.objects.count())
    answer = client_as("other").post(
        f"/c/{case.number}/rate", {"version": case.version, "score": "satisfied"}
    )
    assert answer.status_code == 404
    assert (CaseEvent.objects.count(), Entry.objects.count()) == before


def test_withdrawing_and_supplementing_from_the_page(client_as: Any, file: Any) -> None:
    case = file("handling")
    client = client_as("villager")
    assert (
        client.post(f"/c/{case.number}/supplement", {"text": "弯道那盏也不亮"}).status_code == 302
    )
    page = client.get(f"/c/{case.number}").content.decode()
    assert "你补充情况" in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    assert client.post(f"/c/{case.number}/withdraw", {"version": version[1]}).status_code == 302
    assert Case.objects.get().state == "withdrawn"


def test_supporting_asks_for_the_phone_first(client_as: Any, file: Any) -> None:
    case = file("handling")
    answer = client_as("anyone").post(f"/c/{case.number}/support")
    assert answer["Location"] == f"/phone?next=%2Fc%2F{case.number}"
    assert client_as("other").post(f"/c/{case.number}/support").status_code == 302
    assert Case.objects.get().supports == 1
    assert "你已附议" in get(client_as, "other", f"/c/{case.number}").content.decode()


def test_mine_lists_own_cases_only(client_as: Any, file: Any) -> None:
    mine, other = file(), file(who="other", text="自来水停了三天，家里没水做饭")
    page = get(client_as, "villager", "/mine").content.decode()
    assert mine.number in page
    assert other.number not in page
    assert get(client_as, "anyone", "/mine")["Location"] == "/phone?next=%2Fmine"


def test_media_follows_the_case(client_as: Any, file: Any) -> None:
    case = file("handling", is_public=False, files=[picture()])
    key = case.attachments.get().key
    for who, status in (
        ("villager", 200),
        ("officer", 200),
        ("anyone", 404),
        ("neighbour", 404),
        ("it", 404),
    ):
        assert get(client_as, who, f"/c/media/{key}/thumb").status_code == status
    answer = get(client_as, "villager", f"/c/media/{key}")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("inline; filename=")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_voice_is_never_public(client_as: Any, file: Any) -> None:
    voice = uploads.store_bytes(b"#!AMR\n" + b"0" * 64, "a.amr", kinds=("voice",))
    case = file("handling", files=[voice])
    key = case.attachments.get().key
    assert get(client_as, "anyone", f"/c/media/{key}").status_code == 404
    assert get(client_as, "villager", f"/c/media/{key}").status_code == 200
    assert "<audio" not in get(client_as, "anyone", f"/c/{case.number}").content.decode()


def test_before_and_after_stand_side_by_side(client_as: Any, cast: Any, file: Any) -> None:
    case = file("handling", files=[picture()])
    commands.answer(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        text="换了控制器一个，加装路灯一盏。",
        after=[picture("yellow")],
    )
    page = get(client_as, "anyone", f"/c/{case.number}").content.decode()
    assert "mb-ba" in page
    assert "办理后的照片" in page


def test_the_desk_makes_its_buttons_from_the_table(client_as: Any, file: Any) -> None:
    page = get(client_as, "officer", f"/desk/cases/{file().number}").content.decode()
    assert re.findall(r'data-key="([a-z])"', page) == ["a", "x"] or {"a", "x"} <= set(
        re.findall(r'data-key="([a-z])"', page)
    )
    assert "138****1111" in page
    assert "13800001111" not in page


def test_an_officer_takes_a_case_from_the_desk_to_the_answer(client_as: Any, file: Any) -> None:
    case, client = file(), client_as("officer")
    for verb, more in (("accept", {}), ("start", {}), ("progress", {"text": "已约电工明早到现场"})):
        version = Case.objects.get().version
        answer = client.post(f"/desk/cases/{case.number}/{verb}", {"version": version, **more})
        assert answer.status_code == 302
    version = Case.objects.get().version
    short = client.post(f"/desk/cases/{case.number}/answer", {"version": version, "text": "好了"})
    assert short.status_code == 400
    assert "答复太短" in short.content.decode()
    sent = {"version": version, "text": "换了控制器一个，加装路灯一盏。"}
    assert client.post(f"/desk/cases/{case.number}/answer", sent).status_code == 302
    assert Case.objects.get().state == "answered"


def test_a_stale_form_is_told_so_and_changes_nothing(client_as: Any, file: Any) -> None:
    case = file("accepted")
    answer = client_as("officer").post(
        f"/desk/cases/{case.number}/start", {"version": case.version - 1}
    )
    assert answer.status_code == 409
    assert "这件刚被别人改过" in answer.content.decode()
    assert Case.objects.get().state == "accepted"


def test_the_neighbour_cannot_act_on_the_desk(client_as: Any, file: Any) -> None:
    case = file()
    answer = client_as("neighbour").post(f"/desk/cases/{case.number}/accept", {"version": 1})
    assert answer.status_code == 404
    assert Case.objects.get().state == "submitted"


def test_the_contact_is_shown_once_after_a_reason(client_as: Any, file: Any) -> None:
    case, client = file("accepted"), client_as("officer")
    assert client.post(f"/desk/cases/{case.number}/contact", {"reason": ""}).status_code == 400
    page = client.post(f"/desk/cases/{case.number}/contact", {"reason": "约时间上门看灯"})
    assert "13800001111" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert Entry.objects.filter(verb="case.read_contact").count() == 1
    assert "13800001111" not in client.get(f"/desk/cases/{case.number}").content.decode()


def test_batch_accept_takes_the_ticked_ones(client_as: Any, file: Any) -> None:
    first, second, other = file(), file(), file("accepted")
    ticked = [f"{c.number}:{c.version}" for c in (first, second)] + [f"{other.number}:1"]
    sent = {"verb": "accept", "case": ticked}
    assert client_as("officer").post("/desk/cases/run", sent).status_code == 302
    assert set(Case.objects.values_list("state", flat=True)) == {"accepted"}
    assert CaseEvent.objects.filter(verb="accept").count() == 3


def test_the_counter_files_for_somebody_and_prints_a_receipt(client_as: Any) -> None:
    client = client_as("officer")
    page = client.get("/desk/cases/new").content.decode()
    assert "桃场村" not in page
    sent = {
        "region": VILLAGE,
        "text": "自来水停了三天，家里没水做饭",
        "field": "",
        "kind": "request",
        "place": "",
        "public": "on",
        "phone": "",
        "once": str(uuid4()),
    }
    first = client.post("/desk/cases/new", sent)
    second = client.post("/desk/cases/new", sent)
    assert first["Location"] == second["Location"] == "/desk/cases/350525-2611-00001/receipt"
    case = Case.objects.get()
    assert (case.source, case.field, case.reporter) == ("desk", "water", None)
    assert case.number in client.get(first["Location"]).content.decode()


def test_the_desk_lists_by_deadline_and_finds_words(client_as: Any, file: Any, at: Any) -> None:
    lamp, water = file(), file("accepted", text="自来水停了三天，家里没水做饭", field="water")
    client = client_as("officer")
    page = client.get("/desk/cases").content.decode()
    assert page.index("11月20日") < page.index(lamp.number)
    found = client.get("/desk/cases?q=路灯").content.decode()
    assert lamp.number in found
    assert water.number not in found
    mine = client.get("/desk/cases?who=mine").content.decode()
    assert water.number in mine
    assert lamp.number not in mine
    at("2026-11-23 09:00")
    assert "已超时" in client.get("/desk/cases?late=1").content.decode()


def test_posts_that_only_watch_see_public_cases(client_as: Any, file: Any) -> None:
    shown, hidden = file("accepted"), file("accepted", is_public=False)
    page = get(client_as, "supervisor", "/desk/cases").content.decode()
    assert f"/c/{shown.number}" in page
    assert hidden.number not in page
    assert get(client_as, "it", "/desk/cases").status_code == 404
    assert get(client_as, "villager", "/desk/cases").status_code == 404


def test_a_village_list_pages_by_key(cast: Any, file: Any) -> None:
    numbers = [file("accepted").number for _ in range(23)]
    first = queries.village_cases(VILLAGE, "open")
    second = queries.village_cases(VILLAGE, "open", first.next)
    assert [c.number for c in first.rows] + [c.number for c in second.rows] == numbers[::-1]
    assert (len(first.rows), second.next) == (20, "")
    assert queries.village_counts(VILLAGE) == (23, 0)
    assert queries.counts_below(["350525101", "350526"]) == {"350525101": (23, 0), "350526": (0, 0)}


def test_search_finds_only_what_the_viewer_may_see(cast: Any, file: Any) -> None:
    shown, hidden = file("accepted"), file("accepted", is_public=False)
    assert [c.number for c in queries.search(cast.actor("other"), "路灯")] == [shown.number]
    assert len(queries.search(cast.actor("officer"), "路灯")) == 2
    assert [c.number for c in queries.search(cast.actor("officer"), hidden.number)] == [
        hidden.number
    ]
    assert queries.search(cast.actor("neighbour"), hidden.number) == []
    assert queries.search(cast.actor("officer"), "  ") == []


def test_the_pages_cost_a_fixed_number_of_queries(client_as: Any, file: Any) -> None:
    case = file("answered", files=[picture()])
    for _ in range(5):
        file("accepted")
    forget_memo()
    with CaptureQueriesContext(connection) as caught:
        queries.village_cases(VILLAGE, "open")
    assert len(caught) == 2
    found = {
        path: counted(client_as(who), path)
        for who, path in (
            ("anyone", f"/c/{case.number}"),
            ("officer", f"/desk/cases/{case.number}"),
            ("officer", "/desk/cases"),
            ("villager", "/mine"),
        )
    }
    assert list(found.values()) == [10, 26, 19, 9]


def test_a_missing_number_is_missing_for_staff_too(cast: Any) -> None:
    with scopes.enter(scope="350525"), pytest.raises(Missing):
        queries.case_for_staff(cast.actor("officer"), COUNTY, "350525-2611-09999")
