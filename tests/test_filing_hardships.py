"""What goes wrong when people file: no script, bad photos, double clicks, codes that are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PHONE, press

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
VILLAGE = "350525101202"


def to_the_code(page: Any, words: str, phone: str) -> None:
    page.goto(f"/v/{VILLAGE}/file")
    page.fill("textarea[name=text]", words)
    press(page, ".mb-bar button.mb-btn >> nth=0")
    page.fill("input[name=phone]", phone)
    press(page, ".mb-bar button.mb-btn >> nth=0")


def code_on(page: Any) -> str:
    found = re.search(r"验证码是 (\d{6})", page.inner_text("body"))
    assert found is not None
    return found.group(1)


def test_a_case_is_filed_without_javascript(page_for: Callable[..., Any]) -> None:
    page = page_for("", PHONE, script=False)
    to_the_code(page, "村部门口的公厕没有水冲，门也关不上，老人去赶圩都不方便。", "13800003331")
    page.fill("input[name=code]", code_on(page))
    press(page, ".mb-bar button.mb-btn >> nth=0")
    assert re.search(r"/c/350525-\d{4}-\d{5}$", page.url)


def test_a_wrong_code_keeps_what_was_written(page_for: Callable[..., Any]) -> None:
    page = page_for("", PHONE)
    to_the_code(page, "小学门口早上车子乱停，孩子要绕到马路中间走，很危险。", "13800003332")
    right = code_on(page)
    page.fill("input[name=code]", "000000" if right != "000000" else "111111")
    press(page, ".mb-bar button.mb-btn >> nth=0")
    assert "验证码" in page.inner_text("main")
    page.fill("input[name=code]", right)
    press(page, ".mb-bar button.mb-btn >> nth=0")
    assert "小学门口早上车子乱停" in page.inner_text("main")


def test_a_photo_that_is_no_photo_is_refused_and_the_words_stay(
    page_for: Callable[..., Any], tmp_path: Path
) -> None:
    fake = tmp_path / "photo.jpg"
    fake.write_bytes(b"MZ this is a program, not a photo" * 40)
    page = page_for("", PHONE, script=False)
    page.goto(f"/v/{VILLAGE}/file")
    page.fill("textarea[name=text]", "后山那条机耕路下雨就塌，三轮车开不上去。")
    page.set_input_files("input[name=photos]", str(fake))
    press(page, ".mb-bar button.mb-btn >> nth=0")
    assert "不是照片" in page.inner_text("main")
    assert page.input_value("textarea[name=text]") == "后山那条机耕路下雨就塌，三轮车开不上去。"


def test_sending_the_same_form_twice_makes_one_case(page_for: Callable[..., Any]) -> None:
    page = page_for("", PHONE)
    to_the_code(page, "水渠边的护栏倒了一段，晚上看不见容易掉下去。", "13800003333")
    page.fill("input[name=code]", code_on(page))
    press(page, ".mb-bar button.mb-btn >> nth=0")
    number = page.url
    page.go_back()
    page.wait_for_load_state()
    again = page.locator("input[name=code]")
    if again.count():
        again.fill("123456")
        press(page, ".mb-bar button.mb-btn >> nth=0")
    page.goto("/mine")
    links = [a.get_attribute("href") for a in page.locator("main a[href*='/c/350525']").all()]
    assert links == ["/c/" + number.rsplit("/", 1)[1]]
