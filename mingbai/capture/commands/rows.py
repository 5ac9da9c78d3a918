"""Statements of the hot path, prepared once a connection: planning them costs more than running them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def run(statement: str, given: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement of our own in the running transaction and return its rows, if it has any.

    Errors are Django's, as everywhere. Whoever counts statements does not see these.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode(), given, prepare=True)
        return cursor.fetchall() if cursor.description else []
