"""Who may see, open and move a case. Every refusal carries the sentence that is shown."""

from __future__ import annotations

from mingbai.accounts import queries as accounts
from mingbai.cases.models import Case
from mingbai.cases.states import BY_VERB, PUBLICLY_SHOWN, Move, State, Who
from mingbai.kernel.actors import SYSTEM, Actor
from mingbai.kernel.decisions import YES, Decision, no

MISSING_FOR_YOU = no("没有这件，或者你看不到它。")
_DEPARTMENT = "department"


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
    """Whether the actor opens cases only while its own office holds them.

    Departments do, and the village: what went up from it is the town's, and the village keeps no
    more than the public part. Town and county intake answer for all of their territory.
    """
    return actor.role == _DEPARTMENT or accounts.role(actor.role).level == "village"


def may_open(actor: Actor, case: Case) -> Decision:
    """Whether a member of staff may open the case on the desk; a no is shown as 404."""
    if not handles(actor) or not actor.covers(case.region):
        return MISSING_FOR_YOU
    if only_what_it_holds(actor) and case.body_id != actor.body_id:
        return MISSING_FOR_YOU
    return YES


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
    allowed = _person(actor, case, move)
    if not allowed:
        return allowed
    if State(case.state) not in move.sources:
        return no(f"这件现在是“{case.get_state_display()}”，不能{move.label}。")
    return YES


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
    if State(case.state) not in BY_VERB["withdraw"].sources:
        return no("这件已经有结果，不用再附议。还有问题请重新反映。")
    return YES


def may_supplement(actor: Actor, case: Case) -> Decision:
    """Whether ``actor`` may add words or photos to what was filed."""
    if not is_reporter(actor, case):
        return no("只有反映人自己能补充情况。")
    if State(case.state) not in BY_VERB["withdraw"].sources:
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


def _person(actor: Actor, case: Case, move: Move) -> Decision:
    if move.who is Who.SYSTEM:
        return YES if actor == SYSTEM else no("这一步由系统按规定做。")
    if move.who is Who.REPORTER:
        return YES if is_reporter(actor, case) else no(f"只有反映人自己能{move.label}。")
    if not handles(actor):
        return no("你的岗位不办诉求件。")
    if case.body_id != actor.body_id or not actor.covers(case.region):
        return no(f"这件现在由{case.body.name}承办，不在你手里。")
    return YES
