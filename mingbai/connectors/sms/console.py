"""The demo's carrier: prints the message where the server runs. Refuses to work outside of the demo."""

from __future__ import annotations

import sys

from django.conf import settings

from mingbai.kernel import masking


def send(phone: str, text: str) -> None:
    """Print the message. Raises ``ConnectionError`` when this is no demo: a real carrier must be set."""
    if not settings.DEMO:
        raise ConnectionError("no carrier for short messages is set (MINGBAI_SMS)")
    sys.stdout.write(f"[演示短信] {masking.phone(phone)}：{text}\n")
    sys.stdout.flush()
