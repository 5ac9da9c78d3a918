"""The life of a case: every move of the table, who may make it, what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from mingbai.audit.models import Entry
from mingbai.cases import commands
from mingbai.cases.models import Case, CaseEvent, Contact, Rating, Support
from mingbai.cases.states import State
from mingbai.kernel import clock, sealing
from mingbai.kernel.actors import SYSTEM
from mingbai.kernel.decisions import BadInput, Missing, Refused
from mingbai.notices.models import Notice

COUNTY, VILLAGE = "350525", "350525101201"
SAID = "石桥组老槐树路口的路灯，从上周三起就不亮了，晚上娃放学走那段路看不见。"
DONE = "换了控制器一个，加装路灯一盏，王建国验收。"

At = Callable[[str], None]


def file(cast: Any, who: str = "villager", **more: Any) -> Case:
    given = {"token": uuid4(), "region": VILLAGE, "text": SAID, "field": "power"}
    number = commands.submit_case(actor=cast.actor(who), **{**given, **more})
    return Case.objects.get(county=COUNTY, number=number)


def fresh(case: Case) -> Case:
    return Case.objects.select_related("body").get(pk=case.pk)


def do(cast: Any, who: str, case: Case, verb: str, **more: Any) -> Case:
    """Make one move with the newest version."""
    now = fresh(case)
    getattr(commands, verb)(
        actor=cast.actor(who), county=COUNTY, number=now.number, version=now.version, **more
    )
    return fresh(case)


def handled(cast: Any, **more: Any) -> Case:
    case = file(cast, **more)
    do(cast, "officer", case, "accept")
    return do(cast, "officer", case, "start")


def answered(cast: Any, **more: Any) -> Case:
    return do(cast, "officer", handled(cast, **more), "answer", text=DONE)


def everything() -> tuple[Any, ...]:
    """What a refused action must leave as it was."""
    return (
        list(Case.objects.order_by("pk").values()),
        CaseEvent.objects.count(),
        Entry.objects.count(),
        Notice.objects.count(),
        Rating.objects.count(),
        Support.objects.count(),
    )


def test_a_villager_files_and_the_village_body_receives(cast: Any) -> None:
    case = file(cast)
    assert (case.number, case.state, case.level) == ("350525-2611-00001", "submitted", "village")
    assert case.body == case.first_body == cast.bodies["village"]
    assert case.reporter == cast.people["villager"]
    assert (case.title, case.due_days) == ("石桥组老槐树路口的路灯，从上周三起就不亮了", 2)
    assert f"{clock.local(case.due_at):%m-%d %H:%M}" == "11-20 18:00"
    assert [e.verb for e in case.events.all()] == ["submit"]
    assert Entry.objects.filter(thing="case", verb="case.submit", thing_id=case.number).count() == 1
    told = set(Notice.objects.values_list("person__name", flat=True))
    assert told == {"王建国", "李秀英"}


def test_the_contact_is_sealed_and_names_no_phone(cast: Any) -> None:
    case = file(cast)
    contact = Contact.objects.get(case=case)
    assert b"13800001111" not in bytes(contact.phone_sealed)
    assert sealing.unseal(contact.phone_sealed, f"contact:{COUNTY}:{case.pk}") == "13800001111"


def test_the_same_token_is_one_case(cast: Any) -> None:
    token = uuid4()
    first, second = file(cast, token=token), file(cast, token=token)
    assert first.pk == second.pk
    assert Case.objects.count() == CaseEvent.objects.count() == 1
    assert file(cast).number == "350525-2611-00002"


def test_the_same_chat_message_is_one_case(cast: Any) -> None:
    numbers = {
        commands.submit_case(
            actor=SYSTEM,
            token=uuid4(),
            region=VILLAGE,
            text=SAID,
            field="power",
            source="chat",
            source_id="m-17",
        )
        for _ in range(2)
    }
    assert len(numbers) == Case.objects.count() == 1
    assert Case.objects.get().reporter is None


def test_an_unknown_village_is_missing(cast: Any) -> None:
    with pytest.raises(Missing):
        file(cast, region="350525101999")
    with pytest.raises(Missing):
        file(cast, region="350525101000")
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("more", "field"), [({"text": "灯"}, "text"), ({"field": "moon"}, "field")]
)
def test_a_request_that_cannot_be_used_names_its_field(
    cast: Any, more: dict[str, str], field: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        file(cast, **more)
    assert wrong.value.field == field
    assert Case.objects.count() == 0


def test_an_urgent_case_has_one_working_day(cast: Any) -> None:
    assert file(cast, urgent=True).due_days == 1


def test_the_county_may_change_a_deadline(cast: Any) -> None:
    assert commands.load_deadlines() == 136
    from mingbai.cases.models import Deadline

    Deadline.objects.filter(field="power", level="village", urgent=False).update(days=4)
    assert file(cast).due_days == 4
    commands.load_deadlines()
    assert file(cast).due_days == 2


def test_accepting_names_the_handler_and_tells_the_reporter(cast: Any) -> None:
    case = do(cast, "officer", file(cast), "accept")
    assert (case.state, case.handler, case.version) == ("accepted", cast.posts["officer"], 2)
    told = Notice.objects.filter(person=cast.people["villager"])
    assert [n.title for n in told] == ["已受理"]


def test_a_refusal_needs_reason_and_door(cast: Any) -> None:
    case = file(cast)
    before = everything()
    for more in (
        {"reason": "不归村里管，归县里管。", "door": ""},
        {"reason": "不归", "door": "县供电公司"},
    ):
        with pytest.raises(BadInput):
            do(cast, "officer", case, "refuse", **more)
    assert everything() == before
    after = do(
        cast, "officer", case, "refuse", reason="两家欠款村里不能判。", door="县法院 0595-23882222"
    )
    assert after.state == "refused"
    assert "该找：县法院" in after.events.get(verb="refuse").text


def test_assigning_to_the_town_gives_the_town_its_own_clock(cast: Any, at: At) -> None:
    case = file(cast, field="road")
    do(cast, "officer", case, "accept")
    at("2026-11-19 09:00")
    case = do(cast, "officer", case, "assign", receiver=cast.bodies["town"].pk, text="请镇里派车")
    assert (case.state, case.level, case.body, case.handler) == (
        "assigned",
        "town",
        cast.bodies["town"],
        None,
    )
    assert f"{clock.local(case.due_at):%m-%d}" == "11-26"
    assert Notice.objects.filter(person=cast.people["town"]).count() == 1


def test_a_case_is_not_assigned_to_a_body_that_may_not_receive(cast: Any) -> None:
    case = do(cast, "officer", file(cast), "accept")
    before = everything()
    with pytest.raises(BadInput) as wrong:
        do(cast, "officer", case, "assign", receiver=cast.bodies["neighbour"].pk)
    assert wrong.value.field == "receiver"
    assert everything() == before


def test_an_answer_of_less_than_ten_characters_is_refused(cast: Any) -> None:
    case = handled(cast)
    before = everything()
    with pytest.raises(BadInput, match="至少 10 个字"):
        do(cast, "officer", case, "answer", text="已处理。。。。。。。。。")
    assert everything() == before


def test_an_answer_tells_reporter_and_supporters(cast: Any) -> None:
    case = handled(cast)
    commands.support(actor=cast.actor("other"), county=COUNTY, number=case.number)
    case = do(cast, "officer", case, "answer", text=DONE)
    assert case.state == "answered"
    told = Notice.objects.filter(title="已答复，请你评价").values_list("person", flat=True)
    assert set(told) == {cast.people["villager"].pk, cast.people["other"].pk}


def test_a_late_answer_is_marked_late(cast: Any, at: At) -> None:
    case = handled(cast)
    at("2026-11-23 09:00")
    do(cast, "officer", case, "answer", text=DONE)
    assert case.events.get(verb="answer").late is True


@pytest.mark.parametrize("score", ["satisfied", "fairly"])
def test_a_satisfied_reporter_closes_the_case(cast: Any, score: str) -> None:
    case = do(cast, "villager", answered(cast), "rate", score=score)
    assert case.state == "closed"
    verbs = list(case.events.order_by("id").values_list("verb", flat=True))
    assert verbs == ["submit", "accept", "start", "answer", "rate", "close"]


def test_an_unsatisfied_reporter_sends_it_to_the_next_level_once(cast: Any, at: At) -> None:
    case = answered(cast)
    at("2026-11-19 10:00")
    case = do(cast, "villager", case, "rate", score="unsatisfied", reason="只换了一盏")
    assert (case.state, case.level, case.body, case.returned) == (
        "escalated",
        "town",
        cast.bodies["town"],
        True,
    )
    assert f"{clock.local(case.due_at):%m-%d}" == "11-24"
    for verb in ("accept", "start"):
        do(cast, "town", case, verb)
    do(cast, "town", case, "answer", text=DONE)
    case = do(cast, "villager", case, "rate", score="unsatisfied", reason="还是黑的")
    assert (case.state, case.level) == ("closed", "town")
    assert (
        list(Rating.objects.order_by("id").values_list("score", flat=True)) == ["unsatisfied"] * 2
    )


def test_unsatisfied_needs_a_word(cast: Any) -> None:
    case = answered(cast)
    before = everything()
    with pytest.raises(BadInput) as wrong:
        do(cast, "villager", case, "rate", score="unsatisfied")
    assert wrong.value.field == "reason"
    assert everything() == before


def test_withdrawing_tells_the_body(cast: Any) -> None:
    case = do(cast, "villager", file(cast), "withdraw")
    assert case.state == "withdrawn"
    assert Notice.objects.filter(person=cast.people["officer"], title="反映人已撤回").count() == 1


def test_supplementing_leaves_the_state_and_outdates_open_forms(cast: Any) -> None:
    case = handled(cast)
    commands.supplement(
        actor=cast.actor("villager"), county=COUNTY, number=case.number, text="弯道那盏也不亮"
    )
    after = fresh(case)
    assert (after.state, after.version) == ("handling", case.version + 1)
    before = everything()
    with pytest.raises(Refused, match="刚被别人改过"):
        commands.answer(
            actor=cast.actor("officer"),
            county=COUNTY,
            number=case.number,
            version=case.version,
            text=DONE,
        )
    assert everything() == before


def test_support_counts_each_person_once(cast: Any) -> None:
    case = handled(cast)
    actor = cast.actor("other")
    assert commands.support(actor=actor, county=COUNTY, number=case.number) is True
    before = everything()
    assert commands.support(actor=actor, county=COUNTY, number=case.number) is False
    assert everything() == before
    assert (fresh(case).supports, fresh(case).version) == (1, case.version)


def test_nobody_supports_their_own_case(cast: Any) -> None:
    case = handled(cast)
    before = everything()
    with pytest.raises(Refused, match="就是你反映的"):
        commands.support(actor=cast.actor("villager"), county=COUNTY, number=case.number)
    assert everything() == before


def test_a_chat_member_supports_once_and_evidence_comes_once(cast: Any) -> None:
    case = handled(cast)
    for expected in (True, False):
        assert (
            commands.attach_support_from_chat(county=COUNTY, number=case.number, member="成员 B7")
            is expected
        )
        assert (
            commands.append_evidence(
                county=COUNTY, number=case.number, text="还没亮", source_id="m-9"
            )
            is expected
        )
    assert fresh(case).supports == 1
    assert case.events.get(verb="evidence").inner is True


def test_a_case_filed_from_chat_by_mistake_is_retracted_only_untouched(cast: Any) -> None:
    case = file(cast)
    commands.retract_filing(county=COUNTY, number=case.number)
    assert fresh(case).state == "withdrawn"
    other = handled(cast)
    before = everything()
    with pytest.raises(Refused):
        commands.retract_filing(county=COUNTY, number=other.number)
    assert everything() == before


def test_an_overdue_case_climbs_to_the_county_and_stays_there(cast: Any, at: At) -> None:
    case = file(cast, field="water")
    assert commands.escalate_overdue(COUNTY) == 0
    at("2026-11-20 18:01")
    assert commands.escalate_overdue(COUNTY) == 1
    assert commands.escalate_overdue(COUNTY) == 0
    assert (fresh(case).level, fresh(case).overdue) == ("village", True)
    at("2026-11-24 18:01")
    assert commands.escalate_overdue(COUNTY) == 1
    assert commands.escalate_overdue(COUNTY) == 0
    now = fresh(case)
    assert (now.state, now.level, now.body) == ("escalated", "town", cast.bodies["town"])
    assert f"{clock.local(now.due_at):%m-%d}" == "11-26"
    at("2026-12-01 08:00")
    assert commands.escalate_overdue(COUNTY) == 1
    now = fresh(case)
    assert (now.level, now.body, now.due_days) == ("county", cast.bodies["water"], 3)
    at("2026-12-09 08:00")
    assert commands.escalate_overdue(COUNTY) == 1
    assert commands.escalate_overdue(COUNTY) == 0
    now = fresh(case)
    assert (now.level, now.overdue, now.urged, now.state) == ("county", True, True, "escalated")
    late = ["overdue", "urge", "escalate"]
    assert list(case.events.order_by("id").values_list("verb", flat=True)) == [
        "submit",
        *late,
        *late,
        "overdue",
        "urge",
    ]


def test_a_field_without_a_department_climbs_to_the_county_intake(cast: Any, at: At) -> None:
    case = file(cast, field="labour")
    at("2026-12-01 08:00")
    commands.escalate_overdue(COUNTY)
    at("2026-12-20 08:00")
    commands.escalate_overdue(COUNTY)
    assert fresh(case).body == cast.bodies["county"]


def test_a_deadline_over_the_year_end_is_provisional(cast: Any, at: At) -> None:
    from mingbai.kernel.deadlines import seed_year

    seed_year(2026)
    at("2026-12-25 09:00")
    case = file(cast, field="road")
    assert (case.due_provisional, f"{clock.local(case.due_at):%Y-%m-%d}") == (True, "2027-01-01")
    at("2027-01-06 09:00")
    commands.escalate_overdue(COUNTY)
    assert (fresh(case).level, fresh(case).due_provisional) == ("town", True)


def test_a_number_of_the_new_year_begins_anew(cast: Any, at: At) -> None:
    assert file(cast).number == "350525-2611-00001"
    at("2027-01-04 09:00")
    assert file(cast).number == "350525-2701-00001"


def test_silence_of_fifteen_days_closes(cast: Any, at: At) -> None:
    case = answered(cast)
    at("2026-12-03 08:59")
    assert commands.close_silent(COUNTY) == 0
    at("2026-12-03 09:00")
    assert commands.close_silent(COUNTY) == 1
    assert fresh(case).state == "closed"
    assert fresh(case).answered_at + timedelta(days=15) == clock.now()


def test_reading_the_contact_is_on_record_with_its_reason(cast: Any) -> None:
    case = handled(cast)
    before = everything()
    with pytest.raises(BadInput):
        commands.read_contact(
            actor=cast.actor("officer"), county=COUNTY, number=case.number, reason=" "
        )
    assert everything() == before
    phone = commands.read_contact(
        actor=cast.actor("officer"), county=COUNTY, number=case.number, reason="约时间上门看灯"
    )
    assert phone == "13800001111"
    assert Entry.objects.filter(verb="case.read_contact", thing_id=case.number).count() == 1


_STRANGERS = ["neighbour", "far", "it", "clerk", "discipline", "department"]


@pytest.mark.parametrize("who", _STRANGERS)
def test_a_private_case_is_missing_for_everybody_outside(cast: Any, who: str) -> None:
    case = file(cast, is_public=False)
    before = everything()
    with pytest.raises(Missing):
        do(cast, who, case, "accept")
    with pytest.raises(Missing):
        commands.read_contact(
            actor=cast.actor(who), county=COUNTY, number=case.number, reason="想看一看"
        )
    assert everything() == before


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("neighbour", "由石鼓村村委会承办"),
        ("supervisor", "你的岗位不办诉求件"),
        ("town", "由石鼓村村委会承办"),
        ("it", "你的岗位不办诉求件"),
        ("other", "你的岗位不办诉求件"),
    ],
)
def test_only_the_holder_answers_a_public_case(cast: Any, who: str, sentence: str) -> None:
    case = handled(cast)
    before = everything()
    with pytest.raises(Refused, match=sentence):
        do(cast, who, case, "answer", text=DONE)
    assert everything() == before


def test_only_the_reporter_rates_and_withdraws(cast: Any) -> None:
    case = answered(cast)
    before = everything()
    for who in ("other", "officer"):
        with pytest.raises(Refused, match="只有反映人自己"):
            do(cast, who, case, "rate", score="satisfied")
    assert everything() == before


def test_staff_file_only_inside_their_territory(cast: Any) -> None:
    case = file(cast, "officer", source="desk", phone="13900003333")
    assert (case.reporter, case.source) == (None, "desk")
    before = everything()
    with pytest.raises(Refused, match="不在你的辖区"):
        file(cast, "neighbour", source="desk")
    with pytest.raises(Refused, match="不办诉求件"):
        file(cast, "it", source="desk")
    assert everything() == before


def test_a_department_acts_only_on_what_it_holds(cast: Any, at: At) -> None:
    case = file(cast, field="water", is_public=False)
    for day in ("2026-11-25 08:00", "2026-12-02 08:00"):
        at(day)
        commands.escalate_overdue(COUNTY)
    case = do(cast, "department", case, "accept")
    assert (case.state, case.handler) == (State.ACCEPTED, cast.posts["department"])
