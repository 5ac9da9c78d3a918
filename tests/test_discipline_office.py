"""The discipline office in a browser: its key is made in the page, and parcels open only there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import DESK, PASSWORD, ROOT, Live, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PASSPHRASE = "德化县案管室一号口令纸，两份"
SEEDED = "案管室测试口令十二字"  # tests/seed.py
SAID = "修村道的钱进了谁的口袋，金麒麟账本我见过。<b>看账</b>"

OFFICE = """
import django; django.setup()
from django.contrib.auth.hashers import make_password
from mingbai.accounts.models import Body, Person, Post
from mingbai.kernel import clock, scopes
with scopes.enter(scope="3505"):
    body = Body.objects.create(kind="discipline", region_id="350526000000", name="德化县纪委监委", phone="0595-23520000")
    person = Person.objects.create(login="dehua", name="赖明", created_at=clock.now(), password=make_password({password!r}))
    Post.objects.create(
        person=person, role="county_handler", region_id="350526000000", scope="350526", body=body, title="承办人",
        since=clock.today(),
    )
"""
CLUE = """
import django; django.setup()
from mingbai.kernel import clock, scopes
from mingbai.kernel.ports import ClueMaterial, clue_intake
with scopes.enter(scope=""):
    print(clue_intake()(ClueMaterial(
        county="350526", region="350526101201", source="web", text={said!r}, said_at=clock.now(), author="匿名",
    )))
"""


def run(live: Live, code: str) -> str:
    """Run Python against the live database."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        env=live.environment | {"DJANGO_SETTINGS_MODULE": "mingbai.config.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def unlock(page: Any, passphrase: str) -> None:
    page.fill("#passphrase", passphrase)
    page.click("[data-unlock] button")


def test_the_office_makes_its_key_and_opens_what_was_sealed_to_it(
    page_for: Callable[..., Any], live: Live
) -> None:
    run(live, OFFICE.format(password=PASSWORD))
    assert run(live, CLUE.format(said=SAID)) == "False"

    page = page_for("dehua", DESK)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto("/clues/")
    assert violations(page) == []
    page.fill("#first", "短")
    page.fill("#second", "短")
    page.evaluate(
        "document.querySelectorAll('[minlength]').forEach((e) => e.removeAttribute('minlength'))"
    )
    page.click("[data-make-key] button")
    page.wait_for_selector("[data-status]:has-text('口令至少 12 个字。')")
    page.fill("#first", PASSPHRASE)
    page.fill("#second", PASSPHRASE[:-1])
    page.click("[data-make-key] button")
    page.wait_for_selector("[data-status]:has-text('两次写的不一样，请重写。')")
    page.fill("#second", PASSPHRASE)
    page.click("[data-make-key] button")
    page.wait_for_selector("#passphrase", timeout=60_000)
    assert not [body for body in sent if PASSPHRASE in body]

    assert run(live, CLUE.format(said=SAID)) == "True"
    page.goto("/clues/")
    assert violations(page) == []
    unlock(page, "不是这个口令也有十二个字")
    page.wait_for_selector("[data-status]:has-text('口令不对，请再试一次。')", timeout=60_000)
    assert page.locator("[data-list] li").count() == 0
    unlock(page, PASSPHRASE)
    page.wait_for_selector("[data-list] li", timeout=60_000)
    assert page.locator("[data-list] .st-clue-text").all_inner_texts() == [SAID]
    assert "匿名" in page.inner_text("[data-list] li")
    assert page.locator("[data-list] b").count() == 0
    assert violations(page) == []
    assert sideways(page) == 0
    page.keyboard.press("l")
    page.wait_for_selector("[data-status]:has-text('已锁上。')")
    assert "金麒麟" not in page.content()
    assert not [body for body in sent if PASSPHRASE in body or "不是这个口令" in body]


def test_the_browser_opens_what_a_key_made_on_the_server_wraps(
    page_for: Callable[..., Any], live: Live
) -> None:
    assert run(live, CLUE.format(said=SAID).replace("350526", "350525")) == "True"
    page = page_for("discipline", DESK)
    page.goto("/clues/")
    unlock(page, SEEDED)
    page.wait_for_selector(".st-clue-text", timeout=60_000)
    assert SAID in page.locator("[data-list] .st-clue-text").all_inner_texts()


def test_without_script_the_page_says_what_it_needs(page_for: Callable[..., Any]) -> None:
    page = page_for("discipline", DESK, script=False)
    page.goto("/clues/")
    assert "这一页要在浏览器里解密，请打开 JavaScript 再用。" in page.inner_text("main")
