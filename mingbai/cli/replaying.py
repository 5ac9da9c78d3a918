"""`mingbai capture replay`: an export through the pipeline, or only its recognition."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mingbai.cli import django as project


def predict(file: Path, out: Path) -> None:
    """Recognise in memory, without a database, and write one case a line."""
    from mingbai.capture.recognition.predict import predict as recognise
    from mingbai.connectors.files import chat

    rows = [{n: v for n, v in row.items() if n != "said_at"} for row in chat.rows(file)]
    found = recognise(rows)
    text = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in found)
    out.write_text(text, encoding="utf-8")
    click.echo(f"读了 {len(rows)} 条，认出 {len(found)} 件，写到 {out}。")


def replay(file: Path, county: str, groups: Path | None) -> None:
    """Take an export in and read it; print what became of it."""
    from mingbai.connectors.files import chat

    messages = chat.messages(file)
    given = chat.groups(groups) if groups else None
    project.set_up()
    from mingbai.capture import commands

    report = commands.replay(county=county, messages=messages, groups=given)
    got, done = report.received, report.digested
    click.echo(
        f"{report.groups} 个群，新收 {got.new} 条，重复 {got.again} 条，因不同意采集未存 {got.dropped} 条。"
    )
    click.echo(f"直接立件 {done.filed} 件，待核对 {done.review} 条，并入已有件 {done.joined} 条。")
    for code, name in report.made:
        click.echo(f"县里没有唯一叫“{name}”的村，已建本地单元 {code}。")
