"""How each route is asked: the parameters of its address, and a body that succeeds for whoever may."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.rights.people import PASSWORD
from tests.rights.stages import OPINION
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
    "sign_id": "sign",
    "invitation": "invitation",
    "mediation": "mediation",
    "person_id": "person",
    "post_id": "post",
    "draft_id": "duty draft",
    "filter_id": "filter",
    "item_id": "sweep line",
    "template_id": "template",
    "task_id": "subtask",
    "relation_id": "relation",
    "mark": "mark",
    "digest": "draft photo",
}


def address(route: str, names: tuple[str, ...], thing: str, side: Side, things: Things) -> str:
    """Return the address of a route for one of the objects of one county.

    ``thing`` is the object's name, with a verb behind a colon where the address carries one.
    """
    name, _, verb = thing.partition(":")
    return reverse(route, kwargs={p: _value(route, p, name, verb, side, things) for p in names})


def _value(route: str, parameter: str, name: str, verb: str, side: Side, things: Things) -> Any:
    if route == "cases:slip" and parameter == "code":
        return verb or things.ids["slip"]
    if route.startswith("accounts:") and parameter == "number":
        return 1  # the older version of the duty list
    if parameter in {"region", "code"}:
        wide = {"county": side.county, "town": side.village[:9]}
        return wide[name].ljust(12, "0") if name in wide else side.village
    if parameter == "verb":
        return verb
    if parameter == "finding_id":
        return things.ids[f"{name} finding"]
    if route == "notices:read":
        return things.ids["officer's notice"]
    if parameter in ID_PARAMETERS:
        return things.ids[ID_PARAMETERS[parameter]]
    return things.ids[name]


def body(world: World, route: str, thing: str, side: Side, actor: str) -> Mapping[str, Any]:
    """Return what to post: complete and up to date, so that nothing but a right can be missing."""
    if route in _READ_ONCE:
        return _made(world, route, thing, side, actor)
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


def _new_body(_w: World, side: Side, _t: Things, _a: str) -> Mapping[str, Any]:
    return {"kind": "department", "region": f"{side.county}000000", "name": "新设的一个局",
            "phone": "", "parent": "", "sure": "1"}  # fmt: skip


def _appointed(world: World, side: Side, _t: Things, _a: str) -> Mapping[str, Any]:
    return {"login": side.second_clerk, "role": "department", "region": f"{side.county}000000",
            "title": "借调干部", "since": "2026-11-18", "until": "", "sure": "1"}  # fmt: skip


def _sheet(_w: World, _s: Side, things: Things, _a: str) -> Mapping[str, Any]:
    return {"file": SimpleUploadedFile("duties.xlsx", things.ids["duty sheet"])}


def _photo(_w: World, _s: Side, _t: Things, _a: str) -> Mapping[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(out, "PNG")
    return {"photo": SimpleUploadedFile("photo.png", out.getvalue(), "image/png")}


def _applied(_w: World, side: Side, _t: Things, _a: str) -> Mapping[str, Any]:
    from mingbai.accounts import queries

    return {"seen": queries.duty_version(side.county), "gaps": "1"}


def _villager(_w: World, side: Side, _t: Things, _a: str) -> Mapping[str, Any]:
    return {"phone": "13800002222", "region": side.village}


def _letters(_w: World, _s: Side, things: Things, _a: str) -> Mapping[str, Any]:
    return {"platform": "wechat", "reason": things.texts["dead letter"]}


def _suspension(**more: Any) -> Body:
    return lambda w, s, t, a: {
        "version": case_of(t.ids["private"]).version,
        "until": "2026-11-24",
        **more,
    }


def _received_by(name: str, key: str, **more: Any) -> Body:
    """Return a body that names the body ``key`` of the side as its receiver."""
    return lambda w, s, t, a: {
        "version": case_of(t.ids[name]).version,
        "receiver": w.people.bodies[getattr(s, key)].pk,
        "receivers": w.people.bodies[getattr(s, key)].pk,
        **more,
    }


def _batch(_w: World, _s: Side, things: Things, _a: str) -> Mapping[str, Any]:
    return {"verb": "accept", "case": f"{things.ids['new']}:1"}


def _reply(world: World, side: Side, things: Things, actor: str) -> Mapping[str, Any]:
    name = world.people.people[actor if actor in world.people.posts else side.officer].name
    words = f"11 月 16 日换新水管三米，当天恢复供水。办理人：{name}，电话：0595-23880000。"
    return {"version": case_of(things.ids["private"]).version, "reply": words}


_READ_ONCE = frozenset({"accounts:upload_duties", "cases:draft_photos"})
_WHY = "这件不归我们管，三定方案写的是别家。"
_BY_ACTOR = frozenset({"accounts:login", "accounts:post", "cases:reply_by_template"})
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
    ("cases:desk_new", ""): _desk_case,
    ("cases:contact", ""): lambda *_: {"reason": "约反映人到现场看一看"},
    ("cases:act", "accept"): _case(number="new"),
    ("cases:act", "refuse"): _case(number="new", reason="这件不归村里办，归供电所办。", door="供电所 95598"),
    ("cases:act", "start"): _case(number="accepted"),
    ("cases:act", "progress"): _case(number="private", text="约了明天上午到现场看。"),
    ("cases:act", "answer"): _case(number="private", text=ANSWER),
    ("cases:act", "assign"): _received_by("private", "town_body"),
    ("cases:act", "moved:start"): _case(number="moved"),
    ("cases:act", "moved:dispute"): _case(number="moved", reason=_WHY),
    ("cases:act", "ask_reporter"): _case(number="private", text="请补一张现场的照片。"),
    ("cases:act", "extend"): _case(number="private", days="2", reason="要等材料运到。"),
    ("cases:act", "ask_suspend"): _suspension(reason="要等修路队伍撤走才能挖。"),
    ("cases:act", "merge"): lambda w, s, t, a: {
        "version": case_of(t.ids["private"]).version,
        "into": t.ids["accepted"],
    },
    ("cases:act", "split"): _case(
        number="private", once=str(UUID(int=11)), text="另外一件事单独办。", field="road"
    ),
    ("cases:act", "transfer"): _case(number="private", reason="属于信访事项，请信访局登记。"),
    ("cases:act", "hand_to_clues"): _case(number="private"),
    ("cases:act", "waiting:resume"): _case(number="waiting"),
    ("cases:act", "to suspend:suspend"): _case(number="to suspend"),
    ("cases:act", "to suspend:deny"): _case(number="to suspend", reason="能办就先办。"),
    ("cases:act", "objected:redirect"): _received_by(
        "objected", "department_body", reason="三定方案写明归它管。"
    ),
    ("cases:act", "objected:deny"): _case(number="objected", reason="首接负责，请办理。"),
    ("cases:act", "moved:invite"): _received_by("moved", "town_body", text="请到现场测一测。"),
    ("cases:act", "gathered:invite"): _received_by(
        "gathered", "department_body", text="请再测一次水压。"
    ),
    ("cases:act", "joint:contribute"): _case(number="joint", text=ANSWER),
    ("cases:act", "joint:release"): _received_by("joint", "department_body", reason="不用他们了。"),
    ("cases:act", "gathered:join"): _case(number="gathered"),
    ("cases:act", "merged:unmerge"): _case(number="merged"),
    ("cases:act", "transferred:register"): _case(number="transferred"),
    ("cases:act", "transferred:send_back"): _case(number="transferred", reason="不属于信访事项范围。"),
    ("cases:act", "petition:conclude"): _case(number="petition", **OPINION),
    ("cases:act", "to reopen:grant_reopen"): _case(number="to reopen"),
    ("cases:act", "to reopen:deny"): _case(number="to reopen", reason="看过了，水是好的。"),
    ("cases:press", ""): lambda *_: {"text": "请三天内到现场，办好回话。"},
    ("cases:redo", ""): _case(number="empty answer", reason="没写做了什么，请补清楚。"),
    ("cases:settle_mark", ""): lambda *_: {"outcome": "founded", "reason": "确实是空话。"},
    ("cases:sort", ""): _case(number="unplaced", matter="water", receiver="", text=""),
    ("cases:draft_photos", ""): _photo,
    ("cases:save_filter", ""): lambda *_: {"name": "水的事", "field": "water", "who": "ours"},
    ("cases:batch_preview", ""): _batch,
    ("cases:batch_run", ""): _batch,
    ("cases:export", ""): lambda *_: {"who": "all", "state": "all"},
    ("cases:check", ""): lambda *_: {"found": "0", "text": "查过了，都好的。"},
    ("cases:templates", ""): lambda *_: {"title": "新模板", "text": "已经处理好了，请放心使用。"},
    ("cases:template", ""): lambda *_: {"title": "换好了", "text": "改过的话，请放心使用。"},
    ("cases:reply_by_template", ""): _reply,
    ("cases:note", ""): lambda *_: {"text": "再记一句。"},
    ("cases:give_subtask", ""): lambda w, s, t, a: {
        "what": "请到现场看一看。", "until": "2026-11-24",
        "receiver": f"body:{w.people.bodies[s.department_body].pk}",
    },
    ("cases:finish_subtask", ""): lambda *_: {"result": "测过了，正常。"},
    ("cases:relate", ""): lambda w, s, t, a: {"other": t.ids["accepted"], "why": "cause"},
    ("cases:sweep", ""): lambda w, s, t, a: {
        "what": "查一查有没有一样的。", "villages": [s.next_village], "until": "2026-11-24",
    },
    ("cases:claim", ""): _case(number="closed", reason="今天又停水了。"),
    ("cases:ask_reopen", ""): lambda *_: {"reason": "我家今天又停水了。"},
    ("cases:confirm_on_site", ""): lambda *_: {"solved": "yes"},
    ("cases:reply", ""): lambda *_: {"comes": "yes"},
    ("cases:villagers", ""): _villager,
    ("cases:call", ""): lambda *_: {"outcome": "satisfied"},
    ("cases:call_phone", ""): lambda *_: {"reason": "电话回访问一问结果"},
    ("cases:invite_on_site", ""): lambda *_: {
        "whom": "reporter", "day": "2026-11-20", "hour": "09:00", "place": "村委会门口",
    },
    ("cases:mediate", ""): lambda *_: {
        "held_on": "2026-11-17", "mediator": "人民调解员老陈", "parties": "两家邻居",
        "agreed": "no",
    },
    ("cases:mediation_kept", ""): lambda *_: {"kept": "yes"},
    ("accounts:new_body", ""): _new_body,
    ("accounts:edit_body", ""): lambda *_: {"name": "改了名的一个局", "phone": "", "parent": ""},
    ("accounts:end_body", ""): lambda *_: {"last_day": "2026-11-18", "sure": "1"},
    ("accounts:appoint", ""): _appointed,
    ("accounts:end_post", ""): lambda *_: {"last_day": "2026-11-18", "sure": "1"},
    ("accounts:new_person", ""): lambda *_: {"login": "newcomer", "name": "新来的", "sure": "1"},
    ("accounts:suspend", ""): lambda *_: {"sure": "1"},
    ("accounts:restore_duties", ""): lambda *_: {"sure": "1"},
    ("accounts:upload_duties", ""): _sheet,
    ("accounts:apply_draft", ""): _applied,
    ("capture:try_again", ""): _letters,
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
