"""A page in React at the real gateway: its exposure is the gateway's, its conversion counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser
from tests.browser.react.shop import Shop, shop_folder, visiting
from tests.support.services import Service
from tests.support.stored_tests import add_test, definition
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.domain.experiments.assignment import bounds_of, variant_index
from storepulse.domain.experiments.definition import Metric
from storepulse.domain.experiments.exposures import exposure_id

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

VISITOR = "v-react-1"
DONE = Metric("done", "binary", "conversion")


class Running(NamedTuple):
    """A gateway with a test that runs."""

    url: str
    key: str
    store: str
    test: str


@pytest.fixture(scope="module")
def real_shop(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(shop_folder(tmp_path_factory.mktemp("real"), archive, "19"))
    with shop.site:
        yield shop


@pytest.fixture
def gateway(world: World, real_shop: Shop) -> Iterator[Running]:
    key, store = new_key("publishable"), str(uuid4())
    began = datetime.now(UTC) - timedelta(hours=1)
    with ExitStack() as stack, world.connect() as connection:
        store_key(
            connection, key, kind="publishable", scopes=["ingest"], origins=[real_shop.site.url]
        )
        test = add_test(connection, store, definition(metrics=[DONE]), began)
        services = [Service(name, world.settings).start() for name in ("gateway", "agents")]
        for service in services:
            stack.callback(service.stop)
        url = services[0].wait_ready().url
        services[1].wait_ready(seconds=200)
        path = f"{url}/api/ab-testing/variant/{test}?visitor_id=x&expose=false&key={key}"
        origin = {"origin": real_shop.site.url}
        wait_until(
            lambda: httpx.get(path, headers=origin).status_code == 200,
            "the gateway knows the key and the test",
            seconds=60,
        )
        yield Running(url, key, store, test)


def test_one_exposure_and_a_conversion_that_counts(
    browser: Browser, real_shop: Shop, gateway: Running, world: World
) -> None:
    url, key, store, test = gateway
    index = variant_index(test, 1, bounds_of([5_000, 5_000]), f"v:{VISITOR}")
    provider = {"host": url, "publishableKey": key, "storeId": store, "visitorId": VISITOR}
    said = real_shop.said("switch", "hook", provider=provider, strict=True) | {"testId": test}
    real_shop.set_page(said)
    asked = {"visitor_id": VISITOR, "session_id": "s-1", "key": key}
    with visiting(browser, real_shop) as visit:
        visit.open()
        visit.wait_shown(f"{('control', 'other')[index]},v{index}")
        origin = {"origin": real_shop.site.url}
        answer = httpx.get(f"{url}/api/ab-testing/variant/{test}", params=asked, headers=origin)
        assert answer.json()["data"]["exposed"] is True
        with visit.page.expect_response(lambda one: one.request.method == "POST") as sent:
            visit.page.evaluate("trackConversion({value: '49.90', currency: 'EUR'})")
        assert sent.value.status == 202
    with world.connect() as connection:

        def is_counted() -> bool:
            found = connection.execute(
                "SELECT variant_id, sum(converters) FROM ab_metric_rollups WHERE test_id = %s"
                " GROUP BY variant_id HAVING sum(converters) > 0",
                (test,),
            ).fetchall()
            return found == [(f"v{index}", 1)]

        wait_until(is_counted, "the conversion in the test's figures", seconds=120)
        exposures = connection.execute(
            "SELECT event_id::text FROM experiment_events WHERE event_type = 'Exposure'"
            " AND test_id = %s",
            (test,),
        ).fetchall()
    unit = f"v:{VISITOR}"
    assert exposures == [(exposure_id(store, test, 1, unit, f"v{index}"),)]
