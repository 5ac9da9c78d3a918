"""The clock of cases: its table, its calendar, its steps, and what happens when time itself misbehaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mingbai.audit.models import Entry
from mingbai.cases import commands, queries
from mingbai.cases.commands import timing
from mingbai.cases.commands.clocking import Clockmaker
from mingbai.cases.deadline_table import Key, Times, allowed, places_of, rule, standard
from mingbai.cases.models import Case, Deadline, Field
from mingbai.cases.states import Level
from mingbai.kernel import clock, deadlines
from mingbai.kernel.decisions import BadInput
from mingbai.notices.models import Notice

COUNTY, VILLAGE = "350525", "350525101201"
At = Callable[[str], None]
File = Callable[..., Case]


def fresh(case: Case) -> Case:
    return Case.objects.select_related("body").get(pk=case.pk)


def shown(moment: Any) -> str:
    return f"{clock.local(moment):%m-%d %H:%M}"


def verbs(case: Case) -> list[str]:
    return list(case.events.order_by("id").values_list("verb", flat=True))


def told(cast: Any, who: str) -> list[str]:
    rows = Notice.objects.filter(person=cast.people[who]).order_by("id")
    return list(rows.values_list("title", flat=True))


# ---- the table ----


def test_the_shipped_table_is_whole_and_its_times_fit_into_each_other() -> None:
    table = standard()
    for level in Level:
        for urgent in (False, True):
            for field in Field.values:
                for kind in Case.Kind.values:
                    key = Key("", kind, field, level.value, urgent)
                    times = allowed(table, places_of(VILLAGE), key)
                    assert 0 <= times.accept <= times.first <= times.days
                    slow = allowed(table, (), key._replace(urgent=False))
                    assert times.days <= slow.days


@pytest.mark.parametrize(
    ("region", "kind", "field", "days"),
    [
        ("", "request", "road", 5),
        ("350500000000", "", "", 20),
        ("350525000000", "request", "", 21),
        ("350525101000", "", "road", 22),
        ("350525101000", "request", "road", 23),
    ],
)
def test_the_nearest_place_and_the_closest_row_decide(
    region: str, kind: str, field: str, days: int
) -> None:
    ladder = [
        ("350500000000", "", "", 20),
        ("350525000000", "request", "", 21),
        ("350525101000", "", "road", 22),
        ("350525101000", "request", "road", 23),
    ]
    here = [row for row in ladder if row[3] <= days]
    table = dict(standard()) | {
        Key(r, k, f, "village", urgent=False): Times(1, 2, d) for r, k, f, d in here
    }
    key = Key("", "request", "road", "village", urgent=False)
    assert allowed(table, places_of(VILLAGE), key).days == days
    assert allowed(table, places_of("350426101201"), key).days == 5


HEAD = "region,kind,field,level,urgent,accept,first,days"


def test_a_county_sets_its_own_times_and_the_trail_says_so(
    cast: Any, file: File, tmp_path: Path
) -> None:
    sheet = tmp_path / "times.csv"
    sheet.write_text(f"{HEAD}\n350525000000,request,power,village,否,1,1,4\n", encoding="utf-8")
    assert commands.load_local_deadlines(file=sheet) == 1
    assert file().due_days == 4
    assert file(region="350525101202").due_days == 4
    assert file(kind="question").due_days == 3
    assert Entry.objects.filter(verb="case.load_local_deadlines").count() == 1
    commands.load_deadlines()
    assert file().due_days == 4


def test_a_sheet_of_times_with_mistakes_names_each_and_changes_nothing(
    county: None, tmp_path: Path
) -> None:
    sheet = tmp_path / "times.csv"
    lines = [
        "350525000000,request,moon,village,否,1,1,4",
        "350525000000,request,power,village,否,9,1,4",
        "350525000000,request,power,hamlet,否,1,1,4",
        "350525000000,request,power,village,maybe,1,1,4",
        "350525000000,request,power,village,否,1,1,四",
        "999999000000,request,power,village,否,1,1,4",
    ]
    sheet.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    with pytest.raises(BadInput) as wrong:
        commands.load_local_deadlines(file=sheet)
    assert [f"第 {n} 行" in str(wrong.value) for n in range(2, 7)] == [True] * 5
    assert "没有区划 999999000000" in str(wrong.value)
    assert Deadline.objects.count() == 0


# ---- the calendar ----


def test_the_spring_festival_and_its_working_saturday_count(cast: Any, file: File, at: At) -> None:
    deadlines.seed_year(2026)
    at("2026-02-13 09:00")  # the Friday before: 14 February is worked, 15 to 23 are off
    case = file(field="road")
    assert shown(case.due_at) == "02-27 18:00"
    steps = {name: shown(at_) for at_, name in Clockmaker().steps(case)}
    assert steps == {
        "unaccepted": "02-14 18:00",
        "silent": "02-24 18:00",
        "half": "02-25 13:30",
        "eighty": "02-26 18:00",
        "overdue": "02-27 18:00",
        "urge": "02-28 18:00",
        "escalate": "03-02 18:00",
    }


def test_a_changed_calendar_moves_deadline_and_steps(cast: Any, file: File, at: At) -> None:
    deadlines.seed_year(2026)
    at("2026-12-25 09:00")
    case = file(field="road")
    for verb in ("accept", "start"):
        now = fresh(case)
        getattr(commands, verb)(
            actor=cast.actor("officer"), county=COUNTY, number=now.number, version=now.version
        )
    at("2027-01-01 18:01")
    commands.escalate_overdue(COUNTY)
    assert fresh(case).overdue
    deadlines.replace_year([("2027-01-01", "放假", "元旦")])
    assert commands.recompute_provisional(COUNTY) == 1
    now = fresh(case)
    assert (shown(now.due_at), now.overdue) == ("01-04 18:00", False)
    assert shown(now.next_at) == "01-04 18:00"
    at("2027-01-04 18:01")
    commands.escalate_overdue(COUNTY)
    assert verbs(case)[-2:] == ["overdue", "overdue"]


# ---- the steps ----


def test_each_step_is_told_to_the_right_post_and_stands_in_the_history(
    cast: Any, file: File, at: At
) -> None:
    case = file(field="road")
    for moment, verb in (
        ("2026-11-19 18:01", "unaccepted"),
        ("2026-11-20 18:01", "silent"),
        ("2026-11-23 13:31", "half"),
        ("2026-11-24 18:01", "eighty"),
        ("2026-11-25 18:01", "overdue"),
        ("2026-11-26 18:01", "urge"),
        ("2026-11-27 18:01", "escalate"),
    ):
        at(moment)
        assert commands.escalate_overdue(COUNTY) == 1
        assert commands.escalate_overdue(COUNTY) == 0
        assert verbs(case)[-1] == verb
    assert told(cast, "officer") == [
        "来了一件新的",
        "还没受理，已提醒",
        "还没回话，已提醒",
        "时间过半，已提醒",
        "快到期，已提醒",
        "这件到期没办完",
        "督办：这件还没办完",
    ]
    assert told(cast, "town") == ["督办：下级超期", "有一件交到你们这里"]
    assert told(cast, "villager") == ["到期没办完，已催办", "已升级"]
    page = queries.public_case(COUNTY, case.number, cast.actor("villager"))
    assert [step.word for step in page.steps][:4] == [
        "超时未办，自动升级",
        "还没办完，已督办",
        "到期没办完，已催办",
        "快到期，已提醒",
    ]
    assert (fresh(case).overdue, fresh(case).urged) == (False, False)  # the town begins anew


def test_a_reminder_leaves_open_forms_usable(cast: Any, file: File, at: At) -> None:
    case = file("handling", field="road")
    at("2026-11-23 13:31")
    assert commands.escalate_overdue(COUNTY) == 1
    commands.progress(
        actor=cast.actor("officer"),
        county=COUNTY,
        number=case.number,
        version=case.version,
        text="已约电工明早到现场",
    )


def test_the_named_handler_alone_is_reminded(cast: Any, file: File, at: At) -> None:
    file("handling", field="road")
    at("2026-11-23 13:31")
    commands.escalate_overdue(COUNTY)
    assert told(cast, "officer")[-1] == "时间过半，已提醒"
    assert "时间过半，已提醒" not in told(cast, "supervisor")


def test_danger_goes_up_faster(cast: Any, file: File, at: At) -> None:
    case = file(urgent=True)
    at("2026-11-19 18:01")
    commands.escalate_overdue(COUNTY)
    assert verbs(case) == ["submit", "overdue", "urge"]
    at("2026-11-20 18:01")
    commands.escalate_overdue(COUNTY)
    assert fresh(case).level == "town"
    assert rule("escalate", urgent=True) < rule("escalate")


def test_without_an_office_of_the_city_a_case_stays_at_the_county(
    cast: Any, file: File, at: At
) -> None:
    case = at_county(cast, file, at)
    at("2026-12-31 09:00")
    assert commands.escalate_overdue(COUNTY) == 1
    assert commands.escalate_overdue(COUNTY) == 0
    now = fresh(case)
    assert (now.level, now.body, now.urged, now.next_at) == (
        "county",
        cast.bodies["water"],
        True,
        None,
    )


def test_with_an_office_of_the_city_it_climbs_there(cast: Any, file: File, at: At) -> None:
    from mingbai.accounts.models import Body

    city = Body.objects.create(kind="county", region_id="350500000000", name="泉州市受理中心")
    cast.bodies["county"].parent = city
    cast.bodies["county"].save()
    case = at_county(cast, file, at)
    page = queries.public_case(COUNTY, case.number, cast.actor("villager"))
    assert page.goes_to == "市里"
    at("2026-12-31 09:00")
    assert commands.escalate_overdue(COUNTY) == 1
    assert (fresh(case).level, fresh(case).body) == ("city", city)
    page = queries.public_case(COUNTY, case.number, cast.actor("villager"))
    assert (page.line.headline, page.goes_to) == ("已升到市里，等受理", "")


def at_county(cast: Any, file: File, at: At) -> Case:
    case = file(field="water")
    for moment in ("2026-11-25 08:00", "2026-12-02 08:00"):
        at(moment)
        commands.escalate_overdue(COUNTY)
    assert fresh(case).level == "county"
    return case


# ---- time that misbehaves ----


def test_a_clock_that_was_off_for_days_takes_every_step_that_matters_at_once(
    cast: Any, file: File, at: At
) -> None:
    case = file(field="road")
    at("2026-12-20 09:00")
    assert commands.escalate_overdue(COUNTY) == 1
    assert verbs(case) == ["submit", "overdue", "urge", "escalate"]


def test_a_clock_that_jumps_back_repeats_nothing(cast: Any, file: File, at: At) -> None:
    case = file("handling", field="road")
    at("2026-11-25 18:01")
    commands.escalate_overdue(COUNTY)
    done = verbs(case)
    at("2026-11-20 09:00")
    assert commands.escalate_overdue(COUNTY) == 0
    at("2026-11-25 18:02")
    assert commands.escalate_overdue(COUNTY) == 0
    assert verbs(case) == done


def test_a_stop_that_ends_before_it_began_moves_no_deadline_back(
    cast: Any, file: File, at: At
) -> None:
    case = file("handling", field="road")
    at("2026-11-20 09:00")
    officer = {"actor": cast.actor("officer"), "county": COUNTY, "number": case.number}
    commands.ask_reporter(**officer, version=case.version, text="请写明是哪一段")
    at("2026-11-18 10:00")
    commands.resume(**officer, version=case.version + 1)
    assert shown(fresh(case).due_at) == "11-25 18:00"


def test_a_run_that_breaks_off_is_taken_up_where_it_stopped(
    cast: Any, file: File, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mingbai.kernel import scopes

    monkeypatch.setattr(timing, "BATCH", 2)
    cases = [file() for _ in range(5)]
    at("2026-11-20 18:01")
    assert commands.escalate_overdue(COUNTY) == 2

    class Power(Exception):
        pass

    with pytest.raises(Power), scopes.enter(scope=COUNTY):
        assert commands.escalate_overdue(COUNTY) == 2
        raise Power  # the second batch is lost before it is committed
    assert [fresh(c).overdue for c in cases] == [True, True, False, False, False]
    assert [commands.escalate_overdue(COUNTY) for _ in range(3)] == [2, 1, 0]
    assert all(verbs(case) == ["submit", "overdue"] for case in cases)


def test_many_reminders_to_one_officer_become_one_notice(cast: Any, file: File, at: At) -> None:
    for _ in range(5):
        file("handling", field="road")
    at("2026-11-23 13:31")
    commands.escalate_overdue(COUNTY)
    last = Notice.objects.filter(person=cast.people["officer"]).order_by("-id")[0]
    assert (last.title, last.link) == ("时间过半，已提醒（5 件）", "/desk/cases")


def test_the_clock_costs_few_statements_however_many_cases_there_are(
    cast: Any, file: File, at: At
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for many in (3, 12):
        at("2026-11-18 09:00")
        for _ in range(many):
            file()
        at("2026-11-20 18:01")
        with CaptureQueriesContext(connection) as caught:
            assert commands.escalate_overdue(COUNTY) == many
        counts.append(len(caught))
    assert counts[0] == counts[1]
