"""PDF from a page of our own, without fetching anything from anywhere."""

from __future__ import annotations

import gc
from typing import Any

from PIL import ImageFile


class NoTypesetter(Exception):
    """The system's text layout (pango) or WeasyPrint itself is not there."""


def pdf(html: str, css: str) -> bytes:
    """Return ``html`` set on paper by ``css``; fonts are embedded. Raises ``NoTypesetter``."""
    try:
        from weasyprint import CSS, HTML
        from weasyprint.urls import URLFetcher
    except OSError as missing:  # its libraries are loaded while it is imported
        raise NoTypesetter from missing
    # WeasyPrint lets the whole process take torn pictures; uploads must go on refusing them.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    closed: Any = URLFetcher(allowed_protocols=())
    page = HTML(string=html, url_fetcher=closed)
    made: Any = page.write_pdf(stylesheets=[CSS(string=css, url_fetcher=closed)])
    del page
    gc.collect()  # boxes and fonts of a page hold each other: 50 MB until the next collection
    return bytes(made)
