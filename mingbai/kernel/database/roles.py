"""Roles and databases: who owns the tables, who may only use them, and that Chinese can be found.

- ``mingbai_owner`` owns the databases and runs migrations; it may create databases for tests.
- ``mingbai_app`` is what the product connects as: it owns nothing and inherits nothing.
- ``mingbai_clues`` cannot log in. ``mingbai_app`` becomes it by ``SET LOCAL ROLE`` for the length
  of one transaction; what it may see is not visible otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from mingbai.kernel.database.errors import StartFailed

SUPERUSER = "postgres"
OWNER, APP, CLUES = "mingbai_owner", "mingbai_app", "mingbai_clues"
DATABASE = "mingbai"
LOCALE = "C.UTF-8"
"""The character classes. With plain C, trigrams see no Chinese letter."""

_NEVER = "NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEROLE"
_ATTRIBUTES = {
    OWNER: f"LOGIN INHERIT CREATEDB {_NEVER}",
    APP: f"LOGIN NOINHERIT NOCREATEDB {_NEVER}",
    CLUES: f"NOLOGIN NOINHERIT NOCREATEDB {_NEVER}",
}
_LOCK = 0x6D696E67  # one process at a time changes roles; the number only has to be our own


def ensure_roles(superuser_url: str, *, passwords: Mapping[str, str] | None = None) -> None:
    """Make the three roles, or bring existing ones back to exactly their rights.

    ``passwords`` by role name; a role without one keeps what it has.
    """
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role, attributes in _ATTRIBUTES.items():
            verb = "ALTER" if role in known else "CREATE"
            command = sql.SQL(f"{verb} ROLE {{}} {attributes}").format(sql.Identifier(role))
            connection.execute(command)
            if passwords and role in passwords:
                set_password(connection, role, passwords[role])
        # From version 16 on a grant has its own inherit flag, so the role's NOINHERIT is not enough.
        exact = " WITH INHERIT FALSE, SET TRUE" if connection.info.server_version >= 160000 else ""
        grant = sql.SQL(f"GRANT {{}} TO {{}}{exact}")
        connection.execute(grant.format(sql.Identifier(CLUES), sql.Identifier(APP)))


def close_other_databases(superuser_url: str) -> None:
    """Keep everybody out of the databases that come with a server; for a server all our own."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        # A test run makes its databases from there, as the owner.
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE postgres TO {}").format(sql.Identifier(OWNER))
        )


def create_database(
    superuser_url: str, name: str = DATABASE, *, template: str | None = None
) -> None:
    """Make an empty database owned by ``mingbai_owner``, or finish one that was begun.

    ``template`` names a database to copy instead (tests: migrate once, then copy). Only our three
    roles may connect. Raises ``StartFailed`` when its trigrams see no Chinese.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            connection.execute(_create(name, template))
    with psycopg.connect(make_conninfo(superuser_url, dbname=name)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        database = sql.Identifier(name)
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database))
        roles = sql.SQL(", ").join(sql.Identifier(role) for role in (OWNER, APP, CLUES))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, roles))
        assert_chinese(connection)


def drop_database(superuser_url: str, name: str) -> None:
    """Drop a database, ending whoever is still connected; nothing happens when there is none."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def assert_chinese(connection: psycopg.Connection) -> None:
    """Raise ``StartFailed`` unless trigrams see Chinese; searching would silently find nothing."""
    row = connection.execute("SELECT show_trgm('路灯')").fetchone()
    if not row or not row[0]:
        raise StartFailed(
            f"数据库“{connection.info.dbname}”认不出中文，搜索会漏掉内容。"
            f"请用 LC_CTYPE 为 {LOCALE} 的数据库。"
        )


def set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Store a role's password; only its scram verifier leaves this process, so no log can hold it."""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
    )


def _create(name: str, template: str | None) -> sql.Composed:
    start = sql.SQL("CREATE DATABASE {} OWNER {} ").format(
        sql.Identifier(name), sql.Identifier(OWNER)
    )
    if template is not None:
        return start + sql.SQL("TEMPLATE {}").format(sql.Identifier(template))
    return start + sql.SQL(
        "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE {}"
    ).format(sql.Literal(LOCALE))
