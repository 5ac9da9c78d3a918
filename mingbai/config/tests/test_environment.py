"""What comes from outside: keys, ports, addresses; wrong ones get a sentence, secrets are not shown."""

from __future__ import annotations

import json
import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mingbai.config import environment
from mingbai.config.environment import ConfigurationError


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINGBAI_DATA", str(tmp_path / "var"))
    monkeypatch.delenv("MINGBAI_KEYS", raising=False)
    return tmp_path / "var"


def test_keys_are_made_once_and_only_this_account_can_read_them(data: Path) -> None:
    made = environment.application_secrets()
    file = data / "keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(made) == ["contacts", "django", "pepper"]
    assert len(set(made.values())) == 3
    assert all(len(value) == 64 for value in made.values())
    assert environment.application_secrets() == made
    assert [p.name for p in data.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_keys_that_others_can_read_or_write_are_refused(data: Path, mode: int) -> None:
    environment.application_secrets()
    (data / "keys.json").chmod(mode)
    with pytest.raises(
        ConfigurationError, match=r"密钥文件 .*keys\.json 别人也能读，请先执行 chmod 600。"
    ):
        environment.application_secrets()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '{"django": "x"}',
        json.dumps({"django": "0" * 64, "contacts": "0" * 63, "pepper": "0" * 64}),
        json.dumps({"django": "0" * 64, "contacts": None, "pepper": "0" * 64}),
    ],
)
def test_broken_keys_are_refused_and_never_made_anew(data: Path, content: str) -> None:
    data.mkdir()
    file = data / "keys.json"
    file.write_text(content, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="不完整，请从备份恢复，不要新建。") as refused:
        environment.application_secrets()
    assert file.read_text(encoding="utf-8") == content
    assert "0000" not in str(refused.value)
    assert refused.value.__context__ is None


def test_processes_that_start_together_share_one_set_of_keys(data: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: environment.application_secrets(), range(16)))
    assert all(keys == made[0] for keys in made)


def test_the_keys_may_lie_elsewhere(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINGBAI_KEYS", str(tmp_path / "safe" / "k.json"))
    environment.application_secrets()
    assert (tmp_path / "safe" / "k.json").exists()
    assert not data.exists()


def test_secrets_are_not_shown_by_repr_or_logs(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys = environment.application_secrets()
    entry = environment.database("postgresql://app:pass%40word@host/mingbai")
    assert entry["PASSWORD"] == "pass@word"
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("%r %r %s", keys, entry, [entry["PASSWORD"]])
    for secret in [*keys.values(), entry["PASSWORD"]]:
        assert str(secret) not in caplog.text
        assert str(secret) not in repr(keys) + repr(entry)
    assert "（不显示）" in caplog.text


def test_django_s_own_keys_are_not_shown_either() -> None:
    from django.conf import settings

    for name in ("SECRET_KEY", "CONTACT_KEY", "PEPPER", "KEYS", "DATABASES"):
        shown = repr(getattr(settings, name))
        assert settings.SECRET_KEY[:8] not in shown
        assert settings.CONTACT_KEY[:8] not in shown
        assert settings.PEPPER[:8] not in shown


@pytest.mark.parametrize(
    "text", ["0", "65536", "-1", "80 ", "", "http", "８０００", "²", "8000.0", "999999999999"]
)
def test_a_wrong_port_is_told_with_its_range(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MINGBAI_PORT", text)
    with pytest.raises(
        ConfigurationError, match=f"MINGBAI_PORT 应是 1 到 65535 之间的数，现在是“{text}”。"
    ):
        environment.port()


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("8000", 8000), ("65535", 65535), ("00080", 80)]
)
def test_a_port_is_a_number(monkeypatch: pytest.MonkeyPatch, text: str, number: int) -> None:
    monkeypatch.setenv("MINGBAI_PORT", text)
    assert environment.port() == number


def test_without_a_port_it_is_8000(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINGBAI_PORT", raising=False)
    assert environment.port() == 8000


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            "postgresql://app:s%2Fx@db.county:5433/mingbai",
            ("mingbai", "app", "s/x", "db.county", "5433"),
        ),
        (
            "postgres://app@/mingbai?host=/run/db&port=5432",
            ("mingbai", "app", "", "/run/db", "5432"),
        ),
        ("postgresql://app@[::1]/%E6%98%8E", ("明", "app", "", "::1", "")),
    ],
)
def test_a_database_address_is_taken_apart(url: str, parts: tuple[str, ...]) -> None:
    entry = environment.database(url)
    assert tuple(entry[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == parts
    assert entry["CONN_HEALTH_CHECKS"] is True


def test_other_words_of_the_address_reach_the_driver() -> None:
    assert environment.database("postgresql://a@h/d?sslmode=verify-full")["OPTIONS"] == {
        "connect_timeout": 5,
        "keepalives_idle": 15,
        "sslmode": "verify-full",
    }


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://a:secret@h/d", "DATABASE_URL 应以 postgresql:// 开头，明白只用 PostgreSQL。"),
        ("sqlite:///secret.db", "DATABASE_URL 应以 postgresql:// 开头，明白只用 PostgreSQL。"),
        ("", "DATABASE_URL 应以 postgresql:// 开头，明白只用 PostgreSQL。"),
        (
            "postgresql://a:secret@h:port/d",
            "DATABASE_URL 写得不对，请检查主机和端口；密码里的特殊字符要写成 %xx。",
        ),
        (
            "postgresql://a:secret@h:99999/d",
            "DATABASE_URL 写得不对，请检查主机和端口；密码里的特殊字符要写成 %xx。",
        ),
        (
            "postgresql://a:secret@[::1/d",
            "DATABASE_URL 写得不对，请检查主机和端口；密码里的特殊字符要写成 %xx。",
        ),
        (
            "postgresql://a:secret@h",
            "DATABASE_URL 没写数据库名，应像 postgresql://用户@主机/库名。",
        ),
        (
            "postgresql://a:secret@h/",
            "DATABASE_URL 没写数据库名，应像 postgresql://用户@主机/库名。",
        ),
    ],
)
def test_a_wrong_database_address_is_told_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        environment.database(url)
    assert str(refused.value) == sentence
    assert "secret" not in sentence
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("1", True),
        ("true", True),
        ("ON", True),
        ("yes", True),
        ("0", False),
        ("", False),
        ("no", False),
    ],
)
def test_a_switch_is_on_by_these_words_only(
    monkeypatch: pytest.MonkeyPatch, text: str, on: bool
) -> None:
    monkeypatch.setenv("MINGBAI_DEMO", text)
    assert environment.flag("MINGBAI_DEMO") is on


def test_folders_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MINGBAI_DATA", str(tmp_path / "a" / ".." / "b"))
    monkeypatch.setenv("MINGBAI_BUILD", str(tmp_path / "build"))
    monkeypatch.delenv("MINGBAI_STATIC", raising=False)
    assert environment.data_folder() == tmp_path / "b"
    assert environment.static_folder() == tmp_path / "build" / "collected"
