"""The servers that a command needs: their addresses, and a quick one-line error if one is down."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Transient

START = "start the stack with `storepulse up`"
#: Exceptions of client libraries for an unavailable server: (package, class) to the server's name.
_SERVER_OF_ERROR = {
    ("psycopg", "OperationalError"): "PostgreSQL",
    ("cimpl", "KafkaException"): "Kafka",
    ("httpx", "TransportError"): "the service",
}


@dataclass(frozen=True)
class _NeededServer:
    """`variable` is the setting that points to the server; empty if `up` runs it."""

    name: str
    addresses: Sequence[tuple[str, int]]
    variable: str


def settings_in_force(
    *, kafka: bool = False, database: bool = True, identity: str = "operator"
) -> Settings:
    """The settings, with the addresses of the servers that `up` runs and `identity`'s account.

    Raises Transient if nothing listens at the address of a needed server.
    """
    from storepulse.local import reach
    from storepulse.local.home_addresses import load_beside
    from storepulse.local.servers import connected, database_is_given, kafka_is_given

    settings_given = load_beside(os.environ)
    asked_for_kafka = kafka and not kafka_is_given(settings_given)
    if asked_for_kafka and "kafka_port" not in settings_given.model_fields_set:
        raise Transient(_nothing_started(settings_given))
    asked_for_database = database and not database_is_given(settings_given)
    if asked_for_database and "postgres_port" not in settings_given.model_fields_set:
        raise Transient(_nothing_started(settings_given))
    settings = connected(settings_given, identity)
    needed_servers = []
    if kafka:
        addresses = reach.kafka_addresses(settings.kafka_bootstrap_servers)
        variable = "KAFKA_BOOTSTRAP_SERVERS" if kafka_is_given(settings_given) else ""
        needed_servers.append(_NeededServer("Kafka", addresses, variable))
    if database:
        addresses = reach.postgres_addresses(settings.dsn)
        variable = "DATABASE_URL" if database_is_given(settings_given) else ""
        needed_servers.append(_NeededServer("PostgreSQL", addresses, variable))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda server: reach.listens(server.addresses), needed_servers))
    unreachable = [
        server
        for server, is_listening in zip(needed_servers, answers, strict=True)
        if not is_listening
    ]
    if unreachable:
        raise Transient(_message_for(unreachable))
    return settings


def _nothing_started(settings: Settings) -> str:
    """The error if nothing was started here; another home's servers may use the default ports."""
    return f"nothing was started in {settings.home} yet; {START}, or set STOREPULSE_HOME"


def _message_for(unreachable: Sequence[_NeededServer]) -> str:
    where = " and ".join(
        f"{server.name} at {','.join(f'{host}:{port}' for host, port in server.addresses)}"
        for server in unreachable
    )
    variables = " and ".join(server.variable for server in unreachable if server.variable)
    if not variables:
        return f"cannot connect to {where}; {START}"
    repair = f"start the server that {variables} names, or unset it and {START}"
    return f"cannot connect to {where}; {repair}"


def one_line(error: BaseException) -> str:
    """An error's text on one line; client libraries' messages may have several."""
    return " ".join(str(error).split())


def message_of_server_away(error: BaseException) -> str | None:
    """The message for an error of a client whose server is unavailable; None for other errors."""
    for kind in type(error).__mro__:
        server = _SERVER_OF_ERROR.get((kind.__module__.partition(".")[0], kind.__name__))
        if server is not None:
            return f"{server}: {one_line(error)}; {START}"
    return None
