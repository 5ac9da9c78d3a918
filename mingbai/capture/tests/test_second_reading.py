"""Second readings: what is drawn, what the second clerk does not see, and how a difference ends."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

COUNTY, VILLAGE = "350525", "350525101201"


@pytest.fixture
def clerk(cast: Any) -> Any:
    """The clerk who ruled first."""
    return cast.actor("clerk")


@pytest.fixture
def second(another_clerk: Any) -> Any:
    """Another clerk of the county."""
    return another_clerk("clerk2", "蔡晓燕")


@pytest.fixture
def third(another_clerk: Any) -> Any:
    """A third clerk of the county."""
    return another_clerk("clerk3", "郑美玲")


@pytest.fixture
def drawn(asked: Any) -> Any:
    """A finding whose ruling is drawn for a second reading."""
    from mingbai.capture.models import Finding

    finding = asked.found(asked.say("lamp"))
    Finding.objects.update(key=LUCKY, confidence=0.6)
    finding.refresh_from_db()
    return finding


def key_of(byte: int) -> str:
    """Return a key whose hash begins with a byte below, or not below, the limit of the sample."""
    import hashlib

    n = 0
    while (hashlib.md5(f"key-{n}".encode()).digest()[0] < 0x1A) != (byte < 0x1A):  # noqa: S324
        n += 1
    return f"key-{n}"


LUCKY, OTHER = key_of(0), key_of(255)


def state() -> dict[str, list[tuple[Any, ...]]]:
    from mingbai.audit.models import Entry
    from mingbai.capture.models import Finding, Ruling, SecondReading
    from mingbai.cases.models import Case, CaseEvent

    return {
        model.__name__: list(model.objects.order_by("pk").values_list())
        for model in (Finding, Ruling, SecondReading, Case, CaseEvent, Entry)
    }


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    main = answer.content.decode().split("<main", 1)[1]
    main = re.sub(r"<svg.*?</svg>", "", main, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def waits_for(actor: Any) -> list[int]:
    from mingbai.capture import queries

    return list(queries.to_read_again(actor).values_list("pk", flat=True))


def dismissed(clerk: Any, finding: Any) -> None:
    from mingbai.capture import commands

    commands.dismiss(actor=clerk, finding_id=finding.pk, version=finding.version)
    finding.refresh_from_db()


def filed(clerk: Any, finding: Any) -> str:
    from mingbai.capture import commands

    number = commands.file_case(actor=clerk, finding_id=finding.pk, version=finding.version)
    finding.refresh_from_db()
    return number


def answered(actor: Any, finding: Any, verb: str, **more: Any) -> bool:
    from mingbai.capture import commands

    if verb == "file":
        more = {"kind": "request", "field": finding.field} | more
    return commands.second_read(
        actor=actor, finding_id=finding.pk, version=finding.version, verb=verb, **more
    )


def dispute() -> Any:
    from mingbai.capture.models import SecondReading

    return SecondReading.objects.get()


@pytest.mark.parametrize(
    ("key", "confidence", "verb", "drawn"),
    [
        (LUCKY, 0.6, "dismiss", True),
        (LUCKY, 0.6, "file", True),
        (OTHER, 0.6, "dismiss", False),
        (OTHER, 0.6, "file", False),
        (OTHER, 0.8, "dismiss", True),
        (OTHER, 0.9, "file", False),
        (OTHER, 0.39, "file", True),
        (OTHER, 0.39, "dismiss", False),
    ],
)
def test_a_tenth_is_drawn_and_all_that_went_against_a_sure_machine(
    asked: Any, clerk: Any, second: Any, key: str, confidence: float, verb: str, *, drawn: bool
) -> None:
    from mingbai.capture.models import Finding

    finding = asked.found(asked.say("lamp"))
    Finding.objects.update(key=key, confidence=confidence)
    (dismissed if verb == "dismiss" else filed)(clerk, finding)
    assert waits_for(second) == ([finding.pk] if drawn else [])
    assert waits_for(clerk) == []


def test_about_a_tenth_of_all_keys_is_drawn(asked: Any, clerk: Any, second: Any) -> None:
    from mingbai.capture.models import Finding
    from mingbai.kernel import clock

    now = clock.now()
    Finding.objects.bulk_create(
        Finding(
            county=COUNTY,
            region=VILLAGE,
            group_id=asked.group,
            key=f"f{n}",
            status="dismissed",
            kind="request",
            field="road",
            title="t",
            text="t",
            confidence=0.5,
            model="m",
            said_at=now,
            found_at=now,
            decided_at=now,
            decided_by=clerk.person_id,
        )
        for n in range(1000)
    )
    assert len(waits_for(second)) == 104


def test_what_was_ruled_more_than_three_days_ago_is_not_drawn(
    drawn: Any, clerk: Any, second: Any, at: Any
) -> None:
    dismissed(clerk, drawn)
    at("2026-11-21 08:59")
    assert waits_for(second) == [drawn.pk]
    at("2026-11-21 09:01")
    assert waits_for(second) == []


def test_what_was_sealed_never_appears(drawn: Any, clerk: Any, second: Any, office: bytes) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Ruling, SecondReading

    commands.seal(actor=clerk, finding_id=drawn.pk, version=1)
    assert waits_for(second) == []
    assert (Ruling.objects.count(), SecondReading.objects.count()) == (0, 0)


def test_the_second_clerk_does_not_see_what_the_first_made_of_it(
    drawn: Any, clerk: Any, second: Any, client_as: Any
) -> None:
    from mingbai.audit.models import Entry
    from mingbai.capture import commands

    number = commands.correct(
        actor=clerk,
        finding_id=drawn.pk,
        version=1,
        field="insurance",
        kind="suggestion",
        place="祠堂后面",
        urgent=True,
    )
    client = client_as("clerk2")
    html = client.get("/capture/review/second").content.decode()
    assert "老榕树下的路灯坏了" in html
    assert f'<option value="{drawn.field}" selected>' in html
    assert '<option value="request" selected>' in html
    for leak in ("祠堂后面", number, "周敏", "改后立件", 'value="insurance" selected'):
        assert leak not in html
    day = client.get("/capture/review/done").content.decode()
    assert number not in day
    assert "等人复核" in day
    assert number not in client.get(f"/capture/review/done/{drawn.pk}").content.decode()
    assert number in client_as("clerk").get("/capture/review/done").content.decode()
    read = Entry.objects.filter(verb="read_talk", person_id=second.person_id)
    assert read.count() == 1


@pytest.mark.parametrize(
    ("first", "verb", "kind", "agrees"),
    [
        ("dismiss", "dismiss", "", True),
        ("dismiss", "file", "request", False),
        ("dismiss", "seal", "", False),
        ("file", "file", "request", True),
        ("file", "file", "question", False),
        ("file", "dismiss", "", False),
        ("file", "seal", "", False),
    ],
)
def test_two_answers_agree_when_they_do_the_same(
    drawn: Any, clerk: Any, second: Any, first: str, verb: str, kind: str, *, agrees: bool
) -> None:
    (dismissed if first == "dismiss" else filed)(clerk, drawn)
    given = {"kind": kind, "field": drawn.field} if kind else {}
    before = drawn.status
    assert answered(second, drawn, verb, **given) is agrees
    row = dispute()
    assert (row.agrees, row.verb, row.kind, row.person_id) == (
        agrees,
        verb,
        kind,
        second.person_id,
    )
    drawn.refresh_from_db()
    assert drawn.status == before
    assert waits_for(second) == []


def test_a_merged_one_agrees_with_being_taken_up_as_anything(
    drawn: Any, clerk: Any, second: Any, group_of: Any
) -> None:
    from mingbai.capture import commands

    other = group_of("g2")
    number = other.found(other.say("water")).case_number
    commands.merge(actor=clerk, finding_id=drawn.pk, version=1, number=number)
    drawn.refresh_from_db()
    assert answered(second, drawn, "file", kind="question", field="other") is True


def test_what_cannot_be_answered_changes_nothing(
    drawn: Any, clerk: Any, second: Any, cast: Any, third: Any
) -> None:
    from dataclasses import replace

    from mingbai.kernel.decisions import BadInput, Missing, Refused

    before = state()
    with pytest.raises(Refused):  # nobody has ruled on it yet
        answered(second, drawn, "dismiss")
    assert state() == before
    dismissed(clerk, drawn)
    before = state()
    with pytest.raises(Refused):  # one's own
        answered(clerk, drawn, "dismiss")
    with pytest.raises(BadInput):
        answered(second, drawn, "file", kind="clue")
    with pytest.raises(Missing):
        answered(second, drawn, "merge")
    for name in ("officer", "town", "it", "discipline", "villager"):
        with pytest.raises(Missing):
            answered(cast.actor(name), drawn, "dismiss")
    with pytest.raises(Missing):
        answered(replace(second, scope="350526", region="350526000000"), drawn, "dismiss")
    assert state() == before
    answered(second, drawn, "dismiss")
    before = state()
    with pytest.raises(Refused, match="这一条不用复核了"):
        answered(third, drawn, "file")
    assert state() == before


def test_taking_a_ruling_back_takes_the_open_difference_along(
    drawn: Any, clerk: Any, second: Any
) -> None:
    from mingbai.capture import commands, queries
    from mingbai.capture.models import SecondReading

    dismissed(clerk, drawn)
    answered(second, drawn, "file")
    commands.undo(actor=clerk, ruling_id=queries.ruled_today(clerk).latest)
    assert SecondReading.objects.count() == 0


def test_a_difference_is_listed_to_both_and_to_the_countys_clerks_alone(
    drawn: Any, clerk: Any, second: Any, another_clerk: Any, client_as: Any
) -> None:
    another_clerk("third", "郑美玲")
    another_clerk("town_clerk", "黄小燕", "350525101000", "350525101")
    dismissed(clerk, drawn)
    answered(second, drawn, "file", kind="question")
    for name, buttons in (
        ("clerk", ["以复核为准"]),
        ("clerk2", ["以原核对为准"]),
        ("third", ["以原核对为准", "以复核为准"]),
    ):
        page = text(client_as(name).get("/capture/review/disputes"))
        assert re.search("核对 +不立件 +周敏", page)
        assert re.search("复核 +立件，提问，", page)
        assert "蔡晓燕" in page
        assert [b for b in ("以原核对为准", "以复核为准") if b in page] == buttons
    assert "没有意见不一的" in text(client_as("town_clerk").get("/capture/review/disputes"))


def test_settling_for_the_first_leaves_everything_as_it_is(
    drawn: Any, clerk: Any, second: Any, third: Any
) -> None:
    from mingbai.capture import commands

    dismissed(clerk, drawn)
    answered(second, drawn, "file")
    ended = commands.settle(actor=third, reading_id=dispute().pk, favour="first")
    drawn.refresh_from_db()
    assert (ended.changed, drawn.status) == (False, "dismissed")
    row = dispute()
    assert (row.settled_for, row.settled_by) == ("first", third.person_id)


def test_settling_for_the_second_files_what_was_dismissed(
    drawn: Any, clerk: Any, second: Any, third: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Ruling, RulingTally
    from mingbai.cases.models import Case

    dismissed(clerk, drawn)
    answered(second, drawn, "file", kind="question", field="power")
    ended = commands.settle(actor=third, reading_id=dispute().pk, favour="second")
    drawn.refresh_from_db()
    case = Case.objects.get()
    assert (ended.changed, drawn.status, drawn.case_number) == (True, "filed", case.number)
    assert (case.kind, case.field) == ("question", "power")
    rulings = list(Ruling.objects.order_by("id").values_list("person_id", "verb"))
    assert rulings == [(clerk.person_id, "dismiss"), (third.person_id, "correct")]
    assert Ruling.objects.get(verb="dismiss").undone_at is not None
    tallies = dict(RulingTally.objects.values_list("verb", "times"))
    assert tallies == {"dismiss": 0, "correct": 1}


def test_settling_for_the_second_withdraws_a_case_that_nobody_touched(
    drawn: Any, clerk: Any, second: Any, third: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    filed(clerk, drawn)
    answered(second, drawn, "dismiss")
    assert commands.settle(actor=third, reading_id=dispute().pk, favour="second").changed
    drawn.refresh_from_db()
    assert (drawn.status, Case.objects.get().state) == ("dismissed", "withdrawn")


def test_settling_for_the_second_files_anew_as_another_kind(
    drawn: Any, clerk: Any, second: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    first = filed(clerk, drawn)
    answered(second, drawn, "file", kind="suggestion")
    # The first clerk sees it: the other was right.
    assert commands.settle(actor=clerk, reading_id=dispute().pk, favour="second").changed
    drawn.refresh_from_db()
    assert drawn.case_number != first
    assert Case.objects.get(number=drawn.case_number).kind == "suggestion"
    assert Case.objects.get(number=first).state == "withdrawn"


def test_a_case_being_handled_stays_and_the_reason_is_said(
    drawn: Any, clerk: Any, second: Any, third: Any, cast: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.cases import commands as cases
    from mingbai.cases.models import Case

    number = filed(clerk, drawn)
    answered(second, drawn, "dismiss")
    cases.accept(actor=cast.actor("officer"), county=COUNTY, number=number, version=1)
    ended = commands.settle(actor=third, reading_id=dispute().pk, favour="second")
    drawn.refresh_from_db()
    assert (ended.changed, drawn.status) == (False, "filed")
    assert "已经有人在办，撤不回来了" in ended.words
    assert Case.objects.get().state == "accepted"
    assert dispute().settled_for == "second"


def test_settling_for_a_clue_seals_it_and_leaves_no_trace(
    drawn: Any, clerk: Any, second: Any, third: Any, office: bytes
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding, Message, Ruling, SecondReading
    from mingbai.cases.models import Case

    said = drawn.text
    filed(clerk, drawn)
    answered(second, drawn, "seal")
    commands.settle(actor=third, reading_id=dispute().pk, favour="second")
    assert [m.objects.count() for m in (Finding, Message, Ruling, SecondReading)] == [0, 0, 0, 0]
    assert said not in str(list(Case.objects.values_list()))


def test_a_clue_is_not_settled_while_the_office_has_no_key(
    drawn: Any, clerk: Any, second: Any, third: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.kernel.decisions import Refused

    dismissed(clerk, drawn)
    answered(second, drawn, "seal")
    before = state()
    with pytest.raises(Refused, match="还没有生成密钥"):
        commands.settle(actor=third, reading_id=dispute().pk, favour="second")
    assert state() == before


def test_nobody_settles_for_themselves_or_outside_of_their_county(
    drawn: Any, clerk: Any, second: Any, third: Any, another_clerk: Any, cast: Any
) -> None:
    from dataclasses import replace

    from mingbai.capture import commands
    from mingbai.kernel.decisions import BadInput, Missing, Refused

    town = another_clerk("town_clerk", "黄小燕", "350525101000", "350525101")
    dismissed(clerk, drawn)
    answered(second, drawn, "file")
    reading, before = dispute().pk, state()
    with pytest.raises(Refused, match="自己核对的，不能定自己为准。"):
        commands.settle(actor=clerk, reading_id=reading, favour="first")
    with pytest.raises(Refused, match="自己复核的，不能定自己为准。"):
        commands.settle(actor=second, reading_id=reading, favour="second")
    with pytest.raises(BadInput):
        commands.settle(actor=third, reading_id=reading, favour="nobody")
    for actor in (
        town,
        replace(third, scope="350526", region="350526000000"),
        cast.actor("officer"),
        cast.actor("it"),
    ):
        with pytest.raises(Missing):
            commands.settle(actor=actor, reading_id=reading, favour="first")
    assert state() == before
    commands.settle(actor=third, reading_id=reading, favour="first")
    before = state()
    with pytest.raises(Refused, match="刚有人定下了"):
        commands.settle(actor=third, reading_id=reading, favour="second")
    assert state() == before


def test_the_pages_lead_from_answer_to_settlement(
    drawn: Any, clerk: Any, second: Any, third: Any, client_as: Any
) -> None:
    dismissed(clerk, drawn)
    client = client_as("clerk2")
    address = f"/capture/review/second/{drawn.pk}"
    wrong = client.post(f"{address}/file", {"version": "x"}, follow=True)
    assert "请选好类别和领域再答。" in text(wrong)
    assert client.post(f"{address}/burn", {"version": "2"}).status_code == 404
    given = {"version": str(drawn.version), "kind": "request", "field": "power"}
    page = text(client.post(f"{address}/file", given, follow=True))
    assert "和核对人不一致，列在“意见不一”里等人定。" in page
    assert "没有要复核的" in page
    again = text(client.post(f"{address}/file", given, follow=True))
    assert "这一条不用复核了" in again
    settle = f"/capture/review/disputes/{dispute().pk}"
    page = text(client_as("clerk3").post(settle, {"favour": "second"}, follow=True))
    assert "已定以复核为准，原来的核对已经改过来。" in page
    assert "两周内定下的" in page


def test_second_readings_are_hidden_from_everybody_else(
    drawn: Any, clerk: Any, client_as: Any
) -> None:
    dismissed(clerk, drawn)
    for name in ("officer", "town", "department", "it", "discipline", "villager", "anyone"):
        client = client_as(name)
        for address in ("second", "disputes", "done", f"done/{drawn.pk}"):
            assert client.get(f"/capture/review/{address}").status_code == 404, (name, address)
        assert client.post(f"/capture/review/second/{drawn.pk}/dismiss").status_code == 404
        assert client.post("/capture/review/disputes/1").status_code == 404
        assert client.post("/capture/review/batch", {"verb": "file"}).status_code == 404


def test_old_settlements_leave_the_list(
    drawn: Any, clerk: Any, second: Any, third: Any, client_as: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import SecondReading
    from mingbai.kernel import clock

    dismissed(clerk, drawn)
    answered(second, drawn, "file")
    commands.settle(actor=third, reading_id=dispute().pk, favour="first")
    page = text(client_as("clerk").get("/capture/review/disputes"))
    assert "两周内定下的" in page
    SecondReading.objects.update(settled_at=clock.now() - timedelta(days=15))
    page = text(client_as("clerk").get("/capture/review/disputes"))
    assert "两周内定下的" not in page
