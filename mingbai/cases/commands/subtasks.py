"""Parts of a case that colleagues or other bodies do for the body that holds it."""

from __future__ import annotations

from django.db import transaction

from mingbai.accounts import queries as accounts
from mingbai.cases import policies_beside
from mingbai.cases.commands.beside import day, lock_beside, officer, words
from mingbai.cases.commands.steps import record
from mingbai.cases.models import Case, SubTask
from mingbai.cases.queries.beside import assistants, colleagues
from mingbai.kernel import clock
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, require
from mingbai.notices import commands as notices

LONGEST_WHAT, LONGEST_RESULT = 200, 400


@transaction.atomic
def give_subtask(
    *, actor: Actor, county: str, number: str, what: str, receiver: str, until: str
) -> int:
    """Ask a colleague (``post:12``) or a body (``body:7``) to do a part until a day; return its id.

    A department that is asked sees the case from then on. Raises ``Refused`` for whoever does not
    hold the case, ``BadInput`` with the field's name.
    """
    asked = words(what, 4, LONGEST_WHAT, "请写清要办什么。", "what")
    last = day(until)
    case = lock_beside(county, number, actor)
    require(policies_beside.may_give(actor, case))
    asker, asking = officer(actor)
    body, post, person = _receiver(actor, case, receiver)
    task = SubTask.objects.create(
        county=county,
        region=case.region,
        case=case,
        what=asked,
        body_id=body,
        post_id=post,
        until=last,
        asked_at=clock.now(),
        asked_by=actor.label,
        asked_person=asker,
        asked_body_id=asking,
    )
    record(case, actor, "give_subtask", subtask=task.pk, body=body)
    _tell(task, person, actor.label)
    return task.pk


@transaction.atomic
def finish_subtask(*, actor: Actor, county: str, number: str, task_id: int, result: str) -> None:
    """Close a sub-task with a word on what was done; who asked is told. Raises ``Refused``."""
    said = words(result, 2, LONGEST_RESULT, "请写一句办得怎样。", "result")
    case = lock_beside(county, number, actor)
    task = _task(case, task_id)
    require(policies_beside.may_finish(actor, task))
    task.closed_at, task.result, task.done_by = clock.now(), said, actor.label
    task.save(update_fields=["closed_at", "result", "done_by"])
    record(case, actor, "finish_subtask", subtask=task.pk)
    notices.notify(
        person_ids=[task.asked_person],
        county=county,
        title="协办办好了",
        text=f"{actor.label}办好了 {number} 的一项协办。",
        link=f"/desk/cases/{number}/beside",
        thing="case",
        thing_id=number,
    )


@transaction.atomic
def withdraw_subtask(*, actor: Actor, county: str, number: str, task_id: int) -> None:
    """Take a sub-task back; only the body that asked may. Raises ``Refused``."""
    case = lock_beside(county, number, actor)
    task = _task(case, task_id)
    require(policies_beside.may_withdraw_task(actor, task))
    task.closed_at, task.withdrawn = clock.now(), True
    task.save(update_fields=["closed_at", "withdrawn"])
    record(case, actor, "withdraw_subtask", subtask=task.pk)


def _tell(task: SubTask, person: int | None, by: str) -> None:
    """Tell the colleague, or everybody of the body, that was asked."""
    title = "有一项协办交给你" if person else "有一项协办交给你们"
    text = f"{by}请在 {task.until.month}月{task.until.day}日前协办 {task.case.number}。"
    link = f"/desk/cases/{task.case.number}/beside"
    people = [person] if person else [post.person_id for post in accounts.staff_of(task.body_id)]
    notices.notify(
        person_ids=people,
        county=task.county,
        title=title,
        text=text,
        link=link,
        thing="case",
        thing_id=task.case.number,
    )


def _task(case: Case, task_id: int) -> SubTask:
    task = SubTask.objects.filter(county=case.county, case=case, pk=task_id).first()
    if task is None:
        raise Missing(str(task_id))
    return task


def _receiver(actor: Actor, case: Case, receiver: str) -> tuple[int, int | None, int | None]:
    """Return body, post and person of a choice in the list. Raises ``BadInput``."""
    for post in colleagues(actor, case):
        if receiver == f"post:{post.id}" and post.body_id == actor.body_id:
            return post.body_id, post.id, post.person_id
    for body in assistants(case):
        if receiver == f"body:{body.id}":
            return body.id, None, None
    raise BadInput("请选一位同事或一个单位。", "receiver")
