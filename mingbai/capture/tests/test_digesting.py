"""From talk to cases: what is sure, what waits, what joins, and that the order of arrival does not matter."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"


def test_a_sure_request_of_an_automatic_group_becomes_a_case_with_its_own_words(talk: Any) -> None:
    from mingbai.capture.events import Digested
    from mingbai.capture.models import Finding
    from mingbai.cases.models import Case

    talk.take(talk.say("hello", who="阿明"), talk.say("lamp", 1), talk.say("me_too", 3, who="阿强"))
    assert talk.read() == Digested(messages=3, filed=1)
    case, finding = Case.objects.get(), Finding.objects.get()
    both = f"{talk.said[1].text} {talk.said[2].text}"
    assert (case.text, case.source_text, case.source, case.kind, case.field) == (
        both,
        both,
        "chat",
        "request",
        "facility",
    )
    assert (case.region, case.state, case.urgent, case.source_id) == (
        VILLAGE,
        "submitted",
        False,
        finding.key,
    )
    assert (finding.status, finding.case_number) == ("filed", case.number)
    assert [m.external_id for m in finding.messages.order_by("said_at")] == ["m2", "m3"]


def test_the_same_words_in_a_group_with_a_clerk_wait_for_review(asked: Any) -> None:
    from mingbai.capture.events import Digested
    from mingbai.cases.models import Case

    asked.take(asked.say("lamp"))
    assert asked.read() == Digested(messages=1, review=1)
    assert not Case.objects.exists()


def test_a_danger_is_filed_as_urgent(talk: Any) -> None:
    from mingbai.cases.models import Case

    talk.found(talk.say("wire"))
    assert Case.objects.get().urgent is True


def test_a_case_goes_to_the_village_that_the_words_name(talk: Any) -> None:
    from mingbai.cases.models import Case

    talk.found(
        talk.say("桃场村小学门口的路灯坏了半个月，晚上黑漆漆，孩子放学摔了两回，能不能来修一下")
    )
    assert Case.objects.get().region == NEIGHBOUR


def test_a_town_that_is_named_leaves_the_case_in_the_groups_village(talk: Any) -> None:
    from mingbai.cases.models import Case

    talk.found(
        talk.say("五里街镇小学门口的路灯坏了半个月，晚上黑漆漆，孩子放学摔了两回，能不能来修一下")
    )
    assert Case.objects.get().region == VILLAGE


def test_later_words_are_added_to_a_case_that_nobody_has_touched(talk: Any) -> None:
    from mingbai.capture.events import Digested
    from mingbai.capture.models import Finding
    from mingbai.cases.models import Case, CaseEvent

    talk.found(talk.say("lamp"))
    number = Case.objects.get().number
    talk.take(talk.say("me_too", 6, who="阿强"), talk.say("promise", 8, who="主任", role="officer"))
    assert talk.read() == Digested(messages=2, joined=2)
    case = Case.objects.get()
    assert (case.number, case.text) == (number, f"{talk.said[0].text} {talk.said[1].text}")
    assert (Finding.objects.get().text, case.source_text) == (case.text, case.text)
    assert not CaseEvent.objects.filter(verb="evidence").exists()


def test_later_words_join_a_case_that_is_being_handled_as_evidence_once(
    talk: Any, cast: Any
) -> None:
    from mingbai.capture.events import Digested
    from mingbai.capture.models import Finding
    from mingbai.cases import commands as cases
    from mingbai.cases.models import Case, CaseEvent

    talk.found(talk.say("lamp"))
    case = Case.objects.get()
    cases.accept(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, version=case.version
    )
    talk.take(talk.say("me_too", 6, who="阿强"), talk.say("promise", 8, who="主任", role="officer"))
    assert talk.read() == Digested(messages=2, joined=2)
    assert Case.objects.count() == Finding.objects.count() == 1
    assert Case.objects.get().text == talk.said[0].text
    evidence = CaseEvent.objects.get(verb="evidence")
    assert (evidence.text, evidence.inner) == ("A3：我家门口那盏也是，好几次了", True)
    assert talk.read() == Digested()
    assert CaseEvent.objects.filter(verb="evidence").count() == 1


def test_an_earlier_line_that_comes_late_takes_an_untouched_case_back_but_no_touched_one(
    talk: Any, group_of: Any, cast: Any
) -> None:
    from mingbai.capture.models import Finding
    from mingbai.cases import commands as cases
    from mingbai.cases.models import Case

    other = group_of("g2", NEIGHBOUR)
    talk.found(talk.say("water", 30))
    untouched = Case.objects.get()
    other.take(other.say("water", 0, who="阿海"))
    other.read()
    first = Finding.objects.get(group=other.group)
    later = Finding.objects.get(group=talk.group)
    assert (first.status, later.status, later.same_as) == ("filed", "review", first.case_number)
    untouched.refresh_from_db()
    assert untouched.state == "withdrawn"
    case = Case.objects.get(number=first.case_number)
    cases.accept(
        actor=cast.actor("neighbour"), county=COUNTY, number=case.number, version=case.version
    )
    talk.take(talk.say("water", -30, who="阿强"))
    talk.read()
    first.refresh_from_db()
    assert first.status == "filed"


def test_a_reply_from_the_office_is_put_beside_the_case_as_a_sign(talk: Any) -> None:
    from mingbai.cases.models import Sign

    talk.found(talk.say("lamp"), talk.say("promise", 8, who="主任", role="officer"))
    assert [s.text for s in Sign.objects.all()] == [talk.said[1].text]


def test_later_words_join_what_waits_for_review_so_that_they_are_filed_with_it(
    asked: Any, cast: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    asked.take(asked.say("me_too", 6, who="阿强"))
    asked.read()
    commands.file_case(actor=cast.actor("clerk"), finding_id=finding.pk, version=1)
    assert Case.objects.get().text == f"{asked.said[0].text} {asked.said[1].text}"


def test_the_same_trouble_in_the_next_group_waits_for_a_clerk(talk: Any, group_of: Any) -> None:
    from mingbai.capture.events import Digested
    from mingbai.capture.models import Finding
    from mingbai.cases.models import Case

    talk.found(talk.say("water"))
    other = group_of("g2", NEIGHBOUR)
    other.take(other.say("water", 30, who="阿海"))
    assert other.read() == Digested(messages=1, review=1)
    assert Finding.objects.get(group=other.group).same_as == Case.objects.get().number


def test_a_sender_who_goes_on_is_not_read_in_the_middle(talk: Any, at: Any) -> None:
    from mingbai.capture.events import Digested

    at("2026-11-18 09:00:00")
    talk.take(talk.say("lamp", 120))
    assert talk.read(everything=False) == Digested()
    at("2026-11-18 09:00:02")
    talk.take(talk.say("晚上走路都看不见", 120 + 2 / 60))
    at("2026-11-18 09:00:04")
    assert talk.read(everything=False) == Digested(messages=2, filed=1)


def test_a_sender_who_never_stops_is_read_after_some_seconds(talk: Any, at: Any) -> None:
    read = []
    begin = talk.say("lamp", 120)
    for second in range(0, 12, 2):
        at(f"2026-11-18 09:00:{second:02d}")
        talk.begin = begin.said_at
        talk.take(begin if second == 0 else talk.say("hello", second / 60))
        read.append(talk.read(everything=False).messages)
    assert read == [0, 0, 3, 0, 0, 3]


def test_a_late_line_does_not_join_what_was_said_after_it(talk: Any) -> None:
    from mingbai.capture.models import Finding

    talk.found(talk.say("lamp", 30))
    talk.take(talk.say("ask", 0, who="阿珍"))
    assert talk.read().filed == 1
    assert Finding.objects.count() == 2


def test_what_cases_will_not_take_waits_for_a_clerk(talk: Any) -> None:
    from mingbai.accounts.models import Body
    from mingbai.capture.events import Digested
    from mingbai.cases.models import Case

    Body.objects.filter(region__scope__startswith=COUNTY).update(kind="platform")  # nobody receives
    talk.take(talk.say("lamp"))
    assert talk.read() == Digested(messages=1, review=1)
    assert not Case.objects.exists()


def test_a_group_that_cannot_be_read_stops_no_other_and_its_words_stay_out_of_the_log(
    talk: Any, group_of: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from mingbai.capture.commands import settling
    from mingbai.capture.events import Digested
    from mingbai.capture.models import Message

    other = group_of("g2", NEIGHBOUR)
    talk.take(talk.say("lamp"))
    other.take(other.say("water", 5))
    honest = settling._compare

    def broken(plan: Any, group: Any, *given: Any) -> Any:
        if group.row.pk == talk.group:
            raise ValueError(group.lines[0].text)
        return honest(plan, group, *given)

    monkeypatch.setattr(settling, "_compare", broken)
    with caplog.at_level(logging.DEBUG):
        assert talk.read() == Digested(messages=1, filed=1, failed=1)
    assert f"group {talk.group}: ValueError in broken:" in caplog.text
    assert "路灯" not in caplog.text
    assert Message.objects.get(group=talk.group).digested_at is None
    monkeypatch.setattr(settling, "_compare", honest)
    assert talk.read() == Digested(messages=1, filed=1)


def test_a_clerk_who_rules_while_talk_joins_loses_no_words(asked: Any, cast: Any) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import CaseEvent

    finding = asked.found(asked.say("lamp"))
    commands.file_case(actor=cast.actor("clerk"), finding_id=finding.pk, version=1)
    asked.take(asked.say("me_too", 6, who="阿强"))
    asked.read()
    assert CaseEvent.objects.get(verb="evidence").text == "A2：我家门口那盏也是，好几次了"


LINES = (
    ("hello", 0, "阿明"),
    ("lamp", 1, "阿花"),
    ("me_too", 4, "阿强"),
    ("ask", 20, "阿珍"),
    ("water", 40, "阿海"),
    ("clue", 60, "老林"),
    ("hello", 100, "阿明"),
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(range(len(LINES))),
    doubled=st.lists(st.integers(0, len(LINES) - 1), max_size=4),
    cut=st.integers(0, len(LINES)),
)
def test_doubled_late_and_shuffled_deliveries_give_the_same_cases(
    talk: Any, office: bytes, order: list[int], doubled: list[int], cut: int
) -> None:
    from django.db import transaction

    from mingbai.capture.models import Finding, Message, Seen
    from mingbai.cases.models import Case

    talk.said.clear()
    said = [talk.say(text, minute, who=who) for text, minute, who in LINES]
    arrived = [said[n] for n in (*order, *doubled)]
    try:
        with transaction.atomic():
            talk.take(*arrived[:cut])
            talk.take(*arrived[cut:])
            talk.read()
            assert Seen.objects.count() == len(LINES)
            assert sorted(Message.objects.values_list("external_id", flat=True)) == [
                "m1",
                "m2",
                "m3",
                "m4",
                "m5",
                "m7",
            ]
            assert list(
                Case.objects.order_by("source_id").values_list("source_id", "field", "text", "kind")
            ) == sorted(Finding.objects.values_list("key", "field", "text", "kind"))
            assert sorted(Finding.objects.values_list("field", "status", "text")) == [
                ("facility", "filed", f"{said[1].text} {said[2].text}"),
                ("water", "filed", said[4].text),
                ("welfare", "filed", said[3].text),
            ]
            raise Undo
    except Undo:
        pass


class Undo(Exception):
    pass
