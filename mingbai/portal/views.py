"""Finding a village, its home, the working day of each post, and the pages about the site."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from mingbai.accounts import queries as accounts
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing
from mingbai.portal import health, queries
from mingbai.regions import queries as regions

YEAR = 365 * 86400
LONGEST_SEARCH = 40


def _follow(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Lead old addresses, as on a printed notice, to the place that took over."""

    @wraps(view)
    def follow(request: HttpRequest, code: str, **kwargs: str) -> HttpResponse:
        try:
            return view(request, code, **kwargs)
        except queries.Moved as moved:
            return redirect(str(moved))

    return follow


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:LONGEST_SEARCH]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the village: by name, by map, or back to the one visited last."""
    text = _words(request)
    cities = regions.loaded_cities()
    city = cities[0] if cities else None
    context = {
        "text": text,
        "found": queries.found(text) if text else [],
        "own": queries.own_village(request.COOKIES.get("village", "")),
        "city": city,
        "area": queries.area_page(city.code) if city else None,
        "address": queries.address,
    }
    return render(request, "portal/home.html", context)


@require_safe
@_follow
def area(request: HttpRequest, code: str) -> HttpResponse:
    """Show a city, county or town with what lies below it."""
    text = _words(request)
    page = queries.area_page(code)
    context = {
        "page": page,
        "text": text,
        "found": queries.found(text, page.area.scope) if text else [],
        "own": request.COOKIES.get("village", ""),
        "address": queries.address,
    }
    return render(request, "portal/area.html", context)


@require_safe
def shapes(request: HttpRequest, code: str) -> HttpResponse:
    """Give the map its polygons and points."""
    answer = JsonResponse(queries.area_shapes(code, request.COOKIES.get("village", "")))
    answer["Content-Type"] = "application/geo+json"
    answer["Cache-Control"] = "private, max-age=60"
    return answer


@require_safe
@_follow
def village(request: HttpRequest, code: str) -> HttpResponse:
    """Show a village's home and remember it as the visitor's own."""
    page = queries.village_page(code)
    response = render(request, "portal/village.html", {"page": page, "address": queries.address})
    if request.COOKIES.get("village") != code:
        response.set_cookie(
            "village", code, max_age=YEAR, samesite="Lax", secure=settings.HTTPS, httponly=True
        )
    return response


@require_safe
@_follow
def village_cases(request: HttpRequest, code: str) -> HttpResponse:
    """List a village's open public cases."""
    page = queries.village_list(code, request.GET.get("after", ""))
    return render(request, "portal/village_cases.html", {"page": page})


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Show a member of staff what is due today, or the room that their post works in."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.is_staff:
        return redirect("accounts:login")
    role = accounts.role(actor.role)
    if role.administers:
        return redirect("portal:admin")
    if role.reads_talk and not role.handles_cases:
        return redirect("capture:review")
    if role.opens_clues and not role.handles_cases:
        return redirect("clues:list")
    return redirect("cases:workbench")


@require_safe
def admin(request: HttpRequest) -> HttpResponse:
    """Show the IT administrator how the installation runs, and nothing of its contents."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.is_staff or not accounts.role(actor.role).administers:
        raise Missing
    return render(request, "portal/admin.html", {"report": health.report(actor.county)})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say what was done so that everyone can use the site."""
    return render(request, "portal/accessibility.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept about people, why and how long."""
    return render(request, "portal/privacy.html")
