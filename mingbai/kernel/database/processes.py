"""Which PostgreSQL processes live on a cluster, and how to end them for good (Linux, ``/proc``).

A process belongs to a cluster when it is called ``postgres`` and its working folder is that very
folder (compared by inode): a recycled process number or an operator's shell never qualifies.
"""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

from mingbai.kernel.database.errors import StartFailed

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
FAST_LIMIT, IMMEDIATE_LIMIT, KILL_LIMIT = 60.0, 10.0, 30.0
"""Seconds a process gets to end after each signal, before the next, harsher one."""


def started(pid: int) -> int | None:
    """Return when the process started (clock ticks since boot), or None when it is gone."""
    stat = _stat(pid)
    return int(stat[19]) if stat else None


def on_cluster(pid: int, cluster: Path) -> bool:
    """Return whether this live process is a PostgreSQL process of the cluster."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(encoding="ascii", errors="replace").strip()
        return name == "postgres" and Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:
        return False


def all_on_cluster(cluster: Path) -> set[int]:
    """Return every PostgreSQL process of the cluster: postmaster, backends, orphans."""
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {pid for pid in numbers if on_cluster(pid, cluster)}


def end_all(cluster: Path) -> None:
    """End every PostgreSQL process of the cluster and return when all are gone.

    A living postmaster is shut down in order. Children that outlived a killed postmaster are told
    to quit: their shared memory is lost anyway, and the next start recovers from the log.
    """
    postmaster = written_pid(cluster)
    alive = all_on_cluster(cluster)
    if postmaster in alive:
        _end(postmaster, cluster, (FAST, FAST_LIMIT), (IMMEDIATE, IMMEDIATE_LIMIT))
    for pid in all_on_cluster(cluster):
        _end(pid, cluster, (IMMEDIATE, IMMEDIATE_LIMIT))


def written_pid(cluster: Path) -> int:
    """Return the number in the cluster's ``postmaster.pid``, or 0 when there is none."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
        return int(lines.split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _end(pid: int, cluster: Path, *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal and wait its seconds, then kill.

    The process may be anybody's child: it is watched through a pidfd, so an unreaped zombie counts
    as ended and a recycled number is never hit.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if not on_cluster(pid, cluster):
            return
        watch = select.poll()
        watch.register(handle, select.POLLIN)
        for number, seconds in (*steps, (signal.SIGKILL, KILL_LIMIT)):
            try:
                signal.pidfd_send_signal(handle, number)
            except ProcessLookupError:
                return
            if watch.poll(seconds * 1000):
                return
    finally:
        os.close(handle)
    raise StartFailed(f"上次留下的数据库进程 {pid} 结束不掉，请检查磁盘，必要时重启机器。")


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    # The name in brackets may hold spaces; the fields after the last bracket start with the state.
    return text.rpartition(")")[2].split()
