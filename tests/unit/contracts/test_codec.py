"""The generated encoder and the decoder by column against fastavro, on random events."""

from __future__ import annotations

import ctypes
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID
from zlib import crc32

import fastavro
import pytest
from hypothesis import HealthCheck, example, given, note, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED, records

from storepulse.contracts import avro_binary
from storepulse.contracts.avro_binary import (
    SOME,
    SOME_TEXTS,
    TEXTS,
    checksum,
    decimal_bytes,
    zigzag,
    zigzag_time,
)
from storepulse.contracts.decoder import decode
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.examples import (
    comparable_of,
    encode_record,
    native_of,
    oracle_bytes_of,
    read_examples,
)
from storepulse.contracts.schemas import HEADER_BYTES, Schema, schema_of
from storepulse.contracts.topics import load_catalog

STREAMS = sorted(load_catalog().streams)
QUICK = settings(
    max_examples=40, deadline=None, database=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
every_stream = pytest.mark.parametrize("stream", STREAMS)


@every_stream
@seed(SEED)
@QUICK
@given(data=st.data())
def test_the_encoder_writes_what_fastavro_writes(stream: str, data: st.DataObject) -> None:
    note(f"TEST_SEED={SEED}")
    schema = schema_of(stream)
    record = data.draw(records(schema))
    assert encode_record(schema, record) == oracle_bytes_of(schema, record)


#: What a broken record looks like: (name, value from a good one).
POISON: dict[str, Any] = {
    "null value": lambda value: None,
    "empty": lambda value: b"",
    "no header": lambda value: b"{}",
    "unknown id": lambda value: b"\x00\x00\x00\xff\xff" + value[5:],
    "id of another stream": None,
    "truncated": lambda value: value[:-1],
    "half": lambda value: value[: len(value) // 2],
    "header alone": lambda value: value[:5],
    "trailing byte": lambda value: value + b"\x00",
    "twice": lambda value: value + value[5:],
    "huge length": lambda value: value[:5] + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f" + value[5:],
}
KEYS: dict[str, Any] = {
    "other key": lambda key: key + b"x",
    "no key": lambda key: None,
    "key not UTF-8": lambda key: b"\xff\xfe" + key,
}


def _poisoned(
    schema: Schema, kind: str, value: bytes, key: bytes
) -> tuple[bytes | None, bytes | None]:
    if kind in KEYS:
        return value, KEYS[kind](key)
    if kind == "id of another stream":
        other = next(s for s in STREAMS if s != schema.stream)
        return schema_of(other).header + value[HEADER_BYTES:], key
    return POISON[kind](value), key


@every_stream
@seed(SEED)
@QUICK
@given(data=st.data())
def test_good_records_survive_their_neighbours(stream: str, data: st.DataObject) -> None:
    note(f"TEST_SEED={SEED}")
    schema = schema_of(stream)
    written = data.draw(st.lists(records(schema), min_size=1, max_size=12))
    kinds = data.draw(
        st.lists(
            st.none() | st.sampled_from([*POISON, *KEYS]),
            min_size=len(written), max_size=len(written),
        )
    )  # fmt: skip
    values: list[bytes | None] = []
    keys: list[bytes | None] = []
    for record, kind in zip(written, kinds, strict=True):
        value, key = encode_record(schema, record), schema.key_of(record).encode()
        poisoned = (value, key) if kind is None else _poisoned(schema, kind, value, key)
        values.append(poisoned[0])
        keys.append(poisoned[1])

    decoded = decode(schema, values, keys)

    good = [index for index, kind in enumerate(kinds) if kind is None]
    assert decoded.frame["_index"].to_list() == good
    assert [bad.index for bad in decoded.bad] == [i for i in range(len(kinds)) if i not in good]
    assert all(bad.reason for bad in decoded.bad)
    for row, index in zip(decoded.frame.iter_rows(named=True), good, strict=True):
        value = encode_record(schema, written[index])
        oracle: Any = schema.decode(value[HEADER_BYTES:])
        assert comparable_of(schema, row) == comparable_of(schema, oracle)


@every_stream
@pytest.mark.parametrize("kind", [*POISON, *KEYS])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_record_is_found_wherever_it_stands(stream: str, kind: str, place: int) -> None:
    """The last place above all: behind it no neighbour shifts."""
    schema = schema_of(stream)
    example = native_of(schema, read_examples(stream, "valid")[0].record)
    values: list[bytes | None] = [encode_record(schema, example)] * 3
    keys: list[bytes | None] = [schema.key_of(example).encode()] * 3
    good_value, good_key = encode_record(schema, example), schema.key_of(example).encode()
    values[place], keys[place] = _poisoned(schema, kind, good_value, good_key)
    decoded = decode(schema, values, keys)
    assert [bad.index for bad in decoded.bad] == [place]
    assert decoded.frame["_index"].to_list() == [i for i in range(3) if i != place]


@every_stream
@pytest.mark.parametrize("cut", [0, 3, HEADER_BYTES, 20])
def test_joined_they_are_good_and_yet_two_are_bad(stream: str, cut: int) -> None:
    """Bytes that moved from one value to the next: only where each begins tells."""
    schema = schema_of(stream)
    example = native_of(schema, read_examples(stream, "valid")[0].record)
    value, key = encode_record(schema, example), schema.key_of(example).encode()
    decoded = decode(schema, [value, value[:cut], value[cut:] + value, value], [key] * 4)
    assert [bad.index for bad in decoded.bad] == [1, 2]
    assert decoded.frame["_index"].to_list() == [0, 3]


@every_stream
@seed(SEED)
@QUICK
@given(data=st.data())
def test_noise_harms_no_neighbour(stream: str, data: st.DataObject) -> None:
    """Random bytes in a body: an event of the same key, or named; its neighbours are whole."""
    note(f"TEST_SEED={SEED}")
    schema = schema_of(stream)
    record = data.draw(records(schema))
    good, key = encode_record(schema, record), schema.key_of(record).encode()
    value = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(HEADER_BYTES, len(value) - 1))
        value[at] = data.draw(st.integers(0, 255))
    decoded = decode(schema, [good, bytes(value), good], [key, key, key])
    rows = {row.pop("_index"): row for row in decoded.frame.iter_rows(named=True)}
    oracle: Any = schema.decode(good[HEADER_BYTES:])
    for index in (0, 2):
        assert comparable_of(schema, rows[index]) == comparable_of(schema, oracle)
    assert [bad.index for bad in decoded.bad] == ([] if 1 in rows else [1])
    if 1 in rows:
        assert schema.key_of(rows[1]).encode() == key
        UUID(rows[1]["event_id"])
        UUID(rows[1]["store_id"])


@pytest.mark.parametrize("stream", STREAMS)
def test_an_empty_slice_has_the_columns(stream: str) -> None:
    schema = schema_of(stream)
    decoded = decode(schema, [], [])
    assert decoded.frame.columns == ["_index", *schema.field_names]
    assert decoded.frame.height == 0


@pytest.mark.parametrize(
    "text",
    [
        "1.00001",
        "100000000000000",
        "NaN",
        "Infinity",
        "1E+400",
        "1.00000000000000000000000000000000000001",
        "-1E-999999",
    ],
)
def test_a_decimal_that_would_lose_digits_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        decimal_bytes(Decimal(text), 18, 4)


def _by_groups(number: int) -> bytes:
    """Avro's rule as the specification words it."""
    rest = (number << 1) ^ (number >> 63)
    out = []
    while rest > 127:
        out.append(rest % 128 + 128)
        rest //= 128
    return bytes([*out, rest])


@given(st.integers(0, 63).flatmap(lambda bits: st.integers(-(2**bits), 2**bits - 1)))
@example(2**63 - 1)
@example(2**41)
@example(-(2**41) - 1)
@example(2**34 - 1)
def test_integers_of_every_length(number: int) -> None:
    assert zigzag(number) == _by_groups(number)


@given(st.integers(0, 2**63 - 1) | st.integers(1_600_000_000_000, 2_000_000_000_000))
@example(2**34 - 1)
@example(2**34)
@example(2**41 - 1)
@example(2**41)
def test_times_are_integers(ms: int) -> None:
    assert zigzag_time(ms) == zigzag_time(ms) == _by_groups(ms)


_YEAR_0001 = -62_135_596_800_000
_YEAR_9999_ENDS = 253_402_300_799_999


@pytest.mark.parametrize(
    "ms",
    [
        -(2**63), -(2**63) + 1, 2**63 - 2, 2**63 - 1, _YEAR_0001, _YEAR_9999_ENDS, -1, 0, 1,
        # Where the form with remembered parts begins and ends, and where its parts do.
        *(2**34 + n for n in (-1, 0, 1)), *(2**41 + n for n in (-1, 0, 1)),
        *(2**34 + 2**13 + n for n in (-1, 0)), *(2**41 - 2**13 + n for n in (-1, 0)),
        -(2**34), -(2**34) - 1, -(2**41), -(2**41) - 1,
    ],
)  # fmt: skip
def test_a_time_of_any_age_is_read_as_it_was_written(ms: int) -> None:
    for _ in range(2):
        assert fastavro.schemaless_reader(BytesIO(zigzag_time(ms)), "long", None) == ms
    if _YEAR_0001 <= ms <= _YEAR_9999_ENDS:
        schema = {"type": "long", "logicalType": "timestamp-millis"}
        read = fastavro.schemaless_reader(BytesIO(zigzag_time(ms)), schema, None)
        assert read == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


@pytest.mark.parametrize("ms", [2**63, -(2**63) - 1])
def test_a_time_beyond_64_bits_is_refused(ms: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        zigzag_time(ms)


def test_remembered_texts_and_times_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_binary, "MOST_TEXTS", 3)
    monkeypatch.setattr(avro_binary, "_HIGHS", 3)
    for remembered in (TEXTS, SOME_TEXTS, avro_binary._high_of_time):
        remembered.clear()
    for text in ("", "ü", "a" * 256, "b" * 257, "c", "d", "ü"):
        data = text.encode()
        assert TEXTS[text] == _by_groups(len(data)) + data
        assert SOME_TEXTS[text] == SOME + _by_groups(len(data)) + data
        assert len(TEXTS) <= 3 >= len(SOME_TEXTS)
    assert "b" * 257 not in TEXTS
    for step in range(7):
        zigzag_time(1_700_000_000_000 + step * 10_000)
        assert len(avro_binary._high_of_time) <= 3


@given(st.binary(max_size=40))
@settings(max_examples=300)
def test_a_checksum_is_the_crc_as_a_signed_integer(own: bytes) -> None:
    assert checksum(own) == _by_groups(ctypes.c_int32(crc32(own)).value)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_an_integer_beyond_64_bits_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        zigzag(number)


@pytest.mark.parametrize(
    ("field", "value"),
    [("viewport_width", 2**31), ("x", -(2**31) - 1), ("kind", "tap"), ("page_url", "\ud800")],
)
def test_what_avro_cannot_hold_is_a_value_error(field: str, value: object) -> None:
    schema = schema_of("heatmap")
    encoder = encoder_of("heatmap")
    filler = {"kind": "click", "page_url": "https://shop.example/", "device": "desktop"}
    record = {**dict.fromkeys(schema.field_names), **filler, field: value}
    with pytest.raises(ValueError, match=r"."):
        encoder.own(*(record[name] for name in encoder.own_fields))
