"""Questions are answered with policies: found by search, sent by one tap, told to the group once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from mingbai.capture import commands, queries
from mingbai.capture.models import PolicyNote
from mingbai.cases import commands as cases
from mingbai.cases.queries import standing
from mingbai.kernel import clock
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.kernel.ports import GroupAddress
from mingbai.notices import commands as notices
from mingbai.notices import queries as outbox
from mingbai.notices.models import GroupMessage

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"
ANSWER = "满八十周岁可以领高龄补贴，带身份证和银行卡到村部登记，十个工作日内办好。"


@pytest.fixture
def keeper(cast: Any) -> Any:
    return cast.actor("town")


def write(keeper: Any, **changes: Any) -> PolicyNote:
    values = {
        "region": "350525101000", "title": "高龄补贴怎么申请", "text": ANSWER, "source": "县民政局 2026 年 3 号文件第二条",
        "field": "welfare", "since": clock.today(), "until": None,
    }  # fmt: skip
    return commands.keep_policy(actor=keeper, **{**values, **changes})


def ask(cast: Any, text: str = "请问高龄补贴要什么材料，到哪里办理", region: str = VILLAGE) -> str:
    return cases.submit_case(
        actor=cast.actor("villager"),
        token=uuid4(),
        region=region,
        text=text,
        field="welfare",
        kind="question",
    )


def test_a_question_gets_the_policy_in_force_first(base: None, cast: Any, keeper: Any) -> None:
    write(keeper)
    ask(cast)
    (question,) = queries.questions(cast.actor("officer"))
    (suggestion, *_) = question.suggestions
    assert (suggestion.title, suggestion.text, suggestion.number) == (
        "高龄补贴怎么申请",
        ANSWER,
        "",
    )


def test_at_most_three_answers_are_suggested_and_unlike_ones_never(
    base: None, cast: Any, keeper: Any
) -> None:
    for n in range(5):
        write(keeper, title=f"高龄补贴怎么申请 {n}")
    write(
        keeper,
        title="宅基地怎么申请",
        text="本村户口、一户一宅，带户口本到村部填申请表。",
        field="housing",
    )
    ask(cast)
    (question,) = queries.questions(cast.actor("officer"))
    assert len(question.suggestions) == 3
    assert "宅基地" not in " ".join(s.title for s in question.suggestions)


def test_policies_that_ended_or_hold_elsewhere_are_not_suggested(
    base: None, cast: Any, keeper: Any
) -> None:
    yesterday = clock.today() - timedelta(days=1)
    write(keeper, since=yesterday - timedelta(days=9), until=yesterday)
    write(keeper, since=clock.today() + timedelta(days=1))
    assert queries.suggestions(VILLAGE, "高龄补贴怎么申请") == []
    write(keeper)
    assert len(queries.suggestions(VILLAGE, "高龄补贴怎么申请")) == 1
    assert queries.suggestions("350525102201", "高龄补贴怎么申请") == []


def test_a_retired_policy_is_not_suggested_any_more_and_stays_on_record(
    base: None, cast: Any, keeper: Any
) -> None:
    note = write(keeper)
    commands.retire_policy(actor=keeper, note_id=note.pk, version=note.version)
    assert queries.suggestions(VILLAGE, "高龄补贴怎么申请") == []
    assert PolicyNote.objects.filter(pk=note.pk).exists()


def test_an_earlier_public_answer_is_suggested_with_its_number(base: None, cast: Any) -> None:
    officer = cast.actor("officer")
    first = ask(cast)
    commands.send_answer(
        actor=officer, number=first, version=standing(COUNTY, first).version, text=ANSWER
    )
    ask(cast, "高龄补贴到哪里办，要带什么")
    (question,) = queries.questions(officer)
    assert [(s.number, s.text) for s in question.suggestions] == [(first, ANSWER)]


def test_one_tap_answers_the_case_from_any_open_state(base: None, cast: Any) -> None:
    officer = cast.actor("officer")
    number = ask(cast)
    sent = commands.send_answer(
        actor=officer, number=number, version=standing(COUNTY, number).version, text=ANSWER
    )
    assert standing(COUNTY, number).state == "answered"
    assert (sent.group, sent.by_hand) == ("", False)
    assert not GroupMessage.objects.exists()


def test_the_group_is_told_once_and_by_hand_while_no_channel_is_connected(
    base: None, cast: Any, talk: Any
) -> None:
    talk.take(talk.say("ask"))
    talk.read()
    officer = cast.actor("officer")
    if not queries.questions(officer):
        clerk = cast.actor("clerk")
        (finding,) = queries.waiting(clerk)
        commands.file_case(actor=clerk, finding_id=finding.pk, version=finding.version)
    (question,) = queries.questions(officer)
    number = question.case.number
    sent = commands.send_answer(
        actor=officer, number=number, version=question.case.version, text=ANSWER
    )
    assert sent.by_hand
    (message,) = outbox.to_forward(officer)
    assert (message.thing_id, message.external_id) == (number, "g1")
    assert ANSWER in message.text
    with pytest.raises(Refused):
        commands.send_answer(actor=officer, number=number, version=9, text=ANSWER)
    assert GroupMessage.objects.count() == 1
    notices.forwarded_by_hand(actor=officer, message_id=message.pk)
    assert outbox.to_forward(officer) == []


SENT: list[tuple[GroupAddress, str]] = []


def send(group: GroupAddress, text: str) -> None:
    SENT.append((group, text))


def refuse(group: GroupAddress, text: str) -> None:
    raise ConnectionError("the platform is away")


def waiting_message(cast: Any) -> GroupMessage:
    return notices.tell_group(
        actor=cast.actor("officer"), region=VILLAGE, address=GroupAddress("wecom", "g1"),
        group_name="石鼓村群", text="答复", link="/c/1", thing="case", thing_id="1",
    )  # fmt: skip


def test_a_connected_channel_gets_the_message_once(
    base: None, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "group_sender", lambda: send)
    SENT.clear()
    message = waiting_message(cast)
    assert notices.deliver_to_group(county=COUNTY, message_id=message.pk)
    assert notices.deliver_to_group(county=COUNTY, message_id=message.pk)
    assert [(GroupAddress("wecom", "g1"), "答复")] == SENT
    message.refresh_from_db()
    assert message.state == "sent"


def test_a_channel_that_keeps_failing_leaves_the_message_to_be_forwarded_by_hand(
    base: None, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "group_sender", lambda: refuse)
    message = waiting_message(cast)
    tries = [notices.deliver_to_group(county=COUNTY, message_id=message.pk) for _ in range(6)]
    assert tries == [False] * 5 + [True]
    assert [m.pk for m in outbox.to_forward(cast.actor("officer"))] == [message.pk]


def test_a_neighbouring_officer_can_neither_answer_nor_mark_as_forwarded(
    base: None, cast: Any
) -> None:
    number = ask(cast)
    before = standing(COUNTY, number)
    with pytest.raises(Refused):
        commands.send_answer(
            actor=cast.actor("neighbour"), number=number, version=before.version, text=ANSWER
        )
    with pytest.raises(Missing):
        commands.send_answer(
            actor=cast.actor("clerk"), number=number, version=before.version, text=ANSWER
        )
    assert standing(COUNTY, number) == before


def test_an_answer_that_is_too_short_changes_nothing(base: None, cast: Any) -> None:
    number = ask(cast)
    before = standing(COUNTY, number)
    with pytest.raises(BadInput, match="太短"):
        commands.send_answer(
            actor=cast.actor("officer"), number=number, version=before.version, text="可以"
        )
    assert standing(COUNTY, number) == before


def test_village_officers_use_policies_and_do_not_change_them(
    base: None, cast: Any, keeper: Any
) -> None:
    note = write(keeper)
    officer = cast.actor("officer")
    assert [n.pk for n in queries.policy_notes(officer).rows] == [note.pk]
    with pytest.raises(Refused, match="村里可以用"):
        write(officer)
    with pytest.raises(Refused, match="村里可以用"):
        commands.retire_policy(actor=officer, note_id=note.pk, version=note.version)
    note.refresh_from_db()
    assert (PolicyNote.objects.count(), note.until) == (1, None)


def test_two_keepers_at_once_one_wins_and_the_other_is_told(
    base: None, cast: Any, keeper: Any
) -> None:
    note = write(keeper)
    write(keeper, note_id=note.pk, version=1, title="高龄补贴")
    with pytest.raises(Refused, match="别人改过"):
        write(keeper, note_id=note.pk, version=1, title="老年补贴")
    note.refresh_from_db()
    assert note.title == "高龄补贴"


def test_the_pages_answer_refuse_and_keep_what_was_typed(
    base: None, cast: Any, keeper: Any, client_as: Any
) -> None:
    write(keeper)
    number = ask(cast)
    client = client_as("officer")
    page = client.get("/capture/questions").content.decode()
    assert "高龄补贴怎么申请" in page
    short = client.post(f"/capture/questions/{number}", {"version": "1", "text": "可以的"})
    assert short.status_code == 400
    assert "可以的</textarea>" in short.content.decode()
    done = client.post(f"/capture/questions/{number}", {"version": "1", "text": ANSWER})
    assert done.status_code == 302
    assert client.get("/capture/policies").status_code == 200
    assert client.get("/capture/policies/new").status_code == 404
    for name in ("clerk", "discipline", "it"):
        assert client_as(name).get("/capture/questions").status_code == 404
