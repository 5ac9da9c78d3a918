"""The pages on which IT administrators keep bodies, people, posts and the duty list."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from mingbai.accounts import commands, queries
from mingbai.accounts.models import Body, DutyDraft, DutyList, Person, Post
from mingbai.accounts.tests.test_duty_sheet import WATER, book, changed, full
from mingbai.audit.models import Entry
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Refused

COUNTY, TOWN, VILLAGE = "350525000000", "350525101000", "350525101201"
NEW_BODY = {
    "name": "永春县交通运输局",
    "kind": "department",
    "region": COUNTY,
    "phone": "0595-23881001",
    "parent": "",
}


def text(answer: Any, status: int = 200) -> str:
    page = answer.content.decode()
    assert answer.status_code == status, page[:2000]
    return str(page)


@pytest.fixture
def it(client_as: Callable[[str], Any]) -> Any:
    return client_as("it")


PAGES = (
    "/desk/bodies",
    "/desk/bodies/new",
    "/desk/bodies/{body}",
    "/desk/bodies/{body}/edit",
    "/desk/bodies/{body}/end",
    "/desk/bodies/{body}/appoint",
    "/desk/posts/{post}/end",
    "/desk/people",
    "/desk/people/new",
    "/desk/people/{person}",
    "/desk/duties",
    "/desk/duties/1",
    "/desk/duties/download",
    "/desk/duties/1/download",
)


@pytest.mark.parametrize("address", PAGES)
def test_the_registry_opens_for_administrators_and_exists_for_nobody_else(
    cast: Any, client_as: Callable[[str], Any], address: str
) -> None:
    known = {
        "body": cast.bodies["village"].pk,
        "post": cast.posts["officer"].pk,
        "person": cast.people["officer"].pk,
    }
    address = address.format(**known)
    assert client_as("it").get(address).status_code == 200
    for who in ("anyone", "villager", "officer", "town", "intake", "clerk", "discipline"):
        assert client_as(who).get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/desk/bodies/{body}",
        "/desk/bodies/{body}/appoint",
        "/desk/posts/{post}/end",
        "/desk/people/{person}",
    ],
)
def test_another_countys_registry_does_not_exist(cast: Any, it: Any, address: str) -> None:
    known = {
        "body": cast.bodies["far"].pk,
        "post": cast.posts["far"].pk,
        "person": cast.people["far"].pk,
    }
    assert it.get(address.format(**known)).status_code == 404


def test_bodies_are_found_by_name_place_and_kind(it: Any) -> None:
    everything = text(it.get("/desk/bodies"))
    assert "石鼓村村委会" in everything
    assert "蔡径村村委会" not in everything
    found = text(it.get("/desk/bodies", {"text": "石鼓", "kind": "village"}))
    assert "石鼓村村委会" in found
    assert "桃场村村委会" not in found
    assert "没有找到单位" in text(it.get("/desk/bodies", {"text": "没有这个"}))


def test_a_body_is_registered_only_after_asking_once_more(cast: Any, it: Any) -> None:
    asked = text(it.post("/desk/bodies/new", NEW_BODY))
    assert "确认登记" in asked
    assert "永春县受理中心" in asked  # the parent, found by the place
    assert not Body.objects.filter(name=NEW_BODY["name"]).exists()
    assert it.post("/desk/bodies/new", NEW_BODY | {"sure": "1"}).status_code == 302
    made = Body.objects.get(name=NEW_BODY["name"])
    assert (made.kind, made.parent) == ("department", cast.bodies["county"])
    entry = Entry.objects.get(verb="create", thing="body", thing_id=str(made.pk))
    assert entry.person_id == cast.people["it"].pk


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"name": ""}, "请填单位名称"),
        ({"name": "永春县水利局"}, "这里已经有"),
        ({"kind": "ministry"}, "请在单子里选"),
        ({"region": TOWN}, "不设在这一级"),
        ({"region": "350526000000", "kind": "department"}, "不在您的范围内"),
        ({"phone": "<b>"}, "电话只写数字"),
        ({"parent": "abc"}, "请在单子里选"),
    ],
)
def test_a_body_that_does_not_fit_is_not_registered(
    cast: Any, it: Any, cells: dict[str, str], sentence: str
) -> None:
    before = Body.objects.count()
    answer = it.post("/desk/bodies/new", NEW_BODY | cells | {"sure": "1"})
    assert re.search(sentence, text(answer, 400))
    assert Body.objects.count() == before


def test_a_bodys_line_is_changed_and_it_never_stands_above_itself(cast: Any, it: Any) -> None:
    town = cast.bodies["town"]
    typed = {"name": "五里街镇政府", "phone": "", "parent": str(cast.bodies["county"].pk)}
    assert it.post(f"/desk/bodies/{town.pk}/edit", typed).status_code == 302
    town.refresh_from_db()
    assert town.name == "五里街镇政府"
    circle = typed | {"parent": str(cast.bodies["village"].pk)}
    assert "自己或它的下级" in text(it.post(f"/desk/bodies/{town.pk}/edit", circle), 400)
    town.refresh_from_db()
    assert town.parent == cast.bodies["county"]


def end_body(it: Any, body: Body, day: date, sure: str = "1") -> Any:
    return it.post(f"/desk/bodies/{body.pk}/end", {"last_day": day.isoformat(), "sure": sure})


def test_a_body_ends_only_when_nobody_and_nothing_is_left_in_it(cast: Any, it: Any) -> None:
    water, day = cast.bodies["water"], clock.today()
    assert "1 个岗位" in text(end_body(it, water, day), 400)
    commands.end_post(actor=None, post_id=cast.posts["department"].pk, last_day=day)
    assert "2 项职责" in text(end_body(it, water, day), 400)
    assert "下级单位" in text(end_body(it, lone(cast, cast.bodies["town"]), day), 400)
    water.refresh_from_db()
    assert water.until is None
    commands.set_duties(county="350525", lines=[], source="空")
    assert "确认撤销" in text(end_body(it, water, day, sure=""))
    assert end_body(it, water, day).status_code == 302
    water.refresh_from_db()
    assert water.until == day
    assert Entry.objects.filter(verb="dissolve", thing_id=str(water.pk)).count() == 1


def lone(cast: Any, body: Body) -> Body:
    """Take everybody out of a body."""
    Post.objects.filter(body=body).delete()
    return body


def test_a_person_is_registered_and_the_password_stands_on_the_answer_alone(
    cast: Any, it: Any
) -> None:
    typed = {"login": "linxiaomei", "name": "林小妹"}
    assert "确认登记" in text(it.post("/desk/people/new", typed))
    assert not Person.objects.filter(login="linxiaomei").exists()
    answer = it.post("/desk/people/new", typed | {"sure": "1"})
    [password] = re.findall(r"<code>([\w-]{16})</code>", text(answer))
    assert answer["Cache-Control"] == "no-store"
    assert commands.log_in(login="linxiaomei", password=password).name == "林小妹"
    entry = Entry.objects.get(verb="create", thing="person")
    assert (entry.person_id, password in str(entry.detail)) == (cast.people["it"].pk, False)
    assert "林小妹" in text(it.get("/desk/people", {"text": "xiaomei"}))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"login": "officer", "name": "林小妹"}, "已有人用"),
        ({"login": "林小妹", "name": "林小妹"}, "小写字母"),
        ({"login": "xiaomei", "name": ""}, "请填姓名"),
    ],
)
def test_a_person_that_cannot_be_is_not_registered(
    it: Any, typed: dict[str, str], sentence: str
) -> None:
    before = Person.objects.count()
    assert sentence in text(it.post("/desk/people/new", typed | {"sure": "1"}), 400)
    assert Person.objects.count() == before


def post_of(**more: str) -> dict[str, str]:
    typed = {
        "login": "neighbour",
        "role": "village_officer",
        "region": VILLAGE,
        "title": "驻村干部",
        "since": "2026-11-18",
        "until": "",
        "sure": "1",
    }
    return typed | more


def test_a_post_is_given_only_after_asking_once_more(cast: Any, it: Any) -> None:
    address = f"/desk/bodies/{cast.bodies['village'].pk}/appoint"
    assert "确认任职" in text(it.post(address, post_of(sure="")))
    again = text(it.post(address, post_of(sure="", again="1")))
    assert 'value="驻村干部"' in again
    before = Post.objects.count()
    assert it.post(address, post_of()).status_code == 302
    assert Post.objects.count() == before + 1
    assert "驻村干部" in text(it.get(f"/desk/people/{cast.people['neighbour'].pk}"))
    assert "已经有这个岗位" in text(it.post(address, post_of()), 400)


def test_a_role_on_the_wrong_level_is_told_before_asking_once_more(cast: Any, it: Any) -> None:
    address = f"/desk/bodies/{cast.bodies['village'].pk}/appoint"
    page = text(it.post(address, post_of(sure="", role="department")), 400)
    assert "不能设在村级" in page
    assert "确认任职" not in page


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"login": "nobody"}, "没有这个登录名"),
        ({"login": "far"}, "没有这个登录名"),
        ({"login": "it"}, "不能给自己登记岗位"),
        ({"role": "department"}, "是县级的岗位，不能设在村级"),
        ({"region": "350526101201"}, "不在您的范围内"),
        ({"title": ""}, "请填职务"),
        ({"since": "去年"}, "日期看不懂"),
        ({"until": "2026-11-01"}, "不能早于"),
        ({"role": "villager"}, "请在单子里选"),
    ],
)
def test_a_post_that_does_not_fit_is_not_given(
    cast: Any, it: Any, cells: dict[str, str], sentence: str
) -> None:
    before = Post.objects.count()
    address = f"/desk/bodies/{cast.bodies['village'].pk}/appoint"
    assert re.search(sentence, text(it.post(address, post_of(**cells)), 400))
    assert Post.objects.count() == before


def test_a_post_ends_only_after_asking_once_more(cast: Any, it: Any) -> None:
    post = cast.posts["officer"]
    address, typed = f"/desk/posts/{post.pk}/end", {"last_day": "2026-11-20"}
    assert "确认离任" in text(it.post(address, typed))
    post.refresh_from_db()
    assert post.until is None
    assert it.post(address, typed | {"sure": "1"}).status_code == 302
    post.refresh_from_db()
    assert post.until == date(2026, 11, 20)
    own = f"/desk/posts/{cast.posts['it'].pk}/end"
    assert "不能给自己" in text(it.post(own, typed | {"sure": "1"}), 400)


def test_a_closed_account_is_nobody_from_the_next_request_on(
    cast: Any, it: Any, client_as: Callable[[str], Any]
) -> None:
    officer = client_as("officer")
    address = f"/desk/people/{cast.people['officer'].pk}/suspend"
    assert officer.get("/me").status_code == 200
    assert "确认停用" in text(it.post(address))
    assert officer.get("/me").status_code == 200
    assert it.post(address, {"sure": "1"}).status_code == 302
    assert officer.get("/me").status_code == 302
    assert "确认恢复" in text(it.post(address))
    assert it.post(address, {"sure": "1"}).status_code == 302
    assert client_as("officer").get("/me").status_code == 200
    verbs = Entry.objects.filter(thing="person", verb__in=["suspend", "resume"])
    assert [e.verb for e in verbs.order_by("id")] == ["suspend", "resume"]


def test_nobody_closes_the_own_account_or_that_of_who_works_elsewhere_too(cast: Any) -> None:
    with pytest.raises(Refused, match="自己"):
        commands.suspend_person(actor=cast.actor("it"), person_id=cast.people["it"].pk)
    commands.appoint(
        actor=None,
        person_id=cast.people["officer"].pk,
        role="village_officer",
        region="350526101201",
        body_id=cast.bodies["far"].pk,
        title="挂职干部",
        since=clock.today(),
    )
    with pytest.raises(Refused, match="别的地方"):
        commands.suspend_person(actor=cast.actor("it"), person_id=cast.people["officer"].pk)
    assert Person.objects.filter(is_active=False).count() == 0


@pytest.mark.parametrize(
    ("role", "region", "fits"),
    [
        ("village_officer", VILLAGE, True),
        ("village_officer", TOWN, False),
        ("village_officer", COUNTY, False),
        ("town_staff", TOWN, True),
        ("town_staff", VILLAGE, False),
        ("department", COUNTY, True),
        ("department", VILLAGE, False),
        ("county_handler", TOWN, False),
        ("city_discipline", "350500000000", True),
        ("city_discipline", COUNTY, False),
    ],
)
def test_a_role_is_held_only_on_its_own_level(
    cast: Any, role: str, region: str, *, fits: bool
) -> None:
    def give() -> int:
        return commands.appoint(
            actor=None,
            person_id=cast.people["neighbour"].pk,
            role=role,
            region=region,
            body_id=cast.bodies["county"].pk,
            title="干部",
            since=clock.today(),
        )

    before = Post.objects.count()
    if fits:
        assert give()
        return
    with pytest.raises(Refused, match="不能设在"):
        give()
    assert Post.objects.count() == before


def test_a_post_does_not_outlive_its_body(cast: Any) -> None:
    last = clock.today() + timedelta(days=30)
    Body.objects.filter(pk=cast.bodies["village"].pk).update(until=last)
    with pytest.raises(BadInput, match="任职不能更晚"):
        commands.appoint(
            actor=None,
            person_id=cast.people["neighbour"].pk,
            role="village_officer",
            region=VILLAGE,
            body_id=cast.bodies["village"].pk,
            title="村干部",
            since=clock.today(),
        )


# ---- the duty list ----


def upload(it: Any, content: bytes, name: str = "清单.xlsx") -> Any:
    return it.post("/desk/duties/upload", {"file": SimpleUploadedFile(name, content)})


def test_a_list_is_uploaded_checked_applied_and_taken_back(cast: Any, it: Any) -> None:
    answer = upload(it, book(*full()))
    assert answer.status_code == 302
    page = text(it.get(answer["Location"]))
    assert "没有重复" in page
    assert queries.duty_version("350525") == 1
    assert "还没启用" in text(it.get("/desk/duties"))
    assert it.post(f"{answer['Location']}/apply", {"seen": "1"}).status_code == 302
    assert queries.duty_version("350525") == 2
    assert "现行第 2 版，15 条" in text(it.get("/desk/duties"))
    assert "恢复这一版" in text(it.get("/desk/duties/1"))
    assert "确认恢复" in text(it.post("/desk/duties/1/restore"))
    assert it.post("/desk/duties/1/restore", {"sure": "1"}).status_code == 302
    assert queries.duty_version("350525") == 3
    assert len(queries.duty_lines("350525")) == 2


def test_bad_cells_stand_on_the_page_and_the_list_stays(cast: Any, it: Any) -> None:
    answer = upload(it, book(WATER, changed(WATER, 单位="<b>局</b>")))
    page = text(it.get(answer["Location"]))
    assert "第 3 行" in page
    assert "&lt;b&gt;局&lt;/b&gt;" in page
    assert "启用这张清单" not in page
    refused = it.post(f"{answer['Location']}/apply", {"seen": "1", "gaps": "1"})
    assert "没有启用" in text(refused, 400)
    assert DutyList.objects.count() == 1
    assert it.post(f"{answer['Location']}/discard").status_code == 302
    assert DutyDraft.objects.count() == 0


def test_gaps_have_to_be_accepted_by_name(cast: Any, it: Any) -> None:
    where = upload(it, book(WATER))["Location"]
    assert "道路交通" in text(it.get(where))
    assert "请勾选" in text(it.post(f"{where}/apply", {"seen": "1"}), 400)
    assert DutyList.objects.count() == 1
    assert it.post(f"{where}/apply", {"seen": "1", "gaps": "1"}).status_code == 302
    assert "县里没有主办单位的" in text(it.get("/desk/duties"))


@pytest.mark.parametrize("content", [b"", b"hello", book(("a",), head=("b",))])
def test_a_file_that_is_no_list_leaves_nothing_behind(it: Any, content: bytes) -> None:
    answer = upload(it, content)
    assert 'role="alert"' in text(answer, 400)
    assert DutyDraft.objects.count() == 0
    assert 'role="alert"' in text(it.post("/desk/duties/upload", {}), 400)


def test_the_list_is_searched_by_body_and_field(it: Any) -> None:
    assert "永春县水利局" in text(it.get("/desk/duties", {"text": "水利", "field": "water"}))
    assert "没有找到职责" in text(it.get("/desk/duties", {"field": "road"}))
    assert text(it.get("/desk/duties", {"field": "nonsense"}))


def test_the_download_is_a_workbook_with_instructions(it: Any) -> None:
    answer = it.get("/desk/duties/download")
    assert answer["Content-Disposition"].startswith("attachment;")
    content = load_workbook(io.BytesIO(answer.content))
    assert content.sheetnames == ["职责清单", "填写说明"]
    assert content["职责清单"].max_row == 3


@pytest.mark.parametrize("who", ["anyone", "villager", "officer", "town", "clerk", "far"])
def test_nobody_else_uploads_applies_or_goes_back(
    cast: Any, it: Any, client_as: Callable[[str], Any], who: str
) -> None:
    where = upload(it, book(*full()))["Location"]
    client = client_as(who)
    for address in (f"{where}/apply", f"{where}/discard", "/desk/duties/1/restore"):
        answer = client.post(address, {"seen": "1", "gaps": "1", "sure": "1"})
        assert answer.status_code in {403, 404}
    assert upload(client, book(WATER)).status_code in {403, 404}
    assert (DutyList.objects.count(), DutyDraft.objects.count()) == (1, 1)
