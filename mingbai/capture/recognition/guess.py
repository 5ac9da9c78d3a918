"""Field, danger and misconduct guessed from the word lists alone, for the web form."""

from collections.abc import Sequence

from mingbai.capture.recognition.found import FIELDS, Field
from mingbai.capture.recognition.lexicon import lexicon

_FIELD_LEAST = 1.0
_FIELD_MARGIN = 0.6
_CLUE_LEAST = 2.4
_DANGER_LEAST = 2.0
_DANGER = frozenset({"cue:danger", "more:danger"})


def guess_field(text: str) -> tuple[Field, tuple[str, ...]] | None:
    """The field that the text's words speak for and those words, or None when unclear."""
    words = lexicon()
    sums = words.sums(text)
    ranked = sorted(((words.told(sums, f"field:{field}"), field) for field in FIELDS), reverse=True)
    (best, field), (second, _) = ranked[0], ranked[1]
    if best < _FIELD_LEAST or best - second < _FIELD_MARGIN:
        return None
    lists = {f"field:{field}", f"more:{field}"}
    hits = [hit for hit in words.hits(text) if hit.group in lists and hit.weight == 1.0]
    return field, tuple(dict.fromkeys(hit.word for hit in hits))


def suspicion(sums: Sequence[float], patterns: float) -> float:
    """How much words and patterns hint at misconduct; from about 2 on it is worth sealing."""
    words = lexicon()
    places = words.places
    hints = words.told(sums, "cue:clue")
    score = patterns + 0.5 * hints
    if score:
        score += 0.3 * min(1.0, sums[places["public_money"]])
        score += 0.3 * min(1.0, sums[places["power_holder"]])
        score += 0.4 * min(1.0, sums[places["kin"]])
    return score


def looks_like_clue(text: str) -> bool:
    """Whether the text may report misconduct, so that the form offers the sealed channel."""
    words = lexicon()
    patterns = words.pattern_score("clue", text) + words.pattern_score("clue_more", text)
    return suspicion(words.sums(text), patterns) >= _CLUE_LEAST


def is_urgent(text: str) -> bool:
    """Whether the text speaks of present danger to life."""
    words = lexicon()
    strong = {h.word for h in words.hits(text) if h.group in _DANGER and h.weight == 1.0}
    lone = {word for word in strong if not any(word != other and word in other for other in strong)}
    return len(lone) + (0.5 if "！！" in text or "!!" in text else 0.0) >= _DANGER_LEAST
