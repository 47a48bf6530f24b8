"""What two reads of gateways' metrics say of the time between them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from time import time

import pytest
from tests.support.waiting import wait_until_async

from storepulse.access.rules.needs import key_of
from storepulse.query import gateway_watch
from storepulse.query.gateway_watch import (
    OLD_SECONDS,
    Counters,
    GatewayWatch,
    counters_of,
    quantile,
    sum_of,
)

INF = float("inf")
TEXT = """
# TYPE storepulse_http_request_seconds histogram
storepulse_http_request_seconds_bucket{service="gateway",route="/a",le="0.005"} 90
storepulse_http_request_seconds_bucket{service="gateway",route="/a",le="0.01"} 98
storepulse_http_request_seconds_bucket{service="gateway",route="/a",le="+Inf"} 100
storepulse_http_request_seconds_bucket{service="gateway",route="/metrics",le="0.005"} 0
storepulse_http_request_seconds_bucket{service="gateway",route="/metrics",le="+Inf"} 700
storepulse_http_request_seconds_count{service="gateway",route="/a"} 100
# TYPE storepulse_rate_limited_total counter
storepulse_rate_limited_total{limit="key"} 3
storepulse_rate_limited_total{limit="address"} 4
# TYPE storepulse_plan_refused_events_total counter
storepulse_plan_refused_events_total{meter="events"} 5
"""


def test_counters_are_read_of_what_is_collected() -> None:
    read = counters_of(TEXT)
    assert read == Counters(Counter({0.005: 90, 0.01: 98, INF: 100}), 12)
    assert sum_of([read, read]).below[INF] == 200


def test_figures_are_of_the_time_between_two_reads() -> None:
    watch = GatewayWatch([])
    assert watch.read(0) is None
    watch.add(0, Counters(Counter({0.005: 90, 0.01: 98, INF: 100}), 12))
    assert watch.read(0) is None
    watch.add(15, Counters(Counter({0.005: 90, 0.01: 188, INF: 200}), 14))
    told = watch.read(15)
    assert told is not None
    assert (told.as_of, told.seconds, told.refused) == (15, 15, 2)
    # 90 of 100 are within 0.01: the 95th is beyond the last bound that is known.
    assert told.p95 == 0.01
    assert watch.read(15 + OLD_SECONDS + 1) is None


def test_a_gateway_that_began_anew_is_read_twice_again() -> None:
    watch = GatewayWatch([])
    watch.add(0, Counters(Counter({0.005: 90, INF: 100}), 12))
    watch.add(15, Counters(Counter({0.005: 1, INF: 1}), 0))
    assert watch.read(15) is None
    watch.add(30, Counters(Counter({0.005: 21, INF: 21}), 0))
    told = watch.read(30)
    assert told is not None
    assert told.p95 == pytest.approx(0.95 * 0.005)


def test_quantiles_are_interpolated_within_their_bucket() -> None:
    assert quantile({}, 0.95) is None
    assert quantile({0.1: 0, INF: 0}, 0.95) is None
    assert quantile({0.1: 0, 0.2: 100, INF: 100}, 0.5) == pytest.approx(0.15)
    assert quantile({0.1: 50, 0.2: 100, INF: 100}, 0.95) == pytest.approx(0.19)


@contextmanager
def metrics_with(keys: set[str]) -> Iterator[str]:
    """Serves metrics to whoever shows one of these keys; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = key_of(None, self.headers.get("authorization", "").encode())
            self.send_response(200 if shown in keys else 401)
            self.end_headers()
            self.wfile.write(TEXT.encode())

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def test_a_gateway_that_wants_a_key_is_shown_the_one_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_watch, "EVERY_SECONDS", 0.01)
    file, stop = tmp_path / "key", asyncio.Event()
    with metrics_with({"ssk_new"}) as address:
        watch = GatewayWatch([address], file)
        running = asyncio.create_task(watch.run(stop))
        try:
            # Not there, then one that is no longer valid.
            await asyncio.sleep(0.1)
            file.write_text("ssk_old\n")
            await asyncio.sleep(0.1)
            assert watch.read(time()) is None
            file.write_text("ssk_new\n")
            told = await wait_until_async(lambda: watch.read(time()), "figures", seconds=5)
            assert told.refused == 0
        finally:
            stop.set()
            await running
