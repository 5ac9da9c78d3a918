"""Passwords, lock-out and codes by phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from mingbai.accounts import commands, queries
from mingbai.accounts.models import LoginFailure, Person, PhoneCode
from mingbai.audit.models import Entry
from mingbai.kernel import sealing
from mingbai.kernel.decisions import BadInput, Refused

PASSWORD = "tea-hills-2026"
PHONE = "13800007777"


@pytest.fixture
def officer(cast: Any) -> Person:
    person: Person = cast.people["officer"]
    person.password = make_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Collect what the carrier is given."""
    box: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "mingbai.accounts.commands.sms_sender",
        lambda: lambda phone, text: box.append((phone, text)),
    )
    return box


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
    assert LoginFailure.objects.count() == 0


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
