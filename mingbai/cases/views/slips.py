"""凭回执查进度: number and code on the paper open the case's state, without an account."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from mingbai.cases import queries
from mingbai.cases.states import OPEN
from mingbai.kernel.decisions import Missing

_NUMBER = re.compile(r"\d{6}-\d{4}-\d{5,7}")
_CODE = re.compile(r"\d{10}")
WRONG = "没有查到。请对着回执再看一遍件号和查询码；还是不行，请打回执上的电话。"


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Take number and code from the paper, as it was typed."""
    number = request.GET.get("number", "").strip()[:20].replace("－", "-").replace("—", "-")
    code = re.sub(r"\D", "", request.GET.get("code", ""))[:10]
    wrong = ""
    if number or code:
        if _NUMBER.fullmatch(number) and _CODE.fullmatch(code) and _opens(number, code):
            return redirect("cases:slip", number, code)
        wrong = WRONG
    page = {"number": number, "code": code, "wrong": wrong}
    return render(request, "cases/ask.html", page, status=404 if wrong else 200)


@require_safe
def slip(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Show what the holder of the paper may know."""
    found = queries.slip_for_holder(number, code)
    page = {"slip": found, "line": found.line, "open": found.line.state in OPEN}
    answer = render(request, "cases/slip.html", page)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _opens(number: str, code: str) -> bool:
    try:
        queries.slip_for_holder(number, code)
    except Missing:
        return False
    return True
