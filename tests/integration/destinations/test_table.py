"""Destinations as they are stored, changed and loaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.support.world import World

from storepulse.adapters.secret_box import SecretBox
from storepulse.destinations.rules.model import Destination
from storepulse.destinations.rules.rotation import AddedSecret, TooManySecrets
from storepulse.destinations.table import changes, reads, removal
from storepulse.domain.errors import Rejected
from storepulse.domain.signing import new_secret

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 13, tzinfo=UTC)
STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
OLD, NEW, NEWEST = (new_secret(bytes([n]) * 32) for n in range(3))


def webhook(name: str = "crm", **fields: Any) -> Destination:
    usual = {
        "config": {"url": "https://crm.example/hooks"},
        "secrets": {"signing": [OLD]},
    }
    return Destination(str(uuid4()), name, "webhook", **usual | fields)


@pytest.fixture
def world(module_world: World) -> World:
    """The world of this module, without destinations and deliveries."""
    with module_world.connect() as connection:
        connection.execute("TRUNCATE destinations, destination_breakers, deliveries")
    return module_world


@pytest.fixture
def box(world: World) -> SecretBox:
    return SecretBox.of(world.settings)


def test_what_is_created_is_loaded(world: World, box: SecretBox) -> None:
    declared = webhook(
        store_id=STORE, streams=frozenset({"cart", "activity"}), types=frozenset({"purchase"}),
        consent=frozenset({"marketing"}), include_bots=True, ordered=True, batch_events=7,
        batch_seconds=0.5, max_in_flight=3, rate_per_second=2.5, retry_seconds=(1.0, 8.0),
        timeout_seconds=4.0,
    )  # fmt: skip
    with world.connect() as connection:
        changes.create(connection, box, declared, NOW)
        assert reads.load_destinations(connection, box) == [declared]
        entry = reads.find_destination(connection, "crm")
        assert entry.destination == replace(declared, secrets={})
        assert (entry.breaker, entry.created_at, entry.status_reason) == ("closed", NOW, "")
        stored = connection.execute("SELECT secrets FROM destinations").fetchone()
    assert stored is not None
    assert isinstance(stored[0], bytes)
    assert OLD.encode() not in stored[0]


def test_a_name_is_taken_once(world: World, box: SecretBox) -> None:
    with world.connect() as connection:
        changes.create(connection, box, webhook(), NOW)
        with pytest.raises(Rejected, match="'crm' is taken"):
            changes.create(connection, box, webhook(), NOW)
        changes.create(connection, box, webhook("erp"), NOW)
        with pytest.raises(Rejected, match="'crm' is taken"):
            changes.change(connection, box, "erp", {"name": "crm"}, NOW)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Shop CRM"}, "name"),
        ({"name": STORE}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"status": "asleep"}, "status"),
        ({"store_id": "shop.example"}, "store_id"),
        ({"streams": frozenset({"carts"})}, "streams"),
        ({"types": frozenset({"purchas"})}, "types"),
        ({"types": frozenset({"click"}), "streams": frozenset({"cart"})}, "types"),
        ({"types": frozenset({"own\0name"}), "streams": frozenset({"landing"})}, "types"),
        ({"consent": frozenset({"sales"})}, "consent"),
        ({"batch_events": 0}, "batch_events"),
        ({"batch_events": 501}, "batch_events"),
        ({"batch_seconds": 301.0}, "batch_seconds"),
        ({"batch_seconds": float("nan")}, "batch_seconds"),
        ({"max_in_flight": 0}, "max_in_flight"),
        ({"timeout_seconds": 15.1}, "timeout_seconds"),
        ({"rate_per_second": 0.0}, "rate_per_second"),
        ({"retry_seconds": (1.0, -1.0)}, "retry_seconds"),
        ({"retry_seconds": (float("inf"),)}, "retry_seconds"),
        ({"retry_seconds": (1.0,) * 31}, "retry_seconds"),
        ({"config": {}}, "config.url"),
        ({"config": {"url": "ftp://crm.example/"}}, "config.url"),
        ({"config": {"url": "https://crm.example/", "colour": "red"}}, "config.colour"),
        ({"config": {"url": "https://crm.example/\0"}}, "config.url"),
        ({"config": {"url": "https://crm.example/", "a": "\ud800"}}, "config.a"),
        ({"config": {"url": "https://crm.example/", "a": float("nan")}}, "config.a"),
        ({"config": {"url": "https://crm.example/", "headers": {"Host": "x"}}}, "config.headers"),
        ({"secrets": {}}, "secrets.signing"),
        ({"secrets": {"signing": ["whsec_short"]}}, "secrets.signing"),
    ],
    ids=str,
)
def test_a_wrong_declaration_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as refused:
        changes.check_destination(replace(webhook(), **fields))
    assert refused.value.field.startswith(field)
    assert OLD not in str(refused.value)


def test_a_shops_own_type_is_believed_where_its_stream_is_named() -> None:
    own = webhook(types=frozenset({"video.50"}), streams=frozenset({"landing"}))
    changes.check_destination(own)
    with pytest.raises(Rejected, match=r"video\.50"):
        changes.check_destination(replace(own, streams=frozenset()))


def test_changes_are_checked_as_a_whole(world: World, box: SecretBox) -> None:
    with world.connect() as connection:
        changes.create(connection, box, webhook(), NOW)
        changed = changes.change(connection, box, "crm", {"batch_events": 1, "name": "erp"}, LATER)
        assert (changed.batch_events, changed.name) == (1, "erp")
        with pytest.raises(Rejected, match="streams"):
            changes.change(connection, box, "erp", {"streams": frozenset({"no"})}, LATER)
        with pytest.raises(Rejected, match="kind: cannot be changed"):
            changes.change(connection, box, "erp", {"kind": "ga4"}, LATER)
        with pytest.raises(Rejected, match="no destination 'crm'"):
            changes.change(connection, box, "crm", {"batch_events": 2}, LATER)
        entry = reads.find_destination(connection, changed.destination_id)
        assert (entry.destination.batch_events, entry.updated_at) == (1, LATER)
        assert reads.load_destinations(connection, box) == [changed]


def test_every_secret_stays_valid_until_it_is_ended(world: World, box: SecretBox) -> None:
    def signing(connection: Any) -> list[str]:
        return list(reads.load_destinations(connection, box)[0].secrets["signing"])

    with world.connect() as connection:
        changes.create(connection, box, webhook(), NOW)
        for secret, valid in ((NEW, [NEW, OLD]), (NEW, [NEW, OLD]), (NEWEST, [NEWEST, NEW, OLD])):
            changes.add_secret(connection, box, "crm", AddedSecret("signing", secret), LATER)
            assert signing(connection) == valid
        for n in (7, 8):
            more = AddedSecret("signing", new_secret(bytes([n]) * 32))
            changes.add_secret(connection, box, "crm", more, LATER)
        with pytest.raises(TooManySecrets, match="has 5 valid ones already"):
            changes.add_secret(
                connection, box, "crm", AddedSecret("signing", new_secret(bytes([9]) * 32)), LATER
            )
        assert len(signing(connection)) == 5
        changes.retire_secrets(connection, box, "crm", LATER)
        assert signing(connection) == [more.value]
        with pytest.raises(Rejected, match=r"secrets\.password"):
            changes.add_secret(connection, box, "crm", AddedSecret("password", "x"), LATER)


def test_secrets_end_at_their_time_and_make_room(world: World, box: SecretBox) -> None:
    hour = timedelta(hours=1)
    with world.connect() as connection:
        changes.create(connection, box, webhook(), NOW)
        changes.add_secret(connection, box, "crm", AddedSecret("signing", NEW, hour), NOW)
        (loaded,) = reads.load_destinations(connection, box)
        assert loaded.secret_ends == {"signing": [None, NOW + hour]}
        shown = reads.find_destination(connection, "crm").secret_ends
        assert shown == {"signing": [None, (NOW + hour).isoformat()]}
        # A later rotation puts no end off, and forgets what has ended.
        changes.add_secret(connection, box, "crm", AddedSecret("signing", NEWEST, 2 * hour), NOW)
        (loaded,) = reads.load_destinations(connection, box)
        assert loaded.secret_ends == {"signing": [None, NOW + 2 * hour, NOW + hour]}
        again = AddedSecret("signing", NEWEST)
        changes.add_secret(connection, box, "crm", again, NOW + 1.5 * hour)
        (loaded,) = reads.load_destinations(connection, box)
        assert loaded.secrets == {"signing": [NEWEST, NEW]}


def test_of_a_token_the_newest_alone_counts(world: World, box: SecretBox) -> None:
    meta = Destination(
        str(uuid4()), "meta", "meta_capi", streams=frozenset({"activity"}),
        config={"pixel_id": "12345"},
        secrets={"access_token": ["first"]},
    )  # fmt: skip
    with world.connect() as connection:
        changes.create(connection, box, meta, NOW)
        for n in range(9):
            added = AddedSecret("access_token", f"token {n}")
            changes.add_secret(connection, box, "meta", added, LATER)
        assert reads.load_destinations(connection, box)[0].secrets == {"access_token": ["token 8"]}


def test_a_store_sees_and_changes_its_own_alone(world: World, box: SecretBox) -> None:
    mine, other = UUID(STORE), uuid4()
    with world.connect() as connection:
        changes.create(connection, box, webhook(store_id=STORE), NOW)
        changes.create(connection, box, webhook("all"), NOW)
        assert [e.destination.name for e in reads.list_destinations(connection, store_id=mine)] == [
            "crm"
        ]
        for refused in (
            lambda: reads.find_destination(connection, "all", mine),
            lambda: changes.change(connection, box, "crm", {"batch_events": 1}, NOW, other),
            lambda: changes.add_secret(
                connection, box, "all", AddedSecret("signing", NEW), NOW, mine
            ),
            lambda: changes.retire_secrets(connection, box, "all", NOW, mine),
            lambda: reads.load_destination(connection, box, "all", mine),
            lambda: removal.remove(connection, "all", NOW, store_id=mine),
        ):
            with pytest.raises(Rejected, match="no destination"):
                refused()


def test_values_of_headers_are_not_shown_and_the_mask_is_not_stored(
    world: World, box: SecretBox
) -> None:
    config = {"url": "https://crm.example/", "headers": {"Authorization": "Bearer abc"}}
    with world.connect() as connection:
        changes.create(connection, box, webhook(config=config), NOW)
        shown = reads.find_destination(connection, "crm").shown_config
        assert shown == {"url": "https://crm.example/", "headers": {"Authorization": "…"}}
        with pytest.raises(Rejected, match=r"config\.headers\.Authorization"):
            changes.change(connection, box, "crm", {"config": shown}, NOW)
        assert reads.load_destinations(connection, box)[0].config == config


def stored(connection: Any) -> str:
    """Everything that the table holds, as text."""
    (row,) = connection.execute("SELECT d::text FROM destinations d").fetchall()
    return (
        str(row[0])
        + bytes.fromhex(
            connection.execute("SELECT encode(secrets, 'hex') FROM destinations").fetchone()[0]
        ).decode()
    )


def test_values_of_headers_are_stored_sealed(world: World, box: SecretBox) -> None:
    config = {"url": "https://crm.example/", "headers": {"Authorization": "Bearer abc", "X-A": ""}}
    declared = webhook(config=config)
    with world.connect() as connection:
        changes.create(connection, box, declared, NOW)
        assert "Authorization" in stored(connection)
        assert "Bearer abc" not in stored(connection)
        assert reads.load_destination(connection, box, "crm") == declared
        changes.add_secret(connection, box, "crm", AddedSecret("signing", NEW), LATER)
        changes.retire_secrets(connection, box, "crm", LATER)
        changes.change(connection, box, "crm", {"batch_events": 3}, LATER)
        assert reads.load_destinations(connection, box) == [
            replace(declared, secrets={"signing": [NEW]}, batch_events=3)
        ]
        plain = {"url": "https://crm.example/"}
        changes.change(connection, box, "crm", {"config": plain}, LATER)
        (left,) = reads.load_destinations(connection, box)
        assert (left.config, left.secrets) == (plain, {"signing": [NEW]})


def test_resuming_closes_the_breaker_and_clears_the_reason(world: World, box: SecretBox) -> None:
    with world.connect() as connection:
        target = webhook()
        changes.create(connection, box, target, NOW)
        connection.execute(
            "INSERT INTO destination_breakers (destination_id, state, recent, opened, probe_at)"
            " VALUES (%s, 'open', 'xxxxxxxxxx', 3, %s)",
            [target.destination_id, LATER],
        )
        connection.execute("UPDATE destinations SET status = 'disabled', status_reason = '410'")
        assert reads.find_destination(connection, "crm").breaker == "open"
        changes.change(connection, box, "crm", {"batch_events": 3}, NOW)
        assert reads.find_destination(connection, "crm").status_reason == "410"
        changes.change(connection, box, "crm", {"status": "active"}, NOW)
        entry = reads.find_destination(connection, "crm")
        assert (entry.destination.status, entry.status_reason) == ("active", "")
        assert (entry.breaker, entry.probe_at) == ("closed", None)
        changes.change(connection, box, "crm", {"status": "paused"}, NOW)
        assert reads.find_destination(connection, "crm").status_reason == "by an administrator"


def queue(connection: Any, destination_id: str, count: int, **fields: Any) -> None:
    """Puts plain rows into the queue."""
    for n in range(count):
        row = {
            "destination_id": destination_id, "store_id": STORE, "event_id": str(uuid4()),
            "received_at": NOW, "stream": "cart", "event_type": "cart_add", "priority": n % 3,
            "created_at": NOW, "value": b"\0", "source_topic": "t", "source_topic_id": "i",
            "source_partition": 0, "source_offset": n,
        } | fields  # fmt: skip
        connection.execute(
            f"INSERT INTO deliveries ({', '.join(row)})"
            f" VALUES ({', '.join(f'%({name})s' for name in row)})",
            row,
        )


def test_order_is_not_asked_for_while_events_wait(world: World, box: SecretBox) -> None:
    with world.connect() as connection:
        target = webhook()
        changes.create(connection, box, target, NOW)
        queue(connection, target.destination_id, 1)
        with pytest.raises(Rejected, match="queued without order"):
            changes.change(connection, box, "crm", {"ordered": True}, NOW)
        connection.execute("UPDATE deliveries SET status = 'sent'")
        assert changes.change(connection, box, "crm", {"ordered": True}, NOW).ordered


def test_removing_asks_where_events_wait(world: World, box: SecretBox) -> None:
    with world.connect() as connection:
        target = webhook()
        changes.create(connection, box, target, NOW)
        queue(connection, target.destination_id, 2)
        queue(connection, target.destination_id, 1, status="sent")
        with pytest.raises(Rejected, match="2 events wait"):
            removal.remove(connection, "crm", LATER)
        assert removal.remove(connection, "crm", LATER, discard=True) == 2
        assert reads.list_destinations(connection) == []
        left = connection.execute(
            "SELECT status, last_error, finished_at, count(*) FROM deliveries"
            " GROUP BY 1, 2, 3 ORDER BY 1"
        ).fetchall()
        assert left == [
            ("failed", "the destination was removed", LATER, 2),
            ("sent", "", None, 1),
        ]
        with pytest.raises(Rejected, match="no destination"):
            removal.remove(connection, "crm", LATER)


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.1/", "https://192.168.1.9:8443/x", "https://[fd00::1]/", "https://127.0.0.1/",
     "http://127.0.0.1:9/", "http://localhost:9/", "https://[::ffff:10.0.0.1]/",
     "https://2130706433/", "https://0x0a.1/"],
)  # fmt: skip
def test_addresses_beyond_the_reach_are_refused_when_they_are_declared(
    world: World, box: SecretBox, url: str
) -> None:
    inside = webhook(config={"url": url})
    with world.connect() as connection:
        with pytest.raises(Rejected, match=r"config\.url: must not be reached") as refused:
            changes.create(connection, box, inside, NOW, "public")
        assert refused.value.field == "config.url"
        changes.create(connection, box, webhook(), NOW, "public")
        with pytest.raises(Rejected, match=r"config\.url"):
            changes.change(connection, box, "crm", {"config": inside.config}, NOW, reach="public")
        # What was declared under another setting can still be paused, and its secret replaced.
        changes.create(connection, box, replace(inside, name="inside"), NOW, "private")
        changes.change(connection, box, "inside", {"status": "paused"}, NOW, reach="public")
        changes.add_secret(connection, box, "inside", AddedSecret("signing", NEW), NOW)
