"""The one way personal marks are shortened before others read them.

Names 王*、王*明; identity numbers last 4; phones 138****1234; cards last 4 (design, domain.md).
"""

from __future__ import annotations

import re

# Full-width digits and dashes are read as plain ones; the text keeps its length.
_PLAIN = str.maketrans("０１２３４５６７８９Ｘｘ－＋　—–", "0123456789Xx-+ --")

_GAP = r"[\s-]{0,2}"
_BREAK = r"[\s-]{1,2}"
_IDENTITY = re.compile(
    rf"(?<!\d)[1-9]\d{{5}}{_GAP}(?:19|20)\d{{2}}{_GAP}(?:0[1-9]|1[0-2]){_GAP}(?:0[1-9]|[12]\d|3[01]){_GAP}\d{{3}}[\dXx](?!\d)"
    r"|(?<!\d)[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)"  # fifteen digits, before 1999
)
_PHONE = re.compile(
    rf"(?<!\d)(?:\+?86{_GAP})?(?:1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}"
    rf"|1[3-9]\d{{2}}{_BREAK}\d{{3}}{_BREAK}\d{{4}}|1[3-9]\d{{3}}{_BREAK}\d{{3}}{_BREAK}\d{{3}})(?!\d)"
)
# Written in one, any number of that length goes; in groups of four only where the check digit is
# right, or a row of amounts would be taken for a card.
_CARD = re.compile(r"(?<!\d)[3-69]\d{14,18}(?!\d)")
_CARD_IN_GROUPS = re.compile(r"(?<!\d)[3-69]\d{3}([\s-])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?(?!\d)")


def name(text: str) -> str:
    """Return 王* for two characters, 王*明 for three and more; one character stays."""
    text = text.strip()
    if len(text) < 2:
        return text
    return f"{text[0]}*" if len(text) == 2 else f"{text[0]}*{text[-1]}"


def phone(text: str) -> str:
    """Return 138****1234 for a mobile number, otherwise stars before the last four digits."""
    digits = _digits(text)
    mobile = re.fullmatch(r"(?:86)?(1\d{10})", digits)
    return f"{mobile[1][:3]}****{mobile[1][-4:]}" if mobile else f"****{digits[-4:]}"


def identity(text: str) -> str:
    """Return the last four characters of an identity number behind stars."""
    return f"****{text.translate(_PLAIN).strip()[-4:]}"


def card(text: str) -> str:
    """Return the last four digits of a bank card behind stars."""
    return f"****{_digits(text)[-4:]}"


def text(words: str) -> str:
    """Mask every identity number, bank card and mobile number inside running text.

    Masking masked text changes nothing.
    """
    while (masked := _once(words)) != words:
        words = masked
    return words


def _once(words: str) -> str:
    words = _replace(_IDENTITY, words)
    words = _replace(_PHONE, words)
    words = _replace(_CARD, words)
    return _replace(_CARD_IN_GROUPS, words)


def _replace(pattern: re.Pattern[str], words: str) -> str:
    plain = words.translate(_PLAIN)
    parts = []
    done = place = 0
    while match := pattern.search(plain, place):
        shown = _shortened(pattern, match.group())
        if not shown:
            place = match.start() + 1
            continue
        parts += [words[done : match.start()], shown]
        done = place = match.end()
    return "".join([*parts, words[done:]])


def _shortened(pattern: re.Pattern[str], found: str) -> str:
    """Return what stands in place of ``found``; empty when it only looks like a card."""
    if pattern is _PHONE:
        return phone(found)
    if pattern is _IDENTITY:
        return identity(re.sub(r"[\s-]", "", found))
    if pattern is _CARD_IN_GROUPS and not _is_card(_digits(found)):
        return ""
    return card(found)


def _is_card(digits: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812, Luhn)."""
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text.translate(_PLAIN))
