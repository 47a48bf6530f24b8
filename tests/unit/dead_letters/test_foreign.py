"""What the headers of other tools say of a dead letter."""

from __future__ import annotations

import pytest

from storepulse.dead_letters.foreign import Header, origin_of, own_headers_of

CONNECT: list[Header] = [
    ("trace", b"1"),
    ("__connect.errors.topic", b"ingest.cart.v1"),
    ("__connect.errors.partition", b"3"),
    ("__connect.errors.offset", b"12345678"),
    ("__connect.errors.connector.name", b"sink"),
    ("__connect.errors.exception.class.name", b"org.apache.kafka.DataException"),
    ("__connect.errors.exception.message", b"bad \xff row"),
    ("__connect.errors.exception.stacktrace", b"..."),
]
SPRING: list[Header] = [
    ("kafka_dlt-original-topic", b"ingest.cart.v1"),
    ("kafka_dlt-original-partition", (3).to_bytes(4, "big")),
    ("kafka_dlt-original-offset", (2**40 + 5).to_bytes(8, "big")),
    ("kafka_dlt-original-timestamp", (1).to_bytes(8, "big")),
    ("kafka_dlt-exception-fqcn", b"a.ListenerException"),
    ("kafka_dlt-exception-message", b"failed"),
    ("spring_json_header_types", b"{}"),
]
KAFKA: list[Header] = [
    ("__dlq.errors.topic", b"ingest.cart.v1"),
    ("__dlq.errors.partition", b"3"),
    ("__dlq.errors.offset", (77).to_bytes(8, "big")),
    ("__dlq.errors.group", b"shop"),
    ("__dlq.errors.message", b"rejected"),
]


@pytest.mark.parametrize(
    ("headers", "tool", "offset", "message"),
    [
        (CONNECT, "Kafka Connect", 12_345_678, "org.apache.kafka.DataException: bad \ufffd row"),
        (SPRING, "Spring Kafka", 2**40 + 5, "a.ListenerException: failed"),
        (KAFKA, "Kafka", 77, "shop: rejected"),
    ],
)
def test_each_tool_is_understood(
    headers: list[Header], tool: str, offset: int, message: str
) -> None:
    origin = origin_of(headers)
    assert (origin.tool, origin.topic, origin.partition) == (tool, "ingest.cart.v1", 3)
    assert (origin.offset, origin.message) == (offset, message)
    assert origin.reason == f"set aside by {tool}"


def test_digits_of_spring_are_bytes_and_those_of_connect_text() -> None:
    """The bytes 1234 are a number of four digits to one, of nine to the other."""
    spring = origin_of([("kafka_dlt-original-partition", b"1234")])
    connect = origin_of([("__connect.errors.partition", b"1234")])
    assert (spring.partition, connect.partition) == (0x31323334, 1234)


@pytest.mark.parametrize("value", [None, b"", b"x", b"-1", b"\xff" * 8, b"9" * 40, b"\0" * 5])
def test_numbers_that_make_no_sense_are_unknown(value: bytes | None) -> None:
    for name in ("__connect.errors.offset", "kafka_dlt-original-offset", "__dlq.errors.offset"):
        assert origin_of([(name, value)]).offset is None


def test_the_last_of_repeated_headers_counts_and_a_nul_is_no_text() -> None:
    origin = origin_of([("__dlq.errors.topic", b"a"), ("__dlq.errors.topic", b"b\0")])
    assert origin.topic == "b\ufffd"


def test_a_record_without_any_such_header_is_by_an_unknown_tool() -> None:
    origin = origin_of([("trace", b"1")])
    assert (origin.tool, origin.topic) == (None, None)
    assert origin.reason == "set aside by an unknown tool"


def test_the_record_s_own_headers_are_what_no_tool_added() -> None:
    assert own_headers_of([*CONNECT, *SPRING, *KAFKA]) == [
        ("trace", b"1"), ("spring_json_header_types", b"{}"),
    ]  # fmt: skip
