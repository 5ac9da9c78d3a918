"""A database of the module's own, for what only a committed transaction can show."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql


@pytest.fixture(scope="module")
def own_database() -> Iterator[None]:
    """Point Django at a fresh copy of the migrated database and drop it afterwards."""
    from django.db import connection

    name = f"own_{os.getpid()}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
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
    yield
    connection.close()
    connection.settings_dict["NAME"] = before
    with psycopg.connect(os.environ["MINGBAI_TEST_SUPERUSER"], autocommit=True) as server:
        server.execute(drop)
