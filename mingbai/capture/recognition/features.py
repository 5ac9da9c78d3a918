"""What the model looks at: a line, its sender's next lines, and the line before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import rjieba

from mingbai.capture.recognition.found import FIELDS
from mingbai.capture.recognition.guess import suspicion
from mingbai.capture.recognition.lexicon import Lexicon
from mingbai.capture.recognition.lines import Line

OWN_WINDOW = timedelta(minutes=8)
OTHERS_WINDOW = timedelta(minutes=15)
_AFTER_LINES = 3
_AFTER_WEIGHT = 0.5
_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"[\s\0,，。.、~～]+")
_PAIRS = (
    ("trouble", "public"), ("trouble", "plea"), ("trouble", "private"), ("trouble", "field"),
    ("ask", "field"), ("ask", "public_money"), ("propose", "field"), ("propose", "public"),
    ("plea", "field"), ("solved", "field"), ("hearsay", "field"), ("trade", "field"),
    ("private", "field"), ("chat", "field"), ("clue", "power_holder"), ("clue", "public_money"),
    ("kin", "public_money"), ("kin", "power_holder"), ("kin", "clue"), ("danger", "public"),
    ("support", "trouble"), ("reply", "field"), ("notice", "field"), ("trouble", "chat"),
    ("ask", "private"), ("propose", "trouble"), ("clue", "trouble"), ("offer", "field"),
    ("self_done", "field"), ("elsewhere", "field"), ("offer", "public"), ("elsewhere", "trouble"),
)  # fmt: skip
_BEFORE = ("trade", "ask", "chat", "trouble", "notice", "propose", "clue", "public", "offer")
_AFTER = ("trade", "chat", "trouble", "support", "reply", "offer", "self_done", "hearsay", "solved")


@dataclass(frozen=True, slots=True)
class Window:
    """A line's text, what its sender said right after, and what the word lists make of both.

    `sums` are weights by word group, `suspicion` how much the words hint at misconduct.
    """

    own: str
    after: str
    dense: list[float]
    sums: list[float]
    suspicion: float


def tidy(text: str, lexicon: Lexicon) -> str:
    """The text as the n-grams see it: standard words, one sign for digits, single spaces."""
    return _SPACE.sub(" ", _DIGITS.sub("0", lexicon.plain(text.lower()))).strip()


def words_of(text: str) -> list[str]:
    """The text's words."""
    return [word for word in rjieba.cut(text) if word.strip()]


def _own_after(lines: Sequence[Line], at: int) -> str:
    line = lines[at]
    texts: list[str] = []
    latest = line.said_at
    for later in lines[at + 1 : at + 25]:
        if later.said_at - latest > OWN_WINDOW or len(texts) >= _AFTER_LINES:
            break
        if later.sender == line.sender:
            latest = later.said_at
            if later.text and later.type != "location":
                texts.append(later.text)
    return " ".join(texts)


def _before(lines: Sequence[Line], at: int) -> tuple[int | None, int | None]:
    """The places of the line before by somebody else, and of the sender's own line before."""
    other, own = None, None
    for back in range(at - 1, max(-1, at - 25), -1):
        earlier = lines[back]
        age = lines[at].said_at - earlier.said_at
        if age > OTHERS_WINDOW:
            break
        if earlier.sender == lines[at].sender:
            if own is None and age <= OWN_WINDOW:
                own = back
        elif other is None:
            other = back
        if own is not None and other is not None:
            break
    return other, own


def windows(lines: Sequence[Line], lexicon: Lexicon) -> list[Window]:
    """One window for each line of one group, the lines being in order of time."""
    names = lexicon.places
    sums = [lexicon.sums(line.text) for line in lines]
    result = []
    for at, line in enumerate(lines):
        after = _own_after(lines, at)
        own_sums = sums[at]
        if after:
            later = lexicon.sums(after)
            own_sums = [a + _AFTER_WEIGHT * b for a, b in zip(own_sums, later, strict=True)]
        other, own = _before(lines, at)
        patterns = lexicon.pattern_score("clue", f"{line.text} {after}" if after else line.text)
        dense = _dense(line, after, own_sums, names, patterns, lexicon.common)
        dense += _context(None if other is None else (lines[other], sums[other]), names, _BEFORE)
        dense += _context(None if own is None else (lines[own], sums[own]), names, _BEFORE)
        dense += _echo(lines, sums, at, names)
        rarer = lexicon.pattern_score("clue_more", line.text)
        doubt = suspicion(own_sums, patterns + rarer)
        own_text, after_text = tidy(line.text, lexicon), tidy(after, lexicon)
        result.append(Window(own_text, after_text, dense, own_sums, doubt))
    return result


def _next_by_others(lines: Sequence[Line], at: int, count: int = 2) -> list[int]:
    """The places of the first lines that others say after this one."""
    result: list[int] = []
    for later in range(at + 1, min(len(lines), at + 12)):
        if lines[later].said_at - lines[at].said_at > OTHERS_WINDOW or len(result) == count:
            break
        if lines[later].sender != lines[at].sender:
            result.append(later)
    return result


def _echo(
    lines: Sequence[Line], sums: Sequence[list[float]], at: int, names: dict[str, int]
) -> list[float]:
    """How others take it up: an offer or a laugh speaks against a matter for the village."""
    after = _next_by_others(lines, at)
    if not after:
        return [0.0] * (len(_AFTER) + 2)
    return [
        1.0,
        float(any(lines[i].role != "villager" for i in after)),
        *(min(1.0, sum(sums[i][names[name]] for i in after)) for name in _AFTER),
    ]


def _context(
    around: tuple[Line, list[float]] | None, names: dict[str, int], cues: Sequence[str]
) -> list[float]:
    if around is None:
        return [0.0] * (len(cues) + 3)
    line, sums = around
    field = max(sums[names[f"field:{name}"]] for name in FIELDS)
    return [
        1.0,
        float(line.role != "villager"),
        min(1.0, field),
        *(min(1.0, sums[names[name]]) for name in cues),
    ]


def _dense(
    line: Line, after: str, sums: list[float], names: dict[str, int], patterns: float,
    common: int,
) -> list[float]:  # fmt: skip
    text, whole = line.text, f"{line.text} {after}"
    fields = sorted((sums[names[f"field:{name}"]] for name in FIELDS), reverse=True)

    def value(name: str) -> float:
        return min(1.0, fields[0] if name == "field" else sums[names[name]])

    size = len(text)
    return [
        *(0.5 * amount for amount in sums[:common]),
        *(value(left) * value(right) for left, right in _PAIRS),
        fields[0] / 2,
        (fields[0] - fields[1]) / 2,
        min(3.0, patterns) / 2,
        float(line.role == "officer"),
        float(line.role == "supervisor"),
        float(line.type == "voice"),
        float(line.type in {"image", "video"}),
        float(line.type == "location"),
        float(size <= 4),
        float(4 < size <= 8),
        float(8 < size <= 15),
        float(15 < size <= 30),
        float(size > 30),
        float("？" in text or "?" in text),
        float("！" in text or "!" in text),
        float("！！" in whole or "!!" in whole),
        float("【" in text or "[" in text),
        float("@" in text),
        float("哈哈" in text or "😂" in text or "🤣" in text),
        float(bool(after)),
        min(2.0, len(after) / 30),
    ]
