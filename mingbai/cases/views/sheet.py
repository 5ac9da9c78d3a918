"""办理单: one case on paper, from the browser's printer or as PDF."""

from __future__ import annotations

from pathlib import Path

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from mingbai.cases.commands import exporting
from mingbai.cases.paper import NoTypesetter, pdf
from mingbai.cases.queries.sheet import sheet
from mingbai.cases.states import county_of
from mingbai.cases.views.common import actor_of

_STYLE = "cases/sheet.css"


@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Show the sheet as it prints."""
    paper = exporting.print_sheet(actor=actor_of(request), county=county_of(number), number=number)
    answer = render(
        request, "cases/sheet.html", {"sheet": paper, "line": paper.line, "on_paper": False}
    )
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def as_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """Send the sheet as PDF; a server that cannot set type says so and leaves the printing page."""
    actor, county = actor_of(request), county_of(number)
    paper = sheet(actor, county, number)
    html = render_to_string(
        "cases/sheet.html", {"sheet": paper, "line": paper.line, "on_paper": True}, request
    )
    try:
        content = pdf(html, Path(str(finders.find(_STYLE))).read_text(encoding="utf-8"))
    except NoTypesetter:
        messages.warning(request, "这台服务器还没有装排版部件，请用浏览器的打印存成 PDF。")
        return redirect("cases:desk", number)
    exporting.print_sheet(actor=actor, county=county, number=number)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{number}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
