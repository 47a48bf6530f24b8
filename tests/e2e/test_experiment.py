"""An experiment from its draft to the archive, through HTTP, Kafka and PostgreSQL: 20,000 visitors
with a true lift, one of two workers killed meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest
from tests.e2e import experiment_history as history
from tests.support import commands
from tests.support.services import Service, running
from tests.support.used_plans import new_store
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import home_key
from storepulse.domain.experiments.assignment import bounds_of, variant_index

pytestmark = pytest.mark.timeout(300)
SEED = 20_261_129
VISITORS = 20_000
#: Share of visitors who buy within the window.
RATES = {"control": 0.10, "treat": 0.125}
BATCH = 500
TEST = {
    "name": "Green button",
    "variants": [
        {"variant_id": "control", "weight": 5000},
        {"variant_id": "treat", "weight": 5000, "payload": {"color": "green"}},
    ],
    "metrics": [
        {"key": "bought", "kind": "binary", "source": "purchase"},
        {
            "key": "revenue",
            "kind": "sum",
            "source": "purchase",
            "currency": history.CURRENCY,
            "cap": None,
        },
    ],
    "n_star": VISITORS,
}


class Author:
    """Calls the author's paths of one store with the home's key, by way of the gateway."""

    def __init__(self, client: httpx.Client, store_id: str) -> None:
        self._client = client
        self._store_id = store_id
        self.test_id = ""

    def create(self) -> dict[str, Any]:
        """Makes the draft."""
        made = self._data("POST", f"/api/ab-testing/{self._store_id}", 201, TEST)
        self.test_id = made["test_id"]
        return made

    def move(self, move: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Moves the test on, and returns it."""
        return self._data("POST", f"{self._path}/{move}", 200, body)

    def refusal(self, move: str) -> int:
        """The status of a move that is refused."""
        answer = self._client.post(f"{self._path}/{move}", json={} if move == "complete" else None)
        return answer.status_code

    def results(self) -> dict[str, Any]:
        """The test's results."""
        return self._data("GET", f"{self._path}/results", 200)

    @property
    def _path(self) -> str:
        return f"/api/ab-testing/{self._store_id}/test/{self.test_id}"

    def _data(
        self, method: str, path: str, status: int, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        answer = self._client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data


class Shop:
    """A shop's pages: ask for variants and send what happens."""

    def __init__(self, client: httpx.Client, test_id: str) -> None:
        self._client = client
        self._test_id = test_id

    def variant(self, visitor_id: str) -> dict[str, Any]:
        """What a visitor is shown; not counted."""
        answer = self._client.get(
            f"/api/ab-testing/variant/{self._test_id}",
            params={"visitor_id": visitor_id, "expose": "false"},
        )
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def send(self, stream: str, events: list[dict[str, Any]]) -> None:
        """Sends a batch, all of which must be accepted."""
        answer = self._client.post("/collect", json={"stream": stream, "events": events})
        assert answer.status_code == 202, answer.text
        assert answer.json()["rejected"] == []


def batches_of(
    rng: Random, visitors: list[history.Visitor], store_id: str, test_id: str
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """All events in batches of one stream, orders often before the exposure that they follow."""
    told = [("experiment", event) for event in history.exposures(visitors, store_id, test_id)]
    told += history.purchases(visitors, store_id)
    rng.shuffle(told)
    waiting: dict[str, list[dict[str, Any]]] = {}
    for stream, event in told:
        batch = waiting.setdefault(stream, [])
        batch.append(event)
        if len(batch) == BATCH:
            yield stream, waiting.pop(stream)
    yield from waiting.items()


def stored_rollups(
    connection: psycopg.Connection[Any], test_id: str
) -> tuple[history.Units, history.Sums]:
    """What the tables hold, without rows of nothing."""
    units = connection.execute(
        "SELECT variant_id, day::text, units FROM ab_rollups WHERE test_id = %s", (test_id,)
    ).fetchall()
    sums = connection.execute(
        "SELECT variant_id, day::text, metric, converters, events, units_with_x, sum_y, sum_yy,"
        " sum_x, sum_xx, sum_xy FROM ab_metric_rollups WHERE test_id = %s",
        (test_id,),
    ).fetchall()
    return (
        {(variant, day): count for variant, day, count in units if count},
        {tuple(row[:3]): tuple(row[3:]) for row in sums if any(row[3:])},
    )


@pytest.fixture
def run(world: World) -> Iterator[tuple[dict[str, Service], str, httpx.Client]]:
    """All services with two workers, a store, and a client of the gateway with the home's key."""
    settings = world.settings.model_copy(
        update={"gateway_spool_after_ms": 10_000, "agent_session_timeout_seconds": 6}
    )
    slots = {
        f"agents-{slot}": settings.model_copy(update={"agent_slot": slot, "agent_lanes": 1})
        for slot in (0, 1)
    }
    with ExitStack() as stack, world.connect() as connection:
        services = {
            name: stack.enter_context(running(name, settings)) for name in ("gateway", "query")
        }
        for name, own in slots.items():
            services[name] = stack.enter_context(running("agents", own))
        store_id = str(new_store(connection))
        headers = {"x-api-key": home_key(Path(settings.home))}
        url = services["gateway"].url
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            yield services, store_id, client


def test_an_experiment_from_draft_to_archive(
    world: World, run: tuple[dict[str, Service], str, httpx.Client]
) -> None:
    services, store_id, client = run
    print(f"seed {SEED}")
    rng = Random(SEED)
    author = Author(client, store_id)
    author.create()
    assert author.refusal("pause") == 409
    assert author.move("start")["status"] == "running"
    shop = Shop(client, author.test_id)
    wait_until(
        lambda: shop.variant("v")["assigned"], "the gateway knows the test", ignoring=AssertionError
    )
    with world.connect() as connection:
        # As if it had begun twelve days ago.
        connection.execute(
            "UPDATE ab_test_phases SET started_at = started_at - interval '12 days'"
            " WHERE test_id = %s",
            (author.test_id,),
        )
        bounds = bounds_of([5000, 5000])

        def draw(visitor_id: str) -> str:
            unit = f"v:{visitor_id}"
            return ("control", "treat")[variant_index(author.test_id, 1, bounds, unit)]

        now = int(time.time() * 1000)
        visitors = history.make_visitors(rng, draw, RATES, VISITORS, now)
        for visitor in visitors[:200]:
            assert shop.variant(visitor.visitor_id)["variant_id"] == visitor.variant
        batches = list(batches_of(rng, visitors, store_id, author.test_id))
        for number, (stream, events) in enumerate(batches):
            shop.send(stream, events)
            if number == len(batches) // 2:
                services["agents-1"].kill()
        code, out, err = commands.run(
            world.settings, "audit", "--wait", "90", "--recount", "--json", seconds=120
        )
        assert out, err
        told = "\n".join([out[-1_500:], *(service.describe() for service in services.values())])
        assert (code, json.loads(out)["findings"]) == (0, []), told
        expected = history.expected_rollups(visitors)
        wait_until(
            lambda: stored_rollups(connection, author.test_id) == expected,
            "the rollups",
            seconds=60,
        )
        units, sums = expected
        wait_until(lambda: author.results()["is_settled"], "the phase to settle", seconds=60)
        judge(author.results(), units, sums)
        end(author, shop)
        assert stored_rollups(connection, author.test_id) == expected


def judge(answer: dict[str, Any], units: history.Units, sums: history.Sums) -> None:
    """The figures are those of the visitors, and the true lift is found."""
    results = answer["results"]
    assert answer["is_settled"]
    of_variant = {
        variant: sum(count for (name, _), count in units.items() if name == variant)
        for variant in RATES
    }
    assert {v["variant_id"]: v["so_far"] for v in results["variants"]} == of_variant
    for metric in results["metrics"]:
        for variant in metric["variants"]:
            rows = [
                row
                for (name, _, key), row in sums.items()
                if (name, key) == (variant["variant_id"], metric["metric"])
            ]
            so_far = variant["so_far"]
            wanted = [sum(row[place] for row in rows) for place in (0, 1, 3)]
            found = so_far["converters"], so_far["events"], Decimal(so_far["total"])
            assert [*found] == wanted
    verdict = results["verdict"]
    assert (verdict["outcome"], verdict["leader"]) == ("better", "treat")
    (bought,) = (m for m in results["metrics"] if m["is_primary"])
    lift = bought["variants"][1]["compared"]["always_valid"]["comparison"]["lift"]["interval"]
    assert lift["low"] < RATES["treat"] / RATES["control"] - 1 < lift["high"]


def end(author: Author, shop: Shop) -> None:
    """Pause, resume, complete with a winner, archive: each in force within a second."""

    def is_in_force(condition: Callable[[], bool]) -> None:
        began = time.monotonic()
        wait_until(condition, "in force", seconds=5)
        print(f"in force after {time.monotonic() - began:.2f} s")

    assert author.move("pause")["status"] == "paused"
    is_in_force(lambda: shop.variant("v")["reason"] == "paused")
    assert not shop.variant("v")["assigned"]
    assert author.move("resume")["status"] == "running"
    is_in_force(lambda: bool(shop.variant("v")["assigned"]))
    assert author.refusal("archive") == 409
    assert author.move("complete", {"winner": "treat"})["winner"] == "treat"
    is_in_force(lambda: shop.variant("v")["reason"] == "completed")
    assert {shop.variant(f"v-{n}")["variant_id"] for n in range(20)} == {"treat"}
    assert author.refusal("start") == 409
    assert author.move("archive")["status"] == "archived"
