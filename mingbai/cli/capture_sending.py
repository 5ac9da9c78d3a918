"""Sends talk for ``mingbai bench --latency`` as a connector would, in a process of its own.

What sending costs falls on this process, not on the one that watches, nor on the workers.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from mingbai.cli import django as project


@dataclass(frozen=True)
class Order:
    """What is to be sent: ``rate`` messages a second for some seconds, ``together`` in a delivery.

    ``groups`` are the bench's groups by id, ``run`` and ``name`` make the messages' ids its own.
    """

    run: str
    name: str
    groups: list[int]
    seconds: int
    rate: int
    together: int = 1

    def words(self) -> list[str]:
        """Return the command that carries it out."""
        return [sys.executable, "-m", "mingbai.cli.capture_sending", json.dumps(asdict(self))]


@dataclass(frozen=True)
class Sent:
    """What was sent, in how many seconds, for how many seconds of this process's CPU."""

    messages: int
    took: float
    cpu: float


def send(order: Order) -> Sent:
    """Deliver the messages of an order, each said now, at the rate that was asked as far as possible."""
    from mingbai.capture import commands
    from mingbai.cli.capture_figures import Bench
    from mingbai.cli.demo import life
    from mingbai.kernel import clock

    bench = Bench(count=len(order.groups), run=order.run, groups=order.groups)
    talk = list(bench.talk(order.seconds * order.rate))
    begin, cpu = time.monotonic(), time.process_time()
    for at in range(0, len(talk), order.together):
        wait = begin + at / order.rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        now = clock.now()
        deliveries: dict[int, list[Any]] = {}
        for group, message in talk[at : at + order.together]:
            told = replace(message, external_id=f"{order.name}-{message.external_id}", said_at=now)
            deliveries.setdefault(order.groups[group], []).append(told)
        for group, messages in deliveries.items():
            commands.receive(group_id=group, county=life.COUNTY, messages=messages)
    return Sent(len(talk), time.monotonic() - begin, time.process_time() - cpu)


def main() -> None:
    """Carry out the order given on the command line and print what was done."""
    project.set_up()
    sys.stdout.write(json.dumps(asdict(send(Order(**json.loads(sys.argv[1]))))))


if __name__ == "__main__":
    main()
