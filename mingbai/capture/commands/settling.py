"""Carrying out what was found: the tables are made to say what the talk says now.

What a person has decided stays as it was decided, and later words join it. What only the machine
has decided follows the talk: a finding changes, grows, or goes, and so does a case that it filed,
as long as nobody has touched it. A finding is known by its first line. So the result depends on
what was said, not on when it was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from mingbai.capture.commands import casework, intake, linking, rows
from mingbai.capture.commands.cleaning import LONGEST
from mingbai.capture.commands.plans import Plan, Work, is_open, locked
from mingbai.capture.commands.reading import Draft, Group, Reading
from mingbai.capture.commands.talking import Said, author, transcript
from mingbai.capture.events import Digested
from mingbai.capture.models import ChatGroup, Finding, Message
from mingbai.capture.recognition.found import Found
from mingbai.kernel import clock
from mingbai.kernel.ports import ClueMaterial, clue_intake

_READ = """
UPDATE capture_message SET digested_at = %s::timestamptz
WHERE county = %s::text AND id = ANY(%s::bigint[])
"""
_BELONGS = """
UPDATE capture_message m
SET digested_at = coalesce(m.digested_at, %s::timestamptz), finding_id = nullif(v.finding, 0)
FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, finding) WHERE m.id = v.id AND m.county = %s::text
"""
_REASON = ("about", "words", "line_id", "start", "end", "text")


def kept_findings(county: str, lines: Iterable[Said]) -> dict[int, Finding]:
    """Return the findings that lines belong to, locked."""
    wanted = {line.finding for line in lines if line.finding}
    if not wanted:
        return {}
    return {f.pk: f for f in locked(Finding.objects.filter(county=county, pk__in=wanted))}


def settle(reading: Reading, groups: Sequence[Group]) -> Digested:
    """Write what was found in the groups' lines, and mark them as read."""
    plan = Plan(str(groups[0].row.county))
    read = [line for g in groups for line in (*g.lines, *(m for _, part in g.sealed for m in part))]
    done = Digested(messages=sum(line.unread for line in read))
    for group in groups:
        for found, lines in group.sealed:
            done += _seal(group.row, found, lines)
    known = _known(plan.county, groups)
    fixed = _fixed(plan.county, known.values()).union(*(g.kept for g in groups))
    for group in groups:
        if group.lines:
            _compare(plan, group, known, fixed)
    linking.compare(reading, plan)
    done += casework.bring_up(plan)
    _write(plan)
    _mark(plan, groups)
    return done + Digested(joined=plan.joined)


def _seal(group: ChatGroup, found: Found, lines: Sequence[Said]) -> Digested:
    """Hand a possible clue over and delete its clear text in this transaction; else hold it unseen."""
    messages = Message.objects.filter(county=group.county, pk__in=[m.pk for m in lines])
    material = ClueMaterial(
        county=group.county,
        region=group.region,
        source="chat",
        text=transcript(lines),
        said_at=found.said_at,
        author=author(group, lines),
    )
    taken = clue_intake()(material)
    if taken:
        messages.delete()
    else:
        messages.update(held=True)
    # A clerk might still read them where they were found to be something else before.
    intake.strike_out(
        str(group.county),
        findings={line.finding for line in lines if line.finding},
        words={line.external_id for line in lines},
    )
    return Digested(sealed=int(taken))


def _known(county: str, groups: Sequence[Group]) -> dict[str, Finding]:
    """Return the stored findings that the groups' lines belong to or that were found now, by key."""
    known = {f.key: f for f in kept_findings(county, (m for g in groups for m in g.lines)).values()}
    missing = {d.found.key for g in groups for d in g.changed()} - known.keys()
    if missing:
        others = locked(Finding.objects.filter(county=county, key__in=missing))
        known |= {f.key: f for f in others}
    return known


def _fixed(county: str, findings: Collection[Finding]) -> set[int]:
    """Return those findings that stay: a person decided, or some of their words are gone."""
    touched = casework.touched(county, findings)
    return {f.pk for f in findings if f.pk in touched or not is_open(f)}


def _compare(plan: Plan, group: Group, known: dict[str, Finding], fixed: set[int]) -> None:
    """Compare what was found in a group with what the tables say, and plan the difference."""
    mine = {f.pk: f for f in known.values() if f.group_id == group.row.pk}
    stays = {m.pk: mine[m.finding] for m in group.lines if m.finding in mine and m.finding in fixed}
    for line in group.lines:
        if line.unread or line.finding:
            plan.belongs[line.pk] = stays.get(line.pk)
    there = set(fixed)
    for draft in group.changed():
        finding = known.get(draft.found.key)
        held = next((stays[m.pk] for m in draft.lines if m.pk in stays), None)
        if held is not None and not draft.earlier:
            finding = held
        lines = [m for m in draft.lines if m.pk not in stays]
        if finding is None:
            _open(plan, group, draft)
        elif finding.pk in fixed:
            _follow(plan, finding, lines, draft)
        else:
            _renew(plan, group, finding, draft)
            there.add(finding.pk)
    plan.gone += [f for pk, f in mine.items() if pk not in there and f.said_at >= group.begin]


def _open(plan: Plan, group: Group, draft: Draft) -> None:
    finding = Finding(
        county=group.row.county,
        region=group.row.region,
        group_id=group.row.pk,
        key=draft.found.key,
        status=Finding.Status.REVIEW,
        found_at=clock.now(),
    )
    work = Work(finding, group.asks, added=draft.lines[1:])
    _put(finding, draft)
    plan.works.append(work)
    _belong(plan, draft.lines, finding)


def _renew(plan: Plan, group: Group, finding: Finding, draft: Draft) -> None:
    """Bring a finding that only the machine knows up to what the talk says now."""
    added = [m for m in draft.lines if m.finding != finding.pk]
    work = Work(finding, group.asks, added=added)
    _put(finding, draft)
    plan.works.append(work)
    plan.joined += len(added)
    _belong(plan, draft.lines, finding)


def _follow(plan: Plan, finding: Finding, lines: Sequence[Said], draft: Draft) -> None:
    """Let lines join a finding that stays as it is, and the case that it became."""
    _belong(plan, lines, finding)
    added = [m for m in lines if m.finding != finding.pk]
    if not added:
        return
    plan.joined += len(added)
    plan.followed.append(finding)
    found, facts = draft.found, finding.facts
    finding.ended_at = max(found.ended_at, finding.ended_at or found.ended_at)
    finding.facts = {
        **facts,
        "speakers": sorted({*facts.get("speakers", ()), *found.speakers}),
        "answered": found.answered or bool(facts.get("answered")),
    }
    if finding.status == Finding.Status.REVIEW:
        # The talk is deleted after 72 hours; what the clerk will file must hold these words too.
        words = [finding.text, *(m.text for m in added if m.text and m.by_villager)]
        finding.text = " ".join(words)[:LONGEST]
        finding.urgent = finding.urgent or draft.urgent_since is not None
    if finding.case_number:
        casework.tell(finding, added)


def _belong(plan: Plan, lines: Iterable[Said], finding: Finding) -> None:
    plan.belongs.update((line.pk, finding) for line in lines)


def _put(finding: Finding, draft: Draft) -> None:
    """Put on a finding what the talk says of it; of one found earlier what joined it since."""
    found, facts = draft.found, finding.facts
    content: dict[str, Any] = {
        "text": draft.text,
        "urgent": draft.urgent_since is not None,
        "ended_at": found.ended_at,
    }
    if not draft.earlier:
        same = [r for r in finding.reasons if r["about"] == "same"]
        content |= {
            "kind": found.kind,
            "field": found.field,
            "sub": found.sub,
            "place": found.place[:80],
            "place_region": found.place_region or "",
            "title": found.title[:60],
            "confidence": found.confidence,
            "reasons": [{name: getattr(r, name) for name in _REASON} for r in found.reasons] + same,
            "model": found.model,
            "said_at": found.said_at,
        }
        kept = {name: facts[name] for name in ("opinion", "same") if name in facts}
        facts = {
            **found.facts,
            **kept,
            "sender": found.sender,
            "again_of": found.again_of,
            "sure": found.status == "sure",
        }
    # What later digests need to let talk join (aliases of this group only).
    content["facts"] = {
        **facts,
        "speakers": list(found.speakers),
        "answered": found.answered,
        "urgent_since": draft.urgent_since.isoformat() if draft.urgent_since else None,
    }
    for name, value in content.items():
        setattr(finding, name, value)


def _write(plan: Plan) -> None:
    for finding in plan.gone:
        finding.delete()
    Finding.objects.bulk_create([w.finding for w in plan.works if w.new])
    for work in plan.works:
        if work.changed and not work.new:
            work.finding.version += not work.longer
            work.finding.save()
    for finding in plan.followed:
        finding.save(update_fields=["text", "urgent", "ended_at", "facts"])
    casework.conclude(plan)


def _mark(plan: Plan, groups: Sequence[Group]) -> None:
    """Mark lines as read, each with the finding that it belongs to."""
    now = clock.now()
    plain: list[int] = []
    changed: dict[int, int] = {}
    for line in (line for group in groups for line in group.lines):
        finding = plan.belongs.get(line.pk)
        belongs = finding.pk if finding is not None and finding.pk else 0
        if belongs != (line.finding or 0):
            changed[line.pk] = belongs
        elif line.unread:
            plain.append(line.pk)
    if plain:
        rows.run(_READ, [now, plan.county, plain])
    if changed:
        rows.run(_BELONGS, [now, list(changed), list(changed.values()), plan.county])
