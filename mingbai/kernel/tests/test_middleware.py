"""One request, one transaction: refusals as pages, headers, a database that goes and comes back."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from mingbai.audit import commands as audit
from mingbai.audit.models import Entry
from mingbai.config import environment
from mingbai.kernel import errors
from mingbai.kernel.database import Server
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.middleware import POLICY, Mode, Transaction

RAISED: dict[str, Exception] = {
    "refused": Refused("这件不在你手里。"),
    "missing": Missing("case 17"),
    "bad": BadInput("标题太长，最多 60 字。", "title"),
    "data": DataError("value too long"),
    "integrity": IntegrityError("duplicate key"),
    "gone": OperationalError("server closed the connection"),
    "broken": ZeroDivisionError("1/0"),
    "huge": RequestDataTooBig("files beyond the limit"),
}


def acts(request: HttpRequest, how: str) -> HttpResponse:
    """Write something, then end in one of many ways."""
    audit.record(actor=None, verb="test.acted", thing="test", thing_id=how)
    request.session["acted"] = how
    if how in RAISED:
        raise RAISED[how]
    return HttpResponse("做好了", status=int(how) if how.isdigit() else 200)


def names_a_row(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO kernel_holidayyear (year, source) VALUES (1, ''), (1, '')")
    return HttpResponse()


def cuts_its_line(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    return HttpResponse()


class CutsTheLine:
    """A middleware whose connection breaks, as an authentication query's may."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return self.get_response(request)


def forms(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{len(request.FILES)}")


urls = ModuleType("urls_of_this_test")
urls.urlpatterns = [  # type: ignore[attr-defined]
    path("acts/<str:how>", acts),
    path("names", names_a_row),
    path("cuts", cuts_its_line),
    path("forms", forms),
]
for handler, view in (("400", "bad_input"), ("404", "missing"), ("500", "broken")):
    setattr(urls, f"handler{handler}", f"mingbai.kernel.errors.{view}")
own_pages = override_settings(ROOT_URLCONF=urls)


def browser(**more: Any) -> Client:
    return Client(raise_request_exception=False, **more)


def text(response: Any) -> str:
    return response.content.decode()


def sentence(response: Any) -> str:
    found = re.search(r'class="mb-quote">(.*?)</p>', text(response))
    assert found
    return found[1]


def acted() -> int:
    return Entry.objects.filter(verb="test.acted").count()


# ---- headers ----

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=(self)",
}


def static_file() -> str:
    from django.contrib.staticfiles.storage import staticfiles_storage

    return staticfiles_storage.url("kernel/css/tokens.css")


@pytest.mark.parametrize(
    "address", ["/about/privacy", "/nowhere", "/?mode=elder", "/about/privacy?q=%00", "static"]
)
def test_every_answer_carries_the_strict_headers(base: None, address: str) -> None:
    response = browser().get(static_file() if address == "static" else address)
    assert {name: response.get(name) for name in HEADERS} == HEADERS
    assert "Strict-Transport-Security" not in response


@own_pages
@pytest.mark.parametrize("how", ["refused", "bad", "broken", "gone", "200", "huge"])
def test_errors_carry_the_strict_headers_too(base: None, how: str) -> None:
    response = browser().get(f"/acts/{how}")
    assert {name: response.get(name) for name in HEADERS} == HEADERS


def test_the_policy_allows_neither_inline_parts_nor_other_hosts() -> None:
    assert POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY


def test_over_https_browsers_are_told_to_stay_there(base: None) -> None:
    with override_settings(HTTPS=True):
        response = browser().get("/about/privacy")
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


# ---- refusals and errors ----


@own_pages
@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("refused", 403, "这件不在你手里。"),
        ("missing", 404, "网址可能写错了，或者这件事你看不到。"),
        ("bad", 400, "标题太长，最多 60 字。"),
        ("data", 400, "提交的内容不对，请返回检查。"),
        ("huge", 413, "一次交的文件太大。请少放几张照片，或者录短一点，再交一次。"),
        ("integrity", 500, "这次没有办成，也没有改动任何内容。请稍后再试。"),
        ("broken", 500, "这次没有办成，也没有改动任何内容。请稍后再试。"),
        ("gone", 503, "系统正在恢复，通常一两分钟就好。写过的字存在你的手机上，稍后刷新再交。"),
    ],
)
def test_what_a_view_raises_becomes_a_page_and_undoes_what_it_wrote(
    client_as: Any, how: str, status: int, words: str
) -> None:
    client = client_as("officer")
    client.raise_request_exception = False
    response = client.get(f"/acts/{how}")
    assert (response.status_code, sentence(response)) == (status, words)
    assert response["Cache-Control"] == "no-store"
    assert acted() == 0
    assert "acted" not in client.session


@own_pages
@pytest.mark.parametrize(
    ("how", "kept"), [("200", 1), ("302", 1), ("404", 1), ("500", 0), ("503", 0)]
)
def test_an_answer_below_500_is_kept_and_any_other_undone(base: None, how: str, kept: int) -> None:
    assert browser().get(f"/acts/{how}").status_code == int(how)
    assert acted() == kept


@own_pages
def test_after_a_refusal_the_same_visitor_goes_on(base: None) -> None:
    client = browser()
    assert client.get("/acts/refused").status_code == 403
    assert client.get("/acts/200").status_code == 200
    assert client.session["acted"] == "200"
    assert acted() == 1


@own_pages
def test_a_broken_rule_of_the_database_is_our_fault_not_its_absence(base: None) -> None:
    assert browser().get("/names").status_code == 500


@own_pages
def test_a_hidden_thing_answers_exactly_like_a_missing_one(base: None) -> None:
    hidden, missing = browser().get("/acts/missing"), browser().get("/nowhere")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
    assert dict(hidden.headers) == dict(missing.headers)


@own_pages
def test_error_pages_show_nothing_of_the_inside(base: None) -> None:
    for how in ("broken", "integrity", "missing", "data"):
        shown = text(browser().get(f"/acts/{how}"))
        for word in ("Traceback", "1/0", "duplicate", "case 17", "value too long", "django"):
            assert word not in shown


@own_pages
def test_an_error_page_is_large_for_elders(base: None) -> None:
    client = browser()
    client.cookies["mode"] = "elder"
    assert 'data-mode="elder"' in text(client.get("/nowhere"))


@pytest.mark.parametrize(
    "address", ["/?q=%00", "/v/%00", "/r/350525000000?q=a%00b", "/v/350525101201/open?after=%00"]
)
def test_a_null_character_in_an_address_is_bad_input(county: None, address: str) -> None:
    assert Client().get(address).status_code == 400


def test_an_expired_form_says_so_without_losing_words(base: None) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/login", {"login": "x"})
    assert response.status_code == 403
    assert sentence(response) == "页面放得太久。请返回上一页刷新后再提交，写过的字还在。"


@own_pages
def test_a_request_that_is_too_long_gets_a_page(base: None) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = browser(enforce_csrf_checks=True)
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    response = client.post(
        "/forms", {"f": SimpleUploadedFile("a.jpg", b"x")}, CONTENT_LENGTH=str(10**10)
    )
    assert response.status_code == 413


def test_error_pages_need_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", None)
    request = RequestFactory().get("/")
    for page in (
        errors.missing,
        errors.bad_input,
        errors.form_expired,
        errors.broken,
        errors.unavailable,
    ):
        assert page(request).status_code >= 400


def test_the_503_page_says_when_to_come_back() -> None:
    assert errors.unavailable(RequestFactory().get("/"))["Retry-After"] == "30"


# ---- caches ----


def test_private_pages_are_never_stored(client_as: Any) -> None:
    assert client_as("officer").get("/desk/today")["Cache-Control"] == "no-store"
    assert client_as("villager").get("/about/privacy")["Cache-Control"] == "no-store"
    assert client_as("villager").head("/about/privacy")["Cache-Control"] == "no-store"


def test_public_pages_differ_by_cookie_only(base: None) -> None:
    response = Client().get("/about/privacy")
    assert "Cache-Control" not in response
    assert "Cookie" in response["Vary"]


@own_pages
def test_the_answer_to_a_form_is_never_stored(base: None) -> None:
    assert browser().post("/acts/200")["Cache-Control"] == "no-store"


# ---- 长辈版 ----


@pytest.mark.parametrize("mode", ["elder", "plain"])
def test_the_mode_is_kept_in_a_cookie_and_the_rest_of_the_address_stays(mode: str) -> None:
    response = Client().get(f"/r/350525000000?q=石鼓&mode={mode}&after=k")
    assert response.status_code == 302
    assert response["Location"] == "/r/350525000000?q=%E7%9F%B3%E9%BC%93&after=k"
    cookie = response.cookies["mode"]
    assert (cookie.value, cookie["samesite"], cookie["max-age"]) == (mode, "Lax", 400 * 86400)
    assert not cookie["secure"]
    with override_settings(HTTPS=True):
        assert Client().get("/?mode=elder").cookies["mode"]["secure"]


@pytest.mark.parametrize(
    "path_", ["//evil.example/x", "/\\evil.example", "///evil.example", "/\\/evil.example"]
)
def test_a_change_of_mode_never_leads_elsewhere(path_: str) -> None:
    request = RequestFactory().get("/", {"mode": "elder"})
    request.path = path_
    response = Mode(lambda r: HttpResponse())(request)
    assert response.status_code == 302
    assert re.match(r"/[^/\\]", response["Location"])


@pytest.mark.parametrize("query", ["mode=huge", "mode=", "mode=<script>", "other=elder"])
def test_other_words_change_nothing(query: str) -> None:
    answer = HttpResponse("page")
    assert Mode(lambda r: answer)(RequestFactory().get(f"/?{query}")) is answer


def test_a_form_is_never_led_away_by_mode() -> None:
    answer = HttpResponse("page")
    assert Mode(lambda r: answer)(RequestFactory().post("/?mode=elder")) is answer


# ---- a database that is away ----


@pytest.fixture
def elsewhere() -> Iterator[dict[str, Any]]:
    """The connection's settings, to be changed by a test, and put back."""
    connection.close()
    before = dict(connection.settings_dict)
    yield connection.settings_dict
    connection.close()
    connection.settings_dict.clear()
    connection.settings_dict.update(before)


def test_without_a_database_pages_say_so_and_come_back(
    elsewhere: dict[str, Any], tmp_path: Path
) -> None:
    client = Client()  # raises whatever would have been a 500
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    host = elsewhere["HOST"]
    elsewhere["HOST"] = str(tmp_path)
    for address in ("/", "/desk", "/about/privacy", "/v/350525101201"):
        response = client.get(address)
        assert response.status_code == 503
        assert "暂时连不上" in text(response)
        assert response["Retry-After"] == "30"
        assert response["Cache-Control"] == "no-store"
    assert client.get(static_file()).status_code == 200
    elsewhere["HOST"] = host
    assert client.get("/about/privacy").status_code == 200


@own_pages
def test_a_line_that_breaks_in_a_view_is_503_and_the_next_page_works(
    elsewhere: dict[str, Any],
) -> None:
    client = Client()
    assert client.get("/cuts").status_code == 503
    assert client.get("/nowhere").status_code == 404


def test_a_line_that_breaks_before_the_view_is_503_and_the_next_page_works(
    elsewhere: dict[str, Any],
) -> None:
    own = f"{CutsTheLine.__module__}.CutsTheLine"
    place = settings.MIDDLEWARE.index("mingbai.kernel.middleware.Transaction") + 1
    chain = [*settings.MIDDLEWARE[:place], own, *settings.MIDDLEWARE[place:]]
    with override_settings(MIDDLEWARE=chain):
        assert browser().get("/about/privacy").status_code == 503
    assert Client().get("/about/privacy").status_code == 200


def test_a_server_that_stops_and_starts_again_needs_no_restart_of_ours(
    elsewhere: dict[str, Any],
) -> None:
    folder = Path(tempfile.mkdtemp(prefix="mingbai-test-"))
    folder.chmod(0o755)  # the server may run as another user, who cannot enter pytest's folders
    server = Server(folder / "data", system=folder / "system", settings={"fsync": "off"})
    running = server.start()
    try:
        elsewhere.update(environment.database(running.app_url))
        client = Client()
        assert client.get("/about/privacy").status_code == 200
        running.stop()
        assert client.get("/about/privacy").status_code == 503
        assert client.get("/about/privacy").status_code == 503
        running = server.start()
        assert client.get("/about/privacy").status_code == 200
    finally:
        connection.close()
        running.stop()
        shutil.rmtree(folder)


def test_transactions_are_not_opened_for_static_files(
    elsewhere: dict[str, Any], tmp_path: Path
) -> None:
    elsewhere["HOST"] = str(tmp_path)
    assert Client().get(static_file()).status_code == 200


def test_the_transaction_stands_outside_of_sessions_and_actors() -> None:
    names = settings.MIDDLEWARE
    mine = names.index(f"{Transaction.__module__}.Transaction")
    assert mine < names.index("django.contrib.sessions.middleware.SessionMiddleware")
    assert mine < names.index("mingbai.accounts.middleware.CurrentPost")
    assert names[0] == "mingbai.kernel.middleware.Headers"
