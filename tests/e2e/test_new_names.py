"""A flood of names: what a shop has counts as ever, the rest together, and no number disagrees."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.support import commands
from tests.support.services import running
from tests.support.waiting import until
from tests.support.world import World

from storepulse.adapters.settings import Settings

STORE = "11111111-1111-4111-8111-111111111111"
CAPS = {"new_pages_per_hour": 3, "new_selectors_per_hour": 4, "new_landing_pages_per_hour": 2}
pytestmark = pytest.mark.timeout(150)


def click(number: int, page: int, selector: int) -> dict[str, Any]:
    return {
        "store_id": STORE, "session_id": f"s-{number}", "type": "click", "x": 1, "y": 1,
        "page_url": f"https://a.example/{page}?visit={number}", "selector": f"button.b-{selector}",
    }  # fmt: skip


def test_names_beyond_the_cap_count_as_others(world: World) -> None:
    given = {n: getattr(world.settings, n) for n in world.settings.model_fields_set}
    settings = Settings(**given, **CAPS)
    with running("gateway", settings) as gateway, running("agents", settings):
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

            until(lambda: sum(heatmap("(other)").values()) == 28, "the others", seconds=60)
            until(lambda: landed("(other)") == 9, "the other landing pages", seconds=60)
            assert [sum(heatmap(f"/{page}").values()) for page in range(4)] == [4, 4, 4, 0]
            assert [landed(f"lp-{n}") for n in range(3)] == [3, 3, 0]
            totals = [heatmap(page) for page in ("/0", "/1", "/2", "(other)")]
            known = {f"button.b-{n}" for n in range(4)}
            assert set().union(*totals) == {*known, "(other)"}
            assert sum(found.get("(other)", 0) for found in totals) == 20
        code, out, err = commands.run(settings, "audit", "--wait", "60", "--recount")
    assert code == 0, out + err
    for kind, number in (("page", 28), ("selector", 20), ("landing_page", 9)):
        assert f'storepulse_ingest_folded_names_total{{kind="{kind}"}} {number}.0' in counted
