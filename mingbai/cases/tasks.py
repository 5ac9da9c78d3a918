"""The clock of cases: every minute, county by county, batch by batch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from procrastinate.contrib.django import app

from mingbai.cases import commands
from mingbai.kernel import scopes
from mingbai.regions import queries as regions

log = logging.getLogger(__name__)
_EACH_MINUTE = (commands.escalate_overdue, commands.close_silent)
_EACH_HOUR = (commands.hand_up_unstaffed, *_EACH_MINUTE)


@app.periodic(cron="* * * * *")
@app.task(name="cases.tick", queue="cases", queueing_lock="cases.tick")
def tick(timestamp: int) -> None:
    """Let the clock remind, urge, send up and close; drop old drafts. Each batch is a transaction.

    A run that breaks off has kept what it finished, and the next one goes on from there. A county
    that raises is logged and tried again a minute later; the others are not held up.
    """
    works = _EACH_HOUR if timestamp // 60 % 60 == 0 else _EACH_MINUTE
    with scopes.enter():
        counties = regions.counties()
    for county in counties:
        try:
            run(county, works)
        except Exception:
            log.exception("the clock of %s broke off", county)


def run(county: str, works: Sequence[Callable[[str], int]] = _EACH_MINUTE) -> int:
    """Let the clock of one county run until nothing is due; return how many cases it dealt with."""
    dealt = 0
    for work in works:
        while True:
            with scopes.enter(scope=county, public=False):
                done = work(county)
            if not done:
                break
            dealt += done
    with scopes.enter(scope=county, public=False):
        commands.discard_old_drafts(county)
        commands.fold_tallies(county)
    return dealt


@app.periodic(cron="*/5 * * * *")
@app.task(name="cases.follow_up", queue="cases", queueing_lock="cases.follow_up")
def follow_up(timestamp: int) -> None:
    """Queue calls to reporters and tell followers what happened; a transaction per county."""
    del timestamp
    with scopes.enter():
        counties = regions.counties()
    for county in counties:
        with scopes.enter(scope=county, public=False):
            commands.queue_call_backs(county)
            commands.tell_followers(county)
