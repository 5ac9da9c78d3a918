"""Slip codes cannot be found by trying: wrong ones are counted by address and together."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext

from mingbai.cases import commands, queries
from mingbai.cases.models import Case, WrongCode
from mingbai.cases.queries import slips
from mingbai.kernel import scopes
from mingbai.kernel.addresses import origin
from mingbai.kernel.decisions import Missing

COUNTY = "350525"


@pytest.fixture
def slip(cast: Any) -> tuple[str, str, str]:
    """Return number, code and a wrong code of a case that was filed at the counter."""
    number = commands.file_walk_in(
        actor=cast.actor("officer"), token=uuid4(), region="350525101201",
        text="屋后水沟堵了，一下雨水就进灶间", field="irrigation",
    )  # fmt: skip
    code = queries.slip_to_print(cast.actor("officer"), COUNTY, number).code
    return number, code, f"{(int(code) + 1) % 10**10:010d}"


def ask(number: str, code: str, address: str = "10.0.0.1") -> Any:
    return Client(REMOTE_ADDR=address).get(f"/ask/{number}/{code}")


def test_after_twenty_wrong_codes_an_address_waits_an_hour(slip: Any, at: Any) -> None:
    number, code, wrong = slip
    assert [ask(number, wrong).status_code for _ in range(20)] == [404] * 20
    stopped = ask(number, code)
    assert stopped.status_code == 429
    assert "查得太频繁" in stopped.content.decode()
    assert stopped["Retry-After"] == "3600"
    typed = Client(REMOTE_ADDR="10.0.0.1").get("/ask", {"number": number, "code": code})
    assert typed.status_code == 429
    assert ask(number, code, "10.0.0.2").status_code == 200
    at("2026-11-18 10:00:01")
    assert ask(number, code).status_code == 200


def test_right_codes_are_never_counted(slip: Any) -> None:
    number, code, _ = slip
    assert {ask(number, code).status_code for _ in range(30)} == {200}
    assert not WrongCode.objects.exists()


def test_wrong_codes_from_everywhere_together_stop_the_asking(
    slip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, code, wrong = slip
    monkeypatch.setattr(slips, "MOST_FROM_ALL", 3)
    for n in range(3):
        assert ask(number, wrong, f"10.0.1.{n}").status_code == 404
    assert ask(number, code, "10.0.2.1").status_code == 429


def test_no_address_is_kept_in_clear_and_none_for_more_than_a_day(slip: Any, at: Any) -> None:
    number, _, wrong = slip
    ask(number, wrong, "10.0.0.9")
    assert {len(row.who) for row in WrongCode.objects.exclude(who="all")} == {64}
    at("2026-11-19 09:00:01")
    ask(number, wrong, "10.0.0.8")
    assert WrongCode.objects.count() == 2
    assert set(WrongCode.objects.values_list("count", flat=True)) == {1}


def test_a_wrong_code_and_an_unknown_number_take_the_same_steps(slip: Any) -> None:
    number, _, wrong = slip
    steps = []
    for one in (number, f"{COUNTY}-2611-09999"):
        with (
            CaptureQueriesContext(connection) as seen,
            scopes.enter(scope="", public=True),
            pytest.raises(Missing),
        ):
            queries.slip_for_holder(one, wrong)
        steps.append([re.sub(r"_x\d+", "", q["sql"].replace(one, "N")) for q in seen])
    assert steps[0] == steps[1]
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("https", "seen", "said", "found"),
    [
        (False, "10.0.0.1", "1.2.3.4", "10.0.0.1"),
        (True, "127.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4"),
        (True, "127.0.0.1", None, "127.0.0.1"),
        (True, "127.0.0.1", "nonsense", ""),
        (False, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (False, "", None, ""),
    ],
)
def test_only_what_our_own_proxy_wrote_is_believed(
    https: bool, seen: str, said: str | None, found: str
) -> None:
    headers = {"REMOTE_ADDR": seen} | ({"HTTP_X_FORWARDED_FOR": said} if said else {})
    with override_settings(HTTPS=https):
        assert origin(RequestFactory().get("/ask", **headers)) == found
