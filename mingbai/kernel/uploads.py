"""Photos, voice and video: limited while they stream in, judged by content, kept by digest.

Images are decoded and encoded anew, so that neither EXIF (place, time, phone) nor anything hidden
behind the picture survives; a thumbnail is made at once. Voice and video are kept as they came.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tempfile
import warnings
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from PIL import Image, ImageOps, UnidentifiedImageError

from mingbai.kernel import filekinds
from mingbai.kernel.decisions import BadInput

MEGABYTE = 1024 * 1024
LIMITS = {"photo": 12 * MEGABYTE, "voice": 10 * MEGABYTE, "video": 50 * MEGABYTE}
REQUEST_LIMIT = 80 * MEGABYTE
HEAD = 4096
# A picture is decoded in memory, four bytes a pixel; JPEG is read at a fraction of its size.
PIXELS = 30_000_000
JPEG_PIXELS = 70_000_000
SIDE = 1920
THUMB = 320
IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")  # JPEG reads MPO, too
# Pillow's readers raise all of these for broken files.
_UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    EOFError,
    ValueError,
    IndexError,
    OverflowError,
    SyntaxError,
    struct.error,
)
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
    """Counts what streams in: no file fills the disk beyond its kind's limit, no request beyond all.

    The rest of a photo, voice or video that is too big is read and thrown away, so that the form
    comes back with a sentence; a request beyond ``REQUEST_LIMIT`` is broken off.
    """

    seen = 0
    kept = 0
    most: int | None = None

    def handle_raw_input(
        self,
        input_data: object,
        META: object,  # noqa: N803
        content_length: int,
        *args: object,
        **kwargs: object,
    ) -> None:
        """Refuse a request that says at once that it is too long; read nothing of it."""
        del input_data, META, args, kwargs
        if content_length > REQUEST_LIMIT:
            raise RequestDataTooBig("request beyond the limit")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass the bytes on to the next handler while the file may still grow."""
        self.seen += len(raw_data)
        if self.seen > REQUEST_LIMIT:
            raise RequestDataTooBig("files beyond the limit")
        if start == 0:
            self.kept = 0
            self.most = LIMITS.get(filekinds.judge(raw_data[:HEAD]).kind)
        if self.most is not None and self.kept > self.most:
            return None
        self.kept += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


def store(
    file: UploadedFile[Any], *, kinds: Collection[str] = ("photo", "voice", "video")
) -> StoredFile:
    """Check and keep an uploaded file.

    Raises ``BadInput`` with a Chinese sentence when it is of another kind, too big or not readable.
    """
    head = file.read(HEAD)
    file.seek(0)
    if not head:
        raise BadInput("这个文件是空的，请重新选一个。", "files")
    kind, mime = filekinds.judge(bytes(head))
    if mime in filekinds.APPLE:
        raise BadInput(
            "苹果手机的 HEIC 照片暂时收不了。请在手机“设置—相机—格式”里选“兼容性最佳”再拍，或者截图后传。",
            "files",
        )
    if mime in filekinds.MP4:
        kind, mime = filekinds.sound_or_picture(file, mime)
        file.seek(0)
    if kind not in kinds:
        wanted = "、".join(KIND_WORDS[k] for k in KIND_WORDS if k in kinds)
        raise BadInput(f"这个文件不是{wanted}，请重新选一个。", "files")
    if (file.size or 0) > LIMITS[kind]:
        raise _too_big(kind)
    return _store_image(file) if kind == "photo" else _store_plain(file, kind, mime)


def store_bytes(
    data: bytes, name: str, *, kinds: Collection[str] = ("photo", "voice", "video")
) -> StoredFile:
    """Check and keep a file that is already in memory (a connector's media, demo pictures)."""
    return store(UploadedFile(io.BytesIO(data), name, size=len(data)), kinds=kinds)


def remove(digest: str) -> None:
    """Delete a kept file and its thumbnail; nothing happens when they are gone already."""
    for variant in ("original", "thumb"):
        path(digest, variant).unlink(missing_ok=True)


def path(digest: str, variant: str = "original") -> Path:
    """Return where a kept file lies; ``variant`` is ``original`` or ``thumb``."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("not a digest")
    suffix = ".thumb" if variant == "thumb" else ""
    return Path(settings.MEDIA_ROOT) / digest[:2] / f"{digest}{suffix}"


def _too_big(kind: str) -> BadInput:
    return BadInput(
        f"{KIND_WORDS[kind]}太大，最多 {LIMITS[kind] // MEGABYTE} 兆，请换小一点的。", "files"
    )


def _store_image(file: UploadedFile[Any]) -> StoredFile:
    shown = _decode(file)
    data = _jpeg(shown, 82)
    digest = hashlib.sha256(data).hexdigest()
    small = shown.copy()
    small.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    _write(path(digest, "thumb"), _jpeg(small, 75))
    _write(path(digest), data)
    return StoredFile(digest, "photo", "image/jpeg", len(data), shown.width, shown.height)


def _decode(file: UploadedFile[Any]) -> Image.Image:
    """Return the picture upright, at most ``SIDE`` pixels wide and high, on white, without its data."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(file, formats=IMAGE_FORMATS)
            most = JPEG_PIXELS if picture.format in {"JPEG", "MPO"} else PIXELS
            if picture.width * picture.height > most:
                raise _too_many_pixels()
            picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
            clean = _on_white(ImageOps.exif_transpose(picture))
            clean.info = {}  # comments, EXIF, colour profile: JPEG would write them again
            return clean
    except Image.DecompressionBombError as bomb:
        raise _too_many_pixels() from bomb
    except _UNREADABLE as wrong:
        raise BadInput("这张照片打不开，请重新拍一张或换一张。", "files") from wrong


def _too_many_pixels() -> BadInput:
    return BadInput("照片的像素太多，请换一张普通照片。", "files")


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    return white


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _store_plain(file: UploadedFile[Any], kind: str, mime: str) -> StoredFile:
    hasher = hashlib.sha256()
    size = 0

    def counted() -> Iterable[bytes]:
        nonlocal size
        for chunk in file.chunks():
            size += len(chunk)
            if size > LIMITS[kind]:
                raise _too_big(kind)
            hasher.update(chunk)
            yield chunk

    root = Path(settings.MEDIA_ROOT)
    held = _hold(root, counted())
    _put(held, path(hasher.hexdigest()))
    return StoredFile(hasher.hexdigest(), kind, mime, size)


def _write(target: Path, data: bytes) -> None:
    _put(_hold(target.parent, [data]), target)


def _hold(folder: Path, chunks: Iterable[bytes]) -> Path:
    """Write a nameless file in ``folder`` durably; nothing is left of it when that fails."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=".incoming-", dir=folder)
    held = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        held.unlink(missing_ok=True)
        raise
    return held


def _put(held: Path, target: Path) -> None:
    """Give the file its name; after a crash there is either nothing there or the complete file."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    held.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
