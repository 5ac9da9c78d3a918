"""The command's words; each module beside this one holds one of them."""

from __future__ import annotations

import click

from mingbai.cli import django as project


@click.group(help="明白：村里的事，看得明白，办得明白。")
def main() -> None:
    """Gather the words of the command."""


@main.command(help="建好或升级数据库的表（用属主账户），并列出授给应用账户的权限。")
def migrate() -> None:
    """Migrate as the owner and print what was granted."""
    from mingbai.kernel.grants import BEFORE

    project.migrate()
    for statement in BEFORE:
        click.echo(f"已执行：{statement}")
    click.echo("数据库的表已是最新。")
