"""The second opinion advises on what is unsure and on nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mingbai.capture import commands
from mingbai.capture.models import Finding
from mingbai.kernel.ports import Opinion

COUNTY = "350525"


def unsure(talk: Any) -> Finding:
    talk.take(talk.say("lamp"))
    talk.read()
    Finding.objects.update(status=Finding.Status.REVIEW, case_number="")
    return Finding.objects.get()


def test_an_opinion_is_kept_beside_the_finding_and_moves_nothing(base: None, talk: Any) -> None:
    before = unsure(talk)
    asked: list[str] = []

    def opinion(text: str) -> Opinion:
        asked.append(text)
        return Opinion("chatter", "像闲聊", "qwen")

    assert commands.ask_opinions(county=COUNTY, opinion=opinion) == 1
    after = Finding.objects.get()
    assert asked == [before.text]
    assert after.facts["opinion"] == {"kind": "chatter", "why": "像闲聊", "model": "qwen"}
    assert (after.status, after.kind, after.version) == (before.status, before.kind, before.version)
    assert commands.ask_opinions(county=COUNTY, opinion=opinion) == 0


def test_what_was_ruled_on_is_not_asked_about(base: None, talk: Any) -> None:
    unsure(talk)
    Finding.objects.update(status=Finding.Status.DISMISSED)
    assert commands.ask_opinions(county=COUNTY, opinion=pytest.fail) == 0


def test_a_model_out_of_reach_changes_nothing(base: None, talk: Any) -> None:
    before = unsure(talk)

    def away(text: str) -> Opinion:
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        commands.ask_opinions(county=COUNTY, opinion=away)
    assert Finding.objects.get().facts == before.facts


def test_a_finding_that_was_sealed_meanwhile_is_left_alone(base: None, talk: Any) -> None:
    unsure(talk)

    def opinion(text: str) -> Opinion:
        Finding.objects.all().delete()
        return Opinion("request", "", "qwen")

    assert commands.ask_opinions(county=COUNTY, opinion=opinion) == 1
    assert not Finding.objects.exists()


def test_nothing_is_asked_while_no_model_is_set(base: None) -> None:
    from mingbai.kernel.ports import second_opinion

    assert second_opinion() is None
