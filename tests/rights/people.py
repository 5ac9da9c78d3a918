"""Everybody who has a column in the matrix, each in one post, in two counties."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conftest import moment

if TYPE_CHECKING:
    from mingbai.accounts.models import Body, Person, Post
    from mingbai.kernel.actors import Actor

VILLAGE, NEXT_VILLAGE, OTHER_TOWNS, FAR_VILLAGE = (
    "350525101201",
    "350525101202",
    "350525102201",
    "350526101201",
)
FAR_NEXT = "350526101299"
PASSWORD = "a-long-test-word"
NOW = "2026-11-18 01:00"  # an hour after the post of ``former`` ended

# key, kind, region, name, parent
BODIES = (
    ("county", "county", "350525000000", "永春县受理中心", ""),
    ("town", "town", "350525101000", "五里街镇人民政府", "county"),
    ("village", "village", VILLAGE, "石鼓村村委会", "town"),
    ("next_village", "village", NEXT_VILLAGE, "桃场村村委会", "town"),
    ("other_town", "town", "350525102000", "岵山镇人民政府", "county"),
    ("water", "department", "350525000000", "永春县水利局", "county"),
    ("roads", "department", "350525000000", "永春县交通局", "county"),
    ("petitions", "department", "350525000000", "永春县信访局", "county"),
    ("town_discipline", "discipline", "350525101000", "五里街镇纪委", ""),
    ("discipline", "discipline", "350525000000", "永春县纪委监委", ""),
    ("platform", "platform", "350525000000", "永春县平台运维", ""),
    ("city", "discipline", "350500000000", "泉州市纪委监委", ""),
    ("far_county", "county", "350526000000", "德化县受理中心", ""),
    ("far_town", "town", "350526101000", "三班镇人民政府", "far_county"),
    ("far_village", "village", FAR_VILLAGE, "蔡径村村委会", "far_town"),
    ("far_next_village", "village", FAR_NEXT, "眉山村村委会", "far_town"),
    ("far_water", "department", "350526000000", "德化县水利局", "far_county"),
    ("far_petitions", "department", "350526000000", "德化县信访局", "far_county"),
    ("far_discipline", "discipline", "350526000000", "德化县纪委监委", ""),
    ("far_platform", "platform", "350526000000", "德化县平台运维", ""),
)
# key, name, role, region, body. ``MAKERS`` have no column; they make the objects.
STAFF = (
    ("officer", "王建国", "village_officer", VILLAGE, "village"),
    ("colleague", "王小满", "village_officer", VILLAGE, "village"),
    ("neighbour", "陈志明", "village_officer", NEXT_VILLAGE, "next_village"),
    ("information", "方晓雯", "information_officer", VILLAGE, "village"),
    ("supervisor", "李秀英", "village_supervisor", VILLAGE, "village"),
    ("village_discipline", "蔡永福", "village_discipline", VILLAGE, "village"),
    ("integrity", "蔡阿公", "integrity_supervisor", VILLAGE, "village"),
    ("town", "赵卫东", "town_staff", "350525101000", "town"),
    ("other_town", "曾国平", "town_staff", "350525102000", "other_town"),
    ("town_accounting", "洪会计", "town_accounting", "350525101000", "town"),
    ("town_discipline", "许正", "town_discipline", "350525101000", "town_discipline"),
    ("department", "李工", "department", "350525000000", "water"),
    ("other_department", "涂工", "department", "350525000000", "roads"),
    ("intake", "何静", "county_intake", "350525000000", "county"),
    ("petition", "连科", "petition_office", "350525000000", "petitions"),
    ("clerk", "周敏", "capture_clerk", "350525000000", "discipline"),
    ("town_clerk", "颜镇", "capture_clerk", "350525101000", "town_discipline"),
    ("far_clerk", "徐远", "capture_clerk", "350526000000", "far_discipline"),
    ("handler", "郑安", "county_handler", "350525000000", "discipline"),
    ("discipline", "郭案", "county_discipline", "350525000000", "discipline"),
    ("far_handler", "温安", "county_handler", "350526000000", "far_discipline"),
    ("city_discipline", "傅市", "city_discipline", "350500000000", "city"),
    ("auditor", "戴审", "auditor", "350525000000", "discipline"),
    ("it", "吴凯", "it_admin", "350525000000", "platform"),
    ("far_it", "庄凯", "it_admin", "350526000000", "far_platform"),
    ("far_officer", "许文", "village_officer", FAR_VILLAGE, "far_village"),
    ("former", "黄卸任", "village_officer", VILLAGE, "village"),
    ("service", "接入账户", "service", "350525000000", "platform"),
    ("second_clerk", "苏复核", "capture_clerk", "350525000000", "discipline"),
    ("far_second_clerk", "孙复核", "capture_clerk", "350526000000", "far_discipline"),
    ("far_town", "温镇", "town_staff", "350526101000", "far_town"),
    ("far_department", "温工", "department", "350526000000", "far_water"),
    ("far_petition", "温信", "petition_office", "350526000000", "far_petitions"),
    ("far_intake", "温静", "county_intake", "350526000000", "far_county"),
)
MAKERS = frozenset(
    {"second_clerk", "far_second_clerk", "far_town", "far_department", "far_petition", "far_intake"}
)
TITLES = {"second_clerk": "本县复核员", "far_second_clerk": "邻县复核员"}
# key, name, phone, home
VILLAGERS = (
    ("villager", "林阿婶", "13800001111", VILLAGE),
    ("elsewhere", "苏大伯", "13800002222", NEXT_VILLAGE),
    ("reporter", "尤暗香", "13700003333", VILLAGE),
    ("supporter", "郑附议", "13800007771", VILLAGE),
    ("follower", "潘关注", "13800007772", NEXT_VILLAGE),
    ("far_reporter", "尤远香", "13700004444", FAR_VILLAGE),
    ("far_supporter", "郑远附", "13800007773", FAR_VILLAGE),
    ("far_follower", "潘远关", "13800007774", FAR_VILLAGE),
)
PASSER_BY = "anyone"
ACTORS = (
    PASSER_BY,
    *(key for key, *_ in VILLAGERS[:5]),
    *(key for key, *_ in STAFF if key not in MAKERS),
)


@dataclass
class People:
    """Persons, posts and bodies by key."""

    people: dict[str, Person] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    bodies: dict[str, Body] = field(default_factory=dict)

    def actor(self, key: str) -> Actor:
        """Return somebody in their post."""
        from mingbai.accounts.queries import actor_for

        post = self.posts.get(key)
        return actor_for(self.people[key].pk, post.pk if post else None)


def plant(password: str) -> People:
    """Write everybody; ``password`` is the hash of the one password of all staff."""
    found = People()
    _bodies(found)
    _staff(found, password)
    _villagers(found)
    return found


def _bodies(found: People) -> None:
    from mingbai.accounts.models import Body

    for key, kind, region, name, parent in BODIES:
        found.bodies[key] = Body.objects.create(
            kind=kind,
            region_id=region,
            name=name,
            phone="0595-23880000",
            parent=found.bodies.get(parent),
        )


def _staff(found: People, password: str) -> None:
    from mingbai.accounts.models import Person, Post
    from mingbai.kernel import clock
    from mingbai.regions.queries import scope_of

    for key, name, role, region, body in STAFF:
        found.people[key] = Person.objects.create(
            login=key, name=name, created_at=clock.now(), password=password
        )
        found.posts[key] = Post.objects.create(
            person=found.people[key],
            role=role,
            region_id=region,
            scope=scope_of(region),
            body=found.bodies[body],
            title=TITLES.get(key, "干部"),
            since=moment("2024-01-01 00:00").date(),
            until=moment("2026-11-17 00:00").date() if key == "former" else None,
        )


def _villagers(found: People) -> None:
    from mingbai.accounts.models import Person
    from mingbai.kernel import clock, sealing

    for key, name, phone, home in VILLAGERS:
        index = sealing.index(phone)
        found.people[key] = Person.objects.create(
            name=name,
            phone_index=index,
            phone_sealed=sealing.seal(phone, f"person:{index}"),
            created_at=clock.now(),
            home=home,
        )


def swallow(phone: str, text: str) -> None:
    """Stand for the carrier of short messages: the tests send none."""
    del phone, text
