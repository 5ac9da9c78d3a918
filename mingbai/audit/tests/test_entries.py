"""The audit trail: added to, never changed, gone only with the deed itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from mingbai.audit import commands, queries
from mingbai.audit.models import Entry
from mingbai.kernel import clock, scopes


def write(**more: Any) -> Entry:
    given = {"actor": None, "verb": "case.accept", "thing": "case", "thing_id": "350525-2611-00001"}
    commands.record(**{**given, **more})
    return Entry.objects.latest("id")


def test_an_entry_says_who_did_what_where_and_when(cast: Any) -> None:
    officer = cast.actor("officer")
    entry = write(
        actor=officer,
        region="350525101201",
        detail={"level": "village"},
        before={"state": "submitted"},
        after={"state": "accepted"},
    )
    assert (entry.person_id, entry.post_id, entry.role) == (
        officer.person_id,
        officer.post_id,
        "village_officer",
    )
    assert (entry.verb, entry.thing, entry.thing_id) == ("case.accept", "case", "350525-2611-00001")
    assert (entry.county, entry.region, entry.at) == ("350525", "350525101201", clock.now())
    assert entry.detail == {"level": "village"}


def test_what_nobody_did_was_the_system(base: None) -> None:
    entry = write()
    assert (entry.person_id, entry.post_id, entry.role) == (None, None, "system")


def test_states_are_kept_as_digests_only(base: None) -> None:
    entry = write(before={"text": "路灯不亮", "at": clock.now()}, after=None)
    assert len(entry.before) == 64
    assert entry.after == ""
    assert "路灯" not in str(Entry.objects.filter(pk=entry.pk).values())


def test_the_same_state_has_the_same_digest_in_any_order(base: None) -> None:
    assert write(before={"a": 1, "b": 2}).before == write(before={"b": 2, "a": 1}).before
    assert write(before={"a": 1}).before != write(before={"a": 2}).before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET verb = 'case.other'",
        "UPDATE audit_entry SET at = now() WHERE false",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE false",
        "TRUNCATE audit_entry",
        "DROP TABLE audit_entry",
        "ALTER TABLE audit_entry ADD COLUMN x int",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "GRANT UPDATE ON audit_entry TO mingbai_app",
        "SET ROLE mingbai_owner",
    ],
)
def test_the_application_can_neither_change_nor_remove_an_entry(base: None, change: str) -> None:
    entry = write()
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(change)
            done = "GRANT" in change  # PostgreSQL only warns that nothing was granted
        except ProgrammingError as refused:
            done = any(word in str(refused) for word in ("permission denied", "must be owner"))
        assert done
        cursor.execute("SELECT has_table_privilege('audit_entry', 'UPDATE, DELETE, TRUNCATE')")
        assert cursor.fetchone() == (False,)
    assert Entry.objects.get(pk=entry.pk).verb == "case.accept"


def test_an_entry_vanishes_with_the_deed_that_fails(base: None) -> None:
    def deed() -> None:
        with scopes.enter(scope="350525"):
            write(verb="case.failed")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        deed()
    assert not Entry.objects.filter(verb="case.failed").exists()


def test_one_reading_a_day_is_found_again(cast: Any) -> None:
    reader = cast.actor("officer")
    write(actor=reader, verb="contact.read", thing_id="17")
    asked = {
        "person_id": reader.person_id,
        "verb": "contact.read",
        "thing": "case",
        "thing_id": "17",
    }
    assert queries.has_entry(**asked, since=clock.now())
    assert not queries.has_entry(**asked, since=clock.now() + timedelta(seconds=1))
    assert not queries.has_entry(
        **asked | {"person_id": cast.people["neighbour"].pk}, since=clock.now()
    )
    assert not queries.has_entry(**asked | {"thing_id": "18"}, since=clock.now())
