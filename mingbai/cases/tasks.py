"""The clock of cases: every minute, county by county, batch by batch."""

from __future__ import annotations

from procrastinate.contrib.django import app

from mingbai.cases import commands
from mingbai.kernel import scopes
from mingbai.regions import queries as regions

_IN_BATCHES = (commands.hand_up_unstaffed, commands.escalate_overdue, commands.close_silent)


@app.periodic(cron="* * * * *")
@app.task(name="cases.tick", queue="cases", queueing_lock="cases.tick")
def tick(timestamp: int) -> None:
    """Let the clock remind, urge, send up and close; drop old drafts. Each batch is a transaction.

    A run that breaks off has kept what it finished, and the next one goes on from there.
    """
    del timestamp
    with scopes.enter():
        counties = regions.counties()
    for county in counties:
        for work in _IN_BATCHES:
            while True:
                with scopes.enter(scope=county, public=False):
                    done = work(county)
                if not done:
                    break
        with scopes.enter(scope=county, public=False):
            commands.discard_old_drafts(county)
