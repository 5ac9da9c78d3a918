"""The drop box's page: a list that only the office's passphrase, typed in the browser, makes readable."""

from __future__ import annotations

import base64
import binascii
import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mingbai.clues import commands, queries
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput


@require_GET
def drop_box(request: HttpRequest) -> HttpResponse:
    """Show the locked list, or the making of the office's key."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    key = queries.key_in_force(actor)
    context = {"wrapped": key.wrapped if key else None, "made_at": key.made_at if key else None}
    response = render(request, "clues/drop_box.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def parcels(request: HttpRequest) -> HttpResponse:
    """Give the browser a page of sealed parcels."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    response = JsonResponse(queries.parcels(actor, request.GET.get("after", "")))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def keep_key(request: HttpRequest) -> HttpResponse:
    """Take the key that the browser has made."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    queries.key_in_force(actor)  # 404 for everybody else, before a word about what they sent
    try:
        public = base64.b64decode(request.POST.get("public", ""), validate=True)
        wrapped = json.loads(request.POST.get("wrapped", ""))
    except (binascii.Error, ValueError) as wrong:
        raise BadInput("密钥格式不对，请刷新页面重新生成。") from wrong
    if not isinstance(wrapped, dict):
        raise BadInput("密钥格式不对，请刷新页面重新生成。")
    commands.keep_key(actor=actor, public=public, wrapped=wrapped)
    return redirect("clues:list")
