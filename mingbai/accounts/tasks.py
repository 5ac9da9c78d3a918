"""Jobs of accounts: forgetting codes, failures and sessions that have ended."""

from __future__ import annotations

from procrastinate.contrib.django import app

from mingbai.accounts import commands
from mingbai.kernel import scopes


@app.periodic(cron="23 4 * * *")
@app.task(name="accounts.forget", queue="notices", queueing_lock="accounts.forget")
def forget(timestamp: int) -> None:
    """Each night: delete what logging in has left behind."""
    del timestamp
    with scopes.enter():
        commands.forget_old()
