"""The words of `mingbai capture`."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help="群消息采集。")
def capture() -> None:
    """Gather what concerns the talk."""


@capture.command(help="把一份聊天记录（jsonl 或 csv）照实走一遍采集。")
@click.argument("file", type=_FILE)
@click.option("--county", default="350525", show_default=True, help="归到哪个县（6 位代码）。")
@click.option(
    "--groups",
    type=_FILE,
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


@capture.command(
    help="量一量认得准不准、快不快。给出训练和测试文件（csv 或 csv.gz：words 或 title、body，加 label）"
    "就用它们，输出一行 JSON；不给就用公开数据和随程序来的例子。每秒条数按短消息算。"
)
@click.option("--train", "known", type=_FILE, help="训练文件。")
@click.option("--test", "asked", type=_FILE, help="测试文件。")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="公开数据所在的文件夹；默认看环境变量 MINGBAI_SHARED，再看旁边的 shared/data。",
)
@click.option("--json", "as_json", is_flag=True, help="只输出 JSON。")
def bench(*, known: Path | None, asked: Path | None, data: Path | None, as_json: bool) -> None:
    """Measure recognition on files, or on the public data and the shipped examples."""
    from mingbai.cli import capture_bench

    if known and asked:
        capture_bench.compare(known, asked)
    elif known or asked:
        raise click.UsageError("训练文件和测试文件要一起给：--train 文件 --test 文件。")
    else:
        capture_bench.bench(data, as_json=as_json)


@capture.command(help="用随程序来的例子和本县核对过的例子重新训练；不如现在的就不启用。")
def train() -> None:
    """Train on shipped and confirmed examples; refuse a worse model."""
    from mingbai.cli import learning

    learning.train()


@capture.command(help="列出留存的模型。")
def models() -> None:
    """List the kept models."""
    from mingbai.cli import learning

    learning.models()


@capture.command(help="换回某个留存的模型；shipped 是随程序来的。")
@click.argument("version")
def use(*, version: str) -> None:
    """Go back to a kept model."""
    from mingbai.cli import learning

    learning.use(version)


@capture.command(help="每月每县：机器多有把握，核对下来多少属实。")
def drift() -> None:
    """Print confidence and confirmation rates per month and county."""
    from mingbai.cli import learning

    learning.drift()
