"""Places that clerks confirmed are found in the village's later talk, and in no other's."""

from __future__ import annotations

from typing import Any

import pytest

COUNTY, VILLAGE, NEIGHBOUR = "350525", "350525101201", "350525101202"
BROKEN = "路灯坏了半个月，晚上黑漆漆，孩子放学摔了两回，能不能来修一下"
SPOT = "粮站拐弯"


def learned() -> list[tuple[str, str, int]]:
    from mingbai.capture.models import LearnedPlace

    return list(LearnedPlace.objects.values_list("region", "name", "times"))


def confirm(cast: Any, finding: Any, place: str) -> None:
    from mingbai.capture import commands

    commands.correct(
        actor=cast.actor("clerk"),
        finding_id=finding.pk,
        version=finding.version,
        kind=finding.kind,
        field=finding.field,
        place=place,
        urgent=False,
    )


def test_a_confirmed_place_is_found_in_the_villages_later_talk_and_sends_no_other_there(
    asked: Any, group_of: Any, cast: Any
) -> None:
    from mingbai.capture.models import Finding

    other = group_of("g2", NEIGHBOUR, "confirmed")
    confirm(cast, asked.found(asked.say(f"{SPOT}那里{BROKEN}")), f" {SPOT} ")
    assert learned() == [(VILLAGE, SPOT, 1)]
    asked.take(asked.say(f"{SPOT}的水管爆了，水流了一路，快来人修", 50, who="阿强"))
    other.take(other.say(f"{SPOT}{BROKEN}", 55))
    asked.read()
    own = Finding.objects.get(group=asked.group, text__contains="水管")
    theirs = Finding.objects.get(group=other.group)
    assert (own.place[: len(SPOT)], own.place_region) == (SPOT, VILLAGE)
    assert theirs.place_region == ""


def test_a_ruling_that_is_taken_back_teaches_nothing(asked: Any, cast: Any) -> None:
    from mingbai.capture import commands, queries

    confirm(cast, asked.found(asked.say(f"{SPOT}那里{BROKEN}")), SPOT)
    clerk = cast.actor("clerk")
    ruling = queries.undoable(clerk)
    assert ruling is not None
    commands.undo(actor=clerk, ruling_id=ruling.pk)
    assert learned() == []


@pytest.mark.parametrize("place", ["", "桃场村", "坡", "很长的地方" * 5])
def test_no_names_and_known_names_are_not_learned(asked: Any, cast: Any, place: str) -> None:
    confirm(cast, asked.found(asked.say(BROKEN)), place)
    assert learned() == []
