"""The only writers of cases: taking in, handling, and what the clock does."""

from mingbai.cases.commands.calling_back import (
    queue_call_backs,
    read_phone_to_call,
    record_call,
)
from mingbai.cases.commands.confirming import confirm
from mingbai.cases.commands.drafts import (
    discard_draft,
    discard_old_drafts,
    finish_draft,
    forget_unused,
    keep_draft,
)
from mingbai.cases.commands.filing import Filing, revise_filing, submit_cases
from mingbai.cases.commands.following import follow, tell_followers, unfollow
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
from mingbai.cases.commands.inviting import (
    call_off_invitation,
    invite_on_site,
    reply_to_invitation,
)
from mingbai.cases.commands.mediating import record_keeping, record_mediation
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
from mingbai.cases.commands.walking_in import file_walk_in

__all__ = [
    "Filing",
    "accept",
    "answer",
    "answer_at_once",
    "append_evidence",
    "assign",
    "attach_support_from_chat",
    "call_off_invitation",
    "close_silent",
    "confirm",
    "discard_draft",
    "discard_old_drafts",
    "escalate_overdue",
    "file_walk_in",
    "finish_draft",
    "follow",
    "forget_unused",
    "ignore_sign",
    "invite_on_site",
    "keep_draft",
    "load_deadlines",
    "note_sign",
    "progress",
    "queue_call_backs",
    "rate",
    "read_contact",
    "read_phone_to_call",
    "recompute_provisional",
    "record_call",
    "record_keeping",
    "record_mediation",
    "refuse",
    "reply_to_invitation",
    "retract_filing",
    "revise_filing",
    "start",
    "submit_case",
    "submit_cases",
    "supplement",
    "support",
    "tell_followers",
    "unfollow",
    "withdraw",
]
