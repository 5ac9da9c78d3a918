"""Reading a chat export: jsonl or csv, whole or not at all, with the line and the fault named."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mingbai.capture.events import GroupRow, InboundMessage
from mingbai.kernel.clock import SHANGHAI
from mingbai.kernel.decisions import BadInput

COLUMNS = ("id", "group", "village", "sender", "role", "at", "type", "text")
GROUP_COLUMNS = ("id", "region", "name")
_NEEDED = ("id", "group", "sender", "role", "at", "type")


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the export's lines as they stand, checked, with ``text`` and ``village`` as text.

    Raises ``BadInput`` naming the line and what is wrong.
    """
    return [row for row, _ in _read(path)]


def messages(path: Path) -> list[InboundMessage]:
    """Return the export as messages. Raises ``BadInput``; nothing is half read."""
    return [message for _, message in _read(path)]


def groups(path: Path) -> Mapping[str, GroupRow]:
    """Read a groups file (``id,region,name``) into lines by group id. Raises ``BadInput``."""
    found: dict[str, GroupRow] = {}
    for number, row in _csv(_text(path), GROUP_COLUMNS):
        external_id, region = (str(row[name] or "").strip() for name in ("id", "region"))
        if not external_id:
            raise BadInput(f"第 {number} 行缺少群号（id）。")
        if not region:
            raise BadInput(f"第 {number} 行缺少村的区划代码（region）。")
        if external_id in found:
            raise BadInput(
                f"第 {number} 行的群号“{external_id}”和第 {found[external_id].line} 行重复。"
            )
        name = str(row["name"] or "").strip() or external_id
        if len(name) > 60:
            raise BadInput(f"第 {number} 行的群名太长，最多 60 个字。")
        found[external_id] = GroupRow(external_id, region, name, number)
    return found


def _read(path: Path) -> list[tuple[dict[str, Any], InboundMessage]]:
    read = _csv if path.suffix.lower() == ".csv" else _jsonl
    found = [_checked(number, row) for number, row in read(_text(path))]
    if not found:
        raise BadInput(f"文件 {path.name} 里没有消息。")
    return found


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise BadInput(f"文件 {path.name} 打不开，请检查路径和权限。") from wrong
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"文件 {path.name} 不是文本，或编码不是 UTF-8、GB18030。")


def _jsonl(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as wrong:
            raise BadInput(
                f"第 {number} 行不是完整的 JSON（第 {wrong.colno} 个字符附近）。"
            ) from wrong
        except (RecursionError, ValueError) as wrong:
            raise BadInput(f"第 {number} 行的 JSON 读不了。") from wrong
        if not isinstance(row, dict):
            raise BadInput(f"第 {number} 行应是一个 JSON 对象。")
        yield number, row


def _csv(text: str, columns: tuple[str, ...] = COLUMNS) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [c for c in columns if c not in (reader.fieldnames or [])]
        if missing:
            raise BadInput(f"第 1 行表头缺少：{'、'.join(missing)}。应有 {'、'.join(columns)}。")
        for row in reader:
            yield reader.line_num, {name: row[name] for name in columns}
    except csv.Error as wrong:
        # line_num is the last line of the row before.
        raise BadInput(f"第 {reader.line_num + 1} 行读不了，请检查引号是否成对。") from wrong


def _checked(number: int, row: dict[str, Any]) -> tuple[dict[str, Any], InboundMessage]:
    for name in _NEEDED:
        if not isinstance(row.get(name), (str, int)) or row[name] == "":
            raise BadInput(f"第 {number} 行缺少 {name}。")
    text, village = row.get("text"), row.get("village")
    if not isinstance(text, (str, type(None))) or not isinstance(village, (str, type(None))):
        raise BadInput(f"第 {number} 行的 text 或 village 不是文字。")
    clean = row | {"text": text or "", "village": (village or "").strip()}
    message = InboundMessage(
        external_id=str(row["id"]),
        group=str(row["group"]),
        village=clean["village"],
        sender=str(row["sender"]),
        role=str(row["role"]),
        said_at=_moment(number, str(row["at"])),
        kind=str(row["type"]),
        text=clean["text"],
    )
    fault = message.fault() or ("" if message.dated() else "时间不在 2000 到 2099 年之间")
    if fault:
        raise BadInput(f"第 {number} 行：{fault}。")
    return clean, message


def _moment(number: int, text: str) -> datetime:
    """Read ISO 8601; a time without its zone is Shanghai's."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput(
            f"第 {number} 行的时间“{text[:40]}”看不懂，应像 2026-03-02T06:11:29+08:00。"
        ) from wrong
    return said if said.tzinfo else said.replace(tzinfo=SHANGHAI)
