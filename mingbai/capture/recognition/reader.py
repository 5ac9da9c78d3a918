"""From lines to findings: order, join, recognise, place, compare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from mingbai.capture.recognition.facts import facts_in, summary
from mingbai.capture.recognition.found import (
    FIELD_NAMES,
    FIELDS,
    KIND_NAMES,
    KINDS,
    About,
    Found,
    Kind,
    Reason,
    Status,
    Urgency,
)
from mingbai.capture.recognition.lexicon import lexicon
from mingbai.capture.recognition.lines import Line
from mingbai.capture.recognition.places import Gazetteer, Place
from mingbai.capture.recognition.same import link
from mingbai.capture.recognition.utterances import Marks, Reading, Thread, readings, threads
from mingbai.capture.recognition.weighing import weight

if TYPE_CHECKING:
    from mingbai.capture.recognition.features import Talk
    from mingbai.capture.recognition.model import Model, Scores

_CLUE = KINDS.index("clue")
_CLUE_WORDS = 0.35
_CLUE_MOST = 2.0
_CLUE_LEAST = 0.02
_DANGER = frozenset({"cue:danger", "more:danger"})
_DANGER_LEAST = 2.0
_DANGER_SURE = 0.6
_TITLE_LENGTH = 24
_MOST_REASONS = 3
_BREAK = re.compile(r"[，。！？!?；\s]")


class Reader:
    """Reads lines of one group or several; the same lines in any order give the same findings."""

    def __init__(self, model: Model, gazetteer: Gazetteer) -> None:
        self._model = model
        self._gazetteer = gazetteer
        self._marks = Marks()

    def read(self, lines: Sequence[Line], earlier: Sequence[Found] = ()) -> list[Found]:
        """The findings of these lines, in order of time.

        `earlier` are the findings of the days before: lines may join them (`joins`) and findings
        may be about the same problem (`same_as`). Doubled lines count once.
        """
        found = [
            made
            for thread in self.threads(lines, earlier)
            if (made := self._found(thread)) is not None
        ]
        found.sort(key=lambda f: (f.said_at, f.key))
        return _linked(self._with_subs(found), earlier, self._model)

    def _with_subs(self, found: Sequence[Found]) -> list[Found]:
        """Each finding with the likeliest sub-field of its field."""
        if not found:
            return []
        names = self._model.sub_names
        result = []
        for item, row in zip(
            found, self._model.subs([f.text for f in found]).tolist(), strict=True
        ):
            own = [i for i, name in enumerate(names) if name.startswith(f"{item.field}.")]
            best = max(own, key=lambda i: row[i], default=None)
            sub = "" if best is None else names[best].partition(".")[2]
            result.append(replace(item, sub=sub))
        return result

    def threads(self, lines: Sequence[Line], earlier: Sequence[Found] = ()) -> Iterator[Thread]:
        """Which lines speak of one thing, before it is decided whether that is a finding."""
        limits = self._model.thresholds
        before: dict[str, list[Found]] = {}
        for item in sorted(earlier, key=lambda f: (f.said_at, f.key)):
            if item.joins is None:
                before.setdefault(item.group, []).append(item)
        for group, part in groupby(self._readings(lines), key=lambda r: r.line.group):
            yield from threads(
                list(part), joining=self._model.joining, open_from=limits["open"],
                join_from=limits["join"], marks=self._marks, earlier=before.get(group, ()),
            )  # fmt: skip

    def _readings(self, lines: Sequence[Line]) -> list[Reading]:
        from mingbai.capture.recognition.features import talk

        ordered = in_order(lines)
        if not ordered:
            return []
        heard = talk(ordered, lexicon())
        scores = self._model.score(heard)
        suspects = suspicious(heard, scores, self._model.thresholds["clue"])
        return readings(heard, scores, suspects, self._marks)

    def _found(self, thread: Thread) -> Found | None:
        limits = self._model.thresholds
        members = sorted(thread.members, key=lambda m: (m[0].line.said_at, m[0].line.id))
        villagers = [r for r, part in members if part != "reply"]
        whole = " ".join(r.line.text for r in villagers if r.line.text)
        sealed = any(r.suspect for r in villagers)
        if thread.earlier is not None:
            return self._joined(thread, thread.earlier, members, sealed=sealed)
        confidence = self._model.calibrated(weight(self._model.weighing, thread))
        urgent = _urgent(villagers, whole, limits["urgent"])
        danger = any(r.urgent >= _DANGER_SURE for r in villagers) or in_danger(whole)
        if thread.again_of is not None or danger:  # what comes back, or may kill, is worth a look
            confidence = max(confidence, limits["review"])
        if not sealed and confidence < limits["review"]:
            return None
        kind = _kind(thread, sealed=sealed)
        head = next(r for r, part in members if part == "head")
        status: Status = "review"
        if sealed:
            status = "sealed"
        elif confidence >= limits["sure"]:
            status = "sure"
        spot = self._place(thread, villagers)
        sums = _field_sums(thread)
        best = max(range(len(FIELDS)), key=lambda i: sums[i])
        found = Found(
            key=_key(head.line), group=head.line.group, kind=kind, field=FIELDS[best],
            urgency="urgent" if urgent else "normal",
            place=spot[1].text if spot else "", place_region=spot[1].region if spot else None,
            line_ids=tuple(r.line.id for r, _ in members),
            head_ids=tuple(r.line.id for r in villagers if r.line.sender == thread.sender),
            text=whole, title=title_of(head.line.text, whole), status=status,
            confidence=round(confidence, 4), reasons=(), model=self._model.version,
            said_at=head.line.said_at, ended_at=thread.latest, sender=thread.sender,
            speakers=tuple(sorted(thread.speakers)), answered=thread.answered,
            again_of=_root(thread.again_of),
            facts=summary((r.line.text, r.line.said_at) for r in villagers if r.line.text),
        )  # fmt: skip
        return replace(found, reasons=tuple(_reasons(found, members, spot)))

    def _joined(
        self,
        thread: Thread,
        earlier: Found,
        members: Sequence[tuple[Reading, str]],
        *,
        sealed: bool,
    ) -> Found:
        first = members[0][0].line
        whole = " ".join(r.line.text for r, part in members if part != "reply" and r.line.text)
        sealed = sealed or earlier.status == "sealed"
        urgent = earlier.urgency == "urgent" or in_danger(whole)
        urgency: Urgency = "urgent" if urgent else "normal"
        return replace(
            earlier, key=_key(first), kind="clue" if sealed else earlier.kind, urgency=urgency,
            line_ids=tuple(r.line.id for r, _ in members), head_ids=(), text=whole,
            status="sealed" if sealed else earlier.status,
            reasons=tuple(_join_reasons(members)), model=self._model.version,
            said_at=first.said_at, ended_at=thread.latest, joins=earlier.key, same_as=None,
            speakers=tuple(sorted(thread.speakers)), answered=thread.answered,
        )  # fmt: skip

    def _place(self, thread: Thread, villagers: Sequence[Reading]) -> tuple[Line, Place] | None:
        ranked = sorted(villagers, key=lambda r: r.line.sender != thread.sender)
        for reading in ranked:
            line = reading.line
            if line.type == "location" and line.text:
                named = self._gazetteer.find(line.text)
                return line, Place(line.text, named.region if named else None, 0, len(line.text))
        for reading in ranked:
            if place := self._gazetteer.find(reading.line.text):
                return reading.line, place
        return None


def in_order(lines: Iterable[Line]) -> list[Line]:
    """The lines group by group, each in order of time, doubles dropped."""
    ordered = sorted(lines, key=lambda line: (line.group, line.said_at, line.id, line.text))
    once: dict[tuple[str, str], Line] = {}
    for line in ordered:
        once.setdefault((line.group, line.id), line)
    return list(once.values())


def _key(line: Line) -> str:
    return sha256(f"{line.group}\0{line.id}".encode()).hexdigest()[:20]


def suspicious(heard: Talk, scores: Scores, least: float) -> list[bool]:
    """Which villagers' lines may report misconduct: the model's two views and the word lists."""
    chances, hints = suspicion_of(heard, scores)
    return [
        line.role == "villager" and chance >= least and hinted
        for line, chance, hinted in zip(heard.lines, chances, hints, strict=True)
    ]


def suspicion_of(heard: Talk, scores: Scores) -> tuple[list[float], list[bool]]:
    """For each line how strongly it reports misconduct, and whether there is any ground at all."""
    import numpy as np

    kind = scores.head * scores.kind[:, _CLUE]
    words = np.minimum(_CLUE_MOST, heard.suspicion)
    ground = (heard.suspicion >= _CLUE_MOST) | (np.maximum(scores.clue, kind) >= _CLUE_LEAST)
    strength = (scores.clue + kind) / 2 + _CLUE_WORDS * words
    return strength.tolist(), ground.tolist()


def _kind(thread: Thread, *, sealed: bool) -> Kind:
    if sealed:
        return "clue"
    open_kinds = [i for i in range(len(KINDS)) if i != _CLUE]
    return KINDS[max(open_kinds, key=lambda i: thread.kind[i])]


def _field_sums(thread: Thread) -> list[float]:
    sums = [0.0] * len(FIELDS)
    for reading, part in thread.members:
        if reading.line.type in {"image", "video"} or not reading.line.text:
            continue
        weight = {"head": 1.0, "detail": 0.45, "support": 0.15, "reply": 0.3}[part]
        for i, chance in enumerate(reading.field):
            sums[i] += weight * chance
    return sums


def in_danger(text: str) -> bool:
    """Whether the word lists alone say that there is present danger to life."""
    strong = {h.word for h in lexicon().hits(text) if h.group in _DANGER and h.weight == 1.0}
    lone = {word for word in strong if not any(word != other and word in other for other in strong)}
    return len(lone) + (0.5 if "！！" in text or "!!" in text else 0.0) >= _DANGER_LEAST


def _urgent(villagers: Sequence[Reading], whole: str, least: float) -> bool:
    return any(r.urgent >= least for r in villagers) or in_danger(whole)


def title_of(text: str, whole: str) -> str:
    """A title of at most 24 characters: the head's words, or those of the whole when it says little."""
    title = text if len(text) >= 6 else whole
    if len(title) <= _TITLE_LENGTH:
        return title.strip()
    cut = title[:_TITLE_LENGTH]
    breaks = [m.start() for m in _BREAK.finditer(cut) if m.start() >= 8]
    return cut[: breaks[-1]].strip() if breaks else cut + "…"


def _root(thread: Thread | None) -> str | None:
    """The key of the finding that a thread goes back to."""
    if thread is None:
        return None
    return thread.earlier.key if thread.earlier else _key(thread.members[0][0].line)


def _linked(found: Sequence[Found], earlier: Sequence[Found], model: Model) -> list[Found]:
    new = [f for f in found if f.joins is None]
    before = [f for f in earlier if f.joins is None]
    links = link(new, before, model)
    result = []
    for item in found:
        if item.key in links:
            told = links[item.key]
            about = Reason("same", "", item.head_ids[0], 0, 0, told.why)
            result.append(replace(item, same_as=told.key, reasons=(*item.reasons, about)))
        else:
            result.append(item)
    return result


_KIND_CUES: dict[Kind, tuple[str, str]] = {
    "request": ("cue:plea", "像是要人来管"),
    "question": ("cue:ask", "像是在打听办法"),
    "suggestion": ("cue:propose", "像是在提建议"),
    "clue": ("cue:clue", "可能说到违纪"),
}


def _reasons(
    found: Found, members: Sequence[tuple[Reading, str]], spot: tuple[Line, Place] | None
) -> Iterable[Reason]:
    said = [r.line for r, part in members if part != "reply" and r.line.text]
    cue, sentence = _KIND_CUES[found.kind]
    about: About = "clue" if found.kind == "clue" else "kind"
    kind_reasons = list(_hits(said, cue, about, sentence))
    if not kind_reasons:
        head = said[0] if said else members[0][0].line
        kind_reasons = [
            Reason(about, "", head.id, 0, len(head.text), f"整句读起来像{KIND_NAMES[found.kind]}")
        ]
    yield from kind_reasons
    yield from _hits(said, f"field:{found.field}", "field", f"说的是{FIELD_NAMES[found.field]}")
    if found.urgency == "urgent":
        yield from _hits(said, "cue:danger", "urgency", "可能有人有危险")
    if spot:
        line, place = spot
        yield Reason("place", place.text, line.id, place.start, place.end, f"地点是“{place.text}”")
    yield from _time_reason(said)
    yield from _join_reasons([m for m in members if m[1] != "head"])


def _time_reason(said: Iterable[Line]) -> Iterable[Reason]:
    """The first time that the words name, with the days that it means."""
    for line in said:
        for fact in facts_in(line.text, line.said_at):
            if fact.about == "time":
                days = " 至 ".join(dict.fromkeys(fact.value.values()))
                text = f"时间是“{fact.words}”（{days}）"
                yield Reason("time", fact.words, line.id, fact.start, fact.end, text)
                return


def _hits(lines: Iterable[Line], group: str, about: About, sentence: str) -> Iterable[Reason]:
    seen: set[str] = set()
    for line in lines:
        groups = {group, f"more:{group.partition(':')[2]}"}
        hits = [h for h in lexicon().hits(line.text) if h.group in groups and h.weight == 1.0]
        for hit in sorted(hits, key=lambda h: (-len(h.word), h.start)):
            if len(seen) < _MOST_REASONS and not any(hit.word in word for word in seen):
                seen.add(hit.word)
                text = f"有“{hit.word}”，{sentence}"
                yield Reason(about, hit.word, line.id, hit.start, hit.end, text)


_JOIN_TEXT = {
    "detail": "接着说同一件事",
    "support": "别人也遇到同样的事",
    "reply": "干部对这件事的答复",
    "head": "接着说同一件事",
}


def _join_reasons(members: Sequence[tuple[Reading, str]]) -> Iterable[Reason]:
    for reading, part in members:
        line = reading.line
        yield Reason("join", "", line.id, 0, len(line.text), _JOIN_TEXT[part])
