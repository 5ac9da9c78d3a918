"""Folders that another system user can enter, and the end of every server a test left running."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mingbai.kernel.database import Running, Server, processes

FAST = {"fsync": "off"}
"""Only processes are killed here, never the machine, so flushing is left to the system."""


@contextmanager
def open_folder() -> Iterator[Path]:
    """Give a folder that everybody may enter (pytest's own are private to root)."""
    folder = Path(tempfile.mkdtemp(prefix="mingbai-test-", dir=_base()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for mark in folder.rglob("PG_VERSION"):
            if (mark.parent / "postmaster.pid").exists():
                processes.end_all(mark.parent)
        shutil.rmtree(folder)


def _base() -> str | None:
    """Return memory's folder if it has room and runs programs: a cluster is copied there at once."""
    memory = "/dev/shm"  # noqa: S108
    try:
        system = os.statvfs(memory)
    except OSError:
        return None
    roomy = system.f_bavail * system.f_frsize > 2 * 1024**3
    return memory if roomy and not system.f_flag & os.ST_NOEXEC else None


@pytest.fixture
def room() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def seed() -> Iterator[Path]:
    """A data folder whose database has been made once; tests get copies of it."""
    with open_folder() as folder:
        Server(folder / "var", system=folder / "system", settings=FAST).start().stop()
        yield folder / "var"


@pytest.fixture
def serve(room: Path, seed: Path) -> Callable[..., Server]:
    """Make a server over ``room/var``, a copy of the seed, or over the named folder.

    Its private places are inside the room. ``settings=None`` gives the product's own settings.
    """

    def make(data: Path | None = None, **options) -> Server:
        if data is None and not (room / "var").exists():
            subprocess.run(["cp", "-a", seed, room / "var"], check=True)
        settings = options.pop("settings", {})
        if settings is not None:
            settings = FAST | settings
        return Server(data or room / "var", system=room / "system", settings=settings, **options)

    return make


@pytest.fixture(scope="module")
def shared(seed: Path) -> Iterator[Running]:
    """One running server for all tests of a module that change nothing others look at."""
    with open_folder() as folder:
        subprocess.run(["cp", "-a", seed, folder / "var"], check=True)
        with Server(folder / "var", settings=FAST).start() as running:
            yield running
