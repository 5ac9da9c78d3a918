"""Tests run against one real PostgreSQL: a database per worker, as the role ``mingbai_app``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from mingbai.accounts.models import Body, Person, Post
    from mingbai.kernel.actors import Actor

ROOT = Path(__file__).parent
SHANGHAI = ZoneInfo("Asia/Shanghai")
_KEYS = ("MINGBAI_TEST_SUPERUSER", "MINGBAI_TEST_APP", "MINGBAI_TEST_OWNER", "MINGBAI_DATA")


@dataclass
class Plant:
    """The server of the run and the folder that it lives in; only the controlling process has it."""

    folder: Path
    running: Any
    urls: dict[str, str] = field(default_factory=dict)


_plant: Plant | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once (controller), make this process's database, set Django up."""
    global _plant  # noqa: PLW0603
    worker = getattr(config, "workerinput", None)
    if worker is None:
        _plant = _start()
        urls = _plant.urls
    else:
        urls = worker["mingbai"]
    os.environ.update(urls)
    os.environ.setdefault("MINGBAI_BUILD", str(ROOT / "build"))
    if worker is None and _many(config):
        return
    name = f"test_{worker['workerid'] if worker else 'alone'}"
    os.environ["DATABASE_URL"] = _make_database(urls, name)
    os.environ["MINGBAI_OWNER_URL"] = _with_database(urls["MINGBAI_TEST_OWNER"], name)
    os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
    import django
    from django.test.utils import setup_test_environment

    django.setup()
    setup_test_environment()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker where the server is."""
    assert _plant is not None
    node.workerinput["mingbai"] = _plant.urls


def pytest_unconfigure() -> None:
    """Stop what we started."""
    global _plant  # noqa: PLW0603
    if _plant is not None:
        if "django" in sys.modules:
            from django.conf import settings

            if settings.configured:
                from django.db import connections

                connections.close_all()
        _plant.running.stop()
        from mingbai.kernel.database.server import erase

        erase(_plant.folder)
        shutil.rmtree(_plant.folder, ignore_errors=True)
        _plant = None


def _many(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "numprocesses", None))


def _start() -> Plant:
    from mingbai.kernel.database import Server
    from mingbai.kernel.database.server import erase

    folder = Path(tempfile.mkdtemp(prefix="mingbai-test-"))
    running = Server(folder, settings={"fsync": "off"}).start()
    urls = {
        "MINGBAI_TEST_SUPERUSER": running.superuser_url,
        "MINGBAI_TEST_APP": running.app_url,
        "MINGBAI_TEST_OWNER": running.owner_url,
        "MINGBAI_DATA": str(folder),
        "MINGBAI_STATIC": str(folder / "collected"),
    }
    environment = (
        os.environ
        | urls
        | {
            "DATABASE_URL": running.app_url,
            "MINGBAI_OWNER_URL": running.owner_url,
        }
    )
    for words in (
        ["mingbai", "migrate"],
        ["django", "collectstatic", "--noinput", "--verbosity", "0"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env=environment | {"DJANGO_SETTINGS_MODULE": "mingbai.config.settings"},
        )
        if done.returncode:
            running.stop()
            erase(folder)
            raise pytest.UsageError(f"{words} failed:\n{done.stdout}\n{done.stderr}")
    return Plant(folder, running, urls)


def _with_database(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"


def _make_database(urls: dict[str, str], name: str) -> str:
    """Copy the migrated database; the copy is this process's own."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(urls["MINGBAI_TEST_SUPERUSER"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(7)")  # a template may not be copied twice at once
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
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
    return _with_database(urls["MINGBAI_TEST_APP"], name)


class _Undo(Exception):
    pass


def moment(text: str) -> datetime:
    """Return an aware Shanghai time from ``2026-11-18 09:00`` or ``2026-11-18 09:00:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def base() -> Iterator[None]:
    """Wrap the test in a transaction that sees the whole city, and undo it."""
    from mingbai.kernel import scopes

    try:
        with scopes.enter(scope="3505", at=moment("2026-11-18 09:00")):
            yield
            raise _Undo
    except _Undo:
        pass


@pytest.fixture
def at(base: None) -> Iterator[Callable[[str], None]]:
    """Give a function that pins the clock for the rest of the test: ``at("2026-11-18 09:00")``."""
    from contextlib import ExitStack

    from mingbai.kernel import scopes

    with ExitStack() as stack:

        def pin(text: str) -> None:
            now = scopes.current()
            assert now is not None
            stack.enter_context(
                scopes.enter(scope=now.scope, person=now.person, public=now.public, at=moment(text))
            )

        yield pin


@pytest.fixture
def county(base: None) -> None:
    """A small territory: one county with a town and two villages, and a village of the next county."""
    plant_territory()


def plant_territory() -> None:
    """Write the regions of the fixture ``county``."""
    from mingbai.regions.models import Region

    rows = [
        ("350000000000", "35", "province", "福建省", None),
        ("350500000000", "3505", "city", "泉州市", "350000000000"),
        ("350525000000", "350525", "county", "永春县", "350500000000"),
        ("350526000000", "350526", "county", "德化县", "350500000000"),
        ("350525101000", "350525101", "town", "五里街镇", "350525000000"),
        ("350525101201", "350525101201", "village", "石鼓村", "350525101000"),
        ("350525101202", "350525101202", "village", "桃场村", "350525101000"),
        ("350526101000", "350526101", "town", "三班镇", "350526000000"),
        ("350526101201", "350526101201", "village", "蔡径村", "350526101000"),
    ]
    for code, scope, level, name, parent in rows:
        Region.objects.create(
            code=code,
            scope=scope,
            level=level,
            name=name,
            official_name=name,
            short_name=name[:-1],
            pinyin="",
            initials="",
            county=code[:6] if len(scope) >= 6 else "",
            parent_id=parent,
            valid_from=moment("2020-01-01 00:00").date(),
            households=312 if level == "village" else None,
        )


@dataclass
class Cast:
    """People with names: one village with its officers, the next one's, and the offices above."""

    people: dict[str, Person] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """Return the person as an actor in their post (villagers: without one)."""
        from mingbai.accounts.queries import actor_for

        post = self.posts.get(name)
        return actor_for(self.people[name].pk, post.pk if post else None)


_BODIES = (
    ("village", "village", "350525101201", "石鼓村村委会", "town"),
    ("neighbour", "village", "350525101202", "桃场村村委会", "town"),
    ("town", "town", "350525101000", "五里街镇人民政府", "county"),
    ("county", "county", "350525000000", "永春县受理中心", None),
    ("water", "department", "350525000000", "永春县水利局", "county"),
    ("discipline", "discipline", "350525000000", "永春县纪委监委", None),
    ("platform", "platform", "350525000000", "永春县平台运维", None),
    ("far", "village", "350526101201", "蔡径村村委会", None),
)
_PEOPLE = (
    ("officer", "王建国", "village_officer", "350525101201", "village", "村委会主任"),
    ("neighbour", "陈志明", "village_officer", "350525101202", "neighbour", "村委会主任"),
    ("supervisor", "李秀英", "village_supervisor", "350525101201", "village", "村监委会主任"),
    ("town", "赵卫东", "town_staff", "350525101000", "town", "综合办干事"),
    ("department", "李工", "department", "350525000000", "water", "农水股股长"),
    ("intake", "何静", "county_intake", "350525000000", "county", "受理员"),
    ("clerk", "周敏", "capture_clerk", "350525000000", "discipline", "群工办专员"),
    ("discipline", "郑安", "county_handler", "350525000000", "discipline", "案管室干部"),
    ("it", "吴凯", "it_admin", "350525000000", "platform", "系统管理员"),
    ("far", "许文", "village_officer", "350526101201", "far", "村委会主任"),
)


@pytest.fixture
def cast(county: None) -> Cast:
    """The people of the tests, each in their post."""
    return plant_cast()


def plant_cast() -> Cast:
    """Write bodies, people and posts of the fixture ``cast``."""
    from mingbai.accounts.models import Body, Person, Post
    from mingbai.kernel import clock, sealing

    cast = Cast()
    for key, kind, region, name, parent in reversed(_BODIES):
        cast.bodies[key] = Body.objects.create(
            kind=kind, region_id=region, name=name, phone="0595-23880000"
        )
    for key, _, _, _, parent in _BODIES:
        if parent:
            cast.bodies[key].parent = cast.bodies[parent]
            cast.bodies[key].save()
    plant_duties(cast)
    for key, name, role, region, body, title in _PEOPLE:
        person = Person.objects.create(
            login=f"{key}", name=name, created_at=clock.now(), password="!"
        )
        cast.people[key] = person
        cast.posts[key] = Post.objects.create(
            person=person,
            role=role,
            region_id=region,
            scope=_scope(region),
            body=cast.bodies[body],
            title=title,
            since=moment("2024-01-01 00:00").date(),
        )
    for key, name, phone in (
        ("villager", "林阿婶", "13800001111"),
        ("other", "苏大伯", "13800002222"),
    ):
        cast.people[key] = Person.objects.create(
            name=name,
            phone_index=sealing.index(phone),
            created_at=clock.now(),
            home="350525101201",
            phone_sealed=sealing.seal(phone, f"person:{sealing.index(phone)}"),
        )
    return cast


def plant_duties(cast: Cast) -> None:
    """Let the water office of the fixture answer for water and irrigation in the whole county."""
    from mingbai.accounts.commands import set_duties
    from mingbai.accounts.duties import Line

    since = moment("2024-01-01 00:00").date()
    water = cast.bodies["water"].pk
    set_duties(
        county="350525",
        lines=[
            Line(water, f, "", "county", "350525", True, since) for f in ("water", "irrigation")
        ],
        source="测试",
    )


def _scope(code: str) -> str:
    for tail, size in (("000000", 6), ("000", 9)):
        if code.endswith(tail):
            return code[:size]
    return code


@pytest.fixture
def client_as(cast: Cast) -> Callable[[str], Client]:
    """Give a function that returns a browser-like client logged in as somebody of the cast."""
    from django.test import Client

    def login(name: str) -> Client:
        client = Client()
        if name != "anyone":
            client.force_login(cast.people[name])
            if name in cast.posts:
                session = client.session
                session["post"] = cast.posts[name].pk
                session.save()
        return client

    return login
