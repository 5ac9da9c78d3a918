"""The whole product in real processes, for the browser: granian on loopback, a database of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SHOTS = ROOT / "docs" / "screenshots"
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
PASSWORD = "a-long-test-word"


@dataclass(frozen=True)
class Live:
    """A running web server and the environment of its processes."""

    address: str
    environment: dict[str, str]
    month: str

    def number(self, count: int) -> str:
        """Return the number of one of the seeded cases."""
        return f"350525-{self.month}-{count:05d}"

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the ``mingbai`` command against the same database."""
        return subprocess.run(
            [sys.executable, "-m", "mingbai", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """Serve a small county with its people to a browser."""
    environment = seeded(request.config, "live", tmp_path_factory.mktemp("live"))
    with serving(environment, [sys.executable, "-m", "mingbai", "web", "--workers", "1"]) as served:
        yield served


def seeded(config: pytest.Config, word: str, data: Path) -> dict[str, str]:
    """Make a database with the small county for a live server; return its processes' environment."""
    import psycopg
    from psycopg import sql

    name = f"{word}_{getattr(config, 'workerinput', {}).get('workerid', 'alone')}"
    with psycopg.connect(os.environ["MINGBAI_TEST_SUPERUSER"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(7)")
        server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE mingbai OWNER mingbai_owner").format(
                sql.Identifier(name)
            )
        )
        server.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO mingbai_app, mingbai_owner").format(
                sql.Identifier(name)
            )
        )
    environment = os.environ | {
        "DATABASE_URL": _named(os.environ["MINGBAI_TEST_APP"], name),
        "MINGBAI_OWNER_URL": _named(os.environ["MINGBAI_TEST_OWNER"], name),
        "MINGBAI_DATA": str(data),
        "MINGBAI_PORT": str(_free_port()),
        "MINGBAI_DEMO": "1",
        "MINGBAI_BUILD": str(ROOT / "build"),
    }
    environment.pop("MINGBAI_KEYS", None)
    made = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "seed.py")],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return environment


@contextmanager
def serving(environment: dict[str, str], command: list[str]) -> Iterator[Live]:
    """Run a web server on the environment's port until the block ends."""
    log = (Path(environment["MINGBAI_DATA"]) / "web.log").open("wb")
    web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{environment['MINGBAI_PORT']}"
    try:
        _await(address, web)
        yield Live(address, environment, _month())
    finally:
        web.terminate()
        web.wait(20)
        log.close()


def _month() -> str:
    """Return the month of the database's clock as numbers of cases have it."""
    import psycopg

    with psycopg.connect(os.environ["MINGBAI_TEST_SUPERUSER"]) as server:
        row = server.execute(
            "SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYMM')"
        ).fetchone()
    assert row is not None
    return str(row[0])


def _await(address: str, web: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; each try waits for the connection, never for the clock."""
    for _ in range(600):
        assert web.poll() is None, "the web server ended"
        try:
            with urllib.request.urlopen(f"{address}/about/privacy", timeout=10):
                return
        except OSError:
            try:
                web.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the web server did not answer")


def _named(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Give Debian's Chromium through Playwright."""
    # Playwright keeps an event loop in this thread; Django would refuse the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def page_for(browser: Any, live: Live) -> Iterator[Callable[..., Any]]:
    """Give a function that opens a window: ``page_for("officer", DESK)``; who logs in by the page itself."""
    with windows(browser, live) as make:
        yield make


@contextmanager
def windows(browser: Any, live: Live) -> Iterator[Callable[..., Any]]:
    """Give a function that opens windows on a server; they close with the block."""
    contexts = []

    def make(who: str = "", size: dict[str, int] = PHONE, *, script: bool = True) -> Any:
        context = browser.new_context(
            viewport=size,
            base_url=live.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=script,
            permissions=["microphone"] if script else [],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15000)
        if who:
            page.goto("/login")
            page.fill("input[name=login]", who)
            page.fill("input[name=password]", PASSWORD)
            press(page, "main button")
        return page

    try:
        yield make
    finally:
        for context in contexts:
            context.close()


def press(page: Any, what: str) -> None:
    """Click and wait for the page that follows."""
    with page.expect_navigation():
        page.click(what)


def shoot(page: Any, name: str) -> None:
    """Keep a picture for the README."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"))


def sideways(page: Any) -> int:
    """Return how many pixels the page is wider than its window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def violations(page: Any) -> list[str]:
    """Return what axe holds against the page under WCAG A and AA."""
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]
