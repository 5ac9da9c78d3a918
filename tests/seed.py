"""Fills the live database of the browser tests: the small county of the fixtures, with passwords and cases."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
import django

django.setup()

from django.contrib.auth.hashers import make_password

from conftest import plant_cast, plant_territory
from mingbai.accounts.models import Person
from mingbai.capture import commands as capture
from mingbai.cases import commands as cases
from mingbai.cli.demo import pictures
from mingbai.clues import commands as clues
from mingbai.clues import sealing
from mingbai.kernel import deadlines, scopes, uploads

VILLAGE, NEIGHBOUR = "350525101201", "350525101202"
PASSPHRASE = "案管室测试口令十二字"

with scopes.enter(scope="3505"):
    plant_territory()
    cast = plant_cast()
    word = make_password("a-long-test-word")
    Person.objects.filter(login__isnull=False).update(password=word)
    for year in (2025, 2026):
        deadlines.seed_year(year)
    cases.load_deadlines()
    public, wrapped = sealing.make_key(PASSPHRASE)
    clues.keep_key(actor=cast.actor("discipline"), public=public, wrapped=wrapped)
    told = (
        (
            "村口老榕树下的路灯坏了三天",
            "村口老榕树下的路灯坏了三天，晚上孩子放学走那段看不见路。",
            "facility",
            "老榕树下",
            "lamp",
        ),
        (
            "水尾桥头垃圾堆了一个礼拜没人清",
            "水尾桥头垃圾堆了一个礼拜没人清，天热味道很重，苍蝇多。",
            "sanitation",
            "水尾桥头",
            "trash",
        ),
        (
            "后山水池的水发黄",
            "后山水池放下来的水这两天发黄，沉一夜还有泥，老人不敢喝。",
            "water",
            "后山水池",
            "water",
        ),
        (
            "三组通村路塌了半边",
            "三组往祠堂那段路下雨塌了半边，摩托车差点掉下去。",
            "road",
            "三组到祠堂",
            "road",
        ),
        (
            "茶厂后面的水沟堵了",
            "茶厂后面的水沟被枯枝堵住，田里进不了水，想请村里叫人清一清。",
            "irrigation",
            "茶厂后面",
            "ditch",
        ),
    )
    numbers = []
    for title, text, field, place, photo in told:
        numbers.append(
            cases.submit_case(
                actor=cast.actor("other"),
                token=uuid.uuid4(),
                region=VILLAGE,
                text=text,
                title=title,
                field=field,
                place=place,
                files=[uploads.store_bytes(pictures.draw(photo, 1), "photo.jpg")],
            )
        )
    officer = cast.actor("officer")
    for number in numbers[:4]:
        cases.accept(actor=officer, county="350525", number=number, version=1)
    for number in numbers[:2]:
        cases.start(actor=officer, county="350525", number=number, version=2)
    cases.answer(
        actor=officer,
        county="350525",
        number=numbers[1],
        version=3,
        text="昨天下午叫了环卫车把桥头垃圾清走，又放了两个带盖的桶，以后每周一、周四来收。",
        after=[uploads.store_bytes(pictures.draw("trash-after", 1), "photo.jpg")],
    )
    cases.support(actor=cast.actor("villager"), county="350525", number=numbers[0])
    for region, name in ((VILLAGE, "石鼓村监督服务群"), (NEIGHBOUR, "桃场村监督服务群")):
        capture.register_group(
            actor=None,
            region=region,
            platform="export",
            external_id=f"g-{region}",
            name=name,
            members=286,
            households=210,
        )
