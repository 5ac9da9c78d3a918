"""Fills the live database with talk for the browser tests of capture: a second clerk, groups, findings."""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
import django

django.setup()

from mingbai.accounts.models import Person, Post
from mingbai.capture import commands
from mingbai.capture.events import InboundMessage
from mingbai.capture.models import ChatGroup, Finding
from mingbai.kernel import clock, scopes

COUNTY = "350525"
VILLAGES = (("350525101201", "石鼓村"), ("350525101202", "桃场村"))
SAID = (
    ("a", "villager", "text", "早上好，今天天气不错"),
    ("b", "villager", "text", "三组往祠堂那条路又塌了一块，摩托车差点翻下去，能不能来个人看看"),
    ("c", "villager", "image", ""),
    ("c", "villager", "text", "是啊，昨天我家老人走过去都要扶"),
    ("d", "officer", "text", "收到，下午去看"),
    ("e", "villager", "text", "水又停了吧，一滴都没有"),
    ("f", "villager", "text", "医保今年交多少，什么时候截止"),
    ("a", "villager", "text", "今天圩上青菜好贵"),
    ("g", "villager", "text", "垃圾桶满了三天没人收，味道很大"),
    ("h", "villager", "text", "要是文化广场能装几个健身器材就好了"),
    ("i", "villager", "voice", "那个路灯晚上一闪一闪的看着眼睛疼"),
    ("b", "villager", "text", "变压器旁边有根电线掉下来了，小孩子在那边玩，会触电的"),
)


def second_clerk() -> None:
    """Give the county a second clerk who may log in."""
    first = Post.objects.select_related("person").get(person__login="clerk")
    person, made = Person.objects.get_or_create(
        login="clerk2",
        defaults={"name": "蔡晓燕", "password": first.person.password, "created_at": clock.now()},
    )
    if made:
        Post.objects.create(
            person=person,
            role="capture_clerk",
            region_id=first.region_id,
            scope=first.scope,
            body_id=first.body_id,
            title="群工办专员",
            since=date(2024, 1, 1),
        )


def talk(name: str, times: int) -> None:
    """Register groups named after the test and let them talk; every request waits for a clerk."""
    begin = clock.now() - timedelta(hours=30)
    for n in range(times):
        region, village = VILLAGES[n % 2]
        group = commands.register_group(
            actor=None,
            region=region,
            platform="wechat",
            external_id=f"{name}-{n}",
            name=f"{village}{name}群{n + 1}",
            members=180 + n,
            households=90,
            mode=ChatGroup.Mode.CONFIRMED,
        )
        said = [
            InboundMessage(
                external_id=f"{name}-{n}-{k}",
                group=f"{name}-{n}",
                village=village,
                sender=f"{name}{sender}",
                role=role,
                said_at=begin + timedelta(minutes=70 * k + 3 * n),
                kind=kind,
                text=text,
            )
            for k, (sender, role, kind, text) in enumerate(SAID)
        ]
        commands.receive(group_id=group, county=COUNTY, messages=said)


with scopes.enter(scope="3505"):
    second_clerk()
    talk(sys.argv[1], int(sys.argv[2]))
while commands.digest(county=COUNTY, everything=True).messages:
    pass
with scopes.enter(scope="3505"):
    # Whoever dismisses this goes against a machine that is sure, whatever model is shipped.
    Finding.objects.filter(text__contains="变压器").update(confidence=0.95)
