"""What the pages of accounts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mingbai.kernel.actors import Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return who looks."""
    return cast("Actor", request.actor)  # type: ignore[attr-defined]


def confirmed(request: HttpRequest) -> bool:
    """Whether a form was sent to be checked or done, not to be shown again and changed."""
    return request.method == "POST" and "again" not in request.POST


def sure(request: HttpRequest) -> bool:
    """Whether the form comes from the page that asks once more."""
    return request.method == "POST" and request.POST.get("sure") == "1"


def ask(
    request: HttpRequest,
    *,
    heading: str,
    facts: Sequence[tuple[str, object]],
    button: str,
    back: tuple[str, str] | None = None,
    warning: str = "",
) -> HttpResponse:
    """Show what is about to be done and ask once more; what was typed goes along.

    Without a link ``back`` there is a button that leads back to the filled form.
    """
    kept = [
        (name, value)
        for name in request.POST
        if name not in {"csrfmiddlewaretoken", "sure", "again"}
        for value in request.POST.getlist(name)
    ]
    context = {
        "title": heading,
        "facts": facts,
        "button": button,
        "back": back,
        "warning": warning,
        "kept": kept,
    }
    return render(request, "accounts/confirm.html", context)


def add_error(form: Form, field: str, sentence: str) -> None:
    """Put a command's refusal beside the field that it is about, else above the form."""
    form.add_error(field if field in form.fields else None, sentence)
