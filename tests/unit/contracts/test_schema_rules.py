"""The schema files of the repository, and what the rules say of broken ones."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storepulse.contracts import examples as ex
from storepulse.contracts import schema_lock, schema_rules
from storepulse.contracts.schemas import schema_of
from storepulse.contracts.topics import load_catalog

STREAMS = sorted(load_catalog().streams)


def test_the_repository_holds_the_rules() -> None:
    assert [
        f"{finding.subject}: {finding.problem}" for finding in schema_rules.find_problems()
    ] == []


def test_ids_never_change() -> None:
    """The ids in the wire format, once more and by hand: who changes them must change this too."""
    ids: dict[str, list[int]] = {}
    for schema in schema_rules.list_schemas():
        assert schema.version == len(ids.setdefault(schema.stream, [])) + 1
        ids[schema.stream].append(schema.id)
    assert ids == {
        "activity": [1001, 2001], "heatmap": [1002, 2002], "cart": [1003, 2003],
        "landing": [1004, 2004], "bot": [1005], "campaign": [1006],
        "order": [1007], "usage": [1008], "experiment": [1009],
    }  # fmt: skip


def changed(change: Any) -> Any:
    document = copy.deepcopy(json.loads(schema_of("activity").text))
    change(document)
    return document


def set_type(avro_type: Any) -> Any:
    def change(document: Any) -> None:
        document["fields"][-1] |= {"type": avro_type}
        document["fields"][-1].pop("default", None)

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.pop("doc"), "the record has no doc"),
        (lambda d: d["fields"][3].update(doc=" "), "visitor_id has no doc"),
        (set_type({"type": "map", "values": "string"}), "type map is not flat"),
        (set_type({"type": "array", "items": "string"}), "type array is not flat"),
        (set_type("double"), "type double is not flat"),
        (set_type(["string", "null"]), "the only union is"),
        (set_type(["null", "string", "int"]), "the only union is"),
        (set_type(["null", {"type": "enum", "name": "E", "symbols": ["a"]}]), "never nullable"),
        (set_type({"type": "long", "logicalType": "timestamp-micros"}), "timestamp-micros"),
        (lambda d: d["fields"][3].update(default="x"), "default of"),
    ],
)
def test_a_broken_schema_is_named(change: Any, problem: str) -> None:
    (found,) = schema_rules.problems_of(changed(change))
    assert problem in found


def test_a_changed_field_breaks_the_lock() -> None:
    schemas = schema_rules.list_schemas()
    lock = schema_lock.read_lock()
    assert list(schema_lock.contradictions(lock, schemas)) == []

    def broken_by(change: Any) -> list[str]:
        (first, *rest) = schemas
        document = copy.deepcopy(json.loads(first.text))
        change(document)
        return list(schema_lock.contradictions(lock, [replace(first, document=document), *rest]))

    def new_default(document: Any) -> None:
        document["fields"][3]["default"] = "x"

    def new_field(document: Any) -> None:
        document["fields"].append({"name": "n", "type": "int", "default": 0, "doc": "New"})

    def new_symbol(document: Any) -> None:
        document["fields"][7]["type"]["symbols"].append("wave")

    def new_doc(document: Any) -> None:
        document["fields"][3]["doc"] = "Reworded"

    for change in (new_default, new_field, new_symbol):
        assert broken_by(change) == ["activity version 1 changed: write a new version instead"]
    assert broken_by(new_doc) == []


def test_a_changed_or_repeated_id_breaks_the_lock() -> None:
    (first, second, *rest) = schema_rules.list_schemas()
    lock = schema_lock.read_lock()
    twice = list(schema_lock.contradictions(lock, [replace(first, id=second.id), second, *rest]))
    assert twice == [
        f"{first.stream} version 1: the id was {first.id}, now {second.id}",
        f"id {second.id} is used for several schemas",
    ]
    gone = list(schema_lock.contradictions(lock, [second, *rest]))
    assert gone == [f"{first.stream} version 1 is locked and gone: keep it in schemas/history"]
    later = list(
        schema_lock.contradictions(lock, [first, replace(first, version=3, id=3001), second, *rest])
    )
    assert later == [f"{first.stream} version 3 is not locked: storepulse schemas lock"]


def test_the_lock_only_grows(tmp_path: Path) -> None:
    (first, *rest) = schema_rules.list_schemas()
    lock = schema_lock.read_lock()
    grown = schema_lock.extend(lock, [replace(first, id=9), *rest, replace(first, version=3)])
    assert grown[first.stream]["1"] == lock[first.stream]["1"]
    assert set(grown[first.stream]) == {"1", "2", "3"}
    path = tmp_path / "lock.toml"
    path.write_text(schema_lock.lock_text(grown))
    assert schema_lock.read_lock(path) == grown


@pytest.mark.parametrize("stream", STREAMS)
def test_examples_that_lie_are_named(stream: str) -> None:
    schema = schema_of(stream)
    record: dict[str, Any] = {"source": "tracker"}
    assert list(ex.problems_of_valid(schema, ex.Example("incomplete", record)))
    assert ex.is_refused(schema, ex.Example("incomplete", record))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event_id", "no-uuid"),
        ("occurred_at", "2026-03-01"),
        ("activity_type", "dance"),
        ("quantity", 2**31),
        ("quantity", True),
        ("quantity", 1.5),
        ("value", "19.99999"),
        ("value", "much"),
        ("is_bot", "no"),
        ("session_id", None),
        ("unknown_field", 1),
    ],
)
def test_what_no_writer_may_accept(name: str, value: Any) -> None:
    schema = schema_of("activity")
    good = {
        "event_id": "0190a3a4-0000-7000-8000-000000000001",
        "store_id": "11111111-1111-4111-8111-111111111111", "session_id": "s", "visitor_id": None,
        "correlation_id": "c", "occurred_at": 1767225600000, "content_crc": 0,
        "activity_type": "purchase", "page_url": None, "referrer": None, "product_id": None,
        "product_name": None, "search_query": None, "quantity": 1, "value": "19.99",
        "currency": "EUR", "metadata": None, "received_at": 1767225600000, "source": "tracker",
        "priority": "high", "consent_analytics": "granted", "consent_marketing": "unknown",
        "ip": None, "user_agent": None, "country": None, "is_bot": False, "bot_reason": None,
        "order_id": "1001", "name": None, "customer_id": None, "email_hash": None, "items": None,
        "view_id": "w-1", "folded": None,
    }  # fmt: skip
    assert list(ex.problems_of_valid(schema, ex.Example("good", good))) == []
    assert ex.is_refused(schema, ex.Example("bad", {**good, name: value}))
