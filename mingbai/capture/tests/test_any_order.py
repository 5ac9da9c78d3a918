"""Whatever the order, doubling and batching of a day's messages: the same cases come of them.

What is promised, and tried here with several groups of one town that speak of the same problems:

- When all has been read, findings, cases, joined lines and "same problem" are a function of the set
  of messages: not of the order in which they came, of doubles, of the cut into deliveries, nor of
  when in between the talk was read. Numbers of cases and pseudonyms differ, as they are given in
  turn, and the sentence that says why two are alike; a case that was filed on half the talk may
  have been taken back.
- A message that is recalled before it became part of a case leaves what would be without it.
- It holds for what the machine alone has decided, while the messages are kept (72 hours), and for
  lines after which not more than ``linking.LATER`` findings of the town came. What a person has
  touched stays as decided.
- A possible clue is sealed and deleted when it is read, so lines that come after it are read without
  it. Nothing may be kept that would show it was there; so with clues the promise holds for talk
  that is read once it is complete.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

VILLAGE, NEIGHBOUR = "350525101201", "350525101202"
PLACES = (VILLAGE, NEIGHBOUR, VILLAGE)
MOST = 40


@contextmanager
def undone() -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def written() -> list[list[dict[str, Any]]]:
    """Return the demo's talk, group by group."""
    text = files("mingbai.cli.demo").joinpath("data/chat.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    numbers = sorted({row["group"] for row in rows})
    return [[row for row in rows if row["group"] == number] for number in numbers]


def day(talks: list[Any], chance: random.Random) -> list[tuple[Any, Any]]:
    """Let each group speak a day's talk, some of it about what the group before spoke of."""
    from mingbai.kernel import clock

    everything = written()
    begin = clock.now().replace(hour=0, minute=0) - timedelta(days=1)
    said: list[tuple[Any, Any]] = []
    former: list[dict[str, Any]] = []
    for talk in talks:
        own = chance.choice(everything)
        start = chance.randrange(max(1, len(own) - MOST))
        rows = own[start : start + MOST] + chance.sample(former, min(6, len(former)))
        for number, row in enumerate(sorted(rows, key=lambda r: str(r["time"]))):
            hour, minute = map(int, row["time"].split(":"))
            message = talk.say(
                row["text"].replace("{村}", "石鼓村").replace("{镇}", "五里街镇"),
                who=row["sender"],
                role=row["role"],
                kind=row["type"],
                name=f"n{number:03d}",
            )
            at = begin + timedelta(hours=hour, minutes=minute, seconds=number % 50)
            said.append((talk, replace(message, said_at=at)))
        former = rows
    return said


def outcome() -> dict[tuple[int, str], Any]:
    """Return everything that the talk came to, by group and first line: findings, lines, cases."""
    from mingbai.capture.models import Finding, Member, Message
    from mingbai.cases.models import Case

    # Pseudonyms are given in the order of arrival.
    names = {(m.group_id, m.alias): m.external_hash for m in Member.objects.all()}
    lines: dict[int, list[str]] = {}
    belongs = Message.objects.filter(finding__isnull=False).values_list("finding", "external_id")
    for finding, name in belongs.order_by("external_id"):
        lines.setdefault(finding, []).append(name)
    live = {c.number: c for c in Case.objects.exclude(state="withdrawn")}
    findings = list(Finding.objects.all())
    assert {f.case_number for f in findings} - {""} == set(live)
    key_of = {f.case_number: f.key for f in findings if f.case_number}
    found = {}
    for f in findings:
        case = live.get(f.case_number)
        reasons = [r for r in f.reasons if r["about"] != "same"]
        facts = f.facts | {
            "sender": names[f.group_id, f.facts["sender"]],
            "speakers": {names[f.group_id, alias] for alias in f.facts["speakers"]},
        }
        found[f.group_id, f.key] = (
            lines.get(f.pk),
            (f.status, f.kind, f.field, f.sub, f.urgent, f.place, f.place_region, f.title, f.text),
            (f.said_at, f.ended_at, f.confidence, reasons, facts),
            key_of.get(f.same_as, f.same_as),
            case and (case.region, case.kind, case.field, case.urgent, case.title, case.text),
        )
    return found


def told(
    deliveries: list[list[tuple[Any, Any]]],
    *,
    between: Callable[[], bool] = lambda: False,
    recalls: dict[int, list[tuple[Any, Any]]] | None = None,
) -> dict[tuple[int, str], Any]:
    """Deliver, reading after a delivery when ``between`` says so, and once all is there; undo it."""
    from mingbai.capture import commands

    with undone():
        for place, delivery in enumerate(deliveries):
            for talk in {id(t): t for t, _ in delivery}.values():
                talk.take(*(m for t, m in delivery if t is talk))
            for talk, message in (recalls or {}).get(place, ()):
                commands.recall(
                    county=talk.county, group_id=talk.group, external_id=message.external_id
                )
            if between():
                read(deliveries[0][0][0])
        read(deliveries[0][0][0])
        return outcome()


def read(talk: Any) -> None:
    while talk.read().messages:
        pass


def sealed(said: list[tuple[Any, Any]]) -> set[tuple[int, str]]:
    """Return which of the messages are taken for possible clues when all are there."""
    from mingbai.capture.models import Message

    with undone():
        for talk in {id(t): t for t, _ in said}.values():
            talk.take(*(m for t, m in said if t is talk))
        read(said[0][0])
        left = set(Message.objects.values_list("group_id", "external_id"))
        return {(t.group, m.external_id) for t, m in said} - left


def shuffled(said: list[tuple[Any, Any]], chance: random.Random) -> list[list[tuple[Any, Any]]]:
    """Return the messages in some order, some of them doubled, cut into deliveries."""
    order = list(said)
    how = chance.randrange(3)
    if how == 0:
        chance.shuffle(order)
    elif how == 1:  # as it happens: a bit late, or a phone that was off for an hour
        late = {id(m): chance.choice((0, 0, 0, 60, 3600)) * chance.random() for _, m in order}
        order.sort(key=lambda item: item[1].said_at.timestamp() + late[id(item[1])])
    order += chance.sample(said, 6)
    cuts = sorted(chance.sample(range(1, len(order)), chance.choice((3, 12, 30))))
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


@pytest.fixture
def talks(group_of: Callable[..., Any]) -> list[Any]:
    """Three groups in two villages of a town, one of them with a clerk asked about everything."""
    modes = ("automatic", "automatic", "confirmed")
    return [
        group_of(f"g{n}", place, mode)
        for n, (place, mode) in enumerate(zip(PLACES, modes, strict=True))
    ]


@pytest.mark.parametrize("seed", range(10))
def test_any_order_any_doubling_any_cut_and_any_reading_in_between_give_the_same_cases(
    talks: list[Any], office: bytes, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same talk each time
    said = day(talks, chance)
    clues = sealed(said)
    said = [(t, m) for t, m in said if (t.group, m.external_id) not in clues]
    whole = told([said])
    assert len(whole) > 3
    for _ in range(2):
        assert told(shuffled(said, chance), between=lambda: chance.random() < 0.6) == whole


@pytest.mark.parametrize("seed", range(20, 24))
def test_with_clues_among_them_too_when_they_are_read_once_all_are_there(
    talks: list[Any], office: bytes, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same talk each time
    said = day(talks, chance)
    said.append((talks[0], talks[0].say("clue", who="老林")))
    assert sealed(said)
    whole = told([said])
    for _ in range(2):
        assert told(shuffled(said, chance)) == whole


@pytest.mark.parametrize("seed", range(30, 36))
def test_what_was_recalled_meanwhile_might_never_have_been_said(
    group_of: Callable[..., Any], office: bytes, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same talk each time
    talks = [group_of(f"g{n}", place, "confirmed") for n, place in enumerate(PLACES)]
    said = day(talks, chance)
    clues = sealed(said)
    said = [(t, m) for t, m in said if (t.group, m.external_id) not in clues]
    gone = chance.sample(said, 12)
    whole = told([[item for item in said if item not in gone]])
    deliveries = shuffled(said, chance)
    recalls: dict[int, list[tuple[Any, Any]]] = {}
    for item in gone:  # before it arrives, or after it was read
        recalls.setdefault(chance.randrange(len(deliveries)), []).append(item)
    assert told(deliveries, between=lambda: chance.random() < 0.6, recalls=recalls) == whole


@pytest.mark.parametrize("seed", range(40, 44))
def test_talk_that_never_pauses_is_cut_by_what_was_said_alone(
    talks: list[Any], office: bytes, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.capture.commands import digesting

    chance = random.Random(seed)  # noqa: S311 - the same talk each time
    said = [item for _ in range(3) for item in day(talks[:1], chance)]
    begin = said[0][1].said_at
    said = [
        (t, replace(m, external_id=f"x{n:03d}", said_at=begin + timedelta(seconds=40 * n)))
        for n, (t, m) in enumerate(said)
    ]
    clues = sealed(said)
    said = [(t, m) for t, m in said if (t.group, m.external_id) not in clues]
    whole = told([said])
    monkeypatch.setattr(digesting, "MOST", 35)  # fewer lines at a time than there are
    assert told([said]) == whole
    assert told(shuffled(said, chance), between=lambda: chance.random() < 0.6) == whole
