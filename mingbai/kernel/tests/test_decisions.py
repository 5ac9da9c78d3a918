"""Decisions, actors and the ports that config binds."""

from __future__ import annotations

import pytest
from django.test import override_settings

from mingbai.kernel import decisions, ports
from mingbai.kernel.actors import ANYONE, SYSTEM, Actor


def test_a_yes_is_true_and_carries_no_reason() -> None:
    assert decisions.YES
    assert decisions.YES.reason == ""
    decisions.require(decisions.YES)


def test_a_no_is_false_and_its_reason_is_what_the_person_reads() -> None:
    refusal = decisions.no("这件不在你手里。")
    assert not refusal
    with pytest.raises(decisions.Refused, match=r"^这件不在你手里。$"):
        decisions.require(refusal)


def test_bad_input_names_its_field() -> None:
    wrong = decisions.BadInput("手机号少了 3 位。", "phone")
    assert (str(wrong), wrong.field) == ("手机号少了 3 位。", "phone")
    assert decisions.BadInput("不对。").field == ""


def officer(scope: str) -> Actor:
    return Actor(1, 2, "village_officer", scope, 3, "gov", "王建国")


@pytest.mark.parametrize(
    ("scope", "region", "inside"),
    [
        ("350525101201", "350525101201", True),
        ("350525101201", "350525101201L01", True),
        ("350525101201", "350525101202", False),
        ("350525101201", "350525101000", False),
        ("350525", "350525101201", True),
        ("350525", "350526101201", False),
        ("3505", "350526101201", True),
        ("", "350525101201", False),
    ],
)
def test_an_actor_covers_what_lies_inside_the_post(scope: str, region: str, inside: bool) -> None:
    assert officer(scope).covers(region) is inside


@pytest.mark.parametrize(
    ("scope", "county"), [("350525101201", "350525"), ("350525", "350525"), ("3505", ""), ("", "")]
)
def test_the_county_of_a_post_is_six_digits_or_nothing(scope: str, county: str) -> None:
    assert officer(scope).county == county


def test_only_a_post_makes_staff() -> None:
    assert officer("350525").is_staff
    assert not ANYONE.is_staff
    assert not SYSTEM.is_staff
    assert not ANYONE.covers("350525101201")


def test_the_ports_are_bound_to_the_rooms_that_fulfil_them() -> None:
    from mingbai.clues import commands as clues

    assert ports.clue_intake() is clues.hand_over
    assert callable(ports.sms_sender())


def test_another_sender_is_a_matter_of_settings() -> None:
    with override_settings(SMS_SENDER="mingbai.kernel.masking.phone"):
        assert ports.sms_sender().__name__ == "phone"
