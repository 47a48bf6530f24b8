"""Kafka's users and what each may do: the least that its work needs.

Rules: a service's user has its name. Rights name topics of the catalog, so that a new stream's
topics have theirs by themselves. Who may read or write a topic may also describe it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from storepulse.contracts.topics import Catalog

#: The broker's super user: makes topics, users and rights. It has no rights of its own.
ADMIN = "admin"
#: Commands of an operator: topics, tail, replays, audits.
OPERATOR = "operator"
#: Other teams' consumers.
SUBSCRIBER = "subscriber"
SERVICES = ("gateway", "agents", "delivery", "query")
#: Everybody with rights.
USERS = (*SERVICES, OPERATOR, SUBSCRIBER)

ANY = "*"

Resource = Literal["topic", "group", "cluster"]
Operation = Literal["read", "write", "describe", "all"]


@dataclass(frozen=True, order=True)
class Right:
    """`user` may do `operation` to `resource`, or may not, whatever else allows it.

    `is_prefix`: to all whose names begin with `name`.
    """

    user: str
    resource: Resource
    name: str
    operation: Operation
    is_prefix: bool = False
    is_denied: bool = False


def group_of(prefix: str, process: str) -> str:
    """Name of the consumer group of a service's processes, with the prefix of all topics."""
    return f"{prefix}storepulse-{process}"


def rights_of(catalog: Catalog) -> list[Right]:
    """All rights on the catalog's topics and groups."""
    streams = list(catalog.streams)
    ingest, events = list(map(catalog.ingest, streams)), list(map(catalog.events, streams))
    dead = list(map(catalog.dlq, streams))
    other_letters = [catalog.rejected, catalog.undelivered]
    return [
        *_topics("gateway", "write", [*ingest, catalog.rejected]),
        *_topics("agents", "read", ingest),
        # Events that they derive of others are activity, and what they meter of our own work usage.
        *_topics(
            "agents",
            "write",
            [catalog.ingest("activity"), *events, *dead, catalog.ingest("usage")],
        ),
        _group(catalog, "agents"),
        # Letters that other tools left are entered by delivery.
        *_topics("delivery", "read", [*events, *dead, *other_letters]),
        *_topics("delivery", "write", [catalog.undelivered]),
        _group(catalog, "delivery"),
        # How long events have waited, whoever should have taken them; and events as they arrive,
        # with what was refused and what died.
        *_topics("query", "read", [*ingest, *events, *dead, catalog.rejected]),
        _group(catalog, "query"),
        # Replays.
        *_topics("query", "write", ingest),
        *_topics(OPERATOR, "read", [*ingest, *events, *dead, *other_letters]),
        *_topics(OPERATOR, "write", ingest),
        Right(OPERATOR, "group", ANY, "describe"),
        Right(OPERATOR, "cluster", "kafka-cluster", "describe"),
        *_topics(SUBSCRIBER, "read", events),
        Right(SUBSCRIBER, "group", ANY, "read"),
        # Else its consumers could take our partitions.
        Right(SUBSCRIBER, "group", group_of(catalog.prefix, ""), "all", True, True),
    ]


def _topics(user: str, operation: Operation, names: list[str]) -> list[Right]:
    return [Right(user, "topic", name, operation) for name in names]


def _group(catalog: Catalog, service: str) -> Right:
    """Its group, and what its clients call themselves that look at logs beside it."""
    return Right(service, "group", group_of(catalog.prefix, service), "read", is_prefix=True)
