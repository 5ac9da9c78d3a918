"""Statements of the hot path, prepared once a connection: planning them costs more than running them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

_AT_ONCE = 0


def run(statement: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement of our own, in the running transaction if there is one; return its rows, if any.

    Errors are Django's, as everywhere. Whoever counts statements does not see these.
    """
    connection.ensure_connection()
    server = connection.connection
    server.prepare_threshold = _AT_ONCE  # Django sets None, which makes ``prepare`` do nothing
    with connection.wrap_database_errors, psycopg.Cursor(server) as cursor:
        cursor.execute(statement.encode(), given, prepare=True)
        return cursor.fetchall() if cursor.description else []
