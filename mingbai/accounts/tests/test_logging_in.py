"""Passwords, lock-out and codes by phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password

from mingbai.accounts import commands, queries
from mingbai.accounts.commands import entering
from mingbai.accounts.models import LoginFailure, Person, PhoneCode
from mingbai.audit.models import Entry
from mingbai.kernel import sealing
from mingbai.kernel.decisions import BadInput, Refused

PASSWORD = "tea-hills-2026"
PHONE = "13800007777"


def test_the_right_password_lets_in_and_is_on_record(officer: Person) -> None:
    assert commands.log_in(login="officer", password=PASSWORD) == officer
    assert Entry.objects.filter(verb="log_in", thing_id=str(officer.pk)).count() == 1


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(officer: Person) -> None:
    with pytest.raises(BadInput) as wrong:
        commands.log_in(login="officer", password="no")
    with pytest.raises(BadInput) as unknown:
        commands.log_in(login="nobody", password="no")
    assert str(wrong.value) == str(unknown.value)


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(
    officer: Person, at: Callable[[str], None]
) -> None:
    at("2026-11-18 09:00")
    for _ in range(5):
        with pytest.raises(BadInput):
            commands.log_in(login="officer", password="no")
    with pytest.raises(Refused, match="09:15"):
        commands.log_in(login="officer", password=PASSWORD)
    assert Entry.objects.filter(verb="log_in").count() == 0
    at("2026-11-18 09:16")
    assert commands.log_in(login="officer", password=PASSWORD) == officer
    failure = LoginFailure.objects.get()
    assert (failure.count, failure.locked_until) == (0, None)


def test_the_name_of_an_unknown_login_is_not_recorded(officer: Person) -> None:
    with pytest.raises(BadInput):
        commands.log_in(login="secret-name-typed-as-login", password="no")
    entry = Entry.objects.get(verb="log_in_failed")
    assert (entry.thing_id, entry.detail) == ("unknown", {})


def test_a_person_who_left_cannot_log_in(officer: Person) -> None:
    officer.is_active = False
    officer.save()
    with pytest.raises(BadInput):
        commands.log_in(login="officer", password=PASSWORD)


@pytest.mark.parametrize(
    "word", ["short", "1234567890", "officer-2026"], ids=["short", "digits", "name"]
)
def test_weak_passwords_are_refused(officer: Person, word: str) -> None:
    before = officer.password
    with pytest.raises(BadInput):
        commands.change_password(actor=queries.actor_for(officer.pk), old=PASSWORD, new=word)
    officer.refresh_from_db()
    assert officer.password == before


def test_a_code_makes_the_villager_at_first_use_and_finds_them_again(
    county: None, sent: list[tuple[str, str]], at: Callable[[str], None]
) -> None:
    at("2026-11-18 09:00")
    person = commands.check_phone_code(phone=PHONE, code=commands.send_phone_code(phone=PHONE))
    at("2026-11-18 09:05")
    again = commands.check_phone_code(
        phone="138 0000 7777", code=commands.send_phone_code(phone=PHONE)
    )
    assert (again.pk, queries.phone_of(person.pk)) == (person.pk, PHONE)
    assert [phone for phone, _ in sent] == [PHONE, PHONE]


def test_neither_phone_nor_code_lies_in_clear(county: None, sent: list[tuple[str, str]]) -> None:
    code = commands.send_phone_code(phone=PHONE)
    commands.check_phone_code(phone=PHONE, code=code)
    person = Person.objects.get(phone_index=sealing.index(PHONE))
    assert PHONE.encode() not in bytes(person.phone_sealed or b"")
    assert code not in PhoneCode.objects.get().code_hash
    assert all(
        PHONE not in str(e.__dict__) and code not in str(e.__dict__) for e in Entry.objects.all()
    )


def test_a_code_works_once(county: None, sent: list[tuple[str, str]]) -> None:
    code = commands.send_phone_code(phone=PHONE)
    commands.check_phone_code(phone=PHONE, code=code)
    with pytest.raises(BadInput, match="过期"):
        commands.check_phone_code(phone=PHONE, code=code)


def test_a_code_dies_after_ten_minutes(
    county: None, sent: list[tuple[str, str]], at: Callable[[str], None]
) -> None:
    at("2026-11-18 09:00")
    code = commands.send_phone_code(phone=PHONE)
    at("2026-11-18 09:11")
    with pytest.raises(BadInput, match="过期"):
        commands.check_phone_code(phone=PHONE, code=code)
    assert Person.objects.filter(phone_index=sealing.index(PHONE)).count() == 0


def test_five_wrong_tries_spend_a_code(county: None, sent: list[tuple[str, str]]) -> None:
    code = commands.send_phone_code(phone=PHONE)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(BadInput, match="不对"):
            commands.check_phone_code(phone=PHONE, code=wrong)
    with pytest.raises(BadInput, match="过期"):
        commands.check_phone_code(phone=PHONE, code=code)


def test_codes_are_sent_once_a_minute_and_five_an_hour(
    county: None, sent: list[tuple[str, str]], at: Callable[[str], None]
) -> None:
    for minute in range(5):
        at(f"2026-11-18 09:{minute * 2:02d}")
        commands.send_phone_code(phone=PHONE)
        with pytest.raises(Refused, match="一分钟"):
            commands.send_phone_code(phone=PHONE)
    at("2026-11-18 09:30")
    with pytest.raises(Refused, match="一小时"):
        commands.send_phone_code(phone=PHONE)
    assert len(sent) == 5


def test_a_number_that_is_no_mobile_number_is_refused(
    county: None, sent: list[tuple[str, str]]
) -> None:
    with pytest.raises(BadInput, match="11 位"):
        commands.send_phone_code(phone="0595-23880000")
    assert sent == []


def test_passwords_are_kept_as_argon2id_of_64_mib() -> None:
    assert make_password(PASSWORD).startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")


def test_an_unknown_name_costs_the_same_work_as_a_known_one(officer: Person) -> None:
    parts = [identify_hasher(h).decode(h) for h in (entering._NOBODY, officer.password)]
    wanted = ("variety", "version", "memory_cost", "time_cost", "parallelism")
    assert [parts[0][w] for w in wanted] == [parts[1][w] for w in wanted]
    assert len(parts[0]["hash"]) == len(parts[1]["hash"])


def test_an_unknown_name_is_locked_like_a_known_one(officer: Person) -> None:
    answers = []
    for name in ("officer", "nobody"):
        for _ in range(5):
            with pytest.raises(BadInput):
                commands.log_in(login=name, password="no")
        with pytest.raises(Refused) as locked:
            commands.log_in(login=name, password="no")
        answers.append(str(locked.value))
    assert answers[0] == answers[1]


def test_four_wrong_passwords_and_a_right_one_begin_the_count_again(officer: Person) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(BadInput):
                commands.log_in(login="officer", password="no")
        assert commands.log_in(login="officer", password=PASSWORD) == officer


def test_what_was_typed_as_a_name_is_nowhere_in_clear(officer: Person) -> None:
    typed = "secret-name-typed-as-login"
    with pytest.raises(BadInput):
        commands.log_in(login=typed, password="no")
    assert typed not in LoginFailure.objects.get().login


def test_the_code_of_a_member_of_staff_does_not_replace_their_password(
    county: None, sent: list[tuple[str, str]]
) -> None:
    commands.create_staff(login="liugong", name="刘工", password=None, phone=PHONE)
    before = Person.objects.count()
    code = commands.send_phone_code(phone=PHONE)
    with pytest.raises(BadInput, match="工作人员"):
        commands.check_phone_code(phone=PHONE, code=code)
    assert Person.objects.count() == before
    assert Entry.objects.filter(verb__in=["log_in", "join"]).count() == 0


def test_only_the_code_sent_last_works(
    county: None, sent: list[tuple[str, str]], at: Callable[[str], None]
) -> None:
    at("2026-11-18 09:00")
    first = commands.send_phone_code(phone=PHONE)
    at("2026-11-18 09:02")
    second = commands.send_phone_code(phone=PHONE)
    if first != second:
        with pytest.raises(BadInput, match="不对"):
            commands.check_phone_code(phone=PHONE, code=first)
    assert commands.check_phone_code(phone=PHONE, code=second).login is None


def test_a_phone_that_is_known_and_one_that_is_not_get_the_same_answer(
    cast: Any, client_as: Callable[[str], Any], sent: list[tuple[str, str]]
) -> None:
    known, unknown = (
        client_as("anyone").post("/phone", {"phone": number}) for number in ("13800001111", PHONE)
    )
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [text[:3] for _, text in sent] == ["验证码", "验证码"]
