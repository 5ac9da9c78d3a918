"""The citizen's side in a real browser: a neighbour confirms on the spot, an officer files at the counter."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DESK, PHONE, ROOT, Live, press, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
VILLAGE = "350525101201"


def sign_in(page: Any, phone: str) -> None:
    """Sign a villager in by the code that the demo shows."""
    page.goto("/phone")
    page.fill("input[name=phone]", phone)
    press(page, "main form button >> nth=0")
    code = re.search(r"(?<!\d)(\d{6})(?!\d)", page.inner_text("main"))
    assert code is not None
    page.fill("input[name=code]", code.group(1))
    press(page, "main form button >> nth=0")


PHONES = ("13700000001", "13700000002", "13700000003", "13700000004")


@pytest.fixture(scope="module")
def people(live: Live) -> None:
    """Make verified neighbours, and queue the call that an urgent answer is due."""
    words = f"""
import django
django.setup()
from mingbai.accounts.models import Person
from mingbai.cases import commands
from mingbai.cases.models import Case
from mingbai.kernel import clock, scopes, sealing
with scopes.enter(scope="350525"):
    for phone in {PHONES}:
        Person.objects.create(
            phone_index=sealing.index(phone),
            phone_sealed=sealing.seal(phone, f"person:{{sealing.index(phone)}}"),
            home="{VILLAGE}",
            created_at=clock.now(),
        )
    Case.objects.filter(number="{live.number(2)}").update(urgent=True)
    commands.queue_call_backs("350525")
"""
    subprocess.run(
        [sys.executable, "-c", words],
        cwd=ROOT,
        env=live.environment | {"DJANGO_SETTINGS_MODULE": "mingbai.config.settings"},
        check=True,
    )


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("script", [True, False], ids=["with-javascript", "without"])
def test_a_neighbour_says_on_the_spot_whether_it_is_solved(
    page_for: Callable[..., Any], live: Live, tmp_path: Path, *, script: bool
) -> None:
    from mingbai.cli.demo import pictures

    photo = tmp_path / "a.jpg"
    photo.write_bytes(pictures.draw("trash-after", 2))
    page = page_for("", PHONE, script=script)
    sign_in(page, PHONES[script])
    page.goto(f"/c/{live.number(2)}")
    page.check("input[name=solved][value=no]", force=True)
    press(page, "button:has-text('告诉大家')")
    assert "1 人说还没好" in page.inner_text("#seen")
    page.check("input[name=solved][value=yes]", force=True)
    page.set_input_files("#f-seen", str(photo))
    press(page, "button:has-text('告诉大家')")
    assert "还没好" not in page.inner_text("#seen h2")
    assert "你说过好了，可以改" in page.inner_text("#seen")
    assert page.locator("#seen .mb-photos img").count() > 0
    assert sideways(page) == 0


def test_an_officer_files_at_the_counter_and_the_slip_opens_on_any_phone(
    page_for: Callable[..., Any],
) -> None:
    officer = page_for("officer", DESK)
    officer.goto("/desk/cases/new")
    officer.fill("textarea[name=text]", "屋后水沟堵了，一下雨水就进灶间，我不会用手机。")
    officer.fill("input[name=name]", "林阿婆")
    officer.uncheck("input[name=public]")
    press(officer, "button:has-text('登记并打回执')")
    assert violations(officer) == []
    slip = officer.inner_text(".cs-slip")
    number = re.search(r"\d{6}-\d{4}-\d{5}", slip)
    code = re.search(r"(\d{5}) (\d{5})", slip)
    assert number is not None
    assert code is not None
    assert "林阿婆" not in slip
    officer.emulate_media(media="print")
    assert not officer.is_visible(".st-top")
    assert officer.locator(".cs-qr svg").bounding_box()["width"] > 90
    anyone = page_for("", PHONE)
    anyone.goto("/ask")
    anyone.fill("input[name=number]", number.group())
    anyone.fill("input[name=code]", code.group())
    press(anyone, ".mb-bar button")
    assert "等村里受理" in anyone.inner_text("main")
    assert sideways(anyone) == 0
    assert violations(anyone) == []


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("elder", [False, True], ids=["plain", "elder"])
def test_the_new_villager_pages_are_accessible(
    page_for: Callable[..., Any], live: Live, *, elder: bool
) -> None:
    page = page_for("", PHONE)
    sign_in(page, PHONES[2 + elder])
    if elder:
        page.goto("/?mode=elder")
    found = []
    for address in (
        f"/c/{live.number(1)}",
        f"/c/{live.number(2)}",
        f"/v/{VILLAGE}/solved",
        "/r/350525101000/solved",
        "/mine/followed",
        "/ask",
    ):
        page.goto(address)
        if sideways(page):
            found.append(f"{address} scrolls by {sideways(page)}")
        found += [f"{address} {v}" for v in violations(page)]
    assert found == []


@pytest.mark.usefixtures("people")
def test_the_new_staff_pages_are_accessible_on_a_desk_and_on_a_phone(
    page_for: Callable[..., Any], live: Live
) -> None:
    found = []
    for who, addresses in (
        ("officer", (f"/desk/cases/{live.number(1)}/people", "/desk/mediations")),
        ("town", ("/desk/calls", f"/desk/calls/{live.number(2)}")),
    ):
        page = page_for(who, DESK)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            for address in addresses:
                answer = page.goto(address)
                assert answer.status == 200, address
                if sideways(page):
                    found.append(f"{address} {size['width']} scrolls by {sideways(page)}")
                found += [f"{address} {size['width']} {v}" for v in violations(page)]
    assert found == []
