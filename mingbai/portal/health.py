"""How the installation runs: figures an administrator needs, none of which tells of a person or a case."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from mingbai.capture import queries as capture
from mingbai.cases import queries as cases


@dataclass(frozen=True)
class Report:
    """Database version and size, free disk, waiting and failed jobs, lag of reading the talk.

    ``clock_faults`` cases are put off by the clock because it could not deal with them.
    """

    postgres: str
    database_bytes: int
    disk_free: int
    disk_total: int
    jobs: dict[str, int]
    oldest_unread: datetime | None
    connections: int
    clock_faults: int


def report(county: str) -> Report:
    """Return today's figures (four queries)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())"
        )
        version, size, connections = cursor.fetchone()
        cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
        jobs = dict(cursor.fetchall())
    disk = shutil.disk_usage(settings.DATA)
    return Report(
        version,
        size,
        disk.free,
        disk.total,
        jobs,
        capture.lag(county),
        connections,
        cases.clock_faults(county),
    )
