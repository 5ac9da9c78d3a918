"""Who reads the talk: the clerk inside the county. Everybody else gets the page that does not exist."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import psycopg
import pytest

COUNTY, VILLAGE = "350525", "350525101201"
TABLES = (
    "capture_chatgroup",
    "capture_member",
    "capture_seen",
    "capture_message",
    "capture_finding",
    "capture_ruling",
    "clues_officekey",
)
OTHERS = (
    "officer",
    "neighbour",
    "supervisor",
    "town",
    "department",
    "intake",
    "it",
    "far",
    "villager",
)


def body(client: Any, address: str, **posted: str) -> tuple[int, str]:
    answer = client.post(address, posted) if posted else client.get(address)
    return answer.status_code, re.sub(r'value="[A-Za-z0-9]{64}"', "", answer.content.decode())


@pytest.mark.parametrize("name", [*OTHERS, "discipline", "anyone"])
def test_the_review_desk_is_like_a_page_that_does_not_exist(
    asked: Any, client_as: Any, name: str
) -> None:
    finding = asked.found(asked.say("lamp"))
    client = client_as(name)
    missing = body(client, "/no-such-page")
    assert missing[0] == 404
    assert body(client, "/capture/review") == missing
    assert body(client, f"/capture/review/{finding.pk}") == missing
    assert body(client, "/capture/review/999999") == missing
    for verb in ("file", "question", "merge", "correct", "dismiss", "seal", "no-such-verb"):
        assert body(client, f"/capture/review/{finding.pk}/{verb}", version="1") == missing
    assert body(client, "/capture/review/undo", ruling="1") == missing
    finding.refresh_from_db()
    assert (finding.status, finding.version) == ("review", 1)


@pytest.mark.parametrize("name", [*OTHERS, "clerk", "anyone"])
def test_the_drop_box_is_like_a_page_that_does_not_exist(
    office: bytes, client_as: Any, name: str
) -> None:
    client = client_as(name)
    missing = body(client, "/no-such-page")
    assert missing[0] == 404
    assert body(client, "/clues/") == missing
    assert body(client, "/clues/parcels") == missing
    assert body(client, "/clues/key", public="", wrapped="") == missing


def test_an_auditor_sees_neither(cast: Any, client_as: Any) -> None:
    from mingbai.accounts.models import Post

    Post.objects.filter(pk=cast.posts["intake"].pk).update(role="auditor")
    client = client_as("intake")
    missing = body(client, "/no-such-page")
    assert body(client, "/capture/review") == missing
    assert body(client, "/clues/") == missing


@pytest.mark.parametrize("name", ["villager", "anyone", "it"])
def test_the_registry_of_groups_is_for_staff(talk: Any, client_as: Any, name: str) -> None:
    client = client_as(name)
    missing = body(client, "/no-such-page")
    assert body(client, "/capture/groups") == missing
    assert body(client, "/capture/groups/new") == missing
    assert body(client, f"/capture/groups/{talk.group}") == missing


def test_each_reading_of_talk_is_on_record_once_per_group_clerk_and_day(
    asked: Any, group_of: Any, client_as: Any, cast: Any, at: Any
) -> None:
    from mingbai.audit.models import Entry

    asked.take(asked.say("lamp"), asked.say("ask", 40, who="阿珍"))
    other = group_of("g2", mode="confirmed")
    other.take(other.say("water"))
    asked.read()
    first, second = [f.pk for f in found_in(asked.group)]
    [third] = [f.pk for f in found_in(other.group)]
    clerk = client_as("clerk")

    def readings() -> list[tuple[Any, ...]]:
        rows = Entry.objects.filter(verb="read_talk").order_by("id")
        return list(rows.values_list("person_id", "thing_id", "region"))

    me = cast.people["clerk"].pk
    for pk in (first, first, second):
        assert clerk.get(f"/capture/review/{pk}").status_code == 200
    assert readings() == [(me, str(asked.group), VILLAGE)]
    clerk.get(f"/capture/review/{third}")
    assert readings() == [(me, str(asked.group), VILLAGE), (me, str(other.group), VILLAGE)]
    at("2026-11-19 00:01")
    clerk.get(f"/capture/review/{first}")
    assert readings()[2:] == [(me, str(asked.group), VILLAGE)]


def found_in(group: int) -> Any:
    from mingbai.capture.models import Finding

    return Finding.objects.filter(group=group).order_by("said_at")


def fill(committed: Any) -> None:
    """Leave a row in every table of capture and clues."""
    from mingbai.capture import commands
    from mingbai.capture.models import ChatGroup, Finding
    from mingbai.kernel import scopes

    committed.open_office()
    with scopes.enter(scope=COUNTY):
        ChatGroup.objects.update(mode="confirmed")
    committed.talk.take(committed.talk.say("lamp"), committed.talk.say("clue", 40, who="老林"))
    committed.talk.read()
    with scopes.enter(scope=COUNTY):
        finding = Finding.objects.get()
        clerk = committed.cast.actor("clerk")
    commands.dismiss(actor=clerk, finding_id=finding.pk, version=1)


def counts(server: psycopg.Connection[Any]) -> list[int]:
    return [server.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]  # type: ignore[index]


def test_raw_sql_sees_only_its_scope_also_on_a_reused_connection(committed: Any) -> None:
    fill(committed)
    with psycopg.connect(committed.app, autocommit=True) as server:
        assert counts(server) == [0] * 7
        for scope, seen in (
            ("350525", [1, 2, 2, 1, 1, 1, 1]),
            ("3505", [1, 2, 2, 1, 1, 1, 1]),
            ("350525101", [1, 2, 0, 1, 1, 1, 0]),
            (VILLAGE, [1, 2, 0, 1, 1, 1, 0]),
            ("350525101202", [0] * 7),
            ("350526", [0] * 7),
            ("", [0] * 7),
        ):
            with server.transaction():
                server.execute("SELECT set_config('mingbai.scope', %s, true)", [scope])
                assert counts(server) == seen, scope
            assert counts(server) == [0] * 7  # the variable is '' now, not NULL
        with server.transaction():
            server.execute("SELECT set_config('mingbai.public', 'on', true)")
            assert counts(server) == [0] * 7


def test_raw_sql_writes_only_inside_its_scope(committed: Any) -> None:
    fill(committed)
    with psycopg.connect(committed.app, autocommit=True) as server:
        with server.transaction():
            server.execute("SELECT set_config('mingbai.scope', '350526', true)")
            for table in TABLES:
                if table != "clues_officekey":
                    assert server.execute(f"DELETE FROM {table}").rowcount == 0
            assert server.execute("UPDATE capture_message SET text = 'x'").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege), server.transaction():
            server.execute("SELECT set_config('mingbai.scope', '350526', true)")
            server.execute(
                "INSERT INTO capture_seen (county, platform, external_id) VALUES ('350525', 'wechat', 'x')"
            )


def run(code: str) -> str:
    """Run Python in a process of its own, with Django set up."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, django; django.setup(); {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_jobs_of_capture_never_load_the_training_library() -> None:
    code = "import mingbai.capture.tasks; print([m for m in ('sklearn', 'scipy', 'numpy') if m in sys.modules])"
    assert run(code) == "[]"


def test_the_web_never_loads_numbers_or_models() -> None:
    code = (
        "import mingbai.config.wsgi; from django.urls import get_resolver; get_resolver().url_patterns; "
        "import mingbai.capture.views, mingbai.clues.views; "
        "print([m for m in ('sklearn', 'scipy', 'numpy', 'mingbai.capture.recognition.model') if m in sys.modules])"
    )
    assert run(code) == "[]"
