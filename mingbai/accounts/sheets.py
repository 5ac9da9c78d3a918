"""The duty list as a spreadsheet (xlsx): cells in and out, without knowing what they mean."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mingbai.kernel.decisions import BadInput

COLUMNS = (
    "单位",
    "领域",
    "细类",
    "层级",
    "地域",
    "主办或协办",
    "起",
    "止",
    "依据",
    "督办单位",
)
NEEDED = ("单位", "领域", "层级", "起")
MEGABYTE = 1024 * 1024
MOST_BYTES = 4 * MEGABYTE
MOST_UNPACKED = 80 * MEGABYTE
MOST_ROWS = 20_000
_HEAD_WITHIN = 6
_WIDTHS = (28, 14, 16, 8, 22, 12, 13, 13, 40, 28)
# What a spreadsheet program would take for a formula or a command.
_RISKY = re.compile(r"^[=+\-@\t\r]")
_QUOTED = re.compile(r"^'(?=[=+\-@\t\r])")
_UNREADABLE = "这个文件打不开，请另存为 xlsx 格式的表格再传。"


@dataclass(frozen=True)
class Row:
    """A row as it came: its number in the sheet and its cells by column, text or a date.

    ``formulas`` names the columns in which a formula stands.
    """

    number: int
    cells: dict[str, str | date]
    formulas: frozenset[str]


def read(content: bytes) -> list[Row]:
    """Return the rows of the first sheet that has our columns; blank rows are left out.

    Raises ``BadInput`` for what is no such sheet, too big, or lacks a column.
    """
    from openpyxl import load_workbook  # a third of a second, which other pages need not wait for

    _check_size(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        for sheet in book.worksheets:
            rows = _rows_of(sheet)
            if rows is not None:
                return rows
    except BadInput:
        raise
    except Exception as wrong:  # openpyxl raises whatever a broken file leads it into
        raise BadInput(_UNREADABLE, "file") from wrong
    raise BadInput(
        f"没找到表头。表头要有这几列：{'、'.join(COLUMNS)}；其中 {'、'.join(NEEDED)} 必须有。",
        "file",
    )


def write(rows: Iterable[Sequence[str | date | None]], notes: Sequence[Sequence[str]]) -> bytes:
    """Return a workbook with the rows under our columns and a second sheet of ``notes``.

    A text that a spreadsheet program could run is written with a quote before it, which ``read``
    takes off again.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("职责清单")
    for place, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEFGHIJ"[place]].width = width
    sheet.freeze_panes = "A2"
    sheet.append([_heading(sheet, word) for word in COLUMNS])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    help_sheet = book.create_sheet("填写说明")
    help_sheet.column_dimensions["A"].width = 16
    help_sheet.column_dimensions["B"].width = 100
    for line in notes:
        help_sheet.append([_cell(help_sheet, value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def quoted(text: str) -> str:
    """Return ``text`` so that no spreadsheet program runs it."""
    return f"'{text}" if _RISKY.match(text) else text


def _check_size(content: bytes) -> None:
    if not content:
        raise BadInput("这个文件是空的，请重新选一个。", "file")
    if len(content) > MOST_BYTES:
        raise BadInput(f"文件太大，最多 {MOST_BYTES // MEGABYTE} 兆。", "file")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as wrong:
        raise BadInput(_UNREADABLE, "file") from wrong
    if size > MOST_UNPACKED:
        raise BadInput("文件解开后太大，请只留职责清单这一张表。", "file")


def _rows_of(sheet: Any) -> list[Row] | None:
    """Return the rows below our heading, or None where there is no such heading near the top."""
    columns: dict[int, str] = {}
    found: list[Row] = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if not columns:
            columns = _columns_in(cells)
            if not columns and number >= _HEAD_WITHIN:
                return None
            continue
        row = _row(number, cells, columns)
        if row.cells:
            found.append(row)
        if len(found) > MOST_ROWS:
            raise BadInput(f"行数太多，一张表最多 {MOST_ROWS} 行。", "file")
    return found if columns else None


def _columns_in(cells: Iterable[Any]) -> dict[int, str]:
    words = [re.sub(r"\s", "", str(cell.value or "")) for cell in cells]
    found = {place: word for place, word in enumerate(words) if word in COLUMNS}
    return found if set(NEEDED) <= set(found.values()) else {}


def _row(number: int, cells: Sequence[Any], columns: dict[int, str]) -> Row:
    values: dict[str, str | date] = {}
    formulas = set()
    for place, word in columns.items():
        cell = cells[place] if place < len(cells) else None
        if cell is None or cell.value is None:
            continue
        value = _value(cell.value)
        if value != "":
            values[word] = value
        if cell.data_type == "f":
            formulas.add(word)
    return Row(number, values, frozenset(formulas))


def _value(value: object) -> str | date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _QUOTED.sub("", str(value).strip())


def _heading(sheet: Any, word: str) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill

    cell = WriteOnlyCell(sheet, word)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E6EEF0")
    cell.alignment = Alignment(vertical="center")
    return cell


def _cell(sheet: Any, value: str | date | None) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, date):
        from openpyxl.cell import WriteOnlyCell

        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    return quoted(value)
