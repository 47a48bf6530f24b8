"""One batch of heatmap records into PostgreSQL and `events.*`, with fastavro and plain Python.

Every contender that processes heatmap events uses this, so that they differ in how records reach
it. Decoded record by record, folded in dictionaries, written with COPY and set-based upserts in one
transaction, published by librdkafka before the commit. Rage and dead clicks are left out.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fastavro
import psycopg
from confluent_kafka import Producer

from bench.statements import named_statements

VARIABLE = "BENCH_JOB"
HEADER_BYTES = 5
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Job:
    """Where a contender reads and writes; handed over as JSON in the environment."""

    bootstrap: str
    ingest: str
    events: str
    dsn: str
    group: str
    schema: str
    port: int = 0
    folder: str = ""
    #: aiokafka's producer as it is made when nobody thinks about it.
    default_producer: bool = False
    #: The brokers' user, whose password they take as it is (PLAIN); empty where they ask for none.
    user: str = ""
    password: str = ""

    @classmethod
    def given(cls) -> Job:
        return cls(**json.loads(os.environ[VARIABLE]))

    @property
    def librdkafka(self) -> dict[str, Any]:
        """How its clients connect."""
        where = {"bootstrap.servers": self.bootstrap}
        if not self.user:
            return where
        return {
            **where,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": self.user,
            "sasl.password": self.password,
        }

    @property
    def aiokafka(self) -> dict[str, Any]:
        """The same for aiokafka's."""
        where = {"bootstrap_servers": self.bootstrap}
        if not self.user:
            return where
        return {
            **where,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }


def plain_schema(document: Any) -> Any:
    """A schema without logical types: fastavro then builds no UUID and datetime objects, which
    makes it about a third faster."""
    if isinstance(document, dict):
        return {k: plain_schema(v) for k, v in document.items() if k != "logicalType"}
    if isinstance(document, list):
        return [plain_schema(item) for item in document]
    return document


def hour(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // HOUR_MS * 3600, UTC)


class Fold:
    """Fresh events added up by their rollups' keys."""

    def __init__(self, paths: dict[str, str]) -> None:
        self.cells: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
        self.scroll: dict[tuple[Any, ...], int] = defaultdict(int)
        self.elements: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._paths = paths

    def add(self, e: dict[str, Any]) -> None:
        path = self._paths.get(e["page_url"])
        if path is None:
            path = self._paths[e["page_url"]] = urlsplit(e["page_url"]).path or "/"
        at, bot, kind = e["occurred_at"] // HOUR_MS, e["is_bot"], e["kind"]
        where = (e["store_id"], path, at, e["device"])
        if kind == "scroll":
            self.scroll[(*where, e["scroll_depth"] // 5, bot)] += 1
            return
        dwell = e["dwell_ms"] or 0
        col = min(max(e["x"] * 128 // (e["viewport_width"] or 1280), 0), 127)
        cell = self.cells[(*where, kind, col, e["y"] // 16, bot)]
        cell[0] += 1
        cell[1] += dwell
        element = self.elements[(*where, e["selector"] or "", bot)]
        if kind == "click":
            element[0] += 1
        else:
            element[1] += 1
            element[2] += dwell


class HeatmapJob:
    """Applies batches on one connection; for one thread at a time."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._schema = fastavro.parse_schema(plain_schema(json.loads(Path(job.schema).read_text())))
        self._sql = named_statements(Path(__file__).with_suffix(".sql"))
        self._paths: dict[str, str] = {}
        self._connection = psycopg.connect(job.dsn)
        self._connection.execute(self._sql["stage"])
        self._connection.commit()
        self._failed: list[Any] = []
        self._producer = Producer(
            {
                **job.librdkafka,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 5,
                "queue.buffering.max.messages": 500_000,
                "partitioner": "murmur2_random",
                "delivery.report.only.error": True,
                "on_delivery": lambda error, _message: self._failed.append(error),
            }
        )

    def apply(self, values: Sequence[bytes]) -> None:
        """One batch, once: committed when this returns. Raises whatever goes wrong."""
        first: dict[tuple[str, str], tuple[bytes, dict[str, Any]]] = {}
        counts: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
        schema, read = self._schema, fastavro.schemaless_reader
        for value in values:
            event: Any = read(BytesIO(value[HEADER_BYTES:]), schema, None)
            counts[event["store_id"], event["received_at"] // HOUR_MS][0] += 1
            first.setdefault((event["store_id"], event["event_id"]), (value, event))
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(self._sql["truncate"])
            ids = ((e["event_id"], e["store_id"], e["content_crc"]) for _, e in first.values())
            self._copy(cursor, self._sql["copy_ids"], ids)
            cursor.execute(self._sql["ids"])
            fresh_ids = {row[0] for row in cursor.fetchall()}
            fresh = [(value, e) for value, e in first.values() if e["event_id"] in fresh_ids]
            fold = Fold(self._paths)
            for _, event in fresh:
                counts[event["store_id"], event["received_at"] // HOUR_MS][1] += 1
                fold.add(event)
            self._publish(fresh)
            self._write(cursor, fold, counts)
            self._await_broker()

    def _publish(self, fresh: Iterable[tuple[bytes, dict[str, Any]]]) -> None:
        produce, topic = self._producer.produce, self._job.events
        for value, event in fresh:
            produce(
                topic, value, event["session_id"].encode(),
                headers=[("event_id", event["event_id"].encode())],
            )  # fmt: skip

    def _await_broker(self) -> None:
        if self._producer.flush(30) or self._failed:
            raise RuntimeError(f"not delivered: {self._failed[:1]}")

    def _write(
        self,
        cursor: psycopg.Cursor[Any],
        fold: Fold,
        counts: dict[tuple[str, int], list[int]],
    ) -> None:
        def timed(key: tuple[Any, ...], *numbers: int) -> tuple[Any, ...]:
            return (*key[:2], hour(key[2] * HOUR_MS), *key[3:], *numbers)

        self._copy(cursor, self._sql["copy_cells"], (timed(k, *v) for k, v in fold.cells.items()))
        self._copy(cursor, self._sql["copy_scroll"], (timed(k, v) for k, v in fold.scroll.items()))
        self._copy(
            cursor, self._sql["copy_elements"], (timed(k, *v) for k, v in fold.elements.items())
        )
        rows = ((store, hour(at * HOUR_MS), *n) for (store, at), n in counts.items())
        self._copy(cursor, self._sql["copy_counts"], rows)
        for name in ("pages", "cells", "scroll", "elements", "ledger"):
            cursor.execute(self._sql[name])

    @staticmethod
    def _copy(cursor: psycopg.Cursor[Any], statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
