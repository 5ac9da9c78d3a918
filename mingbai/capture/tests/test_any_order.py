"""Whatever the order, doubling and batching of a day's messages: the same cases come of them."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

COUNTY = "350525"
KINDS = {"text", "voice", "image", "video", "location"}


class Undo(Exception):
    pass


def day(group: int, first: int, last: int) -> list[dict[str, Any]]:
    """Return some days of one group of the written demo life."""
    text = files("mingbai.cli.demo").joinpath("data/chat.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    return [r for r in rows if r["group"] == group and first <= r["day"] <= last]


def spoken(talk: Any, rows: list[dict[str, Any]]) -> list[Any]:
    """Make messages of written lines, their day's distance kept."""
    from dataclasses import replace

    from mingbai.kernel import clock

    base = clock.now().replace(hour=0, minute=0) - timedelta(
        days=max(r["day"] for r in rows) - min(r["day"] for r in rows) + 1
    )
    first = min(r["day"] for r in rows)
    said = []
    for number, row in enumerate(rows):
        hour, minute = map(int, row["time"].split(":"))
        at = base + timedelta(
            days=row["day"] - first, hours=hour, minutes=minute, seconds=number % 50
        )
        message = talk.say(
            row["text"].replace("{村}", "石鼓村").replace("{镇}", "五里街镇"),
            who=row["sender"],
            role=row["role"],
            kind=row["type"],
            name=f"n{number:03d}",
        )
        said.append(replace(message, said_at=at))
    return said


def cases() -> set[tuple[Any, ...]]:
    """Return what the talk came to: every finding with its lines, and the case that it became."""
    from mingbai.capture.models import Finding, Message
    from mingbai.cases.models import Case

    lines: dict[int, list[str]] = {}
    for finding, name in Message.objects.filter(finding__isnull=False).values_list(
        "finding_id", "external_id"
    ):
        lines.setdefault(finding, []).append(name)
    live = set(Case.objects.exclude(state="withdrawn").values_list("number", flat=True))
    found = set()
    numbers = set()
    for f in Finding.objects.all():
        found.add(
            (
                f.kind,
                f.field,
                f.urgent,
                f.status,
                bool(f.same_as),
                tuple(sorted(lines.get(f.pk, ()))),
            )
        )
        if f.case_number:
            assert f.case_number in live
            case = Case.objects.get(number=f.case_number)
            assert (case.kind, case.field, case.text) == (f.kind, f.field, f.text)
            numbers.add(f.case_number)
    assert numbers == live
    return found


def told(talk: Any, deliveries: list[list[Any]], reads: list[bool]) -> set[tuple[Any, ...]]:
    from django.db import transaction

    result: set[tuple[Any, ...]] = set()
    try:
        with transaction.atomic():
            for delivery, read in zip(deliveries, reads, strict=True):
                if delivery:
                    talk.take(*delivery)
                if read:
                    while talk.read().messages:
                        pass
            while talk.read().messages:
                pass
            result = cases()
            from mingbai.capture.models import Message

            print(
                "LEFT",
                sorted(
                    {m.external_id for m in talk.said}
                    - set(Message.objects.values_list("external_id", flat=True))
                ),
            )
            raise Undo
    except Undo:
        pass
    return result


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("group", range(1, 13))
def test_stress(talk: Any, office: bytes, seed: int, group: int) -> None:
    rows = day(group, -20, -1)[:60]
    said = spoken(talk, rows)
    whole = told(talk, [said], [True])
    chance = random.Random(seed)
    order = list(said)
    if seed % 3 == 1:
        chance.shuffle(order)
    elif seed % 3 == 2:
        order.sort(key=lambda m: m.said_at.timestamp() + chance.uniform(0, 3600))
    order += chance.sample(said, 5)
    cuts = sorted(chance.sample(range(len(order)), 12))
    parts = [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    if seed % 4 == 0:
        parts = [[m] for m in order]
    assert len(whole) > 2
    got = told(talk, parts, [chance.random() < 0.7 for _ in parts])
    assert sorted(got - whole) == sorted(whole - got)
