"""The officers' desk: the list by deadline, one case with its buttons, the counter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mingbai.cases import commands, queries
from mingbai.cases.field_words import guess
from mingbai.cases.forms import KINDS, DeskForm, errors, values
from mingbai.cases.queries.beside import summary
from mingbai.cases.states import BY_VERB, OPEN, county_of
from mingbai.cases.views.common import actor_of, first_errors, rail, shots, stored
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.jinja import datetime_cn
from mingbai.regions import queries as regions

TABS = (
    ("open", "要办的"),
    ("late", "超时"),
    ("mine", "我经手"),
    ("solved", "有结果"),
    ("all", "全部"),
)
_WATCHED = frozenset({"late", "solved", "all"})
MOST_AT_ONCE = 100


@require_GET
def workbench(request: HttpRequest) -> HttpResponse:
    """Show what is to be done, by deadline: where an officer's day begins."""
    return _list_page(request, "今天要办")


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show the officer's list, or one tab of it."""
    return _list_page(request, "诉求件")


@require_POST
def accept_many(request: HttpRequest) -> HttpResponse:
    """Accept the ticked cases; those that changed meanwhile are named and left alone."""
    actor = actor_of(request)
    queries.require_desk(actor)
    done, refused = 0, []
    for ticked in request.POST.getlist("case")[:MOST_AT_ONCE]:
        number, _, version = ticked.partition(":")
        try:
            commands.accept(
                actor=actor,
                county=county_of(number),
                number=number,
                version=int(version) if version.isdigit() else 0,
            )
            done += 1
        except (Refused, Missing):
            refused.append(number)
    if done:
        messages.success(request, f"已受理 {done} 件。")
    if refused:
        messages.warning(
            request, f"{len(refused)} 件没有受理，可能刚被别人办了：{'、'.join(refused[:5])}。"
        )
    if not done and not refused:
        messages.info(request, "请先勾选要受理的件。")
    return redirect("cases:desk_list")


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Show one case: what was said, what happened, what to do; a sign chosen fills the answer in."""
    return _page(request, number, sign=request.GET.get("sign", ""))


@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Make one move; the page comes back with the sentence when it cannot be made."""
    doing = _ACTS.get(verb)
    if doing is None:
        raise Missing(verb)
    queries.case_for_staff(actor_of(request), county_of(number), number)
    try:
        doing(request, number)
    except (BadInput, Refused) as wrong:
        found = first_errors(wrong) if isinstance(wrong, BadInput) else {"": str(wrong)}
        return _page(
            request,
            number,
            verb=verb,
            wrong=found,
            typed=request.POST.dict(),
            status=_status(wrong),
        )
    messages.success(request, f"已{BY_VERB[verb].label}。")
    try:
        queries.case_for_staff(actor_of(request), county_of(number), number)
    except Missing:  # a department that handed the case on no longer sees it
        return redirect("cases:desk_list")
    return redirect("cases:desk", number)


@require_POST
def ignore_sign(request: HttpRequest, number: str, sign_id: int) -> HttpResponse:
    """Set aside what was said in the group about a case."""
    commands.ignore_sign(
        actor=actor_of(request), county=county_of(number), number=number, sign_id=sign_id
    )
    messages.success(request, "已忽略。")
    return redirect("cases:desk", number)


@require_POST
def contact(request: HttpRequest, number: str) -> HttpResponse:
    """Show the reporter's phone in clear, once, with the reason on record."""
    try:
        phone = commands.read_contact(
            actor=actor_of(request),
            county=county_of(number),
            number=number,
            reason=request.POST.get("reason", ""),
        )
    except BadInput as wrong:
        return _page(
            request,
            number,
            verb="contact",
            wrong=first_errors(wrong),
            typed=request.POST.dict(),
            status=400,
        )
    return _page(request, number, phone=phone)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """代群众登记: take a case down for somebody at the counter, then print the receipt."""
    actor = actor_of(request)
    queries.require_desk(actor)
    if request.method == "GET":
        return _new_page(request, {"public": "on", "kind": "request", "once": str(uuid4())}, {})
    form = DeskForm(request.POST)
    if not form.is_valid():
        return _new_page(request, values(form), errors(form), status=400)
    typed = form.cleaned_data
    try:
        files = stored(request, "photos", kinds=("photo",), most=6)
        number = commands.submit_case(
            actor=actor,
            token=typed["once"],
            region=typed["region"],
            text=typed["text"],
            field=typed["field"] or guess(typed["text"]).field,
            kind=typed["kind"],
            place=typed["place"],
            urgent=typed["urgent"],
            is_public=typed["public"],
            phone=typed["phone"],
            source="desk",
            files=files,
        )
    except BadInput as wrong:
        return _new_page(request, values(form), first_errors(wrong), status=400)
    messages.success(request, f"已登记，件号 {number}。")
    return redirect("cases:receipt", number)


@require_GET
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Print the paper that the person takes home."""
    line = queries.receipt(actor_of(request), county_of(number), number)
    return render(request, "cases/receipt.html", {"line": line})


def _list_page(request: HttpRequest, heading: str) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    watches = queries.watches_only(actor)
    which, q = asked.get("which", "all" if watches else "open"), asked.get("q", "")
    desk = queries.desk(actor, which=which, q=q, after=asked.get("after", ""))
    counted = {"open": desk.counts.open, "late": desk.counts.late, "mine": desk.counts.mine}
    tabs = [(c, w, counted.get(c)) for c, w in TABS if not watches or c in _WATCHED]
    return render(
        request,
        "cases/desk_list.html",
        {
            "desk": desk,
            "which": which,
            "q": q,
            "tabs": tabs,
            "heading": heading,
            "watches": watches,
        },
    )


def _page(
    request: HttpRequest,
    number: str,
    verb: str = "",
    wrong: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    phone: str = "",
    status: int = 200,
    sign: str = "",
) -> HttpResponse:
    found = queries.case_for_staff(actor_of(request), county_of(number), number)
    open_ = found.line.state in OPEN
    told = found.sign(sign)
    if told is not None and not verb:
        verb, typed = "answer", {"text": f"群里 {datetime_cn(told.said_at)} 说“{told.text}”。"}
    answer = render(
        request,
        "cases/desk_case.html",
        {
            "case": found,
            "line": found.line,
            "open": open_,
            "steps": rail(found.steps, open_=open_, mine=False),
            "evidence": shots(found.evidence),
            "voices": [f for f in found.evidence if f.kind == "voice"],
            "before": shots(found.before),
            "after": shots(found.after),
            "failed": verb,
            "wrong": wrong or {},
            "typed": typed or {},
            "phone": phone,
            "beside": summary(actor_of(request), county_of(number), number),
            "answers": any(b.move.verb == "answer" and b.decision for b in found.buttons),
        },
        status=status,
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _new_page(
    request: HttpRequest, typed: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    villages = [v for v in regions.villages(actor.county) if actor.covers(v.code)]
    return render(
        request,
        "cases/desk_new.html",
        {
            "typed": typed,
            "wrong": wrong,
            "villages": [(v.code, v.name) for v in villages],
            "fields": [("", "由系统按内容判断"), *queries.field_choices()],
            "kinds": KINDS,
        },
        status=status,
    )


def _status(wrong: Exception) -> int:
    return 400 if isinstance(wrong, BadInput) else 409


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdigit() or len(text) > 9:
        raise BadInput("页面过期了，请刷新再办。")
    return int(text)


def _accept(request: HttpRequest, number: str) -> None:
    commands.accept(
        actor=actor_of(request), county=county_of(number), number=number, version=_version(request)
    )


def _start(request: HttpRequest, number: str) -> None:
    commands.start(
        actor=actor_of(request), county=county_of(number), number=number, version=_version(request)
    )


def _refuse(request: HttpRequest, number: str) -> None:
    commands.refuse(
        actor=actor_of(request),
        county=county_of(number),
        number=number,
        version=_version(request),
        reason=request.POST.get("reason", ""),
        door=request.POST.get("door", ""),
    )


def _assign(request: HttpRequest, number: str) -> None:
    receiver = request.POST.get("receiver", "")
    commands.assign(
        actor=actor_of(request),
        county=county_of(number),
        number=number,
        version=_version(request),
        receiver=int(receiver) if receiver.isdigit() else 0,
        text=request.POST.get("note", ""),
    )


def _progress(request: HttpRequest, number: str) -> None:
    commands.progress(
        actor=actor_of(request),
        county=county_of(number),
        number=number,
        version=_version(request),
        text=request.POST.get("text", ""),
        files=stored(request, "before", kinds=("photo",), most=6),
    )


def _answer(request: HttpRequest, number: str) -> None:
    commands.answer(
        actor=actor_of(request),
        county=county_of(number),
        number=number,
        version=_version(request),
        text=request.POST.get("text", ""),
        before=stored(request, "before", kinds=("photo",), most=6),
        after=stored(request, "after", kinds=("photo",), most=6),
    )


_ACTS: Mapping[str, Callable[[HttpRequest, str], None]] = {
    "accept": _accept,
    "refuse": _refuse,
    "assign": _assign,
    "start": _start,
    "progress": _progress,
    "answer": _answer,
}
