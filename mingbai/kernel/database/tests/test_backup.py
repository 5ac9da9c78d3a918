from __future__ import annotations

import errno
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest

from mingbai.kernel.database import (
    AlreadyRunning,
    BackupBroken,
    DatabaseProblem,
    NotRunning,
    ProgramsMissing,
    RestoreRefused,
    Server,
    StartFailed,
    attach,
    backup,
    binaries,
)
from mingbai.kernel.database.backup import Summary, restore, verify

AT = datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=8)))
VILLAGES = ["前埔", "后垵", "溪边"]


@dataclass
class Kept:
    folder: Path
    summary: Summary
    told: list[tuple[float, str]]


@pytest.fixture(scope="module")
def kept(shared) -> Iterator[Kept]:
    """A backup of three villages, one picture and the keys; tests that harm it heal it."""
    with psycopg.connect(shared.owner_url) as connection:
        connection.execute("CREATE TABLE village (name text)")
        connection.execute("INSERT INTO village SELECT unnest(%s::text[])", [VILLAGES])
    (shared.data / "media" / "2026").mkdir(parents=True)
    (shared.data / "media" / "2026" / "路灯.jpg").write_bytes(b"\xff\xd8 picture")
    (shared.data / "keys.json").write_text('{"contacts": "old"}')
    told: list[tuple[float, str]] = []
    folder = shared.data.parent / "backups" / "2026-11-21"
    live = attach(shared.data)
    summary = backup.backup(
        live, folder, at=AT, release="0.1.0", on_progress=lambda *step: told.append(step)
    )
    return Kept(folder, summary, told)


def villages(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM village")]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def flip(path: Path) -> bytes:
    """Change one byte in the middle; return what was there."""
    old = path.read_bytes()
    middle = len(old) // 2
    path.write_bytes(old[:middle] + bytes([old[middle] ^ 1]) + old[middle + 1 :])
    return old


def test_a_backup_says_what_it_holds(kept, shared):
    assert verify(kept.folder) == kept.summary
    assert kept.summary.made_at == "2026-11-21T09:30:00+08:00"
    assert kept.summary.postgres == binaries.find(shared.place.major).version
    assert (kept.summary.media_files, kept.summary.media_bytes) == (1, 10)
    listed = sum(
        path.stat().st_size for path in (kept.folder / "postgres").rglob("*") if path.is_file()
    )
    assert kept.summary.database_bytes == listed
    assert (kept.folder / "keys.json").read_text() == '{"contacts": "old"}'


def test_a_backup_is_private(kept):
    modes = {
        path: stat.S_IMODE(path.stat().st_mode) for path in (kept.folder, *kept.folder.rglob("*"))
    }
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_progress_only_grows_and_ends_at_one(kept):
    fractions = [fraction for fraction, _ in kept.told]
    assert fractions == sorted(fractions)
    assert (fractions[-1], kept.told[-1][1]) == (1.0, "备份完毕")
    assert "正在复制数据库" in {label for _, label in kept.told}


def test_a_taken_target_is_refused(kept, shared):
    before = kept.folder.stat().st_mtime_ns
    with pytest.raises(DatabaseProblem, match="已经有了，请换一个新的备份文件夹"):
        backup.backup(shared, kept.folder, at=AT)
    assert kept.folder.stat().st_mtime_ns == before


def test_without_a_server_there_is_no_backup(shared, tmp_path):
    live = replace(attach(shared.data), sockets=tmp_path)
    with pytest.raises(NotRunning, match="数据库没有回应"):
        backup.backup(live, tmp_path / "backup", at=AT)
    assert not (tmp_path / "backup").exists()


def test_a_copy_that_breaks_off_leaves_nothing(shared, tmp_path, monkeypatch):
    monkeypatch.setitem(shared.passwords, "postgres", "falsch")
    monkeypatch.setattr(backup, "_server_major", lambda _: shared.place.major)
    with pytest.raises(DatabaseProblem, match=r"备份没有完成：.*password authentication failed"):
        backup.backup(shared, tmp_path / "backup", at=AT)
    assert [path.name for path in tmp_path.iterdir()] == [".backup.lock"]


def test_a_restored_backup_holds_the_same(kept, room):
    told: list[tuple[float, str]] = []
    data = room / "new"
    summary = restore(
        kept.folder, data, system=room / "system", on_progress=lambda *step: told.append(step)
    )
    assert summary == kept.summary
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert attach(data) is None
    assert tree(data / "media") == tree(kept.folder / "media")
    assert (data / "keys.json").read_text() == '{"contacts": "old"}'
    assert not [path for path in data.iterdir() if path.name.startswith((".restore", "restore"))]
    with Server(data, system=room / "system").start() as running:
        assert villages(running.owner_url) == VILLAGES
        assert (running.place.cluster / "base").stat().st_uid == running.place.account.uid


BROKEN = (
    "postgres/global/pg_control",
    "postgres/backup_manifest",
    "media/2026/路灯.jpg",
    "secrets.json",
    "keys.json",
    "files.sha256",
    "backup.json",
)


def wal(folder: Path) -> str:
    return str(next((folder / "postgres" / "pg_wal").glob("0*")).relative_to(folder))


def largest(folder: Path) -> str:
    files = [path for path in (folder / "postgres" / "base").rglob("*") if path.is_file()]
    return str(max(files, key=lambda path: path.stat().st_size).relative_to(folder))


@pytest.mark.parametrize("name", [*BROKEN, wal, largest])
def test_one_changed_byte_is_refused_and_its_file_named(kept, room, name):
    name = name if isinstance(name, str) else name(kept.folder)
    old = flip(kept.folder / name)
    try:
        with pytest.raises(BackupBroken, match=f"备份已损坏，不能用来恢复：文件 {name} "):
            restore(kept.folder, room / "new", system=room / "system")
    finally:
        (kept.folder / name).write_bytes(old)
    assert list(room.iterdir()) == []


def test_a_missing_or_added_file_is_refused_and_named(kept):
    picture, added = kept.folder / "media/2026/路灯.jpg", kept.folder / "media/2026/又一张.jpg"
    picture.rename(added)
    try:
        with pytest.raises(BackupBroken, match=r"文件 media/2026/又一张\.jpg "):
            verify(kept.folder)
        shutil.copy(added, picture)
        with pytest.raises(BackupBroken, match=r"文件 media/2026/又一张\.jpg "):
            verify(kept.folder)
        added.unlink()
        verify(kept.folder)
    finally:
        if added.exists():
            added.rename(picture)


def test_half_a_backup_is_refused(tmp_path):
    with pytest.raises(BackupBroken, match=r"缺少 backup\.json"):
        verify(tmp_path)


def test_a_backup_of_another_version_is_refused(kept, room, monkeypatch):
    monkeypatch.setattr(binaries, "_candidates", lambda: iter(()))
    monkeypatch.delenv("MINGBAI_PG_BIN", raising=False)
    with pytest.raises(ProgramsMissing):
        restore(kept.folder, room / "new", system=room / "system")
    assert list(room.iterdir()) == []


# Over an existing database


@pytest.fixture
def other(serve, room) -> Path:
    """A data folder with a database, a picture and keys of its own."""
    with serve().start() as running, psycopg.connect(running.owner_url) as connection:
        connection.execute("CREATE TABLE other (id int)")
    (room / "var" / "media").mkdir()
    (room / "var" / "media" / "other.jpg").write_bytes(b"other")
    (room / "var" / "keys.json").write_text('{"contacts": "new"}')
    return room / "var"


def state(data: Path) -> dict[str, bytes]:
    return {
        name: text for name, text in tree(data).items() if name.startswith(("media", "keys", "sec"))
    }


def tables(serve) -> list[str]:
    with serve().start() as running, psycopg.connect(running.owner_url) as connection:
        return [
            row[0]
            for row in connection.execute(
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
            )
        ]


def test_an_existing_database_is_not_overwritten(kept, other, serve, room):
    before = state(other)
    with pytest.raises(RestoreRefused, match=r"里已有数据库。.*--force"):
        restore(kept.folder, other, system=room / "system")
    assert state(other) == before
    assert tables(serve) == ["other"]


def test_a_full_disk_leaves_everything_as_it_was(kept, other, serve, room, monkeypatch):
    before = state(other)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(DatabaseProblem, match=r"恢复没有完成：磁盘满了"):
            restore(kept.folder, other, force=True, system=room / "system")
    assert state(other) == before
    assert tables(serve) == ["other"]


def test_media_without_a_database_are_not_overwritten(kept, room):
    (room / "new" / "media").mkdir(parents=True)
    (room / "new" / "media" / "other.jpg").write_bytes(b"other")
    with pytest.raises(RestoreRefused, match="里已有附件"):
        restore(kept.folder, room / "new", system=room / "system")
    assert (room / "new" / "media" / "other.jpg").read_bytes() == b"other"


def test_a_running_database_is_not_overwritten(kept, shared):
    with pytest.raises(AlreadyRunning):
        restore(kept.folder, shared.data, force=True)
    assert villages(shared.owner_url) == VILLAGES


def test_force_replaces_everything_but_throws_no_key_away(kept, other, serve, room):
    restore(kept.folder, other, force=True, system=room / "system")
    assert tables(serve) == ["village"]
    assert tree(other / "media") == tree(kept.folder / "media")
    assert (other / "keys.json").read_text() == '{"contacts": "old"}'
    (aside,) = other.glob("keys.before-restore-*.json")
    assert aside.read_text() == '{"contacts": "new"}'
    assert not list(other.glob("*.replaced"))


def test_when_the_restored_database_does_not_start_all_is_as_before(
    kept, other, serve, room, monkeypatch
):
    before = state(other)

    def fail(*_: object) -> None:
        raise StartFailed("坏了")

    with monkeypatch.context() as patch:
        patch.setattr(Server, "start_at", fail)
        with pytest.raises(StartFailed, match="坏了"):
            restore(kept.folder, other, force=True, system=room / "system")
    assert state(other) == before
    assert tables(serve) == ["other"]


def test_after_a_killed_restore_nothing_starts_until_it_is_repeated(
    kept, other, serve, room, monkeypatch
):
    """The state right after a kill between taking the old away and trying the new."""
    (other / "restore.unfinished").write_text(f"{kept.folder}\n")
    (other / "postgres").rename(other / "postgres.replaced")
    with pytest.raises(StartFailed, match="上次恢复备份没有做完"):
        serve().start()
    assert not (other / "postgres").exists()
    restore(kept.folder, other, system=room / "system")
    assert tables(serve) == ["village"]
    names = {path.name for path in other.iterdir()}
    assert names & {"postgres.replaced", "restore.unfinished", ".restore"} == set()
