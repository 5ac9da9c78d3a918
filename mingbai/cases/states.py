"""The life of a case as one table of moves: buttons, diagram and property tests are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    ASSIGNED = "assigned"
    HANDLING = "handling"
    ESCALATED = "escalated"
    ANSWERED = "answered"
    RATED = "rated"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


STATE_WORDS: dict[State, str] = {
    State.SUBMITTED: "等受理",
    State.ACCEPTED: "已受理",
    State.REFUSED: "不予受理",
    State.ASSIGNED: "已交办",
    State.HANDLING: "在办",
    State.ESCALATED: "已升级，等上级受理",
    State.ANSWERED: "已答复，等评价",
    State.RATED: "已评价",
    State.CLOSED: "已办结",
    State.WITHDRAWN: "已撤回",
}


class Level(StrEnum):
    """The level that holds a case now."""

    VILLAGE = "village"
    TOWN = "town"
    COUNTY = "county"


LEVEL_WORDS: dict[Level, str] = {Level.VILLAGE: "村里", Level.TOWN: "镇里", Level.COUNTY: "县里"}


class Who(StrEnum):
    """Who may make a move."""

    HOLDER = "holder"  # staff of the body that holds the case
    REPORTER = "reporter"  # the villager who filed it
    SYSTEM = "system"  # the clock, or a rule that follows another move


class Need(StrEnum):
    """What a move cannot do without."""

    REASON = "reason"
    TEXT = "text"
    RECEIVER = "receiver"
    SCORE = "score"


@dataclass(frozen=True)
class Move:
    """One allowed step: ``verb`` takes a case from any of ``sources`` to ``target``.

    ``label`` is the word on the button, ``done`` the word in the history, ``key`` its shortcut.
    """

    verb: str
    label: str
    done: str
    sources: frozenset[State]
    target: State
    who: Who
    needs: frozenset[Need] = frozenset()
    key: str = ""


def _at(*states: State) -> frozenset[State]:
    return frozenset(states)


_OPEN = _at(State.SUBMITTED, State.ESCALATED, State.ACCEPTED, State.ASSIGNED, State.HANDLING)

MOVES: tuple[Move, ...] = (
    Move(
        "accept",
        "受理",
        "受理",
        _at(State.SUBMITTED, State.ESCALATED),
        State.ACCEPTED,
        Who.HOLDER,
        key="a",
    ),
    Move(
        "refuse",
        "不予受理",
        "不予受理",
        _at(State.SUBMITTED, State.ESCALATED),
        State.REFUSED,
        Who.HOLDER,
        frozenset({Need.REASON}),
        key="x",
    ),
    Move(
        "assign",
        "交办",
        "交办",
        _at(State.ACCEPTED, State.ASSIGNED, State.HANDLING),
        State.ASSIGNED,
        Who.HOLDER,
        frozenset({Need.RECEIVER}),
        key="t",
    ),
    Move(
        "start",
        "开始办理",
        "开始办理",
        _at(State.ACCEPTED, State.ASSIGNED),
        State.HANDLING,
        Who.HOLDER,
        key="s",
    ),
    Move(
        "progress",
        "记进展",
        "有进展",
        _at(State.HANDLING),
        State.HANDLING,
        Who.HOLDER,
        frozenset({Need.TEXT}),
        key="p",
    ),
    Move(
        "answer",
        "答复",
        "答复",
        _at(State.HANDLING),
        State.ANSWERED,
        Who.HOLDER,
        frozenset({Need.TEXT}),
        key="r",
    ),
    Move("escalate", "升级", "超时未办，自动升级", _OPEN, State.ESCALATED, Who.SYSTEM),
    Move(
        "rate",
        "评价",
        "评价",
        _at(State.ANSWERED),
        State.RATED,
        Who.REPORTER,
        frozenset({Need.SCORE}),
    ),
    Move("reopen", "退回重办", "不满意，退回重办", _at(State.RATED), State.ESCALATED, Who.SYSTEM),
    Move("close", "办结", "办结", _at(State.ANSWERED, State.RATED), State.CLOSED, Who.SYSTEM),
    Move("withdraw", "撤回", "撤回", _OPEN, State.WITHDRAWN, Who.REPORTER),
    Move(
        "retract", "撤销立件", "核对人撤销立件", _at(State.SUBMITTED), State.WITHDRAWN, Who.SYSTEM
    ),
)
SAID: dict[str, str] = {
    "submit": "提交",
    "doubted": "几位邻居到现场看过，说还没好",
    "call_back": "电话回访",
    "onsite": "请群众到现场看",
    "onsite_off": "取消现场邀请",
    "mediate": "调解",
    "mediate_kept": "调解协议履行情况",
    "supplement": "补充情况",
    "evidence": "群里补充",
    "overdue": "到期没办完",
}
"""Words of the steps that leave the state as it is."""

BY_VERB: dict[str, Move] = {move.verb: move for move in MOVES}

OPEN: frozenset[State] = _OPEN
SOLVED: frozenset[State] = _at(State.ANSWERED, State.RATED, State.CLOSED)
FINAL: frozenset[State] = _at(State.REFUSED, State.CLOSED, State.WITHDRAWN)
PUBLICLY_SHOWN: frozenset[State] = (_OPEN | SOLVED) - _at(State.SUBMITTED)


def moves_from(state: State, who: Who) -> tuple[Move, ...]:
    """Return the moves that ``who`` may make from ``state``, in the order of the table."""
    return tuple(m for m in MOVES if state in m.sources and m.who is who)


def next_level(level: Level) -> Level | None:
    """Return the level above, or None at the county."""
    return {Level.VILLAGE: Level.TOWN, Level.TOWN: Level.COUNTY}.get(level)


def done_word(verb: str) -> str:
    """Return the word in the history for ``verb``, a move or a step that leaves the state alone."""
    move = BY_VERB.get(verb)
    return move.done if move else SAID[verb]


def headline(state: State, level: Level, body: str) -> str:
    """Return where a case stands in the words of a neighbour: 镇里在办."""
    where = LEVEL_WORDS[level]
    words = {
        State.SUBMITTED: f"等{where}受理",
        State.ACCEPTED: f"{where}已受理",
        State.ASSIGNED: f"已交给{body}",
        State.HANDLING: f"{where}在办",
        State.ESCALATED: f"已升到{where}，等受理",
    }
    return words.get(state, STATE_WORDS[state])


def county_of(number: str) -> str:
    """Return the county that a case number begins with (``350525-2611-00001``)."""
    return number[:6]


def diagram() -> str:
    """Return the table of moves as a Mermaid state diagram for ``docs/``."""
    lines = ["stateDiagram-v2", "    [*] --> submitted: 提交"]
    for move in MOVES:
        lines += [f"    {s} --> {move.target}: {move.done}" for s in sorted(move.sources)]
    lines += [f"    {s} --> [*]" for s in sorted(FINAL)]
    return "\n".join(lines) + "\n"
