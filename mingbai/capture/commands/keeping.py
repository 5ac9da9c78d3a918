"""Memory with limits: what is no evidence of a request is deleted after 72 hours."""

from __future__ import annotations

from datetime import timedelta

from mingbai.audit.commands import record
from mingbai.capture.models import Finding, Message
from mingbai.kernel import clock, scopes

KEPT = timedelta(hours=72)


def forget_old(*, county: str) -> int:
    """Delete messages older than 72 hours (by receipt); return how many.

    网络数据安全管理条例第二十四条: data caught unavoidably by automatic means without need is deleted.
    A case keeps its own copy of the evidence, so its messages go too; an undecided finding keeps its
    own text and is dropped after a week.
    """
    with scopes.enter(scope=county):
        now = clock.now()
        deleted, _ = Message.objects.filter(county=county, received_at__lt=now - KEPT).delete()
        stale, _ = Finding.objects.filter(
            county=county,
            status__in=[Finding.Status.REVIEW, Finding.Status.DISMISSED],
            found_at__lt=now - timedelta(days=7),
        ).delete()
        if deleted or stale:
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
