"""The two shells, the macros and the error page as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, TemplateRuntimeError

from mingbai.kernel.jinja import environment
from mingbai.kernel.paging import Page
from tools import frontend

ROOT = Path(__file__).resolve().parents[3]
KERNEL = ROOT / "mingbai" / "kernel" / "templates"
SITE = {"operator": "云岭县农业农村局", "supervisor": "云岭县纪委监委", "phone": "0700-12388"}
STAFF = {
    "person": "赵卫东",
    "post": "柳林镇党政综合办 · 信息专员",
    "home_url": "/desk/",
    "switch_url": "/post/",
    "posts": [(1, "柳林镇党政综合办 · 信息专员", True), (2, "柳林镇纪委 · 群工办专员", False)],
    "search_url": "/q/",
    "notices_url": "/n/",
    "notices": 3,
    "links": [("/me/", "我的账户")],
    "logout_url": "/out/",
    "today": date(2026, 11, 20),
}
NAV = [("/desk/", "inbox", "今天要办", 23, True), ("/cases/", "clipboard-text", "诉求件", 0, False)]
VILLAGER = (
    '{% extends "kernel/villager.html" %}{% import "kernel/macros.html" as m %}'
    "{% block heading %}路灯<b>不亮</b>{% endblock %}{% block main %}<p>正文</p>{% endblock %}"
)
DESK = (
    '{% extends "kernel/staff.html" %}{% block heading %}今天要办{% endblock %}'
    "{% block crumb %}柳林镇{% endblock %}{% block main %}<p>正文</p>{% endblock %}"
)


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("build")
    frontend.build(ROOT / "node_modules", out)
    return out


@pytest.fixture(autouse=True)
def plain_static(parts: Path) -> Iterator[None]:
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(BUILD=parts, STORAGES=plain):
        yield


def pages(**own: str) -> Environment:
    return environment(loader=ChoiceLoader([DictLoader(own), FileSystemLoader(KERNEL)]))


def page(text: str, request: HttpRequest | None = None, **context: Any) -> str:
    context = {"site": SITE} | context
    if request is not None:
        context |= {"request": request, "csrf_input": ""}
    return pages(own=text).get_template("own").render(context)


def macro(call: str, **context: Any) -> str:
    text = '{% import "kernel/macros.html" as m %}{{ ' + call + " }}"
    return re.sub(r"\s+", " ", pages(own=text).get_template("own").render(context)).strip()


def get(address: str = "/", mode: str = "") -> HttpRequest:
    request = RequestFactory().get(address)
    if mode:
        request.COOKIES["mode"] = mode
    return request


@dataclass
class Notice:
    text: str
    level_tag: str

    def __str__(self) -> str:
        return self.text


# ---- a villager's page ----


def test_the_heading_is_also_the_title() -> None:
    shown = page(VILLAGER, get())
    assert "<title>路灯不亮 · 明白</title>" in shown
    assert "<h1>路灯<b>不亮</b></h1>" in shown


def test_a_page_without_a_heading_is_an_error() -> None:
    with pytest.raises(TemplateRuntimeError):
        page('{% extends "kernel/villager.html" %}{% block main %}{% endblock %}', get())


def test_elder_mode_comes_from_the_cookie() -> None:
    assert 'data-mode="elder"' not in page(VILLAGER, get(mode="plain"))
    shown = page(VILLAGER, get(mode="elder"))
    assert '<html lang="zh-CN" data-mode="elder">' in shown
    assert "普通版" in shown
    assert "mode=plain" in shown


def test_the_switch_of_mode_works_without_scripts_and_keeps_the_search() -> None:
    assert 'href="?q=%E7%9F%B3%E6%A1%A5&amp;mode=elder"' in page(VILLAGER, get("/?q=石桥"))


def test_the_back_link_is_the_page_s_own_or_the_wordmark() -> None:
    assert '<a class="mb-logo" href="/">明白</a>' in page(VILLAGER, get())
    shown = page(VILLAGER + '{% set back = ("/v/1/", "石桥村") %}', get())
    assert re.search(r'<a href="/v/1/"><svg[^>]*>.*?</svg>石桥村</a>', shown)


def test_the_bar_appears_only_with_something_to_do() -> None:
    assert "data-bar" not in page(VILLAGER, get())
    shown = page(
        VILLAGER + '{% block bar %}<button class="mb-btn">交给村里办</button>{% endblock %}', get()
    )
    assert '<div class="mb-page" data-bar>' in shown
    assert shown.count("交给村里办") == 1


def test_the_foot_says_who_looks_after_the_site() -> None:
    shown = page(VILLAGER, get(), site=SITE | {"links": [("/a11y/", "无障碍说明")]})
    assert "主办：云岭县农业农村局" in shown
    assert "监督：云岭县纪委监委" in shown
    assert '<a href="tel:0700-12388">0700-12388</a>' in shown
    assert '<a href="/a11y/">无障碍说明</a>' in shown


def test_notices_are_shown_once_with_a_sign_and_escaped() -> None:
    shown = page(VILLAGER, get(), messages=[Notice("已催办", "success"), Notice("<i>", "error")])
    assert shown.count('role="status"') == 1
    assert 'data-k="ok"' in shown
    assert "&lt;i&gt;" in shown


# ---- a staff page ----


def test_the_staff_frame_shows_post_menu_and_counts() -> None:
    shown = page(DESK, get(), side="gov", nav=NAV, staff=STAFF)
    assert '<body data-side="gov">' in shown
    assert '<a href="/desk/" aria-current="page">' in shown
    assert '<b>23<span class="sr">件</span></b>' in shown
    assert "2026年11月20日 周五" in shown
    assert shown.count('action="/post/"') == 2
    assert '<form method="post" action="/out/">' in shown


def test_a_discipline_post_has_the_red_bar() -> None:
    assert '<body data-side="sup">' in page(DESK, get(), side="sup", nav=NAV, staff=STAFF)


def test_nobody_signed_in_sees_only_the_wordmark() -> None:
    shown = page(DESK, get(), side="gov", nav=(), staff=None)
    assert "data-alone" in shown
    assert "st-nav" not in shown
    assert "st-menu" not in shown


def test_without_search_and_notices_their_places_stay_empty() -> None:
    shown = page(DESK, get(), nav=NAV, staff=STAFF | {"search_url": "", "notices_url": ""})
    assert "st-search" not in shown
    assert "通知" not in shown


# ---- error pages ----


def test_the_error_page_needs_nothing_but_its_sentence() -> None:
    trouble = {"status": 503, "title": "暂时连不上", "sentence": "稍后刷新再交。"}
    shown = pages().get_template("kernel/error.html").render(trouble=trouble)
    assert "<h1>暂时连不上</h1>" in shown
    assert "稍后刷新再交。" in shown
    assert '<a class="mb-btn" href="">再试一次</a>' in shown
    assert "<script" not in shown


def test_an_error_page_shows_one_way_on() -> None:
    trouble = {"status": 403, "title": "这一步办不了", "sentence": "这件不在你手里。"}
    template = pages().get_template("kernel/error.html")
    assert '<a class="mb-btn" href="/">回首页</a>' in template.render(trouble=trouble)
    assert '<a class="mb-btn" href="/q/">去登录</a>' in template.render(
        trouble=trouble, way=("/q/", "去登录")
    )
    assert 'data-mode="elder"' in template.render(trouble=trouble, elder=True)


# ---- macros ----


def test_a_rail_breaks_its_line_around_a_skipped_step() -> None:
    steps = [
        {"s": "done", "title": "提议"},
        {"s": "skip", "title": "审议", "strong": "没有记录"},
        {"s": "todo", "title": "公开"},
    ]
    shown = macro("m.rail(steps)", steps=steps)
    assert '<li data-s="done" data-gap>' in shown
    assert '<span class="sr">跳过：</span>审议' in shown
    assert '<b class="t-bad">没有记录</b>' in shown
    assert '<li data-s="todo">' in shown


def test_a_rail_escapes_what_people_wrote() -> None:
    assert "<script>" not in macro(
        "m.rail(s)", s=[{"s": "now", "title": "<script>", "text": "<script>"}]
    )


@pytest.mark.parametrize(("used", "width"), [(0, "0"), (3, "60"), (5, "100"), (9, "100")])
def test_the_clock_never_runs_over_its_bar(used: int, width: str) -> None:
    shown = macro('m.clock_bar(u, 5, "warn", "期限")', u=used)
    assert f'<rect width="{width}%"' in shown
    assert f'aria-label="5 个工作日，已用 {used} 个"' in shown


def test_a_field_carries_its_error_and_hint() -> None:
    shown = macro(
        'm.field("phone", "手机号", "138", type="tel", error="少了 8 位", hint="办理人会打给你")'
    )
    assert 'aria-invalid="true" aria-describedby="f-phone-error f-phone-hint"' in shown
    assert '<p class="mb-err" id="f-phone-error">' in shown
    assert '<label class="mb-label" for="f-phone">' in shown


def test_a_field_without_trouble_has_no_marks() -> None:
    shown = macro('m.field("name", "姓名", attrs={"autocomplete": "name"})')
    assert (
        '<input class="mb-field" type="text" value="" id="f-name" name="name" autocomplete="name">'
        in shown
    )


def test_a_textarea_keeps_a_leading_line_break() -> None:
    text = '{% import "kernel/macros.html" as m %}{{ m.textarea("text", "情况", v) }}'
    shown = pages(own=text).get_template("own").render(v="\n第二行")
    assert ">\n\n第二行</textarea>" in shown


def test_select_and_tiles_remember_the_choice() -> None:
    options = [("road", "道路交通", "road"), ("water", "吃水用水", "droplet")]
    assert 'value="water" checked>' in macro('m.tiles("field", o, "water")', o=options)
    pairs = [(1, "一"), (2, "二")]
    assert '<option value="2" selected>二</option>' in macro('m.select("n", "几", p, "2")', p=pairs)


def test_the_pager_goes_on_by_key_and_back_to_the_start() -> None:
    first = macro("m.pager(r, p)", r=get("/?field=road"), p=Page([], "k2"))
    assert 'href="?field=road&amp;after=k2"' in first
    assert "回第一页" not in first
    last = macro("m.pager(r, p)", r=get("/?field=road&after=k2"), p=Page([], ""))
    assert 'href="?field=road"' in last
    assert "下一页" not in last
    assert macro("m.pager(r, p)", r=get(), p=Page([], "")) == ""


def test_a_refusal_shows_the_reason_and_the_right_door() -> None:
    shown = macro(
        'm.refusal("村里不能判。", "要走法院。", door=("/m/", "请调解员"), disagree=("/no/", "我不同意"))'
    )
    assert "<b>要走法院。</b>村里不能判。" in shown
    assert '<a class="mb-btn" href="/m/">请调解员</a>' in shown
    assert 'data-k="quiet"' in shown
    assert "mb-do" not in macro('m.refusal("村里不能判。")')


def test_only_a_checked_and_published_number_is_ruled() -> None:
    assert "mb-ruled" not in macro('m.one("村里花了", "18,236.00", "元")')
    assert '<span class="mb-ruled">18,236.00</span>' in macro(
        'm.one("村里花了", "18,236.00", "元", ruled=true)'
    )


def test_parts_of_a_sum_fill_the_bar() -> None:
    shown = macro("m.split(p)", p=[("公益", 30, "30 元"), ("管理", 10, "10 元")])
    assert '<rect class="q5" x="0" width="74.4" height="10"/>' in shown
    assert '<rect class="q3" x="75.0" width="25.0" height="10"/>' in shown
    assert "rect" not in macro("m.split(p)", p=[("公益", 0, "0 元")])


def test_a_phone_number_can_be_called() -> None:
    assert 'href="tel:07006260133"' in macro('m.holder("赵卫东", "综合办", "0700-626-0133")')
    assert "tel:" not in macro('m.holder("赵卫东", "综合办")')
