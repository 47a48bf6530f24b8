"""Confluent's own client and deserializer against the running query service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import fastavro
import httpx
import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.support.generated_records import SEED, records
from tests.support.services import running
from tests.support.world import World

from storepulse.contracts.examples import (
    comparable_of,
    encode_record,
    native_of,
    oracle_bytes_of,
    read_examples,
)
from storepulse.contracts.schemas import HEADER_BYTES, schema_of, schemas_of
from storepulse.contracts.topics import load_catalog

STREAMS = sorted(load_catalog().streams)
MEDIA = "application/vnd.schemaregistry.v1+json"


@pytest.fixture(scope="module")
def url(module_world: World) -> Iterator[str]:
    """The address of a query service whose topics have a prefix."""
    assert module_world.settings.topic_prefix
    with running("query", module_world.settings) as service:
        yield service.url


@pytest.fixture(scope="module")
def prefix(module_world: World) -> str:
    """What stands before every topic's name."""
    return module_world.settings.topic_prefix


@pytest.fixture
def client(url: str) -> Iterator[SchemaRegistryClient]:
    """Confluent's client."""
    with SchemaRegistryClient({"url": url}) as opened:
        yield opened


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("family", ["ingest", "events", "dlq"])
def test_confluents_deserializer_reads_our_records(
    client: SchemaRegistryClient, prefix: str, stream: str, family: str
) -> None:
    schema = schema_of(stream)
    read = AvroDeserializer(client)
    context = SerializationContext(f"{prefix}{family}.{stream}.v1", MessageField.VALUE)

    @seed(SEED)
    @settings(
        max_examples=10, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def check(data: st.DataObject) -> None:
        value = encode_record(schema, data.draw(records(schema)))
        got = read(value, context)
        oracle: Any = schema.decode(value[HEADER_BYTES:])
        assert comparable_of(schema, got) == comparable_of(schema, oracle)

    check()


@pytest.mark.parametrize("stream", [name for name in STREAMS if len(schemas_of(name)) > 1])
def test_readers_of_either_version_read_both(
    client: SchemaRegistryClient, prefix: str, stream: str
) -> None:
    """A topic holds both; a consumer that keeps to version 1 reads on, one of version 2 reads what
    was there before. By Confluent's deserializer and by fastavro."""
    first, last = schemas_of(stream)
    context = SerializationContext(f"{prefix}events.{stream}.v1", MessageField.VALUE)
    added = set(last.field_names) - set(first.field_names)
    assert added >= {"name", "view_id", "email_hash", "items", "customer_id"}
    for example in read_examples(stream, "valid"):
        record = native_of(last, example.record)
        for writer in (first, last):
            value = oracle_bytes_of(writer, record)
            written: Any = writer.parsed
            for reader in (first, last):
                read = AvroDeserializer(client, reader.text)(value, context)
                body = BytesIO(value[HEADER_BYTES:])
                by_fastavro = fastavro.schemaless_reader(body, written, reader.parsed)
                assert read == by_fastavro
                assert set(read) == set(reader.field_names)
                for name in added & set(read):
                    wanted = record[name] if writer is last else None
                    assert read[name] == wanted


@pytest.mark.parametrize("config", [
    {"auto.register.schemas": False, "use.latest.version": True},
    {"auto.register.schemas": False, "use.latest.version": False},
    {"auto.register.schemas": True},
])  # fmt: skip
def test_confluents_serializer_writes_what_we_read(
    client: SchemaRegistryClient, prefix: str, config: dict[str, Any]
) -> None:
    schema = schema_of("heatmap")
    write = AvroSerializer(client, schema.text, conf=config)
    context = SerializationContext(f"{prefix}events.heatmap.v1", MessageField.VALUE)
    record = records(schema)
    found: list[Any] = []

    @seed(SEED)
    @settings(max_examples=1, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(record)
    def draw(one: Any) -> None:
        found.append(one)

    draw()
    assert write(found[0], context) == encode_record(schema, found[0])


def test_the_client_finds_its_way(client: SchemaRegistryClient, prefix: str) -> None:
    subject = f"{prefix}events.cart.v1-value"
    schema = schema_of("cart")
    assert subject in client.get_subjects()
    assert len(client.get_subjects()) == 3 * len(STREAMS)
    first, _ = schemas_of("cart")
    assert client.get_versions(subject) == [1, 2]
    latest = client.get_latest_version(subject)
    assert (latest.schema_id, latest.version, latest.subject) == (schema.id, 2, subject)
    assert client.get_version(subject, 2).schema_id == schema.id
    assert client.get_version(subject, 1).schema_id == first.id
    assert json.loads(client.get_schema(first.id).schema_str) == json.loads(first.text)
    assert client.lookup_schema(subject, Schema(first.text, "AVRO")).schema_id == first.id
    assert json.loads(client.get_schema(schema.id).schema_str) == json.loads(schema.text)
    assert client.lookup_schema(subject, Schema(schema.text, "AVRO")).schema_id == schema.id
    assert client.get_compatibility(subject) == "BACKWARD_TRANSITIVE"
    assert client.get_compatibility() == "BACKWARD_TRANSITIVE"
    assert client.get_global_mode() == "READONLY"
    assert client.get_schema_types() == ["AVRO"]
    assert subject in client.get_subjects_by_schema_id(schema.id)
    assert {use.subject for use in client.get_schema_versions(schema.id)} == {
        f"{prefix}{family}.cart.v1-value" for family in ("ingest", "events", "dlq")
    }


def test_a_schema_is_found_whatever_its_docs(client: SchemaRegistryClient, prefix: str) -> None:
    document = json.loads(schema_of("cart").text)
    document["doc"] = "Another text"
    for field in document["fields"]:
        del field["doc"]
    found = client.lookup_schema(
        f"{prefix}events.cart.v1-value", Schema(json.dumps(document), "AVRO")
    )
    assert found.schema_id == schema_of("cart").id


def test_compatibility_of_a_next_version(client: SchemaRegistryClient, prefix: str) -> None:
    subject = f"{prefix}events.cart.v1-value"
    document = json.loads(schema_of("cart").text)
    document["fields"].append({"name": "colour", "type": "string", "doc": "Colour"})
    assert not client.test_compatibility(subject, Schema(json.dumps(document), "AVRO"))
    document["fields"][-1]["default"] = ""
    assert client.test_compatibility(subject, Schema(json.dumps(document), "AVRO"))
    assert client.test_compatibility_all_versions(subject, Schema(json.dumps(document), "AVRO"))


def test_a_new_schema_is_refused(client: SchemaRegistryClient, prefix: str) -> None:
    with pytest.raises(SchemaRegistryError) as caught:
        client.register_schema(
            f"{prefix}events.cart.v1-value", Schema('{"type": "string"}', "AVRO")
        )
    assert caught.value.error_code == 42205


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/subjects/none/versions", None, 404, 40401),
        ("GET", "/subjects/none/versions/latest", None, 404, 40401),
        ("GET", "/subjects/{s}/versions/3", None, 404, 40402),
        ("GET", "/subjects/{s}/versions/0", None, 422, 42202),
        ("GET", "/subjects/{s}/versions/x", None, 422, 42202),
        ("GET", "/subjects/{s}/versions/%D9%A1", None, 422, 42202),
        ("GET", "/schemas/ids/7", None, 404, 40403),
        ("GET", "/schemas/ids/x", None, 404, 404),
        ("GET", "/schemas/ids/%C2%B2", None, 404, 404),
        ("GET", "/schemas/ids/7/versions", None, 404, 40403),
        ("GET", "/config/none", None, 404, 40408),
        ("POST", "/subjects/none", {"schema": '"string"'}, 404, 40401),
        ("POST", "/subjects/{s}", {"schema": '"string"'}, 404, 40403),
        ("POST", "/subjects/{s}", {"schema": '{"type": "nonsense"}'}, 422, 42201),
        ("POST", "/subjects/{s}", {"schema": "[" * 5000}, 422, 42201),
        ("POST", "/subjects/{s}", {"schema": '{"type":"record","name":"a"}'}, 422, 42201),
        ("POST", "/subjects/{s}", {"schema": "{}", "schemaType": "JSON"}, 422, 42201),
        ("POST", "/subjects/{s}", {}, 422, 42201),
        ("POST", "/subjects/{s}", [], 422, 42201),
        ("POST", "/subjects/{s}", {"schema": "[" * 400 + '"int"' + "]" * 400}, 422, 42201),
        ("POST", "/subjects/{s}", {"schema": '{"type":' * 400 + '"int"' + "}" * 400}, 422, 42201),
        ("POST", "/subjects/{s}", {"schema": '"\\ud800"'}, 422, 42201),
        ("POST", "/subjects/{s}", {"schema": '"int"', "schemaType": {}}, 422, 42201),
        ("POST", "/subjects/{s}/versions", {"schema": "[" * 400 + "]" * 400}, 422, 42201),
        ("POST", "/subjects/{s}/versions", {"schema": '"int"'}, 422, 42205),
        ("POST", "/compatibility/subjects/{s}/versions", {"schema": "[" * 400}, 422, 42201),
        ("POST", "/compatibility/subjects/{s}/versions/1", {"schema": "[" * 400}, 422, 42201),
        ("POST", "/compatibility/subjects/{s}/versions/9", {"schema": '"int"'}, 404, 40402),
        ("DELETE", "/subjects/{s}", None, 422, 42205),
        ("PUT", "/config", {"compatibility": "NONE"}, 422, 42205),
        ("PUT", "/mode", {"mode": "READWRITE"}, 422, 42205),
        ("DELETE", "/mode", None, 422, 42205),
    ],
)
def test_errors_are_the_registrys_own(
    url: str, prefix: str, method: str, path: str, body: Any, status: int, code: int
) -> None:
    answer = httpx.request(
        method, url + path.replace("{s}", f"{prefix}events.cart.v1-value"), json=body
    )
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer.json()["message"]
    assert answer.headers["content-type"] == MEDIA


def test_reasons_are_given_when_asked_for(url: str, prefix: str) -> None:
    path = f"/compatibility/subjects/{prefix}events.cart.v1-value/versions/latest?verbose=true"
    answer = httpx.post(url + path, json={"schema": '"string"'})
    assert answer.json()["is_compatible"] is False
    assert "string does not read record" in answer.json()["messages"][0]


def test_a_body_that_is_no_json(url: str, prefix: str) -> None:
    path = f"{url}/subjects/{prefix}events.cart.v1-value"
    half, nested = b'{"schema":"\\ud800"}', b'{"schema":' + b"[" * 400 + b"]" * 400 + b"}"
    wide = json.dumps({"schema": '"int"'}).encode("utf-16")
    surrogate, name = b'{"schema":"\xed\xa0\x80"}', b'{"schema":"\\"int\\"","\\udfff":1}'
    broken = (b"", b"{", b"\xff", b"[" * 100_000, b"1" * 200_000, b"9" * 5_000, b"NaN")
    for body in (*broken, half, nested, wide, surrogate, name):
        for call in ("", "/versions"):
            answer = httpx.post(path + call, content=body)
            assert (answer.status_code, answer.json()["error_code"]) == (422, 42201)
        verdict = f"{url}/compatibility/subjects/{prefix}events.cart.v1-value/versions/latest"
        assert httpx.post(verdict, content=body).status_code == 422
