"""我要反映: say it, check it, verify the phone. Three pages that need no JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from mingbai.accounts import commands as accounts_commands
from mingbai.accounts import queries as accounts
from mingbai.cases import commands, queries
from mingbai.cases.field_words import Guess, guess
from mingbai.cases.forms import KINDS, MOST_PHOTOS, CodeForm, ConfirmForm, FileForm, errors, values
from mingbai.cases.views.common import actor_of, first_errors, stored
from mingbai.kernel import clock, scopes, sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import ClueMaterial, clue_intake
from mingbai.kernel.uploads import StoredFile
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
_REMEMBERED = 5
_SHORTEST, _LONGEST = 6, 4000
_NO_KEY = "县纪委监委的密封通道还没开通，你写的没有交出，也没有保存。请打举报电话 {}。"
_BACKEND = "mingbai.accounts.backends.PersonBackend"


@require_http_methods(["GET", "POST"])
def say(request: HttpRequest, region: str) -> HttpResponse:
    """Take the first step: what happened, with photos and voice."""
    village = _village(region)
    if request.method == "GET":
        return _say_page(request, village, uuid4(), {}, {}, [])
    key = _key(request)
    kept = _own_draft(request, key)
    if kept is not None and kept.number:
        return redirect("cases:case", kept.number)
    form = FileForm(request.POST)
    files = _files(kept)
    wrong: dict[str, str] = {}
    for name, kinds, most in (("photos", ("photo",), MOST_PHOTOS), ("voice", ("voice",), 1)):
        there = sum(f.kind in kinds for f in files)
        try:
            files += stored(request, name, kinds=kinds, most=most, there=there)
        except BadInput as bad:
            wrong |= first_errors(bad)
    wrong |= errors(form) if not form.is_valid() else {}
    typed = values(form)
    commands.keep_draft(
        key=key,
        region=region,
        content={**(kept.content if kept else {}), **typed, "files": [asdict(f) for f in files]},
    )
    _remember(request, key)
    if wrong:
        return _say_page(request, village, key, typed, wrong, files, status=400)
    return redirect("cases:confirm", region, key)


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, region: str, key: UUID) -> HttpResponse:
    """Take the second step: what was understood, what neighbours already reported, public or not, the phone."""
    village = _village(region)
    kept = _own_draft(request, key)
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
    kept = _own_draft(request, key)
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
    kept = _own_draft(request, key)
    if kept is None or kept.number or kept.region != region:
        return _expired(request, village)
    material = ClueMaterial(
        county=region[:6],
        region=region,
        source="web",
        text=str(kept.content.get("text", "")),
        said_at=clock.now(),
        attachments=tuple(f.digest for f in _files(kept)),
    )
    taken = clue_intake()(material)
    if taken:  # the parcel holds the photos now; in clear they lie nowhere
        commands.discard_draft(key=key)
        commands.forget_unused(county=region[:6], digests=material.attachments)
        _forget(request, key)
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
    number = kept.number or commands.submit_case(
        actor=actor,
        token=key,
        region=region,
        text=typed["text"],
        field=typed["field"],
        kind=typed["kind"],
        place=typed["place"],
        urgent=guess(typed["text"]).danger,
        is_public=typed["public"] == "yes",
        phone=phone,
        for_family=bool(typed["for_family"]),
        files=_files(kept),
    )
    commands.finish_draft(key=key, number=number)
    for name in (f"phone:{key}", "filing_code"):
        request.session.pop(name, None)
    messages.success(request, f"已交给村里办，件号 {number}。")
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
    files: Sequence[StoredFile],
    status: int = 200,
) -> HttpResponse:
    page = {
        "village": village,
        "key": key,
        "typed": typed,
        "wrong": wrong,
        "tiles": TILES,
        "danger": guess(typed.get("text", "")).danger,
        "most": MOST_PHOTOS,
        "photos_kept": sum(f.kind == "photo" for f in files),
        "voice_kept": any(f.kind == "voice" for f in files),
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
        "typed": {**shown, **before, **typed},
        "wrong": wrong,
        "kinds": KINDS,
        "fields": list(queries.field_choices()),
        "similar": queries.similar_open(village.code, text),
        "known": actor_of(request).person_id is not None,
        "photos": sum(f.kind == "photo" for f in _files(kept)),
        "voice": any(f.kind == "voice" for f in _files(kept)),
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


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("draft", ""))
    except ValueError:
        return uuid4()


def _own_draft(request: HttpRequest, key: UUID) -> queries.DraftView | None:
    """Return the draft if this browser made it; a link with its key opens nothing elsewhere."""
    if str(key) not in request.session.get("drafts", []):
        return None
    return queries.draft(key)


def _remember(request: HttpRequest, key: UUID) -> None:
    kept = [k for k in request.session.get("drafts", []) if k != str(key)]
    request.session["drafts"] = [*kept, str(key)][-_REMEMBERED:]


def _forget(request: HttpRequest, key: UUID) -> None:
    request.session["drafts"] = [k for k in request.session.get("drafts", []) if k != str(key)]


def _files(kept: queries.DraftView | None) -> list[StoredFile]:
    if kept is None:
        return []
    rows = cast("Sequence[Mapping[str, Any]]", kept.content.get("files", []))
    return [StoredFile(**row) for row in rows]
