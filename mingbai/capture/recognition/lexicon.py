"""Word lists and patterns: fast, explainable evidence beside the trained model."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ahocorasick_rs import AhoCorasick

DATA = Path(__file__).resolve().parent.parent / "data"
_WEIGHT = {"2": 1.0, "1": 0.35}
_WEAK_LIMIT = 0.7


@dataclass(frozen=True, slots=True)
class Hit:
    """One listed word in a text; `group` is like `field:road`, `cue:plea` or `concept:lamp`."""

    group: str
    word: str
    weight: float
    start: int
    end: int


class Lexicon:
    """All lists of the file, found in one pass over a text.

    The first `common` groups tell whether a line is meant for the village at all; the groups `more:…`
    only settle what it is about.
    """

    def __init__(self, lists: Mapping[str, Any]) -> None:
        self._entries: dict[str, list[tuple[int, float]]] = {}
        self.groups: list[str] = []
        self.patterns = {
            name: [(re.compile(pattern), float(weight)) for pattern, weight in rows]
            for name, rows in lists["patterns"].items()
        }
        for kind in ("field", "cue"):
            for name, by_weight in lists[kind].items():
                self._add(f"{kind}:{name}", by_weight)
        self.common = len(self.groups)
        for name, words in lists["more"].items():
            self._add(f"more:{name}", {"2": words})
        self.first_concept = len(self.groups)
        for name, words in lists["concept"].items():
            self._add(f"concept:{name}", {"2": words})
        self.places = {group.removeprefix("cue:"): i for i, group in enumerate(self.groups)}
        self.words = list(self._entries)
        self._finder = AhoCorasick(self.words)
        self.entries = [self._entries[word] for word in self.words]
        self.covered = self._shorter_ones()
        self._dialect: dict[str, str] = dict(lists["dialect"])
        self._dialect_words = re.compile("|".join(sorted(self._dialect, key=len, reverse=True)))

    def _add(self, group: str, by_weight: Mapping[str, list[str]]) -> None:
        index = len(self.groups)
        self.groups.append(group)
        for weight, words in by_weight.items():
            for word in words:
                self._entries.setdefault(word, []).append((index, _WEIGHT[weight]))

    def _shorter_ones(self) -> dict[int, set[int]]:
        """For each word the listed words inside it, of which it says all there is to say."""
        covered: dict[int, set[int]] = {}
        for index, word in enumerate(self.words):
            inside = {
                found[0] for found in self._finder.find_matches_as_indexes(word, overlapping=True)
            }
            groups = {group for group, _ in self.entries[index]}
            shorter = {i for i in inside - {index} if {g for g, _ in self.entries[i]} <= groups}
            if shorter:
                covered[index] = shorter
        return covered

    def hits(self, text: str) -> list[Hit]:
        """Every listed word of the text, with its place in it."""
        return [
            Hit(self.groups[group], self.words[word], weight, start, end)
            for word, start, end in self.matches(text)
            for group, weight in self.entries[word]
        ]

    def matches(self, text: str) -> list[tuple[int, int, int]]:
        """Every listed word of the text: its place in `words`, start and end."""
        found: list[tuple[int, int, int]] = self._finder.find_matches_as_indexes(
            text, overlapping=True
        )
        return found

    def concepts(self, text: str) -> frozenset[int]:
        """The concepts (kinds of trouble that come back) of the text, as places in `groups`."""
        return frozenset(
            group
            for word, _, _ in self.matches(text)
            for group, _ in self.entries[word]
            if group >= self.first_concept
        )

    def pattern_score(self, name: str, text: str) -> float:
        """The weights of the named list's patterns that occur in the text, added up."""
        return sum(weight for pattern, weight in self.patterns[name] if pattern.search(text))

    def pattern_spans(self, name: str, text: str) -> list[tuple[int, int]]:
        """Where the named list's patterns occur."""
        found = (pattern.search(text) for pattern, _ in self.patterns[name])
        return [match.span() for match in found if match]

    def plain(self, text: str) -> str:
        """The text with common dialect words put into standard ones (lengths may change)."""
        return self._dialect_words.sub(lambda match: self._dialect[match.group()], text)


@cache
def lexicon() -> Lexicon:
    """The shipped lists, read once."""
    return Lexicon(json.loads((DATA / "lexicon.json").read_text(encoding="utf-8")))
