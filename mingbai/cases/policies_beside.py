"""Who may work beside the body that holds a case: notes, sub-tasks, links, sweeps, templates."""

from __future__ import annotations

from mingbai.accounts import queries as accounts
from mingbai.cases import policies
from mingbai.cases.models import Case, SubTask
from mingbai.cases.states import OPEN, SOLVED, State
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import YES, Decision, no

REPLIES = frozenset({State.ACCEPTED, State.ASSIGNED, State.HANDLING})


def may_work_beside(actor: Actor, case: Case) -> Decision:
    """Whether the actor may read and write what officers keep beside a case; a no is shown as 404.

    An officer who filed the case as a villager is its reporter and reads none of it.
    """
    if policies.is_reporter(actor, case):
        return policies.MISSING_FOR_YOU
    return policies.may_open(actor, case)


def may_give(actor: Actor, case: Case) -> Decision:
    """Whether the actor may ask others to do a part: who holds the case, while it is open."""
    if State(case.state) not in OPEN:
        return no(f"这件现在是“{case.get_state_display()}”，不用再请人协办。")
    return _holds(actor, case)


def may_finish(actor: Actor, task: SubTask) -> Decision:
    """Whether the actor may close a sub-task with words: the body, or the one colleague, asked."""
    if task.closed_at is not None:
        return no("这项协办已经结束了。")
    asked = task.post_id == actor.post_id if task.post_id else task.body_id == actor.body_id
    return YES if asked else no("这项协办没有交给你。")


def may_withdraw_task(actor: Actor, task: SubTask) -> Decision:
    """Whether the actor may take a sub-task back: the body that asked."""
    if task.closed_at is not None:
        return no("这项协办已经结束了。")
    return YES if task.asked_body_id == actor.body_id else no("只有交代的单位能收回。")


def may_sweep(actor: Actor, case: Case) -> Decision:
    """Whether the actor may have other villages looked at: from a solved case, in a wider territory."""
    if State(case.state) not in SOLVED:
        return no("答复以后才能发起同类排查。")
    if len(actor.scope) > len("350525101"):
        return no("排查要由镇里或县里发起，请把情况告诉镇里。")
    return YES


def may_reply(actor: Actor, case: Case) -> Decision:
    """Whether the actor may answer by a template: who holds the case, once it is accepted."""
    if State(case.state) not in REPLIES:
        return no(f"这件现在是“{case.get_state_display()}”，不能答复。")
    return _holds(actor, case)


def person(post: accounts.PostView) -> Actor:
    """Return the holder of a post as an actor, to ask what they may see."""
    return Actor(
        person_id=post.person_id,
        post_id=post.id,
        role=post.role,
        scope=post.scope,
        body_id=post.body_id,
        side=post.side,
        label=post.person_name,
        region=post.region,
        title=post.title,
    )


def _holds(actor: Actor, case: Case) -> Decision:
    if not policies.handles(actor):
        return no("你的岗位不办诉求件。")
    if case.body_id != actor.body_id or not actor.covers(case.region):
        return no(f"这件现在由{case.body.name}承办，不在你手里。")
    return YES
