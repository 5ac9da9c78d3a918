"""Jobs of capture: reading what came in, and forgetting."""

from __future__ import annotations

import time

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from mingbai.capture import commands
from mingbai.kernel.ports import second_opinion
from mingbai.regions import queries as regions

_AGAIN = RetryStrategy(max_attempts=5, exponential_wait=5)
# A job reads for this long (seconds), then leaves the rest to the next one: others get their turn.
TURN = 5.0
GLANCE = 0.2


@app.task(name="capture.read", queue="capture", retry=_AGAIN)
def read(county: str) -> None:
    """Read the county's talk as it settles, until nothing waits; woken by whatever comes in.

    Several may run side by side, in several workers: they share the groups.
    """
    end = time.monotonic() + TURN
    while (wait := commands.next_due(county=county)) is not None:
        if time.monotonic() > end:
            commands.wake(county)
            return
        if wait > 0:
            time.sleep(min(wait, GLANCE))
        else:
            commands.digest(county=county)


@app.periodic(cron="* * * * *")
@app.task(name="capture.digest_all", queue="capture", queueing_lock="capture.digest_all")
def digest_all(timestamp: int) -> None:
    """Each minute: see to it that nothing waits unnoticed, whatever became of the jobs that were woken."""
    del timestamp
    for county in regions.counties():
        wait = commands.next_due(county=county)
        if wait is not None:
            commands.wake(county)


@app.periodic(cron="7 * * * *")
@app.task(name="capture.forget", queue="capture", queueing_lock="capture.forget")
def forget(timestamp: int) -> None:
    """Each hour: delete what is older than 72 hours, and try again what waits for an office's key."""
    del timestamp
    for county in regions.counties():
        commands.note_talk_days(county=county)
        commands.forget_old(county=county)
        commands.release_held(county=county)


@app.periodic(cron="*/5 * * * *")
@app.task(name="capture.ask_opinions", queue="capture", queueing_lock="capture.ask_opinions")
def ask_opinions(timestamp: int) -> None:
    """Each five minutes, where another model is set: ask it about what waits for a clerk."""
    del timestamp
    opinion = second_opinion()
    if opinion is None:
        return
    for county in regions.counties():
        commands.ask_opinions(county=county, opinion=opinion)
