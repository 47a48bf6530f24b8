"""Every private part of a library that the package uses: why, and that it is still there.

A library may change such a part in any release, so each library in this list is pinned exactly. A
part that is used and not listed fails, and so does one that is listed and no longer used.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
import faust.streams
import pytest
from aiohttp import TCPConnector
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.group_coordinator import GroupCoordinator
from confluent_kafka import KafkaError
from faust.tables import TableManager
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from tests.support.private_parts import Module, private_names, uses_of_private_parts

REQUIREMENTS = Path(__file__).parents[2] / "requirements.in"


@dataclass(frozen=True)
class PrivatePart:
    """`shape`: a method's parameters after self, `async` before them; an error's code; else None:
    an attribute that instances get."""

    owner: Any
    name: str
    why: str
    shape: str | int | None = None


#: Distribution -> what of it is used.
PRIVATE_PARTS: dict[str, list[PrivatePart]] = {
    "confluent-kafka": [
        # librdkafka's own codes, not the broker's: documented, and spelt with an underscore.
        PrivatePart(KafkaError, "_BAD_MSG", "a batch that cannot be read is stepped over", -199),
        PrivatePart(KafkaError, "_BAD_COMPRESSION", "the same", -198),
        PrivatePart(KafkaError, "_PARTITION_EOF", "the end of a log ends a search", -191),
        PrivatePart(KafkaError, "_TIMED_OUT", "a late acknowledgement is a 503", -185),
        PrivatePart(KafkaError, "_QUEUE_FULL", "a full producer is a 503", -184),
        PrivatePart(KafkaError, "_FATAL", "a producer in this state is replaced", -150),
        PrivatePart(KafkaError, "_ALL_BROKERS_DOWN", "the log says so once", -187),
    ],
    "faust-streaming": [
        PrivatePart(faust.App, "_new_transport", "the driver of slices is ours", ""),
        PrivatePart(faust.App, "_new_consumer", "it gets the positions of the ledger", ""),
        PrivatePart(
            TableManager, "_update_channels", "no wait for tables, there are none", "async"
        ),
        PrivatePart(Consumer, "_wait_next_records", "a slice is made of them", "async timeout"),
        PrivatePart(Consumer, "_get_active_partitions", "a halted one is not among them", ""),
        PrivatePart(Consumer, "_commit", "failpoints around it", "async offsets"),
        PrivatePart(Consumer, "_new_offset", "acknowledgements come in order", "tp"),
        PrivatePart(
            Consumer, "_add_gap", "slices account for gaps", "async tp offset_from offset_to"
        ),
        PrivatePart(Consumer, "_acked", "offsets that were acknowledged"),
        PrivatePart(Consumer, "_acked_index", "the same as a set"),
        PrivatePart(Consumer, "_active_partitions", "whether a partition has room"),
        PrivatePart(Consumer, "_buffered_partitions", "which are without room"),
        PrivatePart(Consumer, "_committed_offset", "kept where a seek begins; shown as lag"),
        PrivatePart(Consumer, "_read_offset", "kept where a seek begins"),
        PrivatePart(Consumer, "_thread", "aiokafka's consumer lives there"),
        PrivatePart(AIOKafkaConsumerThread, "_ensure_consumer", "aiokafka's consumer", ""),
        PrivatePart(
            faust.streams, "_CStreamIterator", "the iterator in Python acknowledges stale messages"
        ),
    ],
    "aiohttp": [
        PrivatePart(
            TCPConnector, "_get", "an idle connection is looked at first", "async key traces"
        ),
        PrivatePart(
            TCPConnector, "_release", "idle connections are counted", "key protocol should_close"
        ),
    ],
    "aiokafka": [
        PrivatePart(Fetcher, "_get_actions_per_node", "what a fetch asks for", "assignment"),
        PrivatePart(Fetcher, "_fetch_max_wait_ms", "how long the broker may gather"),
        PrivatePart(FetchResult, "_partition_records", "records are taken by the slice"),
        PrivatePart(FetchResult, "_topic_partition", "whose they are"),
        PrivatePart(FetchResult, "_update_position", "where the next slice begins", ""),
        PrivatePart(PartitionRecords, "_unpack_records", "a batch without record objects", ""),
        PrivatePart(PartitionRecords, "_records", "the batches"),
        PrivatePart(PartitionRecords, "_records_iterator", "what has been unpacked"),
        PrivatePart(PartitionRecords, "_tp", "whose they are"),
        PrivatePart(PartitionRecords, "_check_crcs", "as the consumer is configured"),
        PrivatePart(PartitionRecords, "_aborted_transactions", "records that never were"),
        PrivatePart(PartitionRecords, "_aborted_producers", "the same"),
        PrivatePart(PartitionRecords, "_consume_aborted_up_to", "the same", "batch_offset"),
        PrivatePart(GroupCoordinator, "_send_req", "hears that a slot is taken", "async request"),
        PrivatePart(GroupCoordinator, "_group_instance_id", "the slot"),
        PrivatePart(GroupCoordinator, "_session_timeout_ms", "how long a slot is kept"),
    ],
}
ALL = [part for parts in PRIVATE_PARTS.values() for part in parts]


def test_each_that_is_used_is_listed() -> None:
    listed = {part.name for part in ALL}
    uses = list(uses_of_private_parts())
    assert [use for use in uses if use.name not in listed] == []
    assert listed - {use.name for use in uses} == set()


@pytest.mark.parametrize("part", ALL, ids=lambda part: f"{part.owner.__name__}.{part.name}")
def test_it_is_there_with_this_shape(part: PrivatePart) -> None:
    if inspect.ismodule(part.owner):
        assert getattr(part.owner, part.name) is not None
    elif isinstance(part.shape, int):
        assert getattr(part.owner, part.name) == part.shape
    elif part.shape is None:
        assert part.name in private_names(part.owner)
        assert not callable(getattr(part.owner, part.name, None))
    else:
        method = getattr(part.owner, part.name)
        _self, *parameters = inspect.signature(method).parameters
        mark = ["async"] if inspect.iscoroutinefunction(method) else []
        assert [*mark, *parameters] == part.shape.split()


@pytest.mark.parametrize("distribution", PRIVATE_PARTS)
def test_its_library_is_pinned_exactly(distribution: str) -> None:
    pins = re.findall(rf"^{distribution}==(\S+)$", REQUIREMENTS.read_text("utf-8"), re.MULTILINE)
    assert len(pins) == 1


SOURCE = """
import os
import click
import httpx as client
from click import _compat
from collections import namedtuple

class Mine:
    def __init__(self, other):
        self._given = other._taken
        os._exit(other._given)

class Group(click.Command):
    def _mine(self, other):
        self._own = self._mine
        return client.Client()._transport

    def {method}(self):
        ...
"""


def test_the_search_finds_what_is_not_ours() -> None:
    """Imports, attributes of others' objects, and what a class takes from a library's class."""
    inherited = min(name for name in private_names(__import__("click").Command))
    uses = Module(SOURCE.replace("{method}", inherited)).uses()
    assert {name for _line, name in uses} == {"_compat", "_taken", "_transport", inherited}
