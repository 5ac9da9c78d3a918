"""The inbox."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from mingbai.kernel.actors import Actor
from mingbai.notices import commands, queries


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show one's own notices, unread ones first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.person_id is None:
        return redirect(f"{reverse('accounts:phone')}?{urlencode({'next': request.path})}")
    context = {
        "page": queries.inbox(actor.person_id, request.GET.get("after", "")),
        "unread": queries.unread_count(actor.person_id),
    }
    name = "notices/inbox_staff.html" if actor.is_staff else "notices/inbox.html"
    return render(request, name, context)


@require_POST
def read(request: HttpRequest, notice_id: int | None = None) -> HttpResponse:
    """Mark one notice as read and follow its link, or mark all."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    link = commands.mark_read(actor=actor, notice_id=notice_id) if actor.person_id else ""
    if link and url_has_allowed_host_and_scheme(link, allowed_hosts=None):
        return redirect(link)
    return redirect("notices:inbox")
