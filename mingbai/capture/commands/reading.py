"""From lines to findings: each stretch of talk read with what was found before, groups side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from mingbai.capture.commands import learning, places, rows
from mingbai.capture.commands.cleaning import plain
from mingbai.capture.commands.talking import Said, in_order, stretches
from mingbai.capture.models import ChatGroup, Finding, Message
from mingbai.capture.recognition.found import Found, Reason
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader, title_of
from mingbai.kernel import clock, scopes
from mingbai.regions import queries as regions

if TYPE_CHECKING:
    from mingbai.capture.recognition.model import Model

MEMORY = timedelta(days=15)
REMEMBERED = 30
_COLUMNS = (
    "pk", "key", "kind", "field", "sub", "urgent", "place", "place_region", "text", "title",
    "confidence", "model", "said_at", "ended_at", "facts",
)  # fmt: skip
_EARLIER = f"""
SELECT v.id, {", ".join(f"f.{name}" if name != "pk" else "f.id" for name in _COLUMNS)}
FROM unnest(%(groups)s::bigint[], %(begins)s::timestamptz[]) AS v (id, begin)
CROSS JOIN LATERAL (
  SELECT * FROM capture_finding o
  WHERE o.county = %(county)s::text AND o.group_id = v.id AND o.status <> 'dismissed'
    AND o.said_at < v.begin AND o.said_at >= v.begin - %(memory)s::interval
  ORDER BY o.said_at DESC, o.key DESC LIMIT %(most)s::bigint) f
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True)
class Reading:
    """The county's reader with its model, and the places that were learned in its villages."""

    reader: Reader
    model: Model
    learned: frozenset[tuple[str, str]]


@dataclass
class Draft:
    """Something found, with its lines in order: its own, and later ones that joined it."""

    found: Found
    lines: list[Said]
    urgent: bool

    def text(self) -> str:
        """Return the villagers' words as they were written."""
        own = set(self.found.head_ids)
        return " ".join(
            line.text
            for line in self.lines
            if line.text and (line.by_villager or line.external_id in own)
        )


@dataclass
class Group:
    """A group that is being read: its lines, what was found before them, what is found in them."""

    pk: int
    county: str
    region: str
    name: str
    title: str
    automatic: bool
    lines: list[Said]
    decided: frozenset[int]
    earlier: dict[str, Found] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    joined: dict[str, list[Said]] = field(default_factory=dict)
    sealed: list[tuple[Found, list[Said]]] = field(default_factory=list)
    frozen: set[int] = field(default_factory=set)
    parts: list[Sequence[Said]] = field(default_factory=list)
    at: int = 0
    known: dict[str, Found] = field(default_factory=dict)

    @classmethod
    def of(cls, row: ChatGroup, lines: list[Said], decided: frozenset[int]) -> Group:
        """Return a group with lines to be read; ``decided`` are findings that stay as they are."""
        return cls(
            pk=row.pk,
            county=row.county,
            region=row.region,
            name=f"{row.platform}/{row.external_id}",
            title=row.name,
            automatic=row.mode == ChatGroup.Mode.AUTOMATIC,
            lines=lines,
            decided=decided,
        )

    @property
    def begin(self) -> datetime:
        """When the first of the lines was said."""
        return self.lines[0].said_at

    def start(self, earlier: Iterable[Found]) -> None:
        """Begin reading from the first line, with what was found before it."""
        self.known = {f.key: f for f in earlier}
        self.earlier = dict(self.known)
        self.drafts, self.joined = {}, {}
        self.parts, self.at = stretches(self.lines), 0

    def again(self) -> None:
        """Begin anew with the lines that are left."""
        self.start(self.known.values())

    def remembered(self) -> list[Found]:
        """Return what lines may join now: the latest findings before the next stretch."""
        oldest = self.parts[self.at][0].said_at - MEMORY
        found = [*self.earlier.values(), *(d.found for d in self.drafts.values())]
        known = [f for f in found if f.said_at >= oldest]
        return sorted(known, key=lambda f: (f.said_at, f.key))[-REMEMBERED:]

    def take(self, found: Found, lines: list[Said], learned: frozenset[tuple[str, str]]) -> None:
        """Put what was found in the present stretch where it belongs."""
        if found.joins is None:
            whole = _as_written(found, lines, _own_place(found, self.region, learned))
            self.drafts[found.key] = Draft(whole, lines, urgent=found.urgency == "urgent")
            return
        draft = self.drafts.get(found.joins)
        if draft is not None:
            draft.lines += lines
            draft.urgent = draft.urgent or found.urgency == "urgent"
            draft.found = _gone_on(draft.found, found)
        else:
            self.joined.setdefault(found.joins, []).extend(lines)
            self.earlier[found.joins] = _gone_on(self.earlier[found.joins], found)

    def seal(self, found: Found, lines: list[Said]) -> bool:
        """Take a possible clue out of the talk; False when all of it is in a case already."""
        free = [line for line in lines if line.finding not in self.decided]
        if not free:
            self.frozen |= {line.finding for line in lines if line.finding}
            return False
        self.sealed.append((found, free))
        gone = {line.pk for line in free}
        self.lines = [line for line in self.lines if line.pk not in gone]
        return True


def read(reading: Reading, groups: Sequence[Group]) -> None:
    """Read the groups' lines stretch by stretch, one stretch of each group at a time.

    A possible clue is taken out and its group read again without it, so that nothing that is found
    stands on its words.
    """
    _begin(groups)
    while waiting := [g for g in groups if g.at < len(g.parts)]:
        spoken = {g.name: {m.external_id: m for m in g.parts[g.at]} for g in waiting}
        lines = [_line(g.name, m) for g in waiting for m in g.parts[g.at]]
        earlier = [f for g in waiting for f in g.remembered()]
        by_group: dict[str, list[Found]] = {g.name: [] for g in waiting}
        for found in reading.reader.read(lines, earlier):
            by_group[found.group].append(found)
        for group in waiting:
            _settle_stretch(group, by_group[group.name], spoken[group.name], reading.learned)


def _settle_stretch(
    group: Group,
    found: Sequence[Found],
    spoken: dict[str, Said],
    learned: frozenset[tuple[str, str]],
) -> None:
    lines = {f.key: [spoken[i] for i in f.line_ids if i in spoken] for f in found}
    clues = [f for f in found if f.status == "sealed" and group.seal(f, lines[f.key])]
    if clues:
        group.again()
        return
    for item in found:
        if item.status != "sealed":
            group.take(item, lines[item.key], learned)
    group.at += 1


def _begin(groups: Sequence[Group]) -> None:
    earlier = _earlier(groups)
    for group in groups:
        group.start(earlier.get(group.pk, ()))


def _earlier(groups: Sequence[Group]) -> dict[int, list[Found]]:
    """Return each group's latest findings of the week before its lines, as they stood then."""
    if not groups:
        return {}
    names = {g.pk: g.name for g in groups}
    found: dict[int, dict[int, Found]] = {}
    asked: dict[str, Any] = {
        "county": groups[0].county,
        "groups": list(names),
        "begins": [g.begin for g in groups],
        "memory": MEMORY,
        "most": REMEMBERED,
    }
    for group, *row, facts in rows.run(_EARLIER, asked):
        again = found_again([*row, json.loads(facts)], names[group])
        found.setdefault(group, {})[row[0]] = again
    _as_before(groups, found)
    return {group: list(mine.values()) for group, mine in found.items()}


def _as_before(groups: Sequence[Group], found: dict[int, dict[int, Found]]) -> None:
    """Take back from findings what the lines that are read now had added to them."""
    begins: dict[int, tuple[int, datetime]] = {}
    for group in groups:
        mine = found.get(group.pk, {})
        touched = {m.finding for m in group.lines if m.finding in mine}
        begins |= {pk: (group.pk, group.begin) for pk in touched if pk}
    if not begins:
        return
    said = Message.objects.filter(
        county=groups[0].county,
        finding_id__in=list(begins),
        said_at__lt=max(begin for _, begin in begins.values()),
    ).values_list("finding_id", "said_at", "text", "member__alias", "member__role")
    before: dict[int, list[tuple[datetime, str, str, str]]] = {}
    for pk, at, text, alias, role in said.order_by("said_at", "external_id"):
        if at < begins[pk][1]:
            before.setdefault(pk, []).append((at, text, alias, role))
    for pk, lines in before.items():
        own = [line for line in lines if line[3] == "villager"]
        mine = found[begins[pk][0]]
        if own:  # some of its words are there still; else it stays as it was kept
            mine[pk] = replace(
                mine[pk],
                text=plain(" ".join(text for _, text, _, _ in own if text)),
                ended_at=max(at for at, _, _, _ in own),
                speakers=tuple(sorted({alias for _, _, alias, _ in own})),
                answered=any(role != "villager" for _, _, _, role in lines),
            )


def found_again(row: Sequence[Any], group: str) -> Found:
    """Return a stored finding (``_COLUMNS``) as the reader knows it."""
    values = dict(zip(_COLUMNS, row, strict=True))
    facts = dict(values["facts"])
    return Found(
        key=values["key"],
        group=group,
        kind=values["kind"],
        field=values["field"],
        urgency="urgent" if values["urgent"] else "normal",
        place=plain(values["place"]),
        place_region=values["place_region"] or None,
        line_ids=(),
        head_ids=(),
        text=plain(values["text"]),
        title=plain(values["title"]),
        status="review",
        confidence=values["confidence"],
        reasons=(),
        model=values["model"],
        said_at=values["said_at"],
        ended_at=values["ended_at"] or values["said_at"],
        sender=facts.get("sender", ""),
        sub=values["sub"],
        speakers=tuple(facts.get("speakers", ())),
        answered=bool(facts.get("answered", False)),
        again_of=facts.get("again_of"),
        facts=facts,
    )


@dataclass(frozen=True)
class Stored:
    """A finding of the tables as it is compared; ``open`` when only the machine has decided about it."""

    found: Found
    number: str
    same_as: str
    open: bool


def stored(findings: QuerySet[Finding], most: int) -> list[Stored]:
    """Return findings of a query, at most some."""
    fields = (*_COLUMNS, "group_id", "case_number", "same_as", "status", "decided_by")
    undecided = {Finding.Status.REVIEW, Finding.Status.FILED}
    return [
        Stored(
            found_again(row, str(group)),
            number,
            same_as,
            status in undecided and decided_by is None,
        )
        for *row, group, number, same_as, status, decided_by in findings.values_list(*fields)[:most]
    ]


def as_found(finding: Finding) -> Found:
    """Return a finding of the tables as it is compared."""
    row = [getattr(finding, name) for name in _COLUMNS]
    return replace(found_again(row, str(finding.group_id)), head_ids=("",))


def reading_of(county: str) -> Reading:
    """Return the county's reader, ready; a worker keeps it until model, places or the day change."""
    model = learning.model_in_use()
    with scopes.enter(scope=county):
        return _reading(county, clock.today().toordinal(), places.learned_places(county), model)


@lru_cache(maxsize=16)
def _reading(county: str, day: int, learned: tuple[tuple[str, str], ...], model: Model) -> Reading:
    del day  # a changed gazetteer is noticed on the next one
    names = [(plain(name), code) for name, code, _ in regions.gazetteer(county)]
    gazetteer = Gazetteer([*names, *learned])
    return Reading(Reader(model, gazetteer), model, frozenset(learned))


def _gone_on(before: Found, joined: Found) -> Found:
    """Return a finding with the lines that joined it."""
    return replace(
        before,
        text=f"{before.text} {joined.text}".strip(),
        ended_at=max(before.ended_at, joined.ended_at),
        speakers=joined.speakers,
        answered=joined.answered,
    )


def _own_place(found: Found, region: str, learned: frozenset[tuple[str, str]]) -> Found:
    """Do not let a spot that another village's cases named send this one there."""
    named = found.place_region
    if (
        named
        and named != region
        and any(code == named and found.place.startswith(name) for name, code in learned)
    ):
        return replace(found, place_region=None)
    return found


def _as_written(found: Found, lines: Sequence[Said], placed: Found) -> Found:
    """Return what was found with the words as they were written, not as they were read."""
    found = replace(
        placed, same_as=None, reasons=tuple(r for r in found.reasons if r.about != "same")
    )
    said = {m.external_id: m.text for m in lines}
    if all(plain(text) == text for text in said.values()):
        return found
    head = min(lines, key=in_order).text
    own = set(found.head_ids)
    whole = " ".join(m.text for m in lines if m.text and (m.by_villager or m.external_id in own))
    reasons = tuple(_reason(reason, said) for reason in found.reasons)
    spots = [r.words for r in reasons if r.about == "place" and r.words]
    return replace(
        found,
        title=title_of(head, whole),
        place=spots[0] if spots and found.place else found.place,
        reasons=reasons,
    )


def _reason(reason: Reason, said: dict[str, str]) -> Reason:
    text = said.get(reason.line_id, "")
    written = text[reason.start : reason.end]
    if not reason.words or len(written) != len(reason.words):
        return reason
    return replace(reason, words=written, text=reason.text.replace(reason.words, written))


def _line(group: str, message: Said) -> Line:
    return Line(
        id=message.external_id,
        group=group,
        sender=message.alias,
        role=message.role,  # type: ignore[arg-type]
        said_at=message.said_at,
        type=message.kind,  # type: ignore[arg-type]
        text=plain(message.text),
    )
