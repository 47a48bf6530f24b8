"""Visitors' addresses as each store keeps them: nothing more stands in Kafka or PostgreSQL."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from confluent_kafka.admin import AdminClient
from psycopg import sql
from tests.support.kafka_records import records_of
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import connection_config
from storepulse.adapters.settings import Settings

#: By what a store keeps: its visitors' addresses, and what is left of them.
VISITORS = {
    "full": {"198.51.100.77": "198.51.100.77", "2001:db8:aaaa::77": "2001:db8:aaaa::77"},
    "shortened": {
        "203.0.113.77": "203.0.113.0",
        "::ffff:203.0.113.88": "203.0.113.0",
        "2001:db8:bbbb:cccc::77": "2001:db8:bbbb::",
    },
    "none": {"192.0.2.77": None, "2001:db8:dddd::77": None},
}
#: Stands nowhere, since a store that keeps less was visited from there.
SECRET = (b"203.0.113.77", b"203.0.113.88", b"cccc::77", b"192.0.2.", b"2001:db8:dddd")
TABLES = {"customer_activity": "ip", "landing_events": "ip", "cart_tracking_events": "ip_address"}


def declare(world: World, store: str, kept: str) -> None:
    """Makes a store, or changes what it keeps."""
    with psycopg.connect(world.settings.dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO stores (store_id, settings) VALUES (%s, %s)"
            " ON CONFLICT (store_id) DO UPDATE SET settings = EXCLUDED.settings",
            (store, json.dumps({} if kept == "full" else {"addresses": kept})),
        )


def send(gateway: str, world: World, store: str, ip: str) -> list[str]:
    """One event of each stream from an address, and one that is refused; the good ones' ids."""
    session = {"store_id": store, "session_id": "s"}
    beacons: dict[str, dict[str, Any]] = {
        "activity": {**session, "activity_type": "page_view"},
        "landing": {**session, "event_type": "PageView", "landing_page_id": "p"},
        "heatmap": {**session, "type": "click", "page_url": "https://a.example/", "x": 1, "y": 1},
        "cart": {"storeId": store, "storeName": "shop", "sessionId": "s"},
    }
    headers = {**world.headers, "x-forwarded-for": ip}
    ids: list[str] = []
    for stream, beacon in beacons.items():
        events = [beacon, {**beacon, "timestamp": "no time"}]
        answer = httpx.post(
            f"{gateway}/collect", json={"stream": stream, "events": events}, headers=headers
        )
        assert answer.status_code == 202, answer.text
        assert len(answer.json()["rejected"]) == 1
        ids += [event_id for event_id in answer.json()["ids"] if event_id]
    return ids


def everything_in_kafka(settings: Settings) -> bytes:
    """Keys, values and headers of all topics of this world."""
    admin = AdminClient(connection_config(settings))
    found = [
        b"%b %b %b" % (m.key() or b"", m.value() or b"", repr(m.headers()).encode())
        for topic in admin.list_topics(timeout=10).topics
        if topic.startswith(settings.topic_prefix)
        for m in records_of(settings, topic)
    ]
    return b"\n".join(found)


def everything_in_postgresql(settings: Settings) -> bytes:
    """All rows of all tables, as text."""
    rows: list[str] = []
    with psycopg.connect(settings.dsn) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table))
            rows += [text for (text,) in connection.execute(query)]
    return "\n".join(rows).encode()


def kept_in_rows(settings: Settings, ids: list[str]) -> dict[str, str | None]:
    """The address of each event that has a row."""
    kept: dict[str, str | None] = {}
    with psycopg.connect(settings.dsn) as connection:
        for table, column in TABLES.items():
            query = sql.SQL("SELECT event_id, host({}::inet) FROM {} WHERE event_id = ANY(%s)")
            names = sql.Identifier(column), sql.Identifier(table)
            events = [UUID(event_id) for event_id in ids]
            kept |= {
                str(event_id): ip
                for event_id, ip in connection.execute(query.format(*names), (events,))
            }
    return kept


@pytest.mark.timeout(150)
def test_no_more_of_an_address_is_kept_than_the_store_wants(
    world: World, services: dict[str, Service]
) -> None:
    gateway = services["gateway"].url
    stores = {kept: str(uuid4()) for kept in VISITORS}
    for kept, store in stores.items():
        declare(world, store, kept)

    def kept_by_gateway(store: str) -> str | None:
        """What a gateway keeps now, of an address that is no secret."""
        beacon = {"store_id": store, "session_id": "s", "activity_type": "page_view"}
        answer = httpx.post(
            f"{gateway}/api/customer-activity?debug=1",
            json=beacon,
            headers={**world.headers, "x-forwarded-for": "198.51.100.9"},
        )
        kept: str | None = answer.json()["debug"][0]["ip"]
        return kept

    wait_until(lambda: kept_by_gateway(stores["none"]) is None, "none", seconds=10)
    wait_until(
        lambda: kept_by_gateway(stores["shortened"]) == "198.51.100.0", "shortened", seconds=10
    )
    left: dict[str, str | None] = {}
    for kept, store in stores.items():
        for ip, rest in VISITORS[kept].items():
            left |= dict.fromkeys(send(gateway, world, store, ip), rest)

    declare(world, stores["none"], "full")
    wait_until(lambda: kept_by_gateway(stores["none"]) == "198.51.100.9", "full", seconds=10)

    expected = 3 * sum(map(len, VISITORS.values()))
    wait_until(
        lambda: len(kept_in_rows(world.settings, list(left))) == expected, "all rows", seconds=60
    )
    for event_id, ip in kept_in_rows(world.settings, list(left)).items():
        assert ip == left[event_id]
    in_kafka = everything_in_kafka(world.settings)
    in_postgresql = everything_in_postgresql(world.settings)
    for everything in (in_kafka, in_postgresql):
        assert b"198.51.100.77" in everything
        for secret in SECRET:
            assert secret not in everything
    assert b"no time" in in_kafka
