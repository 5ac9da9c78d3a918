"""Every gate in one go: `python -m tools.check [name …]`. Exit status 1 when one does not hold."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LOCKS = (
    "requirements/base.txt",
    "requirements/dev.txt",
    "requirements/node.txt",
    "package-lock.json",
    ".npmrc",
)
ADDRESS = re.compile(r"https?://|--(?:extra-)?index-url|\bregistry\b(?!-resolved)|\"resolved\"")


def run(*command: str) -> Callable[[], int]:
    """Return a gate that runs a program of the virtual environment."""

    def gate() -> int:
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mingbai.config.settings"}
        program = str(BIN / command[0]) if (BIN / command[0]).exists() else command[0]
        return subprocess.run(
            [program, *command[1:]], cwd=ROOT, env=environment, check=False
        ).returncode

    return gate


def no_addresses() -> int:
    """No lock file names where a part is downloaded from."""
    bad = 0
    for name in LOCKS:
        for number, line in enumerate(
            (ROOT / name).read_text(encoding="utf-8").splitlines(), start=1
        ):
            if ADDRESS.search(line) and '"url":' not in line:  # where authors ask for funding
                print(f"{name}:{number}: {line.strip()[:120]}")
                bad = 1
    return bad


GATES: dict[str, Callable[[], int]] = {
    "ruff": run("ruff", "check", "."),
    "format": run("ruff", "format", "--check", "."),
    "imports": run("lint-imports"),
    "templates": run("djlint", "--lint", "--quiet", "mingbai"),
    "deptry": run("deptry", "."),
    "locks": no_addresses,
    "migrations": run(
        "python", "-m", "django", "makemigrations", "--check", "--dry-run", "--verbosity", "0"
    ),
    "mypy": run("mypy"),
}


def main(names: list[str]) -> int:
    """Run the named gates, or all; print one line for each."""
    failed = []
    for name in names or list(GATES):
        begun = time.monotonic()
        code = GATES[name]()
        print(
            f"{'ok  ' if code == 0 else 'FAIL'} {name} ({time.monotonic() - begun:.1f} s)",
            flush=True,
        )
        if code:
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
