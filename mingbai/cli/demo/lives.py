"""The lives of a crowd's cases, as rows: filed, handled, answered, late or still open.

Words come from the demo's own cases. Nothing here writes: ``crowd`` copies the rows. The same seed
gives the same lives on the same day, so that a second run finds what the first one left.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate

from mingbai.cases import words
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.deadline_table import Key, allowed, rule, standard
from mingbai.cases.models import Case, Rating
from mingbai.cases.states import BY_VERB, STOPPED, State
from mingbai.cli.demo.offices import Home, Office
from mingbai.kernel import clock, deadlines

SPACE = "mingbai crowd"
YEARS = 3
SIZE = 1000
"""Cases of one portion; a portion is written in one transaction."""
OPEN_SHARE = 0.1
_NEVER = datetime.min.replace(tzinfo=UTC)
_ENDINGS = ("我家在{n}组。", "{n}组有{m}户都这样。", "已经{m}天了。", "{n}组的老人都在问。", "")
_YOUNGEST = {"village": 12, "town": 20, "late": 45, "county": 30}
"""Days after which a life of each way is surely over."""
_SILENT = timedelta(days=rule("silence"))


class Shares:
    """Words with the share in which each is drawn."""

    def __init__(self, **shares: int) -> None:
        self._words = list(shares)
        self._sums = list(accumulate(shares.values()))

    def draw(self, dice: random.Random) -> str:
        """Return one of the words."""
        return dice.choices(self._words, cum_weights=self._sums)[0]


_FATES = Shares(solved=955, refused=25, withdrawn=20)
_WAYS = Shares(village=72, town=14, late=9, county=5)
_SOURCES = Shares(web=55, chat=30, desk=15)
_KINDS = Shares(request=85, question=8, suggestion=7)
_SCORES = Shares(satisfied=70, fairly=30)
_LEVELS = Shares(village=70, town=20, county=10)
_STANDS = Shares(
    submitted=18, accepted=20, handling=36, assigned=14, escalated=6, waiting=3, suspended=3
)


@dataclass(frozen=True)
class Line:
    """A written case: its words and what was said when it was handled."""

    field: str
    title: str
    text: str
    place: str
    said: Mapping[str, str]


@cache
def lines() -> Sequence[Line]:
    """Return the demo's written cases."""
    text = files("mingbai.cli.demo").joinpath("data/cases.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [
        Line(
            row["field"],
            row["title"],
            row["text"],
            row["place"],
            {step["verb"]: step["text"] for step in row["steps"] if step["text"]},
        )
        for row in rows
        if row["field"]  # nobody could place the others at once
    ]


class Lives:
    """Makes the cases of one county; ``now`` is the moment up to which they are told."""

    def __init__(self, homes: Sequence[Home], now: datetime, calendar: deadlines.Calendar) -> None:
        self._homes, self._now, self._calendar = homes, now, calendar
        self._clocks = Clockmaker()
        self._ends: dict[tuple[date, int], deadlines.Deadline] = {}

    @staticmethod
    def token(county: str, place: int) -> uuid.UUID:
        """Return the token of the case at this place of the county's crowd."""
        return uuid.UUID(bytes=hashlib.md5(f"{SPACE}:{county}:{place}".encode()).digest())  # noqa: S324

    def portion(self, county: str, number: int) -> list[Life]:
        """Return the lives of one portion of ``SIZE``, in the order in which they were filed."""
        dice = random.Random(f"{county}:{number}")  # noqa: S311 - demo data
        first = number * SIZE
        made = [self._life(dice, county, first + n) for n in range(SIZE)]
        return sorted(made, key=lambda life: life.filed_at)

    def _life(self, dice: random.Random, county: str, place: int) -> Life:
        home = dice.choice(self._homes)
        line = dice.choice(lines())
        life = Life(
            dice=dice,
            home=home,
            line=line,
            token=self.token(county, place),
            source=_SOURCES.draw(dice),
            kind=_KINDS.draw(dice),
            urgent=dice.random() < 0.02,
            public=dice.random() < 0.9,
            holder=home.village,
            supports=dice.randrange(1, 6) if dice.random() < 0.12 else 0,
        )
        if dice.random() < OPEN_SHARE:
            _StillOpen(self, life).tell()
        else:
            _Over(self, life).tell()
        return life

    def due(self, life: Life, start: datetime) -> tuple[deadlines.Deadline, int]:
        """Return when the holder's time ends that began at ``start``, and its working days."""
        days = _days(life.kind, life.line.field, life.holder.level, urgent=life.urgent)
        day = clock.local(start).date()
        if (day, days) not in self._ends:
            self._ends[day, days] = self._calendar.add(start, days)
        return self._ends[day, days], days

    @property
    def now(self) -> datetime:
        """The moment up to which lives are told."""
        return self._now

    @property
    def clocks(self) -> Clockmaker:
        """The product's own clockmaker."""
        return self._clocks


@dataclass
class Life:
    """One case while it is told: where it stands, and every step until then."""

    dice: random.Random
    home: Home
    line: Line
    token: uuid.UUID
    source: str
    kind: str
    urgent: bool
    public: bool
    holder: Office
    state: State = State.SUBMITTED
    filed_at: datetime = _NEVER
    clock_from: datetime = _NEVER
    due_at: datetime | None = None
    due_days: int = 0
    provisional: bool = False
    received_at: datetime = _NEVER
    answered_at: datetime | None = None
    handler: int | None = None
    sender: int | None = None
    overdue: bool = False
    urged: bool = False
    next_at: datetime | None = None
    steps_done: str = ""
    stopped_at: datetime | None = None
    resumes_at: datetime | None = None
    version: int = 1
    supports: int = 0
    score: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What was said, of this village."""
        return self._fill(self.line.text) + self.ending

    @property
    def title(self) -> str:
        """Its title."""
        return self._fill(self.line.title)

    @property
    def ending(self) -> str:
        """A sentence of its own, the same whenever it is asked for."""
        byte = self.token.bytes
        wanted = _ENDINGS[byte[3] % len(_ENDINGS)]
        return wanted.format(n="一二三四五六七八"[byte[4] % 8], m=byte[5] % 28 + 2)

    @property
    def tokens(self) -> str:
        """The words by which the product's search finds it."""
        return words.tokens(f"{self.title} {self.text} {self.line.place}")

    def step(
        self, verb: str, at: datetime, text: str = "", *, by: Office | None = None, who: str = ""
    ) -> None:
        """Append a step; a move of the table changes the state. ``by`` an office, else ``who``."""
        before = ""
        if verb in BY_VERB:
            before = self.state.value
            self.state = BY_VERB[verb].after(self.state)
            self.version += 1
        late = self.due_at is not None and at > self.due_at
        self.steps.append(
            Step(
                verb=verb,
                at=at,
                before=before,
                after=self.state.value,
                office=by,
                who=who or (by.officer if by else "系统"),
                body=self.holder.id,
                level=self.holder.level,
                text=self._fill(text),
                late=late,
                due_at=self.due_at,
                version=self.version,
            )
        )

    def _fill(self, text: str) -> str:
        return text.replace("{村}", self.home.name).replace("{镇}", "镇里")


@dataclass(frozen=True)
class Step:
    """One step of a life as history and trail keep it."""

    verb: str
    at: datetime
    before: str
    after: str
    office: Office | None
    who: str
    body: int
    level: str
    text: str
    late: bool
    due_at: datetime | None
    version: int

    def digest(self) -> str:
        """Return the digest of the case after this step, as the trail keeps it."""
        due = f'"{self.due_at}"' if self.due_at else "null"
        told = (
            f'{{"body": {self.body}, "due": {due}, "level": "{self.level}",'
            f' "state": "{self.after}", "version": {self.version}}}'
        )
        return hashlib.sha256(told.encode()).hexdigest()


class _Over:
    """A life that has come to its end, or waits for a rating."""

    def __init__(self, lives: Lives, life: Life) -> None:
        self._lives, self._life, self._dice = lives, life, life.dice

    def tell(self) -> None:
        """Tell it from its filing on."""
        life, dice = self._life, self._dice
        fate, way = _FATES.draw(dice), _WAYS.draw(dice)
        youngest = _YOUNGEST[way]
        days = youngest + (YEARS * 365 - youngest) * (1 - dice.random() ** 0.7)
        at = _at_work(self._lives.now - timedelta(days=days, minutes=dice.randrange(1440)))
        _file(self._lives, life, at)
        if fate == "withdrawn":
            life.step("withdraw", self._later(at, 1, 30), who="反映人")
        elif fate == "refused":
            said = life.line.said.get("refuse", "这件事不归村里管，请到镇综治中心办理。")
            life.step("refuse", self._later(at, 1, 9), said, by=life.holder)
        else:
            self._solve(way, at)
        life.handler = life.holder.post if life.answered_at else None

    def _solve(self, way: str, at: datetime) -> None:
        life, home = self._life, self._life.home
        if way == "late":
            at = self._go_up(at)
        at = self._later(at, 1, 9)
        life.step("accept", at, life.line.said.get("accept", ""), by=life.holder)
        if way in {"town", "county"}:
            at = self._hand_on(at, home.town)
        if way == "county":
            at = self._hand_on(at, home.departments[life.line.field])
        at = self._later(at, 1, 20)
        life.step("start", at, by=life.holder)
        at = self._later(at, 6, 60)
        said = life.line.said.get("answer", "已到现场看过并办好，请大家监督。")
        life.step("answer", at, said, by=life.holder)
        life.answered_at = at
        self._end(at)

    def _end(self, at: datetime) -> None:
        life, dice = self._life, self._dice
        if dice.random() < 0.45:
            at = self._later(at, 2, 90)
            if at < self._lives.now:
                life.score = _SCORES.draw(dice)
                life.step("rate", at, str(Rating.Score(life.score).label), who="反映人")
                life.step("close", at)
        elif at + _SILENT < self._lives.now:
            text = f"答复后 {_SILENT.days} 天没有评价，自动办结。"
            life.step("close", at + _SILENT + timedelta(minutes=1), text)

    def _go_up(self, at: datetime) -> datetime:
        """Let the village's time pass and the clock send the case to the town; return when."""
        life = self._life
        assert life.due_at is not None
        span = life.due_at - at
        life.step("half", at + span * 0.5, f"已提醒{life.holder.name}。")
        life.step("eighty", at + span * 0.8, f"已提醒{life.holder.name}。")
        late = life.due_at + timedelta(minutes=1)
        life.step("overdue", late, f"已催{life.holder.name}。")
        up = late + timedelta(days=2)
        life.holder = life.home.town
        _restart(self._lives, life, up)
        life.step("escalate", up)
        return up

    def _hand_on(self, at: datetime, to: Office) -> datetime:
        life = self._life
        at = self._later(at, 1, 20)
        giver, life.sender, life.holder = life.holder, life.holder.id, to
        _restart(self._lives, life, at)
        life.step("assign", at, life.line.said.get("assign", f"请{to.name}办理。"), by=giver)
        return at

    def _later(self, at: datetime, least: int, most: int) -> datetime:
        return _at_work(at + timedelta(hours=self._dice.uniform(least, most)))


class _StillOpen:
    """A life in the middle: where the clock has to look at it next is what the product says."""

    def __init__(self, lives: Lives, life: Life) -> None:
        self._lives, self._life, self._dice = lives, life, life.dice

    def tell(self) -> None:
        """Tell it up to now."""
        life, dice, now = self._life, self._dice, self._lives.now
        target, level = State(_STANDS.draw(dice)), _LEVELS.draw(dice)
        if target is State.SUBMITTED:
            level = "village"
        elif target is State.ESCALATED and level == "village":
            level = "town"
        holders = {
            "village": life.home.village,
            "town": life.home.town,
            "county": life.home.departments[life.line.field],
        }
        last = holders[level]
        age = self._age(last)
        began = now - age
        self._before(last, target, began)
        self._until(target, began)
        self._let_clock_look()

    def _age(self, last: Office) -> timedelta:
        """Return how long the present clock has run: now and then beyond its end, never too long."""
        self._life.holder, held = last, self._life.holder
        _, days = self._lives.due(self._life, self._lives.now)
        self._life.holder = held
        return timedelta(days=self._dice.random() * (days * 1.4 + 0.5), minutes=5)

    def _before(self, last: Office, target: State, began: datetime) -> None:
        """Tell how the case came to its present office."""
        life = self._life
        if last is life.home.village:
            _file(self._lives, life, began)
            return
        _file(self._lives, life, began - timedelta(days=self._dice.uniform(2, 6)))
        if target is State.ESCALATED:
            self._hand(last, "escalate", began)
            return
        life.step(
            "accept",
            life.filed_at + timedelta(hours=3),
            life.line.said.get("accept", ""),
            by=life.holder,
        )
        self._hand(last, "assign", began)

    def _hand(self, to: Office, verb: str, at: datetime) -> None:
        life = self._life
        giver, life.holder = life.holder, to
        _restart(self._lives, life, at)
        if verb == "assign":
            life.sender = giver.id
            life.step(verb, at, f"请{to.name}办理。", by=giver)
        else:
            life.step(verb, at)

    def _until(self, target: State, began: datetime) -> None:
        """Tell what the present office has done since."""
        life, now = self._life, self._lives.now
        gap = (now - began) / 5
        if target in {State.ACCEPTED, State.HANDLING, *STOPPED}:
            if life.state in {State.SUBMITTED, State.ESCALATED}:
                life.step("accept", began + gap, life.line.said.get("accept", ""), by=life.holder)
            if target is not State.ACCEPTED:
                life.step("start", began + gap * 2, by=life.holder)
            if life.state is not State.ASSIGNED:
                life.handler = life.holder.post
        if target in STOPPED:
            at = began + gap * 3
            days = rule("wait" if target is State.WAITING else "suspend")
            end = self._lives.clocks.calendar.add(now, max(1, days // 2)).at
            life.stopped_at, life.resumes_at = at, end
            verb = "ask_reporter" if target is State.WAITING else "suspend"
            said = "请说清楚具体在哪一段。" if target is State.WAITING else "等材料到货。"
            by = life.holder if target is State.WAITING else life.home.town
            life.step(verb, at, said, by=by)

    def _let_clock_look(self) -> None:
        """Let the product plan the next step; a case that should have gone up began later."""
        life, now = self._life, self._lives.now
        case = Case(
            region=life.home.code,
            kind=life.kind,
            field=life.line.field,
            level=life.holder.level,
            urgent=life.urgent,
            state=life.state.value,
            clock_from=life.clock_from,
            due_at=life.due_at,
            due_days=life.due_days,
            stopped_at=life.stopped_at,
            resumes_at=life.resumes_at,
        )
        steps = sorted(self._lives.clocks.steps(case))
        for at, name in steps:
            if at >= now or name == "escalate":
                break
            text = {"overdue": "已催{}。", "urge": "已督促{}。"}.get(name, "已提醒{}。")
            if name == "overdue":
                life.overdue = True
            if name == "urge":
                life.urged = True
            life.step(name, max(at, life.clock_from), text.format(life.holder.name))
        self._lives.clocks.passed(case)
        if any(name == "escalate" and at < now for at, name in steps):
            case.steps_done = ",".join(n for n in case.steps_done.split(",") if n != "escalate")
            case.next_at = now
        life.steps_done, life.next_at = case.steps_done, case.next_at
        life.steps.sort(key=lambda step: step.at)


def _file(lives: Lives, life: Life, at: datetime) -> None:
    life.filed_at = at
    _restart(lives, life, at)
    who = "反映人" if life.source == "web" else life.home.village.officer
    by = life.home.village if life.source == "desk" else None
    life.step("submit", at, by=by, who=who if life.source != "chat" else "系统")


def _restart(lives: Lives, life: Life, at: datetime) -> None:
    """Let the clock of the present office begin at ``at``."""
    due, days = lives.due(life, at)
    life.clock_from = life.received_at = at
    life.due_at, life.due_days, life.provisional = due.at, days, due.provisional


@cache
def _days(kind: str, of: str, level: str, *, urgent: bool) -> int:
    """Return the working days that an office of this level has, by the shipped table."""
    return allowed(standard(), (), Key("", kind, of, level, urgent)).days


def _at_work(at: datetime) -> datetime:
    """Return the moment, or the next morning when it falls into the night."""
    hour = clock.local(at).hour
    return at if 7 <= hour < 21 else at + timedelta(hours=(31 - hour) % 24)
