"""The cases that the machine files by itself: filed, brought up to the talk, taken back while untouched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import sha256
from itertools import groupby

from mingbai.audit import commands as audit
from mingbai.capture.commands import filing, signs, tallying
from mingbai.capture.commands.plans import Plan, Root, Work
from mingbai.capture.commands.talking import Said
from mingbai.capture.events import Digested
from mingbai.capture.models import Finding
from mingbai.cases import commands as cases
from mingbai.kernel.decisions import Missing


def touched(county: str, findings: Collection[Finding]) -> set[int]:
    """Return those findings whose case somebody is handling, or that is gone; the other cases are locked."""
    filed = {f.case_number: f.pk for f in findings if f.case_number}
    if not filed:
        return set()
    untouched = cases.hold_untouched(county=county, numbers=filed)
    return {pk for number, pk in filed.items() if number not in untouched}


def bring_up(plan: Plan) -> Digested:
    """Bring cases to where the findings of a plan stand, in the order of the talk."""
    for finding in plan.gone:
        if finding.case_number:
            _take_back(plan, finding)
    works = sorted(plan.works, key=lambda w: (w.finding.said_at, w.finding.key))
    by_key = {w.finding.key: w for w in works}
    fresh: list[Work] = []
    for work in works:
        root = by_key.get(work.root.key) if work.root else None
        if work.root is not None:
            _note_root(work.finding, work.root, root)
        wanted = work.wanted and not (root and root.filed)
        if not wanted and work.finding.case_number:
            _take_back(plan, work.finding)
        elif wanted and not work.finding.case_number:
            work.filed = True
            fresh.append(work)
        elif wanted and work.retold:
            filing.revise(work.finding)
    _file(fresh)
    for work in works:  # what was filed just now has a number only now
        if work.root is not None and work.root.key in by_key:
            work.finding.same_as = by_key[work.root.key].finding.case_number
    return Digested(
        filed=sum(w.filed for w in fresh), review=sum(w.new and not w.filed for w in works)
    )


def conclude(plan: Plan) -> None:
    """Write down what was filed, and put signs of handling beside the cases; findings have their ids."""
    filed = [w.finding for w in plan.works if w.filed]
    audit.record_all(
        actor=None,
        verb="file",
        thing="finding",
        lines=[
            audit.Line(
                str(f.pk),
                region=f.region,
                detail={"model": f.model, "confidence": round(f.confidence, 3)},
            )
            for f in filed
        ],
    )
    for work in plan.works:
        if work.finding.case_number:
            _show_signs(work.finding, work.added)
    # Last, and in one order for all: these counts are the county's.
    _tally(plan.taken_back, by=-1)
    _tally(filed, by=1)


def tell(finding: Finding, lines: Sequence[Said]) -> None:
    """Give a case that is being handled what was said later: villagers' words as evidence, and signs."""
    _show_signs(finding, lines)
    words = [m for m in lines if m.text and m.by_villager and not signs.is_sign(m)]
    if not words:
        return
    try:
        cases.append_evidence(
            county=finding.county,
            number=finding.case_number,
            source_id=_line_key(finding, words[0]),
            text="\n".join(f"{m.alias}：{m.text}" for m in words),
        )
    except Missing:
        return  # the case was taken back


def _file(works: Sequence[Work]) -> None:
    """File findings as cases; what cases will not take waits for a clerk."""
    numbers = filing.file_all([w.finding for w in works])
    for work, number in zip(works, numbers, strict=True):
        work.filed = bool(number)
        if number:
            work.finding.case_number, work.finding.status = number, Finding.Status.FILED


def _take_back(plan: Plan, finding: Finding) -> None:
    cases.retract_filing(county=finding.county, number=finding.case_number)
    plan.taken_back.append(finding)
    finding.case_number, finding.status = "", Finding.Status.REVIEW


def _note_root(finding: Finding, told: Root, root: Work | None) -> None:
    """Keep what a finding looks like, and why."""
    finding.same_as = root.finding.case_number if root else told.number
    finding.facts = {**finding.facts, "same": told.key}
    finding.reasons = [r for r in finding.reasons if r["about"] != "same"]
    if told.why:
        line = next((r["line_id"] for r in finding.reasons), "")
        finding.reasons.append(
            {"about": "same", "words": "", "line_id": line, "start": 0, "end": 0, "text": told.why}
        )


def _show_signs(finding: Finding, lines: Sequence[Said]) -> None:
    for line in lines:
        if line.text and signs.is_sign(line):
            key = _line_key(finding, line)
            signs.note(finding.county, finding.case_number, line, key=key)


def _line_key(finding: Finding, line: Said) -> str:
    return sha256(f"{finding.group_id}\0{line.external_id}".encode()).hexdigest()[:40]


def _tally(findings: Sequence[Finding], *, by: int) -> None:
    def band(f: Finding) -> tuple[object, ...]:
        return f.model, f.kind, int(f.confidence * tallying.BANDS), f.found_at

    for _, alike in groupby(sorted(findings, key=band), key=band):
        first, *others = alike
        tallying.count(
            county=first.county,
            found_at=first.found_at,
            model=first.model,
            kind=first.kind,
            confidence=first.confidence,
            verb="automatic",
            by=by * (1 + len(others)),
        )
