"""The only clock: the database's, constant within a transaction, pinned in tests and demo life."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from mingbai.kernel import scopes

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the time of the running transaction (aware), or the database's time outside of one."""
    entered = scopes.current()
    if entered is not None:
        return entered.at
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(nullif(current_setting('mingbai.now', true), '')::timestamptz, now())"
        )
        moment: datetime = cursor.fetchone()[0]
    return moment


def today() -> date:
    """Return the day of ``now()`` in Shanghai."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """Return ``moment`` as the clock on the wall in Shanghai shows it."""
    return moment.astimezone(SHANGHAI)
