"""What holds of every stream: its record, schema, beacon, reducer and SQL fit together."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import polars as pl
import pytest
from tests.support.world import World

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.settings import Settings
from storepulse.agents.screening import offenders, suspects
from storepulse.agents.store_columns import DAYS
from storepulse.cli.stream_rules import check_streams, problems_of
from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import schema_of
from storepulse.destinations.rules.ga4_payload import ga4_event, left_out
from storepulse.destinations.rules.matching import event_type
from storepulse.destinations.rules.model import Event
from storepulse.destinations.rules.ordering import ordering_key
from storepulse.domain.stores import store_id_of_domain
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.streams.beacon import Rules
from storepulse.streams.reducers import reducer_of
from storepulse.streams.reduction import SHARED, STEPS
from storepulse.streams.registry import STREAMS
from storepulse.streams.stream import Stream

STORE = store_id_of_domain("shop.example")
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SENDER = RequestContext(NOW_MS, "tracker", "203.0.113.7", "Mozilla/5.0 Firefox/140.0", None, None)
TYPES = [(name, kind) for name, stream in STREAMS.items() for kind in stream.types.names]
each = pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))


def envelope() -> dict[str, Any]:
    return {
        "store_id": STORE,
        "session_id": "s-1",
        "event_id": str(uuid4()),
        "consent": {"analytics": "granted", "marketing": "granted"},
        "user_agent": "Mozilla/5.0 Firefox/140.0",
    }


def encoded(stream: Stream, kinds: tuple[str, ...]) -> list[tuple[bytes, bytes]]:
    """The Kafka records of one sample of each type."""
    bodies = [msgspec.json.encode(stream.sample(kind, envelope())) for kind in kinds]
    beacons: list[Any] = [msgspec.json.decode(body, type=stream.input.beacon) for body in bodies]
    names = NewNameLimits(Settings(), DatabaseNames())
    result = Enveloper(stream, Rules(), names).encode_all(beacons, SENDER)
    assert result.refused == []
    return [record for record in result.records if record is not None]


def frame_of(stream: Stream) -> Any:
    records = encoded(stream, stream.types.names)
    decoded = decode(schema_of(stream.name), [v for _, v in records], [k for k, _ in records])
    assert decoded.bad == []
    return decoded.frame


def test_folders_topics_and_schemas_agree() -> None:
    assert check_streams() == []
    assert all(name == stream.name for name, stream in STREAMS.items())


def test_what_does_not_agree_is_named() -> None:
    landing = STREAMS["landing"]
    wrong = replace(
        landing,
        types=replace(landing.types, names=("PageView", "Click")),
        order_field="order_number",
        public_id=lambda _ms, _number: "",
        endpoints=(),
    )
    problems = "\n".join(problems_of(wrong))
    for told in ("order_number", "public_id", "Click", "no path", "goes to a vendor"):
        assert told in problems, told
    cart = STREAMS["cart"]
    assert cart.ga4 is not None
    renamed = replace(cart, ga4=replace(cart.ga4, names={"cart_added": "add_to_cart"}))
    assert list(problems_of(renamed)) == ["cart_added goes to a vendor and is not a type"]
    columns = replace(landing, types=replace(landing.types, column="kind"))
    assert list(problems_of(columns)) == ["kind is not an enumeration of the schema"]


def test_paths_and_statements_stand_once() -> None:
    paths = Counter(e.path for stream in STREAMS.values() for e in stream.endpoints)
    assert max(paths.values()) == 1
    names = Counter(name for stream in STREAMS.values() for name in stream.counts.events)
    assert max(names.values()) == 1


@each
def test_limits_are_settings(stream: Stream) -> None:
    settings = Settings()
    for endpoint in stream.endpoints:
        assert endpoint.path.startswith("/")
        for setting, seconds in endpoint.limit.windows:
            assert getattr(settings, setting) > 0
            assert seconds > 0


@each
def test_samples_of_all_types_pass_gateway_screen_and_reducer(stream: Stream) -> None:
    frame = frame_of(stream)
    assert offenders(stream.name, frame) == {}
    assert suspects(stream.name, frame) == []
    assert frame.select(event_type(stream.name)).to_series().to_list() == list(stream.types.names)
    is_tied = stream.order_field is not None or frame["session_id"].null_count() == 0
    assert (frame.select(ordering_key(stream.name)).to_series().null_count() == 0) is is_tied
    nothing = pl.lit(None, pl.String)
    dated = frame.with_columns(
        *(pl.col(at).dt.date().alias(day) for at, day in DAYS.items() if at in frame.columns),
        store_domain=nothing,
        page_patterns=nothing,
        experiment_sources=pl.lit(None, pl.List(pl.String())),
    )
    tables = reducer_of(stream.name)(dated, None).tables
    statements = named_sql(stream.sql("rollup"))
    shared = {name for file in SHARED for name in named_sql(file)}
    assert tables
    # What has no statement is copied straight into its table, the rows of events alone.
    assert set(tables) - set(statements) - shared - STEPS.keys() <= {stream.rows}
    only_steps = {step for name, steps in STEPS.items() for step in steps if step != name}
    for name in statements.keys() - {"stage"} - only_steps:
        assert f"stage_{name}".encode() in statements["stage"]


@each
def test_keys_are_what_topics_toml_says(stream: Stream) -> None:
    schema = schema_of(stream.name)
    for key, value in encoded(stream, stream.types.names):
        record: Any = schema.decode(value[5:], ids_as_text=True)
        assert key.decode() == schema.key_of(record)


@each
def test_the_screen_suspects_what_the_rules_refuse(stream: Stream) -> None:
    import polars as pl

    frame = frame_of(stream)
    for column, value in (("user_agent", "x" * 3000), ("session_id", "no session"), ("ip", "home")):
        spoilt = frame.with_columns(pl.lit(value).alias(column))
        rows = list(range(frame.height))
        assert suspects(stream.name, spoilt) == rows
        assert list(offenders(stream.name, spoilt)) == rows


@pytest.mark.parametrize(("stream", "kind"), TYPES)
def test_google_gets_named_types_alone(stream: str, kind: str) -> None:
    ((_, value),) = encoded(STREAMS[stream], (kind,))
    record: Any = schema_of(stream).decode(value[5:], ids_as_text=True)
    event = Event(str(record["event_id"]), STORE, stream, kind, NOW, record)
    vendor = STREAMS[stream].ga4
    if vendor is None or (kind not in vendor.names and not vendor.own):
        assert left_out(event, NOW) is not None
        return
    assert left_out(event, NOW) is None
    name = ga4_event(event)["name"]
    assert name == (vendor.names.get(kind) or name)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", name)


def test_tables_and_statements_of_every_stream_exist(world: World) -> None:
    import psycopg

    with psycopg.connect(world.settings.dsn, autocommit=True) as connection:
        kept = {
            r[0] for r in connection.execute("SELECT parent FROM partitioned_tables").fetchall()
        }
        for file in SHARED:
            connection.execute(named_sql(file)["stage"])
        for stream in STREAMS.values():
            assert stream.counts.shortest_kept in kept
            audit = named_sql(stream.sql("audit"))
            counts = stream.counts
            assert set(audit) == {*counts.events, *counts.sessions, *counts.of_rows}
            for name in stream.counts.events:
                assert connection.execute(audit[name]).fetchall() == []
            connection.execute(named_sql(stream.sql("rollup"))["stage"])
            if stream.rows is not None:
                listing = named_sql("query/events")["list_events"].with_names(rows=stream.rows)
                asked = dict.fromkeys(listing.parameters) | {"store_id": STORE, "count": 1}
                assert connection.execute(listing, asked).fetchall() == []
