"""The writers of capture, by stage of life."""

from mingbai.capture.commands.digesting import digest
from mingbai.capture.commands.intake import decline, recall, receive
from mingbai.capture.commands.keeping import forget_old, release_held
from mingbai.capture.commands.registering import change_group, register_group
from mingbai.capture.commands.replaying import replay
from mingbai.capture.commands.reviewing import correct, dismiss, file_case, merge, seal, undo

__all__ = [
    "change_group",
    "correct",
    "decline",
    "digest",
    "dismiss",
    "file_case",
    "forget_old",
    "merge",
    "recall",
    "receive",
    "register_group",
    "release_held",
    "replay",
    "seal",
    "undo",
]
