"""What lower rooms need from rooms that they may not know; ``config`` says who fulfils it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class ClueMaterial:
    """What is handed over as a possible clue: clear text that nobody but its office may read.

    ``county`` six digits, ``region`` code of the village or group, ``source`` a kind such as
    ``chat`` or ``web``, ``said_at`` when it was said, ``author`` whatever is known of the sender.
    """

    county: str
    region: str
    source: str
    text: str
    said_at: datetime
    author: str = ""
    attachments: Sequence[str] = field(default_factory=tuple)


class ClueIntake(Protocol):
    """Seal a possible clue to the county discipline office's public key, in the running transaction."""

    def __call__(self, material: ClueMaterial) -> bool:
        """Return True when sealed; False when the office has no key yet (nothing was stored)."""


class SmsSender(Protocol):
    """Send one short message to a phone number."""

    def __call__(self, phone: str, text: str) -> None:
        """Hand the message to the carrier; raise ``ConnectionError`` when that failed."""


@dataclass(frozen=True)
class GroupAddress:
    """A chat group as its platform knows it."""

    platform: str
    external_id: str


class GroupSender(Protocol):
    """Put one message into a chat group."""

    def __call__(self, group: GroupAddress, text: str) -> None:
        """Hand the message to the platform; raise ``ConnectionError`` when that failed."""


@dataclass(frozen=True)
class Opinion:
    """What another model takes a text for: ``request``, ``question``, ``suggestion`` or ``chatter``."""

    kind: str
    why: str
    model: str


class SecondOpinion(Protocol):
    """Ask another model, on the own network, about one unsure text."""

    def __call__(self, text: str) -> Opinion | None:
        """Return its opinion, None when there is none; raise ``ConnectionError`` when out of reach."""


@dataclass(frozen=True)
class CaseField:
    """A field of cases in its Chinese word, with the words of its parts by their codes."""

    name: str
    parts: Mapping[str, str]


class CaseFields(Protocol):
    """Tell which fields cases have."""

    def __call__(self) -> Mapping[str, CaseField]:
        """Return every field by its code, in the order in which people see them."""


def case_fields() -> Mapping[str, CaseField]:
    """Return the fields of cases."""
    fields: CaseFields = import_string(settings.CASE_FIELDS)
    return fields()


def clue_intake() -> ClueIntake:
    """Return the bound intake of clues."""
    intake: ClueIntake = import_string(settings.CLUE_INTAKE)
    return intake


def sms_sender() -> SmsSender:
    """Return the bound sender of short messages."""
    sender: SmsSender = import_string(settings.SMS_SENDER)
    return sender


def second_opinion() -> SecondOpinion | None:
    """Return the bound second opinion, or None when none is set (the default)."""
    if not settings.SECOND_OPINION:
        return None
    opinion: SecondOpinion = import_string(settings.SECOND_OPINION)
    return opinion


def group_sender() -> GroupSender | None:
    """Return the bound sender into groups, or None: officers forward by hand then."""
    if not settings.GROUP_SENDER:
        return None
    sender: GroupSender = import_string(settings.GROUP_SENDER)
    return sender
