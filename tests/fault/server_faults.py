"""What can go wrong with Kafka, PostgreSQL and the links to them."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import psycopg
from tests.fault.faults import Fault, is_stopped
from tests.fault.stack import Stack


class BrokerKill(Fault):
    """kill -9 of the broker; or a clean restart."""

    seconds = (0.5, 6.0)

    def start(self) -> str:
        kafka = self.stack.servers.kafka
        if self.rng.random() < 0.3:
            kafka.stop()
            return "clean stop"
        kafka.kill()
        return "kill -9"

    def heal(self) -> None:
        self.stack.servers.kafka.start()


class BrokerFreeze(Fault):
    """The broker answers nobody for a while, then ends by kill -9: what it had not read is gone."""

    seconds = (1.0, 4.0)

    def start(self) -> str:
        pid = self.stack.servers.kafka.pid
        assert pid is not None
        psutil.Process(pid).suspend()
        return "SIGSTOP, then kill -9"

    def heal(self) -> None:
        self.stack.servers.kafka.kill()
        self.stack.servers.kafka.start()


class PostgresCrash(Fault):
    """An immediate shutdown, or kill -9; recovery at the start."""

    weight = 2.0
    seconds = (0.3, 6.0)

    def start(self) -> str:
        if self.rng.random() < 0.3:
            self.stack.servers.postgres.kill()
            return "kill -9"
        self.stack.servers.postgres.stop("immediate")
        return "-m immediate"

    def heal(self) -> None:
        self.stack.servers.postgres.start()


class TerminatedBackends(Fault):
    """The agents' connections are ended by an administrator, several times."""

    weight = 2.0

    def start(self) -> str:
        ended = 0
        with psycopg.connect(self.stack.superuser_dsn, autocommit=True) as connection:
            for _ in range(self.rng.randrange(1, 6)):
                row = connection.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE application_name LIKE 'storepulse-agents-%'"
                    " AND datname = current_database()"
                ).fetchone()
                ended += row[0] if row else 0
                time.sleep(self.rng.uniform(0.05, 0.5))
        return f"{ended} connections"


class Deadlock(Fault):
    """A session that locks what the agents lock, the other way round."""

    weight = 2.0

    def start(self) -> str:
        met = 0
        for _ in range(3):
            with psycopg.connect(self.stack.superuser_dsn) as connection:
                connection.execute("SET deadlock_timeout = '200ms'")
                connection.execute("SET lock_timeout = '3s'")
                try:
                    connection.execute(
                        "LOCK activity_hourly, heatmap_cells, cart_hourly IN SHARE MODE"
                    )
                    time.sleep(self.rng.uniform(0.2, 0.8))
                    connection.execute("SELECT 1 FROM ledger_partitions FOR UPDATE")
                except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
                    met += 1
                connection.rollback()
        return f"{met} of 3 ended on our side"


class _OnLinks(Fault):
    @classmethod
    def impossible(cls, stack: Stack) -> str | None:
        return None if stack.servers.kafka_link else "there is no toxiproxy (Go is missing)"

    def heal(self) -> None:
        link = self.stack.servers.kafka_link
        assert link is not None
        link.links.heal()


class SlowLinks(_OnLinks):
    """Latency on both links."""

    seconds = (3.0, 8.0)

    def start(self) -> str:
        delay = self.rng.choice((50, 200, 600))
        for link in (self.stack.servers.kafka_link, self.stack.servers.postgres_link):
            assert link is not None
            link.poison("latency", latency=delay, jitter=delay // 2)
        return f"{delay} ms"


class BrokenLink(_OnLinks):
    """Connections are reset, swallow what they are given, or are refused."""

    weight = 2.0
    seconds = (0.5, 5.0)

    def start(self) -> str:
        servers = self.stack.servers
        link = self.rng.choice((servers.kafka_link, servers.postgres_link))
        assert link is not None
        kind = self.rng.choice(("reset", "mute", "deaf", "cut"))
        if kind == "reset":
            link.poison("reset_peer", timeout=self.rng.choice((0, 100, 500)))
        elif kind == "cut":
            link.cut()
        else:
            link.poison("timeout", "downstream" if kind == "mute" else "upstream", timeout=0)
        return f"{link.name}: {kind}"


class LostCommitReply(_OnLinks):
    """COMMIT arrives and is done, its reply never comes: the same transaction runs again."""

    def start(self) -> str:
        name = self.a_service("agents")
        service = self.stack.keeper.services[name]
        service.failpoints = ["slices.before_commit stop 1"]
        self.stack.keeper.send(name, signal.SIGKILL)
        link = self.stack.servers.postgres_link
        assert link is not None
        deadline = time.monotonic() + 12
        while time.monotonic() < deadline:
            pid = service.pid
            if pid is not None and service.armed and is_stopped(pid):
                link.poison("timeout", timeout=0)
                self.stack.keeper.send(name, signal.SIGCONT)
                time.sleep(0.5)
                return f"{name}"
            time.sleep(0.02)
        # It must not fall asleep when nobody wakes it any more.
        self.stack.keeper.send(name, signal.SIGKILL)
        return f"{name} wrote nothing meanwhile"


class DiskFull(Fault):
    """No room under the broker or the database, until somebody makes some."""

    seconds = (3.0, 6.0)
    _ballast: Path | None = None

    @classmethod
    def impossible(cls, stack: Stack) -> str | None:
        return None if stack.servers.small_disks else "small disks need root"

    def start(self) -> str:
        self._ballast = self.rng.choice(self.stack.servers.small_disks) / "ballast"
        try:
            with self._ballast.open("wb") as file:
                while True:
                    file.write(bytes(65_536))
        except OSError:
            return f"{self._ballast.parent.name}: full"

    def heal(self) -> None:
        if self._ballast is not None:
            self._ballast.unlink(missing_ok=True)
        revive(self.stack)


def revive(stack: Stack) -> None:
    """Starts a server that ended; one that lives is left alone."""
    for server in (stack.servers.kafka, stack.servers.postgres):
        if server.pid is None:
            server.start()


class WrongClock(Fault):
    """A process that lives a day ahead of everybody, or behind."""

    seconds = (4.0, 10.0)
    _name = ""

    @classmethod
    def impossible(cls, stack: Stack) -> str | None:
        del stack
        return None if faketime() else "there is no libfaketime (apt-get install libfaketime)"

    def start(self) -> str:
        self._name = self.a_service(self.rng.choice(("gateway", "agents")))
        days = self.rng.choice(("-1d", "+1d"))
        self.stack.keeper.services[self._name].environment = {
            "LD_PRELOAD": str(faketime()), "FAKETIME": days, "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip
        self.stack.keeper.send(self._name, signal.SIGKILL)
        return f"{self._name} {days}"

    def heal(self) -> None:
        self.stack.keeper.services[self._name].environment = {}
        self.stack.keeper.send(self._name, signal.SIGKILL)


def faketime() -> Path | None:
    """Debian's libfaketime, where it is installed."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return found[0] if found else None
