"""A list as an xlsx file in which no cell can run: whatever a person typed stays text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from mingbai.kernel import clock

_FORMULA = re.compile(r"^\s*[=+\-@]")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WIDEST = 40


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a file of one sheet; texts, whole numbers and aware times are written, times without zone.

    A text that begins like a formula (= + - @) is stored as text and marked so, for Excel keeps it
    then even when somebody edits the cell.
    """
    held = io.BytesIO()
    book: Any = xlsxwriter.Workbook(held, {"in_memory": True})
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True})
    looks = {
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "text": book.add_format({"num_format": "@", "quote_prefix": True}),
    }
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(headings):
        sheet.set_column(column, column, min(_WIDEST, 8 + 3 * len(heading)))
        sheet.write_string(0, column, heading, bold)
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            _write(sheet, looks, (line, column), value)
    book.close()
    return held.getvalue()


def _write(sheet: Any, looks: dict[str, Any], place: tuple[int, int], value: object) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(*place, clock.local(value).replace(tzinfo=None), looks["time"])
    elif isinstance(value, int):
        sheet.write_number(*place, value)
    else:
        text = _UNWRITABLE.sub("", str(value))
        sheet.write_string(*place, text, looks["text"] if _FORMULA.match(text) else None)
