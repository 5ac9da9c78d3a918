"""The registry of bodies, people and posts, for IT administrators."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mingbai.accounts import commands, queries
from mingbai.accounts.forms import BodyForm, LastDayForm, NewBodyForm, PersonForm, PostForm
from mingbai.accounts.views.common import actor_of, add_error, ask, confirmed, sure
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Refused


@require_safe
def bodies(request: HttpRequest) -> HttpResponse:
    """List the bodies of the territory."""
    text, kind = request.GET.get("text", ""), request.GET.get("kind", "")
    found, lines = queries.registry_bodies(
        actor_of(request),
        text=text,
        kind=kind if kind in queries.KIND_WORDS else "",
        after=request.GET.get("after", ""),
    )
    context = {
        "page": found,
        "lines": lines,
        "text": text,
        "kind": kind,
        "kinds": queries.KIND_WORDS,
    }
    return render(request, "accounts/bodies.html", context)


@require_safe
def body(request: HttpRequest, body_id: int) -> HttpResponse:
    """Show a body with its posts and duties."""
    page = queries.registry_body(actor_of(request), body_id)
    return render(request, "accounts/body.html", {"page": page})


@require_http_methods(["GET", "POST"])
def new_body(request: HttpRequest) -> HttpResponse:
    """Register a body."""
    actor = actor_of(request)
    places = queries.places(actor)
    form = NewBodyForm(request.POST or None)
    if confirmed(request) and form.is_valid():
        typed = form.cleaned_data
        parent = typed["parent"] or queries.parent_body(typed["region"], typed["kind"])
        if not sure(request):
            facts = [
                ("名称", typed["name"]),
                ("种类", queries.KIND_WORDS[typed["kind"]]),
                ("所在地方", _place_name(places, typed["region"])),
                ("上级单位", queries.body(parent).name if parent else "没有"),
                ("办公电话", typed["phone"] or "没填"),
            ]
            return ask(request, heading="登记单位", facts=facts, button="确认登记")
        try:
            body_id = commands.register_body(
                actor=actor,
                kind=typed["kind"],
                region=typed["region"],
                name=typed["name"],
                phone=typed["phone"],
                parent=parent,
            )
        except (BadInput, Refused) as wrong:
            add_error(form, getattr(wrong, "field", ""), str(wrong))
        else:
            messages.success(request, f"已登记{typed['name']}。")
            return redirect("accounts:body", body_id=body_id)
    return _body_form(request, form, {"places": places, "known": None})


@require_http_methods(["GET", "POST"])
def edit_body(request: HttpRequest, body_id: int) -> HttpResponse:
    """Change name, phone or parent of a body."""
    actor = actor_of(request)
    page = queries.registry_body(actor, body_id)
    initial = {"name": page.body.name, "phone": page.body.phone, "parent": page.body.parent_id}
    form = BodyForm(request.POST or None, initial=initial)
    if confirmed(request) and form.is_valid():
        typed = form.cleaned_data
        try:
            commands.change_body(
                actor=actor,
                body_id=body_id,
                name=typed["name"],
                phone=typed["phone"],
                parent=typed["parent"],
            )
        except (BadInput, Refused) as wrong:
            add_error(form, getattr(wrong, "field", ""), str(wrong))
        else:
            messages.success(request, "已改好。")
            return redirect("accounts:body", body_id=body_id)
    return _body_form(request, form, {"known": page})


@require_http_methods(["GET", "POST"])
def end_body(request: HttpRequest, body_id: int) -> HttpResponse:
    """Dissolve a body."""
    actor = actor_of(request)
    page = queries.registry_body(actor, body_id)
    back = (reverse("accounts:body", args=[body_id]), "不撤了")
    form = LastDayForm(request.POST or None, initial={"last_day": clock.today()})
    if confirmed(request) and form.is_valid():
        last_day = form.cleaned_data["last_day"]
        if not sure(request):
            facts = [("单位", page.body.name), ("最后一天", last_day)]
            warning = "从第二天起不能再交办给它，也不再出现在单子里。办理经过里的名字照旧。"
            return ask(
                request,
                heading="撤销单位",
                facts=facts,
                button="确认撤销",
                back=back,
                warning=warning,
            )
        try:
            commands.dissolve_body(actor=actor, body_id=body_id, last_day=last_day)
        except (BadInput, Refused) as wrong:
            add_error(form, getattr(wrong, "field", ""), str(wrong))
        else:
            messages.success(request, f"已登记{page.body.name}的撤销。")
            return redirect("accounts:body", body_id=body_id)
    facts = [("单位", page.body.name), ("在岗", f"{_now(page.posts)} 人")]
    return _last_day(request, form, heading="撤销单位", facts=facts, back=back)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List the staff of the territory."""
    text = request.GET.get("text", "")
    found, lines = queries.registry_people(
        actor_of(request), text=text, after=request.GET.get("after", "")
    )
    return render(request, "accounts/people.html", {"page": found, "lines": lines, "text": text})


@require_safe
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show a member of staff with their posts."""
    page = queries.registry_person(actor_of(request), person_id)
    return render(request, "accounts/person.html", {"page": page})


@require_http_methods(["GET", "POST"])
def new_person(request: HttpRequest) -> HttpResponse:
    """Register a member of staff; the first password stands on the answer and nowhere else."""
    actor = actor_of(request)
    queries.logins(actor)  # hides the page from everybody but administrators
    form = PersonForm(request.POST or None)
    if confirmed(request) and form.is_valid():
        typed = form.cleaned_data
        if not sure(request):
            facts = [("姓名", typed["name"]), ("登录名", typed["login"])]
            warning = "登录名以后不能改。"
            return ask(
                request,
                heading="登记人员",
                facts=facts,
                button="确认登记",
                warning=warning,
            )
        password = secrets.token_urlsafe(12)
        try:
            made = commands.create_staff(
                actor=actor, login=typed["login"], name=typed["name"], password=password
            )
        except (BadInput, Refused) as wrong:
            add_error(form, getattr(wrong, "field", ""), str(wrong))
        else:
            context = {"person": made, "password": password}
            return render(request, "accounts/person_made.html", context)
    status = 400 if form.errors else 200
    return render(request, "accounts/person_form.html", {"form": form}, status=status)


@require_POST
def suspend(request: HttpRequest, person_id: int) -> HttpResponse:
    """Close or reopen somebody's account."""
    actor = actor_of(request)
    page = queries.registry_person(actor, person_id)
    if not sure(request):
        facts = [("姓名", page.name), ("登录名", page.login)]
        back = (reverse("accounts:person", args=[person_id]), "返回")
        heading = "停用账户" if page.active else "恢复账户"
        warning = "停用后马上不能登录，岗位还登记着；恢复后照旧。" if page.active else ""
        return ask(
            request,
            heading=heading,
            facts=facts,
            button=f"确认{heading[:2]}",
            back=back,
            warning=warning,
        )
    change = commands.suspend_person if page.active else commands.resume_person
    change(actor=actor, person_id=person_id)
    messages.success(request, f"{page.name}的账户已{'停用' if page.active else '恢复'}。")
    return redirect("accounts:person", person_id=person_id)


@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, body_id: int) -> HttpResponse:
    """Give somebody a post in a body."""
    actor = actor_of(request)
    page = queries.registry_body(actor, body_id)
    roles = queries.appointable()
    places = queries.places(actor)
    initial = {
        "region": page.body.region,
        "since": clock.today(),
        "login": request.GET.get("login", ""),
    }
    form = PostForm(request.POST or None, initial=initial).offer(roles)
    names = dict(queries.logins(actor))
    if confirmed(request) and form.is_valid():
        answer = _appoint(request, form, page, places, names)
        if answer is not None:
            return answer
    context = {
        "form": form,
        "page": page,
        "roles": roles,
        "places": places,
        "names": names,
    }
    return render(request, "accounts/post_form.html", context, status=400 if form.errors else 200)


def _appoint(
    request: HttpRequest, form: PostForm, page: Any, places: Any, names: dict[str, str]
) -> HttpResponse | None:
    """Ask once more, then appoint; None when the form has to be shown again."""
    typed = form.cleaned_data
    person_id = queries.person_by_login(typed["login"]) if typed["login"] in names else None
    if person_id is None:
        form.add_error("login", "没有这个登录名，请先登记人员。")
        return None
    misfit = queries.misfit(typed["role"], typed["region"])
    if misfit:
        form.add_error("region", misfit)
        return None
    if not sure(request):
        facts = [
            ("谁", f"{names[typed['login']]}（{typed['login']}）"),
            ("单位", page.body.name),
            ("角色", queries.role(typed["role"]).name),
            ("职务", typed["title"]),
            ("负责的地方", _place_name(places, typed["region"])),
            ("任职起", typed["since"]),
            ("任职止", typed["until"] or "一直"),
        ]
        return ask(request, heading="登记岗位", facts=facts, button="确认任职")
    try:
        commands.appoint(
            actor=actor_of(request),
            person_id=person_id,
            role=typed["role"],
            region=typed["region"],
            body_id=page.body.id,
            title=typed["title"],
            since=typed["since"],
            until=typed["until"],
        )
    except Refused as wrong:
        form.add_error("region", str(wrong))
        return None
    except BadInput as wrong:
        add_error(form, wrong.field, str(wrong))
        return None
    messages.success(request, f"{names[typed['login']]}的岗位已登记。")
    return redirect("accounts:body", body_id=page.body.id)


@require_http_methods(["GET", "POST"])
def end_post(request: HttpRequest, post_id: int) -> HttpResponse:
    """End somebody's post."""
    actor = actor_of(request)
    post = queries.registry_post(actor, post_id)
    back = (reverse("accounts:body", args=[post.body_id]), "返回")
    form = LastDayForm(request.POST or None, initial={"last_day": clock.today()})
    facts = [("谁", post.person), ("岗位", f"{post.body} {post.title}"), ("任职起", post.since)]
    if confirmed(request) and form.is_valid():
        last_day = form.cleaned_data["last_day"]
        if not sure(request):
            return ask(
                request,
                heading="登记离任",
                facts=[*facts, ("最后一天", last_day)],
                button="确认离任",
                back=back,
                warning="从第二天起，这个岗位能看的、能办的都停。",
            )
        try:
            commands.end_post(actor=actor, post_id=post_id, last_day=last_day)
        except (BadInput, Refused) as wrong:
            add_error(form, getattr(wrong, "field", ""), str(wrong))
        else:
            messages.success(request, f"{post.person}的离任已登记。")
            return redirect("accounts:body", body_id=post.body_id)
    return _last_day(request, form, heading="登记离任", facts=facts, back=back)


def _body_form(request: HttpRequest, form: BodyForm, context: dict[str, Any]) -> HttpResponse:
    above = [b for b in queries.bodies_inside(actor_of(request).scope) if b.kind != "village"]
    return render(
        request,
        "accounts/body_form.html",
        context | {"form": form, "above": above, "kinds": queries.KIND_WORDS},
        status=400 if form.errors else 200,
    )


def _last_day(request: HttpRequest, form: LastDayForm, **context: Any) -> HttpResponse:
    status = 400 if form.errors else 200
    given = {"form": form, "title": context.pop("heading"), **context}
    return render(request, "accounts/last_day.html", given, status=status)


def _now(posts: Any) -> int:
    return sum(post.state == "now" for post in posts)


def _place_name(places: list[tuple[str, list[tuple[str, str]]]], code: str) -> str:
    for town, options in places:
        for option, name in options:
            if option == code:
                return name if name == town else f"{town}{name}"
    return code
