"""A possible clue said in a group: sealed before anybody sees it, and no trace of it anywhere else."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

COUNTY = "350525"
CANARIES = ("金麒麟", "轿车", "姐夫", "懂的都懂", "心里有数")
PAGES = (
    "/",
    "/v/350525101201",
    "/v/350525101201/open",
    "/desk",
    "/desk/today",
    "/desk/cases",
    "/desk/cases?q=金麒麟",
    "/capture/review",
    "/capture/groups",
    "/inbox",
    "/mine",
    "/me",
    "/desk/admin",
    "/r/350525101000",
)


def everything(superuser: str) -> dict[str, str]:
    """Return every row of every table as text, by table; bytes appear as hex."""
    found = {}
    with psycopg.connect(superuser) as server:
        tables = server.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            rows = server.execute(
                sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(table))
            )
            found[table] = "\n".join(row[0] for row in rows).lower()
    return found


def traces(superuser: str) -> list[tuple[str, str]]:
    """Return (table, canary) wherever a canary stands in clear, also inside bytes."""
    return [
        (table, canary)
        for table, text in everything(superuser).items()
        for canary in CANARIES
        if canary in text or canary.encode().hex() in text
    ]


def test_the_search_for_traces_finds_a_message_that_is_there(committed: Any) -> None:
    committed.talk.take(committed.talk.say("clue", who="老林"))
    assert sorted(traces(committed.superuser)) == sorted(
        ("capture_message", c) for c in CANARIES if c != "心里有数"
    )


def test_after_the_digest_a_clue_is_nowhere_in_clear(
    committed: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from mingbai.capture.events import Digested

    talk = committed.talk
    private = committed.open_office()
    with caplog.at_level(logging.DEBUG):
        talk.take(
            talk.say("hello"), talk.say("clue", 1, who="老林"), talk.say("clue_more", 2, who="老林")
        )
        assert talk.read() == Digested(messages=3, sealed=1)
    assert traces(committed.superuser) == []
    assert not [c for c in CANARIES if c in caplog.text]
    [content] = opened(committed, private)
    assert content["text"] == f"A1：{talk.said[1].text}\nA1：{talk.said[2].text}"
    assert (content["source"], content["region"], content["place"], content["author"]) == (
        "chat",
        "350525101201",
        "五里街镇 石鼓村",
        "g1监督群 成员 A1",
    )


def opened(committed: Any, private: bytes) -> list[dict[str, Any]]:
    """Open every parcel as the office's browser would."""
    from mingbai.clues import sealing

    with psycopg.connect(committed.superuser) as server:
        rows = server.execute(
            "SELECT id, county, ephemeral, nonce, parcel FROM clues_sealedclue ORDER BY day, id"
        ).fetchall()
    return [
        sealing.unseal(
            sealing.Parcel(bytes(e), bytes(n), bytes(p)), private, f"{county}:{identity}"
        )
        for identity, county, e, n, p in rows
    ]


def shown(client: Any, address: str) -> str:
    """Return a page without the marks that differ at each reading."""
    text = client.get(address).content.decode()
    text = re.sub(
        r"[\d.]+ [千兆吉]", "", text
    )  # the size of the database on the page of its keeper
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)


@pytest.mark.parametrize("name", ["officer", "town", "it", "clerk", "department", "supervisor"])
def test_no_page_looks_different_because_a_clue_was_sealed(committed: Any, name: str) -> None:
    talk = committed.talk
    committed.open_office()
    client = committed.client(name)
    talk.take(talk.say("hello"), talk.say("hello", 1, who="老林"))
    talk.read()
    for _ in range(2):  # the first visit leaves cookies: the village last read
        before = {address: shown(client, address) for address in PAGES}
    talk.take(talk.say("clue", 1, who="老林"))
    assert talk.read().sealed == 1
    for address in PAGES:
        assert shown(client, address) == before[address], address
        assert not [c for c in CANARIES[1:] if c in before[address]]


def test_without_the_offices_key_a_clue_is_held_unseen_and_released_when_there_is_one(
    committed: Any,
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.events import Digested

    talk = committed.talk
    talk.take(
        talk.say("clue", 1, who="老林"), talk.say("lamp", 40), talk.say("ask", 80, who="阿珍")
    )
    done = talk.read()
    assert (done.messages, done.sealed, done.filed) == (3, 0, 2)
    assert {table for table, _ in traces(committed.superuser)} == {"capture_message"}
    clerk = committed.client("clerk")
    for address in PAGES:
        assert not [c for c in CANARIES[1:] if c in shown(clerk, address)]
    assert talk.read() == Digested()
    commands.release_held(county=COUNTY)
    assert talk.read().sealed == 0
    private = committed.open_office()
    commands.release_held(county=COUNTY)
    assert talk.read() == Digested(messages=1, sealed=1)
    assert traces(committed.superuser) == []
    assert [c["text"] for c in opened(committed, private)] == [f"A1：{talk.said[0].text}"]


def test_held_words_are_not_shown_around_another_finding(asked: Any, cast: Any) -> None:
    from mingbai.capture import queries

    finding = asked.found(asked.say("lamp"), asked.say("clue", 1, who="老林"))
    opened = queries.open_finding(cast.actor("clerk"), finding.pk)
    assert opened is not None
    assert ["".join(p.text for p in line.pieces) for line in opened.talk] == [asked.said[0].text]


def test_held_words_go_after_72_hours_like_all_talk(talk: Any, at: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Message

    talk.take(talk.say("clue"))
    talk.read()
    assert Message.objects.get().held is True
    at("2026-11-21 09:01")
    commands.forget_old(county=COUNTY)
    assert not Message.objects.exists()


def test_a_clue_that_follows_an_open_request_is_sealed_and_the_request_stays(
    talk: Any, office: bytes
) -> None:
    from mingbai.capture.models import Finding, Message
    from mingbai.cases.models import Case, CaseEvent

    talk.found(talk.say("lamp"))
    talk.take(talk.say("clue", 4, who="阿强"))
    assert talk.read().sealed == 1
    assert list(Message.objects.values_list("external_id", flat=True)) == ["m1"]
    assert Finding.objects.get().text == talk.said[0].text
    assert Case.objects.get().text == talk.said[0].text
    assert not CaseEvent.objects.filter(verb="evidence").exists()


def test_a_clerk_seals_a_finding_and_every_trace_of_it_goes(committed: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import ChatGroup, Finding
    from mingbai.kernel import scopes

    talk = committed.talk
    private = committed.open_office()
    with scopes.enter(scope=COUNTY):
        ChatGroup.objects.update(mode="confirmed")
    said = "村口路灯坏了半个月没人修，能不能来修一下，听说金麒麟公司包的"
    talk.take(talk.say(said, who="老林"))
    assert talk.read().review == 1
    client = committed.client("clerk")
    with scopes.enter(scope=COUNTY):
        finding = Finding.objects.get()
    assert "金麒麟" in shown(client, f"/capture/review/{finding.pk}")
    answer = client.post(f"/capture/review/{finding.pk}/seal", {"version": "1"})
    assert answer.status_code == 302
    assert traces(committed.superuser) == []
    assert [c["text"] for c in opened(committed, private)] == [f"A1：{said}"]
    with scopes.enter(scope=COUNTY):
        assert not Finding.objects.exists()
    assert commands.digest(county=COUNTY, everything=True).messages == 0


def test_sealing_without_a_key_changes_nothing(asked: Any, cast: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding, Message
    from mingbai.kernel.decisions import Refused

    finding = asked.found(asked.say("lamp"))
    with pytest.raises(Refused, match="还没有生成密钥"):
        commands.seal(actor=cast.actor("clerk"), finding_id=finding.pk, version=1)
    assert (Finding.objects.get().status, Message.objects.count()) == ("review", 1)


def test_nothing_hints_at_a_sealed_clue_by_likeness(
    talk: Any, office: bytes, group_of: Callable[..., Any]
) -> None:
    from mingbai.capture.models import Finding

    talk.take(talk.say("clue", 0, who="老林"))
    talk.read()
    other = group_of("g2", mode="confirmed")
    finding = other.found(other.say("请问低保要什么材料，到哪里办理", 10))
    assert finding.same_as == ""
    assert not [r for r in finding.reasons if r["about"] == "same"]
    assert Finding.objects.count() == 1
