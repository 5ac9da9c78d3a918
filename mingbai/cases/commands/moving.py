"""The one way in which a case changes: lock, check, write the state, the step, the trail, the notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from django.db.models import F

from mingbai.accounts import queries as accounts
from mingbai.audit import commands as audit
from mingbai.cases import policies
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.models import Attachment, Case, CaseEvent, Support
from mingbai.cases.states import BY_VERB, LEVEL_WORDS, OPEN, Level, State, Who
from mingbai.kernel import clock, masking
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import Missing, Refused, require
from mingbai.kernel.uploads import StoredFile
from mingbai.notices import commands as notices

STALE = "这件刚被别人改过，请刷新再办。"
_LEVEL_OF = {"village": Level.VILLAGE, "town": Level.TOWN}


@dataclass(frozen=True)
class Step:
    """What a move brings along: words, receiver, photos by stage; ``inner`` hides the words from the public."""

    text: str = ""
    receiver: accounts.BodyView | None = None
    files: Sequence[tuple[StoredFile, str]] = field(default_factory=tuple)
    inner: bool = False


def lock(county: str, number: str, actor: Actor) -> Case:
    """Lock the one case and return it. Raises ``Missing`` when ``actor`` may not see it."""
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("body")
    case = rows.filter(county=county, number=number).first()
    if case is None or not policies.may_see(actor, case):
        raise Missing(number)
    return case


def move(
    case: Case, verb: str, actor: Actor, *, version: int | None, step: Step, clocks: Clockmaker
) -> CaseEvent:
    """Make one move of ``states.MOVES`` with a locked case.

    Raises ``Refused`` with the sentence when the table, the policy or a newer version forbids it;
    nothing has been written then. ``version`` None is for the system, which always has the newest.
    """
    require(policies.may(actor, case, verb))
    if version is not None and version != case.version:
        raise Refused(STALE)
    now, before = clock.now(), _digestible(case)
    late = case.due_at is not None and now > case.due_at and State(case.state) in OPEN
    old = case.state
    case.state = BY_VERB[verb].target.value
    _hold(case, verb, actor, step)
    if verb == "answer":
        case.answered_at = now
    if verb in {"escalate", "reopen"} or (step.receiver and before["level"] != case.level):
        clocks.restart(case)
    case.version += 1
    case.save()
    event = write_event(
        case, verb, actor, text=step.text, before=old, late=late, inner=step.inner, files=step.files
    )
    audit.record(
        actor=actor,
        verb=f"case.{verb}",
        thing="case",
        thing_id=case.number,
        region=case.region,
        county=case.county,
        before=before,
        after=_digestible(case),
        detail={"from": old, "to": case.state, "level": case.level},
    )
    _tell(case, verb, actor)
    return event


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
        label=_label(actor, case),
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


def tell_body(case: Case, title: str, text: str) -> None:
    """Write a notice to the officers of the body that holds the case."""
    notices.notify_body(
        body_id=case.body_id,
        county=case.county,
        title=title,
        text=text,
        link=f"/desk/cases/{case.number}",
        thing="case",
        thing_id=case.number,
    )


def name_of(case: Case) -> str:
    """Return how a notice names the case: by title, or by number alone when it is not public."""
    return f"“{masking.text(case.title)}”" if case.is_public else f"件 {case.number} "


def level_of(kind: str) -> Level:
    """Return the level on which a body of ``kind`` works."""
    return _LEVEL_OF.get(kind, Level.COUNTY)


def _hold(case: Case, verb: str, actor: Actor, step: Step) -> None:
    if step.receiver is not None:
        case.body_id = step.receiver.id
        case.level = level_of(step.receiver.kind).value
        case.handler_id = None
    elif BY_VERB[verb].who is Who.HOLDER:
        case.handler_id = actor.post_id
    if verb == "reopen":
        case.handler_id = None
        case.returned = True


def _label(actor: Actor, case: Case) -> str:
    if policies.is_reporter(actor, case):
        return "反映人"
    return actor.label if actor.is_staff or actor.person_id is None else "村民"


def _digestible(case: Case) -> dict[str, object]:
    return {
        "state": case.state,
        "body": case.body_id,
        "level": case.level,
        "version": case.version,
        "due": case.due_at,
    }


_TOLD: dict[str, tuple[str, str]] = {
    "accept": ("已受理", "你反映的{name}，{body}已受理。"),
    "refuse": ("不予受理", "你反映的{name}没有受理，理由和该找的地方写在里面。"),
    "assign": ("已交办", "你反映的{name}，已交给{body}办。"),
    "start": ("开始办理", "你反映的{name}，{body}开始办了。"),
    "progress": ("有进展", "你反映的{name}有新进展。"),
    "answer": ("已答复，请你评价", "{name}已答复。办得怎么样，请评一评。"),
    "escalate": ("已升级", "{name}到期没办完，已升到{level}，由{body}来办。"),
    "reopen": ("退回重办", "你不满意{name}的答复，已退回重办，由{body}来办。"),
    "close": ("已办结", "{name}已办结。"),
}


def _tell(case: Case, verb: str, actor: Actor) -> None:
    """Write the notices of a move: reporter, supporters at the end, and whoever has it now."""
    body = accounts.body(case.body_id).name
    fill = {"name": name_of(case), "body": body, "level": LEVEL_WORDS[Level(case.level)]}
    if verb in _TOLD:
        title, text = _TOLD[verb]
        people = _people(case, verb) - {actor.person_id or 0}
        if people:
            notices.notify(
                person_ids=sorted(people),
                county=case.county,
                title=title,
                text=text.format(**fill),
                link=f"/c/{case.number}",
                thing="case",
                thing_id=case.number,
            )
    if verb in {"assign", "escalate", "reopen"}:
        tell_body(case, "有一件交到你们这里", f"{name_of(case)}由你们承办，请按期办理。")
    if verb == "withdraw":
        tell_body(case, "反映人已撤回", f"{name_of(case)}反映人自己撤回了，不用再办。")


def _people(case: Case, verb: str) -> set[int]:
    people = {case.reporter_id} if case.reporter_id else set()
    if verb in {"answer", "close"}:
        known = Support.objects.filter(county=case.county, case=case, person__isnull=False)
        people |= {p for p in known.values_list("person_id", flat=True) if p}
    return people
