"""协作: notes, sub-tasks, linked cases and sweeps of one case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mingbai.cases.commands import noting, relating, subtasks, sweeping
from mingbai.cases.queries import beside
from mingbai.cases.states import county_of
from mingbai.cases.views.common import actor_of, first_errors
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Refused

_WEEK = timedelta(days=7)


@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Show what officers keep beside the case."""
    return _page(request, number)


@require_POST
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Keep a note and tell who is named in it."""

    def write() -> str:
        told = noting.add_note(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            text=request.POST.get("text", ""),
            told=_ids(request, "told"),
        )
        return f"已记下，并告诉了 {told} 位同事。" if told else "已记下，群众看不到。"

    return _do(request, number, "note", write)


@require_POST
def give(request: HttpRequest, number: str) -> HttpResponse:
    """Ask a colleague or another body for a part."""

    def write() -> str:
        subtasks.give_subtask(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            what=request.POST.get("what", ""),
            receiver=request.POST.get("receiver", ""),
            until=request.POST.get("until", ""),
        )
        return "已交代，对方收到了通知。"

    return _do(request, number, "give", write)


@require_POST
def finish(request: HttpRequest, number: str, task_id: int) -> HttpResponse:
    """Close a sub-task with a word on it."""

    def write() -> str:
        subtasks.finish_subtask(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            task_id=task_id,
            result=request.POST.get("result", ""),
        )
        return "已办好，交代的人会收到通知。"

    return _do(request, number, f"finish-{task_id}", write)


@require_POST
def withdraw(request: HttpRequest, number: str, task_id: int) -> HttpResponse:
    """Take a sub-task back."""

    def write() -> str:
        subtasks.withdraw_subtask(
            actor=actor_of(request), county=county_of(number), number=number, task_id=task_id
        )
        return "已收回。"

    return _do(request, number, f"finish-{task_id}", write)


@require_POST
def relate(request: HttpRequest, number: str) -> HttpResponse:
    """Link another case."""

    def write() -> str:
        relating.relate(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            other=request.POST.get("other", ""),
            why=request.POST.get("why", ""),
        )
        return "已连在一起。"

    return _do(request, number, "relate", write)


@require_POST
def unrelate(request: HttpRequest, number: str, relation_id: int) -> HttpResponse:
    """Take a link away."""

    def write() -> str:
        relating.unrelate(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            relation_id=relation_id,
        )
        return "已拆开，两件各办各的。"

    return _do(request, number, "relate", write)


@require_POST
def sweep(request: HttpRequest, number: str) -> HttpResponse:
    """Have other villages looked at for the same thing."""

    def write() -> str:
        count = sweeping.start_sweep(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            what=request.POST.get("what", ""),
            villages=request.POST.getlist("villages"),
            until=request.POST.get("until", ""),
        )
        return f"已发到 {count} 个村，查完会写在这里。"

    return _do(request, number, "sweep", write)


def _do(request: HttpRequest, number: str, which: str, write: Callable[[], str]) -> HttpResponse:
    """Run one command; its sentence comes back beside the form when it cannot be done."""
    try:
        done = write()
    except BadInput as wrong:
        return _page(request, number, which, dict(first_errors(wrong)), 400)
    except Refused as wrong:
        return _page(request, number, which, {"": str(wrong)}, 409)
    messages.success(request, done)
    return redirect("cases:beside", number)


def _page(
    request: HttpRequest,
    number: str,
    failed: str = "",
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = beside.beside(actor_of(request), county_of(number), number)
    answer = render(
        request,
        "cases/beside.html",
        {
            "found": found,
            "number": number,
            "failed": failed,
            "wrong": wrong or {},
            "typed": request.POST.dict(),
            "ticked": request.POST.getlist("villages"),
            "told": _ids(request, "told"),
            "why": beside.RELATED_BY_HAND,
            "today": clock.today().isoformat(),
            "in_a_week": (clock.today() + _WEEK).isoformat(),
        },
        status=status,
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _ids(request: HttpRequest, name: str) -> list[int]:
    return [int(t) for t in request.POST.getlist(name) if t.isdecimal() and len(t) <= 18]
