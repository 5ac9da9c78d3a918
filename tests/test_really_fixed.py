"""Until it is really fixed: unsatisfied, late twice, up to the county, urged, solved, satisfied.

In a real browser, with the product's own clock: days pass by setting it, and the worker's tick runs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import DESK, PHONE, ROOT, Live, press, seeded, serving, sideways, windows

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
VILLAGE = "350525101201"
MONDAY = "2026-11-23 09:00"
_TICK = """
import sys
from datetime import datetime
import django
django.setup()
from mingbai.cases import commands
from mingbai.kernel import scopes
with scopes.enter(scope="350525", at=datetime.fromisoformat(sys.argv[1])):
    while commands.escalate_overdue("350525"):
        pass
"""


class Days:
    """A live server whose clock stands where the test puts it."""

    def __init__(self, live: Live, file: Path) -> None:
        self.live = live
        self.file = file

    def set(self, text: str) -> None:
        """Put the clock to a time in Shanghai, and let the worker look at the cases then."""
        moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
        self.file.write_text(moment.isoformat(), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-c", _TICK, moment.isoformat()],
            cwd=ROOT,
            env=self.live.environment | {"DJANGO_SETTINGS_MODULE": "mingbai.config.settings"},
            check=True,
        )


@pytest.fixture
def days(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Days]:
    """Serve a county of its own, on a Monday in November."""
    environment = seeded(request.config, "days", tmp_path)
    file = tmp_path / "now"
    file.write_text(f"{MONDAY.replace(' ', 'T')}+08:00", encoding="utf-8")
    command = [sys.executable, str(ROOT / "tests" / "pinned_web.py"), str(file)]
    port = environment["MINGBAI_PORT"]
    with serving(environment | {"PYTHONPATH": str(ROOT)}, [*command, port]) as live:
        yield Days(live, file)


@pytest.fixture
def window(browser: Any, days: Days) -> Iterator[Callable[..., Any]]:
    """Give a function that opens a window on that server."""
    with windows(browser, days.live) as make:
        yield make


def file_it(page: Any) -> str:
    """File as a villager who gives a phone; return the case's number."""
    page.goto(f"/v/{VILLAGE}/file")
    page.fill("textarea[name=text]", "祠堂后面的水管爆了，水流了一整夜，老人走过差点滑倒。")
    press(page, ".mb-bar button.mb-btn >> nth=0")
    page.fill("input[name=phone]", "13800001111")
    press(page, ".mb-bar button.mb-btn >> nth=0")
    code = re.search(r"验证码是 (\d{6})", page.inner_text("body"))
    assert code is not None
    page.fill("input[name=code]", code.group(1))
    press(page, ".mb-bar button.mb-btn >> nth=0")
    return str(page.url.rsplit("/", 1)[1])


def handle(page: Any, number: str, words: str) -> None:
    """Accept, begin and answer from the desk."""
    page.goto(f"/desk/cases/{number}")
    press(page, "button:has-text('受理')")
    press(page, "button:has-text('开始办理')")
    page.fill("#f-answer", words)
    press(page, "button:has-text('答复群众')")


def seen(page: Any, number: str) -> str:
    """Return what the villager's page of the case says; it fits the phone."""
    page.goto(f"/c/{number}")
    assert sideways(page) == 0
    return str(page.inner_text("main"))


def test_a_case_is_kept_alive_until_it_is_really_fixed(
    window: Callable[..., Any], days: Days
) -> None:
    villager = window("", PHONE)
    number = file_it(villager)
    said = seen(villager, number)
    for words in ("等村里受理", "还剩 2 个工作日", "石鼓村村委会", "你提交"):
        assert words in said

    days.set("2026-11-23 10:30")
    handle(window("officer", DESK), number, "已经请水管工到现场，把爆管处用胶带缠好，不漏了。")
    said = seen(villager, number)
    for words in ("已答复，等你评价", "用胶带缠好", "王建国"):
        assert words in said

    days.set("2026-11-23 15:00")
    villager.check("input[name=score][value=unsatisfied]", force=True)
    villager.fill("#rate textarea", "胶带两个钟头就冲开了，还在漏")
    press(villager, "text=交评价")
    said = seen(villager, number)
    for words in (
        "已升到镇里，等受理",
        "五里街镇人民政府",
        "由石鼓村村委会首接",
        "你不满意，退回重办",
        "胶带两个钟头就冲开了",
        "还剩 2 个工作日",
        "再自动升到县里",
    ):
        assert words in said

    days.set("2026-11-25 18:30")
    said = seen(villager, number)
    assert "到期没办完，已催办" in said
    assert "已催五里街镇人民政府" in said
    assert "超" in villager.inner_text(".mb-state")
    days.set("2026-11-26 18:30")
    assert "还没办完，已督办" in seen(villager, number)

    days.set("2026-11-27 18:30")
    said = seen(villager, number)
    for words in (
        "已升到县里，等受理",
        "超时未办，自动升到县里",
        "永春县水利局",
        "还剩 3 个工作日",
    ):
        assert words in said

    days.set("2026-12-02 18:30")
    assert "已催永春县水利局" in seen(villager, number)
    days.set("2026-12-03 18:30")
    said = seen(villager, number)
    assert "已督促永春县水利局，已报永春县受理中心" in said
    assert said.count("已督办") == 2

    days.set("2026-12-04 09:00")
    department = window("department", DESK)
    department.goto("/inbox")
    assert "督办：这件还没办完" in department.inner_text("main")
    handle(
        department, number, "今天上午换了 3 米 PE 管和一个接头，试水一小时不漏，路面青苔已铲掉。"
    )
    said = seen(villager, number)
    for words in ("换了 3 米 PE 管", "李工", "已答复，等你评价"):
        assert words in said

    days.set("2026-12-04 16:00")
    villager.check("input[name=score][value=satisfied]", force=True)
    press(villager, "text=交评价")
    said = seen(villager, number)
    for words in ("已办结", "你评价", "满意"):
        assert words in said
    heads = villager.locator(".mb-rail h3").all_inner_texts()
    steps = [head.split("\n")[1] for head in reversed(heads)]
    assert [step for step in steps if "提醒" not in step] == [
        "你提交",
        "村里受理",
        "村里开始办理",
        "村里答复",
        "你评价",
        "你不满意，退回重办",
        "到期没办完，已催办",
        "还没办完，已督办",
        "超时未办，自动升到县里",
        "到期没办完，已催办",
        "还没办完，已督办",
        "县里受理",
        "县里开始办理",
        "县里答复",
        "你评价",
        "县里办结",
    ]

    villager.goto("/inbox")
    told = villager.inner_text("main")
    for title in (
        "已受理",
        "已答复，请你评价",
        "退回重办",
        "到期没办完，已催办",
        "已升级",
        "已办结",
    ):
        assert title in told
    assert sideways(villager) == 0
