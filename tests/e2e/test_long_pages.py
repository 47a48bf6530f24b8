"""Pages whose paths no index takes, from the beacon to the heatmap's figures."""

from __future__ import annotations

import random
import uuid
from urllib.parse import quote

import httpx
import pytest
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = pytest.mark.timeout(120)
BATCHES, EVENTS = 10, 40


def test_long_paths_of_any_characters_end_in_the_figures(
    world: World, services: dict[str, Service]
) -> None:
    rnd, store = random.Random(5), str(uuid.uuid4())
    paths = []
    for number in range(BATCHES):
        events = []
        for n in range(EVENTS):
            length = rnd.randrange(1_000, 2_000)
            path = "/" + "".join(map(chr, rnd.sample(range(0x4E00, 0x9FFF), length)))
            paths.append(quote(path))  # as pages are named
            events.append(
                {"store_id": store, "session_id": f"s-{number}-{n}", "type": "click", "x": 5,
                 "y": 5, "page_url": f"https://a.example{path}"}
            )  # fmt: skip
        answer = httpx.post(
            f"{services['gateway'].url}/api/heatmap/track-batch",
            json={"events": events},
            timeout=20,
        )
        assert answer.status_code == 202, answer.text

    def stored() -> list[tuple[object, ...]]:
        with world.connect() as connection:
            return connection.execute(
                "SELECT p.page, sum(c.events)::int"
                " FROM heatmap_cells c JOIN pages p USING (page_id)"
                " WHERE p.store_id = %s GROUP BY p.page",
                [store],
            ).fetchall()

    wait_until(lambda: len(stored()) == len(paths), lambda: str(len(stored())), seconds=60)
    assert dict(stored()) == dict.fromkeys(paths, 1)
    with world.connect() as connection:
        assert connection.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
    found = httpx.get(
        f"{services['query'].url}/api/heatmap/{store}/pages", headers=world.headers, timeout=20
    )
    assert found.status_code == 200, found.text
    shown = found.json()["data"]
    assert shown
    assert all(one["page"] in paths and one["pointer_events"] == 1 for one in shown)
