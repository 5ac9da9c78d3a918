"""The main job in a real browser: a villager files, an officer handles, the villager rates."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DESK, PHONE, press, shoot, sideways

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
VILLAGE = "/v/350525101201"


def picture(folder: Path, name: str, subject: str) -> str:
    """Draw a photo and return where it lies."""
    from mingbai.cli.demo import pictures

    path = folder / name
    path.write_bytes(pictures.draw(subject, 3))
    return str(path)


def test_a_villager_files_with_a_photo_and_rates_the_answer_of_the_officer(
    page_for: Callable[..., Any], tmp_path: Path
) -> None:
    villager = page_for("", PHONE)
    villager.goto("/")
    assert sideways(villager) == 0
    villager.fill("input[name=q]", "石鼓")
    villager.press("input[name=q]", "Enter")
    press(villager, "text=石鼓村")
    shoot(villager, "villager-home")
    villager.click("text=我要反映")
    villager.fill(
        "textarea[name=text]",
        "祠堂后面的水管爆了，水流了一整夜，路面都结了青苔，老人走过差点滑倒。",
    )
    villager.set_input_files("input[name=photos]", picture(tmp_path, "a.jpg", "water"))
    shoot(villager, "file-case")
    press(villager, ".mb-bar button.mb-btn >> nth=0")
    villager.fill("input[name=phone]", "13800001111")
    press(villager, ".mb-bar button.mb-btn >> nth=0")
    code = re.search(r"验证码是 (\d{6})", villager.inner_text("body"))
    assert code is not None
    villager.fill("input[name=code]", code.group(1))
    press(villager, ".mb-bar button.mb-btn >> nth=0")
    number = villager.url.rsplit("/", 1)[1]

    officer = page_for("officer", DESK)
    officer.goto(f"/desk/cases/{number}")
    assert "祠堂后面的水管爆了" in officer.inner_text("main")
    press(officer, "button:has-text('受理')")
    press(officer, "button:has-text('开始办理')")
    officer.fill(
        "#f-answer", "今天上午请水管工换了 3 米 PE 管和一个接头，试水一小时不漏，青苔已经铲掉。"
    )
    officer.set_input_files("#f-answer-after", picture(tmp_path, "b.jpg", "water-after"))
    press(officer, "button:has-text('答复')")

    villager.goto(f"/c/{number}")
    assert "换了 3 米 PE 管" in villager.inner_text("main")
    villager.check("input[name=score][value=satisfied]", force=True)
    press(villager, "button:has-text('评')")
    assert "满意" in villager.inner_text("main")
    assert sideways(villager) == 0
