"""Photos, voice and video: judged by content, cleaned, limited, written whole."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import wave
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mingbai.kernel import filekinds, uploads
from mingbai.kernel.decisions import BadInput

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def media(tmp_path: Path) -> Iterator[Path]:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield tmp_path / "media"


def kept(media: Path) -> list[Path]:
    return [p for p in media.rglob("*") if p.is_file()] if media.exists() else []


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **save: object
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "#2a6" if mode != "RGBA" else (40, 160, 90, 0)).save(out, kind, **save)
    return out.getvalue()


def stored(data: bytes, name: str = "x.jpg", **more: object) -> uploads.StoredFile:
    return uploads.store(SimpleUploadedFile(name, data), **more)


# ---- photos ----


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "MPO"])
def test_every_format_of_a_phone_becomes_a_jpeg_with_a_thumbnail(media: Path, kind: str) -> None:
    found = stored(picture(kind))
    assert (found.kind, found.mime, found.width, found.height) == ("photo", "image/jpeg", 640, 480)
    whole, small = uploads.path(found.digest), uploads.path(found.digest, "thumb")
    assert whole.stat().st_size == found.size
    assert Image.open(whole).format == Image.open(small).format == "JPEG"
    assert Image.open(small).size == (320, 240)
    assert sorted(kept(media)) == sorted([whole, small])


def camera_jpeg() -> bytes:
    """A picture as a phone makes it: lying on its side, with place, time, make and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to see it upright
    exif[0x010F] = "SecretPhone"
    exif[0x0132] = "2026:11:18 09:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 19.0, 13.0), 3: "E", 4: (118.0, 17.0, 39.0)})
    left = Image.new("RGB", (600, 400), "blue")
    left.paste("red", (0, 0, 300, 400))
    out = io.BytesIO()
    left.save(out, "JPEG", exif=exif, comment=b"secret comment", quality=95)
    return out.getvalue()


def test_place_time_and_make_of_a_photo_are_gone_and_it_stands_upright() -> None:
    data = camera_jpeg()
    assert b"SecretPhone" in data
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)
    found = stored(data)
    for variant in ("original", "thumb"):
        clean = uploads.path(found.digest, variant).read_bytes()
        assert not Image.open(io.BytesIO(clean)).getexif()
        assert b"Exif" not in clean
        assert b"Secret" not in clean
        assert b"secret comment" not in clean
    assert (found.width, found.height) == (400, 600)
    top = Image.open(uploads.path(found.digest)).getpixel((200, 100))
    bottom = Image.open(uploads.path(found.digest)).getpixel((200, 500))
    assert top[0] > 200  # the left half, red, is on top now
    assert top[2] < 100
    assert bottom[2] > 200
    assert bottom[0] < 100


def test_what_hides_behind_a_picture_is_gone() -> None:
    found = stored(picture() + b"<script>alert(1)</script>PK\x03\x04" * 50)
    assert b"<script>" not in uploads.path(found.digest).read_bytes()


def test_a_large_photo_is_made_smaller() -> None:
    found = stored(picture(size=(4000, 3000)))
    assert (found.width, found.height) == (1920, 1440)


def test_a_small_photo_is_not_made_larger() -> None:
    found = stored(picture(size=(10, 8)))
    assert (found.width, found.height) == (10, 8)


def test_what_is_see_through_becomes_white() -> None:
    for data in (picture("PNG", mode="RGBA"), picture("GIF", mode="P", transparency=0)):
        found = stored(data)
        assert min(Image.open(uploads.path(found.digest)).getpixel((5, 5))) > 250


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_colour_model_is_read(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (50, 40)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert (stored(out.getvalue()).width, stored(out.getvalue()).height) == (50, 40)


def test_the_same_photo_is_kept_once(media: Path) -> None:
    assert stored(picture()).digest == stored(picture()).digest
    assert len(kept(media)) == 2


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims these measures and holds almost nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("width", "height"), [(6000, 5001), (12000, 9000), (60000, 60000), (2**31 - 1, 2**31 - 1)]
)
def test_a_decompression_bomb_is_refused_before_it_unfolds(
    media: Path, width: int, height: int
) -> None:
    tracemalloc.start()
    with pytest.raises(BadInput, match="照片的像素太多，请换一张普通照片。"):
        stored(png_of(width, height), "bomb.png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * MEGABYTE
    assert kept(media) == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_photo_cut_short_is_refused(media: Path, kind: str) -> None:
    data = Image.effect_noise((640, 480), 90).convert("RGB")
    out = io.BytesIO()
    data.save(out, kind)
    with pytest.raises(BadInput, match="这张照片打不开，请重新拍一张或换一张。"):
        stored(out.getvalue()[: len(out.getvalue()) // 2])
    assert kept(media) == []


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]), st.data())
def test_a_broken_photo_is_kept_clean_or_refused_with_a_sentence(
    kind: str, data: st.DataObject
) -> None:
    whole = bytearray(picture(kind, size=(40, 30)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadInput):
        assert stored(bytes(whole)).mime == "image/jpeg"


# ---- what is no photo, voice or video ----

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200


@pytest.mark.parametrize(
    "data", [HEIC, HEIC.replace(b"ftypheic", b"ftypmif1"), HEIC.replace(b"ftypheic", b"ftypavif")]
)
def test_a_heic_photo_is_refused_with_what_to_do(media: Path, data: bytes) -> None:
    with pytest.raises(
        BadInput,
        match="苹果手机的 HEIC 照片暂时收不了。请在手机“设置—相机—格式”里选“兼容性最佳”再拍，或者截图后传。",
    ):
        stored(data, "IMG_0001.HEIC")
    assert kept(media) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "photo.jpg",
            b"MZ\x90\0" + b"\0" * 56 + b"\x80\0\0\0" + b"\0" * 64 + b"PE\0\0" + b"\0" * 500,
        ),
        ("photo.png", b"\x7fELF\x02\x01\x01" + b"\0" * 200),
        ("photo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("photo.jpg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("photo.jpg", b"<!doctype html><html><script>alert(1)</script></html>"),
        ("photo.gif", b"<html>GIF89a"),
        ("photo.jpg", b"%PDF-1.7\n"),
        ("photo.jpg", b"PK\x03\x04" + b"\0" * 100),
        ("photo.jpg", b"#!/bin/sh\nrm -rf /\n"),
        ("photo.tif", b"II*\0" + b"\0" * 100),
        ("photo.psd", b"8BPS\0\x01" + b"\0" * 100),
        ("photo.ico", b"\0\0\1\0\1\0" + b"\0" * 100),
        ("song.mid", b"MThd\0\0\0\x06" + b"\0" * 20),
        ("film.flv", b"FLV\x01\x05\0\0\0\x09"),
        ("film.mkv", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska" + b"\0" * 50),
        ("film.ogv", b"OggS\0\x02" + b"\0" * 22 + b"\x80theora" + b"\0" * 50),
        ("words.txt", "路灯不亮".encode()),
        ("noise.jpg", bytes(range(7, 200, 3))),
    ],
)
def test_anything_else_is_refused_whatever_its_name(media: Path, name: str, data: bytes) -> None:
    with pytest.raises(BadInput, match="这个文件不是照片、录音、视频，请重新选一个。"):
        stored(data, name)
    assert kept(media) == []


def test_an_empty_file_is_named(media: Path) -> None:
    with pytest.raises(BadInput, match="这个文件是空的"):
        stored(b"")


def test_the_sentence_names_what_is_wanted_here() -> None:
    with pytest.raises(BadInput, match="这个文件不是照片，请重新选一个。") as refused:
        stored(wav(), "x.wav", kinds=("photo",))
    assert refused.value.field == "files"


# ---- voice and video ----


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 800)
    return out.getvalue()


def box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


def mp4(brand: bytes, *tracks: bytes, index_last: bool = False, wide: bool = False) -> bytes:
    """An MP4 with these handlers (``soun``, ``vide``), the index before or after the sound."""
    moov = box(
        b"moov",
        b"".join(
            box(b"trak", box(b"mdia", box(b"hdlr", b"\0" * 8 + t + b"\0" * 12))) for t in tracks
        ),
    )
    body = b"\x5a" * 6000
    mdat = (
        struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 16 + len(body)) + body
        if wide
        else box(b"mdat", body)
    )
    parts = [mdat, moov] if index_last else [moov, mdat]
    return box(b"ftyp", brand + b"\0\0\0\0isom") + b"".join(parts)


WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04"
SOUNDS = [
    (WEBM + b"A_OPUS" + b"V_" * 40, "audio/webm"),
    (b"OggS\0\x02" + b"\0" * 22 + b"OpusHead" + b"\0" * 50, "audio/ogg"),
    (mp4(b"M4A ", b"soun"), "audio/mp4"),
    (mp4(b"iso5", b"soun"), "audio/mp4"),  # the recorder of Safari
    (mp4(b"mp42", b"soun", index_last=True), "audio/mp4"),
    (mp4(b"mp42", b"soun", index_last=True, wide=True), "audio/mp4"),
    (mp4(b"3gp4", b"soun"), "audio/3gpp"),
    (b"ID3\x03\0\0\0\0\0\0" + b"\0" * 100, "audio/mpeg"),
    (b"\xff\xfb\x90\x64" + b"\0" * 100, "audio/mpeg"),
    (b"\xff\xf1\x50\x80" + b"\0" * 100, "audio/aac"),
    (wav(), "audio/wav"),
    (b"#!AMR\n" + b"\x3c" * 100, "audio/amr"),
    (b"#!AMR-WB\n" + b"\x3c" * 100, "audio/amr-wb"),
]
FILMS = [
    (WEBM + b"V_VP8" + b"A_OPUS", "video/webm"),
    (WEBM + b"V_VP9", "video/webm"),
    (mp4(b"isom", b"vide", b"soun"), "video/mp4"),
    (mp4(b"mp42", b"soun", b"vide", index_last=True), "video/mp4"),
    (mp4(b"qt  ", b"vide", b"soun", index_last=True), "video/quicktime"),
    (mp4(b"3gp5", b"vide", b"soun"), "video/3gpp"),
    (mp4(b"isom"), "video/mp4"),
]


@pytest.mark.parametrize(
    ("kind", "data", "mime"), [*(("voice", *s) for s in SOUNDS), *(("video", *f) for f in FILMS)]
)
def test_voice_and_video_are_kept_as_they_came(
    media: Path, kind: str, data: bytes, mime: str
) -> None:
    found = stored(data, "whatever.exe")
    assert (found.kind, found.mime, found.size, found.width) == (kind, mime, len(data), 0)
    assert uploads.path(found.digest).read_bytes() == data
    assert kept(media) == [uploads.path(found.digest)]
    assert uploads.path(found.digest).stat().st_mode & 0o077 == 0


def test_a_recording_of_safari_is_taken_where_only_voice_is() -> None:
    assert stored(mp4(b"iso5", b"soun"), kinds=("voice",)).mime == "audio/mp4"
    with pytest.raises(BadInput, match="这个文件不是录音，请重新选一个。"):
        stored(mp4(b"iso5", b"soun", b"vide"), kinds=("voice",))


@given(st.binary(max_size=300).map(lambda tail: box(b"ftyp", b"isom\0\0\0\0") + tail))
def test_a_broken_film_index_never_loops(data: bytes) -> None:
    assert filekinds.sound_or_picture(SimpleUploadedFile("x", data), "video/mp4").kind in {
        "voice",
        "video",
    }


def test_a_connector_s_file_is_kept_the_same_way() -> None:
    assert uploads.store_bytes(wav(), "x").digest == stored(wav()).digest


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (picture() + b"\0" * 12 * MEGABYTE, "照片太大，最多 12 兆，请换小一点的。"),
        (wav() + b"\0" * 10 * MEGABYTE, "录音太大，最多 10 兆，请换小一点的。"),
    ],
)
def test_what_is_too_big_is_refused_with_the_limit(media: Path, data: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        stored(data)
    assert kept(media) == []


def test_a_file_that_lies_about_its_size_is_refused_while_it_is_written(media: Path) -> None:
    file = SimpleUploadedFile("x.wav", wav() + b"\0" * 11 * MEGABYTE)
    file.size = 100
    with pytest.raises(BadInput, match="录音太大"):
        uploads.store(file)
    assert kept(media) == []


def test_a_full_disk_leaves_nothing_behind(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for data in (picture(), wav()):
        with pytest.raises(OSError, match="No space"):
            stored(data)
    assert kept(media) == []


def test_a_path_is_made_of_a_digest_only() -> None:
    for wrong in ("", "../../etc/passwd", "g" * 64, "A" * 64, "0" * 63):
        with pytest.raises(ValueError, match="not a digest"):
            uploads.path(wrong)
    assert uploads.path("ab" * 32, "thumb").name == "ab" * 32 + ".thumb"


# ---- while it streams in ----


def sent(*files: tuple[str, bytes], length: int | None = None) -> HttpRequest:
    body = (
        b"".join(
            b'--the-edge-of-a-part\r\nContent-Disposition: form-data; name="photos"; filename="'
            + name.encode()
            + b'"\r\nContent-Type: image/jpeg\r\n\r\n'
            + data
            + b"\r\n"
            for name, data in files
        )
        + b'--the-edge-of-a-part\r\nContent-Disposition: form-data; name="text"\r\n\r\nwords\r\n--the-edge-of-a-part--\r\n'
    )
    request = RequestFactory().generic(
        "POST", "/", body, content_type="multipart/form-data; boundary=the-edge-of-a-part"
    )
    if length is not None:
        request.META["CONTENT_LENGTH"] = str(length)
    return request


def test_a_photo_of_thirty_megabytes_is_cut_while_it_streams_and_refused_in_the_form() -> None:
    request = sent(("a.jpg", picture() + b"\0" * 30 * MEGABYTE), ("b.jpg", picture()))
    first, second = request.FILES.getlist("photos")
    assert request.POST["text"] == "words"
    assert 12 * MEGABYTE < first.size < 12 * MEGABYTE + 2 * 64 * 1024
    with pytest.raises(BadInput, match="照片太大，最多 12 兆"):
        uploads.store(first)
    assert uploads.store(second).kind == "photo"


def test_what_is_small_enough_comes_through_whole() -> None:
    data = wav() + os.urandom(3 * MEGABYTE)
    [file] = sent(("a.wav", data)).FILES.getlist("photos")
    assert file.read() == data


class Untouched(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise AssertionError(size)


def test_a_request_that_announces_too_much_is_not_read_at_all() -> None:
    request = sent(("a.jpg", picture()), length=uploads.REQUEST_LIMIT + 1)
    request._stream = Untouched()
    with pytest.raises(RequestDataTooBig):
        request.FILES.getlist("photos")


def pour(handler: uploads.LimitHandler, megabytes: int, *, each: int) -> None:
    """Let so many megabytes stream in, in files of ``each`` megabytes."""
    for n in range(megabytes):
        handler.receive_data_chunk(b"\0" * MEGABYTE, n % each * MEGABYTE)


def test_an_upload_without_end_is_stopped() -> None:
    handler = uploads.LimitHandler()
    with pytest.raises(RequestDataTooBig):
        pour(handler, 10_000, each=10_000)
    assert handler.seen == uploads.REQUEST_LIMIT + MEGABYTE


def test_many_files_together_count_as_one_request() -> None:
    handler = uploads.LimitHandler()
    pour(handler, 80, each=4)
    with pytest.raises(RequestDataTooBig):
        pour(handler, 1, each=4)
