"""The supervising office's pages: the lists, one case, what it may do there, the bodies of a month."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mingbai.cases import commands, queries
from mingbai.cases.states import OPEN, county_of
from mingbai.cases.views.common import actor_of, first_errors, rail
from mingbai.kernel.decisions import BadInput, Refused

LISTS = (
    ("due", "三个工作日内到期", "clock"),
    ("late", "已超期", "alert-octagon"),
    ("urged", "已督办", "speakerphone"),
    ("escalated", "升级上来的", "trending-up"),
    ("untaken", "一天没人接", "user"),
    ("marked", "有推诿标记", "eye"),
)
OUTCOMES = (("founded", "属实", "留在记录里，计入单位本月数字"), ("unfounded", "不成立", "不计数"))
SCORES = (
    ("handed", "转手"),
    ("returned", "退回、异议"),
    ("late", "超期"),
    ("poor", "敷衍、只转办"),
    ("reopened", "重办"),
)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show one list, narrowed as asked; without a choice the one that hurts most."""
    asked = request.GET
    which = asked.get("which", "late")
    narrowed = queries.Narrowed(*(asked.get(n, "")[:20] for n in ("town", "body", "field", "mark")))
    found = queries.supervision_page(actor_of(request), which, narrowed, asked.get("after", ""))
    page = {
        "found": found,
        "narrowed": narrowed,
        "lists": [(code, word, drawing, found.counts[code]) for code, word, drawing in LISTS],
        "heading": next(word for code, word, _ in LISTS if code == which),
    }
    return render(request, "cases/supervision.html", page)


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Show one case with its marks and what the office may do."""
    return _page(request, number)


@require_POST
def press(request: HttpRequest, number: str) -> HttpResponse:
    """Press the body that holds the case."""
    try:
        commands.press(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            text=request.POST.get("text", ""),
        )
    except (BadInput, Refused) as wrong:
        return _again(request, number, "press", wrong)
    messages.success(request, "已督办，群众看得到。")
    return redirect("cases:supervised", number)


@require_POST
def redo(request: HttpRequest, number: str) -> HttpResponse:
    """Order a new answer."""
    version = request.POST.get("version", "")
    try:
        commands.redo(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            reason=request.POST.get("reason", ""),
        )
    except (BadInput, Refused) as wrong:
        return _again(request, number, "redo", wrong)
    messages.success(request, "已责令重新答复。")
    return redirect("cases:supervised", number)


@require_POST
def settle(request: HttpRequest, number: str, mark: int) -> HttpResponse:
    """Say what a mark is worth."""
    try:
        commands.settle_mark(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            mark=mark,
            outcome=request.POST.get("outcome", ""),
            reason=request.POST.get("reason", ""),
        )
    except (BadInput, Refused) as wrong:
        return _again(request, number, f"mark-{mark}", wrong)
    messages.success(request, "已认定。")
    return redirect("cases:supervised", number)


@require_GET
def bodies(request: HttpRequest) -> HttpResponse:
    """Show how each body of the territory did in a month."""
    found = queries.scorecard(actor_of(request), request.GET.get("month", ""))
    page = {"found": found, "columns": SCORES, "fewest": queries.FEWEST}
    return render(request, "cases/scorecard.html", page)


def _again(request: HttpRequest, number: str, form: str, wrong: BadInput | Refused) -> HttpResponse:
    """Show the page once more with what was typed and the sentence."""
    found = first_errors(wrong) if isinstance(wrong, BadInput) else {"": str(wrong)}
    status = 400 if isinstance(wrong, BadInput) else 409
    return _page(request, number, form, found, request.POST.dict(), status)


def _page(
    request: HttpRequest,
    number: str,
    form: str = "",
    wrong: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = queries.watched_case(actor_of(request), county_of(number), number)
    page = {
        "found": found,
        "line": found.line,
        "steps": rail(found.steps, open_=found.line.state in OPEN, mine=False),
        "failed": form,
        "wrong": wrong or {},
        "typed": typed or {},
        "outcomes": OUTCOMES,
    }
    answer = render(request, "cases/supervised.html", page, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
