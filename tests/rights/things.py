"""One of everything that rights are about, made once in each of two counties.

Every text carries a sentence of its own, so that it can be recognised on whatever page it turns up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.rights.people import FAR_NEXT, FAR_VILLAGE, NEXT_VILLAGE, VILLAGE, People

if TYPE_CHECKING:
    from mingbai.capture.models import Finding
    from mingbai.cases.models import Case
    from mingbai.kernel.uploads import StoredFile

VOICE = b"ID3\x03\0\0\0\0\0\0" + b"\0" * 100
PASSPHRASE = "案管室测试口令十二字"
ANSWER = "已请自来水厂关阀检修，换新管三米，当天恢复供水，村干部到场验收。"
NOTICE = (
    "本群从今天起由县纪委监委用平台采集大家反映的诉求，原话最多存七十二小时，不同意的说一声就不收。"
)


@dataclass(frozen=True)
class Side:
    """Who makes the objects of one county: keys of ``people``; ``mark`` makes their words its own."""

    mark: str
    county: str
    village: str
    next_village: str
    reporter: str
    officer: str
    town: str
    town_body: str
    department_body: str
    department: str
    clerk: str
    second_clerk: str
    handler: str
    petition: str
    intake: str
    it: str
    supporter: str
    follower: str


HERE = Side("本", "350525", VILLAGE, NEXT_VILLAGE, "reporter", "officer", "town", "town", "water", "department",
            "clerk", "second_clerk", "handler", "petition", "intake", "it", "supporter",
            "follower")  # fmt: skip
FAR = Side("邻", "350526", FAR_VILLAGE, FAR_NEXT, "far_reporter", "far_officer", "far_town", "far_town",
           "far_water", "far_department", "far_clerk", "far_second_clerk", "far_handler",
           "far_petition", "far_intake", "far_it", "far_supporter", "far_follower")  # fmt: skip
CASES = frozenset(
    {"public", "private", "new", "accepted", "moved", "answered", "question", "waiting",
     "to suspend", "objected", "joint", "gathered", "merged", "transferred", "petition", "closed",
     "called by the town", "called by the county", "taken down", "to reopen", "helped", "empty answer", "unplaced"}
)  # fmt: skip
"""The objects that are cases."""


@dataclass
class Things:
    """The objects of one county: ``ids`` by name, ``texts`` by name of resource."""

    ids: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def plant(people: People, side: Side, files: Mapping[str, StoredFile]) -> Things:
    """Make one of everything in one county."""
    from tests.rights import stages

    made = Things()
    _clue(people, side, made)
    _cases(people, side, made, files)
    stages.plant(people, side, made, files["onsite photo"])
    _registry(people, side, made)
    _group(people, side, made)
    _findings(people, side, made)
    _policy(people, side, made)
    _drafts(side, made, files["draft photo"])
    _letter(side, made)
    _notices(people, side, made)
    return made


def _clue(people: People, side: Side, made: Things) -> None:
    """Make the office's key and seal a clue to it."""
    from mingbai.clues import commands, queries, sealing
    from mingbai.kernel import clock
    from mingbai.kernel.ports import ClueMaterial, clue_intake

    public, wrapped = sealing.make_key(PASSPHRASE)
    commands.keep_key(actor=people.actor(side.handler), public=public, wrapped=wrapped)
    made.texts["clue"] = f"会计把{side.mark}村的低保钱打进了他表弟的卡里"
    assert clue_intake()(
        ClueMaterial(
            county=side.county,
            region=side.village,
            source="web",
            text=made.texts["clue"],
            said_at=clock.now(),
        )
    )
    made.ids["public key"], made.ids["wrapped key"] = public, wrapped
    [parcel] = queries.parcels(people.actor(side.handler))["parcels"]
    made.texts["sealed parcel"] = parcel["ephemeral"]
    made.texts["wrapped key"] = wrapped["key"]


def _cases(people: People, side: Side, made: Things, files: Mapping[str, StoredFile]) -> None:
    from mingbai.cases import commands
    from mingbai.cases.models import Attachment, Sign
    from mingbai.kernel import clock

    mark, officer, reporter = side.mark, people.actor(side.officer), people.actor(side.reporter)

    def file(name: str, text: str, until: str, **more: Any) -> str:
        number = commands.submit_case(
            actor=reporter,
            token=uuid4(),
            region=side.village,
            field="water",
            **{"text": text, **more},
        )
        for verb in ("accept", "start")[: ("new", "accepted", "handling").index(until)]:
            getattr(commands, verb)(
                actor=officer, county=side.county, number=number, version=case_of(number).version
            )
        made.ids[name] = number
        return number

    made.texts["masked words"] = "13911112222" if mark == "本" else "13911113333"
    public = file(
        "public",
        f"{mark}村东头水管漏了一地，找老周，电话{made.texts['masked words']}。",
        "handling",
        files=[files["public photo"], files["public voice"]],
    )
    made.texts["inner step"] = f"{mark}村群里又有人说水漫到路上了"
    commands.append_evidence(
        county=side.county,
        number=public,
        text=made.texts["inner step"],
        source_id="later",
        files=[files["inner photo"]],
    )
    made.texts["sign"] = f"{mark}村来人修了没修好"
    commands.note_sign(
        county=side.county,
        number=public,
        source_id="sign",
        said_at=clock.now(),
        who="成员 A1",
        text=made.texts["sign"],
    )
    made.ids["sign"] = Sign.objects.get(case__number=public).pk
    made.texts["private words"] = f"{mark}家里老人瘫在床上没人管"
    private = file(
        "private",
        f"{made.texts['private words']}，想问护理补贴。",
        "handling",
        is_public=False,
        files=[files["private photo"]],
    )
    made.texts["private step"] = f"已联系{mark}村卫生所上门看过"
    commands.progress(
        actor=officer,
        county=side.county,
        number=private,
        version=case_of(private).version,
        text=made.texts["private step"],
    )
    made.texts["new words"] = f"{mark}村刚交上来还没受理的一件"
    file("new", f"{made.texts['new words']}，沟堵了。", "new", is_public=False)
    file("accepted", f"{mark}村受理了还没动手的一件。", "accepted", is_public=False)
    _moved(people, side, made, file)
    answered = file("answered", f"{mark}村停水两天了。", "handling")
    supporter = people.actor(side.supporter)
    commands.support(actor=supporter, county=side.county, number=answered)
    commands.answer(
        actor=officer,
        county=side.county,
        number=answered,
        version=case_of(answered).version,
        text=ANSWER,
        after=[files["answer photo"]],
    )
    question = commands.submit_case(
        actor=officer,
        token=uuid4(),
        region=side.village,
        text=f"请问{mark}村高龄补贴要带什么材料",
        field="welfare",
        kind="question",
        source="chat",
        source_id=f"asked-{side.county}",
    )
    made.ids["question"] = question
    for name in ("public photo", "public voice", "inner photo", "private photo", "answer photo"):
        digest = files[name].digest
        made.ids[name] = Attachment.objects.get(county=side.county, digest=digest).key
    made.texts["reporter's phone"] = "13700003333" if mark == "本" else "13700004444"
    made.texts["reporter's masked phone"] = "137****3333" if mark == "本" else "137****4444"
    made.texts["reporter's name"] = people.people[side.reporter].name
    made.texts["clerk's name"] = people.people[side.second_clerk].name


def _moved(people: People, side: Side, made: Things, file: Any) -> None:
    """File a private case and hand it from the village to the town and on to the department."""
    from mingbai.cases import commands

    made.texts["moved words"] = f"{side.mark}村这件已经从村里转到县里去了"
    moved = file("moved", f"{made.texts['moved words']}，是水库的事。", "accepted", is_public=False)
    for holder, receiver in ((side.officer, side.town_body), (side.town, side.department_body)):
        if holder == side.town:
            commands.start(
                actor=people.actor(holder),
                county=side.county,
                number=moved,
                version=case_of(moved).version,
            )
        commands.assign(
            actor=people.actor(holder),
            county=side.county,
            number=moved,
            version=case_of(moved).version,
            receiver=people.bodies[receiver].pk,
        )


def case_of(number: str) -> Case:
    """Return a case as it stands."""
    from mingbai.cases.models import Case

    return Case.objects.get(number=number)


def _registry(people: People, side: Side, made: Things) -> None:
    """Somebody else's post, a body without people, two versions of the duty list and a draft."""
    from mingbai.accounts import commands, queries
    from mingbai.accounts.duties import Line
    from mingbai.kernel import clock

    it = people.actor(side.it)
    made.ids["person"] = people.people[side.second_clerk].pk
    made.ids["post"] = people.posts[side.second_clerk].pk
    made.texts["account"] = people.posts[side.second_clerk].title
    made.ids["staffed body"] = people.bodies[side.department_body].pk
    made.ids["spare body"] = commands.register_body(
        actor=it,
        kind="department",
        region=f"{side.county}000000",
        name=f"{side.mark}县筹备中的局",
        phone="",
        parent=None,
    )
    made.texts["duty"] = f"{side.mark}县三定方案第九条"
    water, since = people.bodies[side.department_body].pk, clock.today() - timedelta(days=300)
    for fields in (("water",), ("water", "irrigation")):
        commands.set_duties(
            county=side.county,
            lines=[
                Line(water, f, "", "county", side.county, True, since, basis=made.texts["duty"])
                for f in fields
            ],
            source="测试",
        )
    made.ids["duty sheet"] = queries.export_list(it)
    made.texts["duty draft"] = f"{side.mark}县职责草稿.xlsx"
    made.ids["duty draft"] = commands.keep_draft(
        actor=it,
        county=side.county,
        name=made.texts["duty draft"],
        content=made.ids["duty sheet"],
    )


def _group(people: People, side: Side, made: Things) -> None:
    from mingbai.capture import commands
    from mingbai.capture.events import InboundMessage
    from mingbai.capture.models import Message
    from mingbai.kernel import clock

    made.texts["group's owner"] = f"群主{side.mark}阿财"
    group = commands.register_group(
        actor=None,
        region=side.village,
        platform="wechat",
        external_id=f"g-{side.county}",
        name=f"{side.mark}村监督服务群",
        owner=made.texts["group's owner"],
        mode="confirmed",
    )
    made.texts["consent notice"] = f"致{side.mark}村群各位：{NOTICE}"
    made.ids["group"] = group
    made.ids["consent notice"] = commands.record_notice(
        actor=people.actor(side.officer),
        group_id=group,
        posted_on=clock.today() - timedelta(days=9),
        text=made.texts["consent notice"],
    )
    made.texts["raw talk"] = f"{side.mark}村今晚谁家办酒"
    said = {
        "chatter": made.texts["raw talk"],
        "waiting": f"{side.mark}村口路灯坏了半个月",
        "dismissed": f"{side.mark}村猪肉又涨价",
        "disputed": f"{side.mark}村晒谷场让车占了",
        "mine": f"{side.mark}村沟里有死鱼",
    }
    made.texts["waiting finding"] = said["waiting"]
    made.texts["dismissed finding"] = said["dismissed"]
    begin = clock.now() - timedelta(hours=2)
    commands.receive(
        group_id=group,
        county=side.county,
        messages=[
            InboundMessage(
                external_id=name,
                group=f"g-{side.county}",
                village="",
                sender="阿花",
                role="villager",
                said_at=begin + timedelta(minutes=n),
                kind="text",
                text=text,
            )
            for n, (name, text) in enumerate(said.items())
        ],
    )
    Message.objects.filter(group=group).update(digested_at=clock.now())
    made.ids["message"] = Message.objects.get(group=group, external_id="chatter").pk


def _findings(people: People, side: Side, made: Things) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import SecondReading

    clerk, second = people.actor(side.clerk), people.actor(side.second_clerk)
    for name in ("waiting", "dismissed", "disputed", "mine"):
        made.ids[f"{name} finding"] = _finding(side, made.ids["group"], name).pk
    for name, by in (("dismissed", second), ("disputed", second), ("mine", clerk)):
        commands.dismiss(actor=by, finding_id=made.ids[f"{name} finding"], version=1)
    commands.second_read(
        actor=clerk,
        finding_id=made.ids["disputed finding"],
        version=2,
        verb="file",
        kind="request",
        field="road",
    )
    made.ids["dispute"] = SecondReading.objects.get(county=side.county).pk


def _finding(side: Side, group: int, name: str) -> Finding:
    """Find a request in one message, as the machine would; sure enough to be read twice."""
    from mingbai.capture.models import Finding, Message

    message = Message.objects.get(group=group, external_id=name)
    found = Finding.objects.create(
        county=side.county,
        region=side.village,
        group_id=group,
        key=f"{name}-{side.county}",
        status="review",
        kind="request",
        field="road",
        title=message.text,
        text=message.text,
        confidence=0.95,
        model="by hand",
        said_at=message.said_at,
        ended_at=message.said_at,
        found_at=message.said_at,
    )
    Message.objects.filter(pk=message.pk).update(finding=found)
    return found


def _policy(people: People, side: Side, made: Things) -> None:
    from mingbai.capture import commands
    from mingbai.kernel import clock

    made.texts["policy note"] = f"{side.mark}镇满八十岁带身份证到村委会办高龄补贴"
    note = commands.keep_policy(
        actor=people.actor(side.town),
        region=f"{side.village[:9]}000",
        title=f"{side.mark}镇高龄补贴怎么办",
        text=made.texts["policy note"],
        source="县民政局 2026 年 3 号文件",
        field="welfare",
        since=clock.today() - timedelta(days=30),
        until=None,
    )
    made.ids["policy note"] = note.pk


def _drafts(side: Side, made: Things, photo: StoredFile) -> None:
    from mingbai.cases import commands

    made.texts["draft"] = f"{side.mark}村有人写了一半还没交"
    for name in ("draft", "draft with a phone"):
        made.ids[name] = key = uuid4()
        content = {
            "text": f"{made.texts['draft']}的话。",
            "field": "water",
            "kind": "request",
            "place": "",
            "public": "yes",
            "for_family": "",
            "files": [],
        }
        commands.keep_draft(key=key, region=side.village, content=content)
    commands.add_draft_photo(key=made.ids["draft"], region=side.village, photo=photo, most=20)
    made.ids["draft photo"] = photo.digest


def _letter(side: Side, made: Things) -> None:
    from mingbai.capture.models import DeadLetter
    from mingbai.kernel import clock

    made.texts["dead letter"] = f"{side.mark}村来的消息缺发言人"
    DeadLetter.objects.create(
        county=side.county,
        region=side.village,
        platform="wechat",
        group_id=made.ids["group"],
        reason=made.texts["dead letter"],
        at=clock.now(),
    )


def _notices(people: People, side: Side, made: Things) -> None:
    from mingbai.kernel.ports import GroupAddress
    from mingbai.notices import commands
    from mingbai.notices.models import Notice

    made.texts["officer's notice"] = f"{side.mark}村王主任请到镇里开会"
    commands.notify(
        person_ids=[people.people[side.officer].pk],
        county=side.county,
        title="通知",
        text=made.texts["officer's notice"],
    )
    rows = Notice.objects.filter(person=people.people[side.officer], title="通知")
    made.ids["officer's notice"] = rows.get().pk
    made.texts["group message"] = f"{side.mark}村群里问的水费答复如下"
    made.ids["group message"] = commands.tell_group(
        actor=people.actor(side.officer),
        region=side.village,
        address=GroupAddress("wechat", f"g-{side.county}"),
        group_name=f"{side.mark}村监督服务群",
        text=made.texts["group message"],
        link="",
        thing="case",
        thing_id=made.ids["public"],
    ).pk


def unknown_key() -> UUID:
    """Return a key that opens nothing."""
    return UUID(int=7)
