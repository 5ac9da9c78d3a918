"""What every page's frame shows: who looks after the site, and for staff their post, menu and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from mingbai.accounts import queries as accounts
from mingbai.capture import queries as capture
from mingbai.cases import queries as cases
from mingbai.kernel import clock
from mingbai.kernel.actors import ANYONE, Actor
from mingbai.notices import queries as notices


@dataclass(frozen=True)
class StaffFrame:
    """The bar above a staff page."""

    person: str
    post: str
    posts: list[tuple[int, str, bool]]
    today: datetime
    notices: int
    home_url: str
    switch_url: str
    search_url: str
    notices_url: str
    logout_url: str
    links: list[tuple[str, str]]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give the frame's values; those of staff are read only when a staff page asks for them."""
    actor: Actor = getattr(request, "actor", ANYONE)
    side = "sup" if actor.side == "sup" else "gov"
    if not actor.is_staff:
        return {"site": _site(), "actor": actor, "side": side, "staff": None, "nav": ()}
    return {
        "site": _site(),
        "actor": actor,
        "side": side,
        "staff": SimpleLazyObject(lambda: _staff(request, actor)),
        "nav": SimpleLazyObject(lambda: _nav(request, actor)),
    }


def _site() -> dict[str, Any]:
    return settings.SITE | {
        "links": [
            (reverse("portal:accessibility"), "无障碍说明"),
            (reverse("portal:privacy"), "个人信息保护"),
            (reverse("accounts:login"), "工作人员登录"),
        ]
    }


def _staff(request: HttpRequest, actor: Actor) -> StaffFrame:
    assert actor.person_id is not None
    posts: Sequence[accounts.PostView] = getattr(request, "posts", ())
    labels = [(p.id, f"{p.body_name} · {p.title}", p.id == actor.post_id) for p in posts]
    return StaffFrame(
        person=actor.label,
        post=next((label for _, label, current in labels if current), actor.title),
        posts=labels,
        today=clock.local(clock.now()),
        notices=notices.unread_count(actor.person_id),
        home_url=reverse("portal:desk"),
        switch_url=reverse("accounts:post"),
        search_url=reverse("cases:desk_list") if _reads_cases(actor) else "",
        notices_url=reverse("notices:inbox"),
        logout_url=reverse("accounts:logout"),
        links=[(reverse("accounts:me"), "我的账户")],
    )


def _reads_cases(actor: Actor) -> bool:
    return accounts.role(actor.role).handles_cases


def _nav(request: HttpRequest, actor: Actor) -> list[tuple[str, str, str, int, bool]]:
    role = accounts.role(actor.role)
    items: list[tuple[str, str, str, int]] = [(reverse("portal:desk"), "inbox", "今天要办", 0)]
    if role.reads_talk:
        items.append(
            (reverse("capture:review"), "message-search", "采集核对", capture.waiting_count(actor))
        )
        items.append((reverse("capture:patrol"), "messages", "巡群", 0))
    elif role.side == "sup" and role.level in {"county", "city"}:
        items.append((reverse("capture:patrol_figures"), "messages", "巡群进度", 0))
    waits = cases.waiting(actor)
    if _reads_cases(actor):
        items.append((reverse("cases:desk_list"), "clipboard-text", "诉求件", waits.open))
        if cases.may_call_back(actor):
            items.append((reverse("cases:calls"), "phone", "电话回访", waits.calls))
        items.append((reverse("cases:mediations"), "heart-handshake", "矛盾调解", 0))
        items.append((reverse("capture:questions"), "message-search", "群众提问", 0))
    if cases.may_supervise(actor):
        items.append((reverse("cases:supervision"), "speakerphone", "督办", waits.marks))
    if not role.administers and (role.reads_talk or role.level in {"town", "county", "village"}):
        items.append((reverse("capture:groups"), "users-group", "村群", 0))
    if role.reads_talk or role.administers:
        items.append((reverse("capture:keeping"), "history", "采集留存", 0))
    if role.opens_clues:
        items.append((reverse("clues:list"), "shield-lock", "线索", 0))
    if role.administers:
        items.append((reverse("accounts:bodies"), "building", "单位", 0))
        items.append((reverse("accounts:people"), "users", "人员", 0))
        items.append((reverse("accounts:duties"), "route", "职责清单", 0))
        items.append((reverse("portal:admin"), "activity", "运行状况", 0))
    here = request.path
    best = max((len(url) for url, *_ in items if here.startswith(url)), default=0)
    return [
        (url, drawing, label, count, here.startswith(url) and len(url) == best)
        for url, drawing, label, count in items
    ]
