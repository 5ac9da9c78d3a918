"""One written case of the demo, and how whoever holds it takes each written step."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from mingbai.accounts import commands as accounts
from mingbai.accounts import queries as people
from mingbai.cases import commands as cases
from mingbai.cases import queries as case_queries
from mingbai.cli.demo import pictures
from mingbai.cli.demo.cast import DEPARTMENTS, VILLAGER_PHONE
from mingbai.kernel import clock, uploads
from mingbai.kernel.actors import Actor
from mingbai.kernel.decisions import BadInput, Missing, Refused

WEEKS = 21  # days that were written
_AFTER_THE_RATING = frozenset({"claim", "ask_reopen"})
SPACE = uuid.UUID("0d4f3c52-7f53-4c11-8a3a-6d6b2b1d2f10")


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
            shifted = {**written, "day": written["day"] - self._earlier}
            at = self._at(shifted)
            if written["verb"] in {"rate", "escalate"}:
                continue  # the reporter and the clock do these
            found.append((at, partial(self._step, written)))
            if written["verb"] == "accept":
                found.append((at + timedelta(minutes=40), self._join))
        if self.row["rating"] and self.row["steps"]:
            before = [s for s in self.row["steps"] if s["verb"] not in _AFTER_THE_RATING]
            last = self._at({**before[-1], "day": before[-1]["day"] - self._earlier})
            found.append((last + timedelta(hours=5), self._rate))
        return found

    @property
    def _earlier(self) -> int:
        """How many days before the written ones this telling lies."""
        return int(self.row["round"]) * WEEKS

    def _at(self, line: Mapping[str, Any]) -> datetime:
        return moment(self.today, line["day"], line["time"])

    def _file(self) -> None:
        phone = VILLAGER_PHONE if self.reporter else f"137{self.seed:08d}"
        self.reporter = self.reporter or accounts.villager(phone=phone).pk
        desk = self.row["source"] == "desk"
        body = people.village_body(self.village.code)
        assert body is not None
        self.number = cases.submit_case(
            actor=somebody(body.id) if desk else people.actor_for(self.reporter),
            token=uuid.uuid5(SPACE, self.key),
            region=self.village.code,
            text=self._fill(self.row["text"]),
            field=self.row["field"],
            sub=self.row.get("sub", ""),
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
            self._try(cases.support, actor=self._neighbour(n))

    def _step(self, written: Mapping[str, Any]) -> None:
        """Let whoever holds the case take the written step; one that no longer fits is left out."""
        text, verb = self._fill(written["text"]), written["verb"]
        if verb in {"answer", "progress"}:
            for silent in (cases.accept, cases.start):
                self._move(silent)
        if verb == "answer":
            photos = self._photos(written.get("photo"))
            self._move(cases.answer, text=text, after=photos, knowing=True)
        elif verb == "progress":
            self._move(cases.progress, text=text)
        elif verb == "refuse":
            self._move(cases.refuse, reason=text, door="镇综治中心")
        elif verb in {"accept", "start"}:
            self._move({"accept": cases.accept, "start": cases.start}[verb])
        elif verb == "assign":
            self._assign(written["to"], text)
        else:
            _ACTS[verb](self, text, written)

    def _assign(self, level: str, text: str) -> None:
        view = case_queries.standing(self.village.county, self.number)
        known = {body.id for body in people.receivers(view.body_id)}
        department = people.department_for(self.village.county, view.field)
        above = people.body_above(view.body_id)
        wanted = {"county": [department], "home": [self._town()]}.get(level, [])
        receiver = next((b.id for b in [*wanted, above] if b is not None and b.id in known), None)
        if receiver is not None:
            self._move(cases.assign, receiver=receiver, text=text, knowing=True)

    def _town(self) -> people.BodyView | None:
        body = people.village_body(self.village.code)
        return people.body_above(body.id) if body else None

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
        self._try(verb, actor=somebody(view.body_id), version=view.version, **what)

    def _try(self, verb: Callable[..., object], **what: object) -> None:
        with suppress(BadInput, Missing, Refused):
            verb(county=self.village.county, number=self.number, **what)

    def _ask_reporter(self, text: str, _written: Mapping[str, Any]) -> None:
        self._move(cases.ask_reporter, text=text)

    def _invite(self, text: str, written: Mapping[str, Any]) -> None:
        self._move(cases.invite, text=text, receivers=self._offices(written["to"]))

    def _contribute(self, text: str, written: Mapping[str, Any]) -> None:
        view = case_queries.standing(self.village.county, self.number)
        for office in self._offices(written["to"]):
            self._try(cases.contribute, actor=somebody(office), version=view.version, text=text)

    def _ask_suspend(self, text: str, written: Mapping[str, Any]) -> None:
        until = clock.today() + timedelta(days=written["for"])
        self._move(cases.ask_suspend, reason=text, until=until.isoformat())

    def _suspend(self, _text: str, _written: Mapping[str, Any]) -> None:
        self._above(cases.suspend)

    def _transfer(self, text: str, _written: Mapping[str, Any]) -> None:
        self._move(cases.transfer, reason=text)

    def _register(self, _text: str, _written: Mapping[str, Any]) -> None:
        self._move(cases.register)

    def _conclude(self, text: str, written: Mapping[str, Any]) -> None:
        parts = {name: self._fill(written[name]) for name in ("demand", "facts", "basis")}
        self._move(cases.conclude, opinion=text, **parts)

    def _dispute(self, text: str, _written: Mapping[str, Any]) -> None:
        self._move(cases.dispute, reason=text)

    def _sort(self, text: str, written: Mapping[str, Any]) -> None:
        field, _, sub = written["to"].partition("/")
        self._move(cases.sort, field=field, sub=sub, text=text)

    def _claim(self, text: str, _written: Mapping[str, Any]) -> None:
        view = case_queries.standing(self.village.county, self.number)
        actor = people.actor_for(self.reporter)
        self._try(cases.claim, actor=actor, version=view.version, reason=text)

    def _ask_reopen(self, text: str, _written: Mapping[str, Any]) -> None:
        self._try(cases.ask_reopen, actor=self._neighbour(0), reason=text)

    def _above(self, verb: Callable[..., object]) -> None:
        view = case_queries.standing(self.village.county, self.number)
        over = people.body_above(view.body_id)
        if over is not None:
            self._try(verb, actor=somebody(over.id), version=view.version)

    def _offices(self, keys: str) -> list[int]:
        """Return the departments of the county that the keys name (``water,transport``)."""
        words = {key: word for key, word, _ in DEPARTMENTS}
        wanted = {words[key] for key in keys.split(",")}
        found = people.bodies_inside(self.village.county)
        return [b.id for b in found if any(b.name.endswith(word) for word in wanted)]

    def _neighbour(self, number: int) -> Actor:
        phone = f"139{(self.seed * 31 + number) % 100000000:08d}"
        return people.actor_for(accounts.villager(phone=phone).pk)


_ACTS: Mapping[str, Callable[[Story, str, Mapping[str, Any]], None]] = {
    "ask_reporter": Story._ask_reporter,
    "invite": Story._invite,
    "contribute": Story._contribute,
    "ask_suspend": Story._ask_suspend,
    "suspend": Story._suspend,
    "transfer": Story._transfer,
    "register": Story._register,
    "conclude": Story._conclude,
    "dispute": Story._dispute,
    "sort": Story._sort,
    "claim": Story._claim,
    "ask_reopen": Story._ask_reopen,
}
"""Steps that are written with the name of their move."""


def moment(today: date, day: int, clock_time: str) -> datetime:
    """Return a time of a day that is ``day`` days from ``today``."""
    hour, minute = (int(part) for part in clock_time.split(":"))
    return datetime.combine(today + timedelta(days=day), time(hour, minute), clock.SHANGHAI)


def somebody(body_id: int) -> Actor:
    """Return who works in a body, in their post."""
    post = people.staff_of(body_id)[0]
    return people.actor_for(post.person_id, post.id)
