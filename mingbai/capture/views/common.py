"""What the pages of capture share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput

NAMED = 5


def actor_of(request: HttpRequest) -> Actor:
    """Return who looks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def talk_page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """Render a page with what was said in a group; no browser and no proxy keeps it."""
    answer = render(request, name, context)
    answer["Cache-Control"] = "no-store"
    return answer


def number_in(request: HttpRequest, name: str) -> int:
    """Return a whole number that the page itself carries. Raises ``BadInput``."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput("页面不完整，请刷新后再试。")
    return int(text)


def tell_left(request: HttpRequest, left: Sequence[tuple[str, str]], done: str) -> None:
    """Name what was left alone and why."""
    for title, reason in left[:NAMED]:
        messages.warning(request, f"“{title}”没有{done}：{reason}")
    if len(left) > NAMED:
        messages.warning(request, f"还有 {len(left) - NAMED} 条也没有{done}，仍在列表里。")
