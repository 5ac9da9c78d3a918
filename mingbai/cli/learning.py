"""`mingbai capture train | models | use | drift`: learning from rulings, versions, going back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from mingbai.cli import django as project

KINDS = {"request": "诉求", "question": "提问", "suggestion": "建议", "clue": "问题线索"}


def train() -> None:
    """Train, print the figures on the held-out chats, and say whether the new model is used."""
    project.set_up()
    from mingbai.capture import commands
    from mingbai.capture.recognition.found import FIELD_NAMES

    made = commands.train(on_step=click.echo)
    new, old = made.figures["heldout"], made.figures["in_use"]
    click.echo(f"模型 {made.version}：例子 {made.lines} 行，其中本地 {made.local_lines} 行。")
    click.echo("在留出的四个群上（没有参加训练）：")
    for name, word in _FIGURES.items():
        click.echo(f"  {word:　<10}{_figure(new[name])}    现在用的 {_figure(old[name])}")
    for part, words in (("kind", KINDS), ("field", FIELD_NAMES)):
        for label, row in new[part].items():
            precision, recall = _figure(row["precision"]), _figure(row["recall"])
            click.echo(f"  {words[label]:　<8}准 {precision}  全 {recall}  共 {row['n']}")
    if made.fate == made.Fate.REFUSED:
        click.echo(f"没有启用：{made.reason}。现在的模型照旧。")
    else:
        click.echo("已启用，后台任务下一次读消息时就用它。")


_FIGURES = {
    "found": "找到的诉求",
    "precision": "认出的是对的",
    "precision_sure": "有把握的是对的",
    "found_by_sure": "有把握找到的",
    "strays_per_1000": "每千条误认闲话",
    "clue_recall": "线索认出",
    "clue_precision": "封存的是线索",
    "urgent_recall": "紧急认出",
}


def _figure(value: float | None) -> str:
    return "没有" if value is None else f"{value:.3f}"


def models() -> None:
    """List the kept versions."""
    project.set_up()
    from mingbai.capture.queries.quality import trained_models

    for made in trained_models():
        reason = f"  {made.reason}" if made.reason else ""
        click.echo(
            f"{made.version}  {made.made_at:%Y-%m-%d %H:%M}  {made.get_fate_display()}"
            f"  例子 {made.lines} 行，本地 {made.local_lines} 行{reason}"
        )
    click.echo("shipped  随程序来的模型。要换回某个版本：mingbai capture use 版本")


def use(version: str) -> None:
    """Go back to a version."""
    project.set_up()
    from mingbai.capture import commands

    commands.use_model(version)
    click.echo(f"已换成 {version}，后台任务下一次读消息时就用它。")


def drift() -> None:
    """Print per county and month how sure the machine was and how often it was right."""
    project.set_up()
    from mingbai.capture.queries.quality import drift as months
    from mingbai.kernel import scopes
    from mingbai.regions import queries as regions

    empty = True
    for county in regions.counties():
        with scopes.enter(scope=county):
            rows = months(county)
        for row in rows:
            empty = False
            click.echo(_line(county, row))
    if empty:
        click.echo("还没有核对记录。")


def _line(county: str, row: Mapping[str, Any]) -> str:
    return (
        f"{county}  {row['month']:%Y-%m}  {row['model']}  认出 {row['count']}  "
        f"平均把握 {row['confidence']:.2f}  核对 {row['ruled']}  "
        f"属实 {_figure(row['confirmed'])}  改过才立 {_figure(row['corrected'])}"
    )
