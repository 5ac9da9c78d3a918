"""The review desk and the registry of groups."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mingbai.capture import commands, queries
from mingbai.capture.forms import CorrectForm, GroupForm, NewGroupForm
from mingbai.cases.queries import field_choices
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@require_GET
def review(request: HttpRequest, finding_id: int | None = None) -> HttpResponse:
    """Show what waits for review, the talk around one finding, and what was recognised."""
    actor = _actor(request)
    waiting = queries.waiting(actor)
    chosen = finding_id or (waiting[0].pk if waiting else None)
    opened = queries.open_finding(actor, chosen) if chosen else None
    if chosen and opened is None:
        messages.info(request, "这一条已经核对过了。")
        return redirect("capture:review")
    places = [f.pk for f in waiting]
    at = places.index(chosen) if chosen in places else -1
    context = {
        "waiting": waiting,
        "opened": opened,
        "before": places[at - 1] if at > 0 else None,
        "after": places[at + 1] if 0 <= at < len(places) - 1 else None,
        "count": queries.waiting_count(actor),
        "ruled": queries.ruled_today(actor),
        "kinds": queries.KIND_WORDS,
        "fields": dict(field_choices()),
    }
    response = render(request, "capture/review.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdigit():
        raise BadInput("页面不完整，请刷新后再试。")
    return int(text)


def _file(request: HttpRequest, finding_id: int) -> str:
    number = commands.file_case(
        actor=_actor(request), finding_id=finding_id, version=_version(request)
    )
    return f"已立件，件号 {number}。"


def _question(request: HttpRequest, finding_id: int) -> str:
    number = commands.file_case(
        actor=_actor(request), finding_id=finding_id, version=_version(request), kind="question"
    )
    return f"已按提问立件，件号 {number}。"


def _merge(request: HttpRequest, finding_id: int) -> str:
    number = request.POST.get("number", "").strip()
    commands.merge(
        actor=_actor(request), finding_id=finding_id, version=_version(request), number=number
    )
    return f"已并入 {number}。"


def _correct(request: HttpRequest, finding_id: int) -> str:
    form = CorrectForm(request.POST)
    if not form.is_valid():
        raise BadInput("请选好类别和领域再立件。")
    number = commands.correct(actor=_actor(request), finding_id=finding_id, **form.cleaned_data)
    return f"已改好并立件，件号 {number}。"


def _dismiss(request: HttpRequest, finding_id: int) -> str:
    commands.dismiss(actor=_actor(request), finding_id=finding_id, version=_version(request))
    return "已记为闲聊，原话到期删除。"


def _seal(request: HttpRequest, finding_id: int) -> str:
    commands.seal(actor=_actor(request), finding_id=finding_id, version=_version(request))
    return "已封存移交，这里不再保留，也不能撤销。"


_RULINGS: dict[str, Callable[[HttpRequest, int], str]] = {
    "file": _file,
    "question": _question,
    "merge": _merge,
    "correct": _correct,
    "dismiss": _dismiss,
    "seal": _seal,
}


@require_POST
def rule(request: HttpRequest, finding_id: int, verb: str) -> HttpResponse:
    """Carry out one ruling and go on to the next finding; what cannot be done says why."""
    queries.require_clerk(_actor(request))
    ruling = _RULINGS.get(verb)
    if ruling is None:
        raise Missing
    try:
        messages.success(request, ruling(request, finding_id))
    except (Refused, BadInput) as reason:
        messages.warning(request, str(reason))
        return redirect("capture:finding", finding_id=finding_id)
    after = request.POST.get("after", "")
    if after.isdigit():
        return redirect("capture:finding", finding_id=int(after))
    return redirect("capture:review")


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the latest ruling and show its finding again."""
    queries.require_clerk(_actor(request))
    ruling = request.POST.get("ruling", "")
    try:
        finding_id = commands.undo(
            actor=_actor(request), ruling_id=int(ruling) if ruling.isdigit() else 0
        )
    except Refused as reason:
        messages.warning(request, str(reason))
        return redirect("capture:review")
    messages.success(request, "已撤销，请重新核对。")
    return redirect("capture:finding", finding_id=finding_id)


@require_GET
def groups(request: HttpRequest) -> HttpResponse:
    """Show the registry with coverage."""
    actor = _actor(request)
    context = {
        "coverage": queries.coverage(actor, request.GET.get("after", "")),
        "modes": queries.MODE_WORDS,
        "keeps": queries.may_keep(actor),
    }
    return render(request, "capture/groups.html", context)


@require_http_methods(["GET", "POST"])
def new_group(request: HttpRequest) -> HttpResponse:
    """Add a group to the registry."""
    initial = {
        "region": request.GET.get("region", ""),
        "platform": "wechat",
        "mode": "automatic",
    }
    form = NewGroupForm(request.POST or None, initial=initial)
    return _keep_group(request, form, None)


@require_http_methods(["GET", "POST"])
def edit_group(request: HttpRequest, group_id: int) -> HttpResponse:
    """Change a group's line."""
    group = queries.group(_actor(request), group_id)
    initial = {name: getattr(group, name) for name in GroupForm.base_fields}
    return _keep_group(request, GroupForm(request.POST or None, initial=initial), group_id)


def _keep_group(request: HttpRequest, form: GroupForm, group_id: int | None) -> HttpResponse:
    actor = _actor(request)
    if not queries.may_keep(actor):
        raise Missing
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            if group_id is None:
                commands.register_group(actor=actor, **values)
            else:
                commands.change_group(actor=actor, group_id=group_id, **values)
        except (BadInput, Refused) as wrong:
            field = getattr(wrong, "field", "")
            form.add_error(field if field in form.fields else None, str(wrong))
        except Missing:
            form.add_error("region", "请从表里选一个村。")
        else:
            messages.success(request, f"{values['name']} 已登记。")
            return redirect("capture:groups")
    context = {"form": form, "known": group_id is not None, "villages": queries.villages(actor)}
    return render(request, "capture/group_form.html", context, status=400 if form.errors else 200)
