"""Drafts: what was typed survives a wrong code, a bad photo, a broken line and a closed page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from mingbai.cases.models import Attachment, Draft
from mingbai.kernel import clock, scopes, uploads
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.uploads import StoredFile
from mingbai.regions import queries as regions

KEPT = timedelta(days=3)


@transaction.atomic
def keep_draft(*, key: UUID, region: str, content: Mapping[str, object]) -> None:
    """Write or replace the draft ``key``; one that has become a case stays as it is.

    A draft is no effect yet and holds no phone, so it leaves no audit entry.
    """
    draft, made = _locked(key, region, dict(content))
    if not made and not draft.number:
        draft.region, draft.county, draft.content = region, region[:6], dict(content)
        draft.save()


@transaction.atomic
def add_draft_photo(*, key: UUID, region: str, photo: StoredFile, most: int) -> int:
    """Put one photo into the draft and return how many it holds; the same photo counts once.

    The draft is made when there is none. Raises ``BadInput`` beyond ``most`` photos and for a draft
    that was handed in.
    """
    draft, _ = _locked(key, region, {"files": []})
    files = draft.content.setdefault("files", [])
    photos = [file for file in files if file["kind"] == "photo"]
    if draft.number:
        raise BadInput("这件已经交了，照片请在件的页面里补充。", "photos")
    if photo.digest in {file["digest"] for file in photos}:
        return len(photos)
    if len(photos) >= most:
        raise BadInput(f"最多 {most} 张，先去掉几张再加。", "photos")
    files.append(asdict(photo))
    draft.save(update_fields=["content"])
    return len(photos) + 1


@transaction.atomic
def drop_draft_photos(*, key: UUID, digests: Collection[str]) -> None:
    """Take photos out of a draft; a file that nothing else holds is deleted."""
    draft = Draft.objects.select_for_update().filter(key=key, number="").first()
    if draft is None or not digests:
        return
    files = draft.content.get("files", [])
    gone = [f["digest"] for f in files if f["kind"] == "photo" and f["digest"] in digests]
    draft.content["files"] = [file for file in files if file["digest"] not in gone]
    draft.save(update_fields=["content"])
    forget_unused(digests=gone)


def finish_draft(*, key: UUID, number: str) -> None:
    """Remember which case a draft became, and forget its words."""
    Draft.objects.filter(key=key).update(number=number, content={})


def discard_draft(*, key: UUID) -> None:
    """Delete a draft and every word of it."""
    Draft.objects.filter(key=key).delete()


def forget_unused(*, digests: Iterable[str]) -> None:
    """Delete, once the transaction commits, those files that no case and no draft anywhere holds."""
    wanted = set(digests)
    if not wanted:
        return
    used = {digest for digest in wanted if _drafted(digest)}
    for province in {county[:2] for county in regions.counties()}:
        with scopes.enter(scope=province):
            rows = Attachment.objects.filter(digest__in=wanted)
            used |= set(rows.values_list("digest", flat=True))
    for digest in sorted(wanted - used):
        transaction.on_commit(partial(uploads.remove, digest))


@transaction.atomic
def discard_old_drafts(county: str) -> int:
    """Delete drafts older than three days with their files; return how many."""
    old = Draft.objects.filter(county=county, made_at__lt=clock.now() - KEPT)
    held = [file["digest"] for c in old.values_list("content", flat=True) for file in _files(c)]
    count = old.delete()[0]
    forget_unused(digests=held)
    return count


def _locked(key: UUID, region: str, content: dict[str, object]) -> tuple[Draft, bool]:
    rows = Draft.objects.select_for_update()
    return rows.get_or_create(
        key=key,
        defaults={
            "county": region[:6],
            "region": region,
            "content": content,
            "made_at": clock.now(),
        },
    )


def _drafted(digest: str) -> bool:
    open_ = Draft.objects.filter(number="", content__files__contains=[{"digest": digest}])
    return open_.exists()


def _files(content: Mapping[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return content.get("files", [])
