"""The writers of capture, by stage of life."""

from mingbai.capture.commands.answering import keep_policy, retire_policy, send_answer
from mingbai.capture.commands.digesting import digest, next_due
from mingbai.capture.commands.intake import decline, recall, receive
from mingbai.capture.commands.keeping import forget_old, release_held
from mingbai.capture.commands.learning import model_in_use, train
from mingbai.capture.commands.learning import use as use_model
from mingbai.capture.commands.opinions import ask_opinions
from mingbai.capture.commands.patrolling import (
    note_objection,
    note_talk_days,
    read_through,
    seal_lines,
    take_up,
)
from mingbai.capture.commands.registering import change_group, record_notice, register_group
from mingbai.capture.commands.replaying import replay
from mingbai.capture.commands.retrying import try_again
from mingbai.capture.commands.reviewing import (
    Item,
    correct,
    dismiss,
    file_case,
    merge,
    rule_many,
    seal,
    undo,
)
from mingbai.capture.commands.second_reading import second_read, settle
from mingbai.capture.commands.waking import wake

__all__ = [
    "Item",
    "ask_opinions",
    "change_group",
    "correct",
    "decline",
    "digest",
    "dismiss",
    "file_case",
    "forget_old",
    "keep_policy",
    "merge",
    "model_in_use",
    "next_due",
    "note_objection",
    "note_talk_days",
    "read_through",
    "recall",
    "receive",
    "record_notice",
    "register_group",
    "release_held",
    "replay",
    "retire_policy",
    "rule_many",
    "seal",
    "seal_lines",
    "second_read",
    "send_answer",
    "settle",
    "take_up",
    "train",
    "try_again",
    "undo",
    "use_model",
    "wake",
]
