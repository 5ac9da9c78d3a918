"""PDF from a page of our own, without fetching anything from anywhere."""

from __future__ import annotations

from typing import Any, NoReturn


class NoTypesetter(Exception):
    """The system's text layout (pango) or WeasyPrint itself is not there."""


def pdf(html: str, css: str) -> bytes:
    """Return ``html`` set on paper by ``css``; fonts are embedded. Raises ``NoTypesetter``."""
    try:
        from weasyprint import CSS, HTML
    except OSError as missing:  # its libraries are loaded while it is imported
        raise NoTypesetter from missing
    page = HTML(string=html, url_fetcher=_refuse)
    made: Any = page.write_pdf(stylesheets=[CSS(string=css, url_fetcher=_refuse)])
    return bytes(made)


def _refuse(url: str, *_args: object, **_more: object) -> NoReturn:
    raise ValueError(f"a paper fetches nothing: {url[:40]}")
