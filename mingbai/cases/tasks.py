"""The clock of cases: every minute, county by county, batch by batch."""

from __future__ import annotations

from procrastinate.contrib.django import app

from mingbai.cases import commands
from mingbai.kernel import scopes
from mingbai.regions import queries as regions

_EACH_MINUTE = (commands.escalate_overdue, commands.close_silent)
_EACH_HOUR = (commands.hand_up_unstaffed, *_EACH_MINUTE)


@app.periodic(cron="* * * * *")
@app.task(name="cases.tick", queue="cases", queueing_lock="cases.tick")
def tick(timestamp: int) -> None:
    """Let the clock remind, urge, send up and close; drop old drafts. Each batch is a transaction.

    A run that breaks off has kept what it finished, and the next one goes on from there.
    """
    works = _EACH_HOUR if timestamp // 60 % 60 == 0 else _EACH_MINUTE
    with scopes.enter():
        counties = regions.counties()
    for county in counties:
        for work in works:
            while True:
                with scopes.enter(scope=county, public=False):
                    done = work(county)
                if not done:
                    break
        with scopes.enter(scope=county, public=False):
            commands.discard_old_drafts(county)


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
