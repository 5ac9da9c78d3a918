"""Photos of a draft, each on its own: what has arrived stays, however often the line breaks."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from mingbai.cases import commands, queries
from mingbai.cases.forms import MOST_PHOTOS
from mingbai.cases.views import drafting
from mingbai.kernel import uploads
from mingbai.kernel.decisions import BadInput, Missing
from mingbai.regions import queries as regions


@require_POST
def add(request: HttpRequest, region: str, key: UUID) -> HttpResponse:
    """Keep one photo; sent once more after a broken line it is still one. Answers with its name."""
    village = regions.region(region)
    if village.level not in {regions.Level.VILLAGE, regions.Level.LOCAL}:
        raise Missing(region)
    kept = drafting.own(request, key)
    if kept is None and queries.draft(key) is not None:
        raise Missing(str(key))  # somebody else's
    sent = request.FILES.get("photo")
    if sent is None or not sent.size:
        return _wrong("这张没有传上来，请再试。")
    try:
        photo = uploads.store(sent, kinds=("photo",))
        count = commands.add_draft_photo(key=key, region=region, photo=photo, most=MOST_PHOTOS)
    except BadInput as bad:
        return _wrong(str(bad))
    drafting.remember(request, key)
    return JsonResponse({"name": photo.digest, "count": count})


@require_POST
def drop(request: HttpRequest, region: str, key: UUID, digest: str) -> HttpResponse:
    """Take one photo out of the draft again."""
    kept = _own(request, region, key)
    commands.drop_draft_photos(key=kept.key, digests=[digest])
    return HttpResponse(status=204)


@require_safe
def thumb(request: HttpRequest, region: str, key: UUID, digest: str) -> HttpResponseBase:
    """Send the small picture of a photo to the browser that sent it."""
    kept = _own(request, region, key)
    known = {photo.digest for photo in drafting.photos_of(kept)}
    place = uploads.path(digest, "thumb") if digest in known else None
    if place is None or not place.exists():
        raise Missing(digest)
    answer = FileResponse(place.open("rb"), content_type="image/jpeg", filename="photo.jpg")
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


def _own(request: HttpRequest, region: str, key: UUID) -> queries.DraftView:
    kept = drafting.own(request, key)
    if kept is None or kept.number or kept.region != region:
        raise Missing(str(key))
    return kept


def _wrong(sentence: str) -> HttpResponse:
    return JsonResponse({"wrong": sentence}, status=400)
