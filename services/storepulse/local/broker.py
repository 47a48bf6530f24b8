"""The embedded Apache Kafka: one KRaft node, broker and controller in one Java process.

Owns `<home>/kafka/` (configuration and log segments) and `<home>/run/kafka.pid`. It listens on
loopback only, and requires a password. The controller takes a free port at each start, because only
the broker itself connects to it. A broker left over by a killed supervisor is stopped first,
because two brokers on one folder would corrupt it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from storepulse.adapters.kafka import rights
from storepulse.adapters.kafka.clients import client_config
from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import ADMIN, USERS
from storepulse.domain.errors import Transient
from storepulse.local import java as java_runtime
from storepulse.local import kafka_accounts, kafka_jars, ports, processes
from storepulse.local.broker_access import access_lines
from storepulse.local.closed_files import write_closed

#: Added to the gateway's event limit for `message.max.bytes`, which limits a batch of records.
ABOVE_EVENT_LIMIT = 1_048_576

START_SECONDS = 60.0
STOP_SECONDS = 30.0

silent = logging.getLogger("storepulse.local.broker.librdkafka")
silent.addHandler(logging.NullHandler())
silent.propagate = False


class EmbeddedKafka:
    """One broker with its data below `settings.home`.

    `start` is `prepare`, `launch`, `wait_ready`; they are separate so that a caller can overlap the
    slow steps of several servers. `launch` must be called from a thread that outlives the broker
    (see tether.py).
    """

    name = "kafka"

    def __init__(
        self,
        settings: Settings,
        port: int,
        environ: Mapping[str, str],
        *,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.port = port
        home = self._home = settings.home.resolve()
        self._given_settings = settings
        self._heap_mb = settings.kafka_heap_mb
        self._message_max_bytes = settings.gateway_max_event_bytes + ABOVE_EVENT_LIMIT
        self._environ = environ
        self._tell = tell
        self._folder = home / "kafka"
        self._log = home / "logs" / "kafka.log"
        self._pid_file = home / "run" / "kafka.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._archive: _Archive | None = None
        self._java: java_runtime.Java | None = None
        self._jars: kafka_jars.Jars | None = None

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients: host:port."""
        return f"{ports.LOOPBACK}:{self.port}"

    @property
    def settings(self) -> Settings:
        """The given settings, with this broker's address and its admin's password."""
        password = kafka_accounts.ensure_kafka_passwords(self._home)[ADMIN]
        return self._given_settings.model_copy(
            update={
                "kafka_bootstrap_servers": self.bootstrap_servers,
                **kafka_accounts.admin_of_kafka(password),
            }
        )

    @property
    def pid(self) -> int | None:
        """The id of the Java process while it runs, else None."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def prepare(self) -> None:
        """Prepare the start: Java, jars, configuration, formatted storage."""
        self._java = java_runtime.require_java(self._environ, self._tell)
        self._jars = kafka_jars.ensure(self._environ, self._tell)
        self.end_leftover()
        for folder in (self._log.parent, self._folder):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        if not (self._folder / "data" / "meta.properties").exists():
            self._format()

    def end_leftover(self) -> None:
        """Stop the broker that a killed supervisor left on this folder, if there is one."""
        leftover = processes.read_pid_file(self._pid_file)
        if leftover is not None:
            self._tell(f"stopping the Kafka of an earlier run (pid {leftover.pid})")
            processes.end(leftover, signal.SIGTERM, STOP_SECONDS)
        if self._process is not None:  # ended a moment ago
            self._process.wait()
        self._pid_file.unlink(missing_ok=True)

    def launch(self) -> None:
        """Start the process without waiting for it. Requires `prepare`."""
        java, jars = self._require_prepared()
        ports.require_free({"STOREPULSE_KAFKA_PORT": self.port})
        self._write_configuration()
        self._archive = _Archive(jars.folder, java)
        with self._log.with_suffix(".out").open("wb") as output:
            self._process = processes.launch(
                [
                    str(java.program),
                    f"-Xms{min(64, self._heap_mb)}m",
                    f"-Xmx{self._heap_mb}m",
                    "-XX:+UseSerialGC",  # G1 is not worth its cost on two cores
                    "-XX:+ExitOnOutOfMemoryError",
                    *self._archive.options(),
                    *self._options(),
                    "-cp",
                    jars.classpath,
                    "kafka.Kafka",
                    str(self._folder / "server.properties"),
                ],
                orphan_signal=signal.SIGTERM,
                # Otherwise glibc gives each of the JVM's eighty threads an arena.
                environment={**self._environ, "MALLOC_ARENA_MAX": "2"},
                folder=self._folder,
                output=output,
            )
        processes.write_pid_file(self._pid_file, self._process.pid)

    def wait_ready(self, timeout: float = START_SECONDS) -> None:
        """Wait until the broker answers and has its users. Raises Transient if it ends or is too
        slow."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.pid is None:
                raise Transient(f"Kafka ended while starting: {self._last_words()}")
            if _accepts(self.port) and answers(self.settings):
                self._set_passwords()
                return
            time.sleep(0.05)
        raise Transient(f"Kafka is not ready after {timeout:.0f} s; see {self._log}")

    def start(self) -> None:
        """Start the broker and wait until it serves. The port stays the same over restarts."""
        self.prepare()
        self.launch()
        self.wait_ready()

    def stop(self) -> None:
        """Stop cleanly: segments are flushed, and the next start needs no recovery."""
        if self._process is None:
            return
        clean = True
        if self._process.poll() is None:
            try:
                clean = processes.end(
                    psutil.Process(self._process.pid), signal.SIGTERM, STOP_SECONDS
                )
            except psutil.NoSuchProcess:  # ended between the two lines
                clean = True
        self._process.wait()
        self._forget()
        if clean and self._archive is not None:
            self._archive.keep()

    def kill(self) -> None:
        """Send SIGKILL, to simulate a crash; the next `start` recovers."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._forget()

    def _forget(self) -> None:
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    def _require_prepared(self) -> tuple[java_runtime.Java, kafka_jars.Jars]:
        if self._java is None or self._jars is None:
            raise RuntimeError("launch before prepare")
        return self._java, self._jars

    def _options(self) -> list[str]:
        return [
            "-Djava.awt.headless=true",
            "-XX:-UsePerfData",
            f"-Dlog4j2.configurationFile={(kafka_jars.FOLDER / 'log4j2.properties').resolve()}",
            f"-Dstorepulse.log={self._log}",
        ]

    def _write_configuration(self) -> None:
        controller = f"{ports.LOOPBACK}:{ports.free_port()}"
        lines = [
            (kafka_jars.FOLDER / "server.properties").read_text(),
            f"listeners=BROKER://{self.bootstrap_servers},CONTROLLER://{controller}",
            f"advertised.listeners=BROKER://{self.bootstrap_servers}",
            f"controller.quorum.voters=1@{controller}",
            f"log.dirs={self._folder / 'data'}",
            f"message.max.bytes={self._message_max_bytes}",
            *access_lines(kafka_accounts.ensure_kafka_passwords(self._home)),
        ]
        write_closed(self._folder / "server.properties", "\n".join(lines) + "\n")

    def _set_passwords(self) -> None:
        """Set the users' passwords, unless the broker has them already."""
        known = kafka_accounts.kafka_passwords(self._home)
        passwords = {user: known[user] for user in USERS}
        digest = hashlib.sha256(json.dumps(passwords).encode()).hexdigest()
        stamp = self._folder / "users.sha256"
        if not stamp.exists() or stamp.read_text() != digest:
            rights.set_passwords(self.settings, passwords)
            write_closed(stamp, digest)

    def _format(self) -> None:
        java, jars = self._require_prepared()
        (self._folder / "users.sha256").unlink(missing_ok=True)
        self._write_configuration()
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        process = subprocess.run(
            [
                str(java.program),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                *self._options(),
                "-cp",
                jars.classpath,
                "kafka.tools.StorageTool",
                "format",
                # A single argument, because an id may start with a hyphen.
                f"--cluster-id={cluster}",
                "-c",
                str(self._folder / "server.properties"),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if process.returncode != 0:
            raise Transient(
                f"Kafka's storage cannot be formatted: {(process.stderr or process.stdout)[-500:]}"
            )

    def _last_words(self) -> str:
        for path in (self._log, self._log.with_suffix(".out")):
            if path.is_file():
                lines = path.read_text(errors="replace").splitlines()
                wrong = [line for line in lines if " ERROR " in line or " FATAL " in line] or lines
                if wrong:
                    return f"{wrong[-1]} (see {path})"
        return f"it left no log in {self._log.parent}"


class _Archive:
    """The JVM's shared class archive, which halves the startup (2.1 s to 1.0 s) and its CPU time.

    The first clean run on a machine writes it while stopping (2 s, once). A JVM refuses an archive
    of another build or class path, hence one file per build beside the jars.
    """

    def __init__(self, folder: Path, java: java_runtime.Java) -> None:
        self._file = folder / f"classes-{java.build}.jsa"
        self._fresh = folder / f"classes-{java.build}.{os.getpid()}-{uuid.uuid4().hex[:8]}.new"
        self._exists = self._file.exists()

    def options(self) -> list[str]:
        if self._exists:
            return [f"-XX:SharedArchiveFile={self._file}", "-Xshare:auto"]
        return [f"-XX:ArchiveClassesAtExit={self._fresh}"]

    def keep(self) -> None:
        """Move the archive that this run wrote to its place."""
        if self._fresh.exists():
            self._fresh.replace(self._file)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((ports.LOOPBACK, port)) == 0


def answers(settings: Settings) -> bool:
    """Whether a broker accepts our login and answers a metadata request within two seconds."""
    client = AdminClient(client_config(settings, "storepulse-status"), logger=silent)
    try:
        return bool(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return False
