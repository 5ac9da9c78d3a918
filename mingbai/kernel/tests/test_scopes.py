"""The session variables behind row-level security: set for one transaction, gone after it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection, transaction

from mingbai.kernel import scopes

pytestmark = pytest.mark.usefixtures("one_case")
VARIABLES = ("scope", "person", "public", "now")


class Stop(Exception):
    pass


def settings() -> tuple[str | None, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"current_setting('mingbai.{v}', true)" for v in VARIABLES)
        )
        return cursor.fetchone()


def cases() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case")
        return cursor.fetchone()[0]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.fixture(scope="module")
def one_case(own_database: None) -> None:
    """One case that is not public, committed."""
    from mingbai.accounts.models import Body
    from mingbai.cases.models import Case
    from mingbai.regions.models import Region

    now = datetime(2026, 11, 18, 1, tzinfo=UTC)
    with scopes.enter(scope="350525", at=now):
        village = Region.objects.create(
            code="350525101201",
            scope="350525101201",
            level="village",
            name="石鼓村",
            official_name="石鼓村",
            short_name="石鼓",
            valid_from=now.date(),
            county="350525",
        )
        body = Body.objects.create(kind="village", region=village, name="石鼓村村委会")
        Case.objects.create(
            county="350525",
            number="350525-2611-00001",
            token=uuid4(),
            region=village.code,
            source="web",
            field="road",
            title="路",
            text="路",
            is_public=False,
            state="handling",
            level="village",
            body=body,
            first_body=body,
            submitted_at=now,
            clock_from=now,
        )
    connection.close()


def test_a_reused_connection_without_a_scope_shows_nothing() -> None:
    with scopes.enter(scope="350525"):
        assert cases() == 1
        first = backend()
    assert backend() == first
    assert settings() == ("", "", "", "")  # set once, a variable is empty ever after, not NULL
    assert cases() == 0


def test_a_fresh_connection_without_a_scope_shows_nothing() -> None:
    connection.close()
    assert settings() == (None, None, None, None)
    assert cases() == 0


def test_a_scope_shows_its_rows_and_its_neighbour_does_not() -> None:
    with scopes.enter(scope="350525101"):
        assert cases() == 1
    with scopes.enter(scope="350526"):
        assert cases() == 0
    with scopes.enter():
        assert cases() == 0


def test_the_variables_hold_what_was_entered() -> None:
    with scopes.enter(scope="350525", person=7, public=False):
        assert settings() == ("350525", "7", "off", "")
        assert scopes.current() == scopes.Scope("350525", 7, False, scopes.current().at, None)


def test_an_inner_scope_ends_with_its_block() -> None:
    with scopes.enter(scope="350525", person=7):
        with scopes.enter(scope="350526", public=False):
            assert settings()[:3] == ("350526", "", "off")
        assert settings()[:3] == ("350525", "7", "on")
        assert scopes.current().scope == "350525"
        assert cases() == 1


def test_an_inner_scope_that_fails_ends_too() -> None:
    def fail() -> None:
        with scopes.enter(scope="350525"):
            assert cases() == 1
            raise Stop

    with scopes.enter(scope="350526", person=7):
        with pytest.raises(Stop):
            fail()
        assert settings()[:3] == ("350526", "7", "on")
        assert scopes.current().scope == "350526"
        assert cases() == 0


def test_an_inner_scope_that_is_marked_for_rollback_ends_too() -> None:
    with scopes.enter(scope="350526"):
        with scopes.enter(scope="350525"):
            transaction.set_rollback(True)
        assert settings()[0] == "350526"
        assert cases() == 0


def test_widening_keeps_the_person_and_ends_with_its_block() -> None:
    with scopes.enter(scope="", person=7, public=False):
        with scopes.widen("350525"):
            assert settings()[:3] == ("350525", "7", "off")
            assert cases() == 1
        assert settings()[:3] == ("", "7", "off")
        assert cases() == 0


def test_becoming_somebody_lasts_until_the_block_ends() -> None:
    with scopes.enter(scope="", person=None):
        with scopes.enter():
            scopes.become(scope="350525", person=9)
            assert settings()[:3] == ("350525", "9", "on")
            assert cases() == 1
        assert settings()[:3] == ("", "", "on")
        assert scopes.current().person is None
        assert cases() == 0


def test_a_failed_transaction_takes_scope_and_rows_back() -> None:
    from mingbai.audit import commands as audit
    from mingbai.audit.models import Entry

    def fail() -> None:
        with scopes.enter(scope="350525"):
            audit.record(actor=None, verb="test.undone", thing="case", thing_id="1")
            raise Stop

    with pytest.raises(Stop):
        fail()
    assert scopes.current() is None
    assert settings()[0] == ""
    assert not Entry.objects.filter(verb="test.undone").exists()


def test_nobody_changes_scope_outside_of_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        scopes.become(scope="350525", person=1)
    with pytest.raises(RuntimeError):
        scopes.widen("350525").__enter__()
    assert cases() == 0


def test_a_scope_is_data_never_code() -> None:
    with scopes.enter(scope="350525' OR true --"):
        assert cases() == 0
