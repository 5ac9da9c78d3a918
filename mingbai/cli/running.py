"""Starting and stopping everything: database, web, worker, as children of one light process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from mingbai.config import environment

DEMO_PASSWORD = "mingbai-demo"  # noqa: S105 - printed on purpose; demo accounts only
WEB_PATIENCE = 60.0
STOP_PATIENCE = 15.0


def run(*, demo: bool, city: str) -> int:
    """Start database, prepare, web and worker; return when all is stopped again."""
    from mingbai.kernel.database import Server

    _need_frontend()
    data = environment.data_folder()
    port = _free_port(environment.port())
    own_server = bool(os.environ.get("DATABASE_URL"))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    running = None
    children: list[subprocess.Popen[bytes]] = []
    try:
        urls: dict[str, str] = {}
        if not own_server:
            click.echo(f"数据在 {data}")
            running = Server(data).start()
            urls = {"DATABASE_URL": running.app_url, "MINGBAI_OWNER_URL": running.owner_url}
        children_environment = (
            os.environ
            | urls
            | {
                "MINGBAI_DATA": str(data),
                "MINGBAI_PORT": str(port),
                "PYTHONUNBUFFERED": "1",
                "MINGBAI_DEMO": "1" if demo else os.environ.get("MINGBAI_DEMO", ""),
            }
        )
        _step(["prepare", "--demo" if demo else "--no-demo", "--city", city], children_environment)
        served = {k: v for k, v in children_environment.items() if k != "MINGBAI_OWNER_URL"}
        children = [_start(["web"], served), _start(["worker"], served)]
        if not _await_web(port, children[0], stop):
            return 0 if stop.is_set() else 1
        _welcome(port, demo=demo)
        while not stop.wait(1.0):
            for child in children:
                if child.poll() is not None:
                    click.echo("有一个服务意外停止，正在全部停下。请看上面的报错。", err=True)
                    return 1
            if running is not None and running.returncode is not None:
                click.echo(
                    "数据库意外停止，正在全部停下。再次启动会自动恢复，已收下的内容不会丢。",
                    err=True,
                )
                return 1
        click.echo("\n正在停止……")
        return 0
    finally:
        _end(children)
        if running is not None:
            running.stop()
            click.echo("已停止。")


def prepare(*, demo: bool, city: str) -> None:
    """Migrate, gather static files, load the city and the demo life when they are not there yet."""
    from mingbai.cli import django as project

    _forked_migrate()
    project.set_up()
    from mingbai.cases import commands as cases
    from mingbai.kernel import clock, deadlines, scopes
    from mingbai.regions import commands as region_commands
    from mingbai.regions import queries as regions

    _collect_static()
    with scopes.enter():
        loaded = bool(regions.regions([city.ljust(12, "0")]))
        known = deadlines.known_years()
        year = clock.today().year
    with scopes.enter():
        for wanted in {year - 1, year, year + 1} - known:
            deadlines.seed_year(wanted)
        if not known:
            cases.load_deadlines()
    if not loaded:
        click.echo("载入区划……")
        region_commands.load(city)
    if demo:
        from mingbai.cli.demo import life

        if not life.lived():
            click.echo("写入演示数据……")
            life.live()


def serve(*, workers: int, host: str) -> None:
    """Become the web server (granian, WSGI)."""
    from mingbai.cli import django as project

    project.set_up()  # refuses a role that row-level security does not bind
    program = Path(sys.executable).parent / "granian"
    arguments = [
        str(program),
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(environment.port()),
        "--workers",
        str(workers),
        "--blocking-threads",
        "3",
        "--backlog",
        "512",
        "--no-ws",
        "--log-level",
        "warning",
        "--respawn-failed-workers",
        "mingbai.config.wsgi:application",
    ]
    _as_root_folder()
    os.execv(program, arguments)  # noqa: S606 - our own program


def work() -> None:
    """Work on jobs until told to stop; jobs of a killed worker are picked up again."""
    from mingbai.cli import django as project

    project.set_up()
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()) as working:
        working.run_worker(concurrency=2, delete_jobs="successful")


def _forked_migrate() -> None:
    """Migrate in a process of its own: this one will be the role that may not."""
    done = subprocess.run(
        [sys.executable, "-m", "mingbai", "migrate"],
        cwd=environment.ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(done.stderr.decode() or done.stdout.decode())


def _collect_static() -> None:
    from django.conf import settings
    from django.core.management import call_command

    target = Path(settings.STATIC_ROOT)
    newest = max(
        (
            p.stat().st_mtime
            for folder in ("mingbai", "build/static")
            for p in (environment.ROOT / folder).rglob("*")
            if "static" in p.parts and p.is_file()
        ),
        default=0.0,
    )
    manifest = target / "staticfiles.json"
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        shutil.rmtree(target, ignore_errors=True)
        call_command("collectstatic", interactive=False, verbosity=0)


def _need_frontend() -> None:
    if not (environment.build_folder() / "icons.json").exists():
        raise click.ClickException("页面部件还没有准备好，请先执行 make setup。")


def _free_port(wanted: int) -> int:
    """Return the wanted port, or the next free one when somebody else has it."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port != wanted:
                click.echo(f"端口 {wanted} 被占用，改用 {port}。")
            return port
    raise click.ClickException(
        f"端口 {wanted} 到 {wanted + 49} 都被占用，请用 MINGBAI_PORT 另设一个。"
    )


def _step(words: Sequence[str], variables: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mingbai", *words], cwd=environment.ROOT, env=variables, check=False
    )
    if done.returncode:
        raise click.ClickException("准备没有完成，请看上面的报错。")


def _start(words: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mingbai", *words],
        cwd=environment.ROOT,
        env=variables,
        start_new_session=True,
    )


def _await_web(port: int, web: subprocess.Popen[bytes], stop: threading.Event) -> bool:
    waited = 0.0
    while waited < WEB_PATIENCE and web.poll() is None and not stop.is_set():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/about/privacy", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            stop.wait(0.2)
            waited += 0.2
    return False


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _welcome(port: int, *, demo: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"\n明白已启动：[bold]http://localhost:{port}/[/bold]   工作人员：http://localhost:{port}/login"
    )
    if demo:
        from mingbai.cli.demo.cast import ACCOUNTS, CLUE_PASSPHRASE

        table = Table(title=f"演示账户（密码都是 {DEMO_PASSWORD}）", title_justify="left")
        for heading in ("身份", "登录名", "能做什么"):
            table.add_column(heading)
        for account in ACCOUNTS:
            table.add_row(account.role_name, account.login, account.does)
        console.print(table)
        console.print(f"打开密封线索的演示口令：{CLUE_PASSPHRASE}")
    console.print("按 Ctrl-C 停止。")


def _as_root_folder() -> None:
    os.chdir(environment.ROOT)
