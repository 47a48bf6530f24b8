"""Topics as declared in `schemas/topics.toml`. No other module contains a topic's name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from storepulse.contracts.files import SCHEMA_FILES

Family = Literal["ingest", "events", "dlq"]
VERSION = "v1"


@dataclass(frozen=True)
class Subject:
    """The events of one stream: one schema, one topic family.

    `key`: the first of these fields that has a value is the record's Kafka key.
    """

    name: str
    schema_id: int
    key: tuple[str, ...]
    description: str

    @property
    def schema_file(self) -> str:
        return f"{self.name}.{VERSION}.avsc"


@dataclass(frozen=True)
class Topic:
    """One topic; `stream` is None if it belongs to none.

    `retention_bytes`: how much of a partition Kafka keeps at most; None means no limit but time.
    """

    name: str
    family: str
    stream: str | None
    partitions: int
    retention_ms: int
    retention_bytes: int | None
    cleanup: str
    key: str
    owner: str
    max_message_bytes: int
    description: str

    @property
    def config(self) -> dict[str, str]:
        """Topic configuration for the broker."""
        bounded = (
            {} if self.retention_bytes is None else {"retention.bytes": str(self.retention_bytes)}
        )
        return {
            "retention.ms": str(self.retention_ms),
            **bounded,
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(self.max_message_bytes),
        }


class Catalog:
    """All streams and topics, with `prefix` put before every topic's name."""

    def __init__(self, document: dict[str, Any], prefix: str = "") -> None:
        self.prefix = prefix
        self._document = document
        self.streams: dict[str, Subject] = {
            name: Subject(
                name=name,
                schema_id=entry["subject_id"],
                key=tuple(entry["key"]),
                description=entry["description"],
            )
            for name, entry in document["streams"].items()
        }

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Every topic by its full name."""
        defaults = self._document["defaults"]
        found: dict[str, Topic] = {}
        for stream in self.streams.values():
            for family, entry in self._document["families"].items():
                name = f"{self.prefix}{family}.{stream.name}.{VERSION}"
                settings = {**defaults, "key": ", else ".join(stream.key), **entry}
                found[name] = _topic(name, family, stream.name, settings)
        for family, entry in self._document["topics"].items():
            name = self.prefix + entry["name"]
            found[name] = _topic(name, family, None, {**defaults, **entry})
        return found

    def topic(self, family: Family, stream: str) -> Topic:
        """The topic of a family for a stream. Raises KeyError for an undeclared one."""
        return self.topics[f"{self.prefix}{family}.{stream}.{VERSION}"]

    def ingest(self, stream: str) -> str:
        """Name of the topic with events that the gateway accepted."""
        return self.topic("ingest", stream).name

    def events(self, stream: str) -> str:
        """Name of the topic with deduplicated events."""
        return self.topic("events", stream).name

    def dlq(self, stream: str) -> str:
        """Name of the topic with records that processing could not apply."""
        return self.topic("dlq", stream).name

    @property
    def rejected(self) -> str:
        """Name of the topic with rejected beacons."""
        return self._single("rejected")

    @property
    def undelivered(self) -> str:
        """Name of the topic with events that a destination finally refused."""
        return self._single("undelivered")

    def _single(self, entry: str) -> str:
        name: str = self._document["topics"][entry]["name"]
        return self.prefix + name


def _topic(name: str, family: str, stream: str | None, entry: dict[str, Any]) -> Topic:
    return Topic(
        name=name,
        family=family,
        stream=stream,
        partitions=entry["partitions"],
        retention_ms=entry["retention_hours"] * 3_600_000,
        retention_bytes=entry.get("retention_bytes"),
        cleanup=entry["cleanup"],
        key=entry["key"],
        owner=entry["owner"],
        max_message_bytes=entry["max_message_bytes"],
        description=entry["description"],
    )


def load_catalog(prefix: str = "") -> Catalog:
    """The catalog of the repository's `schemas/topics.toml`."""
    return Catalog(tomllib.loads((SCHEMA_FILES / "topics.toml").read_text("utf-8")), prefix)
