"""What several people, or one impatient one, do in the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from mingbai.accounts import commands
from mingbai.accounts.models import LoginFailure, PhoneCode
from mingbai.kernel import scopes
from mingbai.kernel.decisions import BadInput, Refused

PHONE = "13800007777"


def test_of_several_requests_at_once_one_sends_a_code(
    committed: None, sent: list[tuple[str, str]]
) -> None:
    ready = Barrier(4)

    def ask(_: int) -> str:
        try:
            with scopes.enter():
                ready.wait()
                try:
                    return commands.send_phone_code(phone=PHONE)
                except Refused:
                    return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = [code for code in pool.map(ask, range(4)) if code]
    with scopes.enter():
        assert (len(codes), len(sent), PhoneCode.objects.count()) == (1, 1, 1)


def test_wrong_passwords_at_once_are_all_counted(committed: None) -> None:
    ready = Barrier(7)

    def guess(_: int) -> str:
        try:
            with scopes.enter():
                ready.wait()
                try:
                    commands.log_in(login="officer", password="no")
                except (BadInput, Refused) as wrong:
                    return type(wrong).__name__
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(7) as pool:
        answers = sorted(pool.map(guess, range(7)))
    with scopes.enter():
        assert LoginFailure.objects.get().count == 5
    assert answers == ["BadInput"] * 5 + ["Refused"] * 2
