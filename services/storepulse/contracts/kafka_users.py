"""Kafka's users and their rights, the minimum for each one's work.

A service's user has its name. Rights name topics of the catalog, so that a new stream's topics are
covered. A right to read or write a topic includes describing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from storepulse.contracts.topics import Catalog

#: The broker's super user, who creates topics, users and rights. It has no entries itself.
ADMIN = "admin"
#: Commands of an operator: topics, tail, replays, audits.
OPERATOR = "operator"
#: Other teams' consumers.
SUBSCRIBER = "subscriber"
SERVICES = ("gateway", "agents", "delivery", "query")
#: All users with rights.
USERS = (*SERVICES, OPERATOR, SUBSCRIBER)

ANY = "*"

Resource = Literal["topic", "group", "cluster"]
Operation = Literal["read", "write", "describe", "all"]


@dataclass(frozen=True, order=True)
class Right:
    """A right of `user` to do `operation` on `resource`; if `is_denied`, a denial that overrides
    rights.

    `is_prefix`: it covers all names that start with `name`.
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
        # Derived events are activity; the metering of our own work is usage.
        *_topics(
            "agents",
            "write",
            [catalog.ingest("activity"), *events, *dead, catalog.ingest("usage")],
        ),
        _group(catalog, "agents"),
        # Delivery stores letters that other tools left in dead-letter topics.
        *_topics("delivery", "read", [*events, *dead, *other_letters]),
        *_topics("delivery", "write", [catalog.undelivered]),
        _group(catalog, "delivery"),
        # For freshness and lag of all consumers, and for live views of events, rejects and dead
        # letters.
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
        # Otherwise its consumers could join our groups and take partitions.
        Right(SUBSCRIBER, "group", group_of(catalog.prefix, ""), "all", True, True),
    ]


def _topics(user: str, operation: Operation, names: list[str]) -> list[Right]:
    return [Right(user, "topic", name, operation) for name in names]


def _group(catalog: Catalog, service: str) -> Right:
    """The service's group, and the names of its clients that read logs besides."""
    return Right(service, "group", group_of(catalog.prefix, service), "read", is_prefix=True)
