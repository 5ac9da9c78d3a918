"""Signs in the talk that a case is being handled: 来水了, 明天派人去. Suggestions to its handler, no moves."""

from __future__ import annotations

import re

from mingbai.capture.commands.cleaning import plain
from mingbai.capture.commands.talking import Said, speaker
from mingbai.capture.recognition.lexicon import lexicon
from mingbai.cases import commands as cases
from mingbai.kernel.decisions import Missing

SOLVED, REPLIES = "cue:solved", frozenset({"cue:solved", "cue:reply"})
# 还没修好, 什么时候来水: the word is there, the thing is not.
_NOT_YET = re.compile("(?:没|未|不|别|何时|时候|几时|啥时|等|要是|如果|希望|盼).{0,3}$")
_ASKING = re.compile("[吗嘛么呢没?？]\\s*$")
_SHORTEST_REPLY = 5


def is_sign(line: Said) -> bool:
    """Whether a line says how far a matter is: done, from anybody; taken up, from the office."""
    text = plain(line.text)
    hits = lexicon().hits(text)
    if line.by_villager:
        return not _ASKING.search(text) and any(
            hit.group == SOLVED and hit.weight == 1.0 and not _NOT_YET.search(text[: hit.start])
            for hit in hits
        )
    return len(text) >= _SHORTEST_REPLY and any(hit.group in REPLIES for hit in hits)


def note(county: str, number: str, line: Said, *, key: str) -> None:
    """Put a sign beside a case, once; who handles it may answer by it or set it aside."""
    try:
        cases.note_sign(
            county=county,
            number=number,
            source_id=key,
            said_at=line.said_at,
            who=f"成员 {line.alias}" if line.by_villager else speaker(line),
            text=line.text,
        )
    except Missing:
        return  # the case was taken back
