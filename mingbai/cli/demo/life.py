"""Three weeks of a county's life, told through the same commands that people use.

Everything is relative to the day of the first run; ``--refresh`` tells the days that have passed
since then as new days, with fresh identities for cases and messages.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from mingbai.accounts import commands as accounts
from mingbai.accounts import queries as people
from mingbai.audit.commands import record
from mingbai.audit.queries import has_entry
from mingbai.capture import commands as capture
from mingbai.capture.events import InboundMessage
from mingbai.cases import commands as cases
from mingbai.cases import queries as case_queries
from mingbai.cli.demo import pictures
from mingbai.cli.demo.cast import ACCOUNTS, CLUE_PASSPHRASE, DEPARTMENTS, VILLAGER_PHONE
from mingbai.cli.running import DEMO_PASSWORD
from mingbai.clues import commands as clues
from mingbai.clues import sealing as clue_sealing
from mingbai.kernel import clock, scopes, uploads
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.regions import queries as regions

COUNTY = "350525"
TOWN = "350525101000"
PLATFORM = "demo"
SPACE = uuid.UUID("0d4f3c52-7f53-4c11-8a3a-6d6b2b1d2f10")
Progress = Callable[[float, str], None]


def live(
    *,
    villages: int = 40,
    days: int = 21,
    refresh: bool = False,
    on_progress: Progress = lambda _share, _label: None,
) -> str:
    """Write the demo's staff, groups, talk and cases; return a sentence that says what was made.

    ``villages`` beyond the written forty repeat their talk under other names; ``days`` cuts the three
    weeks. With ``refresh`` the county must have been filled before: its life is told again up to today.
    """
    with scopes.enter(scope=COUNTY):
        staffed = people.has_staff(COUNTY)
        today = clock.today()
    if lived() and not refresh:
        return "演示数据已经在了。要挪到今天，请加 --refresh。"
    on_progress(0.0, "岗位")
    if not staffed:
        _staff()
    homes = _homes(villages)
    on_progress(0.15, "村群")
    groups = _groups(homes, today)
    told = _cases(homes, today, days, lambda share: on_progress(0.2 + 0.4 * share, "诉求"))
    on_progress(0.6, "聊天")
    said = _talk(homes, groups, today, days)
    on_progress(0.8, "采集")
    while capture.digest(county=COUNTY, everything=True).messages:
        pass
    on_progress(0.95, "期限")
    with scopes.enter(scope=COUNTY):
        cases.escalate_overdue(COUNTY)
        cases.close_silent(COUNTY)
        record(actor=None, verb="live", thing="demo", thing_id=COUNTY, county=COUNTY)
    on_progress(1.0, "演示数据已写好")
    return f"演示数据已写好：{len(homes)} 个村，{told} 件诉求，{said} 条群消息。"


def lived() -> bool:
    """Whether the demo life was told to its end (a start that broke off is told again, nothing twice)."""
    with scopes.enter():
        begin = datetime(2000, 1, 1, tzinfo=clock.SHANGHAI)
        return has_entry(person_id=None, verb="live", thing="demo", thing_id=COUNTY, since=begin)


@cache
def _lines(name: str) -> tuple[dict[str, Any], ...]:
    text = files("mingbai.cli.demo").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.splitlines() if line.strip())


@cache
def _names() -> Mapping[str, Any]:
    text = files("mingbai.cli.demo").joinpath("data/people.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _name(number: int) -> str:
    """Return an invented name; the same number gives the same name."""
    surnames, given = _names()["surnames"], _names()["given"]
    return f"{surnames[number * 7 % len(surnames)]}{given[number * 13 % len(given)]}"


def _homes(count: int) -> list[Any]:
    """Return the villages that live: all of the played town first, then the county's others."""
    with scopes.enter():
        places = [v for v in regions.villages(COUNTY) if not v.is_local]
    places.sort(
        key=lambda v: (
            v.code[:9] != TOWN[:9],
            v.level != "village",
            not v.name.endswith("村"),
            v.code,
        )
    )
    return places[:count]


def _staff() -> None:
    with scopes.enter(scope=COUNTY):
        since = clock.today() - timedelta(days=700)
        bodies = _bodies()
        town_villages = _homes(1)
        home = town_villages[0].code
        keys = {
            "village": bodies[home],
            "town": bodies[TOWN],
            "county": bodies["county"],
            "water": bodies["water"],
            "discipline": bodies["discipline"],
            "platform": bodies["platform"],
        }
        places = {
            "village": home,
            "town": TOWN,
            "county": f"{COUNTY}000000",
            "water": f"{COUNTY}000000",
            "discipline": f"{COUNTY}000000",
            "platform": f"{COUNTY}000000",
        }
        for account in ACCOUNTS:
            if account.role == "villager":
                continue
            person = accounts.create_staff(
                login=account.login, name=account.name, password=DEMO_PASSWORD, demo=True
            )
            accounts.appoint(
                actor=None,
                person_id=person.pk,
                role=account.role,
                region=places[account.body],
                body_id=keys[account.body],
                title=account.title,
                since=since,
            )
        _others(bodies, {home, TOWN}, since)
        public, wrapped = clue_sealing.make_key(CLUE_PASSPHRASE)
        actor = Actor(None, None, "county_handler", COUNTY, bodies["discipline"], "sup", "案管室")
        clues.keep_key(actor=actor, public=public, wrapped=wrapped)


def _bodies() -> dict[str, int]:
    """Make every office of the county: by region code for villages and towns, by word above."""
    place = f"{COUNTY}000000"
    name = regions.region(place).name
    county = accounts.create_body(
        kind="county", region=place, name=f"{name}受理中心", phone="0595-23880001"
    )
    found = {
        "county": county,
        "discipline": accounts.create_body(
            kind="discipline", region=place, name=f"{name}纪委监委", phone="0595-23880002"
        ),
        "platform": accounts.create_body(
            kind="platform", region=place, name=f"{name}平台运维", phone="0595-23880003"
        ),
    }
    for number, (key, word, duties) in enumerate(DEPARTMENTS):
        found[key] = accounts.create_body(
            kind="department",
            region=place,
            name=f"{name}{word}",
            duties=duties,
            phone=f"0595-238810{number:02d}",
            parent=county,
        )
    for number, town in enumerate(regions.children(place)):
        kind = "街道办事处" if town.name.endswith("街道") else "人民政府"
        found[town.code] = accounts.create_body(
            kind="town",
            region=town.code,
            name=f"{town.name}{kind}",
            phone=f"0595-23{number:02d}0100",
            parent=county,
        )
        for place_number, village in enumerate(regions.children(town.code)):
            word = "居委会" if village.name.endswith("社区") else "村委会"
            found[village.code] = accounts.create_body(
                kind="village",
                region=village.code,
                name=f"{village.name}{word}",
                phone=f"0595-23{number:02d}{place_number + 1:02d}18",
                parent=found[town.code],
            )
    return found


def _others(bodies: Mapping[str, int], played: set[str], since: date) -> None:
    """Give every other office somebody; they have no password and cannot log in."""
    titles = {"village": ("village_officer", "村委会主任"), "town": ("town_staff", "综合办干事")}
    number = 100
    for key, body_id in bodies.items():
        if key in played or key in {"county", "discipline", "platform", "water"}:
            continue
        number += 1
        if key.isdigit():
            kind = "town" if key.endswith("000") else "village"
            role, title = titles[kind]
            region = key
        else:
            role, title, region = "department", "经办股股长", f"{COUNTY}000000"
        person = accounts.create_staff(
            login=f"demo{number}", name=_name(number), password=None, demo=True
        )
        accounts.appoint(
            actor=None,
            person_id=person.pk,
            role=role,
            region=region,
            body_id=body_id,
            title=title,
            since=since,
        )


def _groups(homes: Sequence[Any], today: date) -> dict[str, int]:
    made = {}
    with scopes.enter(scope=COUNTY):
        for number, village in enumerate(homes):
            members = 180 + number * 53 % 320
            made[village.code] = capture.register_group(
                actor=None,
                region=village.code,
                platform=PLATFORM,
                external_id=f"demo-{village.code}",
                name=f"{village.short_name}监督服务群",
                owner=f"{village.short_name}村务",
                members=members,
                households=members * 7 // 10,
                consent_on=today - timedelta(days=60) if number % 9 else None,
                mode="confirmed" if number % 5 == 4 else "automatic",
            )
    return made


def _talk(homes: Sequence[Any], groups: Mapping[str, int], today: date, days: int) -> int:
    """Let the groups talk; messages that are older than 72 hours are read at once, then forgotten."""
    written: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in _lines("chat.jsonl"):
        if line["day"] > -days:
            written[line["group"]].append(line)
    scripts = sorted(written)
    said = 0
    for number, village in enumerate(homes):
        lines = written[scripts[number % len(scripts)]]
        with scopes.enter():
            town = regions.region(village.parent_id).name
        messages = [_message(line, n, village, town, today) for n, line in enumerate(lines)]
        said += capture.receive(group_id=groups[village.code], county=COUNTY, messages=messages).new
    return said


def _message(
    line: Mapping[str, Any], number: int, village: Any, town: str, today: date
) -> InboundMessage:
    text = line["text"].replace("{村}", village.name).replace("{镇}", town)
    return InboundMessage(
        external_id=f"{today:%Y%m%d}-{number:04d}",
        group=f"demo-{village.code}",
        village=village.name,
        sender=line["sender"],
        role=line["role"],
        said_at=_moment(today, line["day"], line["time"]),
        kind=line["type"],
        text=text,
    )


def _moment(today: date, day: int, clock_time: str) -> datetime:
    hour, minute = (int(part) for part in clock_time.split(":"))
    return datetime.combine(today + timedelta(days=day), time(hour, minute), clock.SHANGHAI)


def _cases(homes: Sequence[Any], today: date, days: int, step: Callable[[float], None]) -> int:
    """Tell the written cases and what was done with them, in the order of time."""
    with scopes.enter():
        villager = _villager()
    rows = [row for row in _lines("cases.jsonl") if row["day"] > -days]
    extra = max(1, len(homes) // 40)
    told = 0
    total = len(rows) * extra
    for copy in range(extra):
        for number, row in enumerate(rows):
            place = (row["village"] - 1 + copy * 40) % len(homes)
            _one_case(
                row,
                f"{today}-{copy}-{number}",
                homes[place],
                today,
                villager if number % 4 == 0 else None,
                number,
            )
            told += 1
            step(told / total)
    return told


def _villager() -> int:
    return _phone_person(VILLAGER_PHONE)


@cache
def _phone_person(phone: str) -> int:
    return accounts.villager(phone=phone).pk


def _one_case(
    row: Mapping[str, Any], key: str, village: Any, today: date, villager: int | None, number: int
) -> None:
    filed = _moment(today, row["day"], row["time"])
    with scopes.enter(scope=COUNTY, at=filed):
        phone = f"138{number % 100000000:08d}" if villager is None else VILLAGER_PHONE
        reporter = villager or accounts.villager(phone=phone).pk
        desk = row["source"] == "desk"
        officer = _holder(village.code)
        actor = officer if desk else people.actor_for(reporter)
        photos = (
            [uploads.store_bytes(pictures.draw(row["photo"], number), "photo.jpg")]
            if row["photo"] != "none"
            else []
        )
        case_number = cases.submit_case(
            actor=actor,
            token=uuid.uuid5(SPACE, key),
            region=village.code,
            text=_fill(row["text"], village),
            field=row["field"],
            title=_fill(row["title"], village),
            place=row["place"],
            urgent=row["urgency"] == "urgent",
            is_public=row["public"],
            phone=phone,
            source=row["source"],
            files=photos,
        )
    for step in row["steps"]:
        at = _moment(today, step["day"], step["time"])
        with scopes.enter(scope=COUNTY, at=at):
            cases.escalate_overdue(COUNTY)
            _step(case_number, step, village, number)
        if step["verb"] == "accept":
            with scopes.enter(scope=COUNTY, at=at + timedelta(minutes=40)):
                _supporters(case_number, row["supports"], number)
    if row["rating"] and row["steps"]:
        at = _moment(today, row["steps"][-1]["day"], row["steps"][-1]["time"]) + timedelta(hours=5)
        with scopes.enter(scope=COUNTY, at=at):
            _rate(case_number, row["rating"], reporter)


def _fill(text: str, village: Any) -> str:
    return str(text).replace("{村}", village.name).replace("{镇}", "镇里")


def _supporters(case_number: str, count: int, number: int) -> None:
    for n in range(count):
        person = accounts.villager(phone=f"139{(number * 31 + n) % 100000000:08d}").pk
        try:
            cases.support(actor=people.actor_for(person), county=COUNTY, number=case_number)
        except (BadInput, Missing, Refused):
            return


def _holder(region: str) -> Actor:
    """Return somebody of the office that receives in a village."""
    body = people.village_body(region)
    assert body is not None
    return _somebody(body.id)


def _somebody(body_id: int) -> Actor:
    post = people.staff_of(body_id)[0]
    return people.actor_for(post.person_id, post.id)


def _step(case_number: str, step: Mapping[str, Any], village: Any, number: int) -> None:
    """Let whoever holds the case take the written step; a step that no longer fits is left out."""
    view = case_queries.standing(COUNTY, case_number)
    actor = _somebody(view.body_id)
    common: dict[str, Any] = {
        "actor": actor,
        "county": COUNTY,
        "number": case_number,
        "version": view.version,
    }
    text = _fill(step["text"], village)
    photo = step.get("photo") or "none"
    shots = (
        [uploads.store_bytes(pictures.draw(photo, number), "photo.jpg")] if photo != "none" else []
    )
    try:
        if step["verb"] == "answer":
            _ready(case_number)
            view = case_queries.standing(COUNTY, case_number)
            cases.answer(**{**common, "version": view.version}, text=text, after=shots)
        elif step["verb"] == "refuse":
            cases.refuse(**common, reason=text, door="镇综治中心")
        elif step["verb"] == "progress":
            _ready(case_number)
            view = case_queries.standing(COUNTY, case_number)
            cases.progress(**{**common, "version": view.version}, text=text)
        elif step["verb"] in {"accept", "start"}:
            {"accept": cases.accept, "start": cases.start}[step["verb"]](**common)
        elif step["verb"] == "assign":
            known = {body.id: body for body in people.receivers(view.body_id)}
            department = people.department_for(COUNTY, view.field)
            wanted = [department.id] if department and step["to"] == "county" else []
            above = people.body_above(view.body_id)
            wanted += [above.id] if above else []
            receiver = next((body for body in wanted if body in known), None)
            if receiver is not None:
                cases.assign(**common, receiver=receiver, text=text)
    except (BadInput, Missing, Refused):
        return


def _ready(case_number: str) -> None:
    """Take the silent steps that stand before work can be reported: accept, start."""
    for verb in (cases.accept, cases.start):
        view = case_queries.standing(COUNTY, case_number)
        try:
            verb(
                actor=_somebody(view.body_id),
                county=COUNTY,
                number=case_number,
                version=view.version,
            )
        except (BadInput, Missing, Refused):
            continue


def _rate(case_number: str, rating: Mapping[str, str], reporter: int) -> None:
    view = case_queries.standing(COUNTY, case_number)
    try:
        cases.rate(
            actor=people.actor_for(reporter),
            county=COUNTY,
            number=case_number,
            version=view.version,
            score=rating["score"],
            reason=rating["text"],
        )
    except (BadInput, Missing, Refused):
        return
