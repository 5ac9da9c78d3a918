"""What is to be written about findings, before anything of it is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from mingbai.capture.commands.talking import Said
from mingbai.capture.models import Finding, Ruling

BY_HAND = "hand-"


@dataclass(eq=False)
class Work:
    """A finding on its way into the tables: made now, changed now, or looked at once more.

    ``automatic`` whether it may become a case by itself; ``lines`` what it stands on, ``added`` those
    that it did not have before; ``same`` what it looks like, None when that was not asked;
    ``changed`` when anything is to be written, ``retold`` when it is told otherwise than before,
    ``longer`` when words were only added; ``filed`` when it became a case now.
    """

    finding: Finding
    automatic: bool
    lines: list[Said] = field(default_factory=list)
    added: list[Said] = field(default_factory=list)
    new: bool = False
    changed: bool = False
    retold: bool = False
    longer: bool = False
    filed: bool = False
    same: Told | None = None

    @property
    def wanted(self) -> bool:
        """Whether it is to be a case without a clerk: sure, and nothing earlier looks like it."""
        sure = self.finding.facts.get("sure", bool(self.finding.case_number))
        return self.automatic and sure and not self.finding.same_as


@dataclass(frozen=True)
class Told:
    """An earlier finding about the same problem, or none: in this plan, or a stored one's case number."""

    other: Work | None = None
    number: str = ""
    why: str = ""


@dataclass
class Plan:
    """What is to be written for groups that were read.

    ``belongs`` gives each line its finding or none; ``rejoined`` are findings whose lines changed
    while they themselves stay as they are; ``taken_back`` are no cases any more.
    """

    county: str
    works: list[Work] = field(default_factory=list)
    gone: list[Finding] = field(default_factory=list)
    belongs: dict[int, Finding | None] = field(default_factory=dict)
    rejoined: dict[int, Finding] = field(default_factory=dict)
    taken_back: list[Finding] = field(default_factory=list)
    joined: int = 0


def locked(rows: QuerySet[Finding]) -> list[Finding]:
    """Return findings locked, in one order for all, each with ``ruled``: whether a clerk ever ruled."""
    rulings = Ruling.objects.filter(county=OuterRef("county"), finding=OuterRef("pk"))
    found = rows.select_for_update(of=("self",)).annotate(ruled=Exists(rulings))
    return list(found.order_by("pk"))


def is_open(finding: Finding) -> bool:
    """Whether only the machine has decided about a finding (one that was ``locked``)."""
    if finding.status not in {Finding.Status.REVIEW, Finding.Status.FILED}:
        return False
    ruled: bool = finding.ruled  # type: ignore[attr-defined]
    return not (finding.decided_by or ruled or finding.key.startswith(BY_HAND))
