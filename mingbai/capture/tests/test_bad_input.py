"""Whatever comes in: nothing raises, nothing waits behind it, and what cannot be taken says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COUNTY, NEIGHBOUR = "350525", "350525101202"
LAMP = "村口老榕樹下的路燈壞了半個月，晚上黑漆漆，孩子放學摔了兩回，能不能來修一下"
DIRTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\0\u200b\u200d\u200f\u202e\u2066\ufeff\ufe0f😀👨🏽路灯壞了،שקמ\n\t ！１３８"
        ),
    ),
    max_size=60,
)
ANYTHING = st.one_of(DIRTY, st.none(), st.integers(), st.binary(max_size=3))


def letters() -> list[tuple[str, str]]:
    from mingbai.capture.models import DeadLetter

    return list(DeadLetter.objects.order_by("pk").values_list("external_id", "reason"))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fields=st.fixed_dictionaries(
        {},
        optional={
            "external_id": ANYTHING,
            "sender": ANYTHING,
            "role": ANYTHING,
            "kind": ANYTHING,
            "said_at": st.one_of(ANYTHING, st.datetimes(), st.datetimes(timezones=st.just(UTC))),
            "text": ANYTHING,
        },
    )
)
def test_whatever_a_message_holds_it_comes_in_or_is_put_aside_and_the_next_one_is_read(
    talk: Any, office: bytes, fields: dict[str, Any]
) -> None:
    from django.db import transaction

    from mingbai.capture.models import DeadLetter, Message

    talk.said.clear()
    odd = replace(talk.say("hello", name="odd"), **fields)
    with transaction.atomic():
        got = talk.take(odd, talk.say("ask", 1, who="阿珍", name="good"))
        assert (got.new + got.aside, got.again, got.dropped) == (2, 0, 0)
        assert got.aside == DeadLetter.objects.count()
        assert talk.read().failed == 0
        assert Message.objects.get(external_id="good").finding is not None
        assert talk.take(odd).again == 1
        transaction.set_rollback(True)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(DIRTY, max_size=12), officer=st.integers(0, 11))
def test_a_group_that_says_anything_at_all_is_read_to_the_end(
    talk: Any, office: bytes, texts: list[str], officer: int
) -> None:
    from django.db import transaction

    talk.said.clear()
    with transaction.atomic():
        for n, text in enumerate([*texts, "路灯坏了"]):
            role = "officer" if n == officer else "villager"
            kind = ("text", "voice", "image", "location")[n % 4]
            who = f"{'干部' if n == officer else '成员'}{n % 3}"
            talk.take(talk.say(text, n, who=who, role=role, kind=kind))
        assert talk.read().failed == 0
        assert talk.read().messages == 0
        assert letters() == []
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"external_id": ""}, "id 应是 1 到 80 个字"),
        ({"external_id": "x" * 81}, "id 应是 1 到 80 个字"),
        ({"sender": "a\0b"}, "sender 应是 1 到 80 个字"),
        ({"sender": ""}, "sender 应是 1 到 80 个字"),
        (
            {"kind": "sticker"},
            "type“sticker”不认识，应是 text、voice、image、video、location",
        ),
        ({"role": "boss"}, "role“boss”不认识，应是 villager、officer、supervisor"),
        ({"said_at": datetime(2026, 1, 1)}, "时间读不出来，或者没有时区"),  # noqa: DTZ001
        ({"text": None}, "text 不是文字"),
    ],
)
def test_a_message_that_cannot_be_taken_is_put_aside_with_the_reason_and_the_others_come_in(
    talk: Any, changed: dict[str, Any], sentence: str
) -> None:
    from mingbai.capture.events import Received
    from mingbai.capture.models import Member, Message

    bad = replace(talk.say("lamp", who="谁"), **changed)
    assert talk.take(bad, talk.say("hello")) == Received(1, 0, 0, aside=1)
    assert [m.external_id for m in Message.objects.all()] == ["m2"]
    assert [reason for _, reason in letters()] == [sentence]
    assert Member.objects.count() == 1
    assert talk.take(bad) == Received(0, 1, 0)
    assert len(letters()) == 1


@pytest.mark.parametrize("at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)])
def test_a_time_at_which_nobody_can_have_spoken_becomes_the_time_of_receipt(
    talk: Any, at: datetime
) -> None:
    from mingbai.capture.models import Message

    talk.take(replace(talk.say("lamp"), said_at=at))
    message = Message.objects.get()
    assert message.said_at == message.received_at


def test_a_clock_that_is_a_little_ahead_is_believed(talk: Any) -> None:
    from mingbai.capture.models import Message

    said = talk.say("lamp", 121)
    talk.take(said)
    assert Message.objects.get().said_at == said.said_at


def test_a_hundred_thousand_characters_keep_the_first_four_thousand(talk: Any) -> None:
    from mingbai.capture.models import Message

    talk.take(talk.say("停水了，" * 25_000), talk.say("lamp", 1, who="阿强"))
    assert talk.read().messages == 2
    assert {len(m.text) for m in Message.objects.all()} == {4000, len(talk.said[1].text)}


def test_what_hides_or_turns_words_is_taken_out(talk: Any) -> None:
    from mingbai.capture.models import Message

    talk.take(talk.say("\u202e停\u200b水\u2066了\x07 👨\u200d👩\u200d👧"))
    assert Message.objects.get().text == "停水了 👨\u200d👩\u200d👧"


def test_traditional_characters_are_read_as_simplified_and_kept_as_written(talk: Any) -> None:
    from mingbai.cases.models import Case

    talk.found(talk.say(LAMP))
    case = Case.objects.get()
    assert (case.field, case.text) == ("facility", LAMP)
    assert case.place in LAMP


def test_an_edited_message_stays_as_it_came_first(talk: Any) -> None:
    from mingbai.capture.models import Message

    first = talk.say("lamp")
    talk.take(first)
    assert talk.take(replace(first, text="改过的话")).again == 1
    assert Message.objects.get().text == first.text


def broken_at(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """Let the recognition fail on every line that holds a word."""
    from mingbai.capture.commands.reading import Listener

    honest = Listener.read

    def read(self: Any, lines: Any, earlier: Any = ()) -> Any:
        if any(word in line.text for line in lines):
            raise ZeroDivisionError(word)
        return honest(self, lines, earlier)

    monkeypatch.setattr(Listener, "read", read)


def test_a_line_that_cannot_be_read_is_put_aside_after_five_tries_and_holds_up_nobody(
    talk: Any, group_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.capture.models import Message
    from mingbai.cases.models import Case

    other = group_of("g2", NEIGHBOUR)
    talk.take(talk.say("lamp"), talk.say("毒", 1, who="阿强"), talk.say("ask", 40, who="阿珍"))
    other.take(other.say("water", who="阿海"))
    broken_at(monkeypatch, "毒")
    first = talk.read()
    assert (first.messages, first.filed, first.failed) == (3, 3, 1)
    assert Case.objects.count() == 3
    assert [talk.read().aside for _ in range(4)] == [0, 0, 0, 1]
    assert letters() == [("m2", "识别时出错（ZeroDivisionError），试了 5 次")]
    assert not Message.objects.filter(external_id="m2").exists()
    assert talk.read().failed == 0


def test_what_was_put_aside_comes_in_when_the_administrator_tries_again(
    talk: Any, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture import events
    from mingbai.capture.models import Member, Message

    odd = replace(talk.say("lamp", who="谁"), kind="sticker")
    talk.take(odd, replace(talk.say("lamp"), sender=""))
    reasons = [reason for _, reason in letters()]
    client = client_as("it")
    page = client.get("/capture/keeping").content.decode()
    assert page.count("再试 1 条") == 2
    given = {"platform": "wechat", "reason": reasons[0]}
    answer = client.post("/capture/keeping/again", given, follow=True)
    assert "还有 1 条仍收不下" in answer.content.decode()
    assert Message.objects.count() == 0
    monkeypatch.setattr(events, "KINDS", (*events.KINDS, "sticker"))
    answer = client.post("/capture/keeping/again", given, follow=True)
    assert "收下了 1 条" in answer.content.decode()
    message = Message.objects.get()
    assert (message.external_id, message.kind, message.text) == ("m1", "sticker", odd.text)
    assert [reason for _, reason in letters()] == reasons[1:]
    assert Entry.objects.filter(verb="try_again").count() == 2
    # The same person as ever.
    talk.take(talk.say("hello", who="谁"))
    assert Member.objects.count() == 1


def test_who_sees_no_letters_cannot_try_again(talk: Any, client_as: Any) -> None:
    talk.take(replace(talk.say("lamp"), kind="sticker"))
    [(_, reason)] = letters()
    for name in ("officer", "town", "villager", "anyone"):
        given = {"platform": "wechat", "reason": reason}
        assert client_as(name).post("/capture/keeping/again", given).status_code == 404, name
    assert len(letters()) == 1


def test_what_was_put_aside_goes_with_its_recall_and_with_its_senders_no(talk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import DeadLetter

    odd = [replace(talk.say("lamp", who=who), kind="sticker") for who in ("甲", "乙", "丙")]
    talk.take(*odd)
    commands.recall(county=COUNTY, group_id=talk.group, external_id="m1")
    commands.decline(county=COUNTY, group_id=talk.group, sender="乙")
    assert [(body or {})["id"] for body in DeadLetter.objects.values_list("body", flat=True)] == [
        "m3"
    ]


def test_of_what_was_put_aside_only_the_reason_is_left_after_72_hours(
    talk: Any, at: Any, client_as: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import DeadLetter

    talk.take(replace(talk.say("lamp"), kind="sticker"))
    body = DeadLetter.objects.get().body
    assert body is not None
    assert body["text"] == talk.said[0].text
    assert "阿花" not in str(body)
    at("2026-11-21 09:01")
    commands.forget_old(county=COUNTY)
    assert DeadLetter.objects.get().body is None
    assert "原样已删" in client_as("it").get("/capture/keeping").content.decode()


def test_a_flooding_group_is_read_a_part_at_a_time_and_the_others_beside_it(
    talk: Any, group_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.capture.commands import digesting
    from mingbai.capture.models import Message

    monkeypatch.setattr(digesting, "MOST", 40)
    others = [group_of(f"g{n}", NEIGHBOUR) for n in range(2, 6)]
    begin = talk.say("hello").said_at
    flood = [
        replace(talk.say("hello", who=f"谁{n % 9}"), said_at=begin + timedelta(seconds=7 * n))
        for n in range(400)
    ]
    talk.take(*flood)
    for other in others:  # they come after the flood
        other.take(other.say("ask", 90, who="阿珍"))
    talk.read()
    unread = Message.objects.filter(digested_at__isnull=True)
    assert set(unread.values_list("group_id", flat=True)) == {talk.group}
    assert unread.count() >= 400 - 40
    turns = 0
    while talk.read().messages:
        turns += 1
    assert turns > 3
    assert not unread.exists()
