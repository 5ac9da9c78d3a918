"""The crowd of cases for measuring: as the product would have made them, and never twice."""

from __future__ import annotations

from typing import Any

import pytest

from mingbai.audit.models import Entry
from mingbai.cases import queries
from mingbai.cases.commands import escalate_overdue, intake
from mingbai.cases.models import Case, Contact
from mingbai.cases.states import OPEN
from mingbai.cli import verifying
from mingbai.cli.demo import crowd
from mingbai.kernel import sealing

COUNTY = "350525"


@pytest.fixture
def told(cast: Any) -> int:
    """Sixty cases of the small county."""
    crowd._known_homes.clear()
    return crowd._portion(COUNTY, 0, 60)


def test_a_portion_is_consistent(told: int) -> None:
    assert told == 60
    for words, statement in verifying._CHECKS:
        if words == "计时没有拖过一天":  # it asks the wall's clock, which is not pinned
            continue
        assert verifying._rows(statement, COUNTY) == [], words
    assert list(verifying._impossible(COUNTY)) == []
    assert 1 <= Case.objects.filter(state__in=OPEN).count() <= 20


def test_a_second_run_adds_only_what_is_missing(told: int) -> None:
    gone = Case.objects.order_by("id")[10]
    token = gone.token
    gone.delete()
    assert crowd._portion(COUNTY, 0, 60) == 1
    assert crowd._portion(COUNTY, 0, 60) == 0
    assert crowd._portion(COUNTY, 0, 61) == 1
    assert Case.objects.filter(token=token).count() == 1
    assert Case.objects.count() == 61


def test_its_cases_are_found_and_their_contacts_open(told: int, cast: Any) -> None:
    case = Case.objects.filter(region="350525101201").order_by("id")[0]
    before = case.search
    Case.objects.filter(pk=case.pk).update(search=intake.vector(case.title, case.text, case.place))
    case.refresh_from_db()
    assert case.search == before
    found = queries.search(cast.actor("officer"), case.title, limit=60)
    assert case.number in [line.number for line in found]
    contact = Contact.objects.order_by("id")[0]
    phone = sealing.unseal(contact.phone_sealed, f"contact:{COUNTY}:{contact.case_id}")
    assert len(phone) == 11
    assert phone.startswith("10")


def test_the_clock_and_the_trail_take_them_as_their_own(told: int) -> None:
    escalate_overdue(COUNTY)
    assert escalate_overdue(COUNTY) == 0
    numbers = set(Case.objects.values_list("number", flat=True))
    assert set(Entry.objects.filter(thing="case").values_list("thing_id", flat=True)) >= numbers


def test_portions_share_the_cases_among_the_counties() -> None:
    shared = crowd._portions({"350502": 100, "350525": 300}, 10_001)
    assert sum(length for _, _, length in shared) == 10_001
    assert [part[0] for part in shared[:4]] == ["350502", "350525", "350502", "350525"]
    assert sum(length for county, _, length in shared if county == "350502") == 2500
    assert len(shared) == len(set(shared))
