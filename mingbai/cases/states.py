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
    JOINT = "joint"
    WAITING = "waiting"
    SUSPENDED = "suspended"
    ESCALATED = "escalated"
    TRANSFERRED = "transferred"
    PETITION = "petition"
    ANSWERED = "answered"
    RATED = "rated"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


STATE_WORDS: dict[State, str] = {
    State.SUBMITTED: "等受理",
    State.ACCEPTED: "已受理",
    State.REFUSED: "不予受理",
    State.ASSIGNED: "已交办",
    State.HANDLING: "在办",
    State.JOINT: "会办中",
    State.WAITING: "等反映人补充",
    State.SUSPENDED: "已挂起",
    State.ESCALATED: "已升级，等上级受理",
    State.TRANSFERRED: "已转信访，等登记",
    State.PETITION: "信访办理中",
    State.ANSWERED: "已答复，等评价",
    State.RATED: "已评价",
    State.CLOSED: "已办结",
    State.MERGED: "已并入另一件",
    State.WITHDRAWN: "已撤回",
}


class Level(StrEnum):
    """The level that holds a case now."""

    VILLAGE = "village"
    TOWN = "town"
    COUNTY = "county"
    CITY = "city"


LEVEL_WORDS: dict[Level, str] = {
    Level.VILLAGE: "村里",
    Level.TOWN: "镇里",
    Level.COUNTY: "县里",
    Level.CITY: "市里",
}


class Who(StrEnum):
    """Who may make a move."""

    HOLDER = "holder"  # staff of the body that holds the case
    ASSISTANT = "assistant"  # staff of a body that was asked to join in
    DECIDER = "decider"  # staff of the body above, of which something was asked
    REPORTER = "reporter"  # the villager who filed it
    SUPPORTER = "supporter"  # a villager who said that the same trouble is theirs
    SYSTEM = "system"  # the clock, or a rule that follows another move


WHO_WORDS: dict[Who, str] = {
    Who.HOLDER: "承办单位",
    Who.ASSISTANT: "会办单位",
    Who.DECIDER: "上一级",
    Who.REPORTER: "反映人",
    Who.SUPPORTER: "附议人",
    Who.SYSTEM: "系统",
}


class Need(StrEnum):
    """What a move cannot do without."""

    REASON = "reason"
    TEXT = "text"
    RECEIVER = "receiver"
    SCORE = "score"
    DAYS = "days"
    UNTIL = "until"
    OTHER = "other"  # the number of another case


@dataclass(frozen=True)
class Move:
    """One allowed step: ``verb`` takes a case from any of ``sources`` to ``target``.

    ``target`` None leaves the state as it is. ``label`` is the word on the button, ``done`` the word
    in the history, ``key`` its shortcut.
    """

    verb: str
    label: str
    done: str
    sources: frozenset[State]
    target: State | None
    who: Who
    needs: frozenset[Need] = frozenset()
    key: str = ""

    def after(self, source: State) -> State:
        """Return where the move leads from ``source``."""
        return self.target or source


def _at(*states: State) -> frozenset[State]:
    return frozenset(states)


_NEW = _at(State.SUBMITTED, State.ESCALATED)
_TAKEN = _at(State.ACCEPTED, State.ASSIGNED, State.HANDLING)
_WORKED = _TAKEN | _at(State.JOINT)
_STOPPED = _at(State.WAITING, State.SUSPENDED)
_PETITION = _at(State.TRANSFERRED, State.PETITION)
_OPEN = _NEW | _WORKED | _STOPPED | _PETITION


def _needs(*needs: Need) -> frozenset[Need]:
    return frozenset(needs)


MOVES: tuple[Move, ...] = (
    Move("accept", "受理", "受理", _NEW, State.ACCEPTED, Who.HOLDER, key="a"),
    Move(
        "refuse",
        "不予受理",
        "不予受理",
        _NEW,
        State.REFUSED,
        Who.HOLDER,
        _needs(Need.REASON),
        key="x",
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
        _at(State.HANDLING, State.JOINT, State.PETITION),
        None,
        Who.HOLDER,
        _needs(Need.TEXT),
        key="p",
    ),
    Move(
        "answer",
        "答复",
        "答复",
        _at(State.HANDLING),
        State.ANSWERED,
        Who.HOLDER,
        _needs(Need.TEXT),
        key="r",
    ),
    Move(
        "assign",
        "交办",
        "交办",
        _TAKEN,
        State.ASSIGNED,
        Who.HOLDER,
        _needs(Need.RECEIVER),
        key="t",
    ),
    Move(
        "dispute",
        "提异议",
        "对交办提异议",
        _at(State.ASSIGNED),
        None,
        Who.HOLDER,
        _needs(Need.REASON),
        key="o",
    ),
    Move(
        "redirect",
        "改交",
        "裁定改交",
        _at(State.ASSIGNED),
        State.ASSIGNED,
        Who.DECIDER,
        _needs(Need.RECEIVER, Need.REASON),
    ),
    Move(
        "ask_reporter",
        "请反映人补充",
        "请反映人补充",
        _at(State.ACCEPTED, State.HANDLING),
        State.WAITING,
        Who.HOLDER,
        _needs(Need.TEXT),
        key="w",
    ),
    Move("resume", "接着办", "接着办", _STOPPED, State.HANDLING, Who.HOLDER, key="c"),
    Move("wake", "恢复计时", "恢复计时", _STOPPED, State.HANDLING, Who.SYSTEM),
    Move(
        "invite",
        "请人会办",
        "请来会办",
        _at(State.HANDLING, State.JOINT),
        State.JOINT,
        Who.HOLDER,
        _needs(Need.RECEIVER, Need.TEXT),
        key="i",
    ),
    Move(
        "contribute",
        "答复会办部分",
        "答复会办部分",
        _NEW | _WORKED,
        None,
        Who.ASSISTANT,
        _needs(Need.TEXT),
        key="e",
    ),
    Move(
        "release",
        "免去会办",
        "免去会办",
        _NEW | _WORKED,
        None,
        Who.HOLDER,
        _needs(Need.RECEIVER, Need.REASON),
    ),
    Move("join", "汇总会办", "汇总会办", _at(State.JOINT), State.HANDLING, Who.HOLDER, key="g"),
    Move(
        "extend",
        "延期一次",
        "延期",
        _WORKED | _at(State.PETITION),
        None,
        Who.HOLDER,
        _needs(Need.REASON, Need.DAYS),
        key="y",
    ),
    Move(
        "ask_suspend",
        "申请挂起",
        "申请挂起",
        _WORKED,
        None,
        Who.HOLDER,
        _needs(Need.REASON, Need.UNTIL),
        key="z",
    ),
    Move("suspend", "批准挂起", "批准挂起", _WORKED, State.SUSPENDED, Who.DECIDER, key="h"),
    Move(
        "merge",
        "并入另一件",
        "并入另一件",
        _NEW | _TAKEN,
        State.MERGED,
        Who.HOLDER,
        _needs(Need.OTHER),
        key="m",
    ),
    Move("unmerge", "撤销并件", "撤销并件", _at(State.MERGED), State.ACCEPTED, Who.HOLDER, key="u"),
    Move(
        "split",
        "拆出一件",
        "拆出一件",
        _TAKEN,
        None,
        Who.HOLDER,
        _needs(Need.TEXT),
        key="d",
    ),
    Move(
        "transfer",
        "转信访",
        "转信访局",
        _NEW | _TAKEN,
        State.TRANSFERRED,
        Who.HOLDER,
        _needs(Need.REASON),
        key="f",
    ),
    Move(
        "register",
        "登记受理",
        "信访登记受理",
        _at(State.TRANSFERRED),
        State.PETITION,
        Who.HOLDER,
        key="b",
    ),
    Move(
        "send_back",
        "退回原单位",
        "不属信访，退回",
        _at(State.TRANSFERRED),
        State.ACCEPTED,
        Who.HOLDER,
        _needs(Need.REASON),
        key="v",
    ),
    Move(
        "conclude",
        "出具处理意见",
        "信访处理意见",
        _at(State.PETITION),
        State.ANSWERED,
        Who.HOLDER,
        _needs(Need.TEXT),
        key="l",
    ),
    Move(
        "hand_to_clues",
        "密封转交",
        "密封转交",
        _NEW | _TAKEN,
        State.WITHDRAWN,
        Who.HOLDER,
        key="q",
    ),
    Move("escalate", "升级", "超时未办，自动升级", _NEW | _WORKED, State.ESCALATED, Who.SYSTEM),
    Move("lift", "上交", "没有承办人，交给上级", _NEW | _WORKED, State.ESCALATED, Who.SYSTEM),
    Move(
        "rate",
        "评价",
        "评价",
        _at(State.ANSWERED),
        State.RATED,
        Who.REPORTER,
        _needs(Need.SCORE),
    ),
    Move("reopen", "退回重办", "不满意，退回重办", _at(State.RATED), State.ESCALATED, Who.SYSTEM),
    Move(
        "claim",
        "要求重办",
        "要求重办",
        _at(State.CLOSED),
        State.ESCALATED,
        Who.REPORTER,
        _needs(Need.REASON),
    ),
    Move(
        "ask_reopen",
        "请求重办",
        "请求重办",
        _at(State.ANSWERED, State.CLOSED),
        None,
        Who.SUPPORTER,
        _needs(Need.REASON),
    ),
    Move(
        "grant_reopen",
        "同意重办",
        "同意重办",
        _at(State.ANSWERED, State.CLOSED),
        State.ESCALATED,
        Who.DECIDER,
    ),
    Move(
        "deny",
        "不同意",
        "不同意",
        _WORKED | _at(State.ANSWERED, State.CLOSED),
        None,
        Who.DECIDER,
        _needs(Need.REASON),
    ),
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
    "revise": "按群里后来说的改过",
    "merged_here": "有一件并了进来",
    "unmerged": "并来的一件单独办了",
    "unstaffed": "没有承办人，交给上级",
    "unaccepted": "还没受理，已提醒",
    "silent": "还没回话，已提醒",
    "half": "时间过半，已提醒",
    "eighty": "快到期，已提醒",
    "overdue": "到期没办完，已催办",
    "urge": "还没办完，已督办",
}
"""Words of the steps that leave the state as it is and that nobody decides."""

BY_VERB: dict[str, Move] = {move.verb: move for move in MOVES}

OPEN: frozenset[State] = _OPEN
STOPPED: frozenset[State] = _STOPPED
RUNNING: frozenset[State] = _OPEN - _STOPPED
"""Open states in which the clock runs."""
ASCENDING: frozenset[State] = _NEW | _WORKED
"""States from which a case that is late goes up by itself; petitions have their own law."""
AT_PETITION: frozenset[State] = _PETITION
SOLVED: frozenset[State] = _at(State.ANSWERED, State.RATED, State.CLOSED)
FINAL: frozenset[State] = _at(State.REFUSED, State.CLOSED, State.MERGED, State.WITHDRAWN)
"""Where a case comes to rest; a claim or an undone merge may still bring it back."""
PUBLICLY_SHOWN: frozenset[State] = (_OPEN | SOLVED | _at(State.MERGED)) - _at(State.SUBMITTED)


def moves_from(state: State, who: Who) -> tuple[Move, ...]:
    """Return the moves that ``who`` may make from ``state``, in the order of the table."""
    return tuple(m for m in MOVES if state in m.sources and m.who is who)


def next_level(level: Level) -> Level | None:
    """Return the level above, or None at the city."""
    return {
        Level.VILLAGE: Level.TOWN,
        Level.TOWN: Level.COUNTY,
        Level.COUNTY: Level.CITY,
    }.get(level)


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
        State.JOINT: f"{where}牵头会办",
        State.ESCALATED: f"已升到{where}，等受理",
        State.TRANSFERRED: f"已转{body}，等登记",
        State.PETITION: f"{body}办理中",
    }
    return words.get(state, STATE_WORDS[state])


def county_of(number: str) -> str:
    """Return the county that a case number begins with (``350525-2611-00001``)."""
    return number[:6]


def diagram() -> str:
    """Return the table of moves as a Mermaid state diagram for ``docs/``."""
    lines = ["stateDiagram-v2", "    [*] --> submitted: 提交"]
    for move in MOVES:
        if move.target is not None:
            lines += [f"    {s} --> {move.target}: {move.done}" for s in sorted(move.sources)]
    lines += [f"    {s} --> [*]" for s in sorted(FINAL)]
    return "\n".join(lines) + "\n"


def listing() -> str:
    """Return the table of moves as a Markdown table for ``docs/``: who may, from where, what it needs."""
    rows = ["| move | who | from | to | needs |", "| --- | --- | --- | --- | --- |"]
    for move in MOVES:
        cells = [
            f"`{move.verb}` {move.label}",
            WHO_WORDS[move.who],
            ", ".join(sorted(move.sources)),
            move.target.value if move.target else "stays",
            ", ".join(sorted(move.needs)) or "",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"
