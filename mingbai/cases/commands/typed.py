"""Words and figures that people typed, checked; every refusal names its field."""

from __future__ import annotations

import re
from datetime import date, datetime

from mingbai.kernel import clock, deadlines
from mingbai.kernel.decisions import BadInput

LONGEST = 2000
SHORT = 400


def said(text: str, least: int, sentence: str, field: str, *, most: int = LONGEST) -> str:
    """Return ``text`` stripped; letters and digits are counted, punctuation is not. Raises ``BadInput``."""
    clean = text.strip()
    if len(re.sub(r"[\W_]", "", clean)) < least:
        raise BadInput(sentence, field)
    if len(clean) > most:
        raise BadInput(f"最多写 {most} 个字，请缩短一些。", field)
    return clean


def last_day(text: str, most: int, field: str) -> datetime:
    """Return the end of the typed day (2026-12-01), at most ``most`` working days from now.

    Raises ``BadInput`` for what is no day, a past one and one that is too far.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("请选一个日期，比如 2026-12-01。", field) from None
    until = datetime.combine(day, deadlines.END_OF_DAY, clock.SHANGHAI)
    if until <= clock.now():
        raise BadInput("恢复的日子要在今天以后。", field)
    if until > deadlines.add_working_days(clock.now(), most).at:
        raise BadInput(f"最多挂起 {most} 个工作日，请选近一些的日子。", field)
    return until


def whole(text: str, least: int, most: int, sentence: str, field: str) -> int:
    """Return the typed whole number between two bounds. Raises ``BadInput``."""
    clean = text.strip()
    if not clean.isdecimal() or len(clean) > 4 or not least <= int(clean) <= most:
        raise BadInput(sentence, field)
    return int(clean)
