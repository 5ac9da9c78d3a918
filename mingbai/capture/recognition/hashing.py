"""What linear models see of a text: its character n-grams and its words, hashed into buckets."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import rjieba

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint64]

BITS: Final = 16
BUCKETS: Final = 1 << BITS
LONGEST: Final = 4
_END: Final = "\0"
_BLANKS: Final = np.asarray([ord(sign) for sign in "\0 \t\r\n\xa0\u3000"], dtype=np.uint32)
_BASE: Final = 0x9E3779B97F4A7C15
_BASE_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_HALF: Final = np.uint64(32)
_WORD: Final = np.uint64(0xA0761D6478BD642F)


def buckets(texts: Sequence[str], bits: int = BITS) -> tuple[Ints, Ints]:
    """Rows and buckets (below ``2**bits``) of all character n-grams (1 to 4) and words of the texts.

    A bucket comes once for each time its n-gram or word does; nothing runs from one text into the
    next. The same text has the same buckets in every batch and on every machine.
    """
    joined = "".join([text.replace(_END, " ") + _END for text in texts])
    data = joined.encode("utf-32-le", "replace")
    codes = np.frombuffer(data, dtype="<u4")
    if not len(codes):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    ends = codes == 0
    rows_of = np.cumsum(ends) - ends
    sums, back = _rolling(codes)
    shift = np.uint64(64 - bits)
    rows, found = [], []
    broken = np.zeros(len(codes), dtype=bool)
    for n in range(1, LONGEST + 1):
        broken = broken[: len(codes) - n + 1] | ends[n - 1 :]
        at = np.flatnonzero(~broken)
        rows.append(rows_of[at])
        found.append(_mixed((sums[at + n] - sums[at]) * back[at]) >> shift)
    starts, stops = _words(data.decode("utf-32-le"), codes)
    rows.append(rows_of[starts])
    found.append(_mixed((sums[stops] - sums[starts]) * back[starts] ^ _WORD) >> shift)
    return np.concatenate(rows), np.concatenate(found).astype(np.int64)


def _rolling(codes: npt.NDArray[np.uint32]) -> tuple[Codes, Codes]:
    """Running sums of code × base^place, and base^-place: a difference of sums names any stretch."""
    powers = np.full(len(codes), _BASE, dtype=np.uint64)
    back = np.full(len(codes), _BASE_INVERSE, dtype=np.uint64)
    powers[0] = back[0] = 1
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum(codes * np.cumprod(powers), out=sums[1:])
    return sums, np.cumprod(back)


def _mixed(values: Codes) -> Codes:
    """Spread over all 64 bits, so that the top ones may serve as a bucket."""
    values = (values ^ (values >> _HALF)) * _MIX
    return (values ^ (values >> _HALF)) * _MIX


def _words(joined: str, codes: npt.NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Where the words start and stop; blanks and end marks are no words."""
    words = rjieba.cut(joined)
    stops = np.cumsum(np.fromiter(map(len, words), dtype=np.int64, count=len(words)))
    starts = np.concatenate([np.zeros(1, np.int64), stops[:-1]])
    kept = ~np.isin(codes[starts], _BLANKS)
    return starts[kept], stops[kept]
