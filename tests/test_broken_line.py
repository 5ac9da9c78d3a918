"""Twenty photos over a line that breaks: each arrives once, and a reload loses none."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PHONE, press, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
VILLAGE = "350525101202"
UPLOAD = re.compile(r"/photos$")
STATE = "[data-photos-state]"
KEPT = "[data-photos-list] li:not(.add)"


def pictures_in(folder: Path, count: int, first: int = 0) -> list[str]:
    """Draw photos that differ and return where they lie."""
    from mingbai.cli.demo import pictures

    made = []
    for n in range(first, first + count):
        path = folder / f"{n}.jpg"
        path.write_bytes(pictures.draw(("lamp", "road", "water", "trash", "ditch")[n % 5], n))
        made.append(str(path))
    return made


class Line:
    """The line between the phone and the server: ``broken``, or each answer that is ``lost``."""

    def __init__(self, page: Any) -> None:
        self.broken = False
        self.lose_every = 0
        self.tried = 0
        self.page = page
        page.route(UPLOAD, self.answer)

    def answer(self, route: Any) -> None:
        """Let one photo through, or not, or through without its answer."""
        self.tried += 1
        if self.broken:
            route.abort("connectionfailed")
        elif self.lose_every and self.tried % self.lose_every == 0:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    def until(self, words: str) -> None:
        """Press 马上再试 whenever it is there, until the page says ``words``."""
        for _ in range(80):
            self.page.wait_for_function(
                """([words]) => document.querySelector("[data-photos-state]").textContent.includes(words)
                   || document.querySelector("[data-photos] button.mb-link:not([hidden])")""",
                arg=[words],
            )
            if words in self.page.inner_text(STATE):
                return
            self.page.evaluate(
                """() => document.querySelector("[data-photos] button.mb-link:not([hidden])")?.click()"""
            )
        raise AssertionError(self.page.inner_text(STATE))


def begin(page: Any, words: str) -> Line:
    page.goto(f"/v/{VILLAGE}/file")
    page.fill("textarea[name=text]", words)
    return Line(page)


def photos_said(page: Any) -> str:
    press(page, ".mb-bar button.mb-btn >> nth=0")
    found = re.search(r"照片 (\d+) 张", page.inner_text("main"))
    return found[1] if found else ""


def test_twenty_photos_arrive_once_each_though_every_third_answer_is_lost(
    page_for: Callable[..., Any], tmp_path: Path
) -> None:
    page = page_for("", PHONE)
    line = begin(page, "桥头到学校的路坏了一长段，拍了二十张给你们看。")
    line.lose_every = 3
    page.set_input_files("#f-photos", pictures_in(tmp_path, 20))
    line.until("20 张都传好了")
    assert line.tried > 26
    assert page.inner_text("[data-photos-count]") == "20 / 20 张"
    assert sideways(page) == 0
    assert violations(page) == []
    assert photos_said(page) == "20"


def test_a_broken_line_is_told_and_a_reload_loses_nothing(
    page_for: Callable[..., Any], tmp_path: Path
) -> None:
    page = page_for("", PHONE)
    line = begin(page, "后山的护坡又掉了石头，路上躺着两块大的。")
    page.set_input_files("#f-photos", pictures_in(tmp_path, 2))
    line.until("2 张都传好了")
    line.broken = True
    page.set_input_files("#f-photos", pictures_in(tmp_path, 3, 2))
    page.wait_for_selector("text=网断了，还有 3 张没传")
    page.reload()
    page.wait_for_selector("text=网断了，还有 3 张没传")
    assert page.locator(KEPT).count() == 5
    assert page.input_value("textarea[name=text]").startswith("后山的护坡")
    line.broken = False
    line.until("5 张都传好了")
    page.locator(f"{KEPT} .drop").first.click()
    page.wait_for_function(f"document.querySelectorAll('{KEPT}').length === 4")
    assert photos_said(page) == "4"
    page.goto(f"/v/{VILLAGE}/file")
    page.wait_for_selector("text=上次写到一半的")
    assert page.locator(KEPT).count() == 4
    press(page, "text=不要了，另写一件")
    assert page.locator(KEPT).count() == 0
    assert page.input_value("textarea[name=text]") == ""


def test_what_has_not_arrived_goes_with_the_form(
    page_for: Callable[..., Any], tmp_path: Path
) -> None:
    page = page_for("", PHONE)
    line = begin(page, "祠堂门口的石狮子被车撞歪了，怕倒下来砸人。")
    line.broken = True
    page.set_input_files("#f-photos", pictures_in(tmp_path, 2))
    page.wait_for_selector("text=网断了，还有 2 张没传")
    assert photos_said(page) == "2"
    page.goto(f"/v/{VILLAGE}/file")
    assert page.locator(KEPT).count() == 2


def test_a_file_that_is_no_photo_is_named_and_the_others_go_on(
    page_for: Callable[..., Any], tmp_path: Path
) -> None:
    fake = tmp_path / "坏的.jpg"
    fake.write_bytes(b"MZ this is a program, not a photo" * 40)
    page = page_for("", PHONE)
    line = begin(page, "小学围墙外面的电线垂下来了，够得着。")
    page.set_input_files("#f-photos", [str(fake), *pictures_in(tmp_path, 1)])
    line.until("1 张都传好了")
    assert page.locator(KEPT).count() == 1


def test_without_javascript_photos_come_with_the_form_and_can_be_taken_out(
    page_for: Callable[..., Any], tmp_path: Path
) -> None:
    fake = tmp_path / "坏的.jpg"
    fake.write_bytes(b"MZ this is a program, not a photo" * 40)
    page = page_for("", PHONE, script=False)
    page.goto(f"/v/{VILLAGE}/file")
    page.fill("textarea[name=text]", "村口公告栏的玻璃碎了，纸都淋湿了。")
    page.set_input_files("#f-photos", [*pictures_in(tmp_path, 3), str(fake)])
    press(page, ".mb-bar button.mb-btn >> nth=0")
    assert "“坏的.jpg”没有收下" in page.inner_text("main")
    assert "已收到 3 张照片" in page.inner_text("main")
    assert sideways(page) == 0
    page.check("input[name=drop] >> nth=0")
    assert photos_said(page) == "2"


def test_the_position_is_taken_by_a_button_and_only_by_it(
    page_for: Callable[..., Any],
) -> None:
    page = page_for("", PHONE)
    page.context.set_geolocation({"latitude": 25.321084, "longitude": 118.294561, "accuracy": 12})
    page.goto(f"/v/{VILLAGE}/file")
    page.click("text=用我现在的位置")
    page.wait_for_selector("text=没有得到允许")
    page.context.grant_permissions(["geolocation"])
    page.click("text=用我现在的位置")
    page.wait_for_selector("text=已带上位置，误差约 12 米")
    assert page.input_value("input[name=lat]") == "25.32108"
    page.fill("textarea[name=text]", "这里的井盖不见了，旁边没有围起来。")
    press(page, ".mb-bar button.mb-btn >> nth=0")
    assert "已带上你取的位置" in page.inner_text("main")
    page.goto(f"/v/{VILLAGE}/file")
    assert page.input_value("input[name=lon]") == "118.29456"
    page.click("text=不带位置")
    assert page.input_value("input[name=lat]") == ""
