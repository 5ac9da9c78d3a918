"""Who may take part beside the handling: confirm on the spot, follow, call back, invite, mediate.

Every refusal carries the sentence that is shown.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mingbai.cases import policies
from mingbai.cases.models import CallBack, Case, Invitation
from mingbai.cases.states import OPEN, SOLVED, Level, State
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no

LOOKS = timedelta(days=60)
"""How long after an answer neighbours may say what they saw."""
CALLERS = {Level.TOWN.value: "town_staff", Level.COUNTY.value: "county_intake"}
"""The role that calls back, by the level of the call."""


def may_confirm(actor: Actor, case: Case, home: str) -> Decision:
    """Whether ``actor``, a verified villager of ``home``, may say what they saw on the spot."""
    if actor.person_id is None:
        return no("请先用手机号验证，再说你看到的。")
    if actor.is_staff:
        return no("现场确认是村民的事，请换回村民身份。")
    if policies.is_reporter(actor, case):
        return no("这件是你反映的，请直接评价。")
    if not case.is_public:
        return no("这件不公开办理，不请邻居确认。")
    if case.kind != Case.Kind.REQUEST:
        return no(f"这是{case.get_kind_display()}，没有现场可看。")
    if State(case.state) not in SOLVED or case.answered_at is None:
        return no("这件还没有答复，答复后再请你到现场看。")
    if clock.now() > case.answered_at + LOOKS:
        return no("答复已过 60 天，不再收现场确认。还有问题请重新反映。")
    if home != case.region:
        return no("只有核实过的本村村民能确认。你不是本村的，或者还没有核实，可以找村干部核实。")
    return YES


def may_follow(actor: Actor, case: Case) -> Decision:
    """Whether ``actor`` may ask to hear of each step."""
    if actor.person_id is None:
        return no("请先用手机号验证，再关注。")
    if actor.is_staff:
        return no("关注是群众的事，请换回村民身份。")
    if policies.is_reporter(actor, case):
        return no("这件就是你反映的，每一步都会告诉你。")
    if State(case.state) not in OPEN | SOLVED:
        return no("这件已经有结果，不会再有新进展。")
    return YES


def calls_back(actor: Actor) -> bool:
    """Whether the actor's post calls reporters back at all."""
    return actor.is_staff and actor.role in CALLERS.values()


def may_call(actor: Actor, call: CallBack, case: Case) -> Decision:
    """Whether ``actor`` may make this call: the role of its level, and never who handled the case."""
    if not calls_back(actor) or not actor.covers(case.region):
        return policies.MISSING_FOR_YOU
    if CALLERS[call.level] != actor.role:
        return policies.MISSING_FOR_YOU
    if handled_by(actor, call, case):
        return no("这件是你经手的，回访要由别人来做。")
    return YES


def handled_by(actor: Actor, call: CallBack, case: Case) -> bool:
    """Whether the actor wrote the answer or handles the case now."""
    if call.handler_id is not None and call.handler_id == actor.person_id:
        return True
    return case.handler_id is not None and case.handler_id == actor.post_id


def may_record(actor: Actor, call: CallBack, case: Case, now: datetime) -> Decision:
    """Whether ``actor`` may write down a call now."""
    allowed = may_call(actor, call, case)
    if not allowed:
        return allowed
    if call.done_at is not None:
        return no("这件已经回访过了。")
    if call.next_at > now:
        return no("还没到下次回访的时间。")
    return YES


def may_work_beside(actor: Actor, case: Case) -> Decision:
    """Whether ``actor`` may invite villagers or keep a record of mediation: staff of the holding body."""
    if not policies.may_open(actor, case):
        return policies.MISSING_FOR_YOU
    if case.body_id != actor.body_id:
        return no(f"这件现在由{case.body.name}承办，由他们来邀请和调解。")
    return YES


def may_invite(actor: Actor, case: Case, whom: str) -> Decision:
    """Whether ``actor`` may invite ``whom`` to the place; only the reporter hears of a private case."""
    allowed = may_work_beside(actor, case)
    if not allowed:
        return allowed
    if State(case.state) not in OPEN | SOLVED - {State.CLOSED}:
        return no(f"这件现在是“{case.get_state_display()}”，不用再请群众到现场。")
    if not case.is_public and whom != Invitation.Whom.REPORTER:
        return no("这件不公开办理，只能请反映人。")
    if whom == Invitation.Whom.REPORTER and case.reporter_id is None:
        return no("反映人没有网上账户，请打电话请他，或者请附议的人。")
    return YES


def may_reply(
    actor: Actor, invitation: Invitation, case: Case, home: str, *, near: bool
) -> Decision:
    """Whether ``actor`` was invited; ``near`` tells that they support or follow the case."""
    if actor.person_id is None:
        return no("请先用手机号验证，再回复。")
    if actor.is_staff:
        return no("这是请群众来看的，请换回村民身份。")
    if invitation.called_off_at is not None or invitation.meet_at < clock.now():
        return no("这次邀请已经过了，或者取消了。")
    whom = Invitation.Whom(invitation.whom)
    asked = policies.is_reporter(actor, case)
    asked = asked or (whom is not Invitation.Whom.REPORTER and near)
    asked = asked or (whom is Invitation.Whom.VILLAGE and home == case.region)
    return YES if asked else no("这次没有请到你。公开的现场你也可以去看。")


def may_read_mediations(actor: Actor) -> bool:
    """Whether the actor's post reads counts of mediation in its territory: an auditor reads the trail."""
    watches = policies.watches(actor) and actor.role != "auditor"
    return policies.handles(actor) or watches
