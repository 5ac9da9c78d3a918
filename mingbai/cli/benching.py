"""`mingbai bench`: CPU per operation, of the application and of PostgreSQL, beside the kept baseline.

CPU time is counted, not the clock on the wall, so that other load on the machine disturbs little.
Everything runs in one transaction that is undone, or in groups that are the bench's own and go with
what came of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from mingbai.cli import django as project
from mingbai.config import environment

BASELINE = environment.ROOT / "bench" / "baseline.json"
LAST = environment.ROOT / "bench" / "last.json"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figure:
    """CPU milliseconds of one operation, or operations a second of one core."""

    name: str
    unit: str
    app: float
    postgres: float
    queries: int | None = None


class _Undo(Exception):
    pass


def bench(*, as_json: bool, save: bool) -> None:
    """Measure, print, and keep the figures in ``bench/last.json``."""
    project.set_up()
    figures = _measure()
    result = {f.name: _kept(f) for f in figures}
    LAST.parent.mkdir(exist_ok=True)
    LAST.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if save:
        BASELINE.write_text(LAST.read_text(encoding="utf-8"), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    _table(result)


def apart(cases: int) -> None:
    """Measure in a data folder of the bench's own: start a server, bring in what is missing, stop it."""
    from mingbai.kernel.database import Server

    data = environment.data_folder().with_name("bench-data")
    click.echo(f"数据在 {data}")
    with Server(data).start() as server:
        variables = os.environ | {
            "DATABASE_URL": server.app_url,
            "MINGBAI_OWNER_URL": server.owner_url,
            "MINGBAI_DATA": str(data),
            "MINGBAI_DEMO": "1",
        }
        steps = [["prepare"], ["demo", "--cases", str(cases)], ["bench"]]
        for words in steps if cases else [steps[0], steps[2]]:
            done = subprocess.run(
                [sys.executable, "-m", "mingbai", *words],
                cwd=environment.ROOT,
                env=variables,
                check=False,
            )
            if done.returncode:
                raise click.ClickException("没有量完，请看上面的报错。")


def _kept(figure: Figure) -> dict[str, Any]:
    kept = {"unit": figure.unit, "app": round(figure.app, 3), "postgres": round(figure.postgres, 3)}
    return kept if figure.queries is None else kept | {"queries": figure.queries}


def latency(seconds: int, *, as_json: bool) -> None:
    """Measure how soon what is said in groups has become a case, through real workers."""
    project.set_up()
    from mingbai.cli import capture_figures

    rows = capture_figures.latency(seconds)
    if as_json:
        click.echo(json.dumps(dict(rows), ensure_ascii=False))
        return
    table = Table(title="采集的快慢")
    table.add_column("项目")
    table.add_column("量到", justify="right")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _table(result: dict[str, Any]) -> None:
    from mingbai.cli import big_bench

    before = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    table = Table(title="处理器时间")
    for heading in ("操作", "应用", "数据库", "单位", "查库", "与基准之比"):
        table.add_column(heading, justify="left" if heading in {"操作", "单位"} else "right")
    for name, figure in result.items():
        total = figure["app"] + figure["postgres"]
        old = before.get(name)
        ratio = f"{total / (old['app'] + old['postgres']):.2f}" if old else "—"
        table.add_row(
            name,
            f"{figure['app']:.2f}",
            f"{figure['postgres']:.2f}",
            figure["unit"],
            str(figure.get("queries", "")),
            ratio,
        )
    Console().print(table)
    if not any(name in result for name in big_bench.NAMES):
        click.echo(big_bench.HOW)


def _measure() -> list[Figure]:
    from django.test import Client
    from django.test.utils import override_settings

    from mingbai.accounts import queries as accounts
    from mingbai.cli.demo import life
    from mingbai.kernel import scopes

    with scopes.enter(scope=life.COUNTY):
        village = life._homes(1)[0].code
        body = accounts.village_body(village)
        if body is None:
            raise click.ClickException("先要有演示数据：请执行 mingbai demo。")
        officer = accounts.staff_of(body.id)[0]
    from mingbai.cli import big_bench, capture_figures

    with override_settings(ALLOWED_HOSTS=["*"]):
        visitor, staff = Client(), logged_in(officer.person_id)
        return [
            page("首页", visitor, "/"),
            page("村首页", visitor, f"/v/{village}"),
            page("诉求件列表", staff, "/desk/cases"),
            page("今天要办", staff, "/desk"),
            _submit(village, officer.person_id),
            *capture_figures.figures(),
            *big_bench.figures(),
        ]


def logged_in(person_id: int) -> Any:
    """Return a client in which this person is logged in."""
    from django.test import Client

    from mingbai.accounts.backends import PersonBackend
    from mingbai.kernel import scopes

    client = Client()
    with scopes.enter():
        person = PersonBackend().get_user(person_id)
        assert person is not None
        client.force_login(person)
    return client


def page(name: str, client: Any, address: str) -> Figure:
    """Measure one page as the client sees it. Raises a click error when it does not open."""

    def once() -> None:
        answer = client.get(address, follow=True)
        if answer.status_code != 200:
            raise click.ClickException(f"{name} 打不开（{answer.status_code}）。")

    return operation(name, once)


def operation(name: str, once: Callable[[], None], times: int = 60) -> Figure:
    """Measure something done ``times`` times: CPU of both sides and its statements."""
    from django.db import connection

    statements = 0

    def count(execute: Any, *given: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*given)

    app, postgres = cpu(once, times)
    with connection.execute_wrapper(count):
        once()
    return Figure(name, "毫秒/次", app, postgres, statements)


def _submit(village: str, person_id: int) -> Figure:
    from mingbai.accounts import queries as accounts
    from mingbai.cases import commands as cases
    from mingbai.cli.demo import life

    def once() -> None:
        with undone(life.COUNTY):
            cases.submit_case(
                actor=accounts.actor_for(person_id),
                token=uuid.uuid4(),
                region=village,
                field="facility",
                text="村口老榕树下的路灯又不亮了，晚上孩子放学走那段看不见路，麻烦派人来看看。",
                place="老榕树下",
                source="desk",
                phone="13800000009",
            )

    return operation("提交一件", once)


@contextmanager
def undone(county: str, at: datetime | None = None) -> Iterator[None]:
    """Do something in a county (``at``: at that moment) and undo it."""
    from mingbai.kernel import scopes

    with suppress(_Undo), scopes.enter(scope=county, at=at):
        yield
        raise _Undo


def cpu(once: Callable[[], None], times: int) -> tuple[float, float]:
    """Return CPU milliseconds a call: of this process and of its PostgreSQL backend."""
    once()
    once()
    server = backend()
    own, theirs = time.process_time(), ticks(server)
    for _ in range(times):
        once()
    app = (time.process_time() - own) * 1000 / times
    return app, (ticks(server) - theirs) * 1000 / TICK / times


def backend() -> int:
    """Return the process that serves this connection."""
    from django.db import connection

    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def ticks(pid: int) -> int:
    """Return the CPU time of a process of this machine in clock ticks; 0 when it is elsewhere."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():  # a server elsewhere: only our own share can be counted
        return 0
    fields = path.read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
