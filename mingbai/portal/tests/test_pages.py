"""Finding a village and its home, as a passer-by with an old phone sees them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mingbai.kernel import clock, scopes
from mingbai.regions import queries as regions
from mingbai.regions.models import Boundary, Region

VILLAGE = "350525101201"
HOME = "村里的事，明明白白"


def get(address: str, client: Client | None = None, **cookies: str) -> Any:
    client = client or Client()
    for name, value in cookies.items():
        client.cookies[name] = value
    return client.get(address)


def text(response: Any) -> str:
    return response.content.decode()


def links(response: Any) -> list[str]:
    """Addresses of the lines of lists, in their order."""
    found = re.findall(r'<ul class="mb-rows">(.*?)</ul>', text(response), flags=re.DOTALL)
    return re.findall(r'<a href="([^"]+)"', "".join(found))


def plain(response: Any) -> str:
    """The words of the page's middle without markup."""
    middle = re.search(r'<main id="main">(.*)</main>', text(response), flags=re.DOTALL)
    assert middle
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", middle[1]))


# ---- home ----


def test_home_without_a_city_says_what_is_missing(base: None) -> None:
    response = get("/")
    assert response.status_code == 200
    assert "还没有载入区划。" in text(response)
    assert links(response) == []
    assert "data-map" not in text(response)
    assert get("/?q=石鼓").status_code == 200


def test_home_lists_the_counties_with_their_cases(put: Any) -> None:
    for state in ("handling", "submitted", "answered", "closed"):
        put(state)
    put("handling", is_public=False)
    response = get("/")
    assert HOME in text(response)
    assert links(response) == ["/r/350525000000", "/r/350526000000"]
    shown = plain(response)
    assert "永春县 在办 " in shown
    assert "德化县 还没有公开的诉求" in shown
    assert 'data-src="/r/350500000000/shapes"' in text(response)


def test_home_leads_back_to_the_village_seen_last(county: None) -> None:
    client = Client()
    client.get(f"/v/{VILLAGE}")
    response = client.get("/")
    assert links(response)[0] == f"/v/{VILLAGE}"
    assert f'href="/v/{VILLAGE}/file"' in text(response)


@pytest.mark.parametrize(
    "cookie", ["350525000000", "999999999999", "../../x", "", "a" * 300, "350525101999"]
)
def test_a_cookie_that_names_no_village_is_left_out(county: None, cookie: str) -> None:
    Region.objects.filter(pk="350525101202").update(valid_to=clock.today())
    for value in (cookie, "350525101202"):
        response = get("/", village=value)
        assert response.status_code == 200
        assert "上次看的村" not in text(response)
        assert "我要反映" not in text(response)


# ---- searching ----


@pytest.fixture
def spelled(county: None) -> None:
    Region.objects.filter(pk=VILLAGE).update(pinyin="shigucun", initials="sgc")


@pytest.mark.parametrize(
    "words", ["石鼓村", "石鼓", "shigu", "shigucun", "sgc", " 石鼓村 ", "永春县石鼓村", VILLAGE]
)
def test_a_village_is_found_by_name_pinyin_and_initials(spelled: None, words: str) -> None:
    response = get(f"/?q={quote(words)}")
    assert links(response)[0] == f"/v/{VILLAGE}"
    assert "找到 1 个" in plain(response)
    assert "永春县 五里街镇" in plain(response)


@pytest.mark.parametrize(
    "words",
    [
        "没这个村",
        "%",
        "_",
        "%石鼓%",
        "石_村",
        "\\",
        "'; DROP TABLE x; --",
        "<script>alert(1)</script>",
        "😀",
    ],
)
def test_words_that_mean_no_village_get_a_hint(spelled: None, words: str) -> None:
    response = get(f"/?q={quote(words)}")
    assert response.status_code == 200
    assert "找到 0 个" in plain(response)
    assert "换个写法试试" in plain(response)
    assert "<script>alert" not in text(response)


def test_very_long_words_are_cut(spelled: None) -> None:
    response = get(f"/?q={quote('长' * 2000)}")
    assert response.status_code == 200
    assert "长" * 40 in text(response)
    assert "长" * 41 not in text(response)


def test_blank_words_show_the_home(spelled: None) -> None:
    assert "找到" not in plain(get("/?q=%20%20"))


def test_inside_an_area_only_its_villages_are_found(spelled: None) -> None:
    assert links(get(f"/r/350525000000?q={quote('石鼓')}")) == [f"/v/{VILLAGE}"]
    response = get(f"/r/350526000000?q={quote('石鼓')}")
    assert "德化县里没有叫“石鼓”的村。" in plain(response)
    assert f'href="/?q={quote("石鼓")}"' in text(response)


# ---- areas ----


@pytest.mark.parametrize(
    ("code", "heading", "below", "children", "way"),
    [
        ("350500000000", "泉州市", "2 个县（市、区）", ["/r/350525000000", "/r/350526000000"], []),
        ("350525000000", "永春县", "1 个乡镇（街道）", ["/r/350525101000"], ["/r/350500000000"]),
        (
            "350525101000",
            "五里街镇",
            "2 个村（社区）",
            [f"/v/{VILLAGE}", "/v/350525101202"],
            ["/r/350500000000", "/r/350525000000"],
        ),
    ],
)
def test_an_area_shows_the_way_down_and_its_parts(
    county: None, code: str, heading: str, below: str, children: list[str], way: list[str]
) -> None:
    response = get(f"/r/{code}")
    assert f"<h1>{heading}</h1>" in text(response)
    assert f"<p>{below}</p>" in text(response)
    assert links(response) == children
    crumb = re.search(r'<nav class="mb-crumb".*?</nav>', text(response), flags=re.DOTALL)
    assert crumb
    assert re.findall(r'href="([^"]+)"', crumb[0]) == way
    assert f'<span aria-current="page">{heading}</span>' in crumb[0]


def test_an_area_counts_open_and_solved_cases_of_all_its_villages(put: Any) -> None:
    put("handling")
    put("handling", region="350525101202")
    put("closed")
    assert "五里街镇 在办 2 件，办好 1 件" in plain(get("/r/350525000000"))
    shown = plain(get("/r/350525101000"))
    assert "石鼓村 在办 1 件，办好 1 件" in shown
    assert "桃场村 在办 1 件，办好 0 件" in shown


def test_the_visitor_s_village_is_marked_in_its_town(county: None) -> None:
    assert plain(get("/r/350525101000", village=VILLAGE)).count("我的村") == 1
    assert "我的村" not in plain(get("/r/350525101000"))


def test_a_town_without_villages_says_so(county: None) -> None:
    Region.objects.filter(parent_id="350526101000").update(valid_to=clock.today())
    assert "下面没有登记的村。" in plain(get("/r/350526101000"))


UNKNOWN = [
    "350599000000",
    "abc",
    "35052",
    "L",
    "350525101201L01",
    "%E6%9D%91",
    "x" * 300,
    "350525000000'",
]


@pytest.mark.parametrize("code", UNKNOWN)
@pytest.mark.parametrize("place", ["/r/{}", "/r/{}/shapes", "/v/{}", "/v/{}/open", "/v/{}/solved"])
def test_an_unknown_code_is_a_missing_page(county: None, place: str, code: str) -> None:
    assert get(place.format(code)).status_code == 404


def test_an_area_is_no_village_and_a_village_no_area(county: None) -> None:
    assert get("/v/350525000000").status_code == 404
    assert get(f"/r/{VILLAGE}").status_code == 404


def test_a_merged_village_leads_to_the_one_that_took_over(county: None) -> None:
    Region.objects.filter(pk=VILLAGE).update(valid_to=clock.today(), successor_id="350525101202")
    for address in (f"/v/{VILLAGE}", f"/v/{VILLAGE}/open"):
        response = get(address)
        assert (response.status_code, response["Location"]) == (302, "/v/350525101202")


def test_a_place_that_is_gone_without_a_successor_is_missing(county: None) -> None:
    Region.objects.filter(pk__in=[VILLAGE, "350526101000"]).update(valid_to=clock.today())
    assert get(f"/v/{VILLAGE}").status_code == 404
    assert get("/r/350526101000").status_code == 404


# ---- shapes ----


def shapes(code: str, **cookies: str) -> dict[str, dict[str, Any]]:
    response = get(f"/r/{code}/shapes", **cookies)
    assert response["Content-Type"] == "application/geo+json"
    assert response["Cache-Control"] == "private, max-age=60"
    return {f["properties"]["name"]: f for f in json.loads(response.content)["features"]}


@pytest.fixture
def drawn(county: None) -> None:
    square = {
        "type": "Polygon",
        "coordinates": [[[118, 25], [118.5, 25], [118.5, 25.5], [118, 25]]],
    }
    Boundary.objects.create(region_id="350525000000", geometry=square)
    Region.objects.filter(pk="350526000000").update(lat=25.49, lon=118.24)


def test_shapes_carry_addresses_and_counts(drawn: None, put: Any) -> None:
    for _ in range(3):
        put("handling")
    put("closed")
    found = shapes("350500000000", village=VILLAGE)
    assert found["永春县"]["geometry"]["type"] == "Polygon"
    assert found["永春县"]["properties"] == {
        "name": "永春县",
        "url": "/r/350525000000",
        "q": 2,
        "note": "在办 3 件",
        "own": True,
    }
    assert found["德化"]["geometry"] == {"type": "Point", "coordinates": [118.24, 25.49]}
    assert found["德化"]["properties"] == {
        "name": "德化",
        "url": "/r/350526000000",
        "q": 0,
        "note": "",
        "own": False,
    }


def test_a_place_without_a_position_is_not_drawn(county: None) -> None:
    assert shapes("350500000000") == {}


def test_points_of_villages_lead_to_their_homes(county: None) -> None:
    Region.objects.filter(pk=VILLAGE).update(lat=25.3, lon=118.3)
    assert shapes("350525101000")["石鼓"]["properties"]["url"] == f"/v/{VILLAGE}"
    assert 'data-src="/r/350525101000/shapes"' in text(get("/r/350525101000"))


# ---- a village's home ----


def test_a_village_is_led_by_its_open_and_solved_cases(put: Any) -> None:
    for _ in range(7):
        put("handling")
    for _ in range(4):
        put("closed")
    put("submitted", is_public=False)
    put("handling", region="350525101202")
    response = get(f"/v/{VILLAGE}")
    shown = plain(response)
    assert shown.index("正在办 7 件") < shown.index("办好了 4 件") < shown.index("谁来办")
    assert len(links(response)) == 5 + 3
    assert links(response)[:5] == [f"/c/350525-2611-{n:05d}" for n in (7, 6, 5, 4, 3)]
    assert f'href="/v/{VILLAGE}/open">全部' in text(response)
    assert f'href="/v/{VILLAGE}/solved">全部' in text(response)
    assert "永春县 五里街镇 · 312 户" in text(response)
    assert "石鼓村村委会" in shown
    assert 'href="tel:059523880000"' in text(response)


def test_a_quiet_village_says_that_nothing_is_open(cast: Any) -> None:
    response = get(f"/v/{VILLAGE}")
    assert "现在没有在办的诉求。" in plain(response)
    assert "还没有办结的诉求。" in plain(response)
    assert "全部" not in plain(response)


def test_a_village_shows_the_way_up_and_the_ways_to_act(cast: Any) -> None:
    shown = text(get(f"/v/{VILLAGE}"))
    for address in (
        "/r/350500000000",
        "/r/350525000000",
        "/r/350525101000",
        f"/v/{VILLAGE}/file",
        "/mine",
    ):
        assert f'href="{address}"' in shown
    assert "监督举报" in shown


@pytest.mark.parametrize("word", ["账目", "收支", "权力", "补贴", "公示", "三资"])
def test_rooms_that_are_not_built_have_no_door(put: Any, word: str) -> None:
    put("handling")
    assert word not in plain(get(f"/v/{VILLAGE}"))
    assert word not in plain(get("/"))


def test_a_title_is_masked_and_escaped(put: Any) -> None:
    put("handling", title="<b>灯坏了</b> 找王建国 13800001111")
    shown = text(get(f"/v/{VILLAGE}"))
    assert "&lt;b&gt;灯坏了&lt;/b&gt; 找王建国 138****1111" in shown


def test_a_village_without_any_body_still_has_its_page(county: None) -> None:
    response = get("/v/350526101201")
    assert response.status_code == 200
    assert "谁来办" not in plain(response)


def test_a_visit_is_remembered_for_a_year_by_the_browser_alone(county: None) -> None:
    client = Client()
    cookie = client.get(f"/v/{VILLAGE}").cookies["village"]
    assert (cookie.value, cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (
        VILLAGE,
        365 * 86400,
        True,
        "Lax",
    )
    assert "village" not in client.get(f"/v/{VILLAGE}").cookies


def test_all_open_cases_are_read_page_by_page(put: Any) -> None:
    for _ in range(23):
        put("handling")
    first = get(f"/v/{VILLAGE}/open")
    assert "正在办 23 件" in text(first)
    assert len(links(first)) == 20
    [following] = re.findall(r'rel="next" href="([^"]+)"', text(first))
    second = get(f"/v/{VILLAGE}/open{following}")
    assert len(links(second)) == 3
    assert not set(links(first)) & set(links(second))
    assert get(f"/v/{VILLAGE}/open?after=xyz").status_code == 400


def test_an_empty_list_says_so_and_leads_back(county: None) -> None:
    assert "现在没有在办的诉求。" in plain(get(f"/v/{VILLAGE}/open"))
    response = get(f"/v/{VILLAGE}/solved")
    assert "还没有办结的诉求。" in plain(response)
    assert f'href="/v/{VILLAGE}"' in text(response)


def test_pages_answer_head_and_refuse_post(county: None) -> None:
    for address in (
        "/",
        "/r/350525000000",
        f"/v/{VILLAGE}",
        f"/v/{VILLAGE}/open",
        "/about/privacy",
    ):
        assert Client().head(address).status_code == 200
        assert Client().post(address).status_code == 405


# ---- bounded work ----


def asked(address: str, client: Client | None = None, **cookies: str) -> list[str]:
    """The queries of one page, without savepoints."""
    client = client or Client()
    for name, value in cookies.items():
        client.cookies[name] = value
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return [q["sql"] for q in seen if "SAVEPOINT" not in q["sql"]]


@pytest.mark.parametrize(
    ("address", "cookies", "most"),
    [
        ("/", {}, 4),  # cities, the way, counties, their counts
        ("/", {"village": VILLAGE}, 5),
        ("/r/350500000000", {}, 3),
        ("/r/350525000000", {}, 3),
        ("/r/350525101000", {}, 3),
        ("/r/350500000000/shapes", {}, 4),
        (f"/v/{VILLAGE}", {}, 7),
        (f"/v/{VILLAGE}/open", {}, 5),
        ("/about/privacy", {}, 0),
        ("/about/accessibility", {}, 0),
    ],
)
@pytest.mark.parametrize("many", [1, 12])
def test_a_page_asks_a_fixed_number_of_questions(
    put: Any, address: str, cookies: dict[str, str], most: int, many: int
) -> None:
    for _ in range(many):
        put("handling")
        put("closed")
    queries = [q for q in asked(address, **cookies) if "set_config" not in q]
    assert len(queries) == most, queries


def test_a_passer_by_costs_no_session_and_no_person(put: Any) -> None:
    put("handling")
    for address in ("/", "/r/350525101000", f"/v/{VILLAGE}", f"/v/{VILLAGE}/open"):
        queries = " ".join(asked(address, village=VILLAGE))
        assert "django_session" not in queries
        assert 'FROM "accounts_person"' not in queries
        assert not re.search(r"\b(INSERT|UPDATE|DELETE)\b", queries)


def test_a_passer_by_gets_no_session_cookie(county: None) -> None:
    client = Client()
    for address in ("/", "/r/350525101000", f"/v/{VILLAGE}"):
        client.get(address)
    assert sorted(client.cookies) == ["village"]


# ---- what a phone loads ----


def loaded(response: Any) -> list[str]:
    """Style sheets and scripts that a page names, without those for printing."""
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)">', text(response))
    return sheets + re.findall(r'<script [^>]*src="([^"]+)"', text(response))


def packed(address: str) -> int:
    return len(gzip.compress(b"".join(Client().get(address)), 9))


@pytest.mark.parametrize("address", [f"/v/{VILLAGE}", f"/v/{VILLAGE}/open", "/r/350525101000"])
def test_the_first_page_on_a_phone_is_at_most_60_kilobytes(put: Any, address: str) -> None:
    for _ in range(8):
        put("handling")
        put("closed")
    response = get(address)
    files = loaded(response)
    assert len(files) >= 6
    total = len(gzip.compress(response.content, 9)) + sum(packed(f) for f in files)
    assert total <= 60 * 1024, total


def test_the_home_of_a_city_with_its_map_is_at_most_60_kilobytes_too(put: Any) -> None:
    for n in range(27, 37):
        Region.objects.create(
            code=f"3505{n}000000",
            scope=f"3505{n}",
            level="county",
            name=f"第{n}县",
            official_name="",
            short_name="",
            county=f"3505{n}",
            parent_id="350500000000",
            valid_from=clock.today(),
        )
    put("handling")
    response = get("/")
    assert any("leaflet" in file for file in loaded(response))
    assert len(links(response)) == 12
    total = len(gzip.compress(response.content, 9)) + sum(packed(f) for f in loaded(response))
    assert total <= 60 * 1024, total


def test_a_page_without_a_map_loads_none_of_it(base: None) -> None:
    assert not any("leaflet" in file for file in loaded(get("/")))


def test_parts_are_served_compressed_and_for_good(county: None) -> None:
    for file in loaded(get(f"/v/{VILLAGE}")):
        response = Client().get(file, headers={"accept-encoding": "gzip"})
        assert response.status_code == 200
        assert "immutable" in response["Cache-Control"]
        assert response.get("Content-Encoding") == "gzip" or int(response["Content-Length"]) < 1000


# ---- clean markup ----


class Strict(HTMLParser):
    """Collects what the content policy would refuse, and what a page lacks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or "style" in given or (tag == "script" and not given.get("src")):
            self.wrong.append(f"inline {tag} {attrs}")
        self.wrong += [f"{tag} {name}" for name in given if name.startswith("on")]
        for name in ("href", "src", "action"):
            value = given.get(name) or ""
            if re.match(r"(?i)\s*(javascript|data|https?|//)", value):
                self.wrong.append(f"{tag} {name}={value}")
        if tag == "img" and "alt" not in given:
            self.wrong.append("img without alt")
        if given.get("id"):
            self.ids.append(str(given["id"]))


EVERYBODY = ("anyone", "villager", "officer", "it")
ADDRESSES = (
    "/",
    "/?q=石鼓",
    "/?q=没有",
    "/r/350500000000",
    "/r/350525000000",
    "/r/350525101000",
    "/r/350525101000?q=没有",
    f"/v/{VILLAGE}",
    f"/v/{VILLAGE}/open",
    f"/v/{VILLAGE}/solved",
    "/v/350526101201/open",
    "/about/privacy",
    "/about/accessibility",
    "/nowhere",
    "/desk/admin",
)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("mode", ["plain", "elder"])
def test_no_page_of_the_portal_holds_inline_parts_or_other_hosts(
    client_as: Callable[[str], Client], put: Any, who: str, mode: str
) -> None:
    put("handling")
    put("closed")
    client = client_as(who)
    client.cookies["mode"] = mode
    for address in ADDRESSES:
        page = Strict(text(client.get(address)))
        assert page.wrong == [], address
        assert len(page.ids) == len(set(page.ids)), address


@pytest.mark.parametrize("address", ADDRESSES[:-2])
def test_no_page_speaks_english_or_shouts(put: Any, address: str) -> None:
    put("handling")
    words = plain(get(address))
    assert not re.findall(r"[A-Za-z]{3,}", words), words
    assert not re.findall(r"[！!]", words)


# ---- the posts' working day ----


@pytest.mark.parametrize(
    ("who", "room"),
    [
        ("anyone", "/login"),
        ("villager", "/login"),
        ("officer", "/desk/today"),
        ("supervisor", "/desk/today"),
        ("town", "/desk/today"),
        ("department", "/desk/today"),
        ("intake", "/desk/today"),
        ("clerk", "/capture/review"),
        ("discipline", "/clues/"),
        ("it", "/desk/admin"),
    ],
)
def test_each_post_is_led_to_its_room(
    client_as: Callable[[str], Client], who: str, room: str
) -> None:
    response = client_as(who).get("/desk")
    assert (response.status_code, response["Location"]) == (302, room)


@pytest.mark.parametrize(
    "who",
    [
        "anyone",
        "villager",
        "officer",
        "supervisor",
        "town",
        "department",
        "intake",
        "clerk",
        "discipline",
    ],
)
def test_the_state_of_the_machine_is_for_its_administrator_alone(
    client_as: Callable[[str], Client], who: str
) -> None:
    client = client_as(who)
    assert client.get("/desk/admin").status_code == 404
    assert 'href="/desk/admin"' not in text(client.get("/me" if who != "anyone" else "/"))


def test_the_administrator_sees_the_machine_and_nothing_of_its_contents(
    client_as: Callable[[str], Client], put: Any
) -> None:
    case = put("handling", title="谁也不该在这里看到的标题")
    with scopes.enter(scope="3505"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, status) VALUES ('x', 'q', 'todo'), ('x', 'q', 'failed')"
        )
    shown = text(client_as("it").get("/desk/admin"))
    assert "PostgreSQL" in shown
    assert "1 个，请看后台日志" in shown
    assert "都读完了" in shown
    assert case.title not in shown
    assert case.number not in shown


def test_the_frame_of_a_staff_page_says_who_is_where(client_as: Callable[[str], Client]) -> None:
    shown = text(client_as("it").get("/desk/admin"))
    assert "吴凯" in shown
    assert "永春县平台运维 · 系统管理员" in shown
    assert '<a href="/desk/admin" aria-current="page">' in shown
    assert "2026年11月18日 周三" in shown
    assert 'action="/logout"' in shown
    assert 'role="search"' not in shown  # no cases for this post


def test_the_pages_about_the_site_name_who_answers_for_it(base: None) -> None:
    from django.conf import settings

    for address in ("/about/privacy", "/about/accessibility"):
        shown = text(get(address))
        assert f'href="tel:{settings.SITE["phone"]}"' in shown
        assert settings.SITE["operator"] in shown


def test_regions_in_force_only_are_shown(county: None) -> None:
    Region.objects.filter(pk="350525101202").update(valid_to=clock.today())
    assert links(get("/r/350525101000")) == [f"/v/{VILLAGE}"]
    assert [r.code for r in regions.children("350525101000")] == [VILLAGE]
