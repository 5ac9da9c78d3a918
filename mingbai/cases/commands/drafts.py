"""Drafts: what was typed survives a wrong code, a bad photo and a closed page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from mingbai.cases.models import Attachment, Draft
from mingbai.kernel import clock, scopes, uploads

KEPT = timedelta(days=3)


def keep_draft(*, key: UUID, region: str, content: Mapping[str, object]) -> None:
    """Write or replace the draft ``key``; one that has become a case stays as it is.

    A draft is no effect yet and holds no phone, so it leaves no audit entry.
    """
    values = {
        "county": region[:6],
        "region": region,
        "content": dict(content),
        "made_at": clock.now(),
    }
    draft, made = Draft.objects.get_or_create(key=key, defaults=values)
    if not made and not draft.number:
        draft.region, draft.county, draft.content = region, region[:6], dict(content)
        draft.save()


def finish_draft(*, key: UUID, number: str) -> None:
    """Remember which case a draft became, and forget its words."""
    Draft.objects.filter(key=key).update(number=number, content={})


def discard_draft(*, key: UUID) -> None:
    """Delete a draft and every word of it."""
    Draft.objects.filter(key=key).delete()


def forget_unused(*, county: str, digests: Iterable[str]) -> None:
    """Delete, once the transaction commits, those files that no case of the county holds."""
    wanted = set(digests)
    with scopes.enter(scope=county):
        rows = Attachment.objects.filter(county=county, digest__in=wanted)
        used = set(rows.values_list("digest", flat=True))
    for digest in sorted(wanted - used):
        transaction.on_commit(partial(uploads.remove, digest))


def discard_old_drafts(county: str) -> int:
    """Delete drafts older than three days; return how many."""
    old = Draft.objects.filter(county=county, made_at__lt=clock.now() - KEPT)
    return old.delete()[0]
