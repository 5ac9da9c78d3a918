"""What is kept and what was forgotten, as a sheet to print."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mingbai.capture import commands, queries
from mingbai.capture.views.common import actor_of
from mingbai.kernel import clock


@require_GET
def keeping(request: HttpRequest) -> HttpResponse:
    """Show counts, ages and reasons; not a word of what was said."""
    found = queries.kept_and_forgotten(actor_of(request), request.GET.get("after", ""))
    context = {"found": found, "now": clock.now(), "platforms": queries.PLATFORM_WORDS}
    return render(request, "capture/keeping.html", context)


@require_POST
def try_again(request: HttpRequest) -> HttpResponse:
    """Take in again what was put aside for one reason."""
    done = commands.try_again(
        actor=actor_of(request),
        platform=request.POST.get("platform", ""),
        reason=request.POST.get("reason", ""),
    )
    if done.taken:
        messages.success(request, f"收下了 {done.taken} 条。")
    if done.left:
        messages.warning(request, f"还有 {done.left} 条仍收不下，原因没有变。")
    if not done.taken and not done.left:
        messages.warning(request, "没有可以再试的，原样已经删了。")
    return redirect("capture:keeping")
