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
_KINDS = {"text", "voice", "image", "video", "location"}
_ROLES = {"villager", "officer", "supervisor"}


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the export's lines as they stand. Raises ``BadInput`` naming the line and what is wrong."""
    read = _csv if path.suffix.lower() == ".csv" else _jsonl
    try:
        return [_checked(number, row) for number, row in read(_text(path))]
    except OSError as wrong:
        raise BadInput(f"文件 {path.name} 打不开：{wrong.strerror}。") from wrong


def messages(path: Path) -> list[InboundMessage]:
    """Return the export as messages. Raises ``BadInput``; nothing is half read."""
    return [
        InboundMessage(
            external_id=str(row["id"]), group=str(row["group"]), village=str(row.get("village") or ""),
            sender=str(row["sender"]), role=row["role"], said_at=row["said_at"], kind=row["type"],
            text=str(row["text"] or ""),
        )
        for row in rows(path)
    ]


def groups(path: Path) -> Mapping[str, GroupRow]:
    """Read a groups file (``id,region,name``) into lines by group id. Raises ``BadInput``."""
    found = {}
    for number, row in _csv(_text(path), ("id", "region", "name")):
        if not str(row["region"]).strip():
            raise BadInput(f"第 {number} 行缺少村的区划代码（region）。")
        found[row["id"]] = GroupRow(row["id"], row["region"].strip(), row["name"] or row["id"])
    return found


def _text(path: Path) -> str:
    data = path.read_bytes()
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
            raise BadInput(f"第 {number} 行不是完整的 JSON（第 {wrong.colno} 个字符附近）。") from wrong
        if not isinstance(row, dict):
            raise BadInput(f"第 {number} 行应是一个 JSON 对象。")
        yield number, row


def _csv(text: str, columns: tuple[str, ...] = COLUMNS) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text))
    missing = [c for c in columns if c not in (reader.fieldnames or [])]
    if missing:
        raise BadInput(f"第 1 行表头缺少：{'、'.join(missing)}。应有 {'、'.join(columns)}。")
    for row in reader:
        yield reader.line_num, row


def _checked(number: int, row: dict[str, Any]) -> dict[str, Any]:
    for name in ("id", "group", "sender", "role", "at", "type"):
        if not row.get(name):
            raise BadInput(f"第 {number} 行缺少 {name}。")
    if row.get("text") is None:
        row["text"] = ""
    if row["type"] not in _KINDS:
        raise BadInput(f"第 {number} 行的 type“{row['type']}”不认识，应是 {'、'.join(sorted(_KINDS))}。")
    if row["role"] not in _ROLES:
        raise BadInput(f"第 {number} 行的 role“{row['role']}”不认识，应是 {'、'.join(sorted(_ROLES))}。")
    try:
        said = datetime.fromisoformat(str(row["at"]))
    except ValueError as wrong:
        raise BadInput(f"第 {number} 行的时间“{row['at']}”看不懂，应像 2026-03-02T06:11:29+08:00。") from wrong
    return row | {"said_at": said if said.tzinfo else said.replace(tzinfo=SHANGHAI)}
