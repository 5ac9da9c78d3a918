"""Pages for what went wrong: one plain sentence and one way on. None of them needs the database."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


@dataclass(frozen=True)
class Trouble:
    """Status, heading and sentence of an error page."""

    status: int
    title: str
    sentence: str


MISSING = Trouble(404, "没有这一页", "网址可能写错了，或者这件事你看不到。")
EXPIRED = Trouble(403, "表单过期了", "页面放得太久。请返回上一页刷新后再提交，写过的字还在。")
TOO_BIG = Trouble(413, "内容太大", "一次交的文件太大。请少放几张照片，或者录短一点，再交一次。")
BROKEN = Trouble(500, "系统出了错", "这次没有办成，也没有改动任何内容。请稍后再试。")
UNAVAILABLE = Trouble(
    503, "暂时连不上", "系统正在恢复，通常一两分钟就好。写过的字存在你的手机上，稍后刷新再交。"
)


def refused(request: HttpRequest, reason: str) -> HttpResponse:
    """403 with the reason that the policy gave."""
    return _page(request, Trouble(403, "这一步办不了", reason))


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for a hidden thing and one that does not exist."""
    del exception
    return _page(request, MISSING)


def bad_input(
    request: HttpRequest,
    sentence: str = "提交的内容不对，请返回检查。",
    exception: Exception | None = None,
) -> HttpResponse:
    """400 with what to mend; 413 when more was sent than is read."""
    if isinstance(exception, RequestDataTooBig):
        return _page(request, TOO_BIG)
    return _page(request, Trouble(400, "内容要改一下", sentence))


def too_often(request: HttpRequest, sentence: str) -> HttpResponse:
    """429 for somebody who asks for the same too often, with when to ask again."""
    response = _page(request, Trouble(429, "歇一会儿再查", sentence))
    response["Retry-After"] = "3600"
    return response


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token has run out."""
    del reason
    return _page(request, EXPIRED)


def broken(request: HttpRequest) -> HttpResponse:
    """500 without any detail."""
    return _page(request, BROKEN)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 while the database is away; the draft stays in the browser."""
    response = _page(request, UNAVAILABLE)
    response["Retry-After"] = "30"
    return response


def _page(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    elder = request.COOKIES.get("mode") == "elder"
    text = render_to_string("kernel/error.html", {"trouble": trouble, "elder": elder})
    return HttpResponse(text, status=trouble.status, headers={"Cache-Control": "no-store"})
