"""Numbers of cases: never twice, however many a day and however many writers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from mingbai.cases import queries
from mingbai.cases.commands.intake import next_numbers
from mingbai.cases.models import Case, Counter
from mingbai.kernel import scopes

COUNTY = "350525"
WRITERS, TURNS, AT_ONCE = 5, 100, 100


def test_fifty_thousand_numbers_of_a_day_by_several_writers_never_collide(committed: None) -> None:
    def write(_: int) -> list[str]:
        try:
            taken: list[str] = []
            for _turn in range(TURNS):
                with scopes.enter(scope=COUNTY):
                    taken += next_numbers(COUNTY, AT_ONCE, day=date(2026, 11, 18))
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        taken = [number for numbers in pool.map(write, range(WRITERS)) for number in numbers]
    assert len(set(taken)) == len(taken) == 50_000
    assert sorted(taken)[:1] + sorted(taken)[-1:] == ["350525-2611-00001", "350525-2611-50000"]


def test_a_number_that_is_not_taken_in_the_end_is_given_again(committed: None) -> None:
    with scopes.enter(scope=COUNTY):
        [kept] = next_numbers(COUNTY, 1)
    with pytest.raises(ZeroDivisionError), scopes.enter(scope=COUNTY):
        [lost] = next_numbers(COUNTY, 1)
        raise ZeroDivisionError
    with scopes.enter(scope=COUNTY):
        [again] = next_numbers(COUNTY, 1)
    assert kept < lost == again


def test_a_month_with_more_than_five_digits_goes_on_and_is_found(cast: Any, file: Any) -> None:
    with scopes.enter(scope=COUNTY):
        Counter.objects.create(county=COUNTY, month="2611", last=1_549_999)
        case = file()
    assert case.number == "350525-2611-1550000"
    assert len(case.number) <= Case._meta.get_field("number").max_length
    found = queries.search(cast.actor("officer"), case.number)
    assert [line.number for line in found] == [case.number]


def test_the_database_refuses_a_second_case_of_one_number(cast: Any, file: Any) -> None:
    first, second = file(), file()
    with pytest.raises(IntegrityError, match="case_number_once"), transaction.atomic():
        Case.objects.filter(pk=second.pk).update(number=first.number)
