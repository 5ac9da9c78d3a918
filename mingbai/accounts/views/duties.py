"""The duty list: look up, download, upload, check, put into force, go back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from mingbai.accounts import commands, queries
from mingbai.accounts.forms import ListForm
from mingbai.accounts.views.common import actor_of, ask, sure
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Refused
from mingbai.kernel.ports import case_fields

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def duties(request: HttpRequest, number: int = 0) -> HttpResponse:
    """Show the list in force, or an earlier version."""
    return _page(request, number)


@require_safe
def download(request: HttpRequest, number: int = 0) -> HttpResponse:
    """Give a list as a workbook that can be filled in and uploaded again."""
    actor = actor_of(request)
    content = queries.export_list(actor, number)
    name = (
        f"职责清单-{actor.county}-{f'第{number}版' if number else clock.today().isoformat()}.xlsx"
    )
    answer = HttpResponse(content, content_type=_XLSX)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return answer


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a workbook and show what it would do."""
    actor = actor_of(request)
    queries.require_administrator(actor)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, 0, error=str(form.errors["file"][0]))
    file = form.cleaned_data["file"]
    try:
        draft_id = commands.keep_draft(
            actor=actor, county=actor.county, name=file.name, content=file.read()
        )
    except BadInput as wrong:
        return _page(request, 0, error=str(wrong))
    return redirect("accounts:draft", draft_id=draft_id)


@require_safe
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show every bad cell, gap and overlap of an uploaded list."""
    return _draft(request, draft_id)


@require_POST
def apply(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Put an uploaded list into force."""
    seen = request.POST.get("seen", "")
    if not (seen.isascii() and seen.isdigit() and len(seen) < 9):
        raise BadInput("页面不完整，请刷新后再试。")
    try:
        number = commands.apply_draft(
            actor=actor_of(request),
            draft_id=draft_id,
            seen=int(seen),
            gaps_accepted=request.POST.get("gaps") == "1",
        )
    except Refused as wrong:
        return _draft(request, draft_id, error=str(wrong))
    messages.success(request, f"已启用，现行的是第 {number} 版。要退回，在“历次版本”里恢复。")
    return redirect("accounts:duties")


@require_POST
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Throw an uploaded list away."""
    commands.discard_draft(actor=actor_of(request), draft_id=draft_id)
    messages.success(request, "上传的表没有启用，已丢掉。")
    return redirect("accounts:duties")


@require_POST
def restore(request: HttpRequest, number: int) -> HttpResponse:
    """Put an earlier version into force again."""
    actor = actor_of(request)
    queries.require_administrator(actor)
    if not sure(request):
        page = queries.duties_page(actor, number=number)
        assert page.version is not None
        facts = [
            ("恢复", f"第 {number} 版（{page.version.source}）"),
            ("条数", page.version.size),
            ("现行", f"第 {queries.duty_version(page.county)} 版"),
        ]
        return ask(
            request,
            heading="恢复职责清单",
            facts=facts,
            button="确认恢复",
            back=(reverse("accounts:duties"), "返回"),
            warning="恢复后成为新的一版，现行的那版仍留着，也能再恢复。",
        )
    made = commands.restore_duties(actor=actor, county=actor.county, number=number)
    messages.success(request, f"已恢复第 {number} 版，编为第 {made} 版。")
    return redirect("accounts:duties")


def _page(request: HttpRequest, number: int, error: str = "") -> HttpResponse:
    text, field = request.GET.get("text", ""), request.GET.get("field", "")
    page = queries.duties_page(
        actor_of(request),
        number=number,
        text=text,
        field=field if field in case_fields() else "",
        after=request.GET.get("after", ""),
    )
    context = {
        "page": page,
        "fields": [(code, found.name) for code, found in case_fields().items()],
        "text": text,
        "field": field,
        "earlier": bool(number and page.version and not page.version.current),
        "error": error,
    }
    return render(request, "accounts/duties.html", context, status=400 if error else 200)


def _draft(request: HttpRequest, draft_id: int, error: str = "") -> HttpResponse:
    page = queries.draft_page(actor_of(request), draft_id)
    context = {"page": page, "error": error}
    return render(request, "accounts/draft.html", context, status=400 if error else 200)
