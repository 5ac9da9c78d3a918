"""The pages for logging in and the page of one's own account."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from mingbai.accounts.models import LoginFailure, OpenSession, Person, PhoneCode
from mingbai.audit.models import Entry
from mingbai.kernel import clock

PASSWORD = "tea-hills-2026"
PHONE = "13800007777"
ANDROID = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0"


def log_in(agent: str = "", **more: str) -> Client:
    client = Client(headers={"user-agent": agent} if agent else None)
    answer = client.post("/login", {"login": "officer", "password": PASSWORD, **more})
    assert answer.status_code == 302, answer.content.decode()
    # Django dates sessions by the wall clock, the tests pin ours.
    Session.objects.update(expire_date=clock.now() + timedelta(days=30))
    return client


def ask_code(client: Client, **more: str) -> Any:
    return client.post("/phone", {"phone": PHONE, **more})


def test_staff_reach_their_desk_or_where_they_wanted_to_go(officer: Person) -> None:
    answer = Client().post("/login", {"login": "officer", "password": PASSWORD})
    assert answer["Location"] == "/desk"
    answer = Client().post("/login", {"login": "officer", "password": PASSWORD, "next": "/inbox"})
    assert answer["Location"] == "/inbox"


@pytest.mark.parametrize(
    "address", ["//evil.example/x", "https://evil.example/", "/\\evil.example"]
)
def test_nobody_is_led_to_another_site_after_login(
    officer: Person, sent: list[tuple[str, str]], address: str
) -> None:
    answer = Client().post("/login", {"login": "officer", "password": PASSWORD, "next": address})
    assert answer["Location"] == "/desk"
    client = Client()
    assert ask_code(client, next=address)["Location"] == "/phone/code"
    code = re.findall(r"\d{6}", sent[-1][1])[0]
    assert client.post("/phone/code", {"code": code, "next": address})["Location"] == "/mine"


def test_wrong_logins_are_counted_although_the_page_refuses(officer: Person) -> None:
    client = Client()
    answers = [
        client.post("/login", {"login": "officer", "password": "no"}).content.decode()
        for _ in range(6)
    ]
    assert all("登录名或密码不对" in page for page in answers[:5])
    assert "以后再试" in answers[5]
    assert LoginFailure.objects.get().count == 5
    assert client.post("/login", {"login": "officer", "password": PASSWORD}).status_code == 400
    assert "_auth_user_id" not in client.session


def test_an_unknown_name_is_answered_like_a_wrong_password(officer: Person) -> None:
    def page(name: str) -> str:
        text = Client().post("/login", {"login": name, "password": "no"}).content.decode()
        return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", text).replace(name, "NAME")

    assert page("officer") == page("nobody1")


def test_wrong_codes_are_counted_although_the_page_refuses(
    county: None, sent: list[tuple[str, str]]
) -> None:
    client = Client()
    ask_code(client)
    code = re.findall(r"\d{6}", sent[-1][1])[0]
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert client.post("/phone/code", {"code": wrong}).status_code == 400
    assert PhoneCode.objects.get().tries == 5
    assert client.post("/phone/code", {"code": code}).status_code == 400
    assert Person.objects.count() == 0
    assert Entry.objects.filter(verb="log_in_failed", thing="phone").count() == 5


def test_a_villager_comes_in_by_code_and_goes_on_to_where_they_wanted(
    county: None, sent: list[tuple[str, str]]
) -> None:
    client = Client()
    answer = ask_code(client, next="/inbox?after=a&b=1")
    assert answer["Location"] == "/phone/code?next=%2Finbox%3Fafter%3Da%26b%3D1"
    assert 'value="/inbox?after=a&amp;b=1"' in client.get(answer["Location"]).content.decode()
    code = re.findall(r"\d{6}", sent[-1][1])[0]
    answer = client.post(answer["Location"], {"code": code})
    assert answer["Location"] == "/inbox?after=a&b=1"
    assert client.get("/inbox").status_code == 200


def test_the_phone_does_not_lie_in_clear_in_the_session(
    county: None, sent: list[tuple[str, str]]
) -> None:
    client = Client()
    ask_code(client)
    assert PHONE not in str(dict(client.session))
    assert "138****7777" in client.get("/phone/code").content.decode()


def test_the_code_page_without_a_phone_asks_for_it_first(county: None) -> None:
    answer = Client().get("/phone/code?next=/inbox")
    assert answer["Location"] == "/phone?next=%2Finbox"


@pytest.mark.parametrize("demo", [True, False], ids=["demo", "real"])
def test_the_code_stands_on_the_page_in_the_demo_only(
    county: None, sent: list[tuple[str, str]], *, demo: bool
) -> None:
    client = Client()
    with override_settings(DEMO=demo):
        ask_code(client)
        code = re.findall(r"\d{6}", sent[-1][1])[0]
        page = client.get("/phone/code").content.decode()
    assert (code in page, "演示环境" in page, "demo_code" in client.session) == (demo, demo, demo)


def test_the_demo_code_of_one_site_is_not_shown_when_it_is_no_demo_any_more(
    county: None, sent: list[tuple[str, str]]
) -> None:
    client = Client()
    with override_settings(DEMO=True):
        ask_code(client)
    code = re.findall(r"\d{6}", sent[-1][1])[0]
    assert code not in client.get("/phone/code").content.decode()


def test_an_expired_demo_code_leaves_the_page_whole(
    county: None, sent: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    with override_settings(DEMO=True):
        ask_code(client)
        monkeypatch.setattr("mingbai.accounts.commands.CODE_LIVES", timedelta(seconds=-1))
        answer = client.get("/phone/code")
    assert answer.status_code == 200
    assert "演示环境" not in answer.content.decode()


def test_logging_out_ends_the_session_and_is_on_record(officer: Person) -> None:
    client = log_in()
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 302
    assert client.get("/me").status_code == 302
    assert Entry.objects.filter(verb="log_out", person_id=officer.pk).count() == 1


def test_the_account_page_lists_ones_own_devices_only(cast: Any, officer: Person) -> None:
    here = log_in()
    log_in(ANDROID)
    OpenSession.objects.create(
        person=cast.people["town"], key="k" * 32, device="平板电脑", begun_at=clock.now()
    )
    Session.objects.create(
        session_key="k" * 32, session_data="", expire_date=clock.now() + timedelta(days=1)
    )
    page = here.get("/me").content.decode()
    assert "其他设备（这台）" in page
    assert "安卓手机，微信" in page
    assert "平板电脑" not in page
    assert "石鼓村村委会" in page


def test_other_devices_are_logged_out_and_this_one_stays(officer: Person) -> None:
    here, there = log_in(), log_in(ANDROID)
    assert there.get("/me").status_code == 200
    assert here.post("/me/others").status_code == 302
    assert (here.get("/me").status_code, there.get("/me").status_code) == (200, 302)
    assert OpenSession.objects.count() == 1
    assert Entry.objects.get(verb="end_sessions").detail == {"ended": 1}
    assert "退出其他设备" not in here.get("/me").content.decode()


def test_logging_out_other_devices_touches_nobody_else(cast: Any, officer: Person) -> None:
    here = log_in()
    cast.people["town"].password = officer.password
    cast.people["town"].save()
    other = Client()
    other.post("/login", {"login": "town", "password": PASSWORD})
    here.post("/me/others")
    assert other.get("/me").status_code == 200


def test_strangers_and_villagers_have_no_list_of_devices(
    cast: Any, client_as: Callable[[str], Any]
) -> None:
    for name in ("anyone", "villager"):
        assert client_as(name).get("/me").status_code == 302
        assert client_as(name).post("/me/others").status_code == 302
    assert OpenSession.objects.count() == 0
    assert Entry.objects.filter(verb="end_sessions").count() == 0


def test_a_new_password_ends_the_other_sessions(officer: Person) -> None:
    here, there = log_in(), log_in(ANDROID)
    answer = here.post("/me", {"old": PASSWORD, "new": "orange-groves-27"})
    assert answer.status_code == 302
    assert (here.get("/me").status_code, there.get("/me").status_code) == (200, 302)
    assert [one.key for one in OpenSession.objects.all()] == [here.session.session_key]


def test_a_wrong_old_password_changes_nothing(officer: Person) -> None:
    here = log_in()
    answer = here.post("/me", {"old": "not-the-old-one", "new": "orange-groves-27"})
    assert answer.status_code == 400
    before = officer.password
    officer.refresh_from_db()
    assert officer.password == before


def test_a_session_begins_with_a_new_key(officer: Person) -> None:
    client = Client()
    client.get("/login")
    client.post("/phone", {"phone": PHONE})  # gives the visitor a session of their own
    before = client.session.session_key
    client.post("/login", {"login": "officer", "password": PASSWORD})
    assert client.session.session_key != before


def test_a_person_who_left_is_nobody_from_the_next_request_on(officer: Person) -> None:
    client = log_in()
    officer.is_active = False
    officer.save()
    assert client.get("/me").status_code == 302
