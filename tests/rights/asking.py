"""How each route is asked: the parameters of its address, and a body that succeeds for whoever may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse

from tests.rights.people import PASSWORD
from tests.rights.things import ANSWER, NOTICE, Side, Things, case_of

if TYPE_CHECKING:
    from tests.rights.world import World

Body = Callable[["World", Side, Things, str], Mapping[str, Any]]
ID_PARAMETERS = {
    "group_id": "group",
    "notice_id": "consent notice",
    "note_id": "policy note",
    "message_id": "group message",
    "reading_id": "dispute",
}


def address(route: str, names: tuple[str, ...], thing: str, side: Side, things: Things) -> str:
    """Return the address of a route for one of the objects of one county.

    ``thing`` is the object's name, with a verb behind a colon where the address carries one.
    """
    name, _, verb = thing.partition(":")
    return reverse(route, kwargs={p: _value(route, p, name, verb, side, things) for p in names})


def _value(route: str, parameter: str, name: str, verb: str, side: Side, things: Things) -> Any:
    if parameter in {"region", "code"}:
        wide = {"county": side.county, "town": side.village[:9]}
        return wide[name].ljust(12, "0") if name in wide else side.village
    if parameter == "verb":
        return verb
    if parameter == "sign_id":
        return things.ids["sign"]
    if parameter == "finding_id":
        return things.ids[f"{name} finding"]
    if route == "notices:read":
        return things.ids["officer's notice"]
    if parameter in ID_PARAMETERS:
        return things.ids[ID_PARAMETERS[parameter]]
    return things.ids[name]


def body(world: World, route: str, thing: str, side: Side, actor: str) -> Mapping[str, Any]:
    """Return what to post: complete and up to date, so that nothing but a right can be missing."""
    known = (route, thing, side.county, actor if route in _BY_ACTOR else "")
    if known not in world.bodies:
        world.bodies[known] = _made(world, route, thing, side, actor)
    return world.bodies[known]


def _made(world: World, route: str, thing: str, side: Side, actor: str) -> Mapping[str, Any]:
    verb = thing.partition(":")[2]
    make = next((_BODIES[route, key] for key in (thing, verb, "") if (route, key) in _BODIES), None)
    return make(world, side, world.things[side.county], actor) if make else {}


def _case(*, number: str = "", **more: Any) -> Body:
    """Return a body with the version of the case named ``number``."""
    return lambda _w, _s, t, _a: {"version": case_of(t.ids[number]).version, **more}


def _login(world: World, _s: Side, _t: Things, actor: str) -> Mapping[str, Any]:
    return {"login": actor if actor in world.people.posts else "officer", "password": PASSWORD}


def _own_post(world: World, _s: Side, _t: Things, actor: str) -> Mapping[str, Any]:
    return {"post": world.people.posts[actor if actor in world.people.posts else "officer"].pk}


def _group_line(world: World, side: Side, _t: Things, _a: str) -> Mapping[str, Any]:
    return {"region": side.village, "name": "改了名的群", "owner": "阿明", "members": 9,
            "households": 5, "consent_on": "", "mode": "automatic"}  # fmt: skip


def _new_group(world: World, side: Side, things: Things, actor: str) -> Mapping[str, Any]:
    line = _group_line(world, side, things, actor)
    return {**line, "platform": "wechat", "external_id": f"new-{side.county}"}


def _policy(world: World, side: Side, _t: Things, actor: str) -> Mapping[str, Any]:
    return {"version": 1, "region": f"{side.village[:9]}000", "title": "改过的题目",
            "text": "改过的口径，带身份证到村委会办。", "source": "县民政局文件", "field": "welfare",
            "since": "2026-11-01", "until": ""}  # fmt: skip


def _desk_case(_w: World, side: Side, _t: Things, _a: str) -> Mapping[str, Any]:
    return {"region": side.village, "text": "柜台上登记的一件事情。", "field": "water",
            "kind": "request", "place": "", "public": "on", "phone": "13800005555",
            "once": str(UUID(int=9))}  # fmt: skip


def _upto(world: World, _s: Side, things: Things, _a: str) -> Mapping[str, Any]:
    from mingbai.capture import queries
    from mingbai.capture.models import ChatGroup

    group = ChatGroup.objects.get(pk=things.ids["group"])
    return {"upto": str(queries.reach_of(queries.talk_of(group)))}


def _pick(_w: World, _s: Side, things: Things, _a: str) -> Mapping[str, Any]:
    return {"do": "file", "line": things.ids["message"], "kind": "request", "field": "other"}


def _key(_w: World, _s: Side, things: Things, _a: str) -> Mapping[str, Any]:
    import base64
    import json

    return {
        "public": base64.b64encode(things.ids["public key"]).decode(),
        "wrapped": json.dumps(things.ids["wrapped key"]),
    }


_BY_ACTOR = frozenset({"accounts:login", "accounts:post"})
_CONFIRM = {"field": "water", "kind": "request", "place": "", "public": "yes", "phone": "13800005555"}  # fmt: skip
_BODIES: dict[tuple[str, str], Body] = {
    ("accounts:login", ""): _login,
    ("accounts:post", ""): _own_post,
    ("accounts:phone", ""): lambda *_: {"phone": "13800009999"},
    ("accounts:code", ""): lambda w, *_: {"code": w.code},
    ("accounts:me", ""): lambda *_: {"old": PASSWORD, "new": "another-long-test-word"},
    ("cases:file", ""): lambda *_: {"text": "村口的路灯不亮了。", "field": "power"},
    ("cases:confirm", ""): lambda *_: _CONFIRM,
    ("cases:code", ""): lambda w, *_: {"code": w.code},
    ("cases:report", ""): lambda *_: {"text": "有人把集体的钱装进自己口袋。"},
    ("cases:rate", ""): _case(number="answered", score="satisfied"),
    ("cases:withdraw", "public"): _case(number="public"),
    ("cases:withdraw", "private"): _case(number="private"),
    ("cases:supplement", ""): lambda *_: {"text": "补充一句，今天又漏大了。"},
    ("cases:accept_many", ""): lambda w, s, t, a: {"case": f"{t.ids['new']}:1"},
    ("cases:desk_new", ""): _desk_case,
    ("cases:contact", ""): lambda *_: {"reason": "约反映人到现场看一看"},
    ("cases:act", "accept"): _case(number="new"),
    ("cases:act", "refuse"): _case(number="new", reason="这件不归村里办，归供电所办。", door="供电所 95598"),
    ("cases:act", "start"): _case(number="accepted"),
    ("cases:act", "progress"): _case(number="private", text="约了明天上午到现场看。"),
    ("cases:act", "answer"): _case(number="private", text=ANSWER),
    ("cases:act", "assign"): lambda w, s, t, a: {
        "version": case_of(t.ids["private"]).version,
        "receiver": w.people.bodies[s.town_body].pk,
    },
    ("cases:act", "moved:start"): _case(number="moved"),
    ("capture:rule", ""): lambda *_: {"version": 1, "field": "road", "kind": "request"},
    ("capture:rule", "merge"): lambda w, s, t, a: {"version": 1, "number": t.ids["public"]},
    ("capture:batch", ""): lambda w, s, t, a: {
        "verb": "dismiss",
        "item": f"{t.ids['waiting finding']}:1",
    },
    ("capture:undo", ""): lambda w, s, t, a: {"ruling": w.ruling_of(t.ids["mine finding"])},
    ("capture:answer", ""): lambda *_: {"version": 2, "kind": "request", "field": "road"},
    ("capture:settle", ""): lambda *_: {"favour": "first"},
    ("capture:patrol_read", ""): _upto,
    ("capture:patrol_pick", ""): _pick,
    ("capture:new_group", ""): _new_group,
    ("capture:edit_group", ""): _group_line,
    ("capture:new_notice", ""): lambda *_: {"posted_on": "2026-11-17", "text": NOTICE},
    ("capture:send_answer", ""): _case(number="question", text=ANSWER),
    ("capture:new_policy", ""): _policy,
    ("capture:policy", ""): _policy,
    ("capture:retire_policy", ""): lambda *_: {"version": 1},
    ("clues:keep_key", ""): _key,
}  # fmt: skip
