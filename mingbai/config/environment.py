"""What the operator sets from outside: environment variables and the generated secrets file.

Nothing here is logged. A value that is missing or malformed stops the start with a plain sentence.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]


KEYS = frozenset({"django", "contacts", "pepper"})


class ConfigurationError(Exception):
    """A setting that cannot be used; the message is Chinese and says what to do."""


class Secret(str):
    """A key or password: text like any other, except that ``repr`` (traces, dumps) does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'（不显示）'"


def data_folder() -> Path:
    """Return the folder that holds database, media and secrets (``MINGBAI_DATA``, default ``var``)."""
    return Path(os.environ.get("MINGBAI_DATA") or ROOT / "var").expanduser().resolve()


def build_folder() -> Path:
    """Return the folder of front-end parts made by ``tools.frontend`` (``MINGBAI_BUILD``)."""
    return Path(os.environ.get("MINGBAI_BUILD") or ROOT / "build").resolve()


def static_folder() -> Path:
    """Return where the pages' parts are gathered for serving (``MINGBAI_STATIC``, default in build)."""
    return Path(os.environ.get("MINGBAI_STATIC") or build_folder() / "collected").resolve()


def port() -> int:
    """Return the web port (``MINGBAI_PORT``, default 8000)."""
    text = os.environ.get("MINGBAI_PORT", "8000")
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise ConfigurationError(f"MINGBAI_PORT 应是 1 到 65535 之间的数，现在是“{text}”。")
    return int(text)


def flag(name: str) -> bool:
    """Return whether an environment switch is on (``1``, ``true``, ``yes``, ``on``)."""
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def seconds(name: str, usual: int) -> int:
    """Return a number of seconds from 0 to 600 set from outside, or the usual one."""
    text = os.environ.get(name, str(usual))
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 600:
        raise ConfigurationError(f"{name} 应是 0 到 600 之间的秒数，现在是“{text}”。")
    return int(text)


def application_secrets() -> dict[str, Secret]:
    """Return the keys of this installation, made at the first call and kept with mode 600.

    ``django`` signs sessions, ``contacts`` encrypts reporters' contact data, ``pepper`` keys the
    blind index over phone numbers. Environment ``MINGBAI_KEYS`` names another file.
    """
    path = Path(os.environ.get("MINGBAI_KEYS") or data_folder() / "keys.json")
    if not path.exists():
        _make_keys(path)
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(f"密钥文件 {path} 别人也能读，请先执行 chmod 600。")
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        whole = all(re.fullmatch(r"[0-9a-f]{64}", kept[name]) for name in KEYS)
    except (ValueError, KeyError, TypeError):
        kept, whole = {}, False
    if not whole:
        raise ConfigurationError(f"密钥文件 {path} 不完整，请从备份恢复，不要新建。")
    return {name: Secret(kept[name]) for name in sorted(KEYS)}


def _make_keys(path: Path) -> None:
    """Write new keys in one step; if another process was faster, its keys stay."""
    made = {name: secrets.token_hex(32) for name in sorted(KEYS)}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".keys-", dir=path.parent)  # mode 600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(handle)
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()


def database(url: str) -> dict[str, Any]:
    """Turn a ``postgresql://`` address into Django's ``DATABASES`` entry.

    Raises ``ConfigurationError`` for any other kind of address: PostgreSQL is the only database.
    """
    try:
        parts = urlsplit(url)
        number = parts.port
    except ValueError:
        raise ConfigurationError(
            "DATABASE_URL 写得不对，请检查主机和端口；密码里的特殊字符要写成 %xx。"
        ) from None
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ConfigurationError("DATABASE_URL 应以 postgresql:// 开头，明白只用 PostgreSQL。")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ConfigurationError("DATABASE_URL 没写数据库名，应像 postgresql://用户@主机/库名。")
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": Secret(unquote(parts.password or "")),
        "HOST": host,
        "PORT": query.pop("port", "") or (str(number) if number else ""),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "keepalives_idle": 15, **query},
    }
