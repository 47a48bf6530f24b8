"""Beacons of experiments: what is one, and which id an exposure gets whatever it is called."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from storepulse.adapters.settings import Settings
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.exposures import exposure_id
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.streams.beacon import Rules
from storepulse.streams.registry import STREAMS

STORE = "11111111-1111-4111-8111-111111111111"
TEST = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
PAGE = RequestContext(1_767_268_800_412, "tracker", None, "Mozilla/5.0", None, None)
SERVER = RequestContext(1_767_268_800_412, "server", None, None, None, None, trusted=True)
DONE: dict[str, Any] = {
    "store_id": STORE, "visitor_id": "v-1", "event_type": "Conversion", "test_id": TEST,
}  # fmt: skip
SHOWN = DONE | {"event_type": "Exposure", "phase": 2, "variant_id": "blue"}


def record_of(
    beacon: dict[str, Any], sender: RequestContext = PAGE
) -> tuple[bytes, dict[str, Any], list[Any]]:
    """Key, record, and what was left out. Raises Rejected."""
    stream = STREAMS["experiment"]
    batch = Decoding(stream.input, 500).decode_one(json.dumps(beacon).encode())
    names = NewNameLimits(Settings(), DatabaseNames())
    encoded = Enveloper(stream, Rules(), names).encode_all(batch.beacons, sender)
    if encoded.refused:
        raise encoded.refused[0][1]
    assert encoded.records[0] is not None
    key, value = encoded.records[0]
    record: Any = schema_of("experiment").decode(value[HEADER_BYTES:], ids_as_text=True)
    return key, record, encoded.left_out()


@pytest.mark.parametrize(
    ("who", "unit", "key"),
    [
        ({"visitor_id": "v-1"}, "v:v-1", b"v-1"),
        ({"visitor_id": "ü", "session_id": "s-1"}, "v:ü", "ü".encode()),
        ({"visitor_id": None, "session_id": "s-1"}, "s:s-1", b"s-1"),
        ({"visitor_id": "", "session_id": "s-1"}, "s:s-1", b"s-1"),
    ],
)
@pytest.mark.parametrize("sender", [PAGE, SERVER])
@pytest.mark.parametrize(
    "named",
    [
        {},
        {"event_id": str(uuid4())},
        {"event_id": exposure_id(STORE, TEST, 1, "v:else", "red")},
        {"idempotency_key": "k"},
        {"timestamp": 1_767_268_700_000},
        {"store_id": STORE.upper(), "test_id": TEST.upper(), "event_type": "exposure"},
    ],
)
def test_an_exposure_has_the_id_of_what_it_says(
    who: dict[str, Any], unit: str, key: bytes, sender: RequestContext, named: dict[str, Any]
) -> None:
    sent_key, record, _ = record_of(SHOWN | who | named, sender)
    assert record["event_id"] == exposure_id(STORE, TEST, 2, unit, "blue")
    assert (record["test_id"], record["phase"], record["variant_id"]) == (TEST, 2, "blue")
    assert sent_key == key


def test_copies_of_an_exposure_are_equal() -> None:
    _, first, _ = record_of(SHOWN)
    _, second, left_out = record_of(SHOWN | {"metadata": {"slot": 1}, "session_id": "s-2"})
    assert (first["event_id"], first["content_crc"]) == (second["event_id"], second["content_crc"])
    assert left_out == [(0, "metadata", "is not kept of an exposure")]
    assert second["metadata"] is None


def test_other_events_keep_the_ids_of_their_senders() -> None:
    stated = str(uuid4())
    assert record_of(DONE | {"event_id": stated})[1]["event_id"] == stated
    _, first, _ = record_of(DONE | {"idempotency_key": "k"})
    _, second, _ = record_of(DONE | {"idempotency_key": "k"})
    assert first["event_id"] == second["event_id"]
    assert record_of(DONE)[1]["event_id"] != record_of(DONE)[1]["event_id"]


def test_a_table_of_tests_may_say_the_store() -> None:
    def store_of(values: tuple[Any, ...], _host: str | None) -> str:
        if values[1] != TEST:
            raise Rejected("store_id", "is needed: the test is not known")
        return STORE

    stream = STREAMS["experiment"]
    enveloper = Enveloper(stream, Rules(), NewNameLimits(Settings(), DatabaseNames()))
    enveloper.name_stores_by(store_of)
    bodies = [DONE | {"store_id": None}, DONE | {"store_id": None, "test_id": STORE}]
    batch = Decoding(stream.input, 500).decode_batch(json.dumps({"events": bodies}).encode())
    encoded = enveloper.encode_all(batch.beacons, PAGE)
    assert encoded.records[0] is not None
    record: Any = schema_of("experiment").decode(encoded.records[0][1][HEADER_BYTES:])
    assert str(record["store_id"]) == STORE
    assert [(at, refused.field) for at, refused in encoded.refused] == [(1, "store_id")]


def test_nobody_takes_the_id_of_an_exposure_for_another_event() -> None:
    taken = exposure_id(STORE, TEST, 2, "v:v-1", "blue")
    assert record_of(DONE | {"event_id": taken})[1]["event_id"] != taken


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0.1 + 0.2, "0.3000"), (-5, "-5.0000"), ("-12.3456", "-12.3456"), ("", None), (None, None),
        (999_999_999_999, "999999999999.0000"), ("-999999999999.9999", "-999999999999.9999"),
        (0.00004, "0.0000"),
    ],
)  # fmt: skip
def test_money_is_kept_exactly(value: Any, kept: str | None) -> None:
    record = record_of(DONE | {"value": value})[1]
    assert record["value"] == (None if kept is None else Decimal(kept))


@pytest.mark.parametrize(
    ("beacon", "field", "reason"),
    [
        (DONE | {"visitor_id": None}, "visitor_id", "is needed, or session_id"),
        (DONE | {"visitor_id": "", "session_id": ""}, "visitor_id", "is needed, or session_id"),
        (DONE | {"session_id": "a b"}, "session_id", "must be 1 to 128 letters"),
        (DONE | {"visitor_id": "v" * 256}, "visitor_id", "must be str of length <= 255"),
        (DONE | {"event_type": None}, "event_type", "Field is required"),
        (DONE | {"event_type": "Click"}, "event_type", "is not a known value"),
        (DONE | {"test_id": None}, "test_id", "Field is required"),
        (DONE | {"test_id": "checkout"}, "test_id", "is not a UUID"),
        (DONE | {"test_id": "t" * 1_000}, "test_id", "is not a UUID"),
        (DONE | {"variant_id": "a b"}, "variant_id", "must be 1 to 64 letters"),
        (DONE | {"variant_id": "v" * 65}, "variant_id", "must be 1 to 64 letters"),
        (DONE | {"variant_id": 7}, "variant_id", "must be str"),
        (DONE | {"phase": 0}, "phase", "must be int >= 1"),
        (DONE | {"phase": 2**31}, "phase", "must be int <= 2147483647"),
        (DONE | {"phase": 1.5}, "phase", "must be int"),
        (DONE | {"metric": "a b"}, "metric", "must be 1 to 128 letters"),
        (DONE | {"event_type": "Metric"}, "metric", "Field is required"),
        (DONE | {"event_type": "Metric", "metric": ""}, "metric", "Field is required"),
        (DONE | {"value": "1.00001"}, "value", "has more than four decimals"),
        (DONE | {"value": 10**12}, "value", "is 1,000,000,000,000 or more"),
        (DONE | {"value": "-1e12"}, "value", "is 1,000,000,000,000 or more"),
        (DONE | {"value": "many"}, "value", "is not a number"),
        (DONE | {"value": True}, "value", "must be"),
        (DONE | {"currency": "XXX"}, "currency", "is not an ISO 4217 currency"),
        (DONE | {"color": "red"}, "color", "is not a known field"),
        (DONE | {"store_id": None}, "store_id", "Field is required"),
        (SHOWN | {"phase": None}, "phase", "is needed of an exposure"),
        (SHOWN | {"variant_id": None}, "variant_id", "is needed of an exposure"),
        (SHOWN | {"value": 0}, "value", "belongs to conversions and metrics"),
        (SHOWN | {"metric": "m"}, "metric", "belongs to conversions and metrics"),
        (SHOWN | {"currency": "EUR"}, "currency", "belongs to conversions and metrics"),
        (SHOWN | {"order_id": 7}, "order_id", "belongs to conversions and metrics"),
    ],
)
def test_what_is_no_event_is_refused_by_field(
    beacon: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(Rejected) as refused:
        record_of(beacon)
    assert refused.value.field == field
    assert refused.value.reason.startswith(reason)
