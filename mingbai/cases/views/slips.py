"""凭回执查进度: number and code on the paper open the case's state, without an account."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from mingbai.cases import commands, queries
from mingbai.cases.states import OPEN
from mingbai.kernel import errors
from mingbai.kernel.addresses import origin
from mingbai.kernel.decisions import Missing

_NUMBER = re.compile(r"\d{6}-\d{4}-\d{5,7}")
_CODE = re.compile(r"\d{10}")
TOO_OFTEN = "查得太频繁了，请过一个小时再查。急的话打回执上的电话，报件号就能问。"
WRONG = "没有查到。请对着回执再看一遍件号和查询码；还是不行，请打回执上的电话。"


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Take number and code from the paper, as it was typed."""
    number = request.GET.get("number", "").strip()[:20].replace("－", "-").replace("—", "-")
    code = re.sub(r"\D", "", request.GET.get("code", ""))[:10]
    wrong = ""
    if number or code:
        if queries.asked_too_often(origin(request)):
            return errors.too_often(request, TOO_OFTEN)
        well_formed = _NUMBER.fullmatch(number) and _CODE.fullmatch(code)
        if well_formed and _found(request, number, code) is not None:
            return redirect("cases:slip", number, code)
        wrong = WRONG
    page = {"number": number, "code": code, "wrong": wrong}
    return render(request, "cases/ask.html", page, status=404 if wrong else 200)


@require_safe
def slip(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Show what the holder of the paper may know."""
    if queries.asked_too_often(origin(request)):
        return errors.too_often(request, TOO_OFTEN)
    found = _found(request, number, code)
    if found is None:
        return errors.missing(request)
    page = {"slip": found, "line": found.line, "open": found.line.state in OPEN}
    answer = render(request, "cases/slip.html", page)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _found(request: HttpRequest, number: str, code: str) -> queries.Slip | None:
    """Return what the code opens; a wrong one is counted (answered, not raised: the count stays)."""
    try:
        return queries.slip_for_holder(number, code)
    except Missing:
        commands.count_wrong_code(address=origin(request))
        return None
