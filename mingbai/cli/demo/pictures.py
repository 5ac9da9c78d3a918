"""Photos of the demo: simple drawings, the same for the same name, marked as drawings."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

SIZE = (960, 720)
SKY, GROUND, DARK, WATER, GREEN, STONE = (
    "#c9d8df",
    "#b7a98c",
    "#20303a",
    "#7fb0c0",
    "#7a9a6a",
    "#9aa3a6",
)


def draw(name: str, seed: int) -> bytes:
    """Return a JPEG for ``lamp``, ``road``, ``water``, ``trash``, ``ditch``, ``wall``; ``-after`` is mended."""
    subject, _, stage = name.partition("-")
    mended = stage == "after"
    picture = Image.new("RGB", SIZE, DARK if subject == "lamp" else SKY)
    pen = ImageDraw.Draw(picture)
    shift = seed * 37 % 160
    pen.polygon(
        [(0, 430 + shift // 4), (960, 380), (960, 720), (0, 720)],
        fill=GREEN if subject == "ditch" else GROUND,
    )
    {
        "lamp": _lamp,
        "road": _road,
        "water": _water,
        "trash": _trash,
        "ditch": _ditch,
        "wall": _wall,
    }[subject](pen, shift, mended=mended)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def _lamp(pen: ImageDraw.ImageDraw, x: int, *, mended: bool) -> None:
    x += 380
    if mended:
        pen.polygon([(x + 60, 210), (x - 160, 640), (x + 300, 640)], fill="#6b6a4a")
    pen.line([(x, 640), (x, 180), (x + 70, 180)], fill=STONE, width=14)
    pen.ellipse([x + 40, 170, x + 110, 215], fill="#ffe9a8" if mended else "#3b464b")


def _road(pen: ImageDraw.ImageDraw, x: int, *, mended: bool) -> None:
    pen.polygon([(380, 400), (560, 400), (860, 720), (100, 720)], fill="#6f7678")
    if not mended:
        for n, size in ((0, 60), (1, 90), (2, 130)):
            pen.ellipse(
                [340 + x - n * 40, 450 + n * 80, 340 + x - n * 40 + size, 480 + n * 90],
                fill="#3f4648",
            )


def _water(pen: ImageDraw.ImageDraw, x: int, *, mended: bool) -> None:
    x += 300
    pen.rectangle([x, 260, x + 220, 300], fill=STONE)
    pen.rectangle([x + 180, 260, x + 220, 360], fill=STONE)
    if mended:
        pen.rectangle([x + 190, 360, x + 210, 640], fill=WATER)
    pen.rectangle([x + 120, 560, x + 300, 680], outline=DARK, width=8)


def _trash(pen: ImageDraw.ImageDraw, x: int, *, mended: bool) -> None:
    pen.rectangle([120 + x, 360, 320 + x, 600], fill="#3d6b52")
    if not mended:
        for n in range(14):
            left = 330 + x + (n * 61) % 380
            pen.ellipse(
                [left, 520 + (n * 43) % 120, left + 90, 590 + (n * 43) % 120],
                fill=("#8a7f6a", "#5c6064", "#b9ad92")[n % 3],
            )


def _ditch(pen: ImageDraw.ImageDraw, x: int, *, mended: bool) -> None:
    pen.polygon(
        [(420, 400), (520, 400), (700 + x, 720), (260 + x, 720)],
        fill=WATER if mended else "#6b5a41",
    )
    if not mended:
        pen.polygon([(430, 480), (560, 470), (640, 620), (380, 640)], fill="#4d4030")


def _wall(pen: ImageDraw.ImageDraw, x: int, *, mended: bool) -> None:
    pen.rectangle([160, 240, 820, 640], fill="#d8cfc0")
    if not mended:
        pen.line(
            [(300 + x, 240), (340 + x, 380), (310 + x, 480), (380 + x, 640)], fill=DARK, width=9
        )
