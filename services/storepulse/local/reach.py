"""Whether Kafka and PostgreSQL listen at their addresses, by a bare TCP connection.

Faster than their own clients, which retry for many seconds before they report that nothing listens.
An unparsable address counts as listening: the client reports what is wrong with it.
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

#: Enough for the retransmission of a lost packet.
CONNECT_SECONDS = 1.5
KAFKA_PORT = 9092
POSTGRES_PORT = 5432

Addresses = list[tuple[str, int]]


def kafka_addresses(bootstrap_servers: str) -> Addresses:
    """The addresses in a list such as `a:9092,SASL_SSL://b:9093,[::1]:9092`."""
    addresses: Addresses = []
    for server in bootstrap_servers.split(","):
        address = server.strip().rpartition("://")[2].rstrip("/")
        host, colon, port = address.rpartition(":")
        if not colon or address.endswith("]"):
            host, port = address, str(KAFKA_PORT)
        if host and port.isdecimal() and int(port) <= 65535:
            addresses.append((host.strip("[]"), int(port)))
    return addresses


def postgres_addresses(dsn: str) -> Addresses:
    """The addresses in a connection string; none for a Unix socket."""
    try:
        parts = conninfo_to_dict(dsn)
    except ProgrammingError:
        return []
    hosts = str(parts.get("hostaddr") or parts.get("host") or "").split(",")
    ports = str(parts.get("port") or POSTGRES_PORT).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [
        (host, int(port or POSTGRES_PORT))
        for host, port in zip(hosts, ports, strict=False)
        if host and not host.startswith(("/", "@"))
    ]


def listens(addresses: Collection[tuple[str, int]]) -> bool:
    """Whether any of these addresses accepts a connection; True if there are none."""
    if not addresses:
        return True
    with ThreadPoolExecutor(len(addresses)) as pool:
        return any(pool.map(_connects, addresses))


def _connects(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, CONNECT_SECONDS):
            return True
    except (OSError, UnicodeError):  # unreachable, or the name is invalid
        return False
