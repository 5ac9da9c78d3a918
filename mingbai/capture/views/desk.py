"""The review desk: one finding after another, several at once, undo, and who reviewed what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from mingbai.capture import commands, queries
from mingbai.capture.forms import CorrectForm, DayForm, NarrowForm
from mingbai.capture.views.common import actor_of, number_in, talk_page, tell_left
from mingbai.cases.queries import field_choices
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Missing, Refused

_NARROWS = frozenset({"place", "kind", "urgent", "q", "after"})
_DAYS_BACK = 7


@require_GET
def review(request: HttpRequest, finding_id: int | None = None) -> HttpResponse:
    """Show what waits for review, the talk around one finding, and what was recognised."""
    actor = actor_of(request)
    form = NarrowForm(request.GET)
    narrowing, after = form.narrowing(), request.GET.get("after", "")
    queue = queries.waiting(actor, narrowing, after)
    rows = queue.page.rows
    chosen = finding_id or (rows[0].pk if rows else None)
    opened = queries.open_finding(actor, chosen) if chosen else None
    if chosen and opened is None:
        messages.info(request, "这一条已经核对过了。")
        return _back(request.GET.urlencode())
    ids = [f.pk for f in rows]
    at = ids.index(chosen) if chosen in ids else -1
    context = {
        "queue": queue,
        "opened": opened,
        "before": ids[at - 1] if at > 0 else None,
        "next": ids[at + 1] if 0 <= at < len(ids) - 1 else None,
        "last": 0 <= at == len(ids) - 1,
        "narrowing": narrowing,
        "kept": _kept(request.GET.urlencode()),
        "places": queries.places(actor),
        "ruled": queries.ruled_today(actor),
        "tabs": tabs_of(request),
        "kinds": queries.KIND_WORDS,
        "fields": dict(field_choices()),
        "subs": queries.subfields(),
    }
    return talk_page(request, "capture/review.html", context)


@require_POST
def rule(request: HttpRequest, finding_id: int, verb: str) -> HttpResponse:
    """Carry out one ruling and go on to the next finding; what cannot be done says why."""
    queries.require_clerk(actor_of(request))
    ruling = _RULINGS.get(verb)
    if ruling is None:
        raise Missing
    kept = _kept(request.POST.get("kept", ""))
    try:
        messages.success(request, ruling(request, finding_id))
    except (Refused, BadInput) as reason:
        messages.warning(request, str(reason))
        return _back(kept, finding_id)
    following = request.POST.get("next", "")
    return _back(kept, int(following) if following.isdigit() else None)


@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    """Rule on the ticked findings alike; those that changed meanwhile are named and left."""
    actor = actor_of(request)
    queries.require_clerk(actor)
    kept, verb = _kept(request.POST.get("kept", "")), request.POST.get("verb", "")
    number = request.POST.get("number", "").strip()
    try:
        done = commands.rule_many(actor=actor, items=_items(request), verb=verb, number=number)
    except BadInput as reason:
        messages.warning(request, str(reason))
        return _back(kept)
    if done.done:
        messages.success(request, _told(verb, len(done.done), done.number))
    tell_left(request, done.left, "处理")
    return _back(kept)


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the latest ruling, or the latest batch, and show its finding again."""
    actor = actor_of(request)
    queries.require_clerk(actor)
    ruling = request.POST.get("ruling", "")
    kept = _kept(request.POST.get("kept", ""))
    try:
        undone = commands.undo(actor=actor, ruling_id=int(ruling) if ruling.isdigit() else 0)
    except Refused as reason:
        messages.warning(request, str(reason))
        return _back(kept)
    many = len(undone.findings)
    messages.success(
        request, "已撤销，请重新核对。" if many == 1 else f"已撤销 {many} 条，请重新核对。"
    )
    tell_left(request, undone.left, "撤销")
    return _back(kept, undone.findings[-1])


@require_GET
def done(request: HttpRequest) -> HttpResponse:
    """Show who reviewed what on a day."""
    actor, form = actor_of(request), DayForm(request.GET)
    queries.require_clerk(actor)
    form.is_valid()
    today = clock.today()
    day = form.cleaned_data.get("day") or today
    who = form.cleaned_data.get("who")
    context = {
        "found": queries.rulings_of(actor, day, who, request.GET.get("after", "")),
        "who": who,
        "day": day,
        "days": [today - timedelta(days=n) for n in range(_DAYS_BACK)],
        "verbs": queries.VERB_WORDS,
        "ruled": queries.ruled_today(actor) if day == today else None,
        "tabs": tabs_of(request),
    }
    return talk_page(request, "capture/done.html", context)


@require_GET
def ruled(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Show a finding that was ruled on: its own words and every ruling."""
    found = queries.ruled_finding(actor_of(request), finding_id)
    if found is None:
        return redirect("capture:finding", finding_id=finding_id)
    context = {
        "found": found,
        "kinds": queries.KIND_WORDS,
        "fields": dict(field_choices()),
        "sub": queries.subfield_word(found.finding.field, found.finding.sub),
        "states": queries.STATUS_WORDS,
    }
    return talk_page(request, "capture/ruled.html", context)


def tabs_of(request: HttpRequest) -> list[tuple[str, str, int | None, bool]]:
    """Return the tabs of reviewing: address, word, count, whether it is this one."""
    actor, here = actor_of(request), request.path
    desk, again = reverse("capture:review"), reverse("capture:second")
    disputes, days = reverse("capture:disputes"), reverse("capture:done")
    return [
        (desk, "待核对", queries.waiting_count(actor), here not in {again, disputes, days}),
        (again, "复核", queries.second_count(actor), here == again),
        (disputes, "意见不一", queries.dispute_count(actor), here == disputes),
        (days, "谁核了什么", None, here == days),
    ]


def _kept(text: str) -> str:
    """Return the query string with nothing in it but the list's own narrowing."""
    return urlencode([(k, v) for k, v in parse_qsl(text) if k in _NARROWS])


def _back(kept: str, finding_id: int | None = None) -> HttpResponse:
    """Lead back to the desk with its narrowing; a finding opens in its place in the list."""
    address = reverse("capture:finding", args=[finding_id]) if finding_id else None
    kept = _kept(kept)
    return redirect((address or reverse("capture:review")) + (f"?{kept}" if kept else ""))


def _items(request: HttpRequest) -> Sequence[commands.Item]:
    found = []
    for ticked in request.POST.getlist("item"):
        finding, _, version = ticked.partition(":")
        if finding.isdigit() and version.isdigit() and len(ticked) <= 30:
            found.append(commands.Item(int(finding), int(version)))
    return found


def _told(verb: str, count: int, number: str) -> str:
    words = {"file": f"已立件 {count} 条。", "dismiss": f"已记为闲聊 {count} 条。"}
    return words.get(verb, f"已把 {count} 条并成一件，件号 {number}。")


def _file(request: HttpRequest, finding_id: int) -> str:
    number = commands.file_case(
        actor=actor_of(request), finding_id=finding_id, version=number_in(request, "version")
    )
    return f"已立件，件号 {number}。"


def _question(request: HttpRequest, finding_id: int) -> str:
    number = commands.file_case(
        actor=actor_of(request),
        finding_id=finding_id,
        version=number_in(request, "version"),
        kind="question",
    )
    return f"已按提问立件，件号 {number}。"


def _merge(request: HttpRequest, finding_id: int) -> str:
    number = commands.merge(
        actor=actor_of(request),
        finding_id=finding_id,
        version=number_in(request, "version"),
        number=request.POST.get("number", ""),
    )
    return f"已并入 {number}。"


def _correct(request: HttpRequest, finding_id: int) -> str:
    form = CorrectForm(request.POST)
    if not form.is_valid():
        raise BadInput("请选好类别和领域再立件。")
    number = commands.correct(actor=actor_of(request), finding_id=finding_id, **form.cleaned_data)
    return f"已改好并立件，件号 {number}。"


def _dismiss(request: HttpRequest, finding_id: int) -> str:
    commands.dismiss(
        actor=actor_of(request), finding_id=finding_id, version=number_in(request, "version")
    )
    return "已记为闲聊，原话到期删除。"


def _seal(request: HttpRequest, finding_id: int) -> str:
    commands.seal(
        actor=actor_of(request), finding_id=finding_id, version=number_in(request, "version")
    )
    return "已封存移交，这里不再保留，也不能撤销。"


_RULINGS: dict[str, Callable[[HttpRequest, int], str]] = {
    "file": _file,
    "question": _question,
    "merge": _merge,
    "correct": _correct,
    "dismiss": _dismiss,
    "seal": _seal,
}
