"""Folders that another system user can enter, and the end of every server a test left running."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mingbai.kernel.database import Server, processes


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that everybody may enter (pytest's own folders are private to root)."""
    folder = Path(tempfile.mkdtemp(prefix="mingbai-test-"))
    folder.chmod(0o755)
    yield folder
    for cluster in folder.rglob("PG_VERSION"):
        if cluster.parent.name == "postgres":
            processes.end_all(cluster.parent)
    shutil.rmtree(folder)


@pytest.fixture
def serve(room: Path) -> Callable[..., Server]:
    """Make a server over ``room/var`` (or the named folder), its private places inside the room."""

    def make(data: Path | None = None, **options) -> Server:
        return Server(data or room / "var", system=room / "system", **options)

    return make
