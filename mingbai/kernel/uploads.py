"""Photos, voice and video: limited while they stream in, judged by content, kept by digest.

Images are decoded and encoded anew, so that neither EXIF (place, time, phone) nor anything hidden
behind the picture survives; a thumbnail is made at once. Voice and video are kept as they came.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import puremagic
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from PIL import Image, ImageOps, UnidentifiedImageError

from mingbai.kernel.decisions import BadInput

MEGABYTE = 1024 * 1024
LIMITS = {"photo": 12 * MEGABYTE, "voice": 10 * MEGABYTE, "video": 50 * MEGABYTE}
REQUEST_LIMIT = 80 * MEGABYTE
PIXELS = 50_000_000
SIDE = 1920
THUMB = 320
IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "MPO")
KIND_WORDS = {"photo": "照片", "voice": "录音", "video": "视频"}


@dataclass(frozen=True)
class StoredFile:
    """A file kept under ``MEDIA_ROOT``: SHA-256, kind (photo, voice, video), type, bytes, pixels."""

    digest: str
    kind: str
    mime: str
    size: int
    width: int = 0
    height: int = 0


class LimitHandler(FileUploadHandler):
    """Stops reading a request whose files grow beyond ``REQUEST_LIMIT``, whatever its length says."""

    seen = 0

    def new_file(self, *args: object, **kwargs: object) -> None:
        """Let the next handlers take the file."""
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Count the bytes; beyond the limit the upload is broken off."""
        self.seen += len(raw_data)
        if self.seen > REQUEST_LIMIT:
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


def store(file: UploadedFile[Any], *, kinds: Collection[str] = ("photo", "voice", "video")) -> StoredFile:
    """Check and keep an uploaded file.

    Raises ``BadInput`` with a Chinese sentence when it is of another kind, too big or not readable.
    """
    head = file.read(4096)
    file.seek(0)
    if not head:
        raise BadInput("这个文件是空的，请重新选一个。", "files")
    kind, mime = _judge(bytes(head))
    if kind not in kinds:
        wanted = "、".join(KIND_WORDS[k] for k in KIND_WORDS if k in kinds)
        raise BadInput(f"这个文件不是{wanted}，请重新选一个。", "files")
    if (file.size or 0) > LIMITS[kind]:
        most = LIMITS[kind] // MEGABYTE
        raise BadInput(f"{KIND_WORDS[kind]}太大，最多 {most} 兆，请换小一点的。", "files")
    if kind == "photo":
        return _store_image(file)
    return _store_plain(file, kind, mime)


def store_bytes(data: bytes, name: str, *, kinds: Collection[str] = ("photo", "voice", "video")) -> StoredFile:
    """Check and keep a file that is already in memory (a connector's media, demo pictures)."""
    return store(UploadedFile(io.BytesIO(data), name, size=len(data)), kinds=kinds)


def path(digest: str, variant: str = "original") -> Path:
    """Return where a kept file lies; ``variant`` is ``original`` or ``thumb``."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("not a digest")
    suffix = ".thumb" if variant == "thumb" else ""
    return Path(settings.MEDIA_ROOT) / digest[:2] / f"{digest}{suffix}"


def _judge(head: bytes) -> tuple[str, str]:
    try:
        mime = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        mime = ""
    if head[:4] == b"\x1aE\xdf\xa3":  # WebM of a browser's recorder: sound unless a video codec shows
        mime = "video/webm" if b"V_" in head else "audio/webm"
    if head[4:8] == b"ftyp":
        mime = "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    if head[:4] == b"OggS":
        mime = "audio/ogg"
    if head[:5] == b"#!AMR":
        mime = "audio/amr"
    if head[:3] == b"ID3" or head[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf1"}:
        mime = "audio/mpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        mime = "audio/wav"
    kinds = {"image": "photo", "audio": "voice", "video": "video"}
    return kinds.get(mime.partition("/")[0], ""), mime


def _store_image(file: BinaryIO | UploadedFile[Any]) -> StoredFile:
    picture = _decode(file)
    shown = picture.convert("RGB")
    shown.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    data = _jpeg(shown, 82)
    digest = hashlib.sha256(data).hexdigest()
    small = shown.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    _write(path(digest, "thumb"), _jpeg(small, 75))
    _write(path(digest), data)
    return StoredFile(digest, "photo", "image/jpeg", len(data), shown.width, shown.height)


def _decode(file: BinaryIO | UploadedFile[Any]) -> Image.Image:
    sentence = "这张照片打不开，请重新拍一张或换一张。"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(file, formats=IMAGE_FORMATS)
            if picture.width * picture.height > PIXELS:
                raise BadInput("照片的像素太多，请换一张普通照片。", "files")
            picture.load()
            return ImageOps.exif_transpose(picture)
    except BadInput:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError,
            Image.DecompressionBombWarning) as wrong:
        raise BadInput(sentence, "files") from wrong


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _store_plain(file: UploadedFile[Any], kind: str, mime: str) -> StoredFile:
    hasher = hashlib.sha256()
    size = 0
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=root, delete=False) as held:
        for chunk in file.chunks():
            size += len(chunk)
            if size > LIMITS[kind]:
                Path(held.name).unlink()
                raise BadInput(f"{KIND_WORDS[kind]}太大，最多 {LIMITS[kind] // MEGABYTE} 兆。", "files")
            hasher.update(chunk)
            held.write(chunk)
        held.flush()
        os.fsync(held.fileno())
    target = path(hasher.hexdigest())
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    Path(held.name).replace(target)
    return StoredFile(hasher.hexdigest(), kind, mime, size)


def _write(target: Path, data: bytes) -> None:
    """Write durably and whole: a crash leaves either nothing or the complete file."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as held:
        held.write(data)
        held.flush()
        os.fsync(held.fileno())
    Path(held.name).replace(target)
