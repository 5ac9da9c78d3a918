"""SIGKILL everything while people write: nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mingbai.kernel.database import Server
from mingbai.kernel.database.server import erase

ROOT = Path(__file__).parents[1]
WRITER = """
import os, sys, uuid
os.environ["DJANGO_SETTINGS_MODULE"] = "mingbai.config.settings"
import django; django.setup()
from datetime import timedelta
from mingbai.accounts import queries as people
from mingbai.accounts.models import Person
from mingbai.capture import commands as capture
from mingbai.capture.events import InboundMessage
from mingbai.capture.models import ChatGroup
from mingbai.cases import commands as cases
from mingbai.kernel import clock, scopes
with scopes.enter(scope="3505"):
    who = people.actor_for(Person.objects.get(login="officer").pk)
    group = ChatGroup.objects.get(external_id="g-350525101201").pk
n = 0
while True:
    n += 1
    with scopes.enter(scope="350525"):
        number = cases.submit_case(
            actor=who, token=uuid.uuid4(), region="350525101201", source="desk", field="road",
            text=f"村口第 {n} 处路面又塌了，过路要小心。", phone="13800005555",
        )
    print("case", number, flush=True)
    with scopes.enter(scope="350525"):
        now = clock.now()
    capture.receive(group_id=group, county="350525", messages=[
        InboundMessage(f"crash-{n}", "g-350525101201", "", "k1", "villager", now, "text", f"水尾桥第 {n} 盏路灯不亮了，麻烦修一下")
    ])
    print("message", f"crash-{n}", flush=True)
"""


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A data folder of its own with the small county in it; the server is stopped again."""
    data = tmp_path / "data"
    environment = os.environ | {
        "MINGBAI_DATA": str(data),
        "MINGBAI_DEMO": "1",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("MINGBAI_KEYS", None)
    yield data, environment
    erase(data)


def urls(server: object, environment: dict[str, str]) -> dict[str, str]:
    return environment | {"DATABASE_URL": server.app_url, "MINGBAI_OWNER_URL": server.owner_url}  # type: ignore[attr-defined]


def run(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_killing_postgres_and_the_worker_loses_nothing_acknowledged(
    plant: tuple[Path, dict[str, str]],
) -> None:
    data, environment = plant
    server = Server(data).start()
    live = urls(server, environment)
    assert run("-m", "mingbai", "migrate", environment=live).returncode == 0
    seeded = run("tests/seed.py", environment=live)
    assert seeded.returncode == 0, seeded.stderr
    acknowledged: list[str] = []
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER], cwd=ROOT, env=live, stdout=subprocess.PIPE, text=True
        )
        worker = subprocess.Popen(
            [sys.executable, "-m", "mingbai", "worker"],
            cwd=ROOT,
            env=live,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert writer.stdout is not None
        for _ in range(30):
            acknowledged.append(writer.stdout.readline().strip())
        worker.kill()
        os.kill(server.pid, signal.SIGKILL)
        writer.kill()
        acknowledged += [line.strip() for line in writer.stdout.read().splitlines() if line.strip()]
        writer.wait()
        worker.wait()
        server.stop()
        server = Server(data).start()
        live = urls(server, environment)
    try:
        checked = run("-m", "mingbai", "verify", environment=live)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        numbers, messages = _kept(server.superuser_url)
        said = [line.split(" ", 1) for line in acknowledged if " " in line]
        assert len(said) >= 90
        lost = [
            what for kind, what in said if what not in (numbers if kind == "case" else messages)
        ]
        assert lost == []
    finally:
        server.stop()


def _kept(superuser_url: str) -> tuple[set[str], set[str]]:
    import psycopg
    from psycopg.conninfo import make_conninfo

    with psycopg.connect(make_conninfo(superuser_url, dbname="mingbai")) as connection:
        numbers = [row[0] for row in connection.execute("SELECT number FROM cases_case")]
        messages = [row[0] for row in connection.execute("SELECT external_id FROM capture_seen")]
    assert len(numbers) == len(set(numbers))
    return set(numbers), {m.partition(":")[2] for m in messages}
