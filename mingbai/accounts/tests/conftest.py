"""What the tests of accounts share: a carrier that keeps its messages, an officer with a password."""

from __future__ import annotations

from typing import Any

import pytest

PASSWORD = "tea-hills-2026"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Collect what the carrier is given."""
    box: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "mingbai.accounts.commands.entering.sms_sender",
        lambda: lambda phone, text: box.append((phone, text)),
    )
    return box


@pytest.fixture
def officer(cast: Any) -> Any:
    """王建国 with a password."""
    from django.contrib.auth.hashers import make_password

    person = cast.people["officer"]
    person.password = make_password(PASSWORD)
    person.save()
    return person
