"""What a clerk rules, what undoing takes back, and that two clerks never rule on the same thing."""

from __future__ import annotations

import threading
from typing import Any

import pytest

COUNTY, VILLAGE = "350525", "350525101201"


@pytest.fixture
def clerk(cast: Any) -> Any:
    """The clerk as an actor."""
    return cast.actor("clerk")


def state() -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that a ruling may touch."""
    from mingbai.audit.models import Entry
    from mingbai.capture.models import Finding, Message, Ruling
    from mingbai.cases.models import Case, CaseEvent

    return {
        model.__name__: list(model.objects.order_by("pk").values_list())
        for model in (Finding, Message, Ruling, Case, CaseEvent, Entry)
    }


def latest(clerk: Any) -> int:
    from mingbai.capture import queries

    found = queries.ruled_today(clerk).latest
    assert found is not None
    return int(found)


def test_filing_makes_a_case_with_the_words_and_notes_who_ruled(asked: Any, clerk: Any) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture import commands
    from mingbai.capture.models import Ruling
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    number = commands.file_case(actor=clerk, finding_id=finding.pk, version=1)
    finding.refresh_from_db()
    case = Case.objects.get()
    assert (case.number, case.text, case.kind) == (number, asked.said[0].text, "request")
    assert (finding.status, finding.case_number, finding.decided_by, finding.version) == (
        "filed",
        number,
        clerk.person_id,
        2,
    )
    ruling = Ruling.objects.get()
    assert (ruling.verb, ruling.person_id, ruling.before["status"]) == (
        "file",
        clerk.person_id,
        "review",
    )
    entry = Entry.objects.get(thing="finding", verb="file")
    assert (entry.person_id, entry.thing_id, entry.detail) == (clerk.person_id, str(finding.pk), {})


def test_a_question_is_filed_as_a_question(asked: Any, clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    commands.file_case(actor=clerk, finding_id=finding.pk, version=1, kind="question")
    assert Case.objects.get().kind == "question"


def test_a_corrected_finding_is_filed_as_corrected(asked: Any, clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    commands.correct(
        actor=clerk,
        finding_id=finding.pk,
        version=1,
        field="power",
        kind="suggestion",
        place=" 祠堂前 ",
        urgent=True,
    )
    case = Case.objects.get()
    assert (case.field, case.kind, case.place, case.urgent) == (
        "power",
        "suggestion",
        "祠堂前",
        True,
    )


def test_merging_adds_the_words_to_the_open_case(asked: Any, clerk: Any, group_of: Any) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case, CaseEvent

    other = group_of("g2")
    number = other.found(other.say("water")).case_number
    finding = asked.found(asked.say("lamp"))
    commands.merge(actor=clerk, finding_id=finding.pk, version=1, number=number)
    finding.refresh_from_db()
    assert (finding.status, finding.case_number, Case.objects.count()) == ("merged", number, 1)
    assert CaseEvent.objects.get(verb="evidence").text == asked.said[0].text


def test_merging_into_a_case_that_is_over_is_refused_and_changes_nothing(
    asked: Any, clerk: Any, group_of: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case
    from mingbai.kernel.decisions import BadInput, Refused

    other = group_of("g2")
    number = other.found(other.say("water")).case_number
    finding = asked.found(asked.say("lamp"))
    Case.objects.update(state="closed")
    before = state()
    with pytest.raises(Refused, match="那一件已经不在办了，请单独立件。"):
        commands.merge(actor=clerk, finding_id=finding.pk, version=1, number=number)
    for typed, sentence in (
        ("350525-2611-99999", "你的范围里没有件号 350525-2611-99999，请核对。"),
        ("350526-2611-00001", "你的范围里没有件号 350526-2611-00001，请核对。"),
        ("99999", "你的范围里没有件号 350525-2611-99999，请核对。"),
        ("路灯那件", "件号写成 350525-2611-00431，或者只写最后几位。"),
    ):
        with pytest.raises(BadInput, match=sentence):
            commands.merge(actor=clerk, finding_id=finding.pk, version=1, number=typed)
    assert state() == before


def test_dismissing_makes_no_case(asked: Any, clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    commands.dismiss(actor=clerk, finding_id=finding.pk, version=1)
    finding.refresh_from_db()
    assert (finding.status, Case.objects.count()) == ("dismissed", 0)


def test_undoing_a_filing_withdraws_the_case_and_the_finding_can_be_filed_again(
    asked: Any, clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    first = commands.file_case(actor=clerk, finding_id=finding.pk, version=1, kind="question")
    assert commands.undo(actor=clerk, ruling_id=latest(clerk)).findings == [finding.pk]
    finding.refresh_from_db()
    assert (finding.status, finding.kind, finding.case_number, finding.decided_by) == (
        "review",
        "request",
        "",
        None,
    )
    assert Case.objects.get().state == "withdrawn"
    second = commands.file_case(actor=clerk, finding_id=finding.pk, version=finding.version)
    assert second != first
    assert Case.objects.get(number=second).state == "submitted"


def test_undoing_a_merge_puts_a_correction_beside_the_words_and_merging_again_works(
    asked: Any, clerk: Any, group_of: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import CaseEvent

    other = group_of("g2")
    number = other.found(other.say("water")).case_number
    finding = asked.found(asked.say("lamp"))
    commands.merge(actor=clerk, finding_id=finding.pk, version=1, number=number)
    commands.undo(actor=clerk, ruling_id=latest(clerk))
    finding.refresh_from_db()
    assert (finding.status, finding.case_number) == ("review", "")
    commands.merge(actor=clerk, finding_id=finding.pk, version=finding.version, number=number)
    told = list(
        CaseEvent.objects.filter(verb="evidence").order_by("id").values_list("text", flat=True)
    )
    assert told == [
        asked.said[0].text,
        "核对人更正：前面并进来的那段群里的话说的不是这件事，请不要当作依据。",
        asked.said[0].text,
    ]


def test_undoing_a_dismissal_brings_the_finding_back(asked: Any, clerk: Any) -> None:
    from mingbai.capture import commands

    finding = asked.found(asked.say("lamp"))
    commands.dismiss(actor=clerk, finding_id=finding.pk, version=1)
    commands.undo(actor=clerk, ruling_id=latest(clerk))
    finding.refresh_from_db()
    assert (finding.status, finding.version) == ("review", 3)


def test_a_case_that_was_accepted_cannot_be_undone_and_nothing_changes(
    asked: Any, clerk: Any, cast: Any
) -> None:
    from mingbai.capture import commands, queries
    from mingbai.capture.models import Ruling
    from mingbai.cases import commands as cases
    from mingbai.kernel.decisions import Refused

    finding = asked.found(asked.say("lamp"))
    number = commands.file_case(actor=clerk, finding_id=finding.pk, version=1)
    cases.accept(actor=cast.actor("officer"), county=COUNTY, number=number, version=1)
    assert queries.ruled_today(clerk).latest is None
    ruling, before = Ruling.objects.get().pk, state()
    with pytest.raises(Refused, match="这一次核对已经不能撤销了。"):
        commands.undo(actor=clerk, ruling_id=ruling)
    assert state() == before


def test_only_the_latest_ruling_of_today_is_undone(
    asked: Any, clerk: Any, group_of: Any, at: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import Refused

    first = asked.found(asked.say("lamp"))
    other = group_of("g2", mode="confirmed")
    second = other.found(other.say("water"))
    commands.dismiss(actor=clerk, finding_id=first.pk, version=1)
    older = latest(clerk)
    commands.dismiss(actor=clerk, finding_id=second.pk, version=1)
    newer, before = latest(clerk), state()
    with pytest.raises(Refused, match="这一次核对已经不能撤销了。"):
        commands.undo(actor=clerk, ruling_id=older)
    assert state() == before
    at("2026-11-19 00:01")
    with pytest.raises(Refused, match="这一次核对已经不能撤销了。"):
        commands.undo(actor=clerk, ruling_id=newer)
    assert state() == before


def test_nobody_undoes_anothers_ruling(asked: Any, clerk: Any, cast: Any) -> None:
    from dataclasses import replace

    from mingbai.capture import commands
    from mingbai.kernel.decisions import Missing, Refused

    finding = asked.found(asked.say("lamp"))
    commands.dismiss(actor=clerk, finding_id=finding.pk, version=1)
    ruling, before = latest(clerk), state()
    with pytest.raises(Refused):
        commands.undo(actor=replace(clerk, person_id=cast.people["it"].pk), ruling_id=ruling)
    with pytest.raises(Missing):
        commands.undo(
            actor=replace(cast.actor("officer"), person_id=clerk.person_id), ruling_id=ruling
        )
    assert state() == before


def test_the_second_clerk_on_one_finding_is_refused_and_changes_nothing(
    asked: Any, clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import Refused

    finding = asked.found(asked.say("lamp"))
    commands.dismiss(actor=clerk, finding_id=finding.pk, version=1)
    before = state()
    for again in (
        lambda: commands.file_case(actor=clerk, finding_id=finding.pk, version=1),
        lambda: commands.dismiss(actor=clerk, finding_id=finding.pk, version=1),
        lambda: commands.seal(actor=clerk, finding_id=finding.pk, version=2),
    ):
        with pytest.raises(Refused, match="这一条刚被别人核对过"):
            again()
    assert state() == before


def test_two_clerks_at_the_same_moment_make_one_case(committed: Any) -> None:
    from django.db import connection

    from mingbai.capture import commands
    from mingbai.capture.models import ChatGroup, Finding
    from mingbai.cases.models import Case
    from mingbai.kernel import scopes
    from mingbai.kernel.decisions import Refused

    talk = committed.talk
    with scopes.enter(scope=COUNTY):
        ChatGroup.objects.update(mode="confirmed")
        clerk = committed.cast.actor("clerk")
    talk.take(talk.say("lamp"))
    talk.read()
    with scopes.enter(scope=COUNTY):
        finding = Finding.objects.get()
    ready, ends = threading.Barrier(2), []

    def rule() -> None:
        ready.wait()
        try:
            ends.append(commands.file_case(actor=clerk, finding_id=finding.pk, version=1))
        except Refused as reason:
            ends.append(str(reason))
        finally:
            connection.close()

    both = [threading.Thread(target=rule) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with scopes.enter(scope=COUNTY):
        number = Case.objects.get().number
    assert sorted(ends) == sorted([number, "这一条刚被别人核对过，或者内容有了变化，请再看一遍。"])


def test_who_may_not_read_talk_rules_on_nothing(asked: Any, cast: Any) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import Missing

    finding = asked.found(asked.say("lamp"))
    before = state()
    for name in (
        "officer",
        "neighbour",
        "town",
        "department",
        "it",
        "discipline",
        "far",
        "villager",
    ):
        actor = cast.actor(name)
        for rule in (
            lambda actor=actor: commands.file_case(actor=actor, finding_id=finding.pk, version=1),
            lambda actor=actor: commands.dismiss(actor=actor, finding_id=finding.pk, version=1),
            lambda actor=actor: commands.seal(actor=actor, finding_id=finding.pk, version=1),
            lambda actor=actor: commands.merge(
                actor=actor, finding_id=finding.pk, version=1, number="x"
            ),
        ):
            with pytest.raises(Missing):
                rule()
    assert state() == before


def test_a_clerk_of_the_next_county_finds_nothing(asked: Any, clerk: Any) -> None:
    from dataclasses import replace

    from mingbai.capture import commands, queries
    from mingbai.kernel.decisions import Missing

    finding = asked.found(asked.say("lamp"))
    stranger = replace(clerk, scope="350526", region="350526000000")
    before = state()
    with pytest.raises(Missing):
        commands.file_case(actor=stranger, finding_id=finding.pk, version=1)
    with pytest.raises(Missing):
        queries.open_finding(stranger, finding.pk)
    assert queries.waiting(stranger).page.rows == []
    assert state() == before


def test_a_finding_that_gained_words_since_it_was_shown_is_looked_at_again(
    asked: Any, clerk: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import Refused

    finding = asked.found(asked.say("lamp"), asked.say("me_too", 3, who="阿强"))
    commands.recall(county=COUNTY, group_id=asked.group, external_id="m2")
    with pytest.raises(Refused, match="内容有了变化"):
        commands.file_case(actor=clerk, finding_id=finding.pk, version=1)


def test_a_word_too_short_for_a_case_is_filed_with_its_origin(asked: Any, clerk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding
    from mingbai.cases.models import Case

    finding = asked.found(asked.say("lamp"))
    Finding.objects.update(text="停水")
    commands.file_case(actor=clerk, finding_id=finding.pk, version=1)
    case = Case.objects.get()
    assert (case.text, case.source_text) == ("群里有人说：停水", "停水")
