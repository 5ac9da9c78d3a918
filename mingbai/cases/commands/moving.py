"""The one way in which a case changes: lock, check, write the state, the step, the trail, the notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.db.models import F

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases import policies
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.commands.lapsing import lapse
from mingbai.cases.commands.marking import write_marks
from mingbai.cases.commands.telling import Postman, tell_move
from mingbai.cases.deadline_table import rule
from mingbai.cases.models import Attachment, Case, CaseEvent, Stop
from mingbai.cases.passing import Found
from mingbai.cases.states import BY_VERB, OPEN, STOPPED, Level, State, Who, done_word
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing, Refused, require
from mingbai.kernel.uploads import StoredFile

STALE = "这件刚被别人改过"
ENDED = "你在这个岗位的任职已经结束，不能再办这件。"
_LEVEL_OF = {"village": Level.VILLAGE, "town": Level.TOWN}
_CITY_TAIL = "00000000"
_RESTARTS = frozenset({"escalate", "lift", "reopen", "claim", "grant_reopen", "redo", "send_back"})
_HANDED_BY_HAND = frozenset({"assign", "redirect", "transfer"})
_AGAIN = frozenset({"reopen", "claim", "grant_reopen"})


@dataclass(frozen=True)
class Step:
    """What a move brings along: words, receiver, photos by stage, until when the clock stops, days more.

    ``inner`` hides the words from the public. ``found`` is what an answer is marked for, ``knowing``
    that the officer was told so.
    """

    text: str = ""
    receiver: accounts.BodyView | None = None
    files: Sequence[tuple[StoredFile, str]] = field(default_factory=tuple)
    inner: bool = False
    until: datetime | None = None
    days: int = 0
    found: Sequence[Found] = ()
    knowing: bool = False


@dataclass(frozen=True)
class Turn:
    """A move that was made on the row and is not written yet: its step and its line on the trail."""

    case: Case
    verb: str
    event: CaseEvent
    line: audit.Line
    stop: Stop | None = None


def lock(county: str, number: str, actor: Actor) -> Case:
    """Lock the one case and return it, without its search vector and the words it came from.

    Raises ``Missing`` when ``actor`` may not see it, ``Refused`` when the actor's post has ended.
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("body")
    rows = rows.defer("search", "source_text")
    case = rows.filter(county=county, number=number).first()
    if case is None or not policies.may_see(actor, case):
        raise Missing(number)
    still_in_post(actor)
    return case


def still_in_post(actor: Actor) -> None:
    """Raise ``Refused`` when the actor's post has ended."""
    if actor.post_id is not None and actor.person_id is not None:
        posts = accounts.posts_today(actor.person_id)
        if actor.post_id not in {post.id for post in posts}:
            raise Refused(ENDED)


def lock_open(county: str, number: str, actor: Actor) -> Case:
    """Lock the case for staff who may open it on the desk; for others there is none (``Missing``)."""
    case = lock(county, number, actor)
    if not policies.may_open(actor, case):
        raise Missing(number)
    return case


def check(case: Case, verb: str, actor: Actor, version: int | None) -> None:
    """Raise ``Refused`` with the sentence unless the move may be made now.

    Who may not do it is told so; whoever looked at an older page is told what changed; then the
    table and the rules of the move are asked. ``version`` None is for the system.
    """
    require(policies.may_person(actor, case, BY_VERB[verb]))
    if version is not None and version != case.version:
        raise Refused(_what_changed(case))
    require(policies.may(actor, case, verb))


def move(
    case: Case, verb: str, actor: Actor, *, version: int | None, step: Step, clocks: Clockmaker
) -> CaseEvent:
    """Make one move of ``states.MOVES`` with a locked case.

    Raises ``Refused`` with the sentence when the table, the policy or a newer version forbids it;
    nothing has been written then. ``version`` None is for the system, which always has the newest.
    """
    check(case, verb, actor, version)
    stood = (case.state, case.body_id)
    made = turn(case, verb, actor, step, clocks)
    if made.stop is not None:
        made.stop.save()
    case.save()
    if stood != (case.state, case.body_id):
        lapse([case], handed_on=stood[1] != case.body_id)
    made.event.save(force_insert=True)
    attach(case, made.event, step.files)
    marked = write_marks(case, made.event, actor, step.found, knowing=step.knowing)
    line = made.line._replace(
        detail={**(made.line.detail or {}), "marks": marked} if marked else made.line.detail
    )
    audit.record_all(actor=actor, verb=f"case.{verb}", thing="case", lines=[line])
    post = Postman()
    tell_move(post, case, verb, actor)
    post.deliver()
    return made.event


def turn(case: Case, verb: str, actor: Actor, step: Step, clocks: Clockmaker) -> Turn:
    """Change the row in memory as the move says, and return what is to be written with it.

    Asks nothing: the caller has checked.
    """
    now, before = clock.now(), _digestible(case)
    late = case.due_at is not None and now > case.due_at and State(case.state) in OPEN - STOPPED
    old = State(case.state)
    new = BY_VERB[verb].after(old)
    case.state = new.value
    _hold(case, verb, actor, step)
    if verb in {"answer", "conclude"}:
        case.answered_at = now
    stop = _tick(case, verb, old, step, clocks, level=before["level"])
    case.version += 1
    case.forget_asked()
    event = build_event(
        case, verb, actor, text=step.text, before=old.value, late=late, inner=step.inner
    )
    line = audit.Line(
        case.number,
        region=case.region,
        county=case.county,
        before=before,
        after=_digestible(case),
        detail={"from": old.value, "to": case.state, "level": case.level},
    )
    return Turn(case, verb, event, line, stop)


def write_event(
    case: Case,
    verb: str,
    actor: Actor,
    *,
    text: str = "",
    before: str = "",
    late: bool = False,
    inner: bool = False,
    source_id: str = "",
    files: Iterable[tuple[StoredFile, str]] = (),
) -> CaseEvent:
    """Append one step to the history, with its photos."""
    event = build_event(
        case, verb, actor, text=text, before=before, late=late, inner=inner, source_id=source_id
    )
    event.save(force_insert=True)
    attach(case, event, files)
    return event


def build_event(
    case: Case,
    verb: str,
    actor: Actor,
    *,
    text: str = "",
    before: str = "",
    late: bool = False,
    inner: bool = False,
    source_id: str = "",
) -> CaseEvent:
    """Return one step of the history, unsaved."""
    return CaseEvent(
        county=case.county,
        case=case,
        at=clock.now(),
        verb=verb,
        before=before,
        after=case.state,
        person_id=actor.person_id,
        post_id=actor.post_id,
        label=label(actor, case),
        body_id=case.body_id,
        level=case.level,
        text=text,
        inner=inner,
        late=late,
        due_at=case.due_at,
        source_id=source_id,
    )


def attach(case: Case, event: CaseEvent, files: Iterable[tuple[StoredFile, str]]) -> None:
    """Record the case's own copies of stored files, each under a key that cannot be guessed."""
    Attachment.objects.bulk_create(
        Attachment(
            county=case.county,
            case=case,
            event=event,
            key=uuid4(),
            kind=file.kind,
            stage=stage,
            digest=file.digest,
            mime=file.mime,
            size=file.size,
            width=file.width,
            height=file.height,
            added_at=clock.now(),
        )
        for file, stage in files
    )


def note(case: Case, actor: Actor, verb: str, **detail: object) -> None:
    """Put a step that leaves the state alone on the audit trail, and count the version up."""
    before = _digestible(case)
    case.version += 1
    Case.objects.filter(pk=case.pk, county=case.county).update(version=F("version") + 1)
    audit.record(
        actor=actor,
        verb=f"case.{verb}",
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
        before=before,
        after=_digestible(case),
        detail=detail,
    )


def level_of(body: accounts.BodyView) -> Level:
    """Return the level on which a body works; an office of a prefecture-level city is above the county."""
    if body.region.endswith(_CITY_TAIL) and body.region[2:4] != "00":
        return Level.CITY
    return _LEVEL_OF.get(body.kind, Level.COUNTY)


def label(actor: Actor, case: Case) -> str:
    """Return who acts as the history names them; villagers stay nameless."""
    if policies.is_reporter(actor, case):
        return "反映人"
    return actor.label if actor.is_staff or actor.person_id is None else "村民"


def _hold(case: Case, verb: str, actor: Actor, step: Step) -> None:
    if step.receiver is not None:
        case.from_body_id = case.body_id if verb in _HANDED_BY_HAND else None
        case.body_id = step.receiver.id
        case.level = level_of(step.receiver).value
        case.handler_id = None
        case.received_at = clock.now()
    elif BY_VERB[verb].who is Who.HOLDER and verb != "dispute":
        case.handler_id = actor.post_id
    if verb in _AGAIN:
        case.handler_id = None
        case.returned = True


def _tick(
    case: Case, verb: str, old: State, step: Step, clocks: Clockmaker, *, level: object
) -> Stop | None:
    """Let the clock follow the move: stop, go on, begin anew, or only look at its next step."""
    new = State(case.state)
    stop = None
    if old in STOPPED and case.stopped_at is not None:
        stop = Stop.objects.filter(county=case.county, case=case, ended_at__isnull=True).first()
        if stop is not None:
            stop.ended_at, stop.days = clock.now(), clocks.go_on(case)
    if new in STOPPED and step.until is not None:
        stop = Stop(
            county=case.county, case=case, state=new.value, since=clock.now(), until=step.until
        )
        clocks.stop(case, step.until)
    elif verb == "extend":
        clocks.extend(case, step.days)
    elif verb == "transfer":
        clocks.restart_petition(case, rule("petition_register"))
    elif verb == "register":
        clocks.restart_petition(case, rule("petition_finish"))
    elif verb in _RESTARTS or (step.receiver is not None and level != case.level):
        clocks.restart(case)
    else:
        clocks.plan(case)
    return stop


def _what_changed(case: Case) -> str:
    """Say who did what and when since the page was shown."""
    last = CaseEvent.objects.filter(county=case.county, case=case).order_by("-id").first()
    if last is None:
        return f"{STALE}，请看过再办。"
    at = f"{clock.local(last.at):%H:%M}"
    return f"{STALE}：{last.label}在 {at} {done_word(last.verb)}。请看过再办。"


def _digestible(case: Case) -> dict[str, object]:
    return {
        "state": case.state,
        "body": case.body_id,
        "level": case.level,
        "version": case.version,
        "due": case.due_at,
    }
