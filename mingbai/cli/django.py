"""Bringing Django up inside a command: which database, which role, checks before work begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psycopg


def app_url() -> str:
    """Return the address for the role ``mingbai_app``: the operator's own server, or the live embedded one."""
    return _url("DATABASE_URL", "app_url")


def owner_url() -> str:
    """Return the address for the role that owns the tables (migrations only)."""
    return _url("MINGBAI_OWNER_URL", "owner_url")


def _url(variable: str, role: str) -> str:
    from mingbai.config import environment
    from mingbai.kernel import database

    given = os.environ.get(variable)
    if given:
        return given
    if variable == "MINGBAI_OWNER_URL" and os.environ.get("DATABASE_URL"):
        raise click.ClickException(
            "用自己的数据库时，还要设 MINGBAI_OWNER_URL（表的属主账户），迁移才能执行。"
        )
    live = database.attach(environment.data_folder())
    if live is None:
        raise click.ClickException(
            "数据库没有在运行。请先执行 make run，或设 DATABASE_URL 指向自己的 PostgreSQL。"
        )
    return str(getattr(live, role))


def set_up(*, as_owner: bool = False) -> None:
    """Configure Django for this process. Raises a click error with a Chinese sentence."""
    from mingbai.config.environment import ConfigurationError

    os.environ["DATABASE_URL"] = owner_url() if as_owner else app_url()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mingbai.config.settings")
    try:
        import django

        django.setup()
    except ConfigurationError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    if not as_owner:
        refuse_powerful_role()


def refuse_powerful_role() -> None:
    """Stop when the application would run as a role that row-level security does not bind."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.rolsuper OR r.rolbypassrls, EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid"
            " AND c.relkind = 'r') FROM pg_roles r WHERE r.rolname = current_user"
        )
        powerful, owner = cursor.fetchone()
    if powerful or owner:
        raise click.ClickException(
            "DATABASE_URL 用的数据库账户权限太大（超级用户、可绕过行级安全或是表的属主）。请改用 mingbai_app。"
        )


def migrate(on_step: object = None) -> None:
    """Bring the tables up to date as the owner; grants first, so that new tables get them."""
    del on_step
    set_up(as_owner=True)
    from django.core.management import call_command
    from django.db import connection

    from mingbai.kernel.grants import BEFORE

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_lock(19)"
        )  # several instances start: one migrates, others wait
        for statement in BEFORE:
            cursor.execute(statement)
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()


@contextmanager
def as_owner() -> Iterator[psycopg.Connection[Any]]:
    """Give a connection of the tables' owner, each statement its own transaction (VACUUM)."""
    with psycopg.connect(owner_url(), autocommit=True) as connection:
        yield connection


def root() -> Path:
    """Return the project's folder."""
    from mingbai.config.environment import ROOT

    return ROOT
