"""Small private files, written whole or not at all, and locks on folders."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mingbai.kernel.database.errors import AlreadyRunning


def write_private(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace ``path`` in one step; it is on disk before its name shows the new content."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def exclusive(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of ``path`` for the block; a killed holder's lock falls with it.

    Raises ``AlreadyRunning`` with the holder's process number unless ``wait``.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            raise AlreadyRunning(
                f"文件夹 {path.parent} 已在使用中（进程 {holder or '未知'}）。请先停下它，再试一次。"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
