"""Backs up a running database with its media and keys, and restores such a backup.

A backup is one folder, there only when complete, private to whoever made it:

- ``postgres/``  from ``pg_basebackup`` with the log it needs; ``backup_manifest`` covers its files
- ``media/``     copied after the database, so that every row of the copy finds its file
- ``secrets.json``, ``keys.json``  passwords and keys; without them the rest cannot be read
- ``files.sha256``  checksums of all that PostgreSQL's own manifest does not cover
- ``backup.json``   when, which versions, how large, the checksum of ``files.sha256`` and its own

Together every byte is covered. ``restore`` verifies first, sets
what it replaces aside, and deletes that only after the restored database has come up once. A
restore that was killed leaves a mark: no start takes the half for a whole, a second restore ends it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from mingbai.kernel.database.binaries import Programs, find
from mingbai.kernel.database.errors import BackupBroken, DatabaseProblem, NotRunning, RestoreRefused
from mingbai.kernel.database.files import exclusive, write_private
from mingbai.kernel.database.places import SYSTEM, Place, bare_environment
from mingbai.kernel.database.roles import SUPERUSER
from mingbai.kernel.database.server import UNFINISHED, Live, Server

Progress = Callable[[float, str], None]
"""Told the fraction done (0 to 1) and, in Chinese, what is being done."""

KEYS = "keys.json"
SMALL = ("secrets.json", KEYS)
# What pg_verifybackup leaves to others: the log (it reads only the needed records) and two files.
UNCOVERED = ("postgres/pg_wal/", "postgres/postgresql.auto.conf", "postgres/backup_manifest")
_STEP = re.compile(r"(\d+)/(\d+) kB")
_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Summary:
    """What ``backup.json`` says."""

    made_at: str
    """Moment given by the caller, ISO 8601 with offset."""
    release: str
    postgres: str
    """Version of PostgreSQL, for example ``18.6``."""
    database_bytes: int
    media_bytes: int
    media_files: int
    files_sha256: str

    @property
    def major(self) -> int:
        """Return PostgreSQL's major version, which the restoring programs must have."""
        return int(self.postgres.split(".")[0])


def backup(
    live: Live,
    target: Path,
    *,
    at: datetime,
    release: str = "",
    on_progress: Progress = lambda _fraction, _label: None,
) -> Summary:
    """Back up a running database into the new folder ``target`` and verify the copy.

    Raises ``DatabaseProblem`` when ``target`` is taken or the copy fails; nothing is left then.
    Raises ``AlreadyRunning`` while another backup is made beside it.
    """
    target = target.expanduser().resolve()
    if target.exists():
        raise DatabaseProblem(f"{target} 已经有了，请换一个新的备份文件夹。")
    programs = find(_server_major(live))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with exclusive(target.parent / ".backup.lock"):
        # One name for all, so that the next backup clears away what a killed one left.
        part = target.with_name(".backup.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        summary = _fill(live, programs, part, at=at, release=release, on_progress=on_progress)
        part.rename(target)
        _flush(target.parent)
    on_progress(1.0, "备份完毕")
    return summary


def _fill(
    live: Live,
    programs: Programs,
    part: Path,
    *,
    at: datetime,
    release: str,
    on_progress: Progress,
) -> Summary:
    """Make a complete and verified backup in the folder ``part``, or none."""
    try:
        _copy_database(live, programs, part / "postgres", on_progress)
        on_progress(0.75, "正在复制附件")
        _copy_tree(live.data / "media", part / "media")
        for name in SMALL:
            if (live.data / name).exists():
                _copy_file(live.data / name, part / name)
        on_progress(0.85, "正在登记校验码")
        summary = _write_summary(part, programs, at, release)
        verify(part, on_progress=lambda done, label: on_progress(0.9 + done / 11, label))
    except OSError as problem:
        shutil.rmtree(part, ignore_errors=True)
        raise DatabaseProblem(f"备份没有完成：{_reason(str(problem))}。") from problem
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return summary


def verify(source: Path, *, on_progress: Progress = lambda _fraction, _label: None) -> Summary:
    """Read every byte of a backup and compare; raises ``BackupBroken`` naming the first bad file."""
    source = source.expanduser().resolve()
    summary = _read_summary(source)
    on_progress(0.0, "正在核对附件和密钥")
    listing = source / "files.sha256"
    if not listing.is_file() or _digest(listing) != summary.files_sha256:
        raise _broken("files.sha256")
    expected = dict(_listed(listing))
    present = {name for name in _names(source) if _is_ours(name)}
    for name in sorted(expected.keys() | present):
        if name not in present or _digest(source / name) != expected.get(name):
            raise _broken(name)
    on_progress(0.2, "正在核对数据库文件")
    programs = find(summary.major)
    checked = subprocess.run(
        [programs.path("pg_verifybackup"), "--quiet", str(source / "postgres")],
        env=bare_environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if checked.returncode != 0:
        named = _QUOTED.search(checked.stderr)
        raise _broken(f"postgres/{named[1] if named else 'pg_wal'}")
    on_progress(1.0, "核对完毕")
    return summary


def restore(
    source: Path,
    data: Path,
    *,
    force: bool = False,
    system: Path = SYSTEM,
    on_progress: Progress = lambda _fraction, _label: None,
) -> Summary:
    """Put a verified backup into a data folder and prove that it starts; it is stopped afterwards.

    With ``force`` it replaces what is there; without, it raises ``RestoreRefused``. When the
    restored database does not start, everything is as it was before. Keys that differ from the
    backup's are kept beside it. Raises ``BackupBroken``, ``AlreadyRunning``, ``ProgramsMissing``.
    """
    source = source.expanduser().resolve()
    summary = verify(source, on_progress=lambda done, label: on_progress(done * 0.4, label))
    server = Server(data, system=system)
    with ExitStack() as locks:
        place = server.take(locks)
        mark = place.data / UNFINISHED
        if not force and not mark.exists():
            _refuse_overwriting(place)
        on_progress(0.4, "正在放回数据")
        try:
            fresh = _copies(source, place, on_progress)
        except OSError as problem:
            _clear_rooms(place)
            raise DatabaseProblem(f"恢复没有完成：{_reason(str(problem))}。") from problem
        write_private(mark, f"{source}\n")
        _swap(fresh)
        try:
            on_progress(0.9, "正在试着启动恢复好的数据库")
            server.start_at(place, ExitStack()).stop()
        except BaseException:
            _swap_back(fresh)
            _clear_rooms(place)
            mark.unlink()
            raise
        _drop_replaced(fresh)
        mark.unlink()
        _clear_rooms(place)
    on_progress(1.0, "恢复完毕")
    return summary


def _server_major(live: Live) -> int:
    try:
        with psycopg.connect(live.superuser_url) as connection:
            return connection.info.server_version // 10000
    except psycopg.OperationalError:
        raise NotRunning("数据库没有回应，不能备份。请先确认明白正在运行。") from None


def _copy_database(live: Live, programs: Programs, target: Path, on_progress: Progress) -> None:
    command = [
        programs.path("pg_basebackup"),
        *("--pgdata", str(target), "--wal-method", "stream", "--checkpoint", "fast"),
        *("--manifest-checksums", "SHA256", "--progress", "--no-password"),
    ]
    to = {
        "PGHOST": str(live.sockets),
        "PGPORT": str(live.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": live.passwords[SUPERUSER],
    }
    said: list[str] = []
    with subprocess.Popen(
        command,
        env=bare_environment() | to,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as copying:
        for line in copying.stderr or ():
            said.append(line)
            if (step := _STEP.search(line)) and int(step[2]):
                on_progress(0.75 * min(1.0, int(step[1]) / int(step[2])), "正在复制数据库")
    if copying.returncode != 0:
        raise DatabaseProblem(f"备份没有完成：{_reason(''.join(said))}。")


def _reason(said: str) -> str:
    if "No space left on device" in said:
        return "磁盘满了，请腾出空间后再试"
    return said.strip().rpartition("\n")[2] or "数据库没有回应"


def _write_summary(part: Path, programs: Programs, at: datetime, release: str) -> Summary:
    listing = part / "files.sha256"
    lines = [f"{_digest(part / name)}  {name}\n" for name in _names(part) if _is_ours(name)]
    write_private(listing, "".join(lines))
    sizes = {name: (part / name).stat().st_size for name in _names(part)}
    media = [size for name, size in sizes.items() if name.startswith("media/")]
    summary = Summary(
        made_at=at.isoformat(),
        release=release,
        postgres=programs.version,
        database_bytes=sum(size for name, size in sizes.items() if name.startswith("postgres/")),
        media_bytes=sum(media),
        media_files=len(media),
        files_sha256=_digest(listing),
    )
    text = {**asdict(summary), "checksum": _checksum(summary)}
    write_private(part / "backup.json", json.dumps(text, indent=1))
    return summary


def _read_summary(source: Path) -> Summary:
    try:
        said = json.loads((source / "backup.json").read_text(encoding="utf-8"))
        checksum = said.pop("checksum")
        summary = Summary(**said)
    except FileNotFoundError:
        raise BackupBroken(f"{source} 不是完整的备份：缺少 backup.json。") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _broken("backup.json") from None
    if checksum != _checksum(summary):
        raise _broken("backup.json")
    return summary


def _checksum(summary: Summary) -> str:
    return hashlib.sha256(json.dumps(asdict(summary)).encode()).hexdigest()


def _listed(listing: Path) -> Iterator[tuple[str, str]]:
    for line in listing.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        digest, _, name = line.partition("  ")
        yield name, digest


def _names(root: Path) -> list[str]:
    """Return every file of a backup, relative to it."""
    return sorted(
        os.path.relpath(Path(folder, name), root)
        for folder, _, files in os.walk(root)
        for name in files
    )


def _is_ours(name: str) -> bool:
    if name.startswith("postgres/"):
        return name.startswith(UNCOVERED)
    return name not in {"files.sha256", "backup.json"}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _broken(name: str) -> BackupBroken:
    return BackupBroken(f"备份已损坏，不能用来恢复：文件 {name} 与备份时不一样。请改用另一份备份。")


def _refuse_overwriting(place: Place) -> None:
    if place.exists:
        raise RestoreRefused(f"{place.data} 里已有数据库。确实要用备份替换它，请加上 --force。")
    media = place.data / "media"
    if media.is_dir() and any(media.iterdir()):
        raise RestoreRefused(f"{place.data} 里已有附件。确实要用备份替换它们，请加上 --force。")


def _copies(source: Path, place: Place, on_progress: Progress) -> list[tuple[Path, Path]]:
    """Copy the backup to where a rename puts it in place; return pairs of copy and final path."""
    _clear_rooms(place)
    rooms = _rooms(place)
    for room in rooms:
        room.mkdir(mode=0o700, exist_ok=True)
    cluster, media = rooms[0] / "postgres", rooms[1] / "media"
    # PostgreSQL itself flushes a restored cluster to disk when it starts for the first time.
    _copy_tree(source / "postgres", cluster, flush=False)
    place.account.give_tree(cluster)
    on_progress(0.75, "正在放回附件")
    _copy_tree(source / "media", media)
    pairs = [(cluster, place.cluster), (media, place.data / "media")]
    for name in SMALL:
        if (source / name).exists():
            _copy_file(source / name, rooms[1] / name)
            pairs.append((rooms[1] / name, place.data / name))
    return pairs


def _rooms(place: Place) -> list[Path]:
    """Return where copies wait: the cluster may lie on another file system than the rest."""
    return [folder / ".restore" for folder in (place.home, place.data)]


def _clear_rooms(place: Place) -> None:
    for room in _rooms(place):
        shutil.rmtree(room, ignore_errors=True)


def _aside(final: Path) -> Path:
    return final.with_name(f"{final.name}.replaced")


def _swap(pairs: list[tuple[Path, Path]]) -> None:
    for fresh, final in pairs:
        if _aside(final).exists():  # the true original, set aside by a restore that was killed
            _delete(final)
        elif final.exists():
            final.rename(_aside(final))
        fresh.rename(final)


def _swap_back(pairs: list[tuple[Path, Path]]) -> None:
    for _, final in pairs:
        _delete(final)
        if _aside(final).exists():
            _aside(final).rename(final)


def _drop_replaced(pairs: list[tuple[Path, Path]]) -> None:
    for _, final in pairs:
        old = _aside(final)
        if final.name == KEYS and old.exists() and old.read_bytes() != final.read_bytes():
            # Something may still be encrypted with them; a lost key cannot be made again.
            old.rename(final.with_name(f"keys.before-restore-{_digest(old)[:8]}.json"))
        _delete(old)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy_tree(source: Path, target: Path, *, flush: bool = True) -> None:
    """Copy folders and plain files, private to ourselves; links are left out."""
    target.mkdir(mode=0o700)
    if not source.is_dir():
        return
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            _copy_tree(Path(entry.path), target / entry.name, flush=flush)
        elif entry.is_file(follow_symlinks=False):
            _copy_file(Path(entry.path), target / entry.name, flush=flush)
    if flush:
        _flush(target)


def _copy_file(source: Path, target: Path, *, flush: bool = True) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o600)
    if flush:
        _flush(target)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
