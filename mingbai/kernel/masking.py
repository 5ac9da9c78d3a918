"""The one way personal marks are shortened before others read them.

Names 王*、王*明; identity numbers last 4; phones 138****1234; cards last 4 (design, domain.md).
"""

from __future__ import annotations

import re

_PHONE = re.compile(r"(?<!\d)1[3-9]\d(?:[\s-]?\d{4}){2}(?!\d)")
_IDENTITY = re.compile(r"(?<![\dA-Za-z])\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])")
_CARD = re.compile(r"(?<!\d)[3-6]\d{3}(?:[\s-]?\d{4}){2,3}(?:[\s-]?\d{1,4})?(?!\d)")


def name(text: str) -> str:
    """Return 王* for two characters, 王*明 for three and more; one character stays."""
    text = text.strip()
    if len(text) < 2:
        return text
    return f"{text[0]}*" if len(text) == 2 else f"{text[0]}*{text[-1]}"


def phone(text: str) -> str:
    """Return 138****1234 for an 11-digit mobile number, otherwise stars before the last four."""
    digits = re.sub(r"\D", "", text)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) == 11 else f"****{digits[-4:]}"


def identity(text: str) -> str:
    """Return the last four characters of an identity number behind stars."""
    return f"****{text.strip()[-4:]}"


def card(text: str) -> str:
    """Return the last four digits of a bank card behind stars."""
    return f"****{re.sub(r'[^0-9]', '', text)[-4:]}"


def text(words: str) -> str:
    """Mask every identity number, bank card and mobile number inside running text."""
    words = _IDENTITY.sub(lambda m: identity(m.group()), words)
    words = _PHONE.sub(lambda m: phone(m.group()), words)
    return _CARD.sub(lambda m: card(m.group()), words)
