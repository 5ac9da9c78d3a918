"""A job whose worker was killed in the middle is run again."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.conftest import ROOT, Live

WORK = """
import asyncio, os
os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
import django; django.setup()
from procrastinate.contrib.django import app
from mingbai.notices.tasks import retry_stalled
retry_stalled.defer(timestamp=0)
with app.replace_connector(app.connector.get_worker_connector()) as working:
    async def main():
        async with working.open_async():
            for _ in range(2):
                await working.run_worker_async(wait=False, queues=["notices"], install_signal_handlers=False)
    asyncio.run(main())
"""


@pytest.mark.xdist_group("browser")
def test_a_job_left_by_a_killed_worker_is_run_again(live: Live) -> None:
    name = conninfo_to_dict(live.environment["DATABASE_URL"])["dbname"]
    address = make_conninfo(os.environ["MINGBAI_TEST_SUPERUSER"], dbname=name)
    with psycopg.connect(address, autocommit=True) as connection:
        worker = connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        ).fetchone()
        assert worker is not None
        job = connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id, attempts)"
            " VALUES ('notices', 'notices.deliver', '{\"county\": \"350525\", \"delivery_id\": 0}', 'doing', %s, 0) RETURNING id",
            [worker[0]],
        ).fetchone()
        assert job is not None
        done = subprocess.run(
            [sys.executable, "-c", WORK],
            cwd=ROOT,
            env=live.environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        row = connection.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job[0]]
        ).fetchone()
        assert row is None or row[0] == "succeeded"
