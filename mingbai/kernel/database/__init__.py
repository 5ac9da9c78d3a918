"""database 数据库: runs, sets up, backs up and restores the PostgreSQL that belongs to a data folder.

``Server(data).start()`` runs it, ``attach(data)`` finds the one that another command runs;
``backup`` holds backing up and restoring. Nothing here knows Django.
"""

from mingbai.kernel.database.errors import (
    AlreadyRunning,
    BackupBroken,
    DatabaseProblem,
    NotRunning,
    ProgramsMissing,
    RestoreRefused,
    StartFailed,
)
from mingbai.kernel.database.roles import create_database, drop_database, ensure_roles
from mingbai.kernel.database.server import Live, Running, Server, attach, connect_urls

__all__ = [
    "AlreadyRunning",
    "BackupBroken",
    "DatabaseProblem",
    "Live",
    "NotRunning",
    "ProgramsMissing",
    "RestoreRefused",
    "Running",
    "Server",
    "StartFailed",
    "attach",
    "connect_urls",
    "create_database",
    "drop_database",
    "ensure_roles",
]
