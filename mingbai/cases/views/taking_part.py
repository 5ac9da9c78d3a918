"""What villagers do at a case that is not theirs: confirm on the spot, follow, answer an invitation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from mingbai.cases import commands, queries
from mingbai.cases.states import county_of
from mingbai.cases.views.common import actor_of, stored
from mingbai.kernel.decisions import BadInput

_YES_NO = {"yes": True, "no": False}


@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """Take what a neighbour saw; somebody unknown verifies the phone first and comes back."""
    actor, county = actor_of(request), county_of(number)
    if actor.person_id is None:
        return _verify_first(number)
    seen = _YES_NO.get(request.POST.get("solved", ""))
    if seen is None:
        messages.warning(request, "请选一个：好了，或者还没好。")
        return redirect("cases:case", number)
    queries.taking_part(county, number, actor)
    try:
        files = stored(request, "photo", kinds=("photo",), most=1)
    except BadInput as wrong:
        messages.warning(request, str(wrong))
        return redirect("cases:case", number)
    photo = files[0] if files else None
    commands.confirm(actor=actor, county=county, number=number, solved=seen, photo=photo)
    messages.success(request, "记下了，谢谢你去看。看错了可以再改。")
    return redirect("cases:case", number)


@require_POST
def follow(request: HttpRequest, number: str) -> HttpResponse:
    """Follow a case; somebody unknown verifies the phone first and comes back."""
    actor = actor_of(request)
    if actor.person_id is None:
        return _verify_first(number)
    fresh = commands.follow(actor=actor, county=county_of(number), number=number)
    messages.success(request, "已关注，有新进展会告诉你。" if fresh else "你已经关注了。")
    return redirect("cases:case", number)


@require_POST
def unfollow(request: HttpRequest, number: str) -> HttpResponse:
    """Stop following; back to the list when asked from there."""
    commands.unfollow(actor=actor_of(request), county=county_of(number), number=number)
    messages.success(request, "已取消关注。")
    if request.POST.get("from") == "list":
        return redirect("cases:followed")
    return redirect("cases:case", number)


@require_POST
def reply(request: HttpRequest, number: str, invitation: int) -> HttpResponse:
    """Say whether one comes to see the work."""
    actor = actor_of(request)
    if actor.person_id is None:
        return _verify_first(number)
    comes = _YES_NO.get(request.POST.get("comes", ""))
    if comes is None:
        messages.warning(request, "请选一个：我来，或者来不了。")
        return redirect("cases:case", number)
    commands.reply_to_invitation(
        actor=actor, county=county_of(number), number=number, invitation=invitation, comes=comes
    )
    messages.success(request, "记下了，到时候见。" if comes else "记下了，谢谢你回一声。")
    return redirect("cases:case", number)


@require_GET
def followed(request: HttpRequest) -> HttpResponse:
    """List the cases that the villager follows."""
    actor = actor_of(request)
    if actor.person_id is None:
        back = urlencode({"next": reverse("cases:followed")})
        return redirect(f"{reverse('accounts:phone')}?{back}")
    page = queries.followed(actor, request.GET.get("after", ""))
    return render(request, "cases/followed.html", {"page": page})


def _verify_first(number: str) -> HttpResponse:
    back = urlencode({"next": reverse("cases:case", args=[number])})
    return redirect(f"{reverse('accounts:phone')}?{back}")
