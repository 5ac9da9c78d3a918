"""A village's group that talks, and a database of its own for what only commits can show."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

if TYPE_CHECKING:
    from django.test import Client

    from mingbai.capture.events import Digested, InboundMessage, Received
    from mingbai.capture.models import Finding

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"
WORDS = {
    "hello": "早上好",
    "lamp": "村口老榕树下的路灯坏了半个月，晚上黑漆漆，孩子放学摔了两回，能不能来修一下",
    "me_too": "我家门口那盏也是，好几次了",
    "promise": "收到，明天安排电工去修路灯",
    "water": "自来水停了，一滴水都没有，什么时候能来水",
    "wire": "变压器旁边电线掉下来了，有人会触电",
    "ask": "请问高龄补贴要什么材料，到哪里办理",
    "clue": "低保名单里有的人开着轿车，他姐夫是金麒麟会计，懂的都懂",
    "clue_more": "金麒麟这笔钱进了谁的口袋大家心里有数",
}


@dataclass
class Talk:
    """One group: ``say`` makes a message, ``take`` delivers some, ``read`` digests them."""

    group: int
    county: str = COUNTY
    external: str = "g1"
    begin: datetime | None = None
    said: list[InboundMessage] = field(default_factory=list)

    def say(
        self,
        text: str,
        minute: float = 0,
        *,
        who: str = "阿花",
        role: str = "villager",
        kind: str = "text",
        name: str = "",
    ) -> InboundMessage:
        """Make a message of this group; ``text`` is a key of WORDS or the words themselves."""
        from mingbai.capture.events import InboundMessage
        from mingbai.kernel import clock

        begin = self.begin or clock.now() - timedelta(hours=2)
        made = InboundMessage(
            external_id=name or f"m{len(self.said) + 1}",
            group=self.external,
            village="石鼓村",
            sender=who,
            role=role,
            said_at=begin + timedelta(minutes=minute),
            kind=kind,
            text=WORDS.get(text, text),
        )
        self.said.append(made)
        return made

    def take(self, *messages: InboundMessage) -> Received:
        """Deliver messages."""
        from mingbai.capture import commands

        return commands.receive(group_id=self.group, county=self.county, messages=messages)

    def read(self, *, everything: bool = True) -> Digested:
        """Digest whatever waits."""
        from mingbai.capture import commands

        return commands.digest(county=self.county, everything=everything)

    def found(self, *messages: InboundMessage) -> Finding:
        """Deliver messages, read them, and return the one finding."""
        from mingbai.capture.models import Finding

        self.take(*messages)
        self.read()
        return Finding.objects.get(group=self.group)


def register(name: str = "g1", region: str = VILLAGE, mode: str = "automatic") -> int:
    """Register a group of a village."""
    from mingbai.capture import commands

    return commands.register_group(
        actor=None,
        region=region,
        platform="wechat",
        external_id=name,
        name=f"{name}监督群",
        mode=mode,
    )


@pytest.fixture
def talk(cast: Any) -> Talk:
    """The group of 石鼓村, whose sure requests become cases by themselves."""
    return Talk(register())


@pytest.fixture
def asked(cast: Any) -> Talk:
    """The group of 石鼓村 with a clerk asked about everything."""
    return Talk(register(mode="confirmed"))


@pytest.fixture
def group_of(cast: Any) -> Callable[..., Talk]:
    """Give a function that registers another group."""
    return lambda name, region=VILLAGE, mode="automatic": Talk(
        register(name, region, mode), external=name
    )


@pytest.fixture
def another_clerk(cast: Any) -> Callable[..., Any]:
    """Give a function that appoints one more clerk and returns the actor."""
    from mingbai.accounts.models import Person, Post
    from mingbai.kernel import clock

    def make(key: str, name: str, region: str = "350525000000", scope: str = COUNTY) -> Any:
        person = Person.objects.create(login=key, name=name, created_at=clock.now(), password="!")
        cast.people[key] = person
        cast.posts[key] = Post.objects.create(
            person=person,
            role="capture_clerk",
            region_id=region,
            scope=scope,
            body=cast.bodies["discipline"],
            title="群工办专员",
            since=cast.posts["clerk"].since,
        )
        return cast.actor(key)

    return make


@pytest.fixture
def office(cast: Any) -> bytes:
    """The discipline office's key is made; its private half is returned."""
    return make_office(cast)


def make_office(cast: Any) -> bytes:
    """Make the office's key and return the private half."""
    from mingbai.clues import commands, sealing

    public, wrapped = sealing.make_key("一二三四五六七八九十一二")
    commands.keep_key(actor=cast.actor("discipline"), public=public, wrapped=wrapped)
    return sealing.unwrap(wrapped, "一二三四五六七八九十一二")


@pytest.fixture
def words() -> dict[str, str]:
    """The sentences of the tests by name."""
    return WORDS


@dataclass
class Committed:
    """A database where everything is committed: its people, its group, its superuser's address."""

    cast: Any
    talk: Talk
    superuser: str
    app: str

    def open_office(self) -> bytes:
        """Make the discipline office's key; return its private half."""
        return make_office(self.cast)

    def client(self, name: str) -> Client:
        """Return a browser-like client logged in as somebody of the cast."""
        from django.test import Client

        from mingbai.kernel import scopes

        client = Client()
        with scopes.enter():
            client.force_login(self.cast.people[name])
            session = client.session
            session["post"] = self.cast.posts[name].pk
            session.save()
        return client


@pytest.fixture
def committed() -> Iterator[Committed]:
    """Point Django at a fresh copy of the migrated database, plant the county, drop it afterwards."""
    from django.db import connection

    from conftest import plant_cast, plant_territory
    from mingbai.kernel import scopes

    name = f"capture_{os.getpid()}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(os.environ["MINGBAI_TEST_SUPERUSER"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(7)")  # a template may not be copied twice at once
        server.execute(drop)
        for order in (
            "CREATE DATABASE {} TEMPLATE mingbai OWNER mingbai_owner",
            "GRANT CONNECT ON DATABASE {} TO mingbai_app",
        ):
            server.execute(sql.SQL(order).format(sql.Identifier(name)))
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        with scopes.enter(scope="3505"):
            plant_territory()
            cast = plant_cast()
        yield Committed(
            cast,
            Talk(register(), begin=moment_ago()),
            _named("MINGBAI_TEST_SUPERUSER", name),
            _named("MINGBAI_TEST_APP", name),
        )
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        with psycopg.connect(os.environ["MINGBAI_TEST_SUPERUSER"], autocommit=True) as server:
            server.execute(drop)


def moment_ago() -> datetime:
    """Return the time two hours ago by the product's clock."""
    from mingbai.kernel import clock, scopes

    with scopes.enter():
        return clock.now() - timedelta(hours=2)


def _named(variable: str, name: str) -> str:
    head, _, query = os.environ[variable].partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"
