"""The embedded servers together: started in parallel, and stopped.

A server whose address is configured is neither started nor stopped by us. `with
start_servers(settings, environ) as servers:` leaves only the data below `settings.home`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from storepulse.adapters.settings import Settings
from storepulse.contracts.kafka_users import ADMIN
from storepulse.domain.errors import Misconfigured
from storepulse.local import ports
from storepulse.local.broker import EmbeddedKafka
from storepulse.local.data_format import require_readable
from storepulse.local.database_passwords import EMBEDDED, passwords_for
from storepulse.local.identities import DATABASE, OPERATOR, settings_of
from storepulse.local.kafka_accounts import admin_of_kafka, kafka_passwords
from storepulse.local.postgres import EmbeddedPostgres


class Servers:
    """Running servers. `kafka` and `postgres` are None if their address is configured.

    For fault tests: `servers.kafka.kill()`, `.stop()`, `.start()`; `servers.postgres.kill()`,
    `.stop("fast" | "immediate")`, `.start()`. Addresses stay the same over restarts.
    """

    def __init__(
        self, settings: Settings, kafka: EmbeddedKafka | None, postgres: EmbeddedPostgres | None
    ) -> None:
        self.kafka = kafka
        self.postgres = postgres
        self._settings = settings

    @property
    def kafka_bootstrap_servers(self) -> str:
        """The brokers' addresses, host:port."""
        return (
            self.kafka.bootstrap_servers if self.kafka else self._settings.kafka_bootstrap_servers
        )

    @property
    def database_url(self) -> str:
        """The connection string of the database's owner, with the password: a secret."""
        return self.postgres.database_url if self.postgres else self._settings.dsn

    @property
    def settings(self) -> Settings:
        """The given settings, with these servers' addresses and their owner's accounts."""
        settings = self.kafka.settings if self.kafka else self._settings
        return settings.model_copy(update={"database_url": SecretStr(self.database_url)})

    @property
    def embedded_servers(self) -> list[EmbeddedKafka | EmbeddedPostgres]:
        """The servers that we run."""
        return [server for server in (self.kafka, self.postgres) if server is not None]

    def start(self) -> None:
        """Start our servers. If one fails, the others are stopped and its error is raised."""
        try:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda server: server.prepare(), self.embedded_servers))
            # Called in this thread, because the kernel ties a program to the thread that started
            # it.
            for server in self.embedded_servers:
                server.launch()
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda server: server.wait_ready(), self.embedded_servers))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop our servers cleanly, in parallel."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda server: server.stop(), self.embedded_servers))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_servers(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    free_ports: bool = False,
    durable: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Servers:
    """Start the servers that are not configured in `settings`, and return when they serve.

    `free_ports` uses any free ports instead of the settings' (tests); `durable=False` disables
    fsync (tests); `tell` is called at each slow step. Call it from a thread that outlives the
    servers. Raises Misconfigured (for example, Java is missing), Rejected (a port is taken),
    Transient (a server does not start).
    """
    servers = describe(settings, environ, free_ports=free_ports, durable=durable, tell=tell)
    servers.start()
    return servers


def describe(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    free_ports: bool = False,
    durable: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> Servers:
    """The servers that `settings` requires, not started. Raises Misconfigured."""
    make_home(settings.home)
    if not (kafka_is_given(settings) and database_is_given(settings)):
        require_readable(settings.home)
    kafka = None
    if not kafka_is_given(settings):
        kafka = EmbeddedKafka(
            settings,
            ports.free_port() if free_ports else settings.kafka_port,
            environ,
            tell=tell,
        )
    database = None
    if not database_is_given(settings):
        database = EmbeddedPostgres(
            settings.home,
            ports.free_port() if free_ports else settings.postgres_port,
            durable=durable,
            tell=tell,
        )
    return Servers(settings, kafka, database)


def kafka_is_given(settings: Settings) -> bool:
    """Whether KAFKA_BOOTSTRAP_SERVERS is configured, so that we start no broker."""
    return "kafka_bootstrap_servers" in settings.model_fields_set


def database_is_given(settings: Settings) -> bool:
    """Whether DATABASE_URL is configured, so that we start no server."""
    return "database_url" in settings.model_fields_set


def connected(settings: Settings, identity: str = OPERATOR) -> Settings:
    """`settings` with the addresses of the servers of `up` and the account of `identity`.

    For commands and services beside `up`. Configured addresses are kept. Before the first start
    there are no accounts, and the defaults are kept.
    """
    update: dict[str, object] = {}
    if not database_is_given(settings) and passwords_for(settings.home, EMBEDDED) is None:
        address = f"{ports.LOOPBACK}:{settings.postgres_port}"
        update["database_url"] = SecretStr(f"postgresql://{DATABASE}@{address}/{DATABASE}")
    if not kafka_is_given(settings):
        update["kafka_bootstrap_servers"] = f"{ports.LOOPBACK}:{settings.kafka_port}"
        if (admin := kafka_passwords(settings.home).get(ADMIN)) is not None:
            update |= admin_of_kafka(admin)
    return settings_of(identity, settings.model_copy(update=update))


def make_home(home: Path) -> bool:
    """Create `home`, closed to other accounts; True if it existed and was open to them.

    Raises Misconfigured if it belongs to another account.
    """
    if not home.exists():
        home.mkdir(mode=0o700, parents=True)
        home.chmod(0o700)
        return False
    if not home.stat().st_mode & 0o077:
        return False
    try:
        home.chmod(0o700)
    except PermissionError:
        raise Misconfigured(
            "STOREPULSE_HOME", f"{home} is open to other accounts, and not ours to close"
        ) from None
    return True


def temporary_home() -> Path:
    """Create a home for tests."""
    return Path(tempfile.mkdtemp(prefix="storepulse-"))
