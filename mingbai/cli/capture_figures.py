"""How fast talk is taken in and read: CPU per message, and how soon a message has become a case.

The talk is the demo's own, thinned with chatter: about one line of seven belongs to a finding.
Commits are durable. While the first is measured no worker may run, or it reads part of the talk. Groups, talk and cases of a measurement are deleted when it is over.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
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
from mingbai.capture.events import InboundMessage
from mingbai.capture.models import ChatGroup, Finding, Message, Seen
from mingbai.cases.models import Case
from mingbai.cli.benching import TICK, Figure, backend, ticks
from mingbai.cli.capture_sending import Order, Sent
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
LIVE = 4000
GLANCE = 0.1
_NEW_CASES = """
SELECT number, clock_timestamp() FROM cases_case
WHERE county = %s AND source = 'chat'
  AND submitted_at >= greatest(%s, clock_timestamp() - interval '60 seconds')
"""


@dataclass
class Bench:
    """Groups of the bench's own, in the villages of the demo county."""

    mode: str = ChatGroup.Mode.AUTOMATIC
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

    def order(
        self,
        name: str,
        seconds: int,
        rate: int,
        *,
        first: int = 0,
        last: int = MANY,
        together: int = 1,
    ) -> Order:
        """Return the order to send talk to the groups from ``first`` up to ``last``."""
        return Order(self.run, name, self.groups[first:last], seconds, rate, together)

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
    """Return CPU milliseconds a message from delivery to case, in both modes of a group.

    In large deliveries first; then one by one, read each second as live talk is.
    """
    words = {ChatGroup.Mode.CONFIRMED: "先核对", ChatGroup.Mode.AUTOMATIC: "自动立件"}
    found = []
    for mode, word in words.items():
        with Bench(mode) as bench:
            figure = _cost(bench, LINES, LINES // 4, LINES)
            found.append(Figure(f"采集一条（{word}）", "毫秒/条", *figure))
    with Bench(ChatGroup.Mode.AUTOMATIC, MANY) as bench:
        figure = _cost(bench, LIVE, LIVE // 2, RATE, together=1)
        found.append(Figure("采集一条（一条一条来）", "毫秒/条", *figure))
    return found


def _cost(
    bench: Bench, lines: int, known: int, turn: int, *, together: int = LINES
) -> tuple[float, float]:
    """Return CPU milliseconds a message of application and database.

    Talk is delivered ``together`` messages at once and read after every ``turn`` of them; the first
    ``known`` are not counted: a worker has its model loaded, and knows who speaks.
    """
    step = timedelta(seconds=40) if together > 1 else timedelta(seconds=1 / RATE)
    with scopes.enter(scope=life.COUNTY):
        begin = clock.now() - step * lines - timedelta(minutes=1)
    talk = [
        (group, replace(message, said_at=begin + step * n))
        for n, (group, message) in enumerate(bench.talk(lines))
    ]
    _through(bench, talk[:known], turn, together)
    own, theirs = time.process_time(), ticks(backend())
    _through(bench, talk[known:], turn, together)
    app, server = time.process_time() - own, ticks(backend()) - theirs
    each = 1000 / (lines - known)
    return app * each, server * each / TICK


def _through(
    bench: Bench, talk: Sequence[tuple[int, InboundMessage]], turn: int, together: int
) -> None:
    """Deliver and read all of the talk; whoever else reads some of it spoils the figure."""
    for start in range(0, len(talk), turn):
        part = talk[start : start + turn]
        deliveries: dict[int, list[InboundMessage]] = defaultdict(list)
        for group, message in part:
            deliveries[group].append(message)
        for group, messages in deliveries.items():
            for at in range(0, len(messages), together):
                commands.receive(
                    group_id=bench.groups[group],
                    county=life.COUNTY,
                    messages=messages[at : at + together],
                )
        read = 0
        while step := commands.digest(county=life.COUNTY, everything=True).messages:
            read += step
        if read != len(part):
            raise click.ClickException(
                f"送进 {len(part)} 条，自己只读到 {read} 条：有别的后台任务在读，请先停掉再量。"
            )


def latency(seconds: int) -> list[tuple[str, str]]:
    """Drive 200 messages a second over 300 groups through real workers; return what was measured."""
    with Bench(ChatGroup.Mode.AUTOMATIC, MANY) as bench, _workers():
        _Drive(bench).run(bench.order("w", 8, 60))  # every worker loads its model
        first, quiet = _Drive(bench), _Drive(bench)
        sent = first.run(bench.order("a", seconds, RATE))[0]
        found = [
            (f"每秒 {RATE} 条、{MANY} 个群，送到", f"{sent.messages / sent.took:.0f} 条/秒"),
            ("送一条用的处理器（不算数据库）", f"{1000 * sent.cpu / sent.messages:.1f} 毫秒"),
            ("收下到立件，一半", f"{first.cases(0.50):.2f} 秒"),
            ("收下到立件，百分之九十九", f"{first.cases(0.99):.2f} 秒"),
            ("立件", f"{len(first.waits())} 件"),
        ]
        others, flood = quiet.run(
            bench.order("b", seconds // 2, RATE // 4, last=MANY - 1),
            bench.order("f", seconds // 2, FLOOD, first=MANY - 1, together=FLOOD // 10),
        )
        found += [
            ("一个群刷屏，送到", f"{flood.messages / flood.took:.0f} 条/秒"),
            (f"别的群每秒 {RATE // 4} 条，送到", f"{others.messages / others.took:.0f} 条/秒"),
            ("这时别的群从收下到读完，一半", f"{quiet.lag(0.50):.2f} 秒"),
            ("这时别的群从收下到读完，百分之九十九", f"{quiet.lag(0.99):.2f} 秒"),
            ("送完时那个群还没读的", f"{quiet.left} 条"),
        ]
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


class _Drive:
    """Has talk sent by processes of their own, and watches from when on its cases can be seen."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.left = 0
        self.seen: dict[str, datetime] = {}
        with scopes.enter(scope=life.COUNTY):
            self.begin = self.end = clock.now()

    def run(self, *orders: Order) -> list[Sent]:
        """Carry out the orders side by side and watch until all is read."""
        with scopes.enter(scope=life.COUNTY):
            self.begin = clock.now()
        senders = [
            subprocess.Popen(order.words(), cwd=environment.ROOT, stdout=subprocess.PIPE, text=True)
            for order in orders
        ]
        while any(sender.poll() is None for sender in senders):
            self._watch()
        with scopes.enter(scope=life.COUNTY):
            self.end = clock.now()
        self.left = self._unread()
        sent = [_result(sender) for sender in senders]
        patience = time.monotonic() + 120
        while self._unread():
            if time.monotonic() > patience:
                raise click.ClickException("后台任务没有在读，请看它的报错。")
            self._watch()
        for _ in range(10):  # what was read last has been committed by then
            self._watch()
        return sent

    def _watch(self) -> None:
        """Note which cases can be seen now; a case is committed soon after it was written."""
        time.sleep(GLANCE)
        with scopes.enter(scope=life.COUNTY), connection.cursor() as cursor:
            cursor.execute(_NEW_CASES, [life.COUNTY, self.begin])
            for number, now in cursor.fetchall():
                self.seen.setdefault(number, now)

    def _unread(self) -> int:
        with scopes.enter(scope=life.COUNTY):
            rows = Message.objects.filter(county=life.COUNTY, group_id__in=self.bench.groups)
            return rows.filter(digested_at__isnull=True, held=False).count()

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


def _result(sender: subprocess.Popen[str]) -> Sent:
    out, _ = sender.communicate()
    if sender.returncode:
        raise click.ClickException("送消息的程序出错，请看它的报错。")
    return Sent(**json.loads(out))


def _within(waits: Sequence[float], share: float) -> float:
    if len(waits) < 2:
        return float("nan")
    return quantiles(waits, n=1000)[int(share * 1000) - 1]
