"""A case at every stage from which staff can move it, and what villagers do beside one.

All are private, so that an officer elsewhere has no other reason to see them, but for the one in
which villagers take part.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.rights.people import People
from tests.rights.things import ANSWER, Side, Things, case_of

if TYPE_CHECKING:
    from mingbai.kernel.uploads import StoredFile

WHY = "这件不归我们管，三定方案写的是水利局。"
OPINION = {"demand": "要求修好水管。", "facts": "水管确实漏水。", "opinion": "支持修复。", "basis": "信访工作条例"}  # fmt: skip


class Stager:
    """Files the cases of one county and moves them on."""

    def __init__(self, people: People, side: Side, made: Things) -> None:
        self.people, self.side, self.made = people, side, made

    def file(self, name: str, text: str, *steps: str, **more: Any) -> str:
        """File a case in the reporter's name and let the village take the plain ``steps``."""
        from mingbai.cases import commands

        given = {"is_public": False, "field": "water", **more}
        number = commands.submit_case(
            actor=self.people.actor(self.side.reporter),
            token=uuid4(),
            region=self.side.village,
            text=f"{self.side.mark}村{text}",
            **given,
        )
        self.made.ids[name] = number
        for step in steps:
            self.do(step, self.side.officer, name)
        return number

    def do(self, verb: str, who: str, name: str, **more: Any) -> None:
        """Let ``who`` make a move on the case ``name``."""
        from mingbai.cases import commands

        number = self.made.ids[name]
        given = {"county": self.side.county, "number": number, "version": case_of(number).version}
        getattr(commands, verb)(actor=self.people.actor(who), **given, **more)

    def body(self, key: str) -> int:
        """Return the id of a body."""
        return self.people.bodies[key].pk


def plant(people: People, side: Side, made: Things, photo: StoredFile) -> None:
    """Take one case to each stage and let villagers take part in the public one that is answered."""
    stager = Stager(people, side, made)
    _stopped(stager)
    _disputed(stager)
    _joint(stager)
    _merged(stager)
    _petition(stager)
    _closed(stager)
    _called(stager)
    _taken_down(stager)
    _taking_part(stager, photo)
    _mediated(stager)
    _kept_beside(stager)
    _helped(stager)
    _swept(stager)
    _watched(stager)


def _stopped(s: Stager) -> None:
    from mingbai.kernel import clock

    s.made.texts["asked of the reporter"] = f"{s.side.mark}家请补一张水表的照片"
    s.file("waiting", "等补充的一件。", "accept", "start")
    s.do("ask_reporter", s.side.officer, "waiting", text=s.made.texts["asked of the reporter"])
    s.made.texts["asked of the town"] = f"{s.side.mark}村要等修路的队伍撤走才能挖"
    s.file("to suspend", "申请挂起的一件。", "accept", "start")
    s.do(
        "ask_suspend",
        s.side.officer,
        "to suspend",
        reason=s.made.texts["asked of the town"],
        until=(clock.today() + timedelta(days=5)).isoformat(),
    )


def _disputed(s: Stager) -> None:
    s.file("objected", "镇里说不归镇里的一件。", "accept")
    s.do("assign", s.side.officer, "objected", receiver=s.body(s.side.town_body))
    s.do("dispute", s.side.town, "objected", reason=WHY)


def _joint(s: Stager) -> None:
    water = [s.body(s.side.department_body)]
    s.made.texts["joint words"] = f"{s.side.mark}村几家一起办的事"
    for name in ("joint", "gathered"):
        s.file(name, f"{s.made.texts['joint words']}，{name}。", "accept")
        s.do("assign", s.side.officer, name, receiver=s.body(s.side.town_body))
        s.do("start", s.side.town, name)
        s.do("invite", s.side.town, name, receivers=water, text="请测一测水压。")
    s.do("contribute", s.side.department, "gathered", text=ANSWER)


def _merged(s: Stager) -> None:
    s.file("merged", "并到别处的一件。", "accept")
    s.do("merge", s.side.officer, "merged", into=s.made.ids["accepted"])


def _petition(s: Stager) -> None:
    s.made.texts["petition words"] = f"{s.side.mark}村反映了好几年的老问题"
    for name in ("transferred", "petition"):
        s.file(name, f"{s.made.texts['petition words']}，{name}。", "accept")
        s.do("transfer", s.side.officer, name, reason="属于信访事项，请信访局登记。")
    s.do("register", s.side.petition, "petition")


def _closed(s: Stager) -> None:
    s.file("closed", "办结了的一件。", "accept", "start")
    s.do("answer", s.side.officer, "closed", text=ANSWER)
    s.do("rate", s.side.reporter, "closed", score="satisfied")


def _called(s: Stager) -> None:
    """Urgent ones, answered by the village and by the department: the town calls, the county calls."""
    from mingbai.cases import commands
    from mingbai.cases.models import Case

    s.file("called by the town", "村里答复的急事。", "accept", "start")
    s.do("answer", s.side.officer, "called by the town", text=ANSWER)
    s.file("called by the county", "水利局答复的急事。", "accept")
    s.do("assign", s.side.officer, "called by the county", receiver=s.body(s.side.town_body))
    s.do("start", s.side.town, "called by the county")
    receiver = s.body(s.side.department_body)
    s.do("assign", s.side.town, "called by the county", receiver=receiver)
    s.do("start", s.side.department, "called by the county")
    s.do("answer", s.side.department, "called by the county", text=ANSWER)
    called = [s.made.ids["called by the town"], s.made.ids["called by the county"]]
    Case.objects.filter(county=s.side.county, number__in=called).update(urgent=True)
    commands.queue_call_backs(s.side.county)


def _taken_down(s: Stager) -> None:
    """At the village's counter: who holds the slip reads the state, nobody but the handler the name."""
    from mingbai.cases import commands, queries

    s.made.texts["words on the slip"] = f"{s.side.mark}村有人到窗口说的事"
    s.made.texts["name at the counter"] = f"柜台{s.side.mark}阿英"
    actor = s.people.actor(s.side.officer)
    number = commands.file_walk_in(
        actor=actor,
        token=uuid4(),
        region=s.side.village,
        text=f"{s.made.texts['words on the slip']}。",
        field="water",
        is_public=False,
        name=s.made.texts["name at the counter"],
        phone="13800006666",
    )
    s.made.ids["taken down"] = number
    s.do("accept", s.side.officer, "taken down")
    s.made.ids["slip"] = queries.slip_to_print(actor, s.side.county, number).code


def _taking_part(s: Stager, photo: StoredFile) -> None:
    """Follow, look at the place, be invited; one wish for another round waits for the town."""
    from mingbai.cases import commands
    from mingbai.cases.models import Attachment, Invitation
    from mingbai.kernel import clock

    here = {"county": s.side.county, "number": s.made.ids["answered"]}
    supporter, follower = s.people.actor(s.side.supporter), s.people.actor(s.side.follower)
    commands.follow(actor=follower, **here)
    commands.confirm(actor=supporter, solved=False, photo=photo, **here)
    s.made.ids["onsite photo"] = Attachment.objects.get(
        county=s.side.county, stage=Attachment.Stage.ONSITE
    ).key
    s.made.texts["invitation"] = f"{s.side.mark}村口老榕树下碰头"
    commands.invite_on_site(
        actor=s.people.actor(s.side.officer),
        whom="supporters",
        meet_at=f"{clock.today() + timedelta(days=3):%Y-%m-%d}T09:00",
        place=s.made.texts["invitation"],
        **here,
    )
    s.made.ids["invitation"] = Invitation.objects.get(county=s.side.county).pk
    s.file("to reopen", "有人请求重办的一件。", "accept", "start", is_public=True)
    there = {"county": s.side.county, "number": s.made.ids["to reopen"]}
    commands.support(actor=supporter, **there)
    s.do("answer", s.side.officer, "to reopen", text=ANSWER)
    s.made.texts["supporter's wish"] = f"{s.side.mark}村今天水又停了"
    commands.ask_reopen(actor=supporter, reason=s.made.texts["supporter's wish"], **there)


def _mediated(s: Stager) -> None:
    from mingbai.cases import commands
    from mingbai.kernel import clock

    s.made.texts["parties"] = f"{s.side.mark}阿木与{s.side.mark}阿水"
    s.made.texts["agreement"] = f"{s.side.mark}家各让半米"
    s.made.ids["mediation"] = commands.record_mediation(
        actor=s.people.actor(s.side.officer),
        county=s.side.county,
        number=s.made.ids["private"],
        held_on=clock.today().isoformat(),
        mediator="人民调解员老陈",
        parties=s.made.texts["parties"],
        agreed=True,
        agreement=s.made.texts["agreement"],
    )


def _kept_beside(s: Stager) -> None:
    """What the village's officers keep: a note, a link, a template, a filter."""
    from mingbai.cases.commands import filters, noting, relating, templates
    from mingbai.cases.models import Relation, SavedFilter
    from mingbai.kernel import scopes

    officer = s.people.actor(s.side.officer)
    here = {"actor": officer, "county": s.side.county, "number": s.made.ids["private"]}
    s.made.texts["note"] = f"{s.side.mark}家大儿子在外地不好找"
    noting.add_note(text=s.made.texts["note"], **here)
    relating.relate(other=s.made.ids["waiting"], why=Relation.Why.PLACE.value, **here)
    s.made.ids["relation"] = Relation.objects.get(county=s.side.county).pk
    s.made.texts["template"] = f"{s.side.mark}村的水管已经换好请放心使用"
    s.made.ids["template"] = templates.save_template(
        actor=officer, title="换好了", text=f"{s.made.texts['template']}。"
    )
    s.made.texts["filter"] = f"{s.side.mark}组条件"
    with scopes.enter(scope=s.side.county, person=officer.person_id):
        filters.save_filter(actor=officer, name=s.made.texts["filter"], query="who=mine")
        s.made.ids["filter"] = SavedFilter.objects.get(post_id=officer.post_id).pk


def _helped(s: Stager) -> None:
    """A case that the town holds and of which the department was asked to do a part."""
    from mingbai.cases.commands import subtasks

    s.made.texts["helped words"] = f"{s.side.mark}村水库边的栏杆断了"
    s.file("helped", f"{s.made.texts['helped words']}。", "accept")
    s.do("assign", s.side.officer, "helped", receiver=s.body(s.side.town_body))
    s.do("start", s.side.town, "helped")
    s.made.texts["part for a department"] = f"{s.side.mark}县水利局请派人测一下水位"
    s.made.ids["subtask"] = subtasks.give_subtask(
        actor=s.people.actor(s.side.town),
        county=s.side.county,
        number=s.made.ids["helped"],
        what=s.made.texts["part for a department"],
        receiver=f"body:{s.body(s.side.department_body)}",
        until="2026-11-24",
    )


def _swept(s: Stager) -> None:
    """The town has the next village looked at for what was solved here."""
    from mingbai.cases.commands import sweeping
    from mingbai.cases.models import SweepItem

    s.made.texts["sweep"] = f"{s.side.mark}镇查一查水表箱盖"
    sweeping.start_sweep(
        actor=s.people.actor(s.side.town),
        county=s.side.county,
        number=s.made.ids["closed"],
        what=s.made.texts["sweep"],
        villages=[s.side.next_village],
        until="2026-11-24",
    )
    s.made.ids["sweep line"] = SweepItem.objects.get(county=s.side.county).pk


def _watched(s: Stager) -> None:
    """An answer that says nothing, with its mark, and a case that nobody can place."""
    from mingbai.cases.models import Mark

    s.file("empty answer", "的水管只得到一句空话，请再看看。", "accept", "start")
    empty = "我们高度重视，下一步将积极协调，尽快处理。"
    s.do("answer", s.side.officer, "empty answer", text=empty, knowing=True)
    s.made.ids["mark"] = Mark.objects.get(case__number=s.made.ids["empty answer"]).pk
    s.file("unplaced", "这件事不知道归谁管，请安排一下。", field="")
