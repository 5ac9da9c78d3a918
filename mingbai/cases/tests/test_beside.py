"""Notes, sub-tasks, linked cases and sweeps: who sees them, who may write them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection

from mingbai.cases import commands, queries
from mingbai.cases.commands import noting, relating, subtasks, sweeping
from mingbai.cases.models import Case, Note, Relation, SubTask, Sweep, SweepItem
from mingbai.cases.queries import beside
from mingbai.kernel import scopes
from mingbai.kernel.actors import ANYONE
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.notices.models import Notice

COUNTY, VILLAGE, NEXT = "350525", "350525101201", "350525101202"
SECRET = "先别声张，等镇里的人来了再说"
SOON = "2026-11-25"


def note(cast: Any, case: Case, text: str = SECRET, who: str = "officer", told: Any = ()) -> int:
    return noting.add_note(
        actor=cast.actor(who), county=COUNTY, number=case.number, text=text, told=told
    )


def give(cast: Any, case: Case, receiver: str, until: str = SOON) -> int:
    return subtasks.give_subtask(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        what="到现场量一量电线杆",
        receiver=receiver,
        until=until,
    )


def body(cast: Any, name: str) -> str:
    return f"body:{cast.bodies[name].pk}"


def paths(number: str) -> list[tuple[str, str]]:
    at = f"/desk/cases/{number}"
    return [
        ("get", f"{at}/beside"),
        ("get", f"{at}/sheet"),
        ("get", f"{at}/sheet.pdf"),
        ("get", f"{at}/reply/1"),
        ("post", f"{at}/reply/1"),
        ("post", f"{at}/beside/notes"),
        ("post", f"{at}/beside/tasks"),
        ("post", f"{at}/beside/tasks/1/done"),
        ("post", f"{at}/beside/tasks/1/back"),
        ("post", f"{at}/beside/related"),
        ("post", f"{at}/beside/related/1/apart"),
        ("post", f"{at}/beside/sweep"),
    ]


FILLED = {
    "text": "一句话",
    "what": "去看一看那里",
    "receiver": "body:1",
    "until": SOON,
    "result": "办好了",
    "other": "350525-2611-00001",
    "why": "place",
    "villages": VILLAGE,
    "reply": "一句不短的答复，够十个字了",
    "version": "1",
}


@pytest.mark.parametrize("who", ["neighbour", "far", "department", "villager", "anyone", "it"])
def test_whoever_may_not_open_the_case_gets_404_everywhere(
    cast: Any, file: Any, client_as: Any, who: str
) -> None:
    case = file("answered")
    note(cast, case)
    client = client_as(who)
    for method, path in paths(case.number):
        assert getattr(client, method)(path, FILLED).status_code == 404, path
    assert [t.objects.count() for t in (Note, SubTask, Relation, Sweep)] == [1, 0, 0, 0]


def test_a_note_never_appears_on_public_pages_nor_to_the_reporter(
    cast: Any, file: Any, client_as: Any
) -> None:
    case = file("answered")
    note(cast, case)
    assert SECRET in client_as("officer").get(f"/desk/cases/{case.number}").content.decode()
    for who in ("anyone", "villager", "other", "neighbour"):
        for path in (
            f"/c/{case.number}",
            f"/v/{VILLAGE}",
            f"/v/{VILLAGE}/solved",
            "/mine",
            "/inbox",
        ):
            assert SECRET not in client_as(who).get(path, follow=True).content.decode()
    assert SECRET not in client_as("officer").get(f"/c/{case.number}").content.decode()
    assert SECRET not in str(queries.public_case(COUNTY, case.number, ANYONE))
    paper = client_as("officer").get(f"/desk/cases/{case.number}/sheet").content.decode()
    assert SECRET not in paper


def test_an_officer_who_is_the_reporter_reads_no_notes(
    cast: Any, file: Any, client_as: Any
) -> None:
    case = file("accepted")
    note(cast, case)
    Case.objects.filter(pk=case.pk).update(reporter=cast.people["officer"])
    client = client_as("officer")
    assert client.get(f"/desk/cases/{case.number}/beside").status_code == 404
    assert SECRET not in client.get(f"/desk/cases/{case.number}").content.decode()


def test_the_database_shows_notes_and_tasks_inside_the_territory_alone(
    cast: Any, file: Any
) -> None:
    case, other = file("answered"), file("accepted")
    note(cast, case)
    give(cast, other, body(cast, "town"))
    relating.relate(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        other=other.number,
        why="place",
    )
    tables = ("note", "subtask", "relation", "replytemplate", "savedfilter", "sweep", "sweepitem")

    def seen() -> list[int]:
        counts = []
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"SELECT count(*) FROM cases_{table}")
                counts.append(cursor.fetchone()[0])
        return counts

    for scope, person, rows in (
        (VILLAGE, None, [1, 1, 1]),
        ("350525", None, [1, 1, 1]),
        (NEXT, None, [0, 0, 0]),
        ("", cast.people["villager"].pk, [0, 0, 0]),
    ):
        with scopes.enter(scope=scope, person=person, public=True):
            assert seen() == rows + [0] * 4


def test_a_colleague_named_in_a_note_is_told_with_a_link(cast: Any, file: Any) -> None:
    case = file("accepted")
    commands.assign(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        receiver=cast.bodies["town"].pk,
    )
    before = set(Notice.objects.values_list("pk", flat=True))
    assert note(cast, case, "@赵卫东请看一下现场的照片", "intake") == 1
    made = Notice.objects.exclude(pk__in=before).get()
    assert made.person_id == cast.people["town"].pk
    assert made.link == f"/desk/cases/{case.number}/beside"
    assert "照片" not in made.text
    assert Note.objects.get().told == ["赵卫东"]


def test_nobody_who_may_not_see_the_case_can_be_named(cast: Any, file: Any) -> None:
    case = file("accepted")
    for text in ("@陈志明看看", "@李秀英看看", "@没有这人"):
        with pytest.raises(BadInput):
            note(cast, case, text)
    assert note(cast, case, "打个招呼", told=[cast.posts["neighbour"].pk]) == 0
    assert Note.objects.count() == 1


def test_a_sub_task_opens_the_case_to_a_department_until_it_is_taken_back(
    cast: Any, file: Any, client_as: Any
) -> None:
    case = file("accepted")
    commands.assign(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        receiver=cast.bodies["town"].pk,
    )
    path = f"/desk/cases/{case.number}"
    department = client_as("department")
    assert department.get(path).status_code == 404
    task = subtasks.give_subtask(
        actor=cast.actor("town"),
        county=COUNTY,
        number=case.number,
        what="测一测水压",
        receiver=body(cast, "water"),
        until=SOON,
    )
    assert department.get(path).status_code == 200
    assert "测一测水压" in department.get("/desk/cases").content.decode()
    assert "协办 1" in client_as("town").get("/desk/cases").content.decode()
    assert case.number in department.get("/desk/cases?who=all").content.decode()
    subtasks.withdraw_subtask(
        actor=cast.actor("town"), county=COUNTY, number=case.number, task_id=task
    )
    assert department.get(path).status_code == 404
    assert "测一测水压" not in department.get("/desk/cases").content.decode()


def test_a_sub_task_is_closed_with_words_by_whom_it_was_given(cast: Any, file: Any) -> None:
    case = file("accepted")
    task = give(cast, case, body(cast, "town"))
    with pytest.raises(Refused):
        subtasks.finish_subtask(
            actor=cast.actor("officer"),
            county=COUNTY,
            number=case.number,
            task_id=task,
            result="我自己办了",
        )
    with pytest.raises(BadInput):
        subtasks.finish_subtask(
            actor=cast.actor("town"), county=COUNTY, number=case.number, task_id=task, result=" "
        )
    assert SubTask.objects.get().closed_at is None
    subtasks.finish_subtask(
        actor=cast.actor("town"),
        county=COUNTY,
        number=case.number,
        task_id=task,
        result="量好了，六米",
    )
    shown = beside.beside(cast.actor("officer"), COUNTY, case.number).subtasks
    assert [(t.open, t.result, t.done_by) for t in shown] == [(False, "量好了，六米", "赵卫东")]
    told = Notice.objects.filter(person_id=cast.people["officer"].pk, title="协办办好了")
    assert told.count() == 1


def test_nobody_outside_the_territory_can_be_asked(cast: Any, file: Any) -> None:
    case = file("accepted")
    for receiver in (body(cast, "neighbour"), body(cast, "far"), "post:1", "", "body:x"):
        with pytest.raises(BadInput):
            give(cast, case, receiver)
    for until in ("2026-11-17", "2027-11-17", "明天", ""):
        with pytest.raises(BadInput):
            give(cast, case, body(cast, "town"), until)
    with pytest.raises(Refused):
        subtasks.give_subtask(
            actor=cast.actor("town"),
            county=COUNTY,
            number=case.number,
            what="不归镇里交代",
            receiver=body(cast, "water"),
            until=SOON,
        )
    assert SubTask.objects.count() == 0


def test_linked_cases_show_each_other_and_come_apart(cast: Any, file: Any, client_as: Any) -> None:
    one, two = file("accepted"), file("accepted")
    client = client_as("officer")
    at = f"/desk/cases/{two.number}/beside"
    client.post(f"{at}/related", {"other": one.number, "why": "cause"})
    client.post(f"{at}/related", {"other": one.number, "why": "place"})
    assert Relation.objects.get().why == "cause"
    officer = cast.actor("officer")
    for this, other in ((one, two), (two, one)):
        shown = beside.beside(officer, COUNTY, this.number).related
        assert [r.number for r in shown] == [other.number]
    link = Relation.objects.get().pk
    client.post(f"/desk/cases/{one.number}/beside/related/{link}/apart")
    assert Relation.objects.count() == 0


def test_a_case_that_one_may_not_see_cannot_be_linked(cast: Any, file: Any, client_as: Any) -> None:
    one, hidden = file("accepted"), file("submitted", region=NEXT)
    client = client_as("officer")
    for other in (hidden.number, one.number, "350525-2611-09999", "x"):
        answer = client.post(
            f"/desk/cases/{one.number}/beside/related", {"other": other, "why": "place"}
        )
        assert answer.status_code == 400
    assert Relation.objects.count() == 0


def test_a_link_to_a_hidden_case_is_not_shown(cast: Any, file: Any) -> None:
    one, hidden = file("accepted"), file("submitted", region=NEXT)
    relating.relate(
        actor=cast.actor("town"), county=COUNTY, number=one.number, other=hidden.number, why="place"
    )
    assert len(beside.beside(cast.actor("town"), COUNTY, one.number).related) == 1
    assert beside.beside(cast.actor("officer"), COUNTY, one.number).related == []


def sweep(cast: Any, case: Case, who: str = "town", villages: Any = (NEXT,)) -> int:
    return sweeping.start_sweep(
        actor=cast.actor(who),
        county=COUNTY,
        number=case.number,
        what="查一查路灯有没有不亮的",
        villages=villages,
        until=SOON,
    )


def test_a_sweep_gives_each_village_a_line_and_what_is_found_becomes_a_linked_case(
    cast: Any, file: Any, client_as: Any
) -> None:
    case = file("answered", is_public=False)
    assert sweep(cast, case) == 1
    neighbour = client_as("neighbour")
    assert "查一查路灯有没有不亮的" in neighbour.get("/desk/cases/tasks").content.decode()
    item = SweepItem.objects.get()
    answer = neighbour.post(
        f"/desk/cases/tasks/checks/{item.pk}", {"found": "1", "text": "桥头两盏路灯不亮"}
    )
    assert answer["Location"] == "/desk/cases/tasks"
    made = Case.objects.get(region=NEXT)
    assert (made.field, made.state, made.body) == ("power", "submitted", cast.bodies["neighbour"])
    again = neighbour.post(
        f"/desk/cases/tasks/checks/{item.pk}", {"found": "1", "text": "桥头两盏路灯不亮"}
    )
    assert again.status_code == 409
    assert Case.objects.filter(region=NEXT).count() == 1
    shown = beside.beside(cast.actor("town"), COUNTY, case.number)
    assert [(s.done, s.found, len(s.lines)) for s in shown.sweeps] == [(1, 1, 1)]
    assert [(r.number, r.why_word) for r in shown.related] == [(made.number, "排查发现")]
    # The village that looked does not see the hidden case where it began.
    assert beside.beside(cast.actor("neighbour"), COUNTY, made.number).related == []


def test_a_village_that_finds_nothing_says_so(cast: Any, file: Any, client_as: Any) -> None:
    case = file("answered")
    sweep(cast, case)
    item = SweepItem.objects.get()
    client_as("neighbour").post(
        f"/desk/cases/tasks/checks/{item.pk}",
        {"found": "0", "text": "排查发现：查一查路灯有没有不亮的"},
    )
    assert SweepItem.objects.get().text == ""
    shown = beside.beside(cast.actor("town"), COUNTY, case.number).sweeps[0]
    assert (shown.done, shown.found) == (1, 0)
    assert Case.objects.count() == 1


def test_a_sweep_begins_from_a_solved_case_and_from_above_a_village(cast: Any, file: Any) -> None:
    solved, running = file("answered"), file("handling")
    with pytest.raises(Refused):
        sweep(cast, solved, who="officer")
    with pytest.raises(Refused):
        sweep(cast, running)
    for villages in ((), ("350526101201",), (VILLAGE,)):
        with pytest.raises(BadInput):
            sweep(cast, solved, villages=villages)
    assert Sweep.objects.count() == 0


def test_another_village_cannot_fill_in_a_line(cast: Any, file: Any, client_as: Any) -> None:
    sweep(cast, file("answered"))
    item = SweepItem.objects.get()
    for who in ("officer", "far", "villager"):
        answer = client_as(who).post(f"/desk/cases/tasks/checks/{item.pk}", {"found": "0"})
        assert answer.status_code == 404
    assert SweepItem.objects.get().done_at is None


def test_a_filing_taken_back_leaves_no_word_beside_it(cast: Any, file: Any) -> None:
    case, other = file(), file()
    note(cast, case)
    give(cast, case, body(cast, "town"))
    relating.relate(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        other=other.number,
        why="place",
    )
    commands.retract_filing(county=COUNTY, number=case.number)
    assert [t.objects.count() for t in (Note, SubTask, Relation)] == [0, 0, 0]


def test_overdue_sub_tasks_are_named_late(cast: Any, file: Any, at: Any) -> None:
    case = file("accepted")
    give(cast, case, body(cast, "town"))
    at("2026-11-26 09:00")
    [task] = beside.open_subtasks(cast.actor("town")).rows
    assert (task.late, task.until) == (True, date(2026, 11, 25))
    with pytest.raises(Missing):
        beside.beside(cast.actor("neighbour"), COUNTY, case.number)
