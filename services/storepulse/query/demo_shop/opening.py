"""What the demo shop needs before it opens: its store, two keys, its pages and an experiment.

Each start of the process creates new keys and revokes those of the previous one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storepulse.access import key_changes, store_changes
from storepulse.access.keys import KeyDeclaration
from storepulse.access.rules.administration import Caller, Conflict, UnknownObject
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.experiments.authored import AuthoredMetric, AuthoredTest, AuthoredVariant
from storepulse.experiments import changes, reading
from storepulse.experiments.pages import PagePlace, set_page
from storepulse.query.demo_shop.page_slots import AUTHORED, SLUGS

DOMAIN = "aster-and-loom.example"
NAME = "Aster & Loom"
#: The name of the shop's keys, which identifies those of an earlier start.
KEY_NAME = "demo shop"
TEST_NAME = "Front page: coat or jumper"
#: The shop's name in the audit trail.
SHOP = Caller("demo shop")


@dataclass(frozen=True, slots=True)
class OpenShop:
    """The opened shop. `hero_test` is None if the test is not running."""

    store_id: UUID
    publishable_key: str
    secret_key: str
    hero_test: UUID | None


def open_shop(connection: Connection, now: datetime, origins: list[str]) -> OpenShop:
    """Create what is missing. `origins`: those of the shop's own pages."""
    store_id = _store_of(connection, now)
    for key in key_changes.list_keys(connection, store_id, with_ended=False):
        if key.name == KEY_NAME:
            key_changes.revoke_key(connection, SHOP, key.key_id)
    _, publishable = key_changes.create_key(
        connection,
        SHOP,
        now,
        KeyDeclaration("publishable", ["ingest"], store_id, origins, KEY_NAME),
    )
    _, secret = key_changes.create_key(
        connection, SHOP, now, KeyDeclaration("secret", ["ingest", "read"], store_id, [], KEY_NAME)
    )
    _store_pages(connection, store_id, now)
    return OpenShop(store_id, publishable, secret, _test_of(connection, store_id, now))


def _store_of(connection: Connection, now: datetime) -> UUID:
    try:
        return store_changes.find_id(connection, DOMAIN)
    except UnknownObject:
        made = store_changes.create_store(connection, SHOP, now, domain=DOMAIN, name=NAME)
        return made.store_id


def _store_pages(connection: Connection, store_id: UUID, now: datetime) -> None:
    """Store the pages that do not exist yet; existing ones may have been edited."""
    for page_type, authored in AUTHORED.items():
        not_there = PagePlace(store_id, page_type, SLUGS[page_type], version=0)
        try:
            set_page(connection, SHOP, not_there, authored, now)
        except Conflict:
            continue


def _test_of(connection: Connection, store_id: UUID, now: datetime) -> UUID | None:
    """The running test of the hero, created if necessary; None if it was paused or ended."""
    for row in reading.list_tests(connection, store_id, None, changes.MOST_TESTS):
        if row["name"] == TEST_NAME:
            found: UUID = row["test_id"]
            return found if row["status"] == "running" else None
    draft = AuthoredTest(
        name=TEST_NAME,
        variants=[
            AuthoredVariant(variant_id="control", name="The coat", weight=5_000, is_control=True),
            AuthoredVariant(variant_id="warm", name="The jumper", weight=5_000),
        ],
        metrics=[
            AuthoredMetric(key="pressed", kind="binary", source="custom:hero_pressed"),
            AuthoredMetric(key="bought", kind="binary", source="purchase"),
        ],
        primary_metric="pressed",
    )
    test_id = changes.create_test(connection, SHOP, store_id, draft, now).row.test_id
    place = changes.TestPlace(store_id, test_id)
    changes.move_test(connection, SHOP, place, changes.MoveAsked("start", now))
    return test_id
