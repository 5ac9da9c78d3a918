"""The officers' desk: the list by deadline, one case with its buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from mingbai.accounts.queries import BodyView
from mingbai.cases import commands, queries
from mingbai.cases.queries.beside import summary
from mingbai.cases.states import BY_VERB, OPEN, county_of
from mingbai.cases.views.common import actor_of, first_errors, rail, shots, stored
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.jinja import datetime_cn
from mingbai.kernel.uploads import StoredFile

TABS = (
    ("open", "要办的"),
    ("ask", "要定的"),
    ("help", "会办"),
    ("late", "超时"),
    ("mine", "我经手"),
    ("solved", "有结果"),
    ("all", "全部"),
)
_NO_NEED = frozenset({"release", "unmerge"})  # where there is nothing to undo, nobody asks why
_FEW = 2
_SELDOM = frozenset({"ask", "help"})
_WATCHED = frozenset({"late", "solved", "all"})


@require_GET
def workbench(request: HttpRequest) -> HttpResponse:
    """Show what is to be done, by deadline: where an officer's day begins."""
    return list_page(request, "今天要办")


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Show one case: what was said, what happened, what to do; a sign chosen fills the answer in."""
    return _page(request, number, sign=request.GET.get("sign", ""))


@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Make one move; the page comes back with the sentence when it cannot be made."""
    if verb not in _ACTS:
        raise Missing(verb)
    command, typed = _ACTS[verb]
    actor, county = actor_of(request), county_of(number)
    queries.require_open(actor, county, number)
    try:
        command(
            actor=actor, county=county, number=number, version=_version(request), **typed(request)
        )
    except (BadInput, Refused) as wrong:
        found = first_errors(wrong) if isinstance(wrong, BadInput) else {"": str(wrong)}
        return _page(
            request,
            number,
            verb=verb,
            wrong=found,
            typed=request.POST.dict(),
            ticked=request.POST.getlist("receivers"),
            status=_status(wrong),
        )
    messages.success(request, f"已{BY_VERB[verb].label}。")
    try:
        queries.require_open(actor, county, number)
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


def list_page(request: HttpRequest, heading: str) -> HttpResponse:
    """Show the actor's cases by tabs; who only watches sees the public ones."""
    actor, asked = actor_of(request), request.GET
    watches = queries.watches_only(actor)
    which, q = asked.get("which", "all" if watches else "open"), asked.get("q", "")
    desk = queries.desk(actor, which=which, q=q, after=asked.get("after", ""))
    counts = desk.counts
    counted = {name: getattr(counts, name) for name in ("open", "late", "mine", "help", "ask")}
    tabs = [
        (code, word, counted.get(code))
        for code, word in TABS
        if (not watches or code in _WATCHED)
        and (code not in _SELDOM or counted[code] or code == which)
    ]
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
    ticked: Sequence[str] = (),
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
            "ticked": ticked,
            "plain": PLAIN,
            "pairs_of": _pairs,
            "once": str(uuid4()),
            "field_choices": queries.field_choices(),
            **_grouped(found.buttons),
            "beside": summary(actor_of(request), county_of(number), number),
            "answers": any(b.move.verb == "answer" and b.decision for b in found.buttons),
        },
        status=status,
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _grouped(buttons: Sequence[queries.Button]) -> dict[str, object]:
    """Sort the buttons: the likely ones, the others, and why some of them are shut.

    One reason that shuts many is said once.
    """
    can = {button.move.verb: button for button in buttons if button.decision}
    why: dict[str, list[str]] = {}
    for button in buttons:
        if not button.decision and button.move.verb not in _NO_NEED:
            why.setdefault(button.decision.reason, []).append(button.move.label)
    return {
        "firsts": [can[verb] for verb in FIRST if verb in can],
        "others": [button for verb, button in can.items() if verb not in FIRST],
        "cannot": [
            reason if len(labels) > _FEW else f"{'、'.join(labels)}：{reason}"
            for reason, labels in why.items()
        ],
    }


def _status(wrong: Exception) -> int:
    return 400 if isinstance(wrong, BadInput) else 409


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    if not text.isdigit() or len(text) > 9:
        raise BadInput("页面过期了，请刷新再办。")
    return int(text)


def _pairs(bodies: Sequence[BodyView]) -> list[tuple[int, str]]:
    return [(body.id, body.name) for body in bodies]


def _number(request: HttpRequest, name: str) -> int:
    """Return the id chosen in a list; 0 when nothing was chosen."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= 18 else 0


def _numbers(request: HttpRequest, name: str) -> list[int]:
    return [int(t) for t in request.POST.getlist(name) if t.isdecimal() and len(t) <= 18]


def _words(*names: str) -> Callable[[HttpRequest], dict[str, object]]:
    """Return what reads the typed words of these form fields."""

    def read(request: HttpRequest) -> dict[str, object]:
        return {name: request.POST.get(name, "") for name in names}

    return read


def _nothing(_request: HttpRequest) -> dict[str, object]:
    return {}


def _assign(request: HttpRequest) -> dict[str, object]:
    return {"receiver": _number(request, "receiver"), "text": request.POST.get("note", "")}


def _receiver(request: HttpRequest) -> dict[str, object]:
    return {"receiver": _number(request, "receiver"), "reason": request.POST.get("reason", "")}


def _invite(request: HttpRequest) -> dict[str, object]:
    return {"receivers": _numbers(request, "receivers"), "text": request.POST.get("text", "")}


def _progress(request: HttpRequest) -> dict[str, object]:
    return {"text": request.POST.get("text", ""), "files": _photos(request, "before")}


def _contribute(request: HttpRequest) -> dict[str, object]:
    return {"text": request.POST.get("text", ""), "files": _photos(request, "after")}


def _answer(request: HttpRequest) -> dict[str, object]:
    return {
        "text": request.POST.get("text", ""),
        "before": _photos(request, "before"),
        "after": _photos(request, "after"),
    }


def _split(request: HttpRequest) -> dict[str, object]:
    try:
        token = UUID(request.POST.get("once", ""))
    except ValueError:
        raise BadInput("页面过期了，请刷新再办。") from None
    return {
        "token": token,
        "text": request.POST.get("text", ""),
        "field": request.POST.get("field", ""),
    }


def _photos(request: HttpRequest, name: str) -> list[StoredFile]:
    return stored(request, name, kinds=("photo",), most=6)


Typed = Callable[[HttpRequest], dict[str, object]]
_ACTS: Mapping[str, tuple[Callable[..., object], Typed]] = {
    "accept": (commands.accept, _nothing),
    "refuse": (commands.refuse, _words("reason", "door")),
    "start": (commands.start, _nothing),
    "progress": (commands.progress, _progress),
    "answer": (commands.answer, _answer),
    "assign": (commands.assign, _assign),
    "dispute": (commands.dispute, _words("reason")),
    "redirect": (commands.redirect, _receiver),
    "ask_reporter": (commands.ask_reporter, _words("text")),
    "resume": (commands.resume, _nothing),
    "invite": (commands.invite, _invite),
    "contribute": (commands.contribute, _contribute),
    "release": (commands.release, _receiver),
    "join": (commands.join, _nothing),
    "extend": (commands.extend, _words("days", "reason")),
    "ask_suspend": (commands.ask_suspend, _words("reason", "until")),
    "suspend": (commands.suspend, _nothing),
    "merge": (commands.merge, _words("into")),
    "unmerge": (commands.unmerge, _nothing),
    "split": (commands.split, _split),
    "transfer": (commands.transfer, _words("reason")),
    "register": (commands.register, _nothing),
    "send_back": (commands.send_back, _words("reason")),
    "conclude": (commands.conclude, _words("demand", "facts", "opinion", "basis")),
    "hand_to_clues": (commands.hand_to_clues, _nothing),
    "grant_reopen": (commands.grant_reopen, _nothing),
    "deny": (commands.deny, _words("reason")),
}
"""What each button of the desk does, and what it reads from its form."""
PLAIN = frozenset(v for v, (_, typed) in _ACTS.items() if typed is _nothing) - {"hand_to_clues"}
FIRST = ("accept", "start", "answer", "conclude", "contribute", "suspend", "grant_reopen",
         "redirect", "deny", "join", "register", "resume", "unmerge", "refuse", "assign",
         "progress")  # fmt: skip
"""Buttons that stand on top, the likeliest first."""
