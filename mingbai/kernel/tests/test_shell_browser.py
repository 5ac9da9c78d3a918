"""The shells in a real browser, under the product's own content policy."""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from argon2.low_level import Type, hash_secret_raw
from django.test import RequestFactory, override_settings
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mingbai.kernel import paging
from mingbai.kernel.jinja import environment
from mingbai.kernel.middleware import POLICY
from tools import frontend

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
KERNEL = ROOT / "mingbai" / "kernel"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PHONE, DESK = (390, 844), (1440, 900)
KINDS = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml"}

VILLAGER = '{% extends "kernel/villager.html" %}{% import "kernel/macros.html" as m %}'
DESK_PAGE = '{% extends "kernel/staff.html" %}{% import "kernel/macros.html" as m %}'
PAGES = {
    "village": VILLAGER
    + """{% block heading %}石桥村{% endblock %}{% block subheading %}云岭县 柳林镇 · 1,286 户{% endblock %}
{% block main %}<section class="mb-block" aria-labelledby="a"><h2 id="a"><span>2026年10月账目</span>
{{ m.tag("村监委会已审核", "ok", "shield-check") }}</h2>{{ m.one("村里花了", "18,236.00", "元", ruled=true) }}
{{ m.split([("公益支出", 10130, "10,130 元"), ("管理费用", 8106, "8,106 元")]) }}
{{ m.pairs([("收入", "32,480.00"), ("月末结余", "200,664.50")]) }}{{ m.more("/", "逐笔看 9 笔") }}</section>
<section class="mb-block" aria-labelledby="b"><h2 id="b">查一查<a href="/">全部</a></h2><ul class="mb-rows" data-icon>
{{ m.row("/", "权力清单", "40 项，正在用 3 项", drawing="gavel") }}</ul></section>{{ m.door("/") }}
{{ m.pager(request, page) }}{% endblock %}
{% block bar %}<a class="mb-btn" href="/">我要反映</a><a class="mb-btn" data-k="line" href="/">办理进度 1</a>{% endblock %}""",
    "case": VILLAGER
    + """{% set back = ("/p/village", "石桥村") %}{% block heading %}路灯不亮{% endblock %}
{% block main %}<section class="mb-block" aria-labelledby="a"><h2 class="sr" id="a">现在到哪一步</h2>
<div class="mb-state"><b>镇里在办</b><span class="t-warn">还剩 2 个工作日</span></div>
{{ m.clock_bar(3, 5, "warn", "11月24日前办完") }}{{ m.holder("赵卫东", "柳林镇党政综合办", "0700-6260133") }}
{{ m.before_after({"src": "/static/kernel/mark.svg", "alt": "黑的路口", "caption": "办理前"},
                  {"src": "/static/kernel/mark.svg", "alt": "亮的路口", "caption": "办理后"}) }}
{{ m.look("已请村会计说明。", "值得一看") }}{{ m.alert("党员大会没有开。", "少了一步：") }}
{{ m.refusal("村里、镇里不能判。", "要走法院。", door=("/", "请调解员"), disagree=("/", "我不同意")) }}
{{ m.empty("还没有内容", "说一句话就能交。", ("/", "我要反映")) }}</section>
<section class="mb-block" aria-labelledby="b"><h2 id="b">办理经过</h2>{{ m.rail([
  {"s": "now", "title": "镇里派电工上门", "when": "办理中", "text": "已约好"},
  {"s": "late", "title": "村里答复", "when": "11月18日 17:05", "strong": "晚了 1 天"},
  {"s": "skip", "title": "党员大会审议", "when": "跳过"}, {"s": "done", "title": "你提交"}, {"s": "todo", "title": "公开"}]) }}
{{ m.proof("每一步已存证", "7f3a 91c0", "/") }}{{ m.facts([("件号", "YL-2611-00482")]) }}</section>{% endblock %}""",
    "file": VILLAGER
    + """{% block heading %}我要反映{% endblock %}
{% block notes %}<p class="mb-note">{{ icon("alert-circle") }}<span>有生命危险先打 <a href="tel:110">110</a></span></p>{% endblock %}
{% block main %}<form method="post" action="/sent" id="f" enctype="multipart/form-data" data-draft="case">{{ m.once("t1") }}
<fieldset class="mb-block"><legend class="mb-h2">什么事</legend>{{ m.tiles("field", [("road", "道路交通", "road"),
("bulb", "用电路灯", "bulb")], "", ("none", "不知道归谁管", "help-circle")) }}</fieldset>
<section class="mb-block" aria-labelledby="a"><h2 id="a">说说情况</h2>{{ m.textarea("text", "哪里、怎么了") }}{{ m.voice() }}
{{ m.draft_state() }}</section>
<section class="mb-block" aria-labelledby="b"><h2 id="b">照片<small data-photos-count></small></h2>{{ m.photos() }}</section>
<section class="mb-block">{{ m.field("phone", "手机号", type="tel", error="手机号少了 3 位", hint="办理人会打给你") }}
{{ m.choice("public", "yes", "公开办理", "看不到你是谁", true) }}</section></form>{% endblock %}
{% block bar %}<button class="mb-btn" form="f">交给村里办</button>{% endblock %}
{% block scripts %}{{ m.script("draft") }}{{ m.script("photos") }}{{ m.script("recorder") }}{% endblock %}""",
    "sent": VILLAGER
    + """{% block heading %}收到了{% endblock %}{% block main %}<p class="mb-block">件号</p>
{{ m.draft_done("case") }}{% endblock %}""",
    "map": VILLAGER
    + """{% block heading %}换村{% endblock %}{% block head %}{{ m.map_assets() }}{% endblock %}
{% block main %}{{ m.map("/shapes", "柳林镇各村") }}<p class="mb-scale"><span><i class="q4"></i>98% 以上</span></p>{% endblock %}""",
    "lost-map": VILLAGER
    + """{% block heading %}换村{% endblock %}{% block head %}{{ m.map_assets() }}{% endblock %}
{% block main %}{{ m.map("/nothing", "柳林镇各村") }}{% endblock %}""",
    "desk": DESK_PAGE
    + """{% block crumb %}柳林镇 · <a href="/">14 个村</a>{% endblock %}{% block heading %}今天要办{% endblock %}
{% block actions %}<a class="st-btn" href="/p/village" data-key="n">代群众登记 {{ m.key("n") }}</a>{% endblock %}
{% block main %}<div class="st-cols" data-cols="side"><section class="st-card" data-scroll tabindex="0" aria-label="待办">
<table class="st-table"><caption class="sr">待办</caption><thead><tr><th scope="col">期限</th><th scope="col">事项</th>
<th scope="col">村</th></tr></thead><tbody><tr class="grp"><th colspan="3" scope="rowgroup">已超时 1</th></tr>
<tr aria-current="true"><td data-label="期限">{{ m.deadline("超 1 天", "bad") }}</td><th scope="row" class="clip">
<a href="/">三岔口安置社区 3 号楼二次供水夜间停水，五层以上每天晚上九点以后没有水</a></th><td data-label="村" class="clip-s">三岔口社区</td></tr>
</tbody></table></section><aside class="st-card" data-col aria-labelledby="v"><header><h2 id="v">夜间停水</h2></header>
<div class="st-body st-stack">{{ m.alert("还没答复。", "超 1 天。") }}{{ m.textarea("reply", "答复", error="还没有写") }}
{{ m.select("t", "模板", [("1", "已修复")]) }}</div><div class="st-do"><button class="st-btn grow" data-key="r">答复 {{ m.key("r") }}</button>
</div></aside></div>{% endblock %}""",
}
NAV = [
    ("/a", "inbox", "今天要办", 23, True),
    ("/b", "message-search", "采集核对", 16, False),
    ("/c", "users-group", "村群", 0, False),
]
STAFF = {
    "person": "赵卫东",
    "post": "柳林镇党政综合办 · 信息专员",
    "posts": [(1, "柳林镇党政综合办 · 信息专员", True), (2, "柳林镇纪委 · 群工办专员", False)],
    "switch_url": "/post",
    "home_url": "/",
    "search_url": "/q",
    "notices_url": "/n",
    "notices": 3,
    "links": [("/me", "我的账户")],
    "logout_url": "/out",
    "today": date(2026, 11, 20),
}
SITE = {"operator": "云岭县农业农村局", "supervisor": "云岭县纪委监委", "phone": "0700-12388"}


def square(x: float, y: float) -> dict[str, Any]:
    ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


SHAPES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": square(118, 25),
            "properties": {"name": "石桥村", "url": "/p/village", "q": 4, "own": True},
        },
        {
            "type": "Feature",
            "geometry": square(119, 25),
            "properties": {
                "name": "<i>黄泥岗村</i>",
                "url": "/p/case",
                "q": 1,
                "late": True,
                "note": "逾期 10 天",
            },
        },
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [118.5, 25.2]},
            "properties": {"name": "老屋", "url": "/p/case"},
        },
    ],
}


class Site(ThreadingHTTPServer):
    """The rendered pages and static files, with the product's headers; counts what is posted."""

    def __init__(self, parts: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folders = {
            "/static/kernel/": KERNEL / "static" / "kernel",
            "/static/vendor/": parts / "static" / "vendor",
        }
        self.posted: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/shapes":
            return self.give(json.dumps(SHAPES).encode(), "application/json")
        if path.startswith("/p/"):
            return self.give(self.page(path.removeprefix("/p/")), "text/html; charset=utf-8")
        for start, folder in self.server.folders.items():
            if path.startswith(start):
                file = folder / path.removeprefix(start)
                return self.give(file.read_bytes(), KINDS.get(file.suffix, "text/plain"))
        return self.send_error(404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(self.path)
        self.give(self.page("sent"), "text/html; charset=utf-8")

    def page(self, name: str) -> bytes:
        request = RequestFactory().get(
            self.path, headers={"cookie": self.headers.get("Cookie", "")}
        )
        loader = ChoiceLoader([DictLoader(PAGES), FileSystemLoader(KERNEL / "templates")])
        frame = {"side": "gov", "nav": NAV, "staff": STAFF, "site": SITE, "csrf_input": ""}
        shown = environment(loader=loader).get_template(name)
        return shown.render(request=request, page=paging.Page([], "k2"), **frame).encode()

    def give(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    parts = tmp_path_factory.mktemp("build")
    frontend.build(ROOT / "node_modules", parts)
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(BUILD=parts, STORAGES=plain), closing_server(Site(parts)) as server:
        yield server


class closing_server(closing[Site]):  # noqa: N801
    def __enter__(self) -> Site:
        threading.Thread(target=self.thing.serve_forever, daemon=True).start()
        return self.thing

    def __exit__(self, *error: object) -> None:
        self.thing.shutdown()
        self.thing.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        made = play.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        yield made
        made.close()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Give a function that opens a page; afterwards no script may have failed or been refused."""
    contexts = []
    trouble: list[str] = []

    def go(
        name: str,
        size: tuple[int, int] = PHONE,
        mode: str = "",
        scripts: bool = True,
        init: str = "",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=scripts
        )
        contexts.append(context)
        if mode:
            context.add_cookies([{"name": "mode", "value": mode, "url": site.address}])
        if init:
            context.add_init_script(init)
        page = context.new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "console",
            lambda line: trouble.append(line.text) if "Content Security" in line.text else None,
        )
        page.goto(f"{site.address}/p/{name}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert trouble == []


VILLAGERS = [
    (name, mode) for name in ("village", "case", "file", "map") for mode in ("plain", "elder")
]
EVERY = [*VILLAGERS, ("desk", "plain")]


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [*((*page, PHONE) for page in EVERY), ("desk", "plain", DESK)],
    ids=str,
)
def test_axe_finds_nothing(
    visit: Callable[..., Page], name: str, mode: str, size: tuple[int, int]
) -> None:
    page = visit(name, size, mode)
    page.wait_for_load_state("networkidle")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize(("name", "mode"), EVERY, ids=str)
def test_no_page_scrolls_sideways(visit: Callable[..., Page], name: str, mode: str) -> None:
    page = visit(name, PHONE, mode)
    over = {}
    for width in (320, 390, 768, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        over[width] = page.evaluate("document.documentElement.scrollWidth") > width
    assert over == dict.fromkeys(over, False)


@pytest.mark.parametrize(("mode", "least"), [("plain", 44), ("elder", 60)])
def test_what_a_finger_hits_is_large_enough(
    visit: Callable[..., Page], mode: str, least: int
) -> None:
    page = visit("file", PHONE, mode)
    heights = page.eval_on_selector_all(
        ".mb-btn, .mb-top__bar a, .mb-talk, .mb-tiles span, input.mb-field, .mb-link, .mb-choice",
        "all => all.filter(e => e.getClientRects().length).map(e => e.getBoundingClientRect().height)",
    )
    assert min(heights) >= least


def test_elder_text_is_never_below_twenty_pixels(visit: Callable[..., Page]) -> None:
    for name in ("village", "case", "file"):
        smallest = visit(name, PHONE, "elder").evaluate(
            """() => Math.min(...[...document.querySelectorAll("body *")]
              .filter(e => e.getClientRects().length && !e.closest(".sr, .mb-skip, .mb-logo, .mb-top__bar")
                && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
              .map(e => parseFloat(getComputedStyle(e).fontSize)))"""
        )
        assert smallest >= 20


def test_elder_mode_changes_without_a_reload_and_is_remembered(visit: Callable[..., Page]) -> None:
    page = visit("case")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="长辈版").click()
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    assert page.evaluate("window.same")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mode", "elder")
    page.get_by_role("link", name="普通版").click()
    page.reload()
    assert page.locator("html").get_attribute("data-mode") is None


def test_without_scripts_everything_needed_to_file_is_there(visit: Callable[..., Page]) -> None:
    page = visit("file", scripts=False)
    expect(page.locator("#f-photos")).to_be_visible()
    expect(page.locator("#f-voice")).to_be_visible()
    expect(page.locator(".mb-talk")).to_be_hidden()
    expect(page.locator("[data-read]")).to_be_hidden()
    expect(page.get_by_role("link", name="长辈版")).to_have_attribute("href", "?mode=elder")


VOICE = """
window.said = [];
const voice = Object.assign(new EventTarget(), {
  getVoices: () => [{ lang: LANGUAGE }], cancel() {}, speak(words) { said.push(words.text); window.last = words; },
});
Object.defineProperty(window, "speechSynthesis", { value: voice });
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
"""


def test_the_page_is_read_aloud_line_by_line_until_stopped(visit: Callable[..., Page]) -> None:
    page = visit("village", init=VOICE.replace("LANGUAGE", "'zh-CN'"))
    button = page.locator("[data-read]")
    button.click()
    expect(button).to_have_text("停")
    assert page.evaluate("said") == ["2026年10月账目"]
    page.evaluate("last.onend()")
    assert len(page.evaluate("said")) == 2
    button.click()
    expect(button).to_have_text("朗读")
    page.evaluate("last.onend()")
    assert len(page.evaluate("said")) == 2


def test_a_phone_without_a_chinese_voice_has_no_reading_button(visit: Callable[..., Page]) -> None:
    expect(
        visit("village", init=VOICE.replace("LANGUAGE", "'en-US'")).locator("[data-read]")
    ).to_be_hidden()


def test_a_draft_comes_back_without_the_phone_number(visit: Callable[..., Page]) -> None:
    page = visit("file")
    page.fill("#f-text", "路灯不亮")
    page.fill("#f-phone", "13800001111")
    page.locator("label", has_text="用电路灯").click()
    expect(page.locator("[data-draft-state]")).to_contain_text("已存在本机")
    page.reload()
    expect(page.locator("#f-text")).to_have_value("路灯不亮")
    expect(page.locator("input[value=bulb]")).to_be_checked()
    expect(page.locator("#f-phone")).to_have_value("")
    assert "13800001111" not in page.evaluate("JSON.stringify(localStorage)")
    assert "t1" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_draft_can_be_thrown_away(visit: Callable[..., Page]) -> None:
    page = visit("file")
    page.fill("#f-text", "路灯不亮")
    page.locator("[data-draft-clear]").click()
    page.reload()
    expect(page.locator("#f-text")).to_have_value("")


def test_a_draft_is_forgotten_once_it_has_been_filed(visit: Callable[..., Page]) -> None:
    page = visit("file")
    page.fill("#f-text", "路灯不亮")
    expect(page.locator("[data-draft-state]")).to_contain_text("已存在本机")
    page.get_by_role("button", name="交给村里办").click()
    expect(page.locator("h1")).to_have_text("收到了")
    page.wait_for_load_state("load")  # deferred modules have run by then
    assert page.evaluate("localStorage.length") == 0


def test_pressing_twice_files_once(visit: Callable[..., Page], site: Site) -> None:
    page = visit("file")
    site.posted.clear()
    page.evaluate(
        "() => { const b = document.querySelector('.mb-bar button'); b.click(); b.click(); }"
    )
    expect(page.locator("h1")).to_have_text("收到了")
    assert site.posted == ["/sent"]


def picture(width: int, height: int) -> bytes:
    kept = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(kept, "JPEG", quality=95)
    return kept.getvalue()


SIZES = """async () => Promise.all([...document.querySelector("#f-photos").files].map(async file => {
  const shown = await createImageBitmap(file); return [shown.width, shown.height];
}))"""


def test_photos_are_shrunk_shown_counted_and_removed(visit: Callable[..., Page]) -> None:
    page = visit("file")
    big, small = picture(3200, 2400), picture(400, 300)
    shots = [
        {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": b}
        for n, b in (("a", big), ("b", small))
    ]
    page.set_input_files("#f-photos", shots)
    expect(page.locator("[data-photos-count]")).to_have_text("2 / 6 张")
    expect(page.locator("canvas[aria-label='照片 2']")).to_be_visible()
    assert page.evaluate(SIZES) == [[1600, 1200], [400, 300]]
    page.get_by_role("button", name="删掉第 1 张").click()
    expect(page.locator("[data-photos-count]")).to_have_text("1 / 6 张")
    assert page.evaluate(SIZES) == [[400, 300]]


def test_more_than_six_photos_are_not_taken(visit: Callable[..., Page]) -> None:
    page = visit("file")
    one = picture(60, 60)
    page.set_input_files(
        "#f-photos",
        [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": one} for n in range(8)],
    )
    expect(page.locator("[data-photos-state]")).to_have_text("已选 6 张，多出的 2 张没有加")
    expect(page.locator("[data-photos-add]")).to_be_hidden()
    assert len(page.evaluate(SIZES)) == 6


def test_a_voice_message_is_recorded_by_keyboard_and_deleted(visit: Callable[..., Page]) -> None:
    page = visit("file")
    talk = page.locator(".mb-talk")
    talk.press("Enter")
    expect(talk).to_contain_text("0:01")
    talk.press("Enter")
    expect(page.locator("[data-recorder-length]")).to_have_text(re.compile("录音 0:0[12]"))
    kind, size = page.evaluate(
        "(({files: [f]}) => [f.type, f.size])(document.querySelector('#f-voice'))"
    )
    assert kind == "audio/webm"
    assert size > 0
    page.get_by_role("button", name="删掉重录").click()
    expect(talk).to_be_visible()
    assert page.evaluate("document.querySelector('#f-voice').files.length") == 0


def test_holding_the_button_records_until_let_go(visit: Callable[..., Page]) -> None:
    page = visit("file")
    talk = page.locator(".mb-talk")
    talk.scroll_into_view_if_needed()
    talk.hover()
    page.mouse.down()
    expect(talk).to_contain_text("松开停止 0:01")
    page.mouse.up()
    expect(page.locator("[data-recorder-length]")).to_be_visible()


def test_without_the_microphone_a_file_can_still_be_chosen(visit: Callable[..., Page]) -> None:
    page = visit(
        "file", init="navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error())"
    )
    page.locator(".mb-talk").press("Enter")
    expect(page.locator("#f-voice")).to_be_visible()
    expect(page.locator("[data-recorder-state]")).to_contain_text("没有用话筒的权限")


def test_keys_act_only_when_nobody_is_typing(visit: Callable[..., Page]) -> None:
    page = visit("desk", DESK)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("n/r")
    expect(page.locator("#q")).to_have_value("n/r")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url("**/p/village")


def test_the_question_mark_lists_the_keys_and_switches_them_off(visit: Callable[..., Page]) -> None:
    page = visit("desk", DESK)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="快捷键")
    expect(dialog.locator("dd")).to_have_text(["搜索", "代群众登记", "答复"])
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="关上").click()
    page.keyboard.press("n")
    page.reload()
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert page.url.endswith("/p/desk")


def test_menus_close_on_escape_and_the_navigation_folds_on_a_phone(
    visit: Callable[..., Page],
) -> None:
    page = visit("desk", DESK)
    post = page.locator("details[data-menu]").first
    post.locator("summary").click()
    expect(page.get_by_role("button", name="柳林镇纪委 · 群工办专员")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="柳林镇纪委 · 群工办专员")).to_be_hidden()
    expect(page.get_by_role("link", name="采集核对")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("link", name="采集核对")).to_be_hidden()
    page.get_by_text("菜单").click()
    expect(page.get_by_role("link", name="采集核对")).to_be_visible()


def test_every_shape_of_the_map_is_a_link_for_keyboards_too(visit: Callable[..., Page]) -> None:
    page = visit("map")
    expect(page.locator("path[role=link]")).to_have_count(3)
    expect(page.locator(".mb-map__note")).to_have_text("示意图，不作为划界依据")
    late = page.locator("path[aria-label='<i>黄泥岗村</i>，逾期 10 天']")
    expect(page.locator(".mb-map__label", has_text="逾期 10 天")).to_contain_text(
        "<i>黄泥岗村</i>! 逾期 10 天"
    )
    late.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/case")


def test_the_elder_map_names_only_the_own_village_and_late_ones(visit: Callable[..., Page]) -> None:
    page = visit("map", mode="elder")
    expect(page.locator(".mb-map__label:visible")).to_have_count(2)


def test_a_map_that_does_not_load_points_to_the_list(visit: Callable[..., Page]) -> None:
    expect(visit("lost-map").locator("[data-map-state]")).to_have_text(
        "地图没有打开，请看下面的名单。"
    )


def test_the_argon2_module_works_unbundled_and_agrees_with_the_server(
    visit: Callable[..., Page],
) -> None:
    page = visit("village")
    made = page.evaluate(
        """async () => { const { argon2id } = await import("/static/vendor/noble-hashes/argon2.js");
           return [...argon2id("口令", "salt-salt", { t: 2, m: 256, p: 1, dkLen: 32 })]; }"""
    )
    wanted = hash_secret_raw(
        "口令".encode(),
        b"salt-salt",
        time_cost=2,
        memory_cost=256,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
    assert bytes(made) == wanted


def test_paper_shows_the_content_and_nothing_to_press(visit: Callable[..., Page]) -> None:
    page = visit("case")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="路灯不亮")).to_be_visible()
    expect(page.locator(".mb-rail")).to_be_visible()
    for hidden in (".mb-top__bar", ".mb-btn >> nth=0", ".mb-link >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
