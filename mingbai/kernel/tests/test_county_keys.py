"""Territory in fields: joins that name the county, and what lies inside a scope."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from mingbai.capture.models import ChatGroup, Member
from mingbai.cases.models import Attachment, Case, CaseEvent
from mingbai.kernel import clock
from mingbai.kernel.fields import inside
from mingbai.regions.models import Region


def joined(query: object, child: str, parent: str) -> bool:
    """Whether the SQL joins both tables on id and on county."""
    text = str(query).replace('"', "")
    return (
        f"{child}.county = ({parent}.county)" in text
        or f"{parent}.county = ({child}.county)" in text
    )


@pytest.fixture
def case(cast: Any) -> Case:
    body = cast.bodies["village"]
    made = Case.objects.create(
        county="350525",
        number="350525-2611-00001",
        token=uuid4(),
        region="350525101201",
        source="web",
        field="road",
        title="路",
        text="路",
        state="handling",
        level="village",
        body=body,
        first_body=body,
        submitted_at=clock.now(),
        clock_from=clock.now(),
    )
    for verb in ("submit", "accept"):
        CaseEvent.objects.create(
            county="350525", case=made, at=clock.now(), verb=verb, after="x", label="x"
        )
    return made


def test_select_related_names_the_county_on_both_sides() -> None:
    assert joined(CaseEvent.objects.select_related("case").query, "cases_caseevent", "cases_case")


def test_a_filter_across_the_key_names_the_county() -> None:
    assert joined(
        CaseEvent.objects.filter(case__state="handling").query, "cases_caseevent", "cases_case"
    )


def test_a_filter_backwards_over_the_key_names_the_county() -> None:
    assert joined(Case.objects.filter(events__verb="submit").query, "cases_caseevent", "cases_case")


def test_counting_children_names_the_county() -> None:
    assert joined(Case.objects.annotate(n=Count("events")).query, "cases_caseevent", "cases_case")


def test_each_of_two_joins_names_the_county() -> None:
    query = Attachment.objects.select_related("event__case").query
    assert joined(query, "cases_attachment", "cases_caseevent")
    assert joined(query, "cases_caseevent", "cases_case")


def test_ordering_across_the_key_names_the_county() -> None:
    assert joined(CaseEvent.objects.order_by("case__number").query, "cases_caseevent", "cases_case")


def test_the_way_up_asks_for_the_county(case: Case) -> None:
    event = CaseEvent.objects.first()
    assert event is not None
    with CaptureQueriesContext(connection) as asked:
        assert event.case == case
    assert '"cases_case"."county" = \'350525\'' in asked[0]["sql"]


def test_the_way_down_asks_for_the_county(case: Case) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert [e.verb for e in case.events.order_by("id")] == ["submit", "accept"]
    assert '"cases_caseevent"."county" = \'350525\'' in asked[0]["sql"]
    assert (
        case.events.create(
            county="350525", at=clock.now(), verb="start", after="x", label="x"
        ).case_id
        == case.pk
    )


def test_prefetching_asks_for_the_counties(case: Case) -> None:
    with CaptureQueriesContext(connection) as asked:
        found = list(Case.objects.prefetch_related("events"))
        assert [e.verb for e in found[0].events.all()] == ["submit", "accept"]
        assert found[0].events.all()[0].case is found[0]
    assert len(asked) == 2
    assert '"cases_caseevent"."county" IN (\'350525\')' in asked[1]["sql"]


def test_the_database_refuses_a_child_in_another_county(case: Case) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        CaseEvent.objects.filter(verb="accept").update(county="350526")
    assert [e.verb for e in case.events.order_by("id")] == ["submit", "accept"]


def test_deleting_the_parent_takes_the_children_along(case: Case) -> None:
    event = case.events.first()
    Attachment.objects.create(
        county="350525",
        case=case,
        event=event,
        key=uuid4(),
        kind="photo",
        stage="evidence",
        digest="0" * 64,
        mime="image/jpeg",
        size=1,
        added_at=clock.now(),
    )
    case.delete()
    assert (Case.objects.count(), CaseEvent.objects.count(), Attachment.objects.count()) == (
        0,
        0,
        0,
    )


def test_other_keys_of_the_capture_join_alike() -> None:
    assert joined(
        Member.objects.select_related("group").query, "capture_member", ChatGroup._meta.db_table
    )


# ---- inside a territory ----


def codes(scope: str) -> list[str]:
    return list(
        Region.objects.filter(inside(scope, "code")).order_by("code").values_list("code", flat=True)
    )


@pytest.fixture
def units(county: None) -> None:
    """Two villagers' groups of one village, which have local codes."""
    for code in ("350525101201L01", "350525101201L02"):
        Region.objects.create(
            code=code,
            scope=code,
            level="group",
            name="一组",
            official_name="一组",
            short_name="一组",
            parent_id="350525101201",
            county="350525",
            valid_from=clock.today(),
            is_local=True,
        )


def test_a_village_holds_its_local_units_and_not_its_neighbour(units: None) -> None:
    assert codes("350525101201") == ["350525101201", "350525101201L01", "350525101201L02"]
    assert codes("350525101202") == ["350525101202"]


def test_a_local_unit_holds_itself_alone(units: None) -> None:
    assert codes("350525101201L01") == ["350525101201L01"]


def test_a_town_and_a_county_hold_their_villages_and_not_the_next_county_s(units: None) -> None:
    assert codes("350525101") == [
        "350525101000",
        "350525101201",
        "350525101201L01",
        "350525101201L02",
        "350525101202",
    ]
    assert codes("350525") == ["350525000000", *codes("350525101")]
    assert codes("350526") == ["350526000000", "350526101000", "350526101201"]
    assert len(codes("3505")) == 10
    assert len(codes("35")) == 11


def test_an_empty_scope_holds_nothing(units: None) -> None:
    assert codes("") == []


@pytest.mark.parametrize(
    "scope", ["350525101201", "350525101", "350525", "3505", "35", "350526", "350525101201L01"]
)
def test_the_database_s_own_condition_agrees(units: None, scope: str) -> None:
    from mingbai.kernel import grants, scopes

    with scopes.enter(scope=scope), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT code FROM regions_region WHERE {grants.inside('code')} ORDER BY code"
        )
        assert [row[0] for row in cursor.fetchall()] == codes(scope)
