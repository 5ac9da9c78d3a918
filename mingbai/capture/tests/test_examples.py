"""The examples that the model learns from keep what docs/labelling.md promises."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mingbai.capture.recognition.found import FIELDS, KINDS
from mingbai.capture.recognition.lexicon import DATA
from mingbai.capture.recognition.places import Gazetteer

Row = dict[str, Any]
LINE_KINDS = {*KINDS, "detail", "support", "reply", "notice", "chatter"}
IN_THREAD = {"detail", "support", "reply"}
KEYS = {
    "id", "writer", "conversation", "region", "start", "at", "sender", "role", "type", "text", "kind",
    "field", "urgency", "about",
}  # fmt: skip
SUBFIELDS = Path(__file__).resolve().parents[2] / "cases" / "data" / "subfields.csv"


def read(folder: str) -> list[Row]:
    return [
        json.loads(text)
        for path in sorted((DATA / folder).glob("*.jsonl"))
        for text in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def examples() -> list[Row]:
    return read("examples")


@pytest.fixture(scope="module")
def heldout() -> list[Row]:
    return read("heldout")


def grams(text: str, places: Gazetteer) -> set[str]:
    """The text's 4-grams, digits and names of places masked, blanks and stops left out."""
    found = places.find(text)
    if found is not None:
        text = text.replace(found.text, "#")
    text = re.sub(r"[\s，。、！？,.!?~]+", "", re.sub(r"\d+", "0", text))
    return {text[i : i + 4] for i in range(len(text) - 3)}


def near_copies(rows: Sequence[Row], beside: Sequence[Row]) -> list[str]:
    """The ids of rows of which over 70 % of the 4-grams stand in one other row of `beside`."""
    places = Gazetteer([])
    holders: Mapping[str, list[str]] = defaultdict(list)
    for row in beside:
        for gram in grams(row["text"], places):
            holders[gram].append(row["id"])
    result = []
    for row in rows:
        own = grams(row["text"], places)
        shared = Counter(i for gram in own for i in holders[gram] if i != row["id"])
        if shared and max(shared.values()) > 0.7 * len(own):
            result.append(row["id"])
    return result


def test_there_are_at_least_eight_thousand_lines_in_three_hundred_conversations(
    examples: list[Row],
) -> None:
    assert len(examples) >= 8000
    assert len({row["conversation"] for row in examples}) >= 300


def test_no_writer_has_more_than_twelve_in_a_hundred(examples: list[Row]) -> None:
    counts = Counter(row["writer"] for row in examples)
    assert max(counts.values()) <= 0.12 * len(examples), counts


def test_every_kind_has_three_hundred_lines_and_every_field_a_hundred_and_fifty(
    examples: list[Row],
) -> None:
    kinds = Counter(row["kind"] for row in examples)
    fields = Counter(row["field"] for row in examples if row["field"])
    assert min(kinds[kind] for kind in LINE_KINDS) >= 300, kinds
    assert min(fields[field] for field in FIELDS) >= 150, fields


def test_every_subfield_and_every_region_is_spoken_of(examples: list[Row]) -> None:
    with SUBFIELDS.open(encoding="utf-8", newline="") as file:
        known = {(row["field"], row["code"]) for row in csv.DictReader(file)}
    used = {(row["field"], row["sub"]) for row in examples if row.get("sub")}
    assert used == known
    regions = Counter(row["region"] for row in examples)
    assert min(regions[r] for r in ("minnan", "hunan", "sichuan", "henan", "anhui")) >= 1000, (
        regions
    )


def test_lines_are_not_near_copies_of_each_other(examples: list[Row]) -> None:
    assert len(near_copies(examples, examples)) <= 0.02 * len(examples)


def faults(rows: Sequence[Row]) -> list[str]:
    """What is wrong with the form of rows: keys, labels, and whom a line answers."""
    heads = {row["id"]: row for row in rows if row["kind"] in KINDS}
    result = []
    for row in rows:
        head = heads.get(row["about"])
        talk = head["conversation"] if head else None
        right = (
            set(row) >= KEYS
            and row["kind"] in LINE_KINDS
            and row["urgency"] in {"normal", "urgent"}
            and talk == (row["conversation"] if row["kind"] in IN_THREAD else None)
            and (row["field"] in FIELDS) == (row["kind"] not in {"chatter", "notice"})
        )
        if not right:
            result.append(row["id"])
    return result


@pytest.mark.parametrize("folder", ["examples", "heldout"])
def test_every_line_is_labelled_in_the_form_of_the_guide(folder: str) -> None:
    rows = read(folder)
    assert len({row["id"] for row in rows}) == len(rows)
    assert faults(rows) == []


def test_the_held_out_chats_are_by_other_writers_and_share_no_lines(
    examples: list[Row], heldout: list[Row]
) -> None:
    assert len(heldout) >= 2000
    assert len({row["writer"] for row in heldout}) >= 4
    assert not {row["writer"] for row in heldout} & {row["writer"] for row in examples}
    assert len(near_copies(heldout, examples)) <= 0.03 * len(heldout)


def test_the_guide_names_every_kind_of_line_and_every_key() -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs" / "labelling.md").read_text("utf-8")
    assert [name for name in LINE_KINDS | KEYS if name not in guide] == []


def test_a_near_copy_is_noticed() -> None:
    rows = [
        {"id": "1", "text": "村北头那截路又塌了一块，三轮都歪里头了"},
        {"id": "2", "text": "村北头那截路又塌了两块，三轮都歪里头了"},
        {"id": "3", "text": "今儿赶集谁去"},
    ]
    assert near_copies(rows, rows) == ["1", "2"]
