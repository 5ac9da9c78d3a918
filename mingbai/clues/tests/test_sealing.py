"""A parcel opens only with the right passphrase, for the right row, and tells nothing before."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from mingbai.clues import sealing

PASSPHRASE = "案管室的口令一共十二个字"
ABOUT = "350525:1b4e28ba-2fa1-11d2-883f-0016d3cca427"


@pytest.fixture(scope="module")
def made() -> tuple[bytes, dict[str, Any]]:
    return sealing.make_key(PASSPHRASE)


def test_a_parcel_opens_with_the_offices_passphrase(made: tuple[bytes, dict[str, Any]]) -> None:
    public, wrapped = made
    parcel = sealing.seal({"text": "金麒麟"}, public, ABOUT)
    assert sealing.unseal(parcel, sealing.unwrap(wrapped, PASSPHRASE), ABOUT) == {"text": "金麒麟"}


@pytest.mark.parametrize("wrong", ["", PASSPHRASE[:-1], PASSPHRASE + " "])
def test_a_wrong_passphrase_gives_no_key(made: tuple[bytes, dict[str, Any]], wrong: str) -> None:
    with pytest.raises(sealing.WrongPassphrase):
        sealing.unwrap(made[1], wrong)


def test_another_offices_key_opens_nothing(made: tuple[bytes, dict[str, Any]]) -> None:
    parcel = sealing.seal({"text": "金麒麟"}, made[0], ABOUT)
    _, other = sealing.make_key(PASSPHRASE)
    with pytest.raises(InvalidTag):
        sealing.unseal(parcel, sealing.unwrap(other, PASSPHRASE), ABOUT)


def test_a_parcel_put_under_another_row_does_not_open(made: tuple[bytes, dict[str, Any]]) -> None:
    private = sealing.unwrap(made[1], PASSPHRASE)
    parcel = sealing.seal({"text": "金麒麟"}, made[0], ABOUT)
    with pytest.raises(InvalidTag):
        sealing.unseal(parcel, private, ABOUT.replace("350525", "350526"))
    turned = bytes([parcel.sealed[0] ^ 1]) + parcel.sealed[1:]
    with pytest.raises(InvalidTag):
        sealing.unseal(replace(parcel, sealed=turned), private, ABOUT)


def test_the_length_of_a_parcel_tells_nothing_below_a_kilobyte(
    made: tuple[bytes, dict[str, Any]],
) -> None:
    short, long = ({"text": "字" * n} for n in (1, 300))
    sizes = {len(sealing.seal(one, made[0], ABOUT).sealed) for one in (short, long)}
    assert sizes == {1024 + 16}


def test_the_same_words_never_seal_alike(made: tuple[bytes, dict[str, Any]]) -> None:
    one, two = (sealing.seal({"text": "金麒麟"}, made[0], ABOUT) for _ in range(2))
    assert one.ephemeral != two.ephemeral
    assert one.sealed != two.sealed


def changed(wrapped: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {**wrapped, **values}


def test_only_a_whole_key_at_full_cost_is_usable(made: tuple[bytes, dict[str, Any]]) -> None:
    public, wrapped = made
    short = base64.b64encode(b"x").decode()
    assert sealing.is_usable(public, wrapped) is True
    assert sealing.is_usable(public[:-1], wrapped) is False
    assert (
        sealing.is_usable(bytes(32), wrapped) is False
    )  # of low order: nothing can be sealed to it
    for bad in (
        {"m": 1024},
        {"t": 1},
        {"kdf": "none"},
        {"p": 2},
        {"salt": short},
        {"nonce": short},
        {"key": short},
        {"key": None},
        {"salt": "不是"},
        {"more": 1},
    ):
        assert sealing.is_usable(public, changed(wrapped, **bad)) is False, bad
    assert sealing.is_usable(public, {n: v for n, v in wrapped.items() if n != "salt"}) is False
