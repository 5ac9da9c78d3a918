"""What is kept and what was forgotten, as a sheet to print."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mingbai.capture import queries
from mingbai.capture.views.common import actor_of
from mingbai.kernel import clock


@require_GET
def keeping(request: HttpRequest) -> HttpResponse:
    """Show counts, ages and reasons; not a word of what was said."""
    found = queries.kept_and_forgotten(actor_of(request), request.GET.get("after", ""))
    context = {"found": found, "now": clock.now(), "platforms": queries.PLATFORM_WORDS}
    return render(request, "capture/keeping.html", context)
