"""Opening the demo shop stores its pages once, and never over what their author wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from tests.support.world import World

from storepulse.access.rules.administration import Caller
from storepulse.adapters.postgres.sessions import Connection
from storepulse.domain.experiments.authored import AuthoredPage, AuthoredSlot
from storepulse.domain.experiments.authored_pages import page_of
from storepulse.experiments.pages import PagePlace, PageRow, set_page
from storepulse.query.demo_shop.opening import open_shop
from storepulse.query.demo_shop.page_slots import AUTHORED, HOME, PRODUCT, SLUGS

NOW = datetime(2026, 11, 30, tzinfo=UTC)
ORIGINS = ["http://127.0.0.1:8081"]
SOMEBODY = Caller("ada")
OWN = AuthoredPage(slots=[AuthoredSlot("hero", "Hero", props={"title": "Mine"})])


def stored(connection: Connection, store_id: UUID, page_type: str) -> PageRow:
    """A page as it is: what is set again as it is changes nothing."""
    place = PagePlace(store_id, page_type, SLUGS[page_type])
    rows = connection.execute(
        "SELECT page::text, version FROM ab_pages"
        " WHERE store_id = %s AND page_type = %s AND slug = %s",
        [store_id, page_type, place.slug],
    ).fetchall()
    assert len(rows) == 1
    return PageRow(store_id, page_type, place.slug, rows[0][0], rows[0][1], NOW, "")


def test_pages_are_stored_once_and_kept_as_their_author_wrote_them(world: World) -> None:
    with world.connect() as connection:
        store_id = open_shop(connection, NOW, ORIGINS).store_id
        for page_type, authored in AUTHORED.items():
            row = stored(connection, store_id, page_type)
            assert (row.known_page, row.version) == (page_of(authored), 1)
        set_page(connection, SOMEBODY, PagePlace(store_id, HOME, SLUGS[HOME]), OWN, NOW)
        assert open_shop(connection, NOW, ORIGINS).store_id == store_id
        home = stored(connection, store_id, HOME)
        assert (home.known_page, home.version) == (page_of(OWN), 2)
        assert stored(connection, store_id, PRODUCT).version == 1
        row = connection.execute(
            "SELECT count(*) FROM admin_audit WHERE action = 'page.set' AND who = 'demo shop'"
        ).fetchone()
        assert row == (2,)
