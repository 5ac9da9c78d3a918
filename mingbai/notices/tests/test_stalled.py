"""Jobs that a killed worker left behind, seen by the job that looks for them each minute."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from types import SimpleNamespace

import psycopg
import pytest
from procrastinate.contrib.django import app
from psycopg import sql

from mingbai.notices.tasks import retry_stalled

INSERT = (
    "INSERT INTO procrastinate_jobs (queue_name, task_name, status, queueing_lock, worker_id)"
    " VALUES ('notices', 'notices.deliver', %s, %s, %s) RETURNING id"
)


@pytest.fixture
def line() -> Iterator[psycopg.Connection]:
    """A connection to a database of the test's own, to which Django points as well."""
    from django.db import connection

    name = f"stalled_{os.getpid()}"
    with psycopg.connect(os.environ["MINGBAI_TEST_SUPERUSER"], autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(7)")  # a template may not be copied twice at once
        for order in (
            "CREATE DATABASE {} TEMPLATE mingbai OWNER mingbai_owner",
            "GRANT CONNECT ON DATABASE {} TO mingbai_app",
        ):
            server.execute(sql.SQL(order).format(sql.Identifier(name)))
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    with psycopg.connect(
        os.environ["MINGBAI_TEST_SUPERUSER"], dbname=name, autocommit=True
    ) as opened:
        yield opened
    connection.settings_dict["NAME"] = before
    with psycopg.connect(os.environ["MINGBAI_TEST_SUPERUSER"], autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def worker(line: psycopg.Connection, silent_for: str) -> int:
    row = line.execute(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)"
        " RETURNING id",
        [silent_for],
    ).fetchone()
    assert row is not None
    return int(row[0])


def job(
    line: psycopg.Connection, status: str, worker_id: int | None, lock: str | None = None
) -> int:
    row = line.execute(INSERT, [status, lock, worker_id]).fetchone()
    assert row is not None
    return int(row[0])


def look(line: psycopg.Connection) -> dict[int, str]:
    """Run the minute's job once; return every job's state afterwards."""

    async def run() -> None:
        with app.replace_connector(app.connector.get_worker_connector()) as working:
            async with working.open_async():
                await retry_stalled.func(SimpleNamespace(app=working), 0)

    asyncio.run(run())
    return dict(line.execute("SELECT id, status::text FROM procrastinate_jobs").fetchall())


def test_the_job_of_a_dead_worker_waits_again_and_that_of_a_living_one_is_left(
    line: psycopg.Connection,
) -> None:
    dead = job(line, "doing", worker(line, "1 hour"))
    gone = job(line, "doing", None)
    alive = job(line, "doing", worker(line, "1 second"))
    done = job(line, "succeeded", None)
    assert look(line) == {dead: "todo", gone: "todo", alive: "doing", done: "succeeded"}


def test_one_that_cannot_wait_again_does_not_hold_up_the_others(line: psycopg.Connection) -> None:
    silent = worker(line, "1 hour")
    twin = job(line, "doing", silent, lock="cases.tick")
    waiting = job(line, "todo", None, lock="cases.tick")
    behind = job(line, "doing", silent)
    assert look(line) == {twin: "doing", waiting: "todo", behind: "todo"}
