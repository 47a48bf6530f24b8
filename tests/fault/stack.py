"""A whole Storepulse of its own, to be broken: embedded servers, links, services.

Rules: nothing is shared with other tests. The servers may serve several stacks one after the
other, each with its own topics and database. The checker talks to the servers directly, the
services through links that can fail where toxiproxy is to be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from bench import database_owner
from bench.world import create_database, kafka_of, make_topics, url_of
from pydantic import SecretStr
from tests.fault.derived import AHEAD_SECONDS
from tests.fault.experiments import start_tests
from tests.fault.links import Link, Links, missing
from tests.fault.services import Keeper, Service
from tests.fault.store_secrets import put_secrets
from tests.support.linked_kafka import LinkedKafka

from storepulse.adapters.clock import VARIABLE as CLOCK
from storepulse.adapters.postgres import migrations
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import Catalog, load_catalog
from storepulse.local import kafka_accounts, ports, postgres_folder
from storepulse.local.accounts import find_unprivileged, give
from storepulse.local.database_passwords import EMBEDDED, keep_passwords
from storepulse.local.postgres import EmbeddedPostgres
from storepulse.local.servers import Servers, make_home

DISK_MB = 1024


@dataclass
class Breakable:
    """Servers for fault tests, and the links to them (None: no toxiproxy here)."""

    home: Path
    kafka: LinkedKafka
    postgres: EmbeddedPostgres
    kafka_link: Link | None = None
    postgres_link: Link | None = None
    #: Folders on disks of their own that are small enough to be filled.
    small_disks: list[Path] = field(default_factory=list)

    @property
    def admin_url(self) -> str:
        """PostgreSQL, past the link."""
        return self.postgres.bootstrap_url


@contextmanager
def breakable_servers(home: Path, *, links: bool) -> Iterator[Breakable]:
    """Servers started, all data below `home`; gone afterwards."""
    make_home(home)
    settings = Settings(home=home)
    with ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, home, ignore_errors=True)
        cleanup.callback(postgres_folder.remove, home)
        small_disks = _mount_small_disks(home, cleanup)
        kafka = LinkedKafka(settings, ports.free_port(), os.environ)
        postgres = EmbeddedPostgres(home, ports.free_port(), durable=False)
        broken = Breakable(home, kafka, postgres, small_disks=small_disks)
        proxy = Links(home) if links and missing() is None else None
        if proxy is not None:
            cleanup.callback(proxy.stop)
            broken.kafka_link = proxy.link("kafka", kafka.port)
            broken.postgres_link = proxy.link("postgres", postgres.port)
            kafka.advertised = f"127.0.0.1:{broken.kafka_link.port}"
        servers = Servers(settings, kafka, postgres)
        servers.start()
        cleanup.callback(servers.stop)
        _keep_roles_passwords(broken)
        _keep_little_wal(broken)
        yield broken


def _keep_roles_passwords(servers: Breakable) -> None:
    """Makes the stacks' passwords those that PostgreSQL gives its roles at each start: it would
    take them away with its own."""
    own, stacks = servers.postgres.passwords, database_owner.passwords_at(servers.admin_url)
    kept = replace(own, passwords={**own.passwords, **stacks.passwords})
    keep_passwords(servers.home, EMBEDDED, kept)


#: How often the product meters its own work here.
METER_SECONDS = 2.0


@dataclass
class Stack:
    """Services on breakable servers, with topics and a database of their own."""

    servers: Breakable
    settings: Settings
    direct: Settings
    keeper: Keeper

    @property
    def catalog(self) -> Catalog:
        return load_catalog(self.settings.topic_prefix)

    @property
    def superuser_dsn(self) -> str:
        """Its database, for what its owner may not do."""
        server, database = self.servers.admin_url, self.direct.dsn.rpartition("/")[2]
        return f"{server.rpartition('/')[0]}/{database}"

    @property
    def group(self) -> str:
        """The agents' consumer group."""
        return f"{self.settings.topic_prefix}storepulse-agents"

    @property
    def gateway_urls(self) -> list[str]:
        return [s.url for s in self.keeper.services.values() if s.command == "gateway"]

    def names(self, command: str) -> list[str]:
        """Names of the services of one kind."""
        return [s.name for s in self.keeper.services.values() if s.command == command]


@contextmanager
def open_stack(
    servers: Breakable,
    *,
    gateways: int = 1,
    workers: int = 2,
    query: bool = True,
    plant: str | None = None,
    **overrides: object,
) -> Iterator[Stack]:
    """A stack, its services started and ready. `plant` names a planted bug to run with."""
    name = f"f{uuid.uuid4().hex[:8]}"
    home = servers.home / name
    links = [servers.postgres_link] if servers.postgres_link is not None else []
    addresses = [f"127.0.0.1:{link.port}" for link in links]
    database_owner.hand_out(home, servers.admin_url, addresses)
    database_owner.make_roles(servers.admin_url)
    database = f"sp_{name}"
    with psycopg.connect(servers.admin_url, autocommit=True) as admin:
        create_database(admin, database)
    direct_url = url_of(servers.admin_url, database)
    direct = Settings(
        **{
            **kafka_of(servers.kafka.settings),
            "database_url": SecretStr(direct_url),
            "topic_prefix": f"{name}.",
            "home": home,
            "gateway_port": ports.free_port(),
            "query_port": ports.free_port(),
            "agent_metrics_port": _free_ports(workers),
            "gateway_proxy_reads": False,
            "rate_limits_enabled": False,
            "gateway_delivery_timeout_ms": 5_000,
            "agent_slice_records": 500,
            "agent_gather_ms": 100,
            "dead_letter_halt_ratio": 1.0,
            "log_format": "json",
            "usage_meter_seconds": METER_SECONDS,
            **overrides,
        }
    )
    migrations.up(direct.dsn)
    kafka_accounts.keep_kafka_passwords(home, kafka_accounts.kafka_passwords(servers.home))
    make_topics(direct)
    put_secrets(direct)
    start_tests(direct)
    settings = direct.model_copy(update=_through_links(servers, direct_url))
    keeper = Keeper(_services(settings, gateways, workers, query=query, plant=plant))
    keeper.start()
    try:
        keeper.wait_ready()
        yield Stack(servers, settings, direct, keeper)
    finally:
        keeper.stop()
        if "FAULT_KEEP" in os.environ:
            shutil.copytree(home, Path(os.environ["FAULT_KEEP"]) / name, dirs_exist_ok=True)


def _keep_little_wal(servers: Breakable) -> None:
    """Else the database's own log would fill its small disk in time, without any fault."""
    with psycopg.connect(servers.admin_url, autocommit=True) as admin:
        for setting in ("max_wal_size", "min_wal_size"):
            admin.execute(f"ALTER SYSTEM SET {setting} = '160MB'")
        admin.execute("SELECT pg_reload_conf()")


def _mount_small_disks(home: Path, cleanup: ExitStack) -> list[Path]:
    """A tmpfs under each server's data; none where we may not mount."""
    # PostgreSQL's data lies outside of a home that its account cannot enter, behind this link.
    account = find_unprivileged()
    outside = postgres_folder.place(home, account)
    folders = [home / "kafka", outside]
    folders[0].mkdir()
    for folder in folders:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "storepulse-test", str(folder)],
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            return []
        cleanup.callback(subprocess.run, ["umount", "-l", str(folder)], check=False)
    give(outside, account)
    outside.chmod(0o700)
    return folders


def _free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    while True:
        first = ports.free_port()
        if all(ports.is_free(first + n) for n in range(1, count)):
            return first


def _through_links(servers: Breakable, direct_url: str) -> dict[str, object]:
    update: dict[str, object] = {}
    if servers.kafka_link is not None:
        update["kafka_bootstrap_servers"] = f"127.0.0.1:{servers.kafka_link.port}"
    if servers.postgres_link is not None:
        linked = direct_url.replace(f":{servers.postgres.port}/", f":{servers.postgres_link.port}/")
        update["database_url"] = SecretStr(linked)
    return update


def _services(
    settings: Settings, gateways: int, workers: int, *, query: bool, plant: str | None
) -> list[Service]:
    made = [
        Service(
            f"gateway-{n}",
            "gateway",
            settings.model_copy(
                update={"gateway_port": settings.gateway_port if n == 0 else ports.free_port()}
            ),
            plant,
        )
        for n in range(gateways)
    ]
    clock = Path(settings.home) / "agents.clock"
    clock.write_text(str(AHEAD_SECONDS))
    made += [
        Service(
            f"agents-{n}",
            "agents",
            settings.model_copy(update={"agent_slot": n}),
            plant,
            environment={CLOCK: str(clock)},
        )
        for n in range(workers)
    ]
    if query:
        made.append(Service("query", "query", settings, plant))
    return made
