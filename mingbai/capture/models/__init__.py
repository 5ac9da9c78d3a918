"""Groups, the inbox of messages (kept at most 72 hours), and what was found in the talk."""

from mingbai.capture.models.answers import PolicyNote
from mingbai.capture.models.findings import Finding, LearnedPlace, Ruling, SecondReading
from mingbai.capture.models.groups import ChatGroup, ConsentNotice, Member
from mingbai.capture.models.inbox import DeadLetter, Forgotten, Message, Seen, Waiting
from mingbai.capture.models.learning import LocalExample, RulingTally, TrainedModel
from mingbai.capture.models.patrol import PatrolDay, PatrolMark

__all__ = [
    "ChatGroup",
    "ConsentNotice",
    "DeadLetter",
    "Finding",
    "Forgotten",
    "LearnedPlace",
    "LocalExample",
    "Member",
    "Message",
    "PatrolDay",
    "PatrolMark",
    "PolicyNote",
    "Ruling",
    "RulingTally",
    "SecondReading",
    "Seen",
    "TrainedModel",
    "Waiting",
]
