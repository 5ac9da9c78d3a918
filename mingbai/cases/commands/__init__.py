"""The only writers of cases: taking in, handling, and what the clock does."""

from mingbai.cases.commands.asking import (
    ask_reopen,
    ask_suspend,
    deny,
    dispute,
    grant_reopen,
    redirect,
    suspend,
)
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
from mingbai.cases.commands.filing import Filing, hold_untouched, revise_filing, submit_cases
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
from mingbai.cases.commands.intake import (
    retract_filing,
    submit_case,
)
from mingbai.cases.commands.inviting import (
    call_off_invitation,
    invite_on_site,
    reply_to_invitation,
)
from mingbai.cases.commands.joining import (
    contribute,
    invite,
    join,
    release,
)
from mingbai.cases.commands.leaving import (
    conclude,
    hand_to_clues,
    register,
    send_back,
    transfer,
)
from mingbai.cases.commands.linking import (
    merge,
    split,
    unmerge,
)
from mingbai.cases.commands.mediating import record_keeping, record_mediation
from mingbai.cases.commands.reporting import (
    append_evidence,
    attach_support_from_chat,
    claim,
    rate,
    supplement,
    support,
    withdraw,
)
from mingbai.cases.commands.signs import (
    ignore_sign,
    note_sign,
)
from mingbai.cases.commands.stopping import (
    ask_reporter,
    extend,
    resume,
)
from mingbai.cases.commands.times import load_deadlines, load_local_deadlines
from mingbai.cases.commands.timing import (
    close_silent,
    escalate_overdue,
    hand_up_unstaffed,
    recompute_provisional,
)
from mingbai.cases.commands.walking_in import file_walk_in

__all__ = [
    "Filing",
    "accept",
    "answer",
    "answer_at_once",
    "append_evidence",
    "ask_reopen",
    "ask_reporter",
    "ask_suspend",
    "assign",
    "attach_support_from_chat",
    "call_off_invitation",
    "claim",
    "close_silent",
    "conclude",
    "confirm",
    "contribute",
    "deny",
    "discard_draft",
    "discard_old_drafts",
    "dispute",
    "escalate_overdue",
    "extend",
    "file_walk_in",
    "finish_draft",
    "follow",
    "forget_unused",
    "grant_reopen",
    "hand_to_clues",
    "hand_up_unstaffed",
    "hold_untouched",
    "ignore_sign",
    "invite",
    "invite_on_site",
    "join",
    "keep_draft",
    "load_deadlines",
    "load_local_deadlines",
    "merge",
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
    "redirect",
    "refuse",
    "register",
    "release",
    "reply_to_invitation",
    "resume",
    "retract_filing",
    "revise_filing",
    "send_back",
    "split",
    "start",
    "submit_case",
    "submit_cases",
    "supplement",
    "support",
    "suspend",
    "tell_followers",
    "transfer",
    "unfollow",
    "unmerge",
    "withdraw",
]
