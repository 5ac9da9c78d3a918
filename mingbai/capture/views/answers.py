"""Policy answers (政策问答): questions to answer with one tap, and the county's policy answers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mingbai.capture import commands, queries
from mingbai.capture.forms import PolicyForm
from mingbai.capture.views.common import actor_of, number_in
from mingbai.cases.commands import Doubted
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.notices import commands as notices
from mingbai.notices import queries as outbox


@require_GET
def questions(request: HttpRequest) -> HttpResponse:
    """Show the open questions with suggested answers, and what is to be forwarded by hand."""
    return _page(request, actor_of(request), {})


def _page(
    request: HttpRequest, actor: Actor, failed: dict[str, str], status: int = 200
) -> HttpResponse:
    context = {
        "questions": queries.questions(actor),
        "forward": outbox.to_forward(actor),
        "keeps": queries.may_keep_policies(actor),
        "failed": failed,
    }
    return render(request, "capture/questions.html", context, status=status)


@require_POST
def send(request: HttpRequest, number: str) -> HttpResponse:
    """Answer one question with the text in the box; what cannot be done says why and keeps the text."""
    actor = actor_of(request)
    text = request.POST.get("text", "")
    try:
        sent = commands.send_answer(
            actor=actor,
            number=number,
            version=number_in(request, "version"),
            text=text,
            knowing=request.POST.get("knowing") == "1",
        )
    except Doubted as doubt:
        why = " ".join(one.evidence for one in doubt.found)
        failed = {"number": number, "text": text, "reason": why, "doubted": "1"}
        return _page(request, actor, failed, 409)
    except (BadInput, Refused) as reason:
        failed = {"number": number, "text": text, "reason": str(reason)}
        return _page(request, actor, failed, 400)
    if not sent.group:
        messages.success(request, f"{number} 已答复。")
    elif sent.by_hand:
        messages.success(
            request, f"{number} 已答复。还没有接通群机器人，请把下面的话转到“{sent.group}”。"
        )
    else:
        messages.success(request, f"{number} 已答复，正在发到“{sent.group}”。")
    return redirect("capture:questions")


@require_POST
def forwarded(request: HttpRequest, message_id: int) -> HttpResponse:
    """Note that a message was put into its group by hand."""
    actor = actor_of(request)
    if not queries.may_answer(actor):
        raise Missing
    notices.forwarded_by_hand(actor=actor, message_id=message_id)
    messages.success(request, "已记为转发。")
    return redirect("capture:questions")


@require_GET
def notes(request: HttpRequest) -> HttpResponse:
    """Show the county's policy answers."""
    actor = actor_of(request)
    context = {
        "notes": queries.policy_notes(actor, request.GET.get("after", "")),
        "places": queries.policy_places(actor),
        "keeps": queries.may_keep_policies(actor),
        "today": clock.today(),
        "fields": queries.FIELD_WORDS,
    }
    return render(request, "capture/policies.html", context)


@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, note_id: int | None = None) -> HttpResponse:
    """Write a policy answer or change one."""
    actor = actor_of(request)
    if not queries.may_keep_policies(actor):
        raise Missing
    known = queries.policy_note(actor, note_id) if note_id else None
    initial = {"since": clock.today(), "region": f"{actor.county}000000", "field": "other"}
    if known is not None:
        initial = {name: getattr(known, name) for name in PolicyForm.base_fields}
    form = PolicyForm(request.POST or None, initial=initial)
    places = queries.policy_places(actor)
    form.fields["region"].choices = list(places.items())  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        version = number_in(request, "version") if known else 0
        try:
            commands.keep_policy(actor=actor, note_id=note_id, version=version, **form.cleaned_data)
        except BadInput as wrong:
            form.add_error(wrong.field or None, str(wrong))
        except Refused as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, "政策口径已保存。")
            return redirect("capture:policies")
    context = {"form": form, "known": known}
    return render(request, "capture/policy_form.html", context, status=400 if form.errors else 200)


@require_POST
def retire(request: HttpRequest, note_id: int) -> HttpResponse:
    """Take a policy answer out of use."""
    actor = actor_of(request)
    if not queries.may_keep_policies(actor):
        raise Missing
    try:
        commands.retire_policy(actor=actor, note_id=note_id, version=number_in(request, "version"))
    except Refused as reason:
        messages.warning(request, str(reason))
    else:
        messages.success(request, "已停用，不再推荐。")
    return redirect("capture:policies")
