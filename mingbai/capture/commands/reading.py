"""From lines to findings: each stretch of talk read with what was found before, groups side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mingbai.capture.commands import learning, places, rows
from mingbai.capture.commands.cleaning import LONGEST, plain
from mingbai.capture.commands.talking import Said, in_order, said, stretches
from mingbai.capture.models import ChatGroup, Message
from mingbai.capture.recognition.found import Found, Reason
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.places import Gazetteer
from mingbai.capture.recognition.reader import Reader, title_of
from mingbai.capture.recognition.same import Print, printed
from mingbai.kernel import clock, scopes
from mingbai.regions import queries as regions

if TYPE_CHECKING:
    from mingbai.capture.recognition.model import Model

MEMORY = timedelta(days=15)
REMEMBERED = 30
PRINTS = 5000
COLUMNS = (
    "pk", "key", "kind", "field", "sub", "urgent", "place", "place_region", "text", "title",
    "confidence", "model", "said_at", "ended_at", "facts",
)  # fmt: skip
_EARLIER = f"""
SELECT v.id, {", ".join(f"f.{name}" if name != "pk" else "f.id" for name in COLUMNS)}
FROM unnest(%(groups)s::bigint[], %(begins)s::timestamptz[]) AS v (id, begin)
CROSS JOIN LATERAL (
  SELECT * FROM capture_finding o
  WHERE o.county = %(county)s::text AND o.group_id = v.id AND o.status <> 'dismissed'
    AND o.said_at < v.begin AND o.said_at >= v.begin - %(memory)s::interval
  ORDER BY o.said_at DESC, o.key DESC LIMIT %(most)s::bigint) f
"""  # noqa: S608 - names of our own columns


class Listener(Reader):
    """Reads without comparing what it finds; that is done for the whole town at once later."""

    def read(self, lines: Sequence[Line], earlier: Sequence[Found] = ()) -> list[Found]:
        """Return the findings of these lines, in order of time, none with ``same_as``."""
        found = [self._found(thread) for thread in self.threads(lines, earlier)]
        made = [f for f in found if f is not None]
        return self._with_subs(sorted(made, key=lambda f: (f.said_at, f.key)))


@dataclass(frozen=True)
class Reading:
    """The county's reader with its model, and the places that were learned in its villages."""

    reader: Listener
    model: Model
    learned: frozenset[tuple[str, str]]
    printed: dict[tuple[object, ...], Print] = field(default_factory=dict)

    def prints(self, findings: Sequence[Found]) -> list[Print]:
        """Return findings as they are compared; those that were compared before are still known."""
        faces = [
            (f.key, f.group, f.text, f.title, f.place, f.field, f.kind, f.said_at, f.again_of)
            for f in findings
        ]
        if len(self.printed) > PRINTS:
            self.printed.clear()
        new = {face: f for face, f in zip(faces, findings, strict=True) if face not in self.printed}
        if new:
            troubles = self.model.subs([f.text for f in new.values()]).tolist()
            for (face, found), row in zip(new.items(), troubles, strict=True):
                self.printed[face] = printed(found, row)
        return [self.printed[face] for face in faces]


@dataclass
class Draft:
    """A problem as it stands while talk is read: found now, or earlier and gone on with now.

    ``found`` runs on with the lines that join; ``text`` are the villagers' words as written;
    ``lines`` those of this reading; ``urgent_since`` when the first words of danger were said.
    ``earlier`` was found before these lines, ``reread`` had some of them already.
    """

    found: Found
    text: str
    lines: list[Said]
    urgent_since: datetime | None
    earlier: bool = False
    reread: bool = False

    @classmethod
    def of(cls, found: Found, lines: list[Said]) -> Draft:
        """Return what was found just now in lines that are in order."""
        urgent = found.said_at if found.urgency == "urgent" else None
        return cls(found, _words(found, lines), lines, urgent)

    def join(self, more: Found, lines: list[Said]) -> None:
        """Go on with lines that come after all that it has."""
        self.text = f"{self.text} {_words(self.found, lines)}".strip()[:LONGEST]
        self.lines = [*self.lines, *lines]
        if more.urgency == "urgent":
            self.urgent_since = self.urgent_since or more.said_at
        self.found = replace(
            self.found,
            text=plain(self.text),
            urgency="urgent" if self.urgent_since else "normal",
            ended_at=max(self.found.ended_at, more.ended_at),
            speakers=more.speakers,
            answered=more.answered,
        )


@dataclass
class Group:
    """A group that is being read: its lines, and what was found before and in them, by key.

    ``decided`` are findings that are cases already or joined to one; ``kept`` those of them that
    would be sealed now. ``sealed`` are possible clues with their lines, taken out of ``lines``.
    """

    row: ChatGroup
    lines: list[Said]
    decided: frozenset[int]
    before: list[Draft] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)
    sealed: list[tuple[Found, list[Said]]] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)
    parts: list[Sequence[Said]] = field(default_factory=list)
    at: int = 0

    @property
    def name(self) -> str:
        """The group's name in the whole county."""
        return f"{self.row.platform}/{self.row.external_id}"

    @property
    def begin(self) -> datetime:
        """When the first of the lines was said."""
        return self.lines[0].said_at

    @property
    def asks(self) -> bool:
        """Whether a clerk decides about everything here."""
        return self.row.mode != ChatGroup.Mode.AUTOMATIC

    def changed(self) -> list[Draft]:
        """Return, in the order of the talk, what was found now and what these lines change."""
        drafts = [d for d in self.drafts.values() if d.lines or d.reread]
        return sorted(drafts, key=lambda d: (d.found.said_at, d.found.key))

    def start(self) -> None:
        """Begin reading from the first line, with what was found before it."""
        self.drafts = {d.found.key: replace(d) for d in self.before}
        self.parts, self.at = stretches(self.lines), 0

    def remembered(self) -> list[Found]:
        """Return what lines may join now: the latest findings before the next stretch."""
        oldest = self.parts[self.at][0].said_at - MEMORY
        known = [d.found for d in self.drafts.values() if d.found.said_at >= oldest]
        return sorted(known, key=lambda f: (f.said_at, f.key))[-REMEMBERED:]

    def take(self, found: Found, lines: list[Said], learned: frozenset[tuple[str, str]]) -> None:
        """Put what was found in the present stretch where it belongs."""
        if found.joins is None:
            own = _own_place(found, str(self.row.region), learned)
            self.drafts[found.key] = Draft.of(_as_written(own, lines), lines)
        else:
            self.drafts[found.joins].join(found, lines)

    def seal(self, found: Found, lines: list[Said]) -> bool:
        """Take a possible clue out of the talk; False when all of it is in a case already."""
        free = [line for line in lines if line.finding not in self.decided]
        if not free:
            self.kept |= {line.finding for line in lines if line.finding}
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
    for group, drafts in zip(groups, _earlier(groups), strict=True):
        group.before = drafts
        group.start()
    while waiting := [g for g in groups if g.at < len(g.parts)]:
        lines = [_line(g.name, m) for g in waiting for m in g.parts[g.at]]
        earlier = [f for g in waiting for f in g.remembered()]
        by_group: dict[str, list[Found]] = {g.name: [] for g in waiting}
        for found in reading.reader.read(lines, earlier):
            by_group[found.group].append(found)
        for group in waiting:
            _take_stretch(group, by_group[group.name], reading.learned)


def _take_stretch(
    group: Group, found: Sequence[Found], learned: frozenset[tuple[str, str]]
) -> None:
    spoken = {m.external_id: m for m in group.parts[group.at]}
    lines = {f.key: sorted((spoken[i] for i in f.line_ids), key=in_order) for f in found}
    sealed = [group.seal(f, lines[f.key]) for f in found if f.status == "sealed"]
    if any(sealed):
        group.start()
        return
    for item in found:
        if item.status != "sealed":
            group.take(item, lines[item.key], learned)
    group.at += 1


def _earlier(groups: Sequence[Group]) -> list[list[Draft]]:
    """Return each group's latest findings before its lines, as they stood then."""
    names = {g.row.pk: g.name for g in groups}
    found: dict[int, dict[int, Draft]] = {pk: {} for pk in names}
    asked: dict[str, Any] = {
        "county": groups[0].row.county,
        "groups": list(names),
        "begins": [g.begin for g in groups],
        "memory": MEMORY,
        "most": REMEMBERED,
    }
    for group, *row, facts in rows.run(_EARLIER, asked):
        found[group][row[0]] = _remembered([*row, json.loads(facts)], names[group])
    _as_before(groups, found)
    return [list(found[g.row.pk].values()) for g in groups]


def _remembered(row: Sequence[Any], group: str) -> Draft:
    found = found_again(row, group)
    since = found.facts.get("urgent_since")
    urgent = found.said_at if found.urgency == "urgent" else None
    return Draft(
        found,
        text=row[COLUMNS.index("text")],
        lines=[],
        urgent_since=datetime.fromisoformat(since) if since else urgent,
        earlier=True,
    )


def _as_before(groups: Sequence[Group], found: dict[int, dict[int, Draft]]) -> None:
    """Take back from findings what the lines that are read now had added to them."""
    begins: dict[int, Group] = {}
    for group in groups:
        mine = found[group.row.pk]
        begins |= {m.finding: group for m in group.lines if m.finding in mine}
    if not begins:
        return
    messages = Message.objects.filter(
        county=groups[0].row.county,
        finding_id__in=list(begins),
        said_at__lt=max(group.begin for group in begins.values()),
        held=False,
    )
    before: dict[int, list[Said]] = {}
    for line in said(messages):
        if line.finding and line.said_at < begins[line.finding].begin:
            before.setdefault(line.finding, []).append(line)
    for pk, group in begins.items():
        draft = found[group.row.pk][pk]
        draft.reread = True
        if pk in before:  # some of its words are there still; else it stays as it was kept
            found[group.row.pk][pk] = _at(draft, before[pk], group.begin)


def _at(draft: Draft, lines: Sequence[Said], moment: datetime) -> Draft:
    """Return a finding as it stood at a moment, when it had these lines."""
    own = [m for m in lines if _tells(draft.found, m)]
    text = _words(draft.found, lines)
    since = draft.urgent_since if draft.urgent_since and draft.urgent_since < moment else None
    found = replace(
        draft.found,
        text=plain(text),
        urgency="urgent" if since else "normal",
        ended_at=max((m.said_at for m in own), default=draft.found.said_at),
        speakers=tuple(sorted({m.alias for m in own})),
        answered=len(own) < len(lines),
    )
    return replace(draft, found=found, text=text, urgent_since=since)


def _tells(found: Found, line: Said) -> bool:
    """Whether a line tells of the problem, and does not answer: a villager's, or its first one's."""
    return line.by_villager or (line.alias == found.sender and line.said_at <= found.said_at)


def _words(found: Found, lines: Sequence[Said]) -> str:
    return " ".join(m.text for m in lines if m.text and _tells(found, m))[:LONGEST]


def found_again(row: Sequence[Any], group: str) -> Found:
    """Return a stored finding (``COLUMNS``) as the reader knows it."""
    values = dict(zip(COLUMNS, row, strict=True))
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
        same_as=facts.get("same") or None,
    )


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
    return Reading(Listener(model, gazetteer), model, frozenset(learned))


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


def _as_written(found: Found, lines: Sequence[Said]) -> Found:
    """Return what was found with the words as they were written, not as they were read."""
    written = {m.external_id: m.text for m in lines}
    if all(plain(text) == text for text in written.values()):
        return found
    head = next(m for m in lines if m.said_at == found.said_at and m.alias == found.sender)
    reasons = tuple(_reason(reason, written) for reason in found.reasons)
    spots = [r.words for r in reasons if r.about == "place" and r.words]
    return replace(
        found,
        title=title_of(head.text, _words(found, lines)),
        place=spots[0] if spots and found.place else found.place,
        reasons=reasons,
    )


def _reason(reason: Reason, texts: dict[str, str]) -> Reason:
    text = texts.get(reason.line_id, "")
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
