"""Memory with limits: what is no evidence of a request is deleted after 72 hours."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from mingbai.audit.commands import record
from mingbai.capture.commands.tallying import count_forgotten
from mingbai.capture.models import Finding, Message
from mingbai.kernel import clock, scopes

KEPT = timedelta(hours=72)
REMEMBERED = timedelta(days=7)


def forget_old(*, county: str) -> int:
    """Delete messages older than 72 hours (by receipt); return how many.

    网络数据安全管理条例第二十四条: data caught unavoidably by automatic means without need is deleted.
    What a clerk ruled to be no request goes with the talk. A case keeps its own copy of the
    evidence, so its messages go too, and what was found a week ago, decided or not: until then it
    waits for a clerk, or lets later talk join its case.
    """
    with scopes.enter(scope=county):
        now = clock.now()
        deleted, _ = Message.objects.filter(county=county, received_at__lt=now - KEPT).delete()
        dismissed = Q(status=Finding.Status.DISMISSED, found_at__lt=now - KEPT)
        old = Finding.objects.filter(dismissed | Q(found_at__lt=now - REMEMBERED), county=county)
        _, counts = old.delete()
        stale = counts.get(Finding._meta.label, 0)
        if deleted or stale:
            count_forgotten(county=county, expired=deleted, findings=stale)
            record(
                actor=None,
                verb="forget",
                thing="inbox",
                thing_id=county,
                county=county,
                detail={"messages": deleted, "findings": stale},
            )
    return deleted


def release_held(*, county: str) -> None:
    """Let the next digest try again what could not be sealed because the office had no key."""
    with scopes.enter(scope=county):
        Message.objects.filter(county=county, held=True).update(held=False)
