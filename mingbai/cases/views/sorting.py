"""定下归哪类: one page on which the desk gives a case its field, its part and its body."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mingbai.cases import commands, queries
from mingbai.cases.states import county_of
from mingbai.cases.views.common import actor_of, first_errors
from mingbai.kernel.decisions import BadInput, Missing, Refused

BY_LIST, STAY = "list", ""


@require_http_methods(["GET", "POST"])
def sort(request: HttpRequest, number: str) -> HttpResponse:
    """Show the fields and the bodies, and take what was chosen in one step."""
    actor, county = actor_of(request), county_of(number)
    queries.require_open(actor, county, number)
    if request.method == "GET":
        return _page(request, number, {}, {})
    sent = request.POST.dict()
    field, _, sub = sent.get("matter", "").partition("/")
    version = sent.get("version", "")
    try:
        commands.sort(
            actor=actor,
            county=county,
            number=number,
            version=int(version) if version.isdecimal() else 0,
            field=field,
            sub=sub,
            receiver=sent.get("receiver", STAY),
            text=sent.get("text", ""),
        )
    except BadInput as wrong:
        return _page(request, number, first_errors(wrong), sent, status=400)
    except Refused as wrong:
        return _page(request, number, {"": str(wrong)}, sent, status=409)
    messages.success(request, "已归类。")
    try:
        queries.require_open(actor, county, number)
    except Missing:  # a department that handed the case on no longer sees it
        return redirect("cases:desk_list")
    return redirect("cases:desk", number)


def _page(
    request: HttpRequest,
    number: str,
    wrong: Mapping[str, str],
    typed: Mapping[str, str],
    status: int = 200,
) -> HttpResponse:
    found = queries.case_to_sort(actor_of(request), county_of(number), number)
    first = BY_LIST if not found.matter else STAY
    page = {
        "case": found,
        "line": found.line,
        "wrong": wrong,
        "matter": typed.get("matter", found.matter or found.guessed),
        "receiver": typed.get("receiver", first),
        "text": typed.get("text", ""),
        "by_list": BY_LIST,
    }
    answer = render(request, "cases/sort.html", page, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
