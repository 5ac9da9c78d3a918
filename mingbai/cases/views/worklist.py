"""The work list: filters, saved ones, many cases at once, the list as a sheet; and what others asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from mingbai.cases import queries
from mingbai.cases.commands import batching, exporting, filters, sweeping
from mingbai.cases.queries import beside, worklist
from mingbai.cases.queries.worklist import Asked, Pick
from mingbai.cases.views.common import actor_of, first_errors
from mingbai.cases.views.desk import list_page
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Missing, Refused

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RESULT = "batch_result"


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show the list; without any choice it opens as the post's own default says.

    Who works on no cases and only watches sees the public ones.
    """
    actor = actor_of(request)
    if queries.watches_only(actor):
        return list_page(request, "诉求件")
    if not request.GET:
        own = worklist.default_query(actor)
        if own:
            return redirect(f"{reverse('cases:desk_list')}?{own}")
    return _list(request)


@require_POST
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep the present choice under a name."""
    asked = Asked.read(request.POST.dict())
    try:
        filters.save_filter(
            actor=actor_of(request), name=request.POST.get("name", ""), query=asked.query
        )
    except BadInput as wrong:
        messages.warning(request, str(wrong))
    else:
        messages.success(request, "已记下，下次点名字就能看。")
    return redirect(f"{reverse('cases:desk_list')}?{asked.query}")


@require_POST
def delete_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Forget a saved choice."""
    filters.delete_filter(actor=actor_of(request), filter_id=filter_id)
    messages.success(request, "已删掉。")
    return redirect(f"{reverse('cases:desk_list')}?who=ours")


@require_POST
def open_with_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Let the list open with a saved choice, or no longer."""
    on = filters.open_with_filter(actor=actor_of(request), filter_id=filter_id)
    messages.success(request, "以后打开就用这一组。" if on else "以后打开不用这一组了。")
    return redirect(f"{reverse('cases:desk_list')}?who=ours")


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Show what would happen to each ticked case before anything does."""
    return _preview(request)


@require_POST
def run(request: HttpRequest) -> HttpResponse:
    """Do it, each case by itself, and show what became of each."""
    actor = actor_of(request)
    queries.require_desk(actor)
    verb, receiver = request.POST.get("verb", ""), request.POST.get("receiver", "")
    if verb == "assign" and not receiver.isdecimal():
        return _preview(request, {"receiver": "请选一个可以交办的单位。"})
    try:
        outcomes = batching.run_batch(
            actor=actor,
            verb=verb,
            picks=_picks(request),
            receiver=int(receiver[:18]) if receiver.isdecimal() else 0,
            text=request.POST.get("note", ""),
        )
    except BadInput as wrong:
        return _preview(request, first_errors(wrong))
    request.session[_RESULT] = {
        "verb": verb,
        "rows": [asdict(outcome) for outcome in outcomes],
    }
    return redirect("cases:batch_result")


@require_GET
def result(request: HttpRequest) -> HttpResponse:
    """Show what became of each case of the batch that was run last."""
    queries.require_desk(actor_of(request))
    held = request.session.get(_RESULT)
    if not held:
        return redirect("cases:desk_list")
    rows = held["rows"]
    return render(
        request,
        "cases/batch_result.html",
        {
            "word": worklist.BATCHES[held["verb"]],
            "done": [row for row in rows if row["done"]],
            "refused": [row for row in rows if not row["done"]],
        },
    )


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Send the filtered list as xlsx."""
    made = exporting.export_list(actor=actor_of(request), asked=Asked.read(request.POST.dict()))
    answer = HttpResponse(made.content, content_type=XLSX)
    name = f"cases-{clock.local(clock.now()):%Y%m%d-%H%M}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """Show what others asked of the body: sub-tasks of their cases and villages to look at."""
    return _tasks(request)


@require_POST
def check(request: HttpRequest, item_id: int) -> HttpResponse:
    """Fill in one line of a sweep: nothing found, or found and filed as a case."""
    actor, sent = actor_of(request), request.POST
    try:
        if sent.get("found") == "1":
            number = sweeping.report_found(
                actor=actor, item_id=item_id, text=sent.get("text", ""), place=sent.get("place", "")
            )
            messages.success(request, f"已立件，件号 {number}，和原来那件连在一起了。")
        else:
            sweeping.report_clear(actor=actor, item_id=item_id, text=sent.get("text", ""))
            messages.success(request, "已记下：查过，没有同样的问题。")
    except (BadInput, Refused) as wrong:
        return _tasks(request, item_id, str(wrong), 400 if isinstance(wrong, BadInput) else 409)
    return redirect("cases:tasks")


def _list(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), Asked.read(request.GET.dict())
    found = worklist.worklist(actor, asked, after=request.GET.get("after", ""))
    answer = render(
        request,
        "cases/worklist.html",
        {
            "found": found,
            "asked": asked,
            "who": worklist.WHO,
            "states": worklist.state_choices(),
            "fields": queries.field_choices(),
            "sources": worklist.SOURCES,
            "levels": worklist.level_choices(),
            "narrow": sum(value not in {"", False} for value in asdict(asked).values()) > 2,
        },
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _preview(request: HttpRequest, wrong: Mapping[str, str] | None = None) -> HttpResponse:
    actor, verb = actor_of(request), request.POST.get("verb", "")
    queries.require_desk(actor)
    picks = _picks(request)
    if not picks:
        messages.info(request, "请先勾选要办的件。")
        return redirect("cases:desk_list")
    if len(picks) > batching.MOST_AT_ONCE:
        messages.warning(request, f"一次最多办 {batching.MOST_AT_ONCE} 件，请少勾一些。")
        return redirect("cases:desk_list")
    rows = worklist.foresee(actor, verb, picks)
    receivers = worklist.batch_receivers(actor) if verb == "assign" else ()
    return render(
        request,
        "cases/batch_preview.html",
        {
            "verb": verb,
            "word": worklist.BATCHES[verb],
            "can": [row for row in rows if row.decision],
            "cannot": [row for row in rows if not row.decision],
            "receivers": [(body.id, body.name) for body in receivers],
            "typed": request.POST.dict(),
            "wrong": wrong or {},
        },
        status=400 if wrong else 200,
    )


def _tasks(
    request: HttpRequest, failed: int = 0, wrong: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    queries.require_desk(actor)
    return render(
        request,
        "cases/tasks.html",
        {
            "subtasks": beside.open_subtasks(actor, request.GET.get("after", "")),
            "checks": beside.open_checks(actor),
            "failed": failed,
            "wrong": wrong,
            "typed": request.POST.dict(),
        },
        status=status,
    )


def _picks(request: HttpRequest) -> Sequence[Pick]:
    """Return the ticked cases. Raises ``Missing`` for what the page never offered."""
    found = [Pick.read(text) for text in dict.fromkeys(request.POST.getlist("case"))]
    if None in found:
        raise Missing("case")
    return [pick for pick in found if pick is not None]
