"""The clock of cases: every ten minutes, county by county."""

from __future__ import annotations

from procrastinate.contrib.django import app

from mingbai.cases import commands
from mingbai.kernel import scopes
from mingbai.regions import queries as regions


@app.periodic(cron="*/10 * * * *")
@app.task(name="cases.tick", queue="cases", queueing_lock="cases.tick")
def tick(timestamp: int) -> None:
    """Escalate what is overdue, close what stays unrated, drop old drafts; a transaction per county."""
    del timestamp
    with scopes.enter():
        counties = regions.counties()
    for county in counties:
        with scopes.enter(scope=county, public=False):
            commands.escalate_overdue(county)
            commands.close_silent(county)
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
