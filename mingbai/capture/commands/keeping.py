"""Memory with limits: what is no evidence of a request is deleted after 72 hours."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.db.models import Q

from mingbai.audit.commands import record
from mingbai.capture.commands.intake import read_again
from mingbai.capture.commands.tallying import count_forgotten
from mingbai.capture.models import DeadLetter, Finding
from mingbai.kernel import clock, scopes

KEPT = timedelta(hours=72)
UNDECIDED = timedelta(days=7)
# As long as later talk is compared with it (reading.MEMORY).
FILED = timedelta(days=15)
_DELETE = """
WITH gone AS (
  DELETE FROM capture_message WHERE county = %s AND received_at < %s RETURNING finding_id),
faded AS (
  UPDATE capture_finding SET faded = true
  WHERE id IN (SELECT finding_id FROM gone WHERE finding_id IS NOT NULL) AND NOT faded)
SELECT count(*) FROM gone
"""
_RELEASE = """
UPDATE capture_message SET held = false WHERE county = %s AND held RETURNING group_id, said_at
"""


def forget_old(*, county: str) -> int:
    """Delete messages older than 72 hours (by receipt); return how many.

    网络数据安全管理条例第二十四条: data caught unavoidably by automatic means without need is deleted.
    What a clerk ruled to be no request goes with the talk; what nobody has looked at goes after a
    week. A case keeps its own copy of the evidence, so its messages go too, and after 15 days what
    was found: until then later talk joins its case. Of what could not be taken only the reason stays.
    """
    with scopes.enter(scope=county):
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, [county, now - KEPT])
            deleted = int(cursor.fetchone()[0])
        old = Finding.objects.filter(
            Q(status=Finding.Status.DISMISSED, found_at__lt=now - KEPT)
            | Q(status=Finding.Status.REVIEW, found_at__lt=now - UNDECIDED)
            | Q(found_at__lt=now - FILED),
            county=county,
        )
        _, counts = old.delete()
        stale = counts.get(Finding._meta.label, 0)
        aside = DeadLetter.objects.filter(county=county, at__lt=now - KEPT, body__isnull=False)
        emptied = aside.update(body=None)
        if deleted or stale:
            count_forgotten(county=county, expired=deleted, findings=stale)
        if deleted or stale or emptied:
            record(
                actor=None,
                verb="forget",
                thing="inbox",
                thing_id=county,
                county=county,
                detail={"messages": deleted, "findings": stale, "aside": emptied},
            )
    return deleted


def release_held(*, county: str) -> None:
    """Let the next digest try again what could not be sealed because the office had no key."""
    with scopes.enter(scope=county):
        with connection.cursor() as cursor:
            cursor.execute(_RELEASE, [county])
            released = cursor.fetchall()
        read_again(county, released)
