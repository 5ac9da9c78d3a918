"""我要反映: say it, check it, verify the phone. Three pages that need no JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mingbai.accounts import commands as accounts_commands
from mingbai.accounts import queries as accounts
from mingbai.cases import commands, queries
from mingbai.cases.field_words import Guess, guess
from mingbai.cases.forms import (
    KINDS,
    MOST_PHOTOS,
    NOBODY_KNOWS,
    CodeForm,
    ConfirmForm,
    FileForm,
    errors,
    matter,
    values,
)
from mingbai.cases.views import drafting
from mingbai.cases.views.common import actor_of
from mingbai.kernel import clock, scopes, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import ClueMaterial, clue_intake
from mingbai.regions import queries as regions

TILES = (
    ("road", "道路交通", "road"),
    ("water", "吃水用水", "droplet"),
    ("power", "停电通信", "bolt"),
    ("facility", "路灯广场", "bulb"),
    ("sanitation", "垃圾污水", "trash"),
    ("irrigation", "农田水利", "plant-2"),
    ("welfare", "补贴救助", "heart-handshake"),
    ("affairs", "村账村务", "report-money"),
    ("safety", "邻里纠纷", "users"),
    ("insurance", "看病社保", "first-aid-kit"),
)
_SHORTEST, _LONGEST = 6, 4000
_NO_KEY = "县纪委监委的密封通道还没开通，你写的没有交出，也没有保存。请打举报电话 {}。"
_BACKEND = "mingbai.accounts.backends.PersonBackend"


@require_http_methods(["GET", "POST"])
def say(request: HttpRequest, region: str) -> HttpResponse:
    """Take the first step: what happened, with photos and voice; what was begun before is put back."""
    village = _village(region)
    if request.method == "GET":
        kept = None if "fresh" in request.GET else drafting.unfinished(request, region)
        key = kept.key if kept else drafting.key_to_offer(request)
        return _say_page(request, village, key, _typed(kept), {}, kept)
    key = drafting.key_of(request)
    kept = drafting.own(request, key)
    if kept is not None and kept.number:
        return redirect("cases:case", kept.number)
    if "fresh" in request.POST:
        return _begin_anew(request, region, kept)
    form = FileForm(request.POST)
    wrong = _keep(request, region, key, form)
    kept = queries.draft(key)
    if wrong:
        return _say_page(request, village, key, values(form), wrong, kept, status=400)
    return redirect("cases:confirm", region, key)


def _keep(request: HttpRequest, region: str, key: UUID, form: FileForm) -> dict[str, str]:
    """Write what came into the draft, however much of it is wrong; return the sentences."""
    kept = drafting.own(request, key)
    held = drafting.files_of(kept)
    dropped = {file.digest for file in held} & set(request.POST.getlist("drop"))
    files = [file for file in held if file.digest not in dropped]
    wrong: dict[str, str] = {}
    for name, kind in (("photos", "photo"), ("voice", "voice")):
        sent = drafting.take(request, name, kind, files)
        files += sent.kept
        if sent.wrong:
            wrong[name] = "".join(sent.wrong)
    wrong |= errors(form) if not form.is_valid() else {}
    spot = {name: form.cleaned_data.get(name) for name in ("lat", "lon")}
    if not commands.on_the_map(spot["lat"], spot["lon"]):
        spot = {"lat": None, "lon": None}
    content = dict(kept.content) if kept else {}
    content |= {**values(form), **spot, "files": [asdict(file) for file in files]}
    commands.keep_draft(key=key, region=region, content=content)
    commands.forget_unused(digests=dropped)
    drafting.remember(request, key)
    return wrong


def _begin_anew(request: HttpRequest, region: str, kept: queries.DraftView | None) -> HttpResponse:
    """Throw away what was begun, photos too, and show an empty page."""
    if kept is not None:
        commands.discard_draft(key=kept.key)
        held = [file.digest for file in drafting.files_of(kept)]
        commands.forget_unused(digests=held)
        drafting.forget(request, kept.key)
    return redirect(f"{reverse('cases:file', args=[region])}?fresh=1")


def _typed(kept: queries.DraftView | None) -> dict[str, str]:
    """Return what a draft holds, as the first page's fields want it."""
    content = kept.content if kept else {}
    names = ("text", "field", "place", "lat", "lon")
    return {name: str(content[name]) for name in names if content.get(name) not in {None, ""}}


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, region: str, key: UUID) -> HttpResponse:
    """Take the second step: what was understood, what neighbours already reported, public or not, the phone."""
    village = _village(region)
    kept = drafting.own(request, key)
    if kept is None or kept.region != region:
        return _expired(request, village)
    if kept.number:
        return redirect("cases:case", kept.number)
    actor = actor_of(request)
    known = actor.person_id is not None
    if request.method == "GET":
        return _confirm_page(request, village, kept, {}, {})
    form = ConfirmForm(request.POST, known=known)
    if not form.is_valid():
        return _confirm_page(request, village, kept, values(form), errors(form), status=400)
    asked = {
        name: form.cleaned_data[name] for name in ("field", "kind", "place", "public", "for_family")
    }
    if form.cleaned_data["no_position"]:
        asked |= {"lat": None, "lon": None}
    commands.keep_draft(key=key, region=region, content={**kept.content, **asked})
    if known:
        return _file(request, actor, key, region, phone=form.cleaned_data["phone"])
    phone = form.cleaned_data["phone"]
    try:
        _send_code(request, phone)
    except (BadInput, Refused) as bad:
        return _confirm_page(request, village, kept, values(form), {"phone": str(bad)}, status=400)
    request.session[f"phone:{key}"] = sealing.seal(phone, f"draft:{key}").hex()
    return redirect("cases:code", region, key)


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, region: str, key: UUID) -> HttpResponse:
    """Take the third step: the code from the phone; a wrong one loses nothing."""
    village = _village(region)
    kept = drafting.own(request, key)
    sealed = request.session.get(f"phone:{key}")
    if kept is not None and kept.number:
        return redirect("cases:case", kept.number)
    if kept is None or sealed is None:
        return _expired(request, village)
    phone = sealing.unseal(bytes.fromhex(sealed), f"draft:{key}")
    if request.method == "GET":
        return _code_page(request, village, key, phone, "")
    if "again" in request.POST:
        return _send_again(request, village, key, phone)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, village, key, phone, errors(form)["code"], status=400)
    try:
        person = accounts_commands.check_phone_code(phone=phone, code=form.cleaned_data["code"])
    except BadInput as bad:
        return _code_page(request, village, key, phone, str(bad), status=400)
    login(request, person, backend=_BACKEND)
    scopes.become(scope="", person=person.pk)
    return _file(request, accounts.actor_for(person.pk, None), key, region, phone=phone)


@require_POST
def sealed(request: HttpRequest, region: str, key: UUID) -> HttpResponse:
    """Hand the draft to the county's discipline office, sealed, instead of filing it."""
    village = _village(region)
    kept = drafting.own(request, key)
    if kept is None or kept.number or kept.region != region:
        return _expired(request, village)
    material = ClueMaterial(
        county=region[:6],
        region=region,
        source="web",
        text=str(kept.content.get("text", "")),
        said_at=clock.now(),
        attachments=tuple(f.digest for f in drafting.files_of(kept)),
    )
    taken = clue_intake()(material)
    if taken:  # the parcel holds the photos now; in clear they lie nowhere
        commands.discard_draft(key=key)
        commands.forget_unused(digests=material.attachments)
        drafting.forget(request, key)
    return render(
        request,
        "cases/sealed.html",
        {
            "village": village,
            "taken": taken,
            "key": key,
            "office_phone": settings.SITE["phone"],
        },
    )


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, region: str) -> HttpResponse:
    """Take words that go sealed to the county's discipline office and nowhere else."""
    village = _village(region)
    page = {"village": village, "office_phone": settings.SITE["phone"], "wrong": "", "typed": ""}
    if request.method == "GET":
        return render(request, "cases/report.html", page)
    text = request.POST.get("text", "").strip()
    if not _SHORTEST <= len(text) <= _LONGEST:
        page |= {
            "wrong": f"请写清楚谁、什么事，{_SHORTEST} 到 {_LONGEST} 个字。",
            "typed": text[:_LONGEST],
        }
        return render(request, "cases/report.html", page, status=400)
    material = ClueMaterial(
        county=region[:6],
        region=region,
        source="web",
        text=text,
        said_at=clock.now(),
        author=request.POST.get("author", "").strip()[:80],
    )
    taken = clue_intake()(material)
    page |= {"taken": taken, "key": None, "typed": "" if taken else text}
    return render(
        request,
        "cases/sealed.html" if taken else "cases/report.html",
        page | {"wrong": "" if taken else _NO_KEY.format(settings.SITE["phone"])},
        status=200 if taken else 503,
    )


def _file(
    request: HttpRequest, actor: Actor, key: UUID, region: str, *, phone: str
) -> HttpResponse:
    kept = queries.draft(key)
    assert kept is not None
    typed = cast("Mapping[str, Any]", kept.content)
    field, sub = matter(typed["text"], typed["field"])
    number = kept.number or commands.submit_case(
        actor=actor,
        token=key,
        region=region,
        text=typed["text"],
        field=field,
        sub=sub,
        kind=typed["kind"],
        place=typed["place"],
        urgent=guess(typed["text"]).danger,
        is_public=typed["public"] == "yes",
        phone=phone,
        for_family=bool(typed["for_family"]),
        files=drafting.files_of(kept),
        lat=typed.get("lat"),
        lon=typed.get("lon"),
    )
    commands.finish_draft(key=key, number=number)
    for name in (f"phone:{key}", "filing_code"):
        request.session.pop(name, None)
    taker = "村里办" if field else "镇里，由镇里定谁来办"
    messages.success(request, f"已交给{taker}，件号 {number}。")
    return redirect("cases:case", number)


def _send_code(request: HttpRequest, phone: str) -> None:
    """Send a code; the demo, which has no carrier, shows it on the page."""
    sent = accounts_commands.send_phone_code(phone=phone)
    if settings.DEMO:
        request.session["filing_code"] = signing.dumps(sent, salt="filing")


def _demo_code(request: HttpRequest) -> str:
    held = request.session.get("filing_code", "")
    if not settings.DEMO or not held:
        return ""
    try:
        return str(signing.loads(held, salt="filing", max_age=600))
    except signing.BadSignature:
        return ""


def _send_again(
    request: HttpRequest, village: regions.Region, key: UUID, phone: str
) -> HttpResponse:
    try:
        _send_code(request, phone)
    except (BadInput, Refused) as bad:
        return _code_page(request, village, key, phone, str(bad), status=400)
    messages.info(request, "验证码又发了一次，请看短信。")
    return redirect("cases:code", village.code, key)


def _say_page(
    request: HttpRequest,
    village: regions.Region,
    key: UUID,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    kept: queries.DraftView | None,
    status: int = 200,
) -> HttpResponse:
    photos = [
        (photo.digest, reverse("cases:draft_thumb", args=[village.code, key, photo.digest]))
        for photo in drafting.photos_of(kept)
    ]
    page = {
        "village": village,
        "key": key,
        "typed": typed,
        "wrong": wrong,
        "tiles": TILES,
        "danger": guess(typed.get("text", "")).danger,
        "most": MOST_PHOTOS,
        "photos": photos,
        "voice_kept": len(drafting.files_of(kept)) > len(photos),
        "resumed": kept is not None and request.method == "GET",
        "fresh": "fresh" in request.GET,
        "unknown": NOBODY_KNOWS,
    }
    return render(request, "cases/file.html", page, status=status)


def _confirm_page(
    request: HttpRequest,
    village: regions.Region,
    kept: queries.DraftView,
    typed: Mapping[str, str],
    wrong: Mapping[str, str],
    status: int = 200,
) -> HttpResponse:
    text = str(kept.content["text"])
    guessed: Guess = guess(text)
    before = {
        k: v for k, v in kept.content.items() if k in {"field", "kind", "place", "public"} and v
    }
    shown = {
        "field": guessed.field,
        "kind": guessed.kind,
        "place": "",
        "public": "yes",
        "phone": "",
    }
    page = {
        "village": village,
        "key": kept.key,
        "text": text,
        "guessed": guessed,
        "guessed_word": dict(queries.field_choices())[guessed.field],
        "typed": {**shown, **before, **typed},
        "wrong": wrong,
        "kinds": KINDS,
        "fields": [(NOBODY_KNOWS, "不知道归谁管，请镇里定"), *queries.field_choices()],
        "similar": queries.similar_open(village.code, text),
        "known": actor_of(request).person_id is not None,
        "photos": len(drafting.photos_of(kept)),
        "voice": any(f.kind == "voice" for f in drafting.files_of(kept)),
        "positioned": kept.content.get("lat") is not None,
        "unknown": NOBODY_KNOWS,
    }
    return render(request, "cases/confirm.html", page, status=status)


def _code_page(
    request: HttpRequest,
    village: regions.Region,
    key: UUID,
    phone: str,
    wrong: str,
    status: int = 200,
) -> HttpResponse:
    page = {
        "village": village,
        "key": key,
        "phone": phone,
        "wrong": wrong,
        "demo_code": _demo_code(request),
    }
    return render(request, "cases/code.html", page, status=status)


def _expired(request: HttpRequest, village: regions.Region) -> HttpResponse:
    return render(request, "cases/expired.html", {"village": village}, status=410)


def _village(region: str) -> regions.Region:
    village = regions.region(region)
    if village.level not in {regions.Level.VILLAGE, regions.Level.LOCAL}:
        raise Missing(region)
    return village
