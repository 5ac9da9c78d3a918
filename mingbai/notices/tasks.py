"""Jobs of the outbox: deliver after commit, and pick up what a killed worker left behind."""

from __future__ import annotations

import logging

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from mingbai.kernel import scopes
from mingbai.notices import commands

log = logging.getLogger(__name__)


class NotSent(Exception):
    """The channel did not take the message; the job is tried again."""


@app.task(
    name="notices.deliver", queue="notices", retry=RetryStrategy(max_attempts=6, exponential_wait=4)
)
def deliver(county: str, delivery_id: int) -> None:
    """Send one delivery; raises ``NotSent`` so that the job is tried again."""
    with scopes.enter(scope=county):
        sent = commands.deliver(county=county, delivery_id=delivery_id)
    if not sent:
        raise NotSent(str(delivery_id))


@app.task(
    name="notices.deliver_to_group",
    queue="notices",
    retry=RetryStrategy(max_attempts=6, exponential_wait=4),
)
def deliver_to_group(county: str, message_id: int) -> None:
    """Send one group message; raises ``NotSent`` so that the job is tried again."""
    with scopes.enter(scope=county):
        sent = commands.deliver_to_group(county=county, message_id=message_id)
    if not sent:
        raise NotSent(str(message_id))


@app.periodic(cron="* * * * *")
@app.task(
    name="kernel.retry_stalled",
    queue="notices",
    queueing_lock="kernel.retry_stalled",
    pass_context=True,
)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Each minute: run again the jobs whose worker died in the middle (off by default in procrastinate)."""
    del timestamp
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        try:
            await manager.retry_job(job)
        except ConnectorException as wrong:
            # One that waits already (its queueing lock) or has just ended must not hold up the others.
            log.warning("job %s (%s) is not run again now: %s", job.id, job.task_name, wrong)
