"""A form that came back with doubts: what its page shows, and its photos.

A browser does not send a chosen file again by itself. The photos stay on the server, and a signed
note in the form names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import cast

from django.core import signing
from django.http import HttpRequest

from mingbai.cases.commands import Doubted
from mingbai.cases.passing import KIND_WORDS
from mingbai.cases.views.common import actor_of
from mingbai.kernel.uploads import StoredFile

_LASTS = 24 * 60 * 60
_SALT = "cases.kept"


_FILES = {"before": "办理前照片", "after": "办理后照片", "files": "照片"}
_FIELDS = {"files": "after"}  # an assisting body's photos come from this field


def doubted(request: HttpRequest, doubt: Doubted, given: Mapping[str, object]) -> dict[str, object]:
    """Return what the page shows of the doubts, with notes for the photos that were ``given``."""
    files = [(name, cast("list[StoredFile]", given[name])) for name in _FILES if given.get(name)]
    return {
        "doubts": [
            {"word": KIND_WORDS[one.kind], "evidence": one.evidence, "quote": one.quote}
            for one in doubt.found
        ],
        "kept_counts": [(_FILES[name], len(some)) for name, some in files],
        "kept_notes": [
            (_FIELDS.get(name, name), signing.dumps([asdict(f) for f in some], salt=_salt(request)))
            for name, some in files
        ],
    }


def kept(request: HttpRequest, name: str) -> list[StoredFile]:
    """Return the files of the note in field ``kept-name``; none when it is missing, false or too old."""
    text = request.POST.get(f"kept-{name}", "")
    if not text:
        return []
    try:
        found = signing.loads(text, salt=_salt(request), max_age=_LASTS)
    except signing.BadSignature:
        return []
    return [StoredFile(**file) for file in found]


def _salt(request: HttpRequest) -> str:
    """Bind a note to the address of the form, which names case and move, and to the person."""
    return f"{_SALT}:{request.path}:{actor_of(request).person_id}"
