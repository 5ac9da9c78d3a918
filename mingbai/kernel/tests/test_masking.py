"""What is shortened before others read it, and what must stay as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingbai.kernel import masking

CARD = "6222021234567890128"  # the last digit is its check digit
VISA = "4111111111111111"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("", ""),
        (" ", ""),
        ("王", "王"),
        ("王明", "王*"),
        ("王小明", "王*明"),
        (" 欧阳小明 ", "欧*明"),
        ("阿不都·热合曼", "阿*曼"),
    ],
)
def test_names_keep_their_ends(written: str, shown: str) -> None:
    assert masking.name(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("13800001111", "138****1111"),
        ("138 0000 1111", "138****1111"),
        ("+86 138-0000-1111", "138****1111"),
        ("8613800001111", "138****1111"),
        ("0595-23880000", "****0000"),
    ],
)
def test_a_phone_keeps_three_and_four_digits(written: str, shown: str) -> None:
    assert masking.phone(written) == shown


@pytest.mark.parametrize(
    "number",
    [
        "13800001111",
        "138 0000 1111",
        "138-0000-1111",
        "1380000 1111",
        "138 00001111",
        "1380 000 1111",
        "1380-000-1111",
        "13800 001 111",
        "８６１３８００００１１１１",
        "１３８００００１１１１",
        "8613800001111",
        "+86 13800001111",
        "138－0000－1111",
        "138—0000—1111",
        "138\n0000\n1111",
        "138  0000  1111",
    ],
)
def test_a_phone_is_found_however_it_is_written(number: str) -> None:
    assert masking.text(f"找我：{number}，谢谢") == "找我：138****1111，谢谢"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("350525199001011234", "****1234"),
        ("35052519900101123X", "****123X"),
        ("35052519900101123x", "****123x"),
        ("350525 19900101 1234", "****1234"),
        ("350525-19900101-123X", "****123X"),
        ("350525 1990 01 01 1234", "****1234"),
        ("３５０５２５１９９００１０１１２３４", "****1234"),
        ("110101200002291234", "****1234"),
        ("ID350525199001011234号", "ID****1234号"),
        ("350525900101123", "****1123"),
    ],
)
def test_an_identity_number_keeps_its_last_four(number: str, shown: str) -> None:
    if shown.startswith("ID"):
        assert masking.text(number) == shown
    else:
        assert masking.text(f"身份证{number}。") == f"身份证{shown}。"


@pytest.mark.parametrize(
    "number",
    [
        CARD,
        VISA,
        "6222 0212 3456 7890 128",
        "6222-0212-3456-7890-128",
        "4111 1111 1111 1111",
        "9558801234567890123",
        "６２２２０２１２３４５６７８９０１２８",
    ],
)
def test_a_bank_card_keeps_its_last_four(number: str) -> None:
    last = masking.card(number)
    assert masking.text(f"卡号{number}，户名") == f"卡号{last}，户名"
    assert len(last) == 8


@pytest.mark.parametrize(
    "words",
    [
        "350525-2611-00001",
        "件号 350525-2611-00001 和 350525-2612-00123，2026-11-18 到期",
        "2024年到2026年共3年",
        "2024 2025 2026 2027",
        "3600 3600 3600 3600 元",  # four amounts, not a card: the check digit is wrong
        "补了 12345.67 元、1,234,567.00 元",
        "350525101201",  # a village's code
        "0595-23880000",
        "12345、12388、110",
        "400-820-8820",
        "2026-11-18 09:00:00",
        "1700000000000",  # a moment in milliseconds
        "北纬25.320415，东经118.294310",
        "合同编号20261118000123",
        "身高175 体重70",
        "138****1111",
        "水表 00123456",
        "闽C12345",
    ],
)
def test_ordinary_numbers_stay(words: str) -> None:
    assert masking.text(words) == words


def test_several_marks_in_one_text_are_all_found() -> None:
    said = f"王建国 13800001111，身份证35052519900101123X，卡{CARD}，件350525-2611-00001"
    assert (
        masking.text(said) == "王建国 138****1111，身份证****123X，卡****0128，件350525-2611-00001"
    )


def test_a_row_of_cards_is_masked_to_the_end() -> None:
    groups = "4111 1111 1111 1111"
    assert masking.text(f"{groups} {groups}") == "****1111 ****1111"


def test_an_amount_before_a_card_does_not_hide_it() -> None:
    assert masking.text("3600 4111 1111 1111 1111 3600") == "3600 ****1111 3600"


PIECES = st.sampled_from(
    [
        "13800001111",
        "350525199001011234",
        "35052519900101123X",
        CARD,
        VISA,
        "4111 1111 1111 1111",
        "350525-2611-00001",
        "2026",
        "-",
        " ",
        "*",
        "，",
        "１３８",
        "王",
        "0",
        "86",
        "+86",
        "6222",
        "1111",
    ]
)


@given(
    st.lists(PIECES | st.text(alphabet="0123456789- xX*王\n", max_size=20), max_size=12).map(
        "".join
    )
)
def test_masking_what_is_masked_changes_nothing(words: str) -> None:
    once = masking.text(words)
    assert masking.text(once) == once


@given(st.text(max_size=200))
def test_text_without_digits_stays(words: str) -> None:
    plain = "".join(c for c in words if not c.isdigit())
    assert masking.text(plain) == plain


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(alphabet="，。 王的\n", max_size=5)
)
def test_no_phone_between_words_survives(number: str, around: str) -> None:
    assert number not in masking.text(f"{around}{number}{around}")
