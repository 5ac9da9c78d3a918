"""What may come into the inbox, in which form, and for how long it stays."""

from __future__ import annotations

from typing import Any

COUNTY = "350525"


def inbox() -> list[tuple[str, str]]:
    from mingbai.capture.models import Message

    return list(Message.objects.order_by("said_at", "id").values_list("external_id", "text"))


def test_a_message_delivered_again_is_kept_once(talk: Any) -> None:
    from mingbai.capture.events import Received

    first, second = talk.say("hello"), talk.say("lamp", 1)
    assert talk.take(first, second, first) == Received(2, 1, 0)
    assert talk.take(second) == Received(0, 1, 0)
    assert inbox() == [("m1", first.text), ("m2", second.text)]


def test_two_groups_may_use_the_same_message_number(talk: Any, group_of: Any) -> None:
    other = group_of("g2")
    assert talk.take(talk.say("hello", name="1")).new == 1
    assert other.take(other.say("hello", name="1")).new == 1
    assert len(inbox()) == 2


def test_a_known_message_stays_known_after_it_was_forgotten(talk: Any, at: Any) -> None:
    from mingbai.capture import commands

    message = talk.say("hello")
    talk.take(message)
    at("2026-11-21 09:01")
    assert commands.forget_old(county=COUNTY) == 1
    assert talk.take(message).new == 0
    assert inbox() == []


def test_a_declined_sender_is_dropped_before_storage(talk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.events import Received

    talk.take(talk.say("hello", who="不愿意的人"), talk.say("hello", who="别人"))
    commands.decline(county=COUNTY, group_id=talk.group, sender="不愿意的人")
    assert [i for i, _ in inbox()] == ["m2"]
    assert talk.take(talk.say("lamp", who="不愿意的人"), talk.say("hello", who="别人")) == Received(
        1, 0, 1
    )
    assert [i for i, _ in inbox()] == ["m2", "m4"]


def test_who_declines_before_ever_speaking_is_not_heard(talk: Any) -> None:
    from mingbai.capture import commands

    commands.decline(county=COUNTY, group_id=talk.group, sender="新来的")
    assert talk.take(talk.say("lamp", who="新来的")).dropped == 1
    assert inbox() == []


def test_declining_takes_the_words_out_of_what_waits_for_review(asked: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding

    finding = asked.found(asked.say("lamp"), asked.say("me_too", 3, who="阿强"))
    assert "我家门口那盏也是" in finding.text
    commands.decline(county=COUNTY, group_id=asked.group, sender="阿强")
    finding.refresh_from_db()
    assert finding.text == asked.said[0].text
    assert finding.version == 2
    commands.decline(county=COUNTY, group_id=asked.group, sender="阿花")
    assert not Finding.objects.exists()


def test_a_recall_deletes_our_copy_and_what_stood_on_it(asked: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding

    asked.found(asked.say("lamp"))
    assert commands.recall(county=COUNTY, group_id=asked.group, external_id="m1") is True
    assert inbox() == []
    assert not Finding.objects.exists()
    assert commands.recall(county=COUNTY, group_id=asked.group, external_id="m1") is False


def test_a_recall_of_one_line_takes_only_its_words_out(asked: Any) -> None:
    from mingbai.capture import commands

    finding = asked.found(asked.say("lamp"), asked.say("me_too", 3, who="阿强"))
    commands.recall(county=COUNTY, group_id=asked.group, external_id="m1")
    finding.refresh_from_db()
    assert (finding.text, finding.title) == (asked.said[1].text, asked.said[1].text)
    assert (finding.place, finding.place_region) == ("", "")
    assert not [r for r in finding.reasons if r["line_id"] == "m1"]


def test_a_message_recalled_before_it_arrives_never_comes_in(talk: Any) -> None:
    from mingbai.capture import commands

    commands.recall(county=COUNTY, group_id=talk.group, external_id="late")
    assert talk.take(talk.say("lamp", name="late")).new == 0
    assert inbox() == []


def test_a_case_keeps_its_evidence_when_the_message_is_recalled(talk: Any) -> None:
    from mingbai.capture import commands
    from mingbai.cases.models import Case

    talk.found(talk.say("lamp"))
    commands.recall(county=COUNTY, group_id=talk.group, external_id="m1")
    assert inbox() == []
    assert Case.objects.get().text == talk.said[0].text


def test_phones_identity_numbers_and_cards_are_masked_at_receipt(talk: Any) -> None:
    said = "打我电话13800001111，身份证350525196501011234，卡号6217001234567890123"
    talk.take(talk.say(said))
    assert inbox() == [("m1", "打我电话138****1111，身份证****1234，卡号****0123")]


def test_a_phone_at_the_length_limit_is_masked_before_it_is_cut(talk: Any) -> None:
    talk.take(talk.say("长" * 3995 + "13800001111"))
    [(_, text)] = inbox()
    assert text == "长" * 3995 + "138**"


def test_what_a_database_cannot_hold_is_taken_out(talk: Any) -> None:
    talk.take(talk.say("停\0水\ud83d了"))
    assert inbox() == [("m1", "停水?了")]


def test_talk_is_gone_after_72_hours_and_not_before(talk: Any, at: Any) -> None:
    from mingbai.capture import commands

    talk.take(talk.say("hello"), talk.say("lamp", 1))
    at("2026-11-21 08:59")
    assert commands.forget_old(county=COUNTY) == 0
    at("2026-11-21 09:01")
    assert commands.forget_old(county=COUNTY) == 2
    assert inbox() == []


def test_the_age_of_talk_counts_from_receipt(talk: Any, at: Any) -> None:
    from mingbai.capture import commands

    talk.take(talk.say("hello", minute=-60 * 24 * 30))
    at("2026-11-20 09:00")
    assert commands.forget_old(county=COUNTY) == 0


def test_an_undecided_finding_waits_a_week_and_a_dismissed_one_goes_with_the_talk(
    asked: Any, group_of: Any, cast: Any, at: Any
) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding

    waiting = asked.found(asked.say("lamp"))
    other = group_of("g2", mode="confirmed")
    dismissed = other.found(other.say("water"))
    commands.dismiss(actor=cast.actor("clerk"), finding_id=dismissed.pk, version=1)
    at("2026-11-21 08:59")
    commands.forget_old(county=COUNTY)
    assert Finding.objects.count() == 2
    at("2026-11-21 09:01")
    commands.forget_old(county=COUNTY)
    assert list(Finding.objects.values_list("pk", flat=True)) == [waiting.pk]
    at("2026-11-25 09:01")
    commands.forget_old(county=COUNTY)
    assert not Finding.objects.exists()


def test_a_filed_case_outlives_everything_that_capture_knew(talk: Any, at: Any) -> None:
    from mingbai.capture import commands
    from mingbai.capture.models import Finding
    from mingbai.cases.models import Case

    talk.found(talk.say("lamp"))
    at("2026-11-25 09:01")
    commands.forget_old(county=COUNTY)
    assert inbox() == []
    assert Finding.objects.get().faded  # later talk may still join it
    at("2026-12-03 09:01")
    commands.forget_old(county=COUNTY)
    assert not Finding.objects.exists()
    assert Case.objects.get().source_text == talk.said[0].text


def test_senders_are_pseudonyms_that_differ_between_groups(talk: Any, group_of: Any) -> None:
    from mingbai.capture.models import Member

    other = group_of("g2")
    talk.take(talk.say("hello", who="林阿婶"))
    other.take(other.say("hello", who="林阿婶"))
    here, there = Member.objects.order_by("group_id")
    assert (here.alias, there.alias) == ("A1", "A1")
    assert here.external_hash != there.external_hash
    assert "林阿婶" not in here.external_hash


def test_aliases_go_on_after_z9(talk: Any) -> None:
    from mingbai.capture.models import Member

    talk.take(*(talk.say("hello", who=f"{n:04d}") for n in range(26 * 9 + 1)))
    aliases = list(Member.objects.order_by("id").values_list("alias", flat=True))
    assert (aliases[0], aliases[9], aliases[26 * 9 - 1], aliases[-1]) == ("A1", "B1", "Z9", "AA1")
    assert len(set(aliases)) == len(aliases)
