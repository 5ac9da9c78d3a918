"""Runs PostgreSQL for one data folder, and only once.

``Server(data).start()`` makes the cluster at the first call, ends what a killed run left behind,
starts ``postgres`` as a **direct child**, waits until it answers, and brings roles, database and
passwords to what they should be. ``stop()`` shuts it down and reaps it; an unreaped server would
leave a ``postmaster.pid`` that looks alive. ``attach`` gives other commands the running server.

Decisions worth knowing:

- **One run**: a lock (flock) on ``postgres.lock`` in the data folder and, when the cluster lies
  elsewhere, beside the cluster too. It falls with the process, however that ends. Start other
  processes by exec, never by a bare fork, or they carry the lock on.
- **A killed run**: PostgreSQL is told by the kernel (``PR_SET_PDEATHSIG``) to shut down in order
  when its parent dies. The kernel means the parent *thread*, so this is set only from the main
  thread. Whether or not it has happened yet, the next start looks for processes of this very
  cluster, shuts them down, waits until they are gone, and starts its own.
- **Terminal**: PostgreSQL gets a session of its own; Ctrl-C reaches the caller alone, which stops
  its web and workers before the database.
- **Long recovery**: a server that says it is starting up may take an hour; one that says nothing
  has 120 seconds.
- **Settings** are written at every start; an operator's own go into ``ALTER SYSTEM``.
- **Log**: statements, their parameters and details of failed rows stay out of it, since they hold
  what people wrote.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import quote

import psycopg

from mingbai.kernel.database import processes, roles
from mingbai.kernel.database.binaries import Programs, find
from mingbai.kernel.database.errors import DatabaseProblem, NotRunning, StartFailed
from mingbai.kernel.database.files import exclusive, write_private
from mingbai.kernel.database.places import SYSTEM, Place, bare_environment, runnable, settle

SILENT_LIMIT = 120.0
"""Seconds a starting server may give no answer at all."""
RECOVERY_LIMIT = 3600.0
"""Seconds a server may say that it is still starting up."""
LOG_LIMIT = 8 * 1024 * 1024
"""Bytes of the log after which a start begins a new one and keeps the last as ``.1``."""
UNFINISHED = "restore.unfinished"
"""Name of the mark in the data folder while a restore is half done."""
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Pace:
    """How waiting measures and passes time; tests put their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, kw_only=True)
class Live:
    """A running server, as seen by whoever wants to connect."""

    data: Path
    pid: int
    sockets: Path
    port: int
    """Part of the socket's name, and the loopback port when there is one."""
    tcp: bool
    passwords: Mapping[str, str] = field(repr=False)

    def url(self, role: str = roles.APP, database: str = roles.DATABASE) -> str:
        """Return the address of a database for a role that can log in."""
        secret = quote(self.passwords[role], safe="")
        place = f"host={quote(str(self.sockets), safe='')}&port={self.port}"
        return f"postgresql://{role}:{secret}@/{quote(database, safe='')}?{place}"

    @property
    def app_url(self) -> str:
        """Return the address for the product itself."""
        return self.url()

    @property
    def owner_url(self) -> str:
        """Return the address for migrations."""
        return self.url(roles.OWNER)

    @property
    def superuser_url(self) -> str:
        """Return the address for setting up databases and backups."""
        return self.url(roles.SUPERUSER, "postgres")


@dataclass(frozen=True, kw_only=True)
class Running(Live):
    """The server that this process started and has to stop."""

    child: subprocess.Popen[bytes] = field(repr=False)
    place: Place = field(repr=False)
    locks: ExitStack = field(repr=False)
    log_start: int
    """Where this run's part of the log begins, in bytes."""

    @property
    def returncode(self) -> int | None:
        """Return None while the server lives, else how it ended."""
        return self.child.poll()

    def stop(self) -> None:
        """Shut down, reap, and free the data folder; a second call does nothing."""
        _shut_down(self.child)
        self.place.record.unlink(missing_ok=True)
        self.locks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Server:
    """The PostgreSQL of one data folder."""

    def __init__(
        self,
        data: Path,
        *,
        tcp_port: int | None = None,
        settings: Mapping[str, str] | None = None,
        system: Path = SYSTEM,
        pace: Pace | None = None,
        on_status: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Name the data folder; nothing happens before ``start``.

        ``tcp_port``: also listen on 127.0.0.1, at this port or, when it is taken, at a free one
        (0: any). ``settings`` override PostgreSQL's for this run. ``on_status`` is told in Chinese
        what a longer wait is for. ``system`` is where root keeps what its user cannot reach.
        """
        self.data = data.expanduser().resolve()
        self.settings = dict(settings or {})
        self.tcp_port = tcp_port
        self.system = system
        self.pace = pace or Pace()
        self.on_status = on_status

    def start(self) -> Running:
        """Start the server and return it ready.

        Raises ``AlreadyRunning``, ``ProgramsMissing`` or ``StartFailed``.
        """
        locks = ExitStack()
        try:
            place = self.take(locks)
            _refuse_half_restored(place)
            return self.start_at(place, locks)
        except BaseException:
            locks.close()
            raise

    def take(self, locks: ExitStack) -> Place:
        """Lock the data folder for ourselves until ``locks`` closes, and return the place."""
        try:
            self.data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            locks.enter_context(exclusive(self.data / "postgres.lock"))
            place = settle(self.data, self.system)
            if place.home != self.data:
                locks.enter_context(exclusive(place.home / "postgres.lock"))
        except PermissionError as problem:
            raise DatabaseProblem(
                f"没有权限使用 {problem.filename or self.data}，请用当初启动它的用户来运行。"
            ) from None
        if place.exists:
            processes.end_all(place.cluster)
        return place

    def start_at(self, place: Place, locks: ExitStack) -> Running:
        """Start the server at a place that ``take`` returned; it then owns ``locks``."""
        found = find(place.major if place.exists else None)
        programs = runnable(found, place.account, self.system)
        passwords = _passwords(place)
        if not place.exists:
            self.on_status("正在新建数据库")
            self._initialise(place, programs, passwords[roles.SUPERUSER])
        _forget_dead_server(place)
        _write_settings(place, programs)
        running = self._launch_ready(place, programs, passwords, locks)
        try:
            roles.ensure_roles(running.superuser_url, passwords=passwords)
            roles.close_other_databases(running.superuser_url)
            roles.create_database(running.superuser_url)
        except BaseException:
            _shut_down(running.child)
            raise
        _write_record(running, place)
        return running

    def _initialise(self, place: Place, programs: Programs, password: str) -> None:
        """Make the cluster; it gets its name only when complete."""
        for half in place.home.glob("postgres.new-*"):
            shutil.rmtree(half, ignore_errors=True)
        # A fresh name each time: a killed run's initdb may still be writing to the last one.
        fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=place.home))
        secret = place.sockets / "password"
        place.account.give(fresh)
        write_private(secret, password)
        place.account.give(secret)
        try:
            made = place.account.run(
                programs.path("initdb"),
                *("--pgdata", str(fresh), "--username", roles.SUPERUSER),
                *("--auth", "scram-sha-256", "--pwfile", str(secret), "--data-checksums"),
                *("--encoding", "UTF8", "--locale-provider", "libc"),
                *("--locale", "C", "--lc-ctype", roles.LOCALE, "--no-instructions"),
                *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
            )
        finally:
            secret.unlink()
        if made.returncode != 0:
            place.log.write_text(made.stderr, encoding="utf-8")
            shutil.rmtree(fresh, ignore_errors=True)
            raise StartFailed(_why(made.stderr, place.log))
        fresh.rename(place.cluster)

    def _launch_ready(
        self, place: Place, programs: Programs, passwords: Mapping[str, str], locks: ExitStack
    ) -> Running:
        """Launch and wait; when somebody takes the port in between, try another one."""
        for wanted in (self.tcp_port, 0, 0):
            port = 5432 if wanted is None else _free_port(wanted)
            running = self._launch(place, programs, passwords, locks, port)
            try:
                self._await_ready(running)
            except BaseException as problem:
                _shut_down(running.child)
                if isinstance(problem, StartFailed) and "TCP/IP sockets" in _said(running):
                    continue
                raise
            return running
        raise StartFailed("本机没有空闲的端口可用。")

    def _launch(
        self,
        place: Place,
        programs: Programs,
        passwords: Mapping[str, str],
        locks: ExitStack,
        port: int,
    ) -> Running:
        quoted = '"{}"'.format(str(place.sockets).replace('"', '""'))
        options = {
            "unix_socket_directories": quoted,
            "listen_addresses": "" if self.tcp_port is None else "127.0.0.1",
            "port": str(port),
            **self.settings,
        }
        command = [programs.path("postgres"), "-D", str(place.cluster)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with _open_log(place.log) as log:
            log_start = log.tell()
            # The kernel's signal comes when the *thread* that started the child ends.
            main = threading.current_thread() is threading.main_thread()
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=bare_environment(),
                start_new_session=True,
                user=place.account.user,
                group=place.account.group,
                extra_groups=place.account.extra_groups,
                umask=0o077,
                preexec_fn=_end_with_parent if main else None,  # noqa: PLW1509 - one bare system call, which takes no lock
            )
        return Running(
            data=self.data,
            pid=child.pid,
            sockets=place.sockets,
            port=port,
            tcp=self.tcp_port is not None,
            passwords=passwords,
            child=child,
            place=place,
            locks=locks,
            log_start=log_start,
        )

    def _await_ready(self, running: Running) -> None:
        """Return when the server takes connections; raise ``StartFailed`` when it never will."""
        log, begun, told = running.place.log, self.pace.clock(), False
        while True:
            self.pace.sleep(0.02)
            if running.returncode is not None:
                raise StartFailed(_why(_said(running), log))
            try:
                psycopg.connect(running.superuser_url, connect_timeout=10).close()
            except psycopg.OperationalError as problem:
                if "password authentication failed" in str(problem):
                    raise StartFailed(
                        f"密码文件 {running.place.passwords} 与数据库不符，请从备份恢复它。"
                    ) from None
                recovering = "the database system is" in str(problem)
            else:
                return
            waited = self.pace.clock() - begun
            if waited > (RECOVERY_LIMIT if recovering else SILENT_LIMIT):
                raise StartFailed(f"数据库 {int(waited)} 秒没有就绪，已停下。原因见 {log} 的末尾。")
            if waited > 3 and not told:
                told = True
                self.on_status("数据库正在接着写完上次没写完的内容，请稍候")


def attach(data: Path) -> Live | None:
    """Return the running server of a data folder, started by any process, or None."""
    data = data.expanduser().resolve()
    try:
        noted = json.loads((data / "postgres.run.json").read_text(encoding="utf-8"))
        pid, cluster = int(noted["pid"]), Path(noted["cluster"])
        if processes.started(pid) != noted["started"] or not processes.on_cluster(pid, cluster):
            return None
        passwords = json.loads((data / "secrets.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise NotRunning(f"没有权限读取 {data}，请用启动明白的那个用户来运行。") from None
    return Live(
        data=data,
        pid=pid,
        sockets=Path(noted["sockets"]),
        port=noted["port"],
        tcp=noted["tcp"],
        passwords=passwords,
    )


def connect_urls(data: Path) -> Live:
    """Return the running server of a data folder; raises ``NotRunning`` when there is none."""
    live = attach(data)
    if live is None:
        raise NotRunning(f"数据文件夹 {data} 的数据库没有运行。请先执行 make run。")
    return live


def erase(data: Path, *, system: Path = SYSTEM) -> None:
    """Stop and delete the database of a data folder, wherever it lies. For tests and the demo.

    Passwords and media stay. Raises ``AlreadyRunning`` while another process runs it.
    """
    server = Server(data, system=system)
    with ExitStack() as locks:
        place = server.take(locks)
        shutil.rmtree(place.cluster, ignore_errors=True)
        shutil.rmtree(place.sockets, ignore_errors=True)
        place.record.unlink(missing_ok=True)
        if place.home != place.data:
            (place.data / "postgres.at").unlink()
            shutil.rmtree(place.home)


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _shut_down(child: subprocess.Popen[bytes]) -> None:
    for number, seconds in (
        (processes.FAST, processes.FAST_LIMIT),
        (processes.IMMEDIATE, processes.IMMEDIATE_LIMIT),
    ):
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    if child.poll() is None:
        child.kill()
        child.wait()


def _refuse_half_restored(place: Place) -> None:
    if (place.data / UNFINISHED).exists():
        raise StartFailed("上次恢复备份没有做完，请重新执行一次恢复。")


def _passwords(place: Place) -> dict[str, str]:
    """Return the roles' passwords, made before the cluster so that none is ever without."""
    names = (roles.SUPERUSER, roles.OWNER, roles.APP)
    if place.passwords.exists():
        kept: dict[str, str] = json.loads(place.passwords.read_text(encoding="utf-8"))
        if set(names) <= kept.keys():
            return kept
        raise StartFailed(f"密码文件 {place.passwords} 不完整，请从备份恢复它。")
    if place.exists:
        raise StartFailed(f"数据库还在，密码文件 {place.passwords} 却不见了，请从备份恢复它。")
    made = {name: secrets.token_hex(24) for name in names}
    write_private(place.passwords, json.dumps(made, indent=1))
    return made


def _forget_dead_server(place: Place) -> None:
    """Remove the lock files of a server that is no more (``take`` has made sure of that).

    Their process number may by now belong to a stranger, and PostgreSQL would refuse to start.
    """
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)
    for path in place.sockets.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def _write_settings(place: Place, programs: Programs) -> None:
    for name, text in (("postgresql.conf", _settings(programs.major)), ("pg_hba.conf", ACCESS)):
        write_private(place.cluster / name, text)
        place.account.give(place.cluster / name)


ACCESS = """# Written by Mingbai at every start.
local all all scram-sha-256
local replication postgres scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


def _settings(major: int) -> str:
    """Return ``postgresql.conf`` for two cores and little memory."""
    # Version 18 would keep three processes waiting for reads that a small server has few of.
    reading = "io_method = sync\n" if major >= 18 else ""
    return f"""# Written by Mingbai at every start. Use ALTER SYSTEM for settings of your own.
max_connections = 60
shared_buffers = 96MB
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 1GB
random_page_cost = 1.1
max_worker_processes = 4
max_parallel_workers = 2
max_parallel_workers_per_gather = 1
autovacuum_max_workers = 2
max_logical_replication_workers = 0
jit = off
{reading}
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
max_wal_senders = 4
max_wal_size = 1GB

password_encryption = scram-sha-256
unix_socket_permissions = 0700
client_connection_check_interval = 10s
timezone = 'Asia/Shanghai'
log_timezone = 'Asia/Shanghai'
default_text_search_config = 'pg_catalog.simple'
lc_messages = 'C'
lc_monetary = 'C'
lc_numeric = 'C'
lc_time = 'C'

log_destination = stderr
log_line_prefix = '%m [%p] '
log_checkpoints = off
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_autovacuum_min_duration = -1
"""


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    return os.fdopen(handle, "ab")


def _free_port(wanted: int) -> int:
    """Return ``wanted`` when it can be listened on, else a free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartFailed("本机没有空闲的端口可用。")


def _write_record(running: Running, place: Place) -> None:
    noted = {
        "pid": running.pid,
        "started": processes.started(running.pid),
        "cluster": str(place.cluster),
        "sockets": str(place.sockets),
        "port": running.port,
        "tcp": running.tcp,
    }
    write_private(place.record, json.dumps(noted, indent=1))


def _said(running: Running) -> str:
    """Return what the server has written since this start."""
    with running.place.log.open("rb") as log:
        log.seek(running.log_start)
        return log.read(64 * 1024).decode("utf-8", "replace")


def _why(said: str, log: Path) -> str:
    if "No space left on device" in said:
        return f"磁盘满了，数据库不能启动。请腾出空间后再试（{log.parent}）。"
    if "invalid locale name" in said:
        return f"系统缺少语言环境 {roles.LOCALE}，数据库认不出中文。请先安装它再启动。"
    return f"数据库没能启动，原因见 {log} 的末尾。"
