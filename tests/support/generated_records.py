"""Hypothesis strategies for events: any record that the validation lets through, by its schema."""

from __future__ import annotations

import os
import string
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from storepulse.contracts.examples import logical_type_of, own_type_of
from storepulse.contracts.schemas import Schema

#: Seed of every generated test; another one by TEST_SEED.
SEED = int(os.environ.get("TEST_SEED", "20260101"))

_SESSIONS = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=128)
#: 0001-01-02 to 9999-12-30, in milliseconds.
_TIMES = st.one_of(
    st.integers(1_700_000_000_000, 1_900_000_000_000),
    st.integers(-62_135_500_000_000, 253_402_200_000_000),
)


def _values(name: str, avro_type: Any) -> st.SearchStrategy[Any]:
    inner = own_type_of(avro_type)
    kind = inner["type"] if isinstance(inner, dict) else inner
    match logical_type_of(avro_type) or kind:
        case "uuid":
            return st.uuids().map(str)
        case "timestamp-millis":
            return _TIMES
        case "decimal":
            limit = Decimal(10) ** (inner["precision"] - inner["scale"]) - 1
            return st.decimals(-limit, limit, places=inner["scale"])
        case "enum":
            return st.sampled_from(inner["symbols"])
        case "boolean":
            return st.booleans()
        case "int":
            return st.one_of(st.integers(-300, 20_000), st.integers(-(2**31), 2**31 - 1))
        case "long":
            return st.integers(-(2**63), 2**63 - 1)
        case "string":
            return _SESSIONS if name == "session_id" else st.text(max_size=40)
    raise NotImplementedError(f"no values for {avro_type!r}")


def records(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Records of a schema, as the encoders take them."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for field in schema.document["fields"]:
        values = _values(field["name"], field["type"])
        nullable = isinstance(field["type"], list)
        fields[field["name"]] = st.none() | values if nullable else values
    return st.fixed_dictionaries(fields)
