"""What the tests of accounts share: a carrier that keeps its messages, an officer with a password."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

PASSWORD = "tea-hills-2026"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Collect what the carrier is given."""
    box: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "mingbai.accounts.commands.entering.sms_sender",
        lambda: lambda phone, text: box.append((phone, text)),
    )
    return box


@pytest.fixture
def officer(cast: Any) -> Any:
    """王建国 with a password."""
    from django.contrib.auth.hashers import make_password

    person = cast.people["officer"]
    person.password = make_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def committed() -> Iterator[None]:
    """Point Django at a fresh copy of the migrated database, for what several connections do at once."""
    from django.db import connection

    name = f"accounts_{os.getpid()}"
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
