"""What is done to words: made safe and masked for keeping, made plain for recognition."""

from __future__ import annotations

import re
from functools import cache

from mingbai.kernel import masking

LONGEST = 4000
# More than a card number with its blanks, so that nothing is cut in two before it is masked.
_MARGIN = 64
# What is not seen and may hide something: control and format characters, marks that turn the
# direction of writing, blanks of no width, fillers, tags. Line feeds and tabs stay.
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c"
    "\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff"
)
# A joiner of no width stays between the parts of one picture character only.
_PICTURES = "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
_DROPPED = re.compile(f"[{_HIDDEN}]|(?<![{_PICTURES}])\u200d|\u200d(?![{_PICTURES}])")
_HALVES = re.compile("[\ud800-\udfff]")
# Nothing that is masked has fewer digits.
_MANY_DIGITS = re.compile(r"(?:\d\D*){11}")
_FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}  # fmt: skip


def kept(text: str) -> str:
    """Return the words as they are kept: readable, safe to show, numbers masked, at most 4,000 characters."""
    if len(text) > LONGEST + _MARGIN:
        text = text[: LONGEST + _MARGIN]
    text = visible(text)
    if _MANY_DIGITS.search(text):
        text = masking.text(text)
    return text[:LONGEST]


def visible(text: str) -> str:
    """Return the text without what cannot be seen or stored; half a character becomes ?."""
    if _HALVES.search(text):
        text = (
            text.encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
            .replace("\ufffd", "?")
        )
    return _DROPPED.sub("", text) if _DROPPED.search(text) else text


def plain(text: str) -> str:
    """Return the text in simplified characters, digits and letters of usual width; as long as before."""
    return text.translate(_table())


@cache
def _table() -> dict[int, int]:
    """Each traditional character with its simplified one, where that is one character again."""
    from opencc import OpenCC

    written = [chr(code) for code in range(0x3400, 0xA000)]
    simple = OpenCC("t2s").convert("\n".join(written)).split("\n")
    pairs = zip(written, simple, strict=True)
    return {ord(a): ord(b) for a, b in pairs if a != b and len(b) == 1} | _FULL_WIDTH
