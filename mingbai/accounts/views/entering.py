"""Logging in and out, the code by phone, one's own account."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import auth, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mingbai.accounts import commands, queries
from mingbai.accounts.backends import PersonBackend
from mingbai.accounts.views.common import actor_of
from mingbai.kernel import sealing
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Refused

SESSION_PHONE = "session:phone"
DEVICES = (
    ("iPhone", "苹果手机"),
    ("iPad", "平板电脑"),
    ("Android", "安卓手机"),
    ("Harmony", "鸿蒙手机"),
    ("Windows", "电脑"),
    ("Macintosh", "苹果电脑"),
    ("Linux", "电脑"),
)
BACKEND = f"{PersonBackend.__module__}.{PersonBackend.__qualname__}"


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Return the local address to go on to; an address of another site is ignored."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else otherwise


@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Let staff in by name and password."""
    error = ""
    if request.method == "POST":
        try:
            person = commands.log_in(
                login=request.POST.get("login", ""), password=request.POST.get("password", "")
            )
        except (BadInput, Refused) as wrong:
            error = str(wrong)
        else:
            auth.login(request, person, backend=BACKEND)
            request.session.pop("post", None)
            _note_session(request, queries.actor_for(person.pk))
            return redirect(next_page(request, reverse("portal:desk")))
    context = {
        "error": error,
        "login": request.POST.get("login", ""),
        "next": next_page(request, ""),
    }
    return render(request, "accounts/login.html", context, status=400 if error else 200)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    actor = actor_of(request)
    if actor.person_id:
        commands.note_logout(actor=actor)
    auth.logout(request)
    return redirect("portal:home")


@require_POST
def switch_post(request: HttpRequest) -> HttpResponse:
    """Work in another of one's own posts."""
    actor = actor_of(request)
    wanted = request.POST.get("post", "")
    own = {str(p.id) for p in queries.posts_today(actor.person_id)} if actor.person_id else set()
    if wanted not in own:
        raise BadInput("这不是您的岗位，或者任期已经结束。")
    request.session["post"] = int(wanted)
    commands.note_switch(actor=queries.actor_for(actor.person_id, int(wanted)))
    return redirect("portal:desk")


@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """Ask for the phone number and send a code to it."""
    error, number = "", request.POST.get("phone", "")
    if request.method == "POST":
        try:
            code = commands.send_phone_code(phone=number)
        except (BadInput, Refused) as wrong:
            error = str(wrong)
        else:
            clean = commands.clean_phone(number)
            request.session["phone"] = sealing.seal(clean, SESSION_PHONE).hex()
            if settings.DEMO:
                request.session["demo_code"] = signing.dumps(code, salt="demo")
            return redirect(_with_next(request, "accounts:code"))
    context = {"error": error, "phone": number, "next": next_page(request, "")}
    return render(request, "accounts/phone.html", context, status=400 if error else 200)


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the code and let the villager in."""
    number = _phone_in_session(request)
    if not number:
        return redirect(_with_next(request, "accounts:phone"))
    error = ""
    if request.method == "POST":
        try:
            person = commands.check_phone_code(phone=number, code=request.POST.get("code", ""))
        except BadInput as wrong:
            error = str(wrong)
        else:
            enter(request, person.pk)
            return redirect(next_page(request, reverse("cases:mine")))
    context = {
        "error": error,
        "next": next_page(request, ""),
        "phone": number,
        "demo_code": demo_code(request),
    }
    return render(request, "accounts/code.html", context, status=400 if error else 200)


def enter(request: HttpRequest, person_id: int) -> None:
    """Begin the villager's session."""
    person = PersonBackend().get_user(person_id)
    assert person is not None
    auth.login(request, person, backend=BACKEND)
    for name in ("phone", "demo_code", "post"):
        request.session.pop(name, None)


def demo_code(request: HttpRequest) -> str:
    """Return the code that was sent, in the demo only: there is no carrier to bring it."""
    held = request.session.get("demo_code", "")
    if not settings.DEMO or not held:
        return ""
    try:
        return str(signing.loads(held, salt="demo", max_age=commands.CODE_LIVES))
    except signing.BadSignature:  # it has expired together with the code
        return ""


def _with_next(request: HttpRequest, name: str) -> str:
    """Return an address of ours that carries on where the visitor wanted to go."""
    wanted = next_page(request, "")
    return f"{reverse(name)}?{urlencode({'next': wanted})}" if wanted else reverse(name)


def _phone_in_session(request: HttpRequest) -> str:
    """Return the number that waits for its code; the session lies in the database, so it is sealed."""
    held = request.session.get("phone", "")
    try:
        return sealing.unseal(bytes.fromhex(held), SESSION_PHONE) if held else ""
    except (sealing.CannotOpen, ValueError):
        return ""


def _device(request: HttpRequest) -> str:
    """Return a word by which people recognise their own device in the list."""
    agent = request.headers.get("User-Agent", "")
    kind = next((word for mark, word in DEVICES if mark in agent), "其他设备")
    return f"{kind}，微信" if "MicroMessenger" in agent else kind


def _note_session(request: HttpRequest, actor: Actor) -> None:
    if not request.session.session_key:
        request.session.save()  # another person was logged in here: the new session has no key yet
    key = request.session.session_key
    assert key is not None
    commands.begin_session(actor=actor, key=key, device=_device(request))


@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Show staff their posts and let them change the password."""
    actor = actor_of(request)
    if not actor.is_staff or actor.person_id is None:
        return redirect(f"{reverse('accounts:login')}?{urlencode({'next': request.path})}")
    error, field = "", ""
    if request.method == "POST":
        try:
            commands.change_password(
                actor=actor, old=request.POST.get("old", ""), new=request.POST.get("new", "")
            )
        except BadInput as wrong:
            error, field = str(wrong), wrong.field
        else:
            person = PersonBackend().get_user(actor.person_id)
            if person is not None:
                auth.update_session_auth_hash(request, person)
            _note_session(request, actor)
            commands.end_other_sessions(actor=actor, key=request.session.session_key or "")
            messages.success(request, "密码已改好，其他设备上的登录已失效。")
            return redirect("accounts:me")
    context = {
        "own": queries.posts_today(actor.person_id),
        "sessions": queries.open_sessions(actor.person_id, request.session.session_key or ""),
        "error": error,
        "field": field,
    }
    return render(request, "accounts/me.html", context, status=400 if error else 200)


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Log the member of staff out everywhere else."""
    actor = actor_of(request)
    if not actor.is_staff:
        return redirect("accounts:login")
    ended = commands.end_other_sessions(actor=actor, key=request.session.session_key or "")
    messages.success(request, f"已退出其他 {ended} 台设备。" if ended else "没有其他设备在登录。")
    return redirect("accounts:me")


@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """Ask a villager whether to log out on this phone."""
    return render(
        request,
        "accounts/leave.html",
        {"masked": queries.masked_phone(actor_of(request).person_id or 0)},
    )
