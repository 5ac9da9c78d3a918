"""An officer works through sixty cases without touching the mouse: accept, answer by template, next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import DESK, PHONE, ROOT, Live, press, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COUNT = 60
FILE = """
import os, uuid
os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
import django
django.setup()
from mingbai.accounts import queries as accounts
from mingbai.cases import commands
from mingbai.kernel import scopes
with scopes.enter(scope="350526"):
    officer = accounts.actor_for(accounts.person_by_login("far"))
    for n in range(%d):
        commands.submit_case(
            actor=officer, token=uuid.uuid4(), region="350526101201", source="desk", field="facility",
            title=f"{n + 1} 号路灯不亮", text=f"蔡径村大路边的 {n + 1} 号路灯不亮，晚上看不见路。",
        )
"""


def test_sixty_cases_are_handled_from_the_keyboard(
    live: Live, page_for: Callable[..., Any]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILE % COUNT],
        cwd=ROOT,
        env=live.environment | {"PYTHONPATH": f"{ROOT}:{live.environment.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = page_for("far", DESK)
    page.goto("/desk/cases/templates")
    page.fill("input[name=title]", "路灯修好")
    page.fill("textarea[name=text]", "{村}反映的路灯（{件号}）已经修好，昨晚看过是亮的。")
    press(page, "text=存好")

    page.goto("/desk/cases")
    first, second = (page.locator("[data-row] th a").nth(n) for n in range(2))
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert first.evaluate("link => link === document.activeElement")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("k")
    assert page.locator("[data-row] input:checked").count() == 2
    assert second.is_visible()
    strike(page, "g")
    assert page.locator("h1").inner_text() == "受理 2 件"
    strike(page, "f")
    assert page.locator("h1").inner_text() == "已受理 2 件"
    strike(page, "b")
    page.keyboard.press("j")
    strike(page, "Enter")

    accepted = 0
    for _ in range(COUNT):
        if page.locator("button[data-key=a]").count():
            strike(page, "a")
            accepted += 1
        strike(page, "1")
        strike(page, "f")
        assert "已答复" in page.locator(".mb-flash").inner_text()
        if page.locator("a[data-key=j]").count():
            strike(page, "j")
    assert accepted == COUNT - 2
    page.goto("/desk/cases?who=ours")
    assert "这里没有件" in page.locator("main").inner_text()
    page.goto("/desk/cases?who=ours&state=answered")
    assert page.locator("[data-row]").count() == 30


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_officers_pages_are_accessible(
    live: Live, page_for: Callable[..., Any], size: dict[str, int]
) -> None:
    page = page_for("town", size)
    number = live.number(2)
    found = []
    for address in (
        "/desk/cases?who=all&state=all",
        "/desk/cases/tasks",
        "/desk/cases/templates",
        f"/desk/cases/{number}/beside",
        f"/desk/cases/{number}/sheet",
    ):
        answer = page.goto(address)
        assert answer.status == 200, address
        if sideways(page):
            found.append(f"{address} scrolls by {sideways(page)}")
        found += [f"{address} {v}" for v in violations(page)]
    assert found == []


def test_the_work_list_works_without_scripts(live: Live, page_for: Callable[..., Any]) -> None:
    page = page_for("officer", PHONE, script=False)
    page.goto("/desk/cases")
    page.select_option("#w-field", "road")
    press(page, "main form[role=search] button")
    fields = page.locator("[data-row] td[data-label=领域]").all_inner_texts()
    assert fields
    assert set(fields) == {"道路交通"}
    page.locator("[data-row]", has_text="三组通村路塌了半边").locator("input").check()
    press(page, "button[value=assign]")
    assert page.locator("h1").inner_text() == "交办 1 件"


def test_an_at_sign_offers_the_colleagues_who_may_see_the_case(
    live: Live, page_for: Callable[..., Any]
) -> None:
    page = page_for("town", DESK)
    page.goto(f"/desk/cases/{live.number(1)}/beside")
    page.click("#f-text")
    page.keyboard.type("请@王")
    assert page.locator("[data-name]:visible").all_inner_texts()[0].startswith("王建国")
    page.keyboard.press("Enter")
    assert page.input_value("#f-text") == "请@王建国 "
    page.keyboard.type("看一看")
    press(page, "text=记下")
    assert "告诉了 1 位同事" in page.locator(".mb-flash").inner_text()


def strike(page: Any, key: str) -> None:
    """Press a key and wait for the page that follows."""
    with page.expect_navigation():
        page.keyboard.press(key)
