"""The supervisor of `up`: starts the stack in order, keeps it running, stops it in order.

Start: servers in parallel; topics and migrations; services. Stop: gateway, agents, delivery, query,
then the servers. One thread starts all programs (see tether.py) and watches them. A signal only
sets a flag that this thread checks. If the start fails, everything that was started is stopped.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType

from storepulse.adapters.settings import Settings
from storepulse.domain.addresses import without_password
from storepulse.domain.errors import StorepulseError, Transient
from storepulse.local import (
    given_database,
    health,
    home_addresses,
    home_lock,
    kafka_accounts,
    orphans,
    ports,
    service_logs,
    services,
    subscriber_files,
)
from storepulse.local.broker import EmbeddedKafka
from storepulse.local.identities import OPERATOR, OWNER, settings_of
from storepulse.local.postgres import EmbeddedPostgres
from storepulse.local.restart_policy import next_delay
from storepulse.local.servers import Servers, describe

READY_SECONDS = 60.0
STEP_SECONDS = 0.2

#: After this many restarts before readiness (7 s), waiting longer does not help.
HOPELESS_RESTARTS = 3


class Stopped(Exception):
    """A stop was requested during the start."""


class Supervisor:
    """One stack in one home. `run` is its whole lifetime."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        tell: Callable[[str], None],
        *,
        quiet: bool,
        specs: list[services.ServiceSpec] | None = None,
    ) -> None:
        """`tell` gets each step; `quiet` keeps the services' lines off the terminal.

        `specs` replaces the services of `settings`.
        """
        self._tell = tell
        self._settings = settings
        self._environ = environ
        self._specs = services.specifications(settings) if specs is None else specs
        self._servers: Servers | None = None
        self._stop = threading.Event()
        names = [spec.name for spec in self._specs]
        self._terminal = service_logs.Terminal(names, quiet=quiet)
        self._services: list[services.Service] = []
        self._watched: list[_WatchedServer] = []

    def run(self, when_ready: Callable[[Settings, str], None]) -> None:
        """Start, call `when_ready(settings, secret key)`, run until a signal, stop.

        The passed `settings` have the servers' addresses. Raises Rejected if an `up` runs already
        or a port is taken, Misconfigured or Transient if something does not start.
        """
        home = self._settings.home
        with home_lock.hold(home), self._signals():
            home_lock.write(home, "starting", [])
            try:
                settings, key = self._start()
                parts = self._parts(settings)
                home_lock.write(home, "ready", parts)
                when_ready(settings, key)
                while not self._stop.wait(STEP_SECONDS):
                    self._step()
                home_lock.write(home, "stopping", parts)
            except Stopped:
                home_lock.write(home, "stopping", [])
            except StorepulseError as error:
                self._shut_down()
                home_lock.write(home, "failed", [], str(error))
                raise
            finally:
                self._shut_down()

    def _start(self) -> tuple[Settings, str]:
        from storepulse.access import keys
        from storepulse.adapters.postgres import migrations

        servers = self._servers = describe(self._settings, self._environ, tell=self._tell)
        for process in orphans.end_all(self._settings.home):
            self._tell(f"ended {process}, left by an earlier run")
        self._require_ports(servers)
        if servers.embedded_servers:
            names = " and ".join(server.name for server in servers.embedded_servers)
            self._tell(f"starting {names}")
        servers.start()
        self._watched = [_WatchedServer(server, self._tell) for server in servers.embedded_servers]
        settings = servers.settings
        if servers.postgres is None:
            self._tell(given_database.ensure_roles(settings))
        home_addresses.keep(self._settings)
        self._check_stop()

        with ThreadPoolExecutor(2) as pool:
            created = pool.submit(make_topics, settings)
            applied = pool.submit(migrations.up, settings_of(OWNER, settings).dsn)
        if created.result():
            self._tell(f"created {len(created.result())} topics")
        if applied.result():
            self._tell(f"applied {len(applied.result())} migrations")
        key = keys.ensure_admin_key(settings_of(OPERATOR, settings))
        self._check_stop()

        self._tell("starting " + ", ".join(spec.name for spec in self._specs))
        for spec in self._specs:
            own = settings_of(spec.identity, settings)
            self._services.append(services.Service(spec, own, self._environ, self._terminal))
        for service in self._services:
            service.start()
        self._wait_ready()
        subscriber_files.write(settings)
        return settings_of(OPERATOR, settings), key

    def _require_ports(self, servers: Servers) -> None:
        """Check all ports before anything starts, so that an error is immediate and needs no
        cleanup."""
        for spec in self._specs:
            ports.require_free({spec.variable: spec.port})
        if servers.kafka:
            ports.require_free({"STOREPULSE_KAFKA_PORT": servers.kafka.port})
        if servers.postgres:
            ports.require_free({"STOREPULSE_POSTGRES_PORT": servers.postgres.port})

    def _wait_ready(self) -> None:
        unready = list(self._services)
        deadline = time.monotonic() + READY_SECONDS
        while unready:
            self._check_stop()
            answers = {
                service.spec.name: health.ask(service.spec.health, home=self._settings.home)
                for service in unready
            }
            for service in unready:
                answer = answers[service.spec.name]
                if answer.is_started and answer.detail:
                    self._tell(f"{service.spec.name}: {answer.detail}")
            unready = [service for service in unready if not answers[service.spec.name].is_started]
            if unready and time.monotonic() > deadline:
                reasons = [
                    f"{service.spec.name} {answers[service.spec.name].detail} (see {service.log})"
                    for service in unready
                ]
                raise Transient(f"not ready after {READY_SECONDS:.0f} s: {'; '.join(reasons)}")
            for service in self._services:
                service.step()
                if service.restarts >= HOPELESS_RESTARTS:
                    raise Transient(
                        f"{service.spec.name} ends again and again: {service.last_words()} "
                        f"(see {service.log})"
                    )
            if unready:
                time.sleep(0.1)

    def _step(self) -> None:
        for server in self._watched:
            server.step()
        for service in self._services:
            service.step()

    def _parts(self, settings: Settings) -> list[home_lock.StackPart]:
        parts = [
            home_lock.StackPart(service.spec.name, service.spec.address, service.spec.health)
            for service in self._services
        ]
        parts.append(home_lock.StackPart("kafka", settings.kafka_bootstrap_servers))
        parts.append(home_lock.StackPart("postgres", without_password(settings.dsn)))
        return parts

    def _shut_down(self) -> None:
        """Stop everything that runs. Safe to call twice."""
        running, self._services = self._services, []
        if running:
            self._tell("stopping")
        for group in _groups(running):
            for service in group:
                service.ask_to_stop()
            for service in group:
                service.wait_stopped()
        servers, self._servers = self._servers, None
        self._watched = []
        if servers is not None:
            servers.stop()

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Request a clean stop on SIGINT, SIGTERM and SIGHUP in the block; restore the handlers
        after it.

        A second Ctrl-C exits at once, and ends all our child processes.
        """

        def on_signal(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGINT and self._stop.is_set():
                os._exit(130)
            self._stop.set()

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _WatchedServer:
    """Restarts an embedded server when it ends, by the same policy as a service."""

    def __init__(
        self, server: EmbeddedKafka | EmbeddedPostgres, tell: Callable[[str], None]
    ) -> None:
        self._server = server
        self._tell = tell
        self._started_at = time.monotonic()
        self._delay: float | None = None
        self._due_at: float | None = None

    def step(self) -> None:
        now = time.monotonic()
        if self._due_at is None:
            if self._server.pid is None:
                self._delay = next_delay(self._delay, now - self._started_at)
                self._due_at = now + self._delay
                self._tell(f"{self._server.name} ended; again in {self._delay:.0f} s")
        elif now >= self._due_at:
            self._due_at = None
            self._started_at = now
            try:
                self._server.prepare()
                self._server.launch()
            except StorepulseError as error:
                self._tell(f"{self._server.name} does not start: {error}")


def make_topics(settings: Settings) -> list[str]:
    """Create missing topics; return their names.

    On our own broker, users get their rights first, so that a topic is usable once it is visible.
    """
    from storepulse.adapters.kafka import rights
    from storepulse.adapters.kafka import topics as topics_admin

    if kafka_accounts.is_ours(settings):
        rights.apply(settings)
    return topics_admin.apply(settings)


def _groups(running: list[services.Service]) -> list[list[services.Service]]:
    """Services by group, in order; those of a group are stopped at the same time."""
    groups: dict[str, list[services.Service]] = {}
    for service in running:
        groups.setdefault(service.spec.group, []).append(service)
    return list(groups.values())
