"""Who may see, open and move a case. Every refusal carries the sentence that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from mingbai.accounts import queries as accounts
from mingbai.cases.deadline_table import rule
from mingbai.cases.models import Ask, Case, CaseEvent, Mark, Part, Rating, Stop, SubTask, Support
from mingbai.cases.passing import OF_ANSWERS
from mingbai.cases.states import BY_VERB, MOVES, OPEN, PUBLICLY_SHOWN, Level, Move, State, Who
from mingbai.kernel import clock, deadlines
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import YES, Decision, no

MISSING_FOR_YOU = no("没有这件，或者你看不到它。")
PETITION_OFFICE = "petition_office"
_ONLY_HELD = frozenset({"department", PETITION_OFFICE})
SUPERVISED: Mapping[str, frozenset[str]] = {
    "town_staff": frozenset({Level.VILLAGE}),
    "county_intake": frozenset({Level.VILLAGE, Level.TOWN, Level.COUNTY}),
}
"""The offices that may order a new answer, and the levels of the bodies they order it from."""


def handles(actor: Actor) -> bool:
    """Whether the actor's post works on cases at all."""
    return actor.is_staff and accounts.role(actor.role).handles_cases


def watches(actor: Actor) -> bool:
    """Whether the actor's post follows the public cases of a territory without working on them.

    Administrators see no contents, and a service account delivers without reading.
    """
    looks_on = not accounts.role(actor.role).administers and actor.role != "service"
    return actor.is_staff and not handles(actor) and looks_on


def only_what_it_holds(actor: Actor) -> bool:
    """Whether the actor opens cases only while its own office holds them or helps.

    Departments and the petition office do, and the village: what went up from it is the town's,
    and the village keeps no more than the public part. Town and county intake answer for all of
    their territory.
    """
    return actor.role in _ONLY_HELD or accounts.role(actor.role).level == "village"


def may_open(actor: Actor, case: Case) -> Decision:
    """Whether a member of staff may open the case on the desk; a no is shown as 404."""
    if not handles(actor) or not actor.covers(case.region):
        return MISSING_FOR_YOU
    if only_what_it_holds(actor) and case.body_id != actor.body_id and not helps(actor, case):
        return MISSING_FOR_YOU
    return YES


def helps(actor: Actor, case: Case) -> bool:
    """Whether another office gave the actor's a part of the case and did not take it back.

    What colleagues of one office give each other keeps the case open to none of them once it moves on.
    """
    mine = {"county": case.county, "case": case, "body_id": actor.body_id or 0}
    asked = SubTask.objects.filter(**mine, withdrawn=False).exclude(asked_body_id=actor.body_id)
    return Part.objects.filter(**mine, released=False).exists() or asked.exists()


def may_see(actor: Actor, case: Case) -> Decision:
    """Whether anybody may see the case's page; a no is shown as 404."""
    if actor == SYSTEM or is_reporter(actor, case) or is_public(case):
        return YES
    return may_open(actor, case)


def reads_clear(actor: Actor, case: Case) -> bool:
    """Whether ``actor`` reads the case as it was written, names and phones unmasked."""
    return is_reporter(actor, case) or bool(may_open(actor, case))


def is_reporter(actor: Actor, case: Case) -> bool:
    """Whether the actor filed the case."""
    return case.reporter_id is not None and case.reporter_id == actor.person_id


def is_public(case: Case) -> bool:
    """Whether passers-by may read the case."""
    return case.is_public and State(case.state) in PUBLICLY_SHOWN


def may(actor: Actor, case: Case, verb: str) -> Decision:
    """Whether ``actor`` may do ``verb`` to the case as it stands now."""
    move = BY_VERB[verb]
    allowed = may_person(actor, case, move)
    if not allowed:
        return allowed
    if State(case.state) not in move.sources:
        return no(f"这件现在是“{case.get_state_display()}”，不能{move.label}。")
    return _RULES.get(verb, _always)(actor, case)


def may_person(actor: Actor, case: Case, move: Move) -> Decision:
    """Whether the move is this actor's to make, whatever the state of the case."""
    if move.who is Who.SYSTEM:
        return YES if actor == SYSTEM else no("这一步由系统按规定做。")
    if move.who is Who.REPORTER:
        return YES if is_reporter(actor, case) else no(f"只有反映人自己能{move.label}。")
    if move.who is Who.SUPPORTER:
        return _supports(actor, case, move)
    if not handles(actor):
        return no("你的岗位不办诉求件。")
    if move.who is Who.SUPERVISOR:
        return may_order(actor, case)
    if move.who is Who.ASSISTANT:
        if actor.body_id in case.open_parts and actor.covers(case.region):
            return YES
        return no("没有请你们单位会办这件，或者你们的部分已经答复了。")
    if move.who is Who.DECIDER:
        return _decides(actor, case)
    if case.body_id != actor.body_id or not actor.covers(case.region):
        return no(f"这件现在由{case.body.name}承办，不在你手里。")
    return YES


def may_order(actor: Actor, case: Case) -> Decision:
    """Whether ``actor``'s office supervises the body that holds the case; never its own."""
    if case.level not in SUPERVISED.get(actor.role, frozenset()) or not actor.covers(case.region):
        return no("这件不归你们单位监督。")
    if case.body_id == actor.body_id:
        return no("这件是你们单位自己办的，由上一级来监督。")
    return YES


def buttons(actor: Actor, case: Case) -> list[tuple[Move, Decision]]:
    """Return the moves that the table allows from here to somebody of staff, with the decision on each.

    Those of other bodies' parts and decisions are left out unless they wait for this actor.
    """
    here = [m for m in MOVES if State(case.state) in m.sources and m.who in _STAFF]
    decided = [(move, may(actor, case, move.verb)) for move in here]
    return [(m, d) for m, d in decided if d or m.who is Who.HOLDER]


_STAFF = frozenset({Who.HOLDER, Who.ASSISTANT, Who.DECIDER})


def may_submit(actor: Actor, region: str, source: str) -> Decision:
    """Whether ``actor`` may file a case for a village: villagers themselves, staff at the desk, the digest."""
    if source == Case.Source.CHAT:
        return YES if actor == SYSTEM or actor.is_staff else no("群里的话由系统收件。")
    if source == Case.Source.DESK:
        if not handles(actor):
            return no("你的岗位不办诉求件，不能代群众登记。")
        return YES if actor.covers(region) else no("这个村不在你的辖区，不能代群众登记。")
    return YES if actor.person_id is not None else no("请先用手机号验证，再交给村里办。")


def may_support(actor: Actor, case: Case) -> Decision:
    """Whether ``actor`` may say that the same trouble is theirs."""
    if actor.person_id is None:
        return no("请先用手机号验证，再附议。")
    if actor.is_staff:
        return no("附议是群众的事，请换回村民身份。")
    if is_reporter(actor, case):
        return no("这件就是你反映的，不用再附议。")
    if State(case.state) not in OPEN:
        return no("这件已经有结果，不用再附议。还有问题请重新反映。")
    return YES


def may_supplement(actor: Actor, case: Case) -> Decision:
    """Whether ``actor`` may add words or photos to what was filed."""
    if not is_reporter(actor, case):
        return no("只有反映人自己能补充情况。")
    if State(case.state) not in OPEN:
        return no(f"这件现在是“{case.get_state_display()}”，不能再补充。")
    return YES


def may_weigh_signs(actor: Actor, case: Case) -> Decision:
    """Whether ``actor`` may answer by a sign from the group or set it aside: who holds the case."""
    if not may_open(actor, case):
        return MISSING_FOR_YOU
    if case.body_id != actor.body_id:
        return no(f"这件现在由{case.body.name}承办，不在你手里。")
    return YES


def may_read_contact(actor: Actor, case: Case) -> Decision:
    """Whether ``actor`` may see the reporter's phone in clear: who handles the case, on record."""
    if not may_open(actor, case):
        return MISSING_FOR_YOU
    if not accounts.role(actor.role).reads_contact:
        return no("你的岗位不能看联系方式。")
    if case.body_id != actor.body_id:
        return no(f"这件现在由{case.body.name}承办，只有承办单位能看联系方式。")
    if case.handler_id is None:
        return no("请先受理或开始办理，成为承办人以后再看联系方式。")
    if case.handler_id != actor.post_id:
        return no("这件的承办人不是你，只有承办人能看联系方式。")
    return YES


def may_merge_into(case: Case, target: Case) -> Decision:
    """Whether ``case`` may be merged into ``target``, both locked."""
    if target.pk == case.pk:
        return no("不能并到自己。")
    if State(target.state) not in OPEN:
        return no(f"{target.number} 现在是“{target.get_state_display()}”，不能并进去。")
    if not target.is_public and target.reporter_id != case.reporter_id:
        return no(f"{target.number} 是不公开的件，并过去反映人就看不到进展了。")
    return YES


def may_ask_for_reporter(case: Case) -> Decision:
    """Whether another round may be asked for a reporter without an account, who cannot claim it."""
    if case.reporter_id is not None:
        return no("反映人有网上账户，由他自己评价或要求重办。")
    if State(case.state) not in BY_VERB["ask_reopen"].sources:
        return no(f"这件现在是“{case.get_state_display()}”，不能请求重办。")
    return _may_ask_reopen(SYSTEM, case)


def petition_concluded(case: Case) -> bool:
    """Whether the petition office has given its opinion: the regulation's own remedies follow then."""
    steps = CaseEvent.objects.filter(county=case.county, case=case, verb="conclude")
    return steps.exists()


def _decides(actor: Actor, case: Case) -> Decision:
    if not actor.covers(case.region):
        return no("这件不在你的辖区。")
    if any(ask.decider_id == actor.body_id for ask in case.pending.values()):
        return YES
    return no("没有等你们单位决定的请示。")


def _supports(actor: Actor, case: Case, move: Move) -> Decision:
    known = actor.person_id is not None and not actor.is_staff
    rows = Support.objects.filter(county=case.county, case=case, person_id=actor.person_id or 0)
    return YES if known and rows.exists() else no(f"附议过的人才能{move.label}。")


def _always(_actor: Actor, _case: Case) -> Decision:
    return YES


def _parts_are_in(_actor: Actor, case: Case) -> Decision:
    if not case.open_parts:
        return YES
    names = "、".join(part.body.name for part in case.open_parts.values())
    return no(f"{names}的会办部分还没答复，要等齐了再答复，或者写明理由免去会办。")


def _some_part_is_out(_actor: Actor, case: Case) -> Decision:
    return YES if case.open_parts else no("没有等着答复的会办部分。")


def _may_dispute(_actor: Actor, case: Case) -> Decision:
    if case.settled:
        return no("这件归谁办已经裁定过，首接负责，不能再提异议。")
    if Ask.Kind.OBJECTION in case.pending:
        return no("异议已经提了，等上一级裁定。")
    days = rule("objection", urgent=case.urgent)
    received = case.received_at or case.clock_from
    if clock.now() > deadlines.add_working_days(received, days).at:
        return no(f"收到交办已过 {days} 个工作日，不能再提异议，请办理。")
    return YES


def _may_stop(_actor: Actor, case: Case) -> Decision:
    if case.overdue or (case.due_at is not None and clock.now() > case.due_at):
        return no("这件已经过了期限，不能再停时钟，请先办理。")
    return YES


def _may_ask_reporter(actor: Actor, case: Case) -> Decision:
    if case.reporter_id is None:
        return no("这件没有留下能上网补充的反映人，请打电话问，或者按现有情况办。")
    most = rule("waits", urgent=case.urgent)
    waits = Stop.objects.filter(county=case.county, case=case, state=State.WAITING.value)
    if waits.count() >= most:
        return no(f"已经请反映人补充过 {most} 次，请按现有情况办。")
    return _may_stop(actor, case)


def _may_ask_suspend(actor: Actor, case: Case) -> Decision:
    if Ask.Kind.SUSPEND in case.pending:
        return no("挂起已经申请了，等上一级批。")
    return _may_stop(actor, case)


def _may_extend(_actor: Actor, case: Case) -> Decision:
    if case.extended_days:
        return no(f"这件已经延期过一次（{case.extended_days} 天），不能再延。")
    if case.overdue or (case.due_at is not None and clock.now() > case.due_at):
        return no("延期要在到期以前提，这件已经过了期限。")
    return YES


def _asked(kind: str) -> Callable[[Actor, Case], Decision]:
    """Return the rule "a request of this kind waits for the actor's body"."""

    def decide(actor: Actor, case: Case) -> Decision:
        ask = case.pending.get(kind)
        if ask is not None and ask.decider_id == actor.body_id:
            return YES
        return no("没有等你们单位决定的这类请示。")

    return decide


def _may_unmerge(_actor: Actor, case: Case) -> Decision:
    target = case.merged_into
    if target is not None and target.version == case.merged_version:
        return YES
    return no("并入的那一件已经有了新的办理，不能再撤销并件。")


def _may_send_back(_actor: Actor, case: Case) -> Decision:
    days = rule("petition_return")
    received = case.received_at or case.clock_from
    if clock.now() > deadlines.add_working_days(received, days).at:
        return no(f"收到已过 {days} 个工作日，不能再退回，请登记受理。")
    return YES


def _may_transfer(_actor: Actor, case: Case) -> Decision:
    if petition_concluded(case):
        return no("信访局对这件已经出具过处理意见，同一事项不再转信访。")
    return YES


def _may_reopen(_actor: Actor, case: Case) -> Decision:
    days = rule("silence")
    if case.returned:
        return no("这件已经重办过一次，不能再要求重办。还有问题请重新反映。")
    if case.answered_at is None or clock.now() > case.answered_at + timedelta(days=days):
        return no(f"答复已过 {days} 天，不能再要求重办。还有问题请重新反映。")
    if petition_concluded(case):
        return no("信访处理意见不服的，可在 30 天内向上一级申请复查。")
    return YES


def _may_ask_reopen(actor: Actor, case: Case) -> Decision:
    if Ask.Kind.REOPEN in case.pending:
        return no("已经有人请求重办，等上一级决定。")
    return _may_reopen(actor, case)


def _may_redo(_actor: Actor, case: Case) -> Decision:
    if petition_concluded(case):
        return no("信访处理意见不服的，可在 30 天内向上一级申请复查。")
    here = {"county": case.county, "case": case, "at__gte": case.answered_at or case.submitted_at}
    kinds = [kind.value for kind in OF_ANSWERS]
    if not Mark.objects.filter(**here, kind__in=kinds, settled_at__isnull=True).exists():
        return no("这次答复没有待认定的标记，不能责令重新答复。")
    content = Rating.objects.filter(**here).exclude(score=Rating.Score.UNSATISFIED)
    if content.exists():
        return no("反映人已经评了满意，不再责令重新答复。")
    return YES


_RULES: Mapping[str, Callable[[Actor, Case], Decision]] = {
    "dispute": _may_dispute,
    "redirect": _asked(Ask.Kind.OBJECTION),
    "ask_reporter": _may_ask_reporter,
    "release": _some_part_is_out,
    "join": _parts_are_in,
    "answer": _parts_are_in,
    "merge": _parts_are_in,
    "transfer": _may_transfer,
    "extend": _may_extend,
    "ask_suspend": _may_ask_suspend,
    "suspend": _asked(Ask.Kind.SUSPEND),
    "grant_reopen": _asked(Ask.Kind.REOPEN),
    "redo": _may_redo,
    "unmerge": _may_unmerge,
    "send_back": _may_send_back,
    "claim": _may_reopen,
    "ask_reopen": _may_ask_reopen,
}
"""What a few moves ask beyond who and state."""
