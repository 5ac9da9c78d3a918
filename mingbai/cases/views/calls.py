"""The queue of calls: who is to be asked how the answer turned out, and what they said."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mingbai.cases import commands, queries
from mingbai.cases.states import OPEN, county_of
from mingbai.cases.views.common import actor_of, first_errors, rail
from mingbai.kernel.decisions import BadInput, Refused

OUTCOMES = (
    ("satisfied", "打通了，满意", ""),
    ("unsatisfied", "打通了，还是不满意", "写下反映人说的话；还能退回重办的，系统会退回"),
    ("reached", "打通了，不愿评价", ""),
    ("unreached", "没打通", "最多打三次"),
)
_FOLLOWED = {
    "next": "已记下，到时候再打。",
    "done": "已记下，回访完成。",
    "reopened": "已记下，这件已退回重办。",
    "told": "已记下，已告诉承办单位的上级和镇纪委。",
}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show the queue, the next call first."""
    page = queries.calls(actor_of(request), request.GET.get("after", ""))
    return render(request, "cases/calls.html", {"page": page})


@require_http_methods(["GET", "POST"])
def call(request: HttpRequest, number: str) -> HttpResponse:
    """Show one call, and take what came of it."""
    if request.method == "GET":
        return _page(request, number)
    sent = request.POST
    actor, county = actor_of(request), county_of(number)
    queries.call(actor, county, number)
    try:
        followed = commands.record_call(
            actor=actor,
            county=county,
            number=number,
            outcome=sent.get("outcome", ""),
            words=sent.get("words", ""),
            next_day=sent.get("next_day", ""),
        )
    except BadInput as wrong:
        return _page(request, number, wrong=first_errors(wrong), typed=sent.dict(), status=400)
    except Refused as wrong:
        return _page(request, number, wrong={"": str(wrong)}, typed=sent.dict(), status=409)
    messages.success(request, _FOLLOWED[followed])
    return redirect("cases:calls")


@require_POST
def phone(request: HttpRequest, number: str) -> HttpResponse:
    """Show the phone in clear, once, with the reason on record."""
    try:
        name, clear = commands.read_phone_to_call(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            reason=request.POST.get("reason", ""),
        )
    except BadInput as wrong:
        return _page(
            request, number, wrong=first_errors(wrong), typed=request.POST.dict(), status=400
        )
    return _page(request, number, clear=f"{name} {clear}".strip())


def _page(
    request: HttpRequest,
    number: str,
    wrong: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    clear: str = "",
    status: int = 200,
) -> HttpResponse:
    found = queries.call(actor_of(request), county_of(number), number)
    page = {
        "page": found,
        "call": found.call,
        "line": found.call.line,
        "steps": rail(found.steps, open_=found.call.line.state in OPEN, mine=False),
        "outcomes": OUTCOMES,
        "wrong": wrong or {},
        "typed": typed or {},
        "clear": clear,
    }
    answer = render(request, "cases/call.html", page, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
