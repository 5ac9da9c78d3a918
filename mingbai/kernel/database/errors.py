"""What can go wrong with the database. Every message is Chinese and says what to do next."""

from __future__ import annotations


class DatabaseProblem(Exception):
    """The database cannot do what was asked; the message is meant for the operator."""


class ProgramsMissing(DatabaseProblem):
    """No PostgreSQL programs of a suitable version were found."""


class AlreadyRunning(DatabaseProblem):
    """Another process already runs the database of this data folder."""


class NotRunning(DatabaseProblem):
    """A command needs the running database, and none runs."""


class StartFailed(DatabaseProblem):
    """PostgreSQL did not come up, or came up unusable."""


class BackupBroken(DatabaseProblem):
    """A backup is incomplete or changed; the message names the file."""


class RestoreRefused(DatabaseProblem):
    """A restore would overwrite something, or the backup does not fit the programs at hand."""
