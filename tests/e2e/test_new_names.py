"""A flood of names: what a shop has counts as ever, the rest together, and no number disagrees."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.support import commands
from tests.support.services import Service, running, wait_for_known_names
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.settings import Settings

STORE = "11111111-1111-4111-8111-111111111111"
CAPS = {"new_pages_per_hour": 3, "new_selectors_per_hour": 4, "new_landing_pages_per_hour": 2}
NEW_STORES = 2
AWAY = "postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=1"
pytestmark = pytest.mark.timeout(150)


def click(number: int, page: int, selector: int) -> dict[str, Any]:
    return {
        "store_id": STORE, "session_id": f"s-{number}", "type": "click", "x": 1, "y": 1,
        "page_url": f"https://a.example/{page}?visit={number}", "selector": f"button.b-{selector}",
    }  # fmt: skip


def folded(gateway: Service) -> dict[str, int]:
    lines = httpx.get(f"{gateway.url}/metrics").text.splitlines()
    begin = "storepulse_ingest_folded_names_total"
    return {
        kind: int(float(line.split()[-1]))
        for line in lines
        for kind in ("page", "selector", "landing_page")
        if line.startswith(f'{begin}{{kind="{kind}"}}')
    }


def collect(gateway: Service, stream: str, events: list[dict[str, Any]]) -> httpx.Response:
    body = {"stream": stream, "events": events}
    return httpx.post(f"{gateway.url}/collect", json=body)


def send_names(gateway: Service, numbers: range) -> None:
    """A page, a selector and a landing page for each number."""
    answer = collect(gateway, "heatmap", [click(n, page=n, selector=n) for n in numbers])
    assert answer.json()["accepted"] == len(numbers)
    view = {"store_id": STORE, "session_id": "s", "event_type": "PageView"}
    views = [{**view, "landing_page_id": f"lp-{n}"} for n in numbers]
    assert collect(gateway, "landing", views).json()["accepted"] == len(numbers)


def store_statuses(gateway: Service, numbers: range) -> list[int]:
    """What a visit of each of these stores gets."""
    view = {"session_id": "s", "activity_type": "page_view"}
    stores = [f"00000000-0000-4000-8000-{n:012}" for n in numbers]
    visits = [[{**view, "store_id": store}] for store in stores]
    return [collect(gateway, "activity", visit).status_code for visit in visits]


def test_after_a_restart_nothing_that_the_shop_had_is_new(world: World) -> None:
    given = {n: getattr(world.settings, n) for n in world.settings.model_fields_set}
    with running("agents", world.settings):
        with running("gateway", world.settings) as gateway:
            send_names(gateway, range(12))
            assert store_statuses(gateway, range(12)) == [202] * 12
            with world.connect() as connection:
                for count, table in (
                    (12, "pages"), (12, "heatmap_elements"), (12, "landing_hourly"),
                    (13 + 1, "(SELECT DISTINCT stream, store_id FROM ledger_counts) AS s"),
                ):  # fmt: skip
                    statement = f"SELECT count(*) FROM {table}"
                    wait_until(
                        lambda count=count, statement=statement: (  # type: ignore[misc]
                            connection.execute(statement.encode()).fetchone() == (count,)
                        ),
                        table,
                    )
            gateway.kill()
        settings = Settings(**given, **CAPS, new_stores_per_hour=NEW_STORES)
        with running("gateway", settings) as gateway:
            wait_for_known_names(gateway)
            send_names(gateway, range(12))
            assert folded(gateway) == {"page": 0, "selector": 0, "landing_page": 0}
            assert store_statuses(gateway, range(12)) == [202] * 12
            # The room for new ones is all there still.
            send_names(gateway, range(12, 22))
            assert folded(gateway) == {"page": 7, "selector": 6, "landing_page": 8}
            assert store_statuses(gateway, range(12, 16)) == [202, 202, 429, 429]


def test_while_the_database_is_away_nothing_is_called_new(world: World) -> None:
    given = {n: getattr(world.settings, n) for n in world.settings.model_fields_set}
    away = {**given, "database_url": AWAY, **CAPS, "new_stores_per_hour": NEW_STORES}
    with running("gateway", Settings(**away)) as gateway:
        send_names(gateway, range(12))
        assert folded(gateway) == {"page": 0, "selector": 0, "landing_page": 0}
        assert store_statuses(gateway, range(12)) == [202] * 12


def test_names_beyond_the_cap_count_as_others(world: World) -> None:
    given = {n: getattr(world.settings, n) for n in world.settings.model_fields_set}
    settings = Settings(**given, **CAPS)
    with running("gateway", settings) as gateway, running("agents", settings):
        wait_for_known_names(gateway)
        with running("query", settings) as query, httpx.Client() as client:
            clicks = [click(n, page=n % 10, selector=n % 8) for n in range(40)]
            answer = client.post(f"{gateway.url}/api/heatmap/track-batch", json={"events": clicks})
            assert answer.json()["accepted"] == 40
            views = [
                {
                    "store_id": STORE,
                    "session_id": f"s-{n}",
                    "event_type": "PageView",
                    "landing_page_id": f"lp-{n % 5}",
                }
                for n in range(15)
            ]
            answer = client.post(
                f"{gateway.url}/collect", json={"stream": "landing", "events": views}
            )
            assert answer.json()["accepted"] == 15
            pages = [f"https://a.example/{n % 10}?visit={n}" for n in range(20)]
            seen = [
                {"store_id": STORE, "session_id": f"s-{n}", "activity_type": "page_view",
                 "page_url": page} for n, page in enumerate(pages)
            ]  # fmt: skip
            assert collect(gateway, "activity", seen).json()["accepted"] == 20
            counted = client.get(f"{gateway.url}/metrics").text

            def heatmap(page: str) -> dict[str, int]:
                found = client.get(
                    f"{query.url}/api/heatmap/{STORE}", params={"page": page}, headers=world.headers
                )
                assert found.status_code == 200, found.text
                return {e["selector"]: e["clicks"] for e in found.json()["data"]["elements"]}

            def landed(page: str) -> int:
                found = client.get(
                    f"{query.url}/api/landing-pages/{page}/stats", headers=world.headers
                )
                assert found.status_code == 200, found.text
                views: int = found.json()["data"]["views"]
                return views

            def viewed() -> dict[str, int]:
                found = client.get(
                    f"{query.url}/api/analytics/pages?store_id={STORE}", headers=world.headers
                )
                assert found.status_code == 200, found.text
                return {page["page"]: page["views"] for page in found.json()["data"]}

            wait_until(lambda: sum(viewed().values()) == 20, "the views", seconds=60)
            by_itself = {page: views for page, views in viewed().items() if views}
            assert by_itself == {"/0": 2, "/1": 2, "/2": 2, "(other)": 14}
            wait_until(lambda: sum(heatmap("(other)").values()) == 28, "the others", seconds=60)
            wait_until(lambda: landed("(other)") == 9, "the other landing pages", seconds=60)
            assert [sum(heatmap(f"/{page}").values()) for page in range(4)] == [4, 4, 4, 0]
            assert [landed(f"lp-{n}") for n in range(3)] == [3, 3, 0]
            totals = [heatmap(page) for page in ("/0", "/1", "/2", "(other)")]
            known = {f"button.b-{n}" for n in range(4)}
            assert set().union(*totals) == {*known, "(other)"}
            assert sum(found.get("(other)", 0) for found in totals) == 20
        code, out, err = commands.run(settings, "audit", "--wait", "60", "--recount")
    assert code == 0, out + err
    for kind, number in (("page", 28 + 14), ("selector", 20), ("landing_page", 9)):
        assert f'storepulse_ingest_folded_names_total{{kind="{kind}"}} {number}.0' in counted
