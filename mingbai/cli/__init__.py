"""cli 命令: the ``mingbai`` command, help in Chinese, over the same commands and queries as the pages."""

from __future__ import annotations

from mingbai.cli.command import main

__all__ = ["main"]
