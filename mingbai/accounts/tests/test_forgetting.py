"""What logging in leaves behind is forgotten in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mingbai.accounts import commands
from mingbai.accounts.models import PhoneCode


def test_codes_are_forgotten_after_a_day_and_not_before(
    county: None, at: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mingbai.accounts.commands.entering.sms_sender", lambda: lambda *_: None)
    at("2026-11-18 09:00")
    commands.send_phone_code(phone="13800007777")
    at("2026-11-19 08:59")
    commands.forget_old()
    assert PhoneCode.objects.count() == 1
    at("2026-11-19 09:01")
    commands.forget_old()
    assert PhoneCode.objects.count() == 0
