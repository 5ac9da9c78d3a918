"""What was solved, for everybody: list, map and feed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from mingbai.cases import queries
from mingbai.kernel.decisions import Missing
from mingbai.regions import queries as regions

VILLAGES = frozenset({regions.Level.VILLAGE, regions.Level.LOCAL})


@require_safe
def village(request: HttpRequest, region: str) -> HttpResponse:
    """Show what was solved in a village; a merged one leads to what took its place."""
    place = regions.region(region)
    if place.level not in VILLAGES:
        raise Missing(region)
    if place.valid_to is not None:
        now = regions.region_now(region)
        if now.valid_to is not None:
            raise Missing(region)
        return redirect("cases:solved", now.code)
    return _page(request, place, "cases:solved_points")


@require_safe
def area(request: HttpRequest, region: str) -> HttpResponse:
    """Show what was solved in a town or county."""
    place = regions.region(region)
    if place.level not in {regions.Level.TOWN, regions.Level.COUNTY}:
        raise Missing(region)
    return _page(request, place, "cases:solved_area_points")


@require_safe
def points(request: HttpRequest, region: str) -> HttpResponse:
    """Give the map its coarsened points."""
    place = regions.region(region)
    if place.level not in VILLAGES | {regions.Level.TOWN, regions.Level.COUNTY}:
        raise Missing(region)
    asked = request.GET
    shapes = queries.solved_points(
        place.code, field=asked.get("field", ""), month=asked.get("month", "")
    )
    answer = JsonResponse(shapes)
    answer["Content-Type"] = "application/geo+json"
    return answer


class LatestSolved(Feed):  # type: ignore[type-arg]
    """The latest solved cases of a village as Atom; every word in it stands on the public page too."""

    feed_type = Atom1Feed

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> regions.Region:
        """Return the village. Raises ``Missing``."""
        del request, args
        place = regions.region(str(kwargs["region"]))
        if place.level not in VILLAGES:
            raise Missing(place.code)
        return place

    def title(self, place: regions.Region) -> str:
        """Return what readers list the feed by."""
        return f"{place.name}办好的事"

    def link(self, place: regions.Region) -> str:
        """Return the page that says the same."""
        return reverse("cases:solved", args=[place.code])

    def subtitle(self, place: regions.Region) -> str:
        """Return what the feed holds."""
        return f"{place.name}公开办理、已经答复的诉求，不写反映人。"

    def items(self, place: regions.Region) -> list[queries.Solved]:
        """Return the latest solved cases."""
        return list(queries.latest_solved(place.code))

    def item_title(self, item: queries.Solved) -> str:
        """Return the masked title."""
        return item.title

    def item_description(self, item: queries.Solved) -> str:
        """Return field, who answered, the masked answer and the reporter's opinion."""
        said = f"反映人评价：{item.satisfaction}。" if item.satisfaction else ""
        return f"{item.field_word}，{item.body}答复：{item.answer} {said}".strip()

    def item_link(self, item: queries.Solved) -> str:
        """Return the case's page."""
        return reverse("cases:case", args=[item.number])

    def item_updateddate(self, item: queries.Solved) -> datetime:
        """Return when it was answered."""
        return item.answered_at

    def item_pubdate(self, item: queries.Solved) -> datetime:
        """Return when it was answered."""
        return item.answered_at


def _page(request: HttpRequest, place: regions.Region, map_name: str) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("field", "month")}
    found = queries.solved(place.code, after=request.GET.get("after", ""), **asked)
    kept = urlencode({name: value for name, value in asked.items() if value})
    address = reverse(map_name, args=[place.code])
    page = {
        "place": place,
        "page": found,
        "asked": asked,
        "fields": [("", "全部领域"), *queries.field_choices()],
        "months": [("", "全部月份"), *found.months],
        "shapes": f"{address}?{kept}" if kept else address,
        "is_village": place.level in VILLAGES,
    }
    return render(request, "cases/solved.html", page)
