"""What is to be written about findings, before anything of it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from mingbai.capture.commands.talking import Said
from mingbai.capture.models import Finding, Ruling

BY_HAND = "hand-"
# What a case says of a finding; words may be added to it without it being told otherwise.
_SAID = ("text", "urgent")
_TOLD = ("kind", "field", "place", "place_region", "title")
_WRITTEN = (
    *_SAID, *_TOLD, "sub", "confidence", "reasons", "model", "said_at", "ended_at", "facts",
    "same_as", "case_number", "status",
)  # fmt: skip


@dataclass(frozen=True)
class Root:
    """The earlier finding of the same problem (its key, empty for none), its case, and why in words."""

    key: str = ""
    number: str = ""
    why: str = ""


@dataclass(eq=False)
class Work:
    """A finding that only the machine has decided about, on its way into the tables.

    ``asks`` whether its group wants a clerk to look first; ``added`` are lines that it did not have
    before; ``root`` what it looks like, None when that was not asked. Take a Work of a stored finding
    before changing it: what stands in the tables is remembered.
    """

    finding: Finding
    asks: bool
    added: Sequence[Said] = ()
    root: Root | None = None
    filed: bool = False
    was: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        stored = self.finding.pk is not None
        self.was = {name: getattr(self.finding, name) for name in _WRITTEN} if stored else {}

    @property
    def new(self) -> bool:
        """Whether the tables do not know it yet."""
        return not self.was

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return self._differs(_WRITTEN)

    @property
    def retold(self) -> bool:
        """Whether it says something else than before, or more, or says it more or less surely."""
        if self._differs((*_SAID, *_TOLD, "said_at")):
            return True
        return bool(self.finding.facts["sure"] != self.was["facts"]["sure"])

    @property
    def longer(self) -> bool:
        """Whether words were added at most: who has read it before need not read it again."""
        return not self._differs(_TOLD) and self.finding.text.startswith(self.was["text"])

    @property
    def wanted(self) -> bool:
        """Whether it is to be a case without a clerk: sure, and nothing earlier looks like it."""
        # A group that was switched to asking first keeps what it filed before.
        automatic = not self.asks or bool(self.finding.case_number)
        return automatic and bool(self.finding.facts["sure"]) and not self.finding.same_as

    def _differs(self, names: Sequence[str]) -> bool:
        return self.new or any(getattr(self.finding, name) != self.was[name] for name in names)


@dataclass
class Plan:
    """What is to be written for groups that were read.

    ``belongs`` gives each line its finding or none; ``followed`` are findings that stay as somebody
    decided while lines join them; ``gone`` are found no more; ``taken_back`` are no cases any more.
    """

    county: str
    works: list[Work] = field(default_factory=list)
    gone: list[Finding] = field(default_factory=list)
    followed: list[Finding] = field(default_factory=list)
    belongs: dict[int, Finding | None] = field(default_factory=dict)
    taken_back: list[Finding] = field(default_factory=list)
    joined: int = 0


def locked(rows: QuerySet[Finding]) -> list[Finding]:
    """Return findings locked, in one order for all, each with ``ruled``: whether a clerk ever ruled."""
    rulings = Ruling.objects.filter(county=OuterRef("county"), finding=OuterRef("pk"))
    found = rows.select_for_update(of=("self",)).annotate(ruled=Exists(rulings))
    return list(found.order_by("pk"))


def is_open(finding: Finding) -> bool:
    """Whether a finding (``locked``) follows the talk: nobody decided, and all its words are there."""
    if finding.faded or finding.status not in {Finding.Status.REVIEW, Finding.Status.FILED}:
        return False
    ruled: bool = finding.ruled  # type: ignore[attr-defined]
    return not (finding.decided_by or ruled or finding.key.startswith(BY_HAND))
