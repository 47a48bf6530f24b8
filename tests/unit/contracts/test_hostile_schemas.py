"""Schemas that nobody wrote in good faith: refused, or judged; in no time, and never by a bug."""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any

import pytest
from tests.support.generated_records import SEED

from storepulse.contracts.registry import MAX_REASON, Registry, RegistryError, document_of
from storepulse.contracts.topics import load_catalog

REGISTRY = Registry.of(load_catalog())
SUBJECT = "events.cart.v1-value"
JUNK: list[Any] = [
    5, None, [1], {"a": 1}, "x", True, -1, [], {}, "int", ["null", "int"], [["int"]], 1.5, 10**30,
    {"type": "int"}, {"type": ["null"]}, "a.b", ".", "a..b", "\0", "__proto__",
]  # fmt: skip
KEYS = (
    "type", "name", "fields", "items", "values", "symbols", "size", "namespace", "aliases",
    "default", "doc", "logicalType", "precision", "scale", "order",
)  # fmt: skip


def judge(text: str) -> bool:
    """Everything that the registry does with a schema; whether it is one."""
    try:
        document = document_of({"schema": text})
    except RegistryError as error:
        check_refusal(error)
        return False
    with pytest.raises(RegistryError, match="Schema not found"):
        REGISTRY.lookup(SUBJECT, document)
    REGISTRY.compatibility(document, REGISTRY.versions(SUBJECT))
    return True


def check_refusal(error: RegistryError) -> None:
    assert error.status == 422
    assert len(error.message) < MAX_REASON + 30
    error.message.encode()


def spoilt(rng: Random, depth: int = 0) -> Any:
    """A schema, here and there with something else where a part of it belongs."""
    if depth > 3 or rng.random() < 0.15:
        return rng.choice(JUNK)
    kind = rng.choice(["record", "enum", "fixed", "array", "map", "error", "bytes"])
    made: dict[str, Any] = {"type": kind}
    match kind:
        case "record" | "error":
            made["name"] = rng.choice(["CartEvent", "a"])
            made["fields"] = [
                {"name": rng.choice("abcd"), "type": spoilt(rng, depth + 1)}
                for _ in range(rng.randrange(3))
            ]
            for field in made["fields"]:
                if rng.random() < 0.2:
                    field[rng.choice(KEYS)] = rng.choice(JUNK)
        case "enum":
            made |= {"name": f"e{rng.randrange(9)}", "symbols": ["A", "B"]}
        case "fixed":
            made |= {"name": f"x{rng.randrange(9)}", "size": 4}
        case "array" | "map":
            made["items" if kind == "array" else "values"] = spoilt(rng, depth + 1)
    if rng.random() < 0.3:
        made[rng.choice(KEYS)] = rng.choice(JUNK)
    return made


def test_any_document_is_judged_or_refused() -> None:
    rng = Random(SEED)
    judged = sum(judge(json.dumps(spoilt(rng))) for _ in range(8_000))
    assert judged > 1_000


def record(fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "CartEvent", "fields": fields, **more}


def fixed(number: int) -> dict[str, Any]:
    return {"type": "fixed", "name": f"n{number}", "size": 1}


LARGE: dict[str, Any] = {
    "fields": record([{"name": f"f{n}", "type": "int"} for n in range(9_000)]),
    "one name again and again": record([{"name": "f", "type": "int"}] * 9_000),
    "named types": record(
        [{"name": f"f{n}", "type": fixed(n), "default": ""} for n in range(2_500)]
        + [{"name": f"g{n}", "type": f"n{n}"} for n in range(2_500)]
    ),
    "a union": [fixed(n) for n in range(6_000)],
    "symbols": {"type": "enum", "name": "e", "symbols": [f"s{n}" for n in range(20_000)]},
    "a long default": record(
        [{"name": "f", "type": {"type": "array", "items": "int"}, "default": [1] * 80_000}]
    ),
    "a long name": {"type": "x" * 250_000},
}


@pytest.mark.parametrize("document", LARGE.values(), ids=LARGE)
def test_a_large_schema_is_judged_at_once(document: Any) -> None:
    text = json.dumps(document, separators=(",", ":"))
    assert 100_000 < len(text) < 300_000
    # A neighbour on the machine makes one try slow, but never all three.
    assert min(seconds_to_judge(text) for _ in range(3)) < 0.6


def seconds_to_judge(text: str) -> float:
    began = time.process_time()
    judge(text)
    return time.process_time() - began


WRONG = {
    "400 lists": "[" * 400 + '"int"' + "]" * 400,
    "objects in objects": '{"type":' * 400 + '"int"' + "}" * 400,
    "half a pair": '"\ud800"',
    "half a pair, escaped": '"\\ud800"',
    "half a pair in a name": '{"type":"fixed","size":1,"name":"\\udfff"}',
    "NUL": '{"type":"fixed","size":1,"name":"\\u0000"}',
    "no number": '{"type":"fixed","name":"a","size":NaN}',
    "5,000 digits": '{"type":"fixed","name":"a","size":' + "9" * 5_000 + "}",
    "an alias that is a list": json.dumps(
        record([{"name": "f", "type": "int", "aliases": [[1]]}])
    ),
    "an alias that is a number": json.dumps(record([], aliases=[5])),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_no_schema_is_refused(text: str) -> None:
    assert not judge(text)
