"""The second wall: what the database itself shows, whatever the code above forgets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from mingbai.cases import commands
from mingbai.cases.models import Case, Support
from mingbai.kernel import scopes

TABLES = ("case", "caseevent", "attachment", "contact", "support", "rating")
VILLAGE = "350525101201"


def seen() -> list[int]:
    """How many rows of each table the running transaction sees, by raw SQL."""
    with connection.cursor() as cursor:
        counts = []
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM cases_{table}")
            counts.append(cursor.fetchone()[0])
    return counts


def test_without_a_scope_nothing_private_is_seen(cast: Any, file: Any) -> None:
    file("answered", is_public=False)
    assert seen()[:2] == [1, 4]
    with scopes.enter(scope="", public=False):
        assert seen() == [0] * 6
    with scopes.enter(scope="", public=True):
        assert seen() == [0] * 6


def test_passers_by_see_public_cases_but_no_contact(cast: Any, file: Any) -> None:
    file("answered")
    file("submitted")
    file("answered", is_public=False)
    with scopes.enter(scope="", public=True):
        assert seen() == [1, 4, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("scope", "rows"),
    [("350525101201", 1), ("350525101", 1), ("350525", 1), ("350525101202", 0), ("350526", 0)],
)
def test_a_scope_shows_its_own_territory(cast: Any, file: Any, scope: str, rows: int) -> None:
    file("handling", is_public=False)
    with scopes.enter(scope=scope, public=False):
        assert seen()[0] == rows


def test_a_reporter_sees_the_own_case_and_contact(cast: Any, file: Any) -> None:
    file("answered", is_public=False)
    for who, rows in (("villager", [1, 4, 0, 1, 0, 0]), ("other", [0] * 6)):
        with scopes.enter(scope="", person=cast.people[who].pk, public=False):
            assert seen() == rows


def test_a_stranger_cannot_write_by_raw_sql(cast: Any, file: Any) -> None:
    case = file("handling")
    with scopes.enter(scope="350525101202"), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET state = 'closed'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM cases_case")
        assert cursor.rowcount == 0
    assert Case.objects.get(pk=case.pk).state == "handling"


@pytest.fixture
def committed() -> Iterator[Any]:
    """The cast, really committed, for tests with several connections; the owner clears up behind."""
    from conftest import moment, plant_cast, plant_territory

    with scopes.enter(scope="3505", at=moment("2026-11-18 09:00")):
        plant_territory()
        cast = plant_cast()
    try:
        yield cast
    finally:
        connection.close()
        with psycopg.connect(os.environ["MINGBAI_OWNER_URL"]) as owner:
            owner.execute(
                "TRUNCATE regions_region, accounts_person, audit_entry, cases_counter CASCADE"
            )


def _in_thread(work: Any) -> Any:
    try:
        with scopes.enter(scope="350525"):
            return work()
    finally:
        connection.close()


def test_a_reused_connection_shows_nothing_afterwards(committed: Any) -> None:
    with scopes.enter(scope="350525"):
        commands.submit_case(
            actor=committed.actor("villager"),
            token=uuid4(),
            region=VILLAGE,
            text="路灯不亮了",
            field="power",
        )
        assert seen()[0] == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_backend_pid(), current_user, current_setting('mingbai.scope', true)"
        )
        _, role, scope = cursor.fetchone()
    assert (role, scope) == ("mingbai_app", "")
    assert seen() == [0] * 6


def test_numbers_never_collide_under_threads(committed: Any) -> None:
    actor = committed.actor("villager")

    def file_one(_: int) -> str:
        return _in_thread(
            lambda: commands.submit_case(
                actor=actor, token=uuid4(), region=VILLAGE, text="路灯不亮了", field="power"
            )
        )

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(file_one, range(12)))
    assert len(set(numbers)) == 12
    assert sorted(int(n[-5:]) for n in numbers) == list(range(1, 13))


def test_the_same_form_sent_at_once_is_one_case(committed: Any) -> None:
    actor, token = committed.actor("villager"), uuid4()

    def file_one(_: int) -> str:
        return _in_thread(
            lambda: commands.submit_case(
                actor=actor, token=token, region=VILLAGE, text="路灯不亮了", field="power"
            )
        )

    with ThreadPoolExecutor(4) as pool:
        numbers = set(pool.map(file_one, range(8)))
    assert len(numbers) == 1
    with scopes.enter(scope="350525"):
        assert Case.objects.count() == 1


def test_support_counts_right_under_a_race(committed: Any) -> None:
    with scopes.enter(scope="350525"):
        number = commands.submit_case(
            actor=committed.actor("villager"),
            token=uuid4(),
            region=VILLAGE,
            text="路灯不亮了",
            field="power",
        )
        commands.accept(actor=committed.actor("officer"), county="350525", number=number, version=1)
    other = committed.actor("other")

    def support(_: int) -> bool:
        return _in_thread(lambda: commands.support(actor=other, county="350525", number=number))

    with ThreadPoolExecutor(4) as pool:
        fresh = list(pool.map(support, range(8)))
    assert fresh.count(True) == 1
    with scopes.enter(scope="350525"):
        assert (Case.objects.get().supports, Support.objects.count()) == (1, 1)


def test_two_officers_cannot_both_accept(committed: Any) -> None:
    with scopes.enter(scope="350525"):
        number = commands.submit_case(
            actor=committed.actor("villager"),
            token=uuid4(),
            region=VILLAGE,
            text="路灯不亮了",
            field="power",
        )
    officer = committed.actor("officer")

    def accept(_: int) -> str:
        from mingbai.kernel.decisions import Refused

        try:
            _in_thread(
                lambda: commands.accept(actor=officer, county="350525", number=number, version=1)
            )
        except Refused as why:
            return str(why)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(accept, range(2)))
    assert said[0] == "done"
    assert re.fullmatch(r"这件刚被别人改过：王建国在 \d\d:\d\d 受理。请看过再办。", said[1])


def test_the_tick_escalates_county_by_county(committed: Any) -> None:
    from conftest import moment
    from mingbai.cases.tasks import tick

    with scopes.enter(scope="350525", at=moment("2024-02-01 09:00")):
        commands.submit_case(
            actor=committed.actor("villager"),
            token=uuid4(),
            region=VILLAGE,
            text="路灯不亮了",
            field="power",
        )
    tick(timestamp=0)
    with scopes.enter(scope="350525"):
        case = Case.objects.get()
        assert (case.level, case.state) == ("town", "escalated")
