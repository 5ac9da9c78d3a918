"""Marks of passing the buck, over a case's history and an answer's words. Pure Python, no database.

A mark says what stands in the record and quotes it; whether somebody is to blame is for the
supervising office to say. The limits were chosen on hand-read replies of another place; how well
they hit stands in ``docs/figures.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mingbai.cases import answer_words as words
from mingbai.kernel import clock


class Kind(StrEnum):
    """What a mark is about."""

    HANDED_ROUND = "handed_round"
    RETURNED = "returned"
    PING_PONG = "ping_pong"
    FORWARDS = "forwards"
    PERFUNCTORY = "perfunctory"


KIND_WORDS: dict[Kind, str] = {
    Kind.HANDED_ROUND: "多次转手",
    Kind.RETURNED: "反复退件",
    Kind.PING_PONG: "来回推",
    Kind.FORWARDS: "只说转办",
    Kind.PERFUNCTORY: "答复敷衍",
}
OF_ANSWERS = frozenset({Kind.FORWARDS, Kind.PERFUNCTORY})
"""Marks of an answer's words; such an answer may be ordered to be given again."""

MOST_HANDS = 2
"""Village, town and department are two hand-overs; a third one is marked."""
MOST_RETURNS = 1
"""One objection or return with grounds is everybody's right; a second one is marked."""
SUBSTANCE = 6
"""So many characters are an answer if they name a deed, a figure or a rule."""
BARE = 26
"""So many are one without; courtesy, promises and forwarding are not counted."""
REASON = 20
"""So many are one beside forwarding, if no deed and no figure is among them."""

ECHO, ECHO_FROM = 0.7, 4
"""A clause is said back when so much of its pairs of characters, at least so many, were asked."""
LONGEST_QUOTE = 40
ONLY_FORWARDS = "答复只说转给别人，没写本单位做了什么、几时有结果。"

_HANDED = frozenset({"assign", "redirect", "transfer", "send_back"})
_RETURNS = frozenset({"dispute", "send_back"})
CHAIN = _HANDED | _RETURNS
"""The moves after which the chain of hands is looked at."""


@dataclass(frozen=True)
class Found:
    """One mark: its kind, the evidence without a private word, and the words that it quotes."""

    kind: Kind
    evidence: str
    quote: str = ""


@dataclass(frozen=True)
class Held:
    """One step of the history: the body that holds the case behind it."""

    at: datetime
    verb: str
    body_id: int
    body: str


def of_chain(steps: Sequence[Held]) -> list[Found]:
    """Return the marks that the last step of the history brings, if it is one of ``CHAIN``.

    Steps stand in their order. What the clock does (lateness, going up) is no hand-over; but a case
    that went up and is handed down again to whoever had it, is.
    """
    if not steps or steps[-1].verb not in CHAIN:
        return []
    last = steps[-1]
    return [
        found
        for found in (_handed_round(steps), _ping_pong(steps), _returned(steps))
        if found is not None and _belongs(found.kind, last.verb)
    ]


def _belongs(kind: Kind, verb: str) -> bool:
    return verb in (_RETURNS if kind is Kind.RETURNED else _HANDED)


def _handed_round(steps: Sequence[Held]) -> Found | None:
    stations = _stations(steps)
    by_hand = [one for one in stations[1:] if one.verb in _HANDED]
    if len(by_hand) <= MOST_HANDS:
        return None
    bodies = len({one.body_id for one in stations})
    way = _way(stations)
    return Found(Kind.HANDED_ROUND, f"转手 {len(by_hand)} 次，经过 {bodies} 个单位：{way}。")


def _ping_pong(steps: Sequence[Held]) -> Found | None:
    stations = _stations(steps)
    if len(stations) < 3 or stations[-1].verb not in _HANDED:
        return None
    back = stations[-1]
    before = [n for n, one in enumerate(stations[:-1]) if one.body_id == back.body_id]
    if not before:
        return None
    loop = stations[before[-1] :]
    return Found(
        Kind.PING_PONG,
        f"从{back.body}出去，又回到{back.body}：{_way(loop)}。",
    )


def _returned(steps: Sequence[Held]) -> Found | None:
    said = [(one, steps[n - 1]) for n, one in enumerate(steps) if n and one.verb in _RETURNS]
    if len(said) <= MOST_RETURNS:
        return None
    words = "，".join(
        f"{_day(one.at)}{before.body}{'退回' if one.verb == 'send_back' else '提异议'}"
        for one, before in said
    )
    return Found(Kind.RETURNED, f"退回、提异议 {len(said)} 次：{words}。")


def _way(stations: Sequence[Held]) -> str:
    """Return the bodies in their order, with the day where it is another one."""
    days = ["", *(_day(one.at) for one in stations)]
    return " → ".join(
        f"{day} {one.body}" if day != days[n] else one.body
        for n, (day, one) in enumerate(zip(days[1:], stations, strict=True))
    )


def _day(moment: datetime) -> str:
    local = clock.local(moment)
    return f"{local.month}月{local.day}日"


def _stations(steps: Iterable[Held]) -> list[Held]:
    """Return the steps with which the case came into other hands, the first one included."""
    found: list[Held] = []
    for step in steps:
        if not found or step.body_id != found[-1].body_id:
            found.append(step)
    return found


def of_answer(answer: str, asked: str = "") -> list[Found]:
    """Return the mark that an answer's words deserve: only forwarding, else perfunctory, else none.

    ``asked`` is what the villager wrote: words said back are no answer. Greetings, thanks, dates of
    the letter, promises without a day and forwarding are set aside; what is left has to say something.
    """
    known = _pairs(asked)
    sorted_: dict[str, list[str]] = {"forward": [], "promise": [], "echo": [], "rest": []}
    for clause in words.BREAK.split(answer):
        clean = clause.strip()
        if words.NOISE.sub("", clean) and (sort := _sort(clean, known)):
            sorted_[sort].append(clean)
    return _judged(sorted_["forward"], sorted_["promise"], sorted_["echo"], sorted_["rest"])


def _sort(clause: str, known: set[str]) -> str:
    """Return what a clause is: forward, promise, echo, rest; empty for courtesy."""
    if words.SENT.search(clause):
        return "forward"
    if words.SIGNED.fullmatch(clause):
        return ""
    figure = _figure(clause)
    concrete = figure or bool(words.DEED.search(clause))
    if words.FORWARD.search(clause) and not figure and not _done(clause):
        return "forward"
    if words.COURTESY.search(clause) and not concrete:
        return ""
    if words.PROMISE.search(clause) and not words.DATED.search(clause) and not _done(clause):
        return "promise"
    if not concrete and not words.RULE.search(clause) and _said_back(clause, known):
        return "echo"
    return "rest"


def _judged(
    forwards: list[str], promises: list[str], echoes: list[str], rest: list[str]
) -> list[Found]:
    said = "".join(rest)
    length = len(words.NOISE.sub("", words.PHONE.sub("", said)))
    deed = _figure(said) or bool(words.DEED.search(said))
    solid = deed or bool(words.RULE.search(said))
    enough = REASON if forwards and not deed else SUBSTANCE if solid else BARE
    if length >= enough or (length and solid and words.WHERE.search(said)):
        return []
    if forwards:
        return [Found(Kind.FORWARDS, ONLY_FORWARDS, _quote(forwards))]
    return [
        Found(
            Kind.PERFUNCTORY,
            _why_perfunctory(promises, echoes, length),
            _quote([*promises, *echoes, *rest]),
        )
    ]


def _why_perfunctory(promises: list[str], echoes: list[str], length: int) -> str:
    why = []
    if promises:
        why.append("只有表态和没写日子的打算")
    if echoes:
        why.append("把群众的话又说了一遍")
    if not why:
        why.append(f"除了客套话只有 {length} 个字" if length else "只有客套话")
    return f"{'，'.join(why)}，没写做了什么、谁做的、多少、几时办好。"


def _figure(clause: str) -> bool:
    """Whether there is an amount, a count or a measure beside the days."""
    return bool(words.FIGURE.search(words.DAYS.sub("", clause)))


def _done(clause: str) -> bool:
    """Whether the clause tells something that has been done or found."""
    return bool(words.PAST.search(clause) and words.DEED.search(clause))


def _pairs(text: str) -> set[str]:
    clean = words.NOISE.sub("", text)
    return {clean[n : n + 2] for n in range(len(clean) - 1)}


def _said_back(clause: str, known: set[str]) -> bool:
    pairs = _pairs(clause)
    return len(pairs) >= ECHO_FROM and len(pairs & known) >= ECHO * len(pairs)


def _quote(clauses: list[str]) -> str:
    said = "，".join(clauses)
    return f"{said[:LONGEST_QUOTE]}……" if len(said) > LONGEST_QUOTE else said
