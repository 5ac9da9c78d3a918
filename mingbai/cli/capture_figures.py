"""How fast talk is taken in and read: CPU per message, and how soon a message has become a case.

The talk is the demo's own, thinned with chatter: about one line of seven belongs to a finding.
Commits are durable. While the first is measured no worker may run, or it reads part of the talk. Groups, talk and cases of a measurement are deleted when it is over.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import quantiles

import click
from django.db import connection

from mingbai.capture import commands
from mingbai.capture.events import Digested, InboundMessage
from mingbai.capture.models import ChatGroup, Finding, Message, Seen
from mingbai.cases.models import Case
from mingbai.cli.benching import TICK, Figure, backend, ticks
from mingbai.cli.demo import life
from mingbai.config import environment
from mingbai.kernel import clock, scopes
from mingbai.notices import commands as notices

PLATFORM = "bench"
GROUPS = 20
LINES = 4000
# Every second message is chatter: the demo's life is denser than talk usually is.
CHATTER = 2
RATE, FLOOD = 200, 500
MANY = 300
WORKERS = 2


@dataclass
class Bench:
    """Groups of the bench's own, in the villages of the demo county."""

    mode: str
    count: int = GROUPS
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    groups: list[int] = field(default_factory=list)

    def __enter__(self) -> Bench:
        homes = life._homes(min(self.count, 60))
        with scopes.enter(scope=life.COUNTY):
            self.groups = [
                commands.register_group(
                    actor=None,
                    region=homes[n % len(homes)].code,
                    platform=PLATFORM,
                    external_id=self.name(n),
                    name="测速群",
                    mode=self.mode,
                )
                for n in range(self.count)
            ]
        return self

    def __exit__(self, *_: object) -> None:
        with scopes.enter(scope=life.COUNTY):
            mine = {"county": life.COUNTY, "group_id__in": self.groups}
            numbers = set(Finding.objects.filter(**mine).values_list("case_number", flat=True))
            for number in numbers - {""}:
                notices.forget(county=life.COUNTY, thing="case", thing_id=number)
            Case.objects.filter(county=life.COUNTY, number__in=numbers).delete()
            names = [f"{g}:" for g in self.groups]
            for name in names:
                Seen.objects.filter(
                    county=life.COUNTY, platform=PLATFORM, external_id__startswith=name
                ).delete()
            ChatGroup.objects.filter(county=life.COUNTY, pk__in=self.groups).delete()

    def name(self, number: int) -> str:
        """Return a group's number on its platform."""
        return f"bench-{self.run}-{number}"

    def talk(self, lines: int) -> Iterator[tuple[int, InboundMessage]]:
        """Yield ordinary talk without times, group by group in turn: (group, message)."""
        rows = life._lines("chat.jsonl")
        idle = [r for r in rows if len(r["text"]) < 12 and r["role"] == "villager"]
        chance = random.Random(1)  # noqa: S311 - the same talk each time
        for n in range(lines):
            number = n % self.count
            told = (n + number) % CHATTER == 0
            row = rows[n // CHATTER * 7 % len(rows)] if told else chance.choice(idle)
            yield (
                number,
                InboundMessage(
                    external_id=f"{self.run}-{n}",
                    group=self.name(number),
                    village="",
                    sender=row["sender"] if told else f"q{n // self.count % 7}",
                    role=row["role"],
                    said_at=datetime.min.replace(tzinfo=clock.SHANGHAI),
                    kind=row["type"],
                    text=row["text"].replace("{村}", "本村").replace("{镇}", "镇里"),
                ),
            )


def figures() -> list[Figure]:
    """Return CPU milliseconds a message from delivery to case, in both modes of a group."""
    words = {ChatGroup.Mode.CONFIRMED: "先核对", ChatGroup.Mode.AUTOMATIC: "自动立件"}
    found = []
    for mode, word in words.items():
        with Bench(mode) as bench:
            found.append(Figure(f"采集一条（{word}）", "毫秒/条", *_speed(bench)))
    return found


def _speed(bench: Bench) -> tuple[float, float]:
    """Return CPU milliseconds a message of application and database."""
    with scopes.enter(scope=life.COUNTY):
        begin = clock.now() - timedelta(days=2)
    talk = [
        (group, replace(message, said_at=begin + timedelta(seconds=40 * n)))
        for n, (group, message) in enumerate(bench.talk(LINES))
    ]
    known = LINES // 4  # a worker has its model loaded, and knows who speaks
    _through(bench, talk[:known])
    own, theirs = time.process_time(), ticks(backend())
    _through(bench, talk[known:])
    app, server = time.process_time() - own, ticks(backend()) - theirs
    each = 1000 / (LINES - known)
    return app * each, server * each / TICK


def _through(bench: Bench, talk: Sequence[tuple[int, InboundMessage]]) -> Digested:
    deliveries: dict[int, list[InboundMessage]] = defaultdict(list)
    for group, message in talk:
        deliveries[group].append(message)
    for group, messages in deliveries.items():
        commands.receive(group_id=bench.groups[group], county=life.COUNTY, messages=messages)
    total = Digested()
    while (step := commands.digest(county=life.COUNTY, everything=True)).messages:
        total += step
    return total


def latency(seconds: int) -> list[tuple[str, str]]:
    """Drive 200 messages a second over 300 groups through real workers; return what was measured."""
    with Bench(ChatGroup.Mode.AUTOMATIC, MANY) as bench, _workers():
        _warm(bench)
        first, quiet = _Drive(bench, "a"), _Drive(bench, "b")
        first.run(seconds, RATE)
        _until_read(bench)
        found = [
            ("每秒 200 条、300 个群", f"{first.sent / first.took:.0f} 条/秒"),
            ("收下到立件，一半", f"{first.cases(0.50):.2f} 秒"),
            ("收下到立件，百分之九十九", f"{first.cases(0.99):.2f} 秒"),
            ("立件", f"{len(first.waits())} 件"),
        ]
        quiet.run(seconds // 2, RATE // 4, flood=FLOOD)
        found += [
            ("一个群每秒", f"{quiet.flooded / quiet.took:.0f} 条"),
            ("这时别的群从收下到读完，一半", f"{quiet.lag(0.50):.2f} 秒"),
            ("这时别的群从收下到读完，百分之九十九", f"{quiet.lag(0.99):.2f} 秒"),
            ("这时那个群还没读的", f"{quiet.left} 条"),
        ]
        _until_read(bench)
    return found


@contextmanager
def _workers() -> Iterator[None]:
    """Run real worker processes."""
    live = os.environ | {"PYTHONUNBUFFERED": "1"}
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "mingbai", "worker"], cwd=environment.ROOT, env=live
        )
        for _ in range(WORKERS)
    ]
    try:
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()


def _warm(bench: Bench) -> None:
    """Let every worker load its model before anything is measured."""
    _Drive(bench, "w").run(8, 60)
    _until_read(bench)


def _until_read(bench: Bench) -> None:
    end = time.monotonic() + 120
    while _unread(bench):
        if time.monotonic() > end:
            raise click.ClickException("后台任务没有在读，请看它的报错。")
        time.sleep(0.2)


def _unread(bench: Bench) -> int:
    with scopes.enter(scope=life.COUNTY):
        rows = Message.objects.filter(county=life.COUNTY, group_id__in=bench.groups)
        return rows.filter(digested_at__isnull=True, held=False).count()


class _Drive:
    """Sends talk at a rate, and watches from when on its cases can be seen."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.bench, self.name = bench, name
        self.sent = self.flooded = self.left = 0
        self.took = 0.0
        self.seen: dict[str, datetime] = {}
        self.begin = self.end = clock.now()
        self._stop = threading.Event()

    def run(self, seconds: int, rate: int, flood: int = 0) -> None:
        """Send ``rate`` messages a second, one a delivery; the last group gets ``flood`` besides."""
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        flooder = threading.Thread(target=self._flood, args=(seconds, flood))
        if flood:
            flooder.start()
        self.begin, start = clock.now(), time.monotonic()
        for n, (group, message) in enumerate(self.bench.talk(seconds * rate)):
            wait = start + n / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            at = group % (self.bench.count - 1)  # the last one is for the flood
            self._send(at, [replace(message, group=self.bench.name(at))])
        self.took, self.end = time.monotonic() - start, clock.now()
        if flood:
            flooder.join()
            self.left = _unread(self.bench)
        _until_read(self.bench)
        time.sleep(1)
        self._stop.set()
        watcher.join()

    def _send(self, group: int, messages: Sequence[InboundMessage]) -> None:
        now = clock.now()
        self.sent += len(messages)
        commands.receive(
            group_id=self.bench.groups[group],
            county=life.COUNTY,
            messages=[
                replace(m, external_id=f"{self.name}-{m.external_id}", said_at=now)
                for m in messages
            ],
        )

    def _flood(self, seconds: int, rate: int) -> None:
        rows = [m for _, m in self.bench.talk(seconds * rate)]
        start, size = time.monotonic(), rate // 10
        for n in range(0, len(rows), size):
            wait = start + n / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            part = [replace(m, external_id=f"f{m.external_id}") for m in rows[n : n + size]]
            self._send(self.bench.count - 1, part)
            self.flooded += len(part)
        connection.close()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            with scopes.enter(scope=life.COUNTY):
                rows = Case.objects.filter(
                    county=life.COUNTY, source="chat", submitted_at__gte=self.begin
                )
                new = rows.exclude(number__in=self.seen).values_list("number", flat=True)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT clock_timestamp()")
                    now = cursor.fetchone()[0]
                self.seen |= dict.fromkeys(new, now)
        connection.close()

    def waits(self) -> list[float]:
        """Return for each case the seconds from the line that made it one to the moment it was seen.

        Cases that came of comparing anew what had long been read are left out.
        """
        with scopes.enter(scope=life.COUNTY):
            cases: Mapping[str, datetime] = dict(
                Case.objects.filter(county=life.COUNTY, number__in=self.seen).values_list(
                    "number", "submitted_at"
                )
            )
            rows = Message.objects.filter(
                county=life.COUNTY,
                group_id__in=self.bench.groups,
                finding__case_number__in=cases,
                received_at__gte=self.begin,
            )
            last: dict[str, datetime] = {}
            late = dict(cases)
            for number, received, read in rows.values_list(
                "finding__case_number", "received_at", "digested_at"
            ):
                if read is not None and read <= cases[number]:
                    last[number] = max(received, last.get(number, received))
                if read == cases[number]:
                    late.pop(number, None)
        return [(self.seen[n] - at).total_seconds() for n, at in last.items() if n not in late]

    def cases(self, share: float) -> float:
        """Return within how many seconds this share of the cases could be seen."""
        return _within(self.waits(), share)

    def lag(self, share: float) -> float:
        """Return within how many seconds this share of the other groups' messages was read."""
        with scopes.enter(scope=life.COUNTY):
            rows = Message.objects.filter(
                county=life.COUNTY,
                group_id__in=self.bench.groups[:-1],
                received_at__gte=self.begin,
                received_at__lte=self.end,
                digested_at__isnull=False,
            ).values_list("received_at", "digested_at")
            waits = [(read - received).total_seconds() for received, read in rows if read]
        return _within(waits, share)


def _within(waits: Sequence[float], share: float) -> float:
    if len(waits) < 2:
        return float("nan")
    return quantiles(waits, n=1000)[int(share * 1000) - 1]
