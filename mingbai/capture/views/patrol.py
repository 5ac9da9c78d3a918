"""Going through the groups (巡群): the list, one group's talk, and how much was covered."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from mingbai.capture import commands, queries
from mingbai.capture.forms import DescribeForm
from mingbai.capture.views.common import actor_of, talk_page
from mingbai.cases.queries import field_choices
from mingbai.kernel.decisions import BadInput, Missing, Refused


@require_GET
def rounds(request: HttpRequest) -> HttpResponse:
    """Show the post's groups, those with unread talk first."""
    which = "all" if request.GET.get("which") == "all" else "unread"
    found = queries.rounds(actor_of(request), which, request.GET.get("after", ""))
    context = {
        "found": found,
        "tabs": [("unread", "有新话的", found.unread_groups), ("all", "全部", found.count)],
        "which": which,
    }
    return talk_page(request, "capture/patrol.html", context)


@require_GET
def talk(request: HttpRequest, group_id: int) -> HttpResponse:
    """Show a group's talk of the last 72 hours, beginning shortly before what is unread."""
    asked = request.GET
    found = queries.group_talk(
        actor_of(request),
        group_id,
        asked.get("upto", ""),
        asked.get("after", ""),
        whole="whole" in asked,
    )
    context = {
        "found": found,
        "kinds": queries.KIND_WORDS,
        "fields": dict(field_choices()),
        "subs": queries.subfields(),
    }
    return talk_page(request, "capture/patrol_group.html", context)


@require_POST
def read(request: HttpRequest, group_id: int) -> HttpResponse:
    """Mark a group as read as far as it was shown, and go to the next with unread talk."""
    actor = actor_of(request)
    commands.read_through(actor=actor, group_id=group_id, shown=request.POST.get("upto", ""))
    following = queries.next_unread(actor, besides=group_id)
    if following is None:
        messages.success(request, "都看完了。")
        return redirect("capture:patrol")
    return redirect("capture:patrol_group", group_id=following)


@require_POST
def pick(request: HttpRequest, group_id: int) -> HttpResponse:
    """Do with the ticked lines what the button says: file, send to review, seal, or note an objection."""
    actor = actor_of(request)
    queries.patrolled(actor, group_id)
    doing = _DOINGS.get(request.POST.get("do", ""))
    if doing is None:
        raise Missing
    try:
        messages.success(request, doing(request, group_id, _ticked(request)))
    except (BadInput, Refused) as reason:
        messages.warning(request, str(reason))
    return _back(request, group_id)


@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Show how many groups with new talk were gone through, day by day and post by post."""
    context = {
        "found": queries.patrol_figures(actor_of(request)),
        "reads": queries.reads_talk(actor_of(request)),
    }
    return render(request, "capture/patrol_figures.html", context)


def _ticked(request: HttpRequest) -> Sequence[int]:
    lines = request.POST.getlist("line")
    return [int(n) for n in lines if n.isascii() and n.isdigit() and len(n) <= 18]


def _back(request: HttpRequest, group_id: int) -> HttpResponse:
    """Lead back to the same page of the talk, which has not moved."""
    kept = {name: request.POST.get(name, "") for name in ("upto", "after")}
    address = reverse("capture:patrol_group", args=[group_id])
    return redirect(f"{address}?{urlencode({k: v for k, v in kept.items() if v})}")


def _take_up(request: HttpRequest, group_id: int, lines: Sequence[int]) -> str:
    return _taken(request, group_id, lines, straight=True)


def _to_review(request: HttpRequest, group_id: int, lines: Sequence[int]) -> str:
    return _taken(request, group_id, lines, straight=False)


def _taken(request: HttpRequest, group_id: int, lines: Sequence[int], *, straight: bool) -> str:
    form = DescribeForm(request.POST)
    if not form.is_valid():
        raise BadInput("请选好类别和领域。")
    taken = commands.take_up(
        actor=actor_of(request),
        group_id=group_id,
        lines=lines,
        straight=straight,
        **form.cleaned_data,
    )
    return f"已立件，件号 {taken.number}。" if taken.number else "已送去核对台。"


def _seal(request: HttpRequest, group_id: int, lines: Sequence[int]) -> str:
    commands.seal_lines(actor=actor_of(request), group_id=group_id, lines=lines)
    return "已封存移交，这里不再保留，也不能撤销。"


def _object(request: HttpRequest, group_id: int, lines: Sequence[int]) -> str:
    if len(lines) != 1:
        raise BadInput("请只勾这个人的一句话。")
    alias = commands.note_objection(actor=actor_of(request), group_id=group_id, line=lines[0])
    return f"已记下成员 {alias} 不同意采集，已收的话删掉了，以后的不再收。"


_DOINGS = {"file": _take_up, "review": _to_review, "seal": _seal, "object": _object}
