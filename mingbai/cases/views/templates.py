"""Reply templates: the body's own page of them, and the answer that is made with one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from mingbai.cases.commands import templates
from mingbai.cases.queries.templates import FIELDS, reply_with, templates_of
from mingbai.cases.states import county_of
from mingbai.cases.views.common import actor_of, first_errors
from mingbai.kernel.decisions import BadInput, Missing, Refused


@require_http_methods(["GET", "POST"])
def manage(request: HttpRequest, template_id: int | None = None) -> HttpResponse:
    """Show the templates of the body; add one, or change the one of the address."""
    actor = actor_of(request)
    known = {template.id: template for template in templates_of(actor)}
    if template_id is not None and template_id not in known:
        raise Missing(str(template_id))
    typed, wrong = {"title": "", "text": ""}, {}
    if template_id is not None:
        typed = {"title": known[template_id].title, "text": known[template_id].text}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in typed}
        try:
            templates.save_template(actor=actor, template_id=template_id, **typed)
        except BadInput as bad:
            wrong = dict(first_errors(bad))
        else:
            messages.success(request, "模板已存好。")
            return redirect("cases:templates")
    return render(
        request,
        "cases/reply_templates.html",
        {
            "templates": list(known.values()),
            "editing": template_id,
            "typed": typed,
            "wrong": wrong,
            "blanks": [f"{{{name}}}" for name in FIELDS],
        },
        status=400 if wrong else 200,
    )


@require_POST
def retire(request: HttpRequest, template_id: int) -> HttpResponse:
    """Take a template out of use."""
    templates.retire_template(actor=actor_of(request), template_id=template_id)
    messages.success(request, "模板已停用。")
    return redirect("cases:templates")


@require_http_methods(["GET", "POST"])
def reply(request: HttpRequest, number: str, template_id: int) -> HttpResponse:
    """Show the words of a template filled in for the case, and answer with them."""
    if request.method == "GET":
        return _reply(request, number, template_id)
    sent = request.POST
    version = sent.get("version", "")
    try:
        templates.reply(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            version=int(version) if version.isdecimal() and len(version) <= 9 else 0,
            text=sent.get("reply", ""),
        )
    except (BadInput, Refused) as wrong:
        status = 400 if isinstance(wrong, BadInput) else 409
        return _reply(request, number, template_id, str(wrong), status)
    messages.success(request, "已答复，反映人会收到通知。")
    return redirect("cases:desk", number)


def _reply(
    request: HttpRequest, number: str, template_id: int, wrong: str = "", status: int = 200
) -> HttpResponse:
    found = reply_with(actor_of(request), county_of(number), number, template_id)
    answer = render(
        request,
        "cases/reply.html",
        {
            "found": found,
            "line": found.line,
            "words": request.POST.get("reply", found.filled),
            "wrong": wrong,
        },
        status=status,
    )
    answer["Cache-Control"] = "no-store"
    return answer
