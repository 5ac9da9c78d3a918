"""Three weeks of a county's life, told through the same commands that people use.

Everything is relative to the day of the first run; ``--refresh`` tells the days that have passed
since then as new days, with fresh identities for cases and messages.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from importlib.resources import files
from typing import Any

from mingbai.accounts import commands as accounts
from mingbai.accounts import queries as people
from mingbai.accounts.duties import Line
from mingbai.audit.commands import record
from mingbai.audit.queries import last_entry
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
WEEKS = 21  # days that were written
WRITTEN = 40  # villages that were written
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

    ``villages`` beyond the written forty repeat their life under other names, through the county and
    then the rest of the city; ``days`` beyond three weeks repeat the weeks before. With ``refresh``
    only the days since the last telling are told, up to today.
    """
    with scopes.enter(scope=COUNTY):
        today = clock.today()
    told_on = lived()
    if told_on and not refresh:
        return "演示数据已经在了。要挪到今天，请加 --refresh。"
    if told_on:
        days = min(days, (today - told_on).days)
    if not days:
        return "演示数据就是今天的，不用再挪。"
    on_progress(0.0, "岗位")
    homes = _homes(villages)
    counties = sorted({COUNTY, *(v.county for v in homes)})
    for county in counties:
        with scopes.enter(scope=county):
            if not people.has_staff(county):
                _staff(county)
    on_progress(0.15, "村群")
    groups = _groups(homes, today)
    told = _cases(homes, today, days, lambda share: on_progress(0.2 + 0.4 * share, "诉求"))
    on_progress(0.6, "聊天")
    said = _talk(homes, groups, today, days)
    for place, county in enumerate(counties):
        on_progress(0.8 + 0.15 * place / len(counties), "采集")
        while capture.digest(county=county, everything=True).messages:
            pass
        with scopes.enter(scope=county):
            _let_clock_run(county)
            while cases.close_silent(county):
                pass
    with scopes.enter(scope=COUNTY):
        record(actor=None, verb="live", thing="demo", thing_id=COUNTY, county=COUNTY)
    on_progress(1.0, "演示数据已写好")
    return f"演示数据已写好：{len(homes)} 个村，{told} 件诉求，{said} 条群消息。"


def lived() -> date | None:
    """Return the day up to which the life was told; None before, and after a start that broke off."""
    with scopes.enter():
        last = last_entry(verb="live", thing="demo", thing_id=COUNTY)
    return clock.local(last).date() if last else None


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
    """Return the villages that live: the played town's first, then the county's, then the city's."""
    with scopes.enter():
        places = [v for v in regions.inside(COUNTY[:4]) if v.level == regions.Level.VILLAGE]
    places.sort(
        key=lambda v: (
            v.county != COUNTY,
            v.code[:9] != TOWN[:9],
            not v.name.endswith("村"),
            v.code,
        )
    )
    return places[:count]


def _staff(county: str) -> None:
    """Staff a county; in the played one the accounts of the table at the start get their posts."""
    since = clock.today() - timedelta(days=700)
    bodies = _bodies(county)
    _duties(county, bodies, since)
    played: set[str] = set()
    if county == COUNTY:
        home = _homes(1)[0].code
        _accounts(bodies, home, since)
        played = {home, TOWN, "county", "discipline", "platform", "water"}
    _others(county, bodies, played, since)
    public, wrapped = clue_sealing.make_key(CLUE_PASSPHRASE)
    actor = Actor(None, None, "county_handler", county, bodies["discipline"], "sup", "案管室")
    clues.keep_key(actor=actor, public=public, wrapped=wrapped)
    if county == COUNTY:
        _policies(bodies[TOWN], since)


def _policies(town: int, since: date) -> None:
    """Write the town's policy answers, which questions from the talk are answered with."""
    for row in _lines("policies.jsonl"):
        capture.keep_policy(actor=_somebody(town), region=TOWN, since=since, until=None, **row)


def _accounts(bodies: Mapping[str, int], home: str, since: date) -> None:
    keys = {"village": home, "town": TOWN}
    for account in ACCOUNTS:
        if account.role == "villager":
            continue
        key = keys.get(account.body, account.body)
        person = accounts.create_staff(
            login=account.login, name=account.name, password=DEMO_PASSWORD, demo=True
        )
        accounts.appoint(
            actor=None,
            person_id=person.pk,
            role=account.role,
            region=key if key.isdigit() else f"{COUNTY}000000",
            body_id=bodies[key],
            title=account.title,
            since=since,
        )


def _bodies(county_code: str) -> dict[str, int]:
    """Make every office of the county: by region code for villages and towns, by word above."""
    place = f"{county_code}000000"
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
    for number, (key, word, _) in enumerate(DEPARTMENTS):
        found[key] = accounts.create_body(
            kind="department",
            region=place,
            name=f"{name}{word}",
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


def _duties(county: str, bodies: Mapping[str, int], since: date) -> None:
    """Write the duty list: each office its fields; street lamps moved between two of them last year."""
    lines = [
        Line(bodies[key], field, "", "county", county, main=True, since=since)
        for key, _, fields in DEPARTMENTS
        for field in fields.split(",")
    ]
    lines.append(Line(bodies["county"], "other", "", "county", county, main=True, since=since))
    lamps = Line(
        bodies["power"], "facility", "streetlamp", "county", county, main=True, since=since
    )
    moved = since + timedelta(days=400)
    ends = replace(lamps, until=moved - timedelta(days=1))
    heir = replace(lamps, body=bodies["environment"], since=moved, basis="县机构职能调整通知")
    accounts.set_duties(county=county, lines=[*lines, ends, heir], source="演示清单")


def _others(county: str, bodies: Mapping[str, int], played: set[str], since: date) -> None:
    """Give every other office somebody; they have no password and cannot log in."""
    posts = {
        "village": ("village_officer", "村委会主任"),
        "town": ("town_staff", "综合办干事"),
        "county": ("county_intake", "受理员"),
        "discipline": ("county_handler", "案管室干部"),
        "platform": ("it_admin", "系统管理员"),
    }
    for number, (key, body_id) in enumerate(bodies.items(), start=int(county) % 1000 * 1000):
        if key in played:
            continue
        kind = ("town" if key.endswith("000") else "village") if key.isdigit() else key
        role, title = posts.get(kind, ("department", "经办股股长"))
        person = accounts.create_staff(
            login=f"demo{number}", name=_name(number), password=None, demo=True
        )
        accounts.appoint(
            actor=None,
            person_id=person.pk,
            role=role,
            region=key if key.isdigit() else f"{county}000000",
            body_id=body_id,
            title=title,
            since=since,
        )


def _groups(homes: Sequence[Any], today: date) -> dict[str, int]:
    made = {}
    for number, village in enumerate(homes):
        with scopes.enter(scope=village.county):
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
    for line in _repeated("chat.jsonl", days):
        written[line["group"]].append(line)
    scripts = sorted(written)
    said = 0
    for number, village in enumerate(homes):
        lines = written[scripts[number % len(scripts)]]
        with scopes.enter():
            town = regions.region(village.parent_id).name
        messages = [_message(line, n, village, town, today) for n, line in enumerate(lines)]
        got = capture.receive(
            group_id=groups[village.code], county=village.county, messages=messages
        )
        said += got.new
    return said


def _repeated(name: str, days: int) -> list[dict[str, Any]]:
    """Return what was written for the last ``days`` days; more than three weeks tell them again, earlier."""
    rounds = -(-days // WEEKS)
    told = [
        {**line, "round": again, "day": line["day"] - again * WEEKS}
        for again in range(rounds)
        for line in _lines(name)
    ]
    return [line for line in told if line["day"] > -days]


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
    """Tell every case in the order of time, so that the clock escalates what was late on its day."""
    with scopes.enter():
        villager = accounts.villager(phone=VILLAGER_PHONE).pk
    stories = []
    for copy in range(max(1, len(homes) // WRITTEN)):
        for number, row in enumerate(_repeated("cases.jsonl", days)):
            village = homes[(row["village"] - 1 + copy * WRITTEN) % len(homes)]
            own = villager if copy == 0 and number % 4 == 0 else None
            stories.append(Story(row, village, today, f"{today}-{copy}-{number}", number, own))
    moments = sorted(
        ((at, n, story, act) for n, story in enumerate(stories) for at, act in story.moments()),
        key=lambda m: (m[0], m[1]),
    )
    counties = sorted({story.village.county for story in stories})
    clock_day = moments[0][0].date() if moments else today
    for done, (at, _, story, act) in enumerate(moments):
        while clock_day < at.date():
            _evening(counties, clock_day)
            clock_day += timedelta(days=1)
        with scopes.enter(scope=story.village.county, at=at):
            act()
        step(done / len(moments))
    return len(stories)


def _evening(counties: Sequence[str], day: date) -> None:
    """Let the clock of a past day escalate what was late then."""
    for county in counties:
        with scopes.enter(scope=county, at=datetime.combine(day, time(18, 30), clock.SHANGHAI)):
            _let_clock_run(county)


def _let_clock_run(county: str) -> None:
    while cases.escalate_overdue(county):
        pass


@dataclass
class Story:
    """One written case and what was done with it; ``number`` is known once it was filed."""

    row: Mapping[str, Any]
    village: Any
    today: date
    key: str
    seed: int
    reporter: int | None
    number: str = ""

    def moments(self) -> list[tuple[datetime, Callable[[], None]]]:
        """Return what happens, each with its time."""
        found: list[tuple[datetime, Callable[[], None]]] = [(self._at(self.row), self._file)]
        for written in self.row["steps"]:
            shifted = {**written, "day": written["day"] - self.row["round"] * WEEKS}
            at = self._at(shifted)
            if written["verb"] in {"rate", "escalate"}:
                continue  # the reporter and the clock do these
            found.append((at, partial(self._step, written)))
            if written["verb"] == "accept":
                found.append((at + timedelta(minutes=40), self._join))
        if self.row["rating"] and self.row["steps"]:
            found.append((found[-1][0] + timedelta(hours=5), self._rate))
        return found

    def _at(self, line: Mapping[str, Any]) -> datetime:
        return _moment(self.today, line["day"], line["time"])

    def _file(self) -> None:
        phone = VILLAGER_PHONE if self.reporter else f"137{self.seed:08d}"
        self.reporter = self.reporter or accounts.villager(phone=phone).pk
        desk = self.row["source"] == "desk"
        body = people.village_body(self.village.code)
        assert body is not None
        self.number = cases.submit_case(
            actor=_somebody(body.id) if desk else people.actor_for(self.reporter),
            token=uuid.uuid5(SPACE, self.key),
            region=self.village.code,
            text=self._fill(self.row["text"]),
            field=self.row["field"],
            title=self._fill(self.row["title"]),
            place=self.row["place"],
            urgent=self.row["urgency"] == "urgent",
            is_public=self.row["public"],
            phone=phone,
            source=self.row["source"],
            files=self._photos(self.row["photo"]),
        )

    def _photos(self, name: str | None) -> list[uploads.StoredFile]:
        if not name or name == "none":
            return []
        return [uploads.store_bytes(pictures.draw(name, self.seed), "photo.jpg")]

    def _fill(self, text: str) -> str:
        return str(text).replace("{村}", self.village.name).replace("{镇}", "镇里")

    def _join(self) -> None:
        for n in range(self.row["supports"]):
            person = accounts.villager(phone=f"139{(self.seed * 31 + n) % 100000000:08d}").pk
            self._try(cases.support, actor=people.actor_for(person))

    def _step(self, written: Mapping[str, Any]) -> None:
        """Let whoever holds the case take the written step; one that no longer fits is left out."""
        text, verb = self._fill(written["text"]), written["verb"]
        if verb in {"answer", "progress"}:
            for silent in (cases.accept, cases.start):
                self._move(silent)
        if verb == "answer":
            self._move(cases.answer, text=text, after=self._photos(written.get("photo")))
        elif verb == "progress":
            self._move(cases.progress, text=text)
        elif verb == "refuse":
            self._move(cases.refuse, reason=text, door="镇综治中心")
        elif verb in {"accept", "start"}:
            self._move({"accept": cases.accept, "start": cases.start}[verb])
        elif verb == "assign":
            self._assign(written["to"], text)

    def _assign(self, level: str, text: str) -> None:
        view = case_queries.standing(self.village.county, self.number)
        known = {body.id for body in people.receivers(view.body_id)}
        department = people.department_for(self.village.county, view.field)
        above = people.body_above(view.body_id)
        wanted = [department] if level == "county" else []
        receiver = next((b.id for b in [*wanted, above] if b is not None and b.id in known), None)
        if receiver is not None:
            self._move(cases.assign, receiver=receiver, text=text)

    def _rate(self) -> None:
        view = case_queries.standing(self.village.county, self.number)
        self._try(
            cases.rate,
            actor=people.actor_for(self.reporter),
            version=view.version,
            score=self.row["rating"]["score"],
            reason=self.row["rating"]["text"],
        )

    def _move(self, verb: Callable[..., object], **what: object) -> None:
        view = case_queries.standing(self.village.county, self.number)
        self._try(verb, actor=_somebody(view.body_id), version=view.version, **what)

    def _try(self, verb: Callable[..., object], **what: object) -> None:
        with suppress(BadInput, Missing, Refused):
            verb(county=self.village.county, number=self.number, **what)


def _somebody(body_id: int) -> Actor:
    post = people.staff_of(body_id)[0]
    return people.actor_for(post.person_id, post.id)
