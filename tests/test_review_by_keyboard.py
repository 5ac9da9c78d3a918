"""A chat replay shows on the review desk and is ruled on without touching the mouse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DESK, Live, shoot

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
TALK = (
    ("a1", "villager", "text", "早上好"),
    ("b2", "villager", "text", "今天圩上青菜好贵"),
    ("c3", "villager", "text", "村口那盏路灯又不亮了，晚上走路都看不见，哪个来修一下"),
    ("d4", "villager", "text", "我家门口也是黑的"),
    ("e5", "officer", "text", "【通知】明天上午村部打流感疫苗，请老人带身份证"),
    ("f6", "villager", "text", "水又停了吧"),
    ("a1", "villager", "text", "好像是哦"),
    ("g7", "villager", "text", "医保今年交多少，什么时候截止"),
    ("h8", "villager", "text", "要是祠堂前面能装几个健身器材就好了"),
    ("b2", "villager", "text", "卖土鸡蛋，要的私我"),
    ("i9", "villager", "text", "那条沟味道"),
    ("j10", "villager", "text", "路边那个坑什么时候才有人来管管"),
)


def export(path: Path) -> Path:
    lines = [
        {
            "id": f"m{n}",
            "group": "g-350525101201",
            "village": "石鼓村",
            "sender": sender,
            "role": role,
            "at": f"2026-11-20T{8 + n // 4:02d}:{(n % 4) * 14:02d}:00+08:00",
            "type": kind,
            "text": text,
        }
        for n, (sender, role, kind, text) in enumerate(TALK)
    ]
    path.write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
    )
    return path


def test_a_replayed_chat_is_reviewed_by_keyboard(
    live: Live, page_for: Callable[..., Any], tmp_path: Path
) -> None:
    done = live.command("capture", "replay", str(export(tmp_path / "talk.jsonl")))
    assert done.returncode == 0, done.stderr
    assert "新收 12 条" in done.stdout
    page = page_for("clerk", DESK)
    page.goto("/capture/review")
    before = _waiting(page)
    assert before > 0
    shoot(page, "review-desk")
    page.keyboard.press("1")
    page.wait_for_selector("text=/已(按提问)?立件/")
    assert _waiting(page) == before - 1
    page.keyboard.press("z")
    page.wait_for_selector("text=已撤销")
    assert _waiting(page) == before
    page.keyboard.press("5")
    page.wait_for_selector("text=已记为闲聊")
    again = live.command("capture", "replay", str(tmp_path / "talk.jsonl"))
    assert "新收 0 条，重复 12 条" in again.stdout


def _waiting(page: Any) -> int:
    text = page.locator("h2", has_text="拿不准的").all_inner_texts()
    return int("".join(c for c in text[0] if c.isdigit())) if text else 0
