"""`mingbai backup` and `restore` over the embedded server."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from mingbai.config import environment
from mingbai.kernel import database
from mingbai.kernel.database import backup as copies


def backup(target: Path, on_progress: Callable[[float, str], None]) -> None:
    """Back the live embedded server up into ``target``."""
    _embedded_only()
    live = database.connect_urls(environment.data_folder())
    moment = datetime.now(UTC)  # noqa: TID251 - the backup's own label; no database is asked here
    copies.backup(live, target, at=moment, on_progress=on_progress)


def restore(source: Path, *, force: bool, on_progress: Callable[[float, str], None]) -> None:
    """Verify ``source`` and put it into the data folder."""
    _embedded_only()
    copies.restore(source, environment.data_folder(), force=force, on_progress=on_progress)


def _embedded_only() -> None:
    if os.environ.get("DATABASE_URL"):
        raise click.ClickException("现在用的是自己的 PostgreSQL，请用它自带的 pg_basebackup 备份。")
