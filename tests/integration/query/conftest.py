"""One query service for the reads of a whole run; each test reads a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql
from tests.support.services import running
from tests.support.world import World, open_world

#: Tables -> the statement that makes their coarser ones of them, as the agents keep both.
COARSER = {
    "cart_products_daily": """
        INSERT INTO cart_products_weekly
        SELECT store_id, date_trunc('week', day)::date, product_id, store_name, is_bot, sum(carts),
               sum(generated_images)
          FROM cart_products_daily GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (store_id, week, product_id, store_name, is_bot) DO UPDATE
           SET carts = EXCLUDED.carts, generated_images = EXCLUDED.generated_images""",
    "web_vitals_daily": """
        INSERT INTO web_vitals_of_stores
        SELECT store_id, day, metric, is_bot, bucket, sum(samples), sum(total)
          FROM web_vitals_daily GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (store_id, day, metric, is_bot, bucket) DO UPDATE
           SET samples = EXCLUDED.samples, total = EXCLUDED.total""",
}
#: Tables of which closed days are remembered -> what their rows are entered as, and of which days.
_OF_STORE = "SELECT store_id, day FROM {}"
_OF_PAGE = "SELECT store_id, (hour AT TIME ZONE 'UTC')::date FROM {} JOIN pages USING (page_id)"
REMEMBERED = {
    **dict.fromkeys(
        ("activity_products_daily", "activity_searches_daily", "cart_products_daily", "images",
         "order_lines", "product_sales_daily", "visitors_daily", "visitors_hourly",
         "bot_users_daily"),
        ("", _OF_STORE),
    ),
    **dict.fromkeys(("heatmap_cells", "heatmap_scroll", "heatmap_elements"), ("heatmap", _OF_PAGE)),
}  # fmt: skip


#: Tests sign in wrongly more often than people.
SETTINGS = {"console_sign_ins_per_minute": 1_000}


@dataclass(frozen=True)
class Reads:
    """The running query service and its database; requests carry the key of all stores."""

    world: World
    url: str
    client: httpx.Client

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """The answer to a GET; `from_` stands for the parameter `from`."""
        sent = {name.rstrip("_"): value for name, value in parameters.items()}
        return self.request("GET", path, params=sent or None)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer to any request."""
        headers = self.world.headers | more.pop("headers", {})
        return self.client.request(method, self.url + path, headers=headers, **more)

    def read(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def insert(self, table: str, *rows: dict[str, Any]) -> None:
        """Puts rows into a table."""
        with self.world.connect() as connection:
            insert(connection, table, *rows)
            if table in COARSER:
                connection.execute(COARSER[table].encode())
            if table in REMEMBERED:
                enter_changes(connection, table)


def enter_changes(connection: psycopg.Connection[Any], table: str) -> None:
    """Enters that the table changed on each day that it has, as the agents do."""
    figures, days = REMEMBERED[table]
    connection.execute(
        sql.SQL(
            "INSERT INTO late_changes AS l SELECT DISTINCT store_id, {}, day, 1 FROM ({})"
            "     AS changed (store_id, day) WHERE day IS NOT NULL"
            " ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1"
        ).format(figures or table, sql.SQL(days).format(sql.Identifier(table)))
    )


def insert(connection: psycopg.Connection[Any], table: str, *rows: dict[str, Any]) -> None:
    """Puts rows into a table."""
    for row in rows:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        )
        connection.execute(statement, list(row.values()))


@pytest.fixture(scope="session")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reads]:
    """The query service on a fresh database."""
    with (
        open_world(tmp_path_factory.mktemp("query")) as world,
        running("query", world.settings.model_copy(update=SETTINGS)) as service,
        httpx.Client(timeout=10) as client,
    ):
        yield Reads(world, service.url, client)


@pytest.fixture
def store() -> str:
    """A store that no other test knows."""
    return str(uuid4())
