"""Records that nobody can apply, written straight to the ingest topics, alone and among good ones.

Each says in a header that it is poison and of which kind, for the checker; the agents take no
notice of that header.
"""

from __future__ import annotations

import uuid

from confluent_kafka import Producer
from tests.fault.evidence import POISON
from tests.fault.faults import Fault
from tests.fault.makers import MAKERS, STREAMS
from tests.support.ingest_records import record

from storepulse.adapters.kafka.clients import connection_config

KINDS = (
    "null", "unknown schema", "truncated", "a byte too many", "key not UTF-8", "other key",
    "not Avro", "refused by the database",
)  # fmt: skip


class Poison(Fault):
    """A handful of bad records, or whole slices of them."""

    weight = 3.0

    def start(self) -> str:
        stack, rng = self.stack, self.rng
        stream = rng.choice(STREAMS)
        count = rng.choice((1, 5, 40, 300))
        partition = rng.randrange(4)
        producer = Producer(
            {**connection_config(stack.direct),
             "enable.idempotence": True, "delivery.timeout.ms": 20_000, "log_level": 0}
        )  # fmt: skip
        for _ in range(count):
            kind = rng.choice(KINDS if MAKERS[stream].text_field and count < 100 else KINDS[:-1])
            key, value = self._make(stream, kind)
            producer.produce(
                stack.catalog.ingest(stream), value, key, partition, headers={POISON: kind}
            )
        producer.flush(25)
        return f"{count} for {stream}[{partition}]"

    def _make(self, stream: str, kind: str) -> tuple[bytes | None, bytes | None]:
        fields = {"event_id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4))}
        if kind == "refused by the database":
            text_field = MAKERS[stream].text_field
            assert text_field is not None
            fields[text_field] = "nobody can store \0 this"
        good = record(stream, 0, **fields)
        key, value = good.key, good.value
        assert value is not None
        match kind:
            case "null":
                return key, None
            case "unknown schema":
                return key, b"\0\0\0\xff\xff" + value[5:]
            case "truncated":
                return key, value[: self.rng.randrange(5, len(value))]
            case "a byte too many":
                return key, value + b"\0"
            case "key not UTF-8":
                return b"\xff\xfe", value
            case "other key":
                return b"somebody-else", value
            case "not Avro":
                return key, b'{"event": "json"}'
        return key, value
