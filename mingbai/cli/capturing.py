"""The words of `mingbai capture`."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(help="群消息采集。")
def capture() -> None:
    """Gather what concerns the talk."""


@capture.command(help="把一份聊天记录（jsonl 或 csv）照实走一遍采集。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--county", default="350525", show_default=True, help="归到哪个县（6 位代码）。")
@click.option(
    "--groups",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="群对照表 csv：id,region,name。",
)
@click.option(
    "--predict",
    type=click.Path(dir_okay=False, path_type=Path),
    help="只识别不入库，结果写到这个 jsonl。",
)
def replay(*, file: Path, county: str, groups: Path | None, predict: Path | None) -> None:
    """Replay an export through the pipeline, or only predict."""
    from mingbai.cli import replaying

    replaying.predict(file, predict) if predict else replaying.replay(file, county, groups)
