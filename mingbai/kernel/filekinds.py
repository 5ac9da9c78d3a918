"""What a file is, by its first bytes; neither its name nor what the browser says is believed.

Only what phones make and browsers play is known here, so anything else is refused.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import puremagic
from django.core.files.uploadedfile import UploadedFile

_PHOTOS = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/x-ms-bmp"}
)
APPLE = frozenset({"image/heic", "image/avif"})
MP4 = frozenset({"video/mp4", "video/quicktime", "video/3gpp"})
_LARGEST_INDEX = 8 * 1024 * 1024
_MOST_BOXES = 64


class Kind(NamedTuple):
    """``photo``, ``voice``, ``video`` or empty for anything else, and the media type."""

    kind: str
    mime: str


_NOTHING = Kind("", "")
_STARTS = (
    (b"#!AMR-WB\n", Kind("voice", "audio/amr-wb")),
    (b"#!AMR\n", Kind("voice", "audio/amr")),
    (b"ID3", Kind("voice", "audio/mpeg")),
    (b"\xff\xfb", Kind("voice", "audio/mpeg")),
    (b"\xff\xfa", Kind("voice", "audio/mpeg")),
    (b"\xff\xf3", Kind("voice", "audio/mpeg")),
    (b"\xff\xf2", Kind("voice", "audio/mpeg")),
    (b"\xff\xf1", Kind("voice", "audio/aac")),
    (b"\xff\xf9", Kind("voice", "audio/aac")),
)


def judge(head: bytes) -> Kind:
    """Return what a file is that begins with ``head`` (4 KB are enough)."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
        moving = any(codec in head for codec in (b"V_VP8", b"V_VP9", b"V_AV1", b"V_MPEG4"))
        return Kind("video", "video/webm") if moving else Kind("voice", "audio/webm")
    if head.startswith(b"OggS"):
        return _NOTHING if b"theora" in head else Kind("voice", "audio/ogg")
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return Kind("voice", "audio/wav")
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    return _photo(head)


def sound_or_picture(file: UploadedFile[Any], mime: str) -> Kind:
    """Tell a recording from a film: both come as MP4, only a film's index names a picture track.

    ``mime`` is what ``judge`` said. The file is left wherever reading stopped.
    """
    index = _index(file)
    if b"soun" in index and b"vide" not in index:
        return Kind("voice", "audio/3gpp" if mime == "video/3gpp" else "audio/mp4")
    return Kind("video", mime)


def _of_brand(brand: bytes) -> Kind:
    if brand in {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}:
        return Kind("photo", "image/heic")
    if brand in {b"avif", b"avis"}:
        return Kind("photo", "image/avif")
    if brand.startswith(b"M4A"):
        return Kind("voice", "audio/mp4")
    if brand == b"qt  ":
        return Kind("video", "video/quicktime")
    return Kind("video", "video/3gpp" if brand.startswith(b"3g") else "video/mp4")


def _photo(head: bytes) -> Kind:
    try:
        mime = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return _NOTHING
    return Kind("photo", mime) if mime in _PHOTOS else _NOTHING


def _index(file: UploadedFile[Any]) -> bytes:
    """Return the box ``moov``, wherever it lies (ISO/IEC 14496-12); empty without one."""
    place = 0
    for _ in range(_MOST_BOXES):
        file.seek(place)
        box = file.read(16)
        size = int.from_bytes(box[:4], "big")
        if size == 1:
            size = int.from_bytes(box[8:16], "big")
        if box[4:8] == b"moov":
            file.seek(place)
            return bytes(file.read(min(size or _LARGEST_INDEX, _LARGEST_INDEX)))
        if size < 8:
            break
        place += size
    return b""
