"""Exposures that the gateway tells itself: where they go, and what their caller is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError

from storepulse.access.key_table import KeyTable
from storepulse.access.store_table import StoreTable
from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.contracts.topics import load_catalog
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.exposures import exposure_id
from storepulse.gateway.call import Call
from storepulse.gateway.call_reader import CallReader
from storepulse.gateway.exposures import Exposure, ExposurePublisher
from storepulse.gateway.ingest_streams import IngestStream
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.gateway.publishing.publisher import QueueFull
from storepulse.gateway.spool.spool import NoRoom
from storepulse.streams.registry import STREAMS

STORE = "11111111-1111-4111-8111-111111111111"
TEST = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SHOWN = Exposure(STORE, TEST, 2, "blue", "v-1", "s-1")
LATE = KafkaError(KafkaError._MSG_TIMED_OUT)
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)

Sent = list[tuple[str, Any]]


class Broker:
    is_writable = True


class Kafka:
    """Stands where the publisher does: reports `outcome` on what it is given."""

    def __init__(self, outcome: KafkaError | type[Exception] | None) -> None:
        self.broker = Broker()
        self.sent: Sent = []
        self._outcome = outcome

    def publish(self, topic: str, records: Any, done: Callable[[Any], None], _room: int) -> None:
        if isinstance(self._outcome, type):
            raise self._outcome
        self.sent.append((topic, records))
        asyncio.get_running_loop().call_soon(done, self._outcome)


class Disk:
    """Stands where the spool does."""

    def __init__(self, fault: OSError | type[Exception] | None = None) -> None:
        self.sent: Sent = []
        self._fault = fault

    def append(self, topic: str, records: Any, on_synced: Any, _room: int) -> None:
        if isinstance(self._fault, type):
            raise self._fault
        self.sent.append((topic, records))
        asyncio.get_running_loop().call_soon(on_synced, self._fault)


def publisher_of(kafka: Kafka, disk: Disk | None = None) -> ExposurePublisher:
    settings, names = Settings(), NewNameLimits(Settings(), DatabaseNames())
    stream = IngestStream(STREAMS["experiment"], settings, load_catalog(""), names)
    reader, stores = CallReader(settings, KeyTable()), StoreTable()
    stores.is_loaded = True
    given: Any = (stream, kafka, disk, reader, stores)
    return ExposurePublisher(*given)


def call() -> Call:
    headers = {b"user-agent": b"Mozilla/5.0 Firefox/140.0"}
    return Call(list(headers.items()), headers, "203.0.113.7", "r-1", "203.0.113.7")


async def stored(publisher: ExposurePublisher, *exposures: Exposure) -> bool:
    """What is told of exposures."""
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    publisher.publish(exposures, call(), answer.set_result)
    return await answer


def told(sent: Sent) -> list[dict[str, Any]]:
    decode = schema_of("experiment").decode
    found: list[Any] = [
        decode(value[HEADER_BYTES:], ids_as_text=True)
        for _, records in sent
        for _, value in records
    ]
    return found


async def test_an_exposure_takes_the_way_of_all_events() -> None:
    kafka = Kafka(None)
    another = Exposure(STORE, TEST, 1, "control", None, "s-1")
    assert await stored(publisher_of(kafka), SHOWN, another) is True
    first, second = told(kafka.sent)
    assert first["event_id"] == exposure_id(STORE, TEST, 2, "v:v-1", "blue")
    assert second["event_id"] == exposure_id(STORE, TEST, 1, "s:s-1", "control")
    assert (first["event_type"], first["ip"], first["source"]) == (
        "Exposure", "203.0.113.7", "tracker",
    )  # fmt: skip
    assert [key for _, records in kafka.sent for key, _ in records] == [b"v-1", b"s-1"]
    assert {topic for topic, _ in kafka.sent} == {load_catalog("").ingest("experiment")}


@pytest.mark.parametrize("is_writable", [True, False])
async def test_what_kafka_does_not_take_goes_to_the_disk(*, is_writable: bool) -> None:
    kafka, disk = Kafka(LATE), Disk()
    kafka.broker.is_writable = is_writable
    assert await stored(publisher_of(kafka, disk), SHOWN) is True
    assert len(told(disk.sent)) == 1


@pytest.mark.parametrize(
    ("outcome", "disk"),
    [
        (TOO_LARGE, Disk()),
        (LATE, None),
        (LATE, Disk(OSError("full"))),
        (LATE, Disk(NoRoom)),
        (QueueFull, Disk()),
    ],
)
async def test_what_nothing_takes_is_told(outcome: Any, disk: Disk | None) -> None:
    assert await stored(publisher_of(Kafka(outcome), disk), SHOWN) is False


async def test_ids_that_no_event_may_have_are_refused() -> None:
    kafka = Kafka(None)
    with pytest.raises(Rejected) as refused:
        await stored(publisher_of(kafka), Exposure(STORE, TEST, 1, "blue", None, "a b"))
    assert refused.value.field == "session_id"
    assert kafka.sent == []
