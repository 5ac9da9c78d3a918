"""Contact data at rest: opens only with its own place and key."""

from __future__ import annotations

import secrets

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from mingbai.kernel import sealing

PLACE = "contact:350525:17"


@given(st.text(max_size=200))
def test_what_was_sealed_opens_in_its_place(text: str) -> None:
    assert sealing.unseal(sealing.seal(text, PLACE), PLACE) == text
    assert sealing.unseal(memoryview(sealing.seal(text, PLACE)), PLACE) == text


def test_a_sealed_value_does_not_open_in_another_row() -> None:
    blob = sealing.seal("13800001111", PLACE)
    with pytest.raises(sealing.CannotOpen, match="contact:350525:18"):
        sealing.unseal(blob, "contact:350525:18")


def test_the_same_phone_is_sealed_differently_each_time_and_never_readable() -> None:
    one, two = (sealing.seal("13800001111", PLACE) for _ in range(2))
    assert one != two
    assert b"1380000" not in one
    assert len(one) == 12 + 11 + 16


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b[:-1],
        lambda b: b + b"x",
        lambda b: bytes([b[0] ^ 1]) + b[1:],
        lambda b: b[:20] + bytes([b[20] ^ 1]) + b[21:],
        lambda b: b"",
        lambda b: b[:12],
        lambda b: b[:5],
    ],
)
def test_a_changed_value_does_not_open(change) -> None:
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(change(sealing.seal("13800001111", PLACE)), PLACE)


def test_another_installation_s_key_does_not_open_it() -> None:
    blob = sealing.seal("13800001111", PLACE)
    with override_settings(CONTACT_KEY=secrets.token_hex(32)), pytest.raises(sealing.CannotOpen):
        sealing.unseal(blob, PLACE)


@pytest.mark.parametrize(
    "written", ["13800001111", "138 0000 1111", "138-0000-1111", "+86 13800001111", "8613800001111"]
)
def test_a_phone_is_found_again_however_it_is_written(written: str) -> None:
    assert sealing.index(written) == sealing.index("13800001111")


def test_the_index_tells_nothing_without_the_key() -> None:
    found = sealing.index("13800001111")
    assert len(found) == 64
    assert found != sealing.index("13800001112")
    with override_settings(PEPPER="another"):
        assert sealing.index("13800001111") != found
