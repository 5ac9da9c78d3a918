"""Many groups, several workers: each line is read once, who floods keeps nobody waiting."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

COUNTY, VILLAGE, NEIGHBOUR, TOWN = "350525", "350525101201", "350525101202", "350525101"
LOCK = "SELECT pg_advisory_lock(hashtext('mingbai.capture'), hashtext(%s))"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('mingbai.capture'), hashtext(%s))"


def test_statements_of_the_hot_path_are_prepared_by_the_server(talk: Any) -> None:
    from django.db import connection

    talk.take(talk.say("hello"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%INTO capture_message%'"
        )
        assert cursor.fetchone() == (1,)


def test_what_another_worker_reads_is_left_to_it_and_read_once(committed: Any) -> None:
    from mingbai.capture.events import Digested
    from mingbai.capture.models import Finding
    from mingbai.kernel import scopes

    talk = committed.talk
    talk.take(talk.say("lamp"))
    with psycopg.connect(committed.app, autocommit=True) as other:
        other.execute(LOCK, [TOWN])
        left = talk.read()
        assert (left, left.groups) == (Digested(), 0)
        other.execute(UNLOCK, [TOWN])
    read = talk.read()
    assert (read.messages, read.groups) == (1, 1)
    assert talk.read() == Digested()
    with scopes.enter(scope=COUNTY):
        assert Finding.objects.count() == 1


def test_a_worker_waits_while_all_that_is_due_is_in_other_hands(
    committed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.capture import tasks
    from mingbai.capture.models import Message
    from mingbai.kernel import scopes

    talk = committed.talk
    talk.take(talk.say("lamp"))  # two hours old: due at once
    with psycopg.connect(committed.app, autocommit=True) as other:
        other.execute(LOCK, [TOWN])
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            other.execute(UNLOCK, [TOWN])

        monkeypatch.setattr(tasks.time, "sleep", sleep)
        tasks.read(county=COUNTY)
    assert waits == [tasks.GLANCE]
    with scopes.enter(scope=COUNTY):
        assert Message.objects.filter(digested_at__isnull=True).count() == 0


def test_a_flooding_group_has_one_turn_like_every_other(
    talk: Any, group_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.commands import digesting
    from mingbai.capture.models import Message

    monkeypatch.setattr(digesting, "MOST", 50)
    other = group_of("g2", NEIGHBOUR)
    talk.take(*(talk.say("hello", n / 60, who=f"人{n % 5}") for n in range(200)))
    other.take(other.say("water", 30, who="阿海"))
    commands.digest(county=COUNTY, everything=True)
    unread = Message.objects.filter(digested_at__isnull=True)
    assert Counter(unread.values_list("group_id", flat=True)) == {talk.group: 150}


@pytest.mark.parametrize(
    ("due", "batches"),
    [
        ([], []),
        ([(1, "a"), (2, "b"), (3, "a")], [[1, 3, 2]]),
        ([(n, "a") for n in range(130)], [[*range(64)], [*range(64, 128)], [128, 129]]),
        (
            [(n, "ab"[n % 2]) for n in range(100)],
            [[*range(0, 100, 2)], [*range(1, 100, 2)]],
        ),
    ],
)
def test_groups_are_read_together_town_by_town(
    due: list[tuple[int, str]], batches: list[list[int]]
) -> None:
    from mingbai.capture.commands.digesting import _batches

    assert list(_batches(due)) == batches


def test_what_is_told_later_moves_no_moment_of_a_finding(asked: Any) -> None:
    lamp = asked.say("lamp", 0.00123)
    assert lamp.said_at.microsecond % 1000 != 0
    finding = asked.found(lamp)
    asked.take(asked.say("me_too", 6, who="阿强"))
    asked.read()
    finding.refresh_from_db()
    assert finding.said_at == lamp.said_at
    assert finding.ended_at == asked.said[1].said_at
    assert finding.text == f"{lamp.text} {asked.said[1].text}"


@given(
    texts=st.lists(st.text("路灯坏水停电修", min_size=2, max_size=12), min_size=1, max_size=9),
    dropped=st.integers(0, 8),
)
def test_a_window_that_slid_counts_words_like_a_new_one(texts: list[str], dropped: int) -> None:
    from datetime import UTC, datetime

    from mingbai.capture.recognition.same import Rarity, Told, printed

    begin = datetime(2026, 11, 18, 9, tzinfo=UTC)
    prints = [
        printed(
            Told(str(n), "g", "", "road", "request", begin + timedelta(n), text, "", "", None),
            [1.0],
        )
        for n, text in enumerate(texts)
    ]
    dropped = min(dropped, len(prints) - 1)
    slid = Rarity(prints)
    for side in prints[:dropped]:
        slid.drop(side)
    fresh = Rarity(prints[dropped:])
    last = prints[-1]
    assert slid.of(last.words) == fresh.of(last.words)
    assert slid.weight(last) == fresh.weight(last)
