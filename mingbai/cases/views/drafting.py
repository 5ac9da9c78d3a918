"""What the pages of filing share: whose draft it is, and the files that it holds so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from mingbai.cases import queries
from mingbai.cases.forms import MOST_PHOTOS
from mingbai.kernel import uploads
from mingbai.kernel.decisions import BadInput
from mingbai.kernel.uploads import StoredFile

_REMEMBERED = 5
MOST = {"photo": MOST_PHOTOS, "voice": 1}


@dataclass
class Sent:
    """Files of one form: those that were kept, and a sentence for each that was not."""

    kept: list[StoredFile] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def key_of(request: HttpRequest) -> UUID:
    """Return the draft that the form is for; a new one where the field was tampered with."""
    try:
        return UUID(request.POST.get("draft", ""))
    except ValueError:
        return uuid4()


def own(request: HttpRequest, key: UUID) -> queries.DraftView | None:
    """Return the draft if this browser made it; a link with its key opens nothing elsewhere."""
    if str(key) not in _mine(request):
        return None
    return queries.draft(key)


def unfinished(request: HttpRequest, region: str) -> queries.DraftView | None:
    """Return the last draft for a village that this browser began and has not handed in."""
    for key in reversed(_mine(request)):
        kept = queries.draft(UUID(key))
        if kept is not None and kept.region == region and not kept.number:
            return kept
    return None


def key_to_offer(request: HttpRequest) -> UUID:
    """Return the key of a draft to be: this browser's, before it sends anything.

    Should the answer to the first photo be lost on the way, the same photo comes again from a
    browser that is already known to have made the draft.
    """
    last = _mine(request)[-1:]
    if last and queries.draft(UUID(last[0])) is None:
        return UUID(last[0])
    key = uuid4()
    remember(request, key)
    return key


def remember(request: HttpRequest, key: UUID) -> None:
    """Note that this browser made the draft."""
    if _mine(request)[-1:] != [str(key)]:
        kept = [k for k in _mine(request) if k != str(key)]
        request.session["drafts"] = [*kept, str(key)][-_REMEMBERED:]


def forget(request: HttpRequest, key: UUID) -> None:
    """Note that the draft is gone."""
    request.session["drafts"] = [k for k in _mine(request) if k != str(key)]


def files_of(kept: queries.DraftView | None) -> list[StoredFile]:
    """Return the photos and the voice that a draft holds."""
    if kept is None:
        return []
    rows = cast("Sequence[Mapping[str, Any]]", kept.content.get("files", []))
    return [StoredFile(**row) for row in rows]


def photos_of(kept: queries.DraftView | None) -> list[StoredFile]:
    """Return the photos of a draft in the order in which they came."""
    return [file for file in files_of(kept) if file.kind == "photo"]


def take(request: HttpRequest, name: str, kind: str, there: Sequence[StoredFile]) -> Sent:
    """Keep those files of a form field that are good; each other one is named with what is wrong.

    A file that the draft holds already (sent once more over a broken line) is not counted twice.
    """
    sent = Sent()
    known = {file.digest for file in there}
    room = MOST[kind] - sum(file.kind == kind for file in there)
    for file in cast("list[UploadedFile[Any]]", request.FILES.getlist(name)):
        called = f"“{file.name}”" if file.name else "有一个文件"
        if not file.size:
            sent.wrong.append(f"{called}没有传上来，请重新选。")
            continue
        try:
            stored = uploads.store(file, kinds=(kind,))
        except BadInput as bad:
            sent.wrong.append(f"{called}没有收下：{bad}")
            continue
        if stored.digest in known:
            continue
        if len(sent.kept) >= room:
            sent.wrong.append(f"{called}没有收下：最多 {MOST[kind]} 张，先去掉几张再加。")
            continue
        known.add(stored.digest)
        sent.kept.append(stored)
    return sent


def _mine(request: HttpRequest) -> list[str]:
    return cast("list[str]", request.session.get("drafts", []))
