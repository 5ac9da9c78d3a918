"""Villagers at a case, for its officers: invite them to the place, keep records of mediation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mingbai.cases import commands, queries
from mingbai.cases.states import county_of
from mingbai.cases.views.common import actor_of, first_errors
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput

_YES = "yes"


@require_GET
def page(request: HttpRequest, number: str) -> HttpResponse:
    """Show invitations, what neighbours saw, and records of mediation."""
    return _page(request, number)


@require_POST
def invite(request: HttpRequest, number: str) -> HttpResponse:
    """Ask villagers to come and see."""
    sent = request.POST
    try:
        told = commands.invite_on_site(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            whom=sent.get("whom", ""),
            meet_at=f"{sent.get('day', '')}T{sent.get('hour', '')}",
            place=sent.get("place", ""),
            words=sent.get("words", ""),
        )
    except BadInput as wrong:
        return _page(request, number, wrong=first_errors(wrong), typed=sent.dict(), status=400)
    messages.success(request, f"已邀请，通知了 {told} 人。")
    return redirect("cases:people", number)


@require_POST
def call_off(request: HttpRequest, number: str, invitation: int) -> HttpResponse:
    """Call an invitation off."""
    commands.call_off_invitation(
        actor=actor_of(request), county=county_of(number), number=number, invitation=invitation
    )
    messages.success(request, "已取消，说要来的人都告诉了。")
    return redirect("cases:people", number)


@require_POST
def mediate(request: HttpRequest, number: str) -> HttpResponse:
    """Keep the record of a mediation."""
    sent = request.POST
    try:
        commands.record_mediation(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            held_on=sent.get("held_on", ""),
            mediator=sent.get("mediator", ""),
            parties=sent.get("parties", ""),
            agreed=sent.get("agreed", "") == _YES,
            agreement=sent.get("agreement", ""),
        )
    except BadInput as wrong:
        return _page(request, number, wrong=first_errors(wrong), typed=sent.dict(), status=400)
    messages.success(request, "调解记录已登记。")
    return redirect("cases:people", number)


@require_POST
def keep(request: HttpRequest, number: str, mediation: int) -> HttpResponse:
    """Write down whether an agreement is kept."""
    commands.record_keeping(
        actor=actor_of(request),
        county=county_of(number),
        number=number,
        mediation=mediation,
        kept=request.POST.get("kept", "") == _YES,
        words=request.POST.get("words", ""),
    )
    messages.success(request, "履行情况已登记。")
    return redirect("cases:people", number)


@require_GET
def mediations(request: HttpRequest) -> HttpResponse:
    """Count mediations by village and month, this year and the last."""
    today = clock.today()
    rows = queries.mediation_counts(actor_of(request), date(today.year - 1, 1, 1), today)
    return render(request, "cases/mediations.html", {"rows": rows})


def _page(
    request: HttpRequest,
    number: str,
    wrong: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = queries.people_at(actor_of(request), county_of(number), number)
    context = {"page": found, "line": found.line, "wrong": wrong or {}, "typed": typed or {}}
    answer = render(request, "cases/people.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
