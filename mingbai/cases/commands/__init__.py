"""The only writers of cases: taking in, handling, and what the clock does."""

from mingbai.cases.commands.drafts import (
    discard_draft,
    discard_old_drafts,
    finish_draft,
    forget_unused,
    keep_draft,
)
from mingbai.cases.commands.filing import Filing, hold_untouched, revise_filing, submit_cases
from mingbai.cases.commands.handling import (
    accept,
    answer,
    answer_at_once,
    assign,
    progress,
    read_contact,
    refuse,
    start,
)
from mingbai.cases.commands.intake import retract_filing, submit_case
from mingbai.cases.commands.reporting import (
    append_evidence,
    attach_support_from_chat,
    rate,
    supplement,
    support,
    withdraw,
)
from mingbai.cases.commands.signs import ignore_sign, note_sign
from mingbai.cases.commands.timing import (
    close_silent,
    escalate_overdue,
    load_deadlines,
    recompute_provisional,
)

__all__ = [
    "Filing",
    "accept",
    "answer",
    "answer_at_once",
    "append_evidence",
    "assign",
    "attach_support_from_chat",
    "close_silent",
    "discard_draft",
    "discard_old_drafts",
    "escalate_overdue",
    "finish_draft",
    "forget_unused",
    "hold_untouched",
    "ignore_sign",
    "keep_draft",
    "load_deadlines",
    "note_sign",
    "progress",
    "rate",
    "read_contact",
    "recompute_provisional",
    "refuse",
    "retract_filing",
    "revise_filing",
    "start",
    "submit_case",
    "submit_cases",
    "supplement",
    "support",
    "withdraw",
]
