"""QR codes of our own addresses, drawn into the page as SVG."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from segno import make_qr


def drawn(request: HttpRequest, address: str) -> SafeString:
    """Return the code of an address of this site."""
    code = make_qr(request.build_absolute_uri(address), error="m")
    return mark_safe(code.svg_inline(omitsize=True, svgclass=None, lineclass=None))  # noqa: S308 - drawn here, from our own address
