"""A small load check of a running gateway, on loopback only: acknowledged beacons a second.

    python tests/integration/gateway/load_check.py --port 8080 --seconds 5 --mode single
    python tests/integration/gateway/load_check.py --port 8080 --seconds 5 --mode batch --batch 50

Keep-alive connections, each with one request under way; only 2xx answers count. The rate limits of
the gateway have to be raised for it, and it must ask for no key, since the visitors have addresses
(STOREPULSE_GATEWAY_REQUIRE_KEY=false). Bounded by time; talks to 127.0.0.1 and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from time import perf_counter

import uvloop

HOST = "127.0.0.1"
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)


def event(number: int) -> dict[str, object]:
    """One click; 500 sessions of 20 stores."""
    return {
        "store_id": f"11111111-1111-4111-8111-{number % 20:012d}",
        "session_id": f"session-{number % 500:06d}",
        "type": "click",
        "page_url": f"https://shop{number % 20}.example/products/item-{number % 50}",
        "x": number % 1200,
        "y": number % 3000,
        "viewport_width": 1280,
        "viewport_height": 800,
        "document_height": 4000,
        "selector": "main > div.product > button.add-to-cart",
    }


def request(path: str, document: object) -> bytes:
    body = json.dumps(document).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"User-Agent: {AGENT}\r\nOrigin: https://shop.example\r\n"
        f"X-Forwarded-For: 198.51.100.7\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Client(asyncio.Protocol):
    """Sends its requests in turn, the next one when the last is answered."""

    def __init__(self, load: Load, offset: int) -> None:
        self.load = load
        self.next = offset

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.received = b""
        self.send()

    def send(self) -> None:
        self.started = perf_counter()
        self.transport.write(self.load.requests[self.next % len(self.load.requests)])
        self.next += 1

    def data_received(self, data: bytes) -> None:
        data = self.received + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self.received = data
            return
        at = data.index(b"content-length: ") + 16
        length = int(data[at : data.index(b"\r", at)])
        if len(data) < end + 4 + length:
            self.received = data
            return
        self.received = b""
        load = self.load
        load.latencies.append(perf_counter() - self.started)
        if data[9:10] == b"2":
            load.good += 1
        else:
            load.other[data[9:12]] = load.other.get(data[9:12], 0) + 1
        if perf_counter() < load.end:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.load.open -= 1
        if self.load.open == 0:
            self.load.done.set_result(None)


class Load:
    """One run."""

    def __init__(self, requests: list[bytes], seconds: float, connections: int) -> None:
        self.requests = requests
        self.end = perf_counter() + seconds
        self.open = connections
        self.good = 0
        self.other: dict[bytes, int] = {}
        self.latencies: list[float] = []

    async def run(self, port: int) -> float:
        loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = loop.create_future()
        started = perf_counter()
        for number in range(self.open):
            await loop.create_connection(
                lambda offset=number * 37: Client(self, offset), HOST, port
            )
        async with asyncio.timeout(60):
            await self.done
        return perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--mode", choices=("single", "batch"), default="single")
    parser.add_argument("--batch", type=int, default=50)
    options = parser.parse_args()
    seconds = min(options.seconds, 30.0)
    if options.mode == "single":
        size = 1
        requests = [request("/api/heatmap/track", event(n)) for n in range(1000)]
    else:
        size = options.batch
        requests = [
            request(
                "/api/heatmap/track-batch",
                {"events": [event(n * size + i) for i in range(size)]},
            )
            for n in range(200)
        ]
    load = Load(requests, seconds, options.connections)
    took = uvloop.run(load.run(options.port))
    load.latencies.sort()
    count = len(load.latencies)
    print(
        f"{options.mode}: {load.good / took:,.0f} requests/s, {load.good * size / took:,.0f} "
        f"events/s acknowledged, p50 {load.latencies[count // 2] * 1000:.1f} ms, "
        f"p99 {load.latencies[int(count * 0.99)] * 1000:.1f} ms, others {load.other}"
    )


if __name__ == "__main__":
    main()
