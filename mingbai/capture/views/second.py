"""Second readings: another clerk answers blind; where the two differ, somebody settles it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from mingbai.capture import commands, queries
from mingbai.capture.forms import AnswerForm
from mingbai.capture.views.common import actor_of, talk_page
from mingbai.capture.views.desk import tabs_of
from mingbai.cases.queries import field_choices
from mingbai.kernel.decisions import BadInput, Missing, Refused

_ANSWERS = {"file": "立件", "dismiss": "不立件", "seal": "像举报"}


@require_GET
def second(request: HttpRequest) -> HttpResponse:
    """Show the next ruling of somebody else to read again, without that ruling."""
    actor = actor_of(request)
    context = {
        "found": queries.blind(actor),
        "count": queries.second_count(actor),
        "tabs": tabs_of(request),
        "kinds": queries.KIND_WORDS,
        "fields": dict(field_choices()),
    }
    return talk_page(request, "capture/second.html", context)


@require_POST
def answer(request: HttpRequest, finding_id: int, verb: str) -> HttpResponse:
    """Keep the second answer and go on to the next."""
    actor = actor_of(request)
    queries.require_clerk(actor)
    if verb not in _ANSWERS:
        raise Missing
    form = AnswerForm(request.POST)
    try:
        if not form.is_valid():
            raise BadInput("请选好类别和领域再答。")
        same = commands.second_read(
            actor=actor, finding_id=finding_id, verb=verb, **form.cleaned_data
        )
    except (BadInput, Refused) as reason:
        messages.warning(request, str(reason))
        return redirect("capture:second")
    if same:
        messages.success(request, "已记下，和核对人一致。")
    else:
        messages.info(request, "已记下，和核对人不一致，列在“意见不一”里等人定。")
    return redirect("capture:second")


@require_GET
def disputes(request: HttpRequest) -> HttpResponse:
    """Show where two clerks differ, with both answers."""
    context = {
        "found": queries.disputes(actor_of(request)),
        "tabs": tabs_of(request),
        "kinds": queries.KIND_WORDS,
        "fields": dict(field_choices()),
        "verbs": queries.VERB_WORDS | _ANSWERS,
    }
    return talk_page(request, "capture/disputes.html", context)


@require_POST
def settle(request: HttpRequest, reading_id: int) -> HttpResponse:
    """Decide whose answer holds."""
    actor = actor_of(request)
    queries.require_clerk(actor)
    favour = request.POST.get("favour", "")
    try:
        ended = commands.settle(actor=actor, reading_id=reading_id, favour=favour)
    except (BadInput, Refused) as reason:
        messages.warning(request, str(reason))
        return redirect("capture:disputes")
    if ended.words:
        messages.warning(request, ended.words)
    elif ended.changed:
        messages.success(request, "已定以复核为准，原来的核对已经改过来。")
    else:
        messages.success(request, "已定以原核对为准。")
    return redirect("capture:disputes")
