"""Chat exports and groups files: read whole, or refused with the line and the fault."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mingbai.connectors.files import chat
from mingbai.kernel.decisions import BadInput

ROW: dict[str, Any] = {
    "id": "1",
    "group": "g1",
    "village": "石鼓村",
    "sender": "s1",
    "role": "villager",
    "at": "2026-03-02T06:11:29+08:00",
    "type": "text",
    "text": "路灯坏了，没人修\n晚上看不见",
}


def jsonl(folder: Path, *rows: Any) -> Path:
    path = folder / "talk.jsonl"
    path.write_text(
        "".join(
            (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)) + "\n" for r in rows
        ),
        encoding="utf-8",
    )
    return path


def table(folder: Path, *rows: dict[str, Any], encoding: str = "utf-8-sig") -> Path:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(ROW))
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "talk.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as wrong:
        chat.messages(path)
    return str(wrong.value)


def test_json_lines_become_messages(tmp_path: Path) -> None:
    [one] = chat.messages(jsonl(tmp_path, ROW | {"gold": None}, "", "  "))
    assert (one.external_id, one.group, one.village, one.sender, one.role, one.kind) == (
        "1",
        "g1",
        "石鼓村",
        "s1",
        "villager",
        "text",
    )
    assert one.said_at == datetime(2026, 3, 2, 6, 11, 29, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert one.text == ROW["text"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_in_any_of_the_usual_encodings_gives_the_same(
    tmp_path: Path, encoding: str
) -> None:
    from_table = chat.messages(table(tmp_path, ROW, ROW | {"id": "2"}, encoding=encoding))
    assert from_table == chat.messages(jsonl(tmp_path, ROW, ROW | {"id": "2"}))


def test_numbers_as_ids_a_missing_text_and_a_time_without_zone_are_fine(tmp_path: Path) -> None:
    [one] = chat.messages(
        jsonl(
            tmp_path,
            ROW
            | {
                "id": 17,
                "at": "2026-03-02 06:11:29",
                "text": None,
                "type": "image",
                "village": None,
            },
        )
    )
    assert (one.external_id, one.text, one.village) == ("17", "", "")
    assert one.said_at == datetime(2026, 3, 2, 6, 11, 29, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"id": ""}, "第 2 行缺少 id。"),
        ({"group": None}, "第 2 行缺少 group。"),
        ({"sender": ["x"]}, "第 2 行缺少 sender。"),
        ({"at": "昨天"}, "第 2 行的时间“昨天”看不懂，应像 2026-03-02T06:11:29+08:00。"),
        ({"at": "0001-01-01"}, "第 2 行：时间不在 2000 到 2099 年之间。"),
        (
            {"type": "sticker"},
            "第 2 行：type“sticker”不认识，应是 text、voice、image、video、location。",
        ),
        ({"role": "村长"}, "第 2 行：role“村长”不认识，应是 villager、officer、supervisor。"),
        ({"text": {"a": 1}}, "第 2 行的 text 或 village 不是文字。"),
        ({"group": "g" * 81}, "第 2 行：group 应是 1 到 80 个字。"),
        ({"id": "\ud800"}, "第 2 行：id 应是 1 到 80 个字。"),
    ],
)
def test_a_wrong_line_is_named_with_its_fault(
    tmp_path: Path, changed: dict[str, Any], sentence: str
) -> None:
    second = json.dumps(ROW | changed)
    assert refused(jsonl(tmp_path, ROW, second)) == sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"id": ', "第 1 行不是完整的 JSON（第 8 个字符附近）。"),
        ("[1]", "第 1 行应是一个 JSON 对象。"),
        ("[" * 100_000, "第 1 行的 JSON 读不了。"),
    ],
)
def test_what_is_no_json_object_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    assert refused(jsonl(tmp_path, line)) == sentence


def test_a_table_without_a_column_says_which(tmp_path: Path) -> None:
    path = tmp_path / "talk.csv"
    path.write_text("id,group,text\n1,g,x\n", encoding="utf-8")
    assert refused(path) == (
        "第 1 行表头缺少：village、sender、role、at、type。应有 id、group、village、sender、role、at、type、text。"
    )


def test_a_quote_that_never_ends_is_no_long_message(tmp_path: Path) -> None:
    path = table(tmp_path, ROW)
    path.write_text(
        path.read_text(encoding="utf-8-sig")
        + '2,g1,石鼓村,s1,villager,2026-03-02,text,"没有结尾\n3,g1,x\n',
        encoding="utf-8",
    )
    assert refused(path) == "第 4 行读不了，请检查引号是否成对。"


def test_a_short_line_of_a_table_lacks_what_it_lacks(tmp_path: Path) -> None:
    path = table(tmp_path, ROW)
    path.write_text(path.read_text(encoding="utf-8-sig") + "2,g1,石鼓村\n", encoding="utf-8")
    assert refused(path) == "第 4 行缺少 sender。"


@pytest.mark.parametrize("name", ["talk.jsonl", "talk.csv"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xff\xff\x00")
    assert refused(path) == f"文件 {name} 不是文本，或编码不是 UTF-8、GB18030。"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert refused(jsonl(tmp_path)) == "文件 talk.jsonl 里没有消息。"
    assert refused(table(tmp_path)) == "文件 talk.csv 里没有消息。"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "没有.jsonl") == "文件 没有.jsonl 打不开，请检查路径和权限。"


def test_a_groups_file_gives_village_and_line(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(
        "id,region,name\ng1, 350525101201 ,石鼓村大群\ng2,350525101202,\n", encoding="gb18030"
    )
    found = chat.groups(path)
    assert [(r.external_id, r.region, r.name, r.line) for r in found.values()] == [
        ("g1", "350525101201", "石鼓村大群", 2),
        ("g2", "350525101202", "g2", 3),
    ]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("g1,,群", "第 2 行缺少村的区划代码（region）。"),
        (",350525101201,群", "第 2 行缺少群号（id）。"),
        ("g1,350525101201,群\ng1,350525101202,群", "第 3 行的群号“g1”和第 2 行重复。"),
        ("g1,350525101201," + "群" * 61, "第 2 行的群名太长，最多 60 个字。"),
    ],
)
def test_a_wrong_line_of_a_groups_file_is_named(tmp_path: Path, lines: str, sentence: str) -> None:
    path = tmp_path / "groups.csv"
    path.write_text(f"id,region,name\n{lines}\n", encoding="utf-8")
    with pytest.raises(BadInput) as wrong:
        chat.groups(path)
    assert str(wrong.value) == sentence


def test_reading_needs_no_database(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = jsonl(tmp_path, ROW)
    code = (
        "import sys; from pathlib import Path; from mingbai.connectors.files import chat; "
        f"print(len(chat.rows(Path({str(path)!r}))), 'psycopg' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split()[0] == "1", done.stderr
