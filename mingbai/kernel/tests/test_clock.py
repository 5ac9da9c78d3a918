"""The one clock: the transaction's time, in Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import connection

from mingbai.kernel import clock, scopes

NIGHT = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # half past midnight of New Year in Shanghai


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def test_a_transaction_has_one_time_and_it_is_the_database_s() -> None:
    with scopes.enter() as entered:
        first = clock.now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.002)")
        assert clock.now() == first == entered.at == database_now()
        assert first.utcoffset() is not None


def test_the_next_transaction_has_a_later_time() -> None:
    with scopes.enter():
        first = clock.now()
    with scopes.enter():
        assert clock.now() > first


def test_a_pinned_clock_stands_still_until_its_transaction_ends() -> None:
    with scopes.enter(at=NIGHT):
        assert clock.now() == NIGHT
        with scopes.enter(scope="350525"):
            assert clock.now() == NIGHT
            scopes.become(scope="350526", person=3)
            assert clock.now() == NIGHT
        with scopes.widen("3505"):
            assert clock.now() == NIGHT
    assert abs(clock.now() - database_now()) < timedelta(minutes=1)


def test_the_database_and_the_program_agree_about_a_pinned_time() -> None:
    with scopes.enter(at=NIGHT), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('mingbai.now')::timestamptz")
        assert cursor.fetchone()[0] == NIGHT


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    with scopes.enter(at=NIGHT):
        assert clock.today() == date(2027, 1, 1)
        assert clock.local(clock.now()).isoformat() == "2027-01-01T00:30:00+08:00"


def test_outside_of_a_transaction_the_clock_asks_the_database() -> None:
    assert scopes.current() is None
    assert clock.now().utcoffset() is not None
