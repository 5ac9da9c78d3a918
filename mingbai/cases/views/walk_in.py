"""The counter: an officer takes a case down for somebody who stands there, and prints the slip."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from mingbai.accounts import commands as accounts_commands
from mingbai.accounts import queries as accounts
from mingbai.cases import commands, queries
from mingbai.cases.field_words import guess
from mingbai.cases.forms import KINDS, DeskForm, errors, values
from mingbai.cases.states import county_of
from mingbai.cases.views.codes import drawn
from mingbai.cases.views.common import actor_of, first_errors, stored
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing
from mingbai.regions import queries as regions

PAPERS = (("a6", "A6 纸"), ("roll", "80 毫米小票"))


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """代群众登记: take a case down for somebody at the counter, then print the slip."""
    actor = actor_of(request)
    queries.require_desk(actor)
    if request.method == "GET":
        return _new_page(request, {"public": "on", "kind": "request", "once": str(uuid4())}, {})
    form = DeskForm(request.POST)
    if not form.is_valid():
        return _new_page(request, values(form), errors(form), status=400)
    typed = form.cleaned_data
    try:
        files = stored(request, "photos", kinds=("photo",), most=6)
        number = commands.file_walk_in(
            actor=actor,
            token=typed["once"],
            region=typed["region"],
            text=typed["text"],
            field=typed["field"] or guess(typed["text"]).field,
            kind=typed["kind"],
            place=typed["place"],
            urgent=typed["urgent"],
            is_public=typed["public"],
            name=typed["name"],
            phone=typed["phone"],
            for_family=typed["for_family"],
            files=files,
        )
    except BadInput as wrong:
        return _new_page(request, values(form), first_errors(wrong), status=400)
    messages.success(request, f"已登记，件号 {number}。请打回执交给群众。")
    return redirect("cases:receipt", number)


@require_GET
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Print the slip that the person takes home, on A6 or on an 80 mm roll."""
    slip = queries.slip_to_print(actor_of(request), county_of(number), number)
    paper = "roll" if request.GET.get("paper") == "roll" else "a6"
    address = reverse("cases:slip", args=[number, slip.code])
    page = {
        "slip": slip,
        "line": slip.line,
        "paper": paper,
        "papers": PAPERS,
        "code": drawn(request, address),
        "ask": request.build_absolute_uri(reverse("cases:ask")),
    }
    answer = render(request, "cases/receipt.html", page)
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
def villagers(request: HttpRequest) -> HttpResponse:
    """核实村民: confirm whose phone belongs to somebody of the village, so that they may speak for it."""
    actor = actor_of(request)
    if not accounts.may_confirm_villagers(actor):
        raise Missing("villagers")
    typed = request.POST.dict()
    wrong: Mapping[str, str] = {}
    if request.method == "POST":
        try:
            phone = accounts_commands.confirm_villager(
                actor=actor, phone=typed.get("phone", ""), region=typed.get("region", "")
            )
        except BadInput as bad:
            wrong = first_errors(bad)
        else:
            messages.success(request, f"{phone} 已核实。")
            return redirect("cases:villagers")
    page = {"typed": typed, "wrong": wrong, "villages": _villages(actor)}
    return render(request, "cases/villagers.html", page, status=400 if wrong else 200)


def _villages(actor: Actor) -> list[tuple[str, str]]:
    return [(v.code, v.name) for v in regions.villages(actor.county) if actor.covers(v.code)]


def _new_page(
    request: HttpRequest, typed: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    page = {
        "typed": typed,
        "wrong": wrong,
        "villages": _villages(actor),
        "confirms": accounts.may_confirm_villagers(actor),
        "fields": [("", "由系统按内容判断"), *queries.field_choices()],
        "kinds": KINDS,
    }
    return render(request, "cases/desk_new.html", page, status=status)
