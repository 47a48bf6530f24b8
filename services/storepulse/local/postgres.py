"""The embedded PostgreSQL: one server on loopback, with a password, for one home.

Owns the data folder (see postgres_folder.py), the passwords of its roles and
`<home>/run/postgres.pid`. It listens on TCP on loopback only, without a Unix socket (whose path may
not exceed 107 bytes), and requires SCRAM from everyone. Its superuser is used only by this
launcher, which creates the roles and the database. As root, it runs as an unprivileged account.
Nothing depends on a release newer than 15. The wheel's own launcher is not used, because it creates
accounts and changes other folders' modes.
"""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import psutil
import psycopg

from storepulse.adapters.postgres import roles
from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.postgres.sessions import SessionOptions, connect
from storepulse.domain.errors import Transient
from storepulse.local import (
    database_passwords,
    ports,
    postgres_folder,
    postgres_programs,
    processes,
)
from storepulse.local.accounts import find_unprivileged, give
from storepulse.local.database_passwords import EMBEDDED, RolePasswords
from storepulse.local.identities import DATABASE, embedded_url
from storepulse.local.postgres_configuration import configuration, locale

log = logging.getLogger(__name__)

_SQL = named_sql("local/postgres", find_database="name")

#: The superuser, and the databases that every server has.
BOOTSTRAP = "postgres"
SYSTEM_DATABASES = ("postgres", "template1")
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LARGEST_LOG_BYTES = 10_000_000

StopMode = Literal["fast", "immediate"]
SIGNALS: Mapping[StopMode, signal.Signals] = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class EmbeddedPostgres:
    """One server with its data below `home`. `prepare`, `launch`, `wait_ready`; or `start`.

    The steps are separate so that a caller can overlap the slow steps of several servers. `launch`
    must be called from a thread that outlives the server (see tether.py). `durable=False` is for
    tests: data survives a kill of the server, but not a crash of the machine.
    """

    name = "postgres"

    def __init__(
        self,
        home: Path,
        port: int,
        *,
        durable: bool = True,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.port = port
        self._durable = durable
        self._home = home.resolve()
        self._tell = tell
        self._log = self._home / "logs" / "postgres.log"
        self._pid_file = self._home / "run" / "postgres.pid"
        self._account = find_unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._programs: postgres_programs.Programs | None = None

    @property
    def database_url(self) -> str:
        """The URL of our database for its owner, with the password: a secret."""
        return embedded_url(self.passwords, roles.OWNER, self.port)

    @property
    def bootstrap_url(self) -> str:
        """The URL of our database for the superuser, used by this launcher and by tests."""
        return embedded_url(self.passwords, BOOTSTRAP, self.port)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs, else None."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def passwords(self) -> RolePasswords:
        """The passwords of all its roles, created at the first call."""
        return database_passwords.ensure_passwords(
            self._home,
            EMBEDDED,
            address=f"{ports.LOOPBACK}:{self.port}",
            owner=roles.OWNER,
            roles=(BOOTSTRAP, roles.OWNER, *roles.ROLES.values()),
        )

    def prepare(self) -> None:
        """Prepare the start: programs, data folder, password, configuration."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._folder = postgres_folder.place(self._home, self._account)
        self.end_leftover()
        stamp = self._folder / "data" / "PG_VERSION"
        release = int(stamp.read_text()) if stamp.exists() else None
        self._programs = postgres_programs.find(self._account, release)
        if release is None:
            self._initialise()

    def end_leftover(self) -> None:
        """Stop the server that a killed supervisor left on this folder, if there is one."""
        leftover = processes.read_pid_file(self._pid_file)
        if leftover is not None:
            self._tell(f"stopping the PostgreSQL of an earlier run (pid {leftover.pid})")
            processes.end(leftover, SIGNALS["fast"], STOP_SECONDS)
        if self._process is not None:  # ended a moment ago
            self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def launch(self) -> None:
        """Start the process without waiting for it. Requires `prepare`."""
        folder, programs = self._require_prepared()
        ports.require_free({"STOREPULSE_POSTGRES_PORT": self.port})
        data = folder / "data"
        self._remove_stale_lock(data)
        written = data / "storepulse.conf"
        written.write_text(
            configuration(self.port, programs, data, self._account, durable=self._durable)
        )
        give(written, self._account)
        if self._log.exists() and self._log.stat().st_size > LARGEST_LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as output:
            self._process = processes.launch(
                [str(programs.postgres), "-D", str(data)],
                orphan_signal=SIGNALS["fast"],
                account=self._account,
                folder=folder,
                output=output,
            )
        processes.write_pid_file(self._pid_file, self._process.pid)

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Wait until our database answers. Raises Transient if the server ends or is too slow."""
        deadline = time.monotonic() + timeout
        reason = ""
        while time.monotonic() < deadline:
            if self.pid is None:
                raise Transient(f"PostgreSQL ended while starting: {self._last_words()}")
            try:
                self._ensure_database()
            except psycopg.OperationalError as error:
                reason = str(error).strip()
                time.sleep(0.03)
            else:
                return
        raise Transient(f"PostgreSQL is not ready after {timeout:.0f} s: {reason}; see {self._log}")

    def start(self) -> None:
        """Start the server and wait until it serves. The port stays the same over restarts."""
        self.prepare()
        self.launch()
        self.wait_ready()

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop: "fast" ends sessions and writes a checkpoint, "immediate" requires recovery
        afterwards."""
        if self._process is None:
            return
        if self._process.poll() is None:
            processes.end(psutil.Process(self._process.pid), SIGNALS[mode], STOP_SECONDS)
        self._process.wait()
        self._forget()

    def kill(self) -> None:
        """Send SIGKILL to the server and its sessions, to simulate a crash; `start` recovers."""
        if self._process is None:
            return
        try:
            sessions = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            sessions = []
        self._process.kill()
        self._process.wait()
        for session in sessions:  # they would exit by themselves, but not at once
            try:
                session.kill()
            except psutil.NoSuchProcess:
                log.debug("session %d left by itself", session.pid)
        psutil.wait_procs(sessions, timeout=10)
        self._forget()

    def _forget(self) -> None:
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    def _require_prepared(self) -> tuple[Path, postgres_programs.Programs]:
        if self._folder is None or self._programs is None:
            raise RuntimeError("launch before prepare")
        return self._folder, self._programs

    def _initialise(self) -> None:
        folder, programs = self._require_prepared()
        # Created aside and renamed, so that an interrupted initdb leaves no data folder.
        fresh = folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        secret = folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.passwords.passwords[BOOTSTRAP])
        give(secret, self._account)
        command = [
            str(programs.initdb),
            "-D",
            str(fresh),
            "-U",
            BOOTSTRAP,
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            f"--locale={locale()}",
            "--no-instructions",
        ]
        if not self._durable:
            command.append("--no-sync")
        if self._account:
            result = self._account.run(command, folder=folder)
        else:
            result = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
            )
        secret.unlink()
        if result.returncode != 0:
            raise Transient(f"initdb failed: {(result.stderr or result.stdout).strip()[-500:]}")
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'storepulse.conf'  # written at each start\n")
        fresh.rename(folder / "data")

    def _remove_stale_lock(self, data: Path) -> None:
        """Remove postmaster.pid if it is stale.

        PostgreSQL refuses to start while the file names a live process of its account, even an
        unrelated process that got the old pid. A PostgreSQL that still uses the folder is stopped.
        """
        lock = data / "postmaster.pid"
        if not lock.exists():
            return
        first = lock.read_text().splitlines()[:1]
        try:
            process = psutil.Process(int(first[0]))
            if process.name() == "postgres" and str(data) in " ".join(process.cmdline()):
                self._tell(
                    f"stopping the PostgreSQL that still has this folder (pid {process.pid})"
                )
                processes.end(process, SIGNALS["fast"], STOP_SECONDS)
        except (IndexError, ValueError, psutil.NoSuchProcess):
            log.debug("postmaster.pid in %s names no process", data)
        lock.unlink(missing_ok=True)

    def _ensure_database(self) -> None:
        kept = self.passwords
        made = {name: word for name, word in kept.passwords.items() if name != BOOTSTRAP}
        make_database(embedded_url(kept, BOOTSTRAP, self.port, SYSTEM_DATABASES[0]), made)

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        wrong = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines
        return f"{wrong[-1]} (see {self._log})" if wrong else f"see {self._log}"


def make_database(system_url: str, passwords: Mapping[str, str]) -> None:
    """Create the roles of `passwords`, including the owner, and our database if it is missing.

    `system_url` is a superuser's URL of another database than ours. Safe to repeat. Raises
    psycopg.OperationalError.
    """
    options = SessionOptions(name="storepulse-up", connect_seconds=5)
    with connect(system_url, options) as connection:
        roles.make_roles(connection, passwords, renews=True)
        if connection.execute(_SQL["find_database"], {"name": DATABASE}).fetchone() is None:
            for database in SYSTEM_DATABASES:
                connection.execute(_SQL["close_database"].with_names(database=database))
            created = _SQL["create_database"].with_names(database=DATABASE, owner=roles.OWNER)
            connection.execute(created)
