"""电话回访: who is queued, who may call, what follows from what was said."""

from __future__ import annotations

from typing import Any

import pytest

from mingbai.audit.models import Entry
from mingbai.cases import commands, queries
from mingbai.cases.models import Ask, CallBack, Case, CaseEvent
from mingbai.kernel import scopes
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.notices.models import Notice

COUNTY = "350525"


def queue(case: Any) -> list[tuple[str, str]]:
    commands.queue_call_backs(COUNTY)
    return list(CallBack.objects.filter(case=case).order_by("id").values_list("why", "level"))


def rate(cast: Any, case: Any, score: str = "unsatisfied") -> None:
    case.refresh_from_db()
    commands.rate(
        actor=cast.actor("villager"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        score=score,
        reason="灯又灭了",
    )


def record(cast: Any, case: Any, who: str = "town", **more: Any) -> str:
    given = {"outcome": "satisfied"} | more
    return commands.record_call(actor=cast.actor(who), county=COUNTY, number=case.number, **given)


def test_an_urgent_case_is_called_by_the_town_once_its_village_answered(
    cast: Any, file: Any
) -> None:
    case = file("answered", urgent=True)
    assert queue(case) == [("urgent", "town")]
    assert queue(case) == [("urgent", "town")]


def test_a_plain_satisfied_case_is_not_called(cast: Any, file: Any) -> None:
    case = file("answered")
    rate(cast, case, "satisfied")
    assert queue(case) == []


def test_an_unsatisfied_rating_is_called_by_the_county_since_the_town_has_the_case_now(
    cast: Any, file: Any
) -> None:
    case = file("answered")
    rate(cast, case)
    assert queue(case) == [("unsatisfied", "county")]


def test_without_town_staff_the_county_calls(cast: Any, file: Any) -> None:
    cast.posts["town"].delete()
    assert queue(file("answered", urgent=True)) == [("urgent", "county")]


def test_whoever_left_no_phone_is_not_called(cast: Any, file: Any) -> None:
    assert queue(file("answered", "officer", urgent=True, source="desk")) == []


def test_an_opinion_of_the_petition_office_is_called(cast: Any, file: Any) -> None:
    case = file("answered")
    step = CaseEvent.objects.get(case=case, verb="answer")
    step.verb = "conclude"
    step.save()
    assert queue(case) == [("petition", "town")]


def test_what_was_answered_over_thirty_days_ago_is_left_alone(
    cast: Any, file: Any, at: Any
) -> None:
    case = file("answered", urgent=True)
    at("2026-12-19 09:00")
    assert queue(case) == []


@pytest.mark.parametrize(
    "who", ["officer", "neighbour", "far", "supervisor", "intake", "it", "clerk", "villager"]
)
def test_other_posts_cannot_call_and_change_nothing(
    cast: Any, file: Any, everything: Any, client_as: Any, who: str
) -> None:
    case = file("answered", urgent=True)
    queue(case)
    before = everything()
    with pytest.raises(Missing):
        record(cast, case, who)
    with pytest.raises(Missing):
        commands.read_phone_to_call(
            actor=cast.actor(who), county=COUNTY, number=case.number, reason="回访办理结果"
        )
    assert everything() == before
    client = client_as(who)
    assert client.get(f"/desk/calls/{case.number}").status_code == 404
    assert client.get("/desk/calls").status_code == (200 if who == "intake" else 404)


def test_who_answered_cannot_call_even_in_the_right_role(
    cast: Any, file: Any, everything: Any
) -> None:
    case = file("answered", urgent=True)
    queue(case)
    CallBack.objects.update(handler_id=cast.people["town"].pk)
    before = everything()
    with pytest.raises(Refused, match="经手"):
        record(cast, case)
    assert everything() == before
    assert queries.calls(cast.actor("town")).rows == []
    assert queries.waiting(cast.actor("town")).calls == 0


def test_the_phone_is_read_with_a_reason_on_the_trail(
    cast: Any, file: Any, everything: Any
) -> None:
    case = file("answered", urgent=True)
    queue(case)
    town = {"actor": cast.actor("town"), "county": COUNTY, "number": case.number}
    before = everything()
    with pytest.raises(BadInput):
        commands.read_phone_to_call(**town, reason="看")
    assert everything() == before
    assert commands.read_phone_to_call(**town, reason="回访办理结果") == ("", "13800001111")
    entry = Entry.objects.get(verb="case.read_contact")
    assert (entry.thing_id, entry.detail["reason"]) == (case.number, "回访办理结果")


def test_three_tries_end_the_call(cast: Any, file: Any, at: Any, everything: Any) -> None:
    case = file("answered", urgent=True)
    queue(case)
    assert record(cast, case, outcome="unreached", next_day="2026-11-20") == "next"
    before = everything()
    with pytest.raises(Refused, match="还没到"):
        record(cast, case)
    assert everything() == before
    at("2026-11-20 09:00")
    assert record(cast, case, outcome="unreached") == "next"
    at("2026-11-23 09:00")
    assert record(cast, case, outcome="unreached") == "done"
    assert CallBack.objects.get().result == "unreached"
    said = CaseEvent.objects.filter(verb="call_back").order_by("id").values_list("text", flat=True)
    assert list(said) == [
        "第 1 次没打通，11月20日 周五再打。",
        "第 2 次没打通，11月23日 周一再打。",
        "三次没打通。",
    ]
    with pytest.raises(Missing):
        record(cast, case)


def test_still_unsatisfied_sends_an_unrated_case_to_the_next_level(cast: Any, file: Any) -> None:
    case = file("answered", urgent=True)
    queue(case)
    assert record(cast, case, outcome="unsatisfied", words="灯又灭了") == "reopened"
    now = Case.objects.get(pk=case.pk)
    assert (now.state, now.level, now.returned) == ("escalated", "town", True)
    assert queue(case) == [("urgent", "town")]


def test_still_unsatisfied_after_the_one_right_tells_the_supervising_body(
    cast: Any, file: Any
) -> None:
    case = file("answered")
    rate(cast, case)
    queue(case)
    assert record(cast, case, "intake", outcome="unsatisfied", words="还是黑的") == "told"
    told = Notice.objects.filter(title="回访还是不满意").values_list("person_id", flat=True)
    assert set(told) == {cast.people["town"].pk, cast.people["intake"].pk}
    assert Case.objects.get(pk=case.pk).state == "escalated"


def close(cast: Any, case: Any, at: Any) -> None:
    """Let the time for a rating pass; the call that was queued before is made afterwards."""
    commands.queue_call_backs(COUNTY)
    at("2026-12-03 09:00")
    Case.objects.filter(pk=case.pk).update(state="closed")


def test_still_unsatisfied_claims_another_round_of_a_closed_case_once(
    cast: Any, file: Any, at: Any
) -> None:
    case = file("answered", urgent=True)
    close(cast, case, at)
    assert record(cast, case, outcome="unsatisfied", words="灯又灭了") == "reopened"
    now = Case.objects.get(pk=case.pk)
    assert (now.state, now.level, now.returned) == ("escalated", "town", True)
    verbs = list(CaseEvent.objects.filter(case=case).order_by("-id").values_list("verb", flat=True))
    assert verbs[:2] == ["claim", "call_back"]


@pytest.mark.parametrize(
    ("change", "day"), [({"returned": True}, "2026-12-03"), ({}, "2026-12-04")]
)
def test_a_closed_case_whose_right_is_used_up_or_late_is_told_to_who_supervises(
    cast: Any, file: Any, at: Any, change: dict[str, Any], day: str
) -> None:
    case = file("answered", urgent=True)
    close(cast, case, at)
    Case.objects.filter(pk=case.pk).update(**change)
    at(f"{day} 10:00")
    assert record(cast, case, outcome="unsatisfied", words="灯又灭了") == "told"
    assert Case.objects.get(pk=case.pk).state == "closed"
    assert Notice.objects.filter(title="回访还是不满意").exists()


@pytest.mark.parametrize("closed", [False, True])
def test_for_a_walk_in_the_body_above_is_asked_for_another_round(
    cast: Any, file: Any, at: Any, *, closed: bool
) -> None:
    case = file("answered", "officer", urgent=True, source="desk", phone="13700004444")
    queue(case)
    if closed:
        close(cast, case, at)
    assert record(cast, case, outcome="unsatisfied", words="没人来过") == "asked"
    ask = Ask.objects.get()
    assert (ask.kind, ask.decider_id, ask.text) == ("reopen", cast.bodies["town"].pk, "没人来过")
    assert ask.label == "反映人（电话回访）"
    now = Case.objects.get(pk=case.pk)
    commands.grant_reopen(
        actor=cast.actor("town"), county=COUNTY, number=case.number, version=now.version
    )
    now.refresh_from_db()
    assert (now.state, now.level) == ("escalated", "town")


def test_a_walk_in_whose_time_to_ask_is_over_reaches_the_supervising_body(
    cast: Any, file: Any, at: Any
) -> None:
    case = file("answered", "officer", urgent=True, source="desk", phone="13700004444")
    queue(case)
    at("2026-12-04 09:00")
    assert record(cast, case, outcome="unsatisfied", words="没人来过") == "told"
    assert Notice.objects.filter(title="回访还是不满意").count() == 1
    assert not Ask.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"outcome": "gone"},
        {"outcome": "unsatisfied", "words": ""},
        {"outcome": "unreached", "next_day": "2026-13-40"},
        {"outcome": "unreached", "next_day": "2026-11-18"},
        {"outcome": "unreached", "next_day": "2027-11-18"},
    ],
)
def test_what_cannot_be_written_down_changes_nothing(
    cast: Any, file: Any, everything: Any, given: dict[str, str]
) -> None:
    case = file("answered", urgent=True)
    queue(case)
    before = everything()
    with pytest.raises(BadInput), scopes.enter(scope=COUNTY):
        record(cast, case, **given)
    assert everything() == before


def test_the_pages_of_the_queue(cast: Any, file: Any, client_as: Any) -> None:
    case = file("answered", urgent=True)
    queue(case)
    town = client_as("town")
    page = town.get("/desk/calls").content.decode()
    assert case.number in page
    assert "紧急件" in page
    one = town.get(f"/desk/calls/{case.number}").content.decode()
    assert "138****1111" in one
    assert "13800001111" not in one
    shown = town.post(f"/desk/calls/{case.number}/phone", {"reason": "回访办理结果"})
    assert "13800001111" in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert town.post(f"/desk/calls/{case.number}/phone", {"reason": ""}).status_code == 400
    assert town.post(f"/desk/calls/{case.number}", {"outcome": "unsatisfied"}).status_code == 400
    sent = {"outcome": "satisfied", "words": "灯亮了，我的电话 13800001111"}
    assert town.post(f"/desk/calls/{case.number}", sent)["Location"] == "/desk/calls"
    public = client_as("anyone").get(f"/c/{case.number}").content.decode()
    assert "电话回访" in public
    assert "满意：灯亮了，我的电话 138****1111" in public


def test_calls_stay_inside_the_territory_whatever_the_code_forgets(cast: Any, file: Any) -> None:
    case = file("answered", urgent=True)
    queue(case)
    with scopes.enter(scope="", public=True):
        assert CallBack.objects.count() == 0
