"""A case goes round between offices in a real browser, and the supervising office sees and urges it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import DESK, PHONE, ROOT, Live, press, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
TITLE = "祠堂后面的挡墙裂了一道大缝"
FILED = f"""
import django
django.setup()
import uuid
from mingbai.accounts import queries as accounts
from mingbai.accounts.models import Person
from mingbai.cases import commands
from mingbai.kernel import scopes
with scopes.enter(scope="350525"):
    number = commands.submit_case(
        actor=accounts.actor_for(Person.objects.get(name="苏大伯").pk),
        token=uuid.uuid4(),
        region="350525101201",
        title="{TITLE}",
        text="祠堂后面的挡墙裂了一道大缝，下雨天有石头掉下来，下面是村里人走的路。",
        field="road",
    )
    officer = accounts.person_by_login("officer")
    post = accounts.posts_today(officer)[0]
    commands.accept(
        actor=accounts.actor_for(officer, post.id), county="350525", number=number, version=1
    )
print(number)
"""


@pytest.fixture
def number(live: Live) -> str:
    """File a case that the village has accepted, and return its number."""
    done = subprocess.run(
        [sys.executable, "-c", FILED],
        cwd=ROOT,
        env=live.environment | {"DJANGO_SETTINGS_MODULE": "mingbai.config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def hand_on(page: Any, number: str, receiver: str, *, asked: bool) -> None:
    """Hand the case on by the form; where the page asks, tick and do it all the same."""
    page.goto(f"/desk/cases/{number}")
    form = f"form[action='/desk/cases/{number}/assign']"
    if not page.locator(form).is_visible():
        page.click("summary:has-text('交办')")
    page.select_option(f"{form} select", label=receiver)
    press(page, f"{form} button[type=submit]")
    if asked:
        assert "还没有交办" in page.inner_text(form)
        assert page.input_value(f"{form} select") != ""
        page.check(f"{form} input[name=knowing]", force=True)
        press(page, f"{form} button[type=submit]")
    assert "还没有交办" not in page.inner_text("main")


@pytest.mark.parametrize("script", [True, False], ids=["with-javascript", "without"])
def test_a_case_that_goes_round_stands_on_the_supervisors_page_and_is_urged(
    page_for: Callable[..., Any], number: str, *, script: bool
) -> None:
    for who, receiver, asked in (
        ("officer", "五里街镇人民政府", False),
        ("town", "永春县水利局", False),
        ("department", "永春县受理中心", True),
        ("intake", "五里街镇人民政府", True),
    ):
        hand_on(page_for(who, DESK, script=script), number, receiver, asked=asked)

    page = page_for("discipline", DESK, script=script)
    page.goto("/desk/supervision?which=marked&mark=ping_pong")
    row = page.locator("tr", has_text=number)
    assert "转手 4 次，经过 4 个单位" in row.inner_text()
    assert "又回到五里街镇人民政府" in row.inner_text()
    if script:
        page.keyboard.press("2")
        page.wait_for_url("**which=late**")
        page.go_back()
    press(page, f"tr:has-text('{number}') a")
    assert "永春县受理中心" in page.inner_text(".cs-mark >> nth=0")
    form = f"form[action='/desk/supervision/{number}/press']"
    page.fill(f"{form} textarea", "请五里街镇今天定下由谁修，周五前围起来。")
    press(page, f"{form} button")
    assert "已督办，群众看得到。" in page.inner_text("main")
    assert "已经督办过" in page.inner_text("main")

    anyone = page_for("", PHONE, script=script)
    anyone.goto(f"/c/{number}")
    said = anyone.inner_text("main")
    assert "监督单位督办" in said
    assert "永春县纪委监委 郑安：请五里街镇今天定下由谁修，周五前围起来。" in said


def test_a_poor_answer_is_mended_in_the_browser(page_for: Callable[..., Any], number: str) -> None:
    page = page_for("officer", DESK)
    page.goto(f"/desk/cases/{number}")
    press(page, f"form[action='/desk/cases/{number}/start'] button")
    form = f"form[action='/desk/cases/{number}/answer']"
    page.fill(f"{form} textarea", "我们高度重视，将认真研究，尽快处理。")
    press(page, f"{form} button[type=submit]")
    assert "答复敷衍" in page.inner_text(form)
    assert violations(page) == []
    assert page.input_value(f"{form} textarea") == "我们高度重视，将认真研究，尽快处理。"
    page.fill(f"{form} textarea", "昨天拉了钢丝网 20 米，请人打了两根支撑柱，王建国验收。")
    press(page, f"{form} button[type=submit]")
    assert "已答复" in page.inner_text("main")


def test_the_supervising_pages_are_accessible_on_a_desk_and_on_a_phone(
    page_for: Callable[..., Any], number: str
) -> None:
    found = []
    for who in ("town", "discipline"):
        page = page_for(who, DESK)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            for address in ("", "?which=due", "/bodies", f"/{number}"):
                answer = page.goto(f"/desk/supervision{address}")
                assert answer.status == 200, address
                if sideways(page):
                    found.append(f"{address} {size['width']} scrolls by {sideways(page)}")
                found += [f"{address} {size['width']} {v}" for v in violations(page)]
    assert found == []
