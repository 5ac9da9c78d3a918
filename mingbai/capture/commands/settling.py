"""Carrying out what was found: the tables are made to say what the talk says now.

What a clerk has decided stays as it was decided, and later words join it. What only the machine
has decided follows the talk: a finding changes, grows, or goes, and so does a case that it filed,
as long as nobody has touched it. So the result depends on what was said, not on when it was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from django.db.models import Count

from mingbai.audit import commands as audit
from mingbai.capture.commands import filing, linking, rows, signs, tallying
from mingbai.capture.commands.cleaning import LONGEST
from mingbai.capture.commands.plans import BY_HAND, Plan, Told, Work, is_open, locked
from mingbai.capture.commands.reading import Draft, Group, Reading
from mingbai.capture.commands.talking import Said, authors, in_order, transcript
from mingbai.capture.events import Digested
from mingbai.capture.models import Finding, Message
from mingbai.capture.recognition.found import Found
from mingbai.cases import commands as cases
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Missing, Refused
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
_CONTENT = (
    "kind", "field", "sub", "urgent", "place", "place_region", "title", "text", "confidence",
    "reasons", "model", "said_at", "ended_at", "facts",
)  # fmt: skip
_REASON = ("about", "words", "line_id", "start", "end", "text")
# A case filed on these words alone is not changed by more of them.
_TOLD = ("kind", "field", "urgent", "place", "place_region", "title", "text")


def kept_findings(county: str, lines: Iterable[Said]) -> dict[int, Finding]:
    """Return the findings that lines belong to, locked."""
    wanted = {line.finding for line in lines if line.finding}
    if not wanted:
        return {}
    return {f.pk: f for f in locked(Finding.objects.filter(county=county, pk__in=wanted))}


def settle(reading: Reading, groups: Sequence[Group], kept: dict[int, Finding]) -> Digested:
    """Write what was found in the groups' lines, and mark them as read."""
    plan = Plan(groups[0].county)
    done = Digested(messages=sum(_unread(group) for group in groups))
    for group in groups:
        done += _seal(plan, group, kept)
    by_key = _by_key(plan.county, groups, kept)
    counts = _counts(plan.county, [*kept.values(), *by_key.values()])
    for group in groups:
        _compare(plan, group, kept, by_key, counts)
    linking.compare(reading, plan)
    done += _bring_cases_up(plan)
    _write(plan)
    _mark(plan, groups)
    _retell(plan)
    return done + Digested(joined=plan.joined)


def _unread(group: Group) -> int:
    sealed = sum(line.unread for _, lines in group.sealed for line in lines)
    return sealed + sum(line.unread for line in group.lines)


def _seal(plan: Plan, group: Group, kept: dict[int, Finding]) -> Digested:
    """Hand possible clues over and delete their clear text in this transaction; else hold them unseen."""
    done = Digested()
    for found, lines in group.sealed:
        messages = Message.objects.filter(county=group.county, pk__in=[m.pk for m in lines])
        material = ClueMaterial(
            county=group.county,
            region=group.region,
            source="chat",
            text=transcript(lines),
            said_at=found.said_at,
            author=authors(group.title, lines),
        )
        if clue_intake()(material):
            messages.delete()
            done += Digested(sealed=1)
        else:
            messages.update(held=True)
        for pk, count in Counter(line.finding for line in lines if line.finding).items():
            _lose(plan, kept, pk, count)
    return done


def _lose(plan: Plan, kept: dict[int, Finding], pk: int, count: int) -> None:
    """Take sealed lines out of a finding that no case came of; a clerk might still read it."""
    finding = kept.get(pk)
    if finding is None:
        return
    if finding.status == Finding.Status.DISMISSED:
        kept.pop(pk)
        finding.delete()
        return
    finding.facts = {**finding.facts, "lines": finding.facts.get("lines", 0) - count}
    plan.rejoined[pk] = finding


def _by_key(county: str, groups: Sequence[Group], kept: dict[int, Finding]) -> dict[str, Finding]:
    """Return the findings of the drafts' own keys, and those that lines join, as far as they exist."""
    keys = {key for g in groups for key in (*g.drafts, *g.joined)}
    known = {f.key: f for f in kept.values()}
    missing = keys - known.keys()
    if missing:
        others = locked(Finding.objects.filter(county=county, key__in=missing))
        known |= {f.key: f for f in others}
    return known


def _counts(county: str, findings: Iterable[Finding]) -> Counter[int]:
    """Return how many messages each finding has in the inbox."""
    wanted = {f.pk for f in findings}
    if not wanted:
        return Counter()
    messages = Message.objects.filter(county=county, finding_id__in=wanted, held=False)
    counted = messages.values("finding_id").annotate(n=Count("pk")).order_by()
    return Counter({pk: n for pk, n in counted.values_list("finding_id", "n") if pk})


def _is_frozen(finding: Finding, group: Group, counts: Counter[int]) -> bool:
    """Whether a finding stays as it is: somebody decided, or some of its words are gone."""
    if not is_open(finding) or finding.pk in group.frozen:
        return True
    return bool(finding.facts.get("lines", 0) != counts[finding.pk])


def _compare(
    plan: Plan,
    group: Group,
    kept: dict[int, Finding],
    by_key: dict[str, Finding],
    counts: Counter[int],
) -> None:
    """Compare what was found in a group with what the tables say, and plan the difference."""
    if not group.lines:
        return
    mine = {pk: f for pk, f in kept.items() if f.group_id == group.pk}
    inside = {pk: f for pk, f in mine.items() if f.said_at >= group.begin}
    frozen = {pk for pk, f in mine.items() if _is_frozen(f, group, counts)}
    stays = {pk for pk in frozen if pk in inside or mine[pk].key.startswith(BY_HAND)}
    fixed = {m.pk: mine[m.finding] for m in group.lines if m.finding in stays}
    for line in group.lines:
        if line.unread or line.finding:
            plan.belongs[line.pk] = fixed.get(line.pk)
    matched = _matched(group, inside, by_key)
    for draft in _by_time(group):
        finding = matched.get(draft.found.key)
        draft.lines = [m for m in draft.lines if fixed.get(m.pk, finding) is finding]
        draft.lines.sort(key=in_order)
        if finding is None:
            if draft.lines:
                _open(plan, group, draft)
        elif finding.pk in frozen or finding.pk not in inside:
            _follow(plan, finding, draft.lines, draft.found, counts)
        else:
            _renew(plan, group, finding, draft)
    for key, lines in group.joined.items():
        if key in by_key:
            fresh = [m for m in lines if m.pk not in fixed]
            _follow(plan, by_key[key], fresh, group.earlier[key], counts)
    _leave(plan, group, mine, counts)
    settled = {f.pk for f in matched.values()} | frozen
    plan.gone += [f for pk, f in inside.items() if pk not in settled]


def _by_time(group: Group) -> list[Draft]:
    return sorted(group.drafts.values(), key=lambda d: (d.found.said_at, d.found.key))


def _matched(
    group: Group, inside: dict[int, Finding], by_key: dict[str, Finding]
) -> dict[str, Finding]:
    """Return for each draft the finding that it was before: of its key, else sharing most lines."""
    found = {key: by_key[key] for key in group.drafts if key in by_key}
    taken = {f.pk for f in found.values()}
    for draft in _by_time(group):
        if draft.found.key in found:
            continue
        shared = Counter(m.finding for m in draft.lines if m.finding in inside.keys() - taken)
        ranked = sorted(
            (-n, inside[pk].said_at, inside[pk].key, pk) for pk, n in shared.items() if pk
        )
        if ranked:
            best = ranked[0][-1]
            found[draft.found.key] = inside[best]
            taken.add(best)
    return found


def _open(plan: Plan, group: Group, draft: Draft) -> None:
    finding = Finding(
        county=group.county,
        region=group.region,
        group_id=group.pk,
        key=draft.found.key,
        status=Finding.Status.REVIEW,
        found_at=clock.now(),
        **_content(draft),
    )
    work = Work(
        finding, group.automatic, draft.lines, draft.lines, new=True, changed=True, retold=True
    )
    plan.works.append(work)
    _belong(plan, draft.lines, finding)


def _renew(plan: Plan, group: Group, finding: Finding, draft: Draft) -> None:
    """Bring a finding that only the machine knows up to what the talk says now."""
    content = _content(draft)
    if "opinion" in finding.facts:
        content["facts"]["opinion"] = finding.facts["opinion"]
    content["reasons"] += [r for r in finding.reasons if r["about"] == "same"]
    before = {name: getattr(finding, name) for name in _CONTENT}
    for name, value in content.items():
        setattr(finding, name, value)
    added = [m for m in draft.lines if m.finding != finding.pk]
    # A group that was switched to asking first keeps what it filed before.
    work = Work(finding, group.automatic or bool(finding.case_number), draft.lines, added)
    work.changed = before != content
    work.retold = any(before[name] != content[name] for name in (*_TOLD, "said_at"))
    settled = [n for n in _TOLD if n not in {"text", "urgent"}]
    work.longer = content["text"].startswith(before["text"]) and all(
        before[name] == content[name] for name in settled
    )
    plan.works.append(work)
    plan.joined += len(added)
    _belong(plan, draft.lines, finding)


def _follow(
    plan: Plan, finding: Finding, lines: Sequence[Said], found: Found, counts: Counter[int]
) -> None:
    """Let lines join a finding that stays as it is, and the case that it became."""
    _belong(plan, lines, finding)
    added = sorted((m for m in lines if m.finding != finding.pk), key=in_order)
    if not added:
        return
    plan.joined += len(added)
    plan.rejoined[finding.pk] = finding
    counts[finding.pk] += len(added)
    finding.ended_at = max(found.ended_at, finding.ended_at or found.ended_at)
    finding.facts = {
        **finding.facts,
        "speakers": sorted({*finding.facts.get("speakers", ()), *found.speakers}),
        "answered": found.answered or bool(finding.facts.get("answered")),
        "lines": counts[finding.pk],
    }
    if finding.status == Finding.Status.REVIEW:
        finding.urgent = finding.urgent or found.urgency == "urgent"
    if finding.case_number:
        _tell_case(finding, added)


def _leave(plan: Plan, group: Group, mine: dict[int, Finding], counts: Counter[int]) -> None:
    """Note what an earlier finding loses to the talk that is read now."""
    for line in group.lines:
        before = mine.get(line.finding or 0)
        if before is None or before.said_at >= group.begin:
            continue
        if plan.belongs.get(line.pk) is not before:
            counts[before.pk] -= 1
            before.facts = {**before.facts, "lines": counts[before.pk]}
            plan.rejoined[before.pk] = before


def _belong(plan: Plan, lines: Iterable[Said], finding: Finding) -> None:
    plan.belongs.update((line.pk, finding) for line in lines)


def _content(draft: Draft) -> dict[str, Any]:
    found = draft.found
    return {
        "kind": found.kind,
        "field": found.field,
        "sub": found.sub,
        "urgent": draft.urgent,
        "place": found.place[:80],
        "place_region": found.place_region or "",
        "title": found.title[:60],
        "text": draft.text()[:LONGEST],
        "confidence": found.confidence,
        "reasons": [{name: getattr(r, name) for name in _REASON} for r in found.reasons],
        "model": found.model,
        "said_at": found.said_at,
        "ended_at": found.ended_at,
        # What later digests need to let talk join (aliases of this group only), and what was named.
        "facts": {
            **found.facts,
            "sender": found.sender,
            "speakers": list(found.speakers),
            "answered": found.answered,
            "again_of": found.again_of,
            "sure": found.status == "sure",
            "lines": len(draft.lines),
        },
    }


def _tell_case(finding: Finding, lines: Sequence[Said]) -> None:
    """Give a case what was said later: villagers' words as evidence, signs of handling beside it."""
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


def _show_signs(finding: Finding, lines: Sequence[Said]) -> None:
    for line in lines:
        if line.text and signs.is_sign(line):
            key = _line_key(finding, line)
            signs.note(finding.county, finding.case_number, line, key=key)


def _line_key(finding: Finding, line: Said) -> str:
    return sha256(f"{finding.group_id}\0{line.external_id}".encode()).hexdigest()[:40]


def _bring_cases_up(plan: Plan) -> Digested:
    """Bring the cases that the machine files to where the findings stand now, in the order of the talk."""
    for finding in [f for f in plan.gone if f.case_number]:
        if not _take_back(plan, finding):
            _keep_after_all(plan, finding)
    plan.gone = [f for f in plan.gone if not f.case_number]
    fresh: list[Work] = []
    for work in sorted(plan.works, key=lambda w: (w.finding.said_at, w.finding.key)):
        told = work.same
        if told is not None:
            _note_same(work, told)
        if work.finding.case_number:
            _mend(plan, work)
        elif work.wanted and not (told and told.other and told.other.filed):
            work.filed = True
            fresh.append(work)
    numbers = filing.file_all([w.finding for w in fresh])
    for work, number in zip(fresh, numbers, strict=True):
        work.filed = bool(number)  # what cases will not take waits for a clerk
        if number:
            work.finding.case_number = number
            work.finding.status = Finding.Status.FILED
            work.changed = True
    for work in plan.works:
        told = work.same
        if told and told.other and told.other.finding.case_number != work.finding.same_as:
            work.finding.same_as, work.changed = told.other.finding.case_number, True
    unsure = sum(w.new and not w.filed for w in plan.works)
    return Digested(filed=sum(w.filed for w in fresh), review=unsure)


def _note_same(work: Work, told: Told) -> None:
    """Keep what a finding looks like, and why."""
    finding = work.finding
    number = told.other.finding.case_number if told.other else told.number
    reasons = [r for r in finding.reasons if r["about"] != "same"]
    if told.why:
        line = next((r["line_id"] for r in reasons), "")
        reasons.append(
            {"about": "same", "words": "", "line_id": line, "start": 0, "end": 0, "text": told.why}
        )
    if finding.same_as != number or finding.reasons != reasons:
        finding.same_as, finding.reasons, work.changed = number, reasons, True


def _mend(plan: Plan, work: Work) -> None:
    """Bring an untouched case up to date, or take it back; one that is touched gets the new words."""
    finding = work.finding
    if not work.wanted:
        if _take_back(plan, finding):
            work.changed = True
        return
    if not work.changed:
        return
    was = Finding.objects.get(county=finding.county, pk=finding.pk)
    if all(getattr(was, name) == getattr(finding, name) for name in _TOLD):
        return
    if filing.revise(finding):
        return
    for name in (*_TOLD, "sub", "confidence", "reasons", "said_at", "same_as"):
        setattr(finding, name, getattr(was, name))
    _tell_case(finding, work.added)
    work.added = []


def _take_back(plan: Plan, finding: Finding) -> bool:
    """Take back a case that the machine filed; False when somebody is handling it already."""
    try:
        cases.retract_filing(county=finding.county, number=finding.case_number)
    except (Refused, Missing, BadInput):
        return False
    plan.taken_back.append(finding)
    finding.case_number, finding.status = "", Finding.Status.REVIEW
    return True


def _keep_after_all(plan: Plan, finding: Finding) -> None:
    """Leave a finding whose case is being handled, and with it the lines that nothing else claims."""
    messages = Message.objects.filter(county=plan.county, finding=finding)
    for pk in messages.values_list("pk", flat=True):
        if plan.belongs.get(pk) is None:
            plan.belongs[pk] = finding


def _write(plan: Plan) -> None:
    for finding in plan.gone:
        plan.rejoined.pop(finding.pk, None)
        finding.delete()
    Finding.objects.bulk_create([w.finding for w in plan.works if w.new])
    for work in plan.works:
        if work.changed and not work.new:
            work.finding.version += not work.longer
            work.finding.save()
            plan.rejoined.pop(work.finding.pk, None)
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
    # Last, and in one order for all: these counts are the county's.
    _tally(plan.taken_back, by=-1)
    _tally(filed, by=1)
    for work in plan.works:
        if work.finding.case_number:
            _show_signs(work.finding, [m for m in work.added if m is not work.lines[0]])


def _tally(findings: Sequence[Finding], *, by: int) -> None:
    same: dict[tuple[Any, ...], list[Finding]] = {}
    for f in findings:
        band = int(f.confidence * tallying.BANDS)
        same.setdefault((f.model, f.kind, band, f.found_at), []).append(f)
    for _, alike in sorted(same.items()):
        first = alike[0]
        tallying.count(
            county=first.county,
            found_at=first.found_at,
            model=first.model,
            kind=first.kind,
            confidence=first.confidence,
            verb="automatic",
            by=by * len(alike),
        )


def _mark(plan: Plan, groups: Sequence[Group]) -> None:
    """Mark lines as read, each with the finding that it belongs to."""
    now = clock.now()
    plain: list[int] = []
    changed: dict[int, int] = {}
    for group in groups:
        for line in group.lines:
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


def _retell(plan: Plan) -> None:
    """Write findings that others' lines joined or left; what waits for a clerk holds all its words."""
    for finding in plan.rejoined.values():
        if finding.status == Finding.Status.REVIEW:
            messages = Message.objects.filter(
                county=plan.county, finding=finding, held=False, member__role="villager"
            ).exclude(text="")
            ordered = messages.order_by("said_at", "external_id").values_list("text", flat=True)
            text = " ".join(ordered)[:LONGEST]
            if not text:
                finding.delete()
                continue
            finding.version += not text.startswith(finding.text)
            finding.text = text
        finding.save(update_fields=["text", "urgent", "ended_at", "facts", "version"])
