"""What villagers read of cases and do with their own: the case page, the village's list, mine."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from mingbai.cases import commands, queries
from mingbai.cases.states import OPEN, county_of
from mingbai.cases.views.codes import drawn
from mingbai.cases.views.common import actor_of, first_errors, onsite_shot, rail, shots, stored
from mingbai.kernel import uploads
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing

SCORES = (
    ("satisfied", "满意", "mood-smile"),
    ("fairly", "基本满意", "mood-neutral"),
    ("unsatisfied", "不满意", "mood-sad"),
)


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Show where the case stands, who holds it, what was said and done."""
    return _page(request, number)


@require_POST
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """Take the reporter's opinion of the answer."""
    sent = request.POST
    try:
        state = commands.rate(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            version=_version(request),
            score=sent.get("score", ""),
            reason=sent.get("reason", ""),
        )
    except BadInput as wrong:
        return _page(request, number, wrong=first_errors(wrong), typed=sent.dict(), status=400)
    again = state != "closed"
    messages.success(request, "已退回重办，由别人来办。" if again else "评价已收到，这件办结了。")
    return redirect("cases:case", number)


@require_POST
def claim(request: HttpRequest, number: str) -> HttpResponse:
    """Have a closed case handled once more for its reporter."""
    try:
        commands.claim(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            version=_version(request),
            reason=request.POST.get("reason", ""),
        )
    except BadInput as wrong:
        return _page(
            request, number, wrong=first_errors(wrong), typed=request.POST.dict(), status=400
        )
    messages.success(request, "已退回重办，由别人来办。")
    return redirect("cases:case", number)


@require_POST
def ask_reopen(request: HttpRequest, number: str) -> HttpResponse:
    """Take a supporter's wish for another round."""
    try:
        commands.ask_reopen(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            reason=request.POST.get("reason", ""),
        )
    except BadInput as wrong:
        return _page(
            request, number, wrong=first_errors(wrong), typed=request.POST.dict(), status=400
        )
    messages.success(request, "已交给上一级决定，结果会告诉你。")
    return redirect("cases:case", number)


@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take the case back for its reporter."""
    commands.withdraw(
        actor=actor_of(request), county=county_of(number), number=number, version=_version(request)
    )
    messages.success(request, "已撤回。")
    return redirect("cases:case", number)


@require_POST
def supplement(request: HttpRequest, number: str) -> HttpResponse:
    """Add the reporter's words or photos."""
    county, text = county_of(number), request.POST.get("text", "")
    try:
        queries.public_case(county, number, actor_of(request))
        files = stored(request, "photos", kinds=("photo",), most=6)
        commands.supplement(
            actor=actor_of(request), county=county, number=number, text=text, files=files
        )
    except BadInput as wrong:
        return _page(
            request, number, wrong=first_errors(wrong), typed=request.POST.dict(), status=400
        )
    messages.success(request, "已补充，承办单位看得到。")
    return redirect("cases:case", number)


@require_POST
def support(request: HttpRequest, number: str) -> HttpResponse:
    """Count 附议; somebody unknown verifies the phone first and comes back."""
    actor = actor_of(request)
    if actor.person_id is None:
        return redirect(_sign_in(reverse("cases:case", args=[number])))
    fresh = commands.support(actor=actor, county=county_of(number), number=number)
    messages.success(request, "已附议，有结果会告诉你。" if fresh else "你已经附议过了。")
    return redirect("cases:case", number)


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List the cases that the villager filed."""
    person = actor_of(request).person_id
    if person is None:
        return redirect(_sign_in(reverse("cases:mine")))
    return render(
        request, "cases/mine.html", {"page": queries.mine(person, request.GET.get("after", ""))}
    )


@require_GET
def media(request: HttpRequest, key: UUID, variant: str = "original") -> HttpResponseBase:
    """Send a file of a case to whoever may see the case."""
    found = queries.media(key, actor_of(request))
    size = variant if found.kind == "photo" else "original"
    place = uploads.path(found.digest, size)
    if not place.exists():
        raise Missing(str(key))
    ending = found.mime.rpartition("/")[2]
    answer = FileResponse(place.open("rb"), content_type=found.mime, filename=f"{key}.{ending}")
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # What not everybody may see is asked for each time: who has lost the right has no copy either.
    answer["Cache-Control"] = "private, max-age=3600" if found.public else "no-store"
    return answer


def _page(
    request: HttpRequest,
    number: str,
    wrong: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = actor_of(request)
    found = queries.public_case(county_of(number), number, actor)
    beside = queries.taking_part(county_of(number), number, actor)
    steps = queries.with_neighbours(found.steps, beside.neighbours)
    open_ = found.line.state in OPEN
    before, after = shots(found.before), shots(found.after)
    return render(
        request,
        "cases/page.html",
        {
            "case": found,
            "line": found.line,
            "open": open_,
            "scores": SCORES,
            "steps": rail(steps, open_=open_, mine=found.mine),
            "beside": beside,
            "onsite": [onsite_shot(key) for key in beside.neighbours.photos],
            "code": drawn(request, _to_follow(number, beside.slip)),
            "evidence": shots(found.evidence),
            "voices": [f for f in found.evidence if f.kind == "voice"],
            "before": (before or shots(found.evidence))[:1],
            "after": after[:1],
            "verbs": {move.verb for move in found.moves},
            "wrong": wrong or {},
            "typed": typed or {},
            "known": actor.person_id is not None,
        },
        status=status,
    )


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdigit() or len(text) > 9:
        raise BadInput("页面过期了，请刷新再办。")
    return int(text)


def _to_follow(number: str, slip: str) -> str:
    """Return what the code on the page opens: the reporter's slip, else the public page."""
    if slip:
        return reverse("cases:slip", args=[number, slip])
    return reverse("cases:case", args=[number])


def _sign_in(next_: str) -> str:
    return f"{reverse('accounts:phone')}?{urlencode({'next': next_})}"
