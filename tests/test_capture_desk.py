"""The clerk's day in a browser: many at once by keyboard, a second reading, going through the groups."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import DESK, PHONE, ROOT, Live, press, shoot, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAGES = (
    "/capture/review",
    "/capture/review?place=350525101000&kind=request",
    "/capture/review/second",
    "/capture/review/disputes",
    "/capture/review/done",
    "/capture/patrol",
    "/capture/patrol?which=all",
    "/capture/patrol/figures",
    "/capture/groups",
    "/capture/keeping",
)


def talk(live: Live, name: str, groups: int) -> None:
    """Let groups named after the test talk, and a second clerk be appointed."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "capture_talk.py"), name, str(groups)],
        cwd=ROOT,
        env=live.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def strike(page: Any, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def waiting(page: Any) -> int:
    words = page.locator("h2", has_text="拿不准的").inner_text()
    return int("".join(c for c in words if c.isdigit()))


def test_several_are_ticked_by_keyboard_ruled_on_and_taken_back(
    live: Live, page_for: Callable[..., Any]
) -> None:
    talk(live, "批量", 3)
    page = page_for("clerk", DESK)
    page.goto("/capture/review")
    before = waiting(page)
    assert page.locator("[data-batch-bar]").is_hidden()
    page.keyboard.press("x")
    strike(page, "j")
    strike(page, "j")
    page.keyboard.press("x")
    assert page.locator("[data-batch-count]").inner_text() == "勾了 2 条，一起："
    shoot(page, "review-batch")
    strike(page, "d")
    assert page.locator("main").get_by_text("已记为闲聊 2 条。").is_visible()
    assert waiting(page) == before - 2
    assert page.locator("[data-batch-bar]").is_hidden()
    strike(page, "z")
    assert page.locator("main").get_by_text("已撤销 2 条，请重新核对。").is_visible()
    assert waiting(page) == before


def test_one_that_another_clerk_took_meanwhile_is_named(
    live: Live, page_for: Callable[..., Any]
) -> None:
    talk(live, "同时", 2)
    mine, other = page_for("clerk", DESK), page_for("clerk2", DESK)
    for page in (mine, other):
        page.goto("/capture/review")
    title = mine.locator("[data-here] .sr").inner_text().removeprefix("勾选：")
    mine.keyboard.press("x")
    strike(other, "5")
    strike(mine, "a")
    warned = mine.locator(".mb-flash", has_text="没有处理")
    assert title in warned.inner_text()
    other.goto("/capture/review")
    strike(other, "z")


def test_small_kinds_follow_the_field_and_another_number_is_typed(
    live: Live, page_for: Callable[..., Any]
) -> None:
    talk(live, "小类", 1)
    page = page_for("clerk", DESK)
    page.goto("/capture/review")
    page.select_option("#field", "water")
    assert page.locator("#sub option").all_inner_texts()[:3] == ["不细分", "停水", "水质"]
    page.select_option("#sub", "outage")
    page.select_option("#field", "power")
    assert page.input_value("#sub") == ""
    page.keyboard.press("Escape")
    page.locator("#rv-h").click()
    page.keyboard.press("6")
    page.keyboard.type("99999")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "你的范围里没有件号" in page.locator(".mb-flash").inner_text()


def test_two_clerks_differ_and_one_of_them_gives_way(
    live: Live, page_for: Callable[..., Any]
) -> None:
    talk(live, "复核", 2)
    first, second = page_for("clerk", DESK), page_for("clerk2", DESK)
    first.goto("/capture/review?q=变压器")
    strike(first, "5")  # against a machine that was sure: always drawn
    second.goto("/capture/review/second")
    while "变压器" not in second.locator(".chat [data-on]").first.inner_text():
        strike(second, "5")  # what other tests dismissed
    assert "周敏" not in second.locator("main").inner_text()
    shoot(second, "second-reading")
    strike(second, "1")
    assert "和核对人不一致" in second.locator(".mb-flash").inner_text()
    first.goto("/capture/review/disputes")
    assert "蔡晓燕" in first.locator("main").inner_text()
    press(first, "text=以复核为准")
    assert "已定以复核为准，原来的核对已经改过来。" in first.locator("main").inner_text()
    first.goto("/capture/review/done")
    assert first.locator("main table").nth(1).get_by_text("已撤销").count() >= 1


def test_groups_are_gone_through_by_keyboard_and_a_missed_request_is_filed(
    live: Live, page_for: Callable[..., Any]
) -> None:
    talk(live, "巡群", 2)
    page = page_for("clerk2", DESK)
    page.goto("/capture/patrol")
    shoot(page, "patrol")
    strike(page, "n")
    name = page.locator("h1").inner_text()
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-picked]").inner_text() == "勾了 1 句"
    page.select_option("#kind", "question")
    page.keyboard.press("Escape")
    shoot(page, "patrol-talk")
    page.locator("#pk-h").click()
    strike(page, "1")
    assert "已立件，件号" in page.locator(".mb-flash").inner_text()
    assert page.locator("h1").inner_text() == name
    assert page.locator(".pt-line").first.get_by_text("已立件").count() == 1
    strike(page, "r")
    assert page.locator("h1").inner_text() != name
    page.goto("/capture/patrol")
    assert page.locator("main table").get_by_text(name, exact=True).count() == 0


def test_the_desk_works_without_a_script(live: Live, page_for: Callable[..., Any]) -> None:
    talk(live, "无脚本", 2)
    page = page_for("clerk", DESK, script=False)
    page.goto("/capture/review")
    before = waiting(page)
    for n in range(2):
        page.locator("[data-batch] input[type=checkbox]").nth(n).check()
    press(page, "text=都不立件")
    assert waiting(page) == before - 2
    press(page, "button:has-text('撤销')")
    assert waiting(page) == before
    page.goto("/capture/patrol")
    press(page, "text=从第一个看起")
    press(page, "text=读完，看下一个群")


def test_the_clerks_pages_are_accessible_and_never_scroll_sideways(
    live: Live, page_for: Callable[..., Any]
) -> None:
    talk(live, "看页", 2)
    page = page_for("clerk", DESK)
    found = []
    page.goto("/capture/patrol?which=all")
    group = str(page.locator("main table a").first.get_attribute("href"))
    number = group.rsplit("/", 1)[1]
    pages = (*PAGES, group, f"/capture/groups/{number}", f"/capture/groups/{number}/notice")
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        for address in pages:
            answer = page.goto(address)
            assert answer.status == 200, address
            if sideways(page):
                found.append(f"{address} {size['width']} scrolls by {sideways(page)}")
            found += [f"{address} {size['width']} {v}" for v in violations(page)]
    assert found == []


def test_what_a_finger_hits_on_a_phone_is_44_high(live: Live, page_for: Callable[..., Any]) -> None:
    talk(live, "手指", 1)
    page = page_for("clerk", PHONE)
    small = []
    page.goto("/capture/patrol?which=all")
    group = page.locator("main table a").first.get_attribute("href")
    for address in ("/capture/review", "/capture/review/second", group):
        page.goto(address)
        for summary in page.locator("main summary").all():
            if summary.is_visible():
                summary.click()
        sizes = page.evaluate(
            """() => [...document.querySelectorAll("main :is(button, select, .st-field, .rv-tick, .rv-check, summary)")]
                .filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 43.5)
                .map((e) => e.outerHTML.slice(0, 80) + " " + e.getBoundingClientRect().height)"""
        )
        small += [f"{address} {s}" for s in sizes]
    assert small == []
