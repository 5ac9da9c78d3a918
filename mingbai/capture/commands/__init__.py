"""The writers of capture, by stage of life."""

from mingbai.capture.commands.digesting import digest
from mingbai.capture.commands.intake import decline, recall, receive
from mingbai.capture.commands.keeping import forget_old, release_held
from mingbai.capture.commands.learning import model_in_use, train
from mingbai.capture.commands.learning import use as use_model
from mingbai.capture.commands.opinions import ask_opinions
from mingbai.capture.commands.registering import change_group, register_group
from mingbai.capture.commands.replaying import replay
from mingbai.capture.commands.reviewing import correct, dismiss, file_case, merge, seal, undo

__all__ = [
    "ask_opinions",
    "change_group",
    "correct",
    "decline",
    "digest",
    "dismiss",
    "file_case",
    "forget_old",
    "merge",
    "model_in_use",
    "recall",
    "receive",
    "register_group",
    "release_held",
    "replay",
    "seal",
    "train",
    "undo",
    "use_model",
]
