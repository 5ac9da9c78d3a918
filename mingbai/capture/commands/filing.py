"""From findings to cases: what a finding becomes, for which village, under which token."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from mingbai.capture.models import Finding
from mingbai.cases import commands as cases
from mingbai.kernel.actors import SYSTEM
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.regions import queries as regions

SHORTEST, LONGEST = 4, 4000
NAMESPACE = uuid.UUID("6b0c6f7e-6d1b-4c6e-9a53-3f1b1f0f5a51")


def file(finding: Finding) -> str:
    """Turn a finding into a case that holds its own copy of the words; return the case's number.

    It goes to the village that the words name, when there is exactly one in the county; otherwise
    to the group's own.
    """
    return cases.submit_case(
        actor=SYSTEM,
        token=_token(finding),
        source="chat",
        source_id=finding.key,
        **_content(finding, _villages([finding])),
    )


def file_all(findings: Sequence[Finding]) -> list[str]:
    """File several findings; return the cases' numbers, empty for what cases will not take."""
    if not findings:
        return []
    known = _villages(findings)
    return cases.submit_cases(
        actor=SYSTEM,
        source="chat",
        filings=[
            cases.Filing(token=_token(f), source_id=f.key, **_content(f, known)) for f in findings
        ],
    )


def revise(finding: Finding) -> bool:
    """Bring the finding's case up to what was said meanwhile; False when somebody has touched it."""
    try:
        return cases.revise_filing(
            county=finding.county,
            number=finding.case_number,
            **_content(finding, _villages([finding])),
        )
    except (BadInput, Missing, Refused):
        return False


def _token(finding: Finding) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{finding.county}:{finding.key}")


def _content(finding: Finding, known: dict[str, regions.Region]) -> dict[str, Any]:
    text = finding.text.strip()
    return {
        "region": _village(finding, known),
        "text": text[:LONGEST] if len(text) >= SHORTEST else f"群里有人说：{text}",
        "field": finding.field,
        "kind": finding.kind,
        "title": finding.title,
        "place": finding.place,
        "urgent": finding.urgent,
        "source_text": finding.text,
    }


def _villages(findings: Sequence[Finding]) -> dict[str, regions.Region]:
    """Return the regions that findings name other than their own, in one query."""
    named = {str(f.place_region) for f in findings if f.place_region and f.place_region != f.region}
    return regions.regions(named) if named else {}


def _village(finding: Finding, known: dict[str, regions.Region]) -> str:
    place = known.get(str(finding.place_region))
    levels = {regions.Level.VILLAGE, regions.Level.LOCAL}
    if place is None or place.valid_to is not None or place.level not in levels:
        return str(finding.region)
    return str(place.code) if place.county == finding.county else str(finding.region)
