"""When talk is read: soon after its sender has finished, by a job that comes only when there is something."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

TASK = "capture.read"
_QUEUED = (
    "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo')"
)


def quiet() -> timedelta:
    """Return how long a sender is quiet before what was said counts as finished."""
    return timedelta(seconds=settings.CAPTURE_QUIET)


def longest() -> timedelta:
    """Return how long at most a message waits for its sender to finish."""
    return timedelta(seconds=settings.CAPTURE_QUIET + 1)


def settles(received: datetime, last: datetime) -> datetime:
    """Return when words received at one moment are to be read, their sender having last spoken at ``last``."""
    return max(received, min(last + quiet(), received + longest()))


def wake(county: str) -> None:
    """See to it that a worker reads the county's talk; call it after the commit.

    One job waits at most. One that runs already may be about to end, so it does not count.
    """
    lock = f"{TASK}:{county}"
    with connection.cursor() as cursor:
        cursor.execute(_QUEUED, [lock])
        if cursor.fetchone()[0]:
            return
    try:
        app.configure_task(TASK, queue="capture", queueing_lock=lock).defer(county=county)
    except AlreadyEnqueued:
        return  # somebody else was faster; that job will find our messages too
