"""Segment's own clients with nothing but a new host: a visit and an order, each event once.

Between client and gateway stands a proxy that loses some answers: the gateway has the events, and
the client sends them again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest
from tests.support.chromium import shown
from tests.support.node_packages import installed_packages
from tests.support.python_packages import installed_wheels
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.access.keys import new_key, store_key
from storepulse.domain.emails import email_hash

#: The first run on a machine installs the clients.
pytestmark = pytest.mark.timeout(300)
HERE = Path(__file__).parent / "segment_clients"
STORES = {
    "python": UUID("a3333333-3333-4333-8333-333333333333"),
    "node": UUID("b3333333-3333-4333-8333-333333333333"),
    "browser": UUID("c3333333-3333-4333-8333-333333333333"),
}
MUG = {"product_id": "mug", "name": "Mug", "price": 20, "quantity": 2}
CUP = {"product_id": "cup", "price": 9.9}
FAVOURITE = "お気に入りに追加"
ORDER = {"order_id": "1001", "total": 49.9, "currency": "EUR", "products": [MUG, CUP]}
VISIT: list[dict[str, Any]] = [
    {"call": "page", "name": "Mugs", "properties": {"url": "https://shop.example/mugs"}},
    {"call": "track", "event": "Product Viewed", "properties": MUG},
    {"call": "track", "event": FAVOURITE, "properties": {"product_id": "mug"}},
    {"call": "track", "event": "Product Added", "properties": MUG},
    {"call": "track", "event": "Checkout Started", "properties": ORDER},
    {"call": "identify", "userId": "c-1", "traits": {"email": "Jane@Example.com", "plan": "a"}},
    {"call": "track", "userId": "c-1", "event": "Order Completed", "properties": ORDER},
]
REFUND = {
    "call": "track",
    "event": "Order Refunded",
    "properties": {"order_id": "1001", "total": 9.9},
}
ROWS = {
    ("page_view", None, None, None): 1,
    ("product_view", None, "mug", None): 1,
    ("custom", FAVOURITE, None, None): 1,
    ("add_to_cart", None, "mug", None): 1,
    ("checkout_start", None, None, "1001"): 1,
    ("custom", "identify", None, None): 1,
    ("purchase", None, None, "1001"): 1,
}


class LossyProxy(ThreadingHTTPServer):
    """Passes everything on, and answers the first `losses` POSTs 503 once they were taken."""

    def __init__(self, gateway: str, losses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.gateway = urlsplit(gateway).netloc
        self.losses = losses
        self.answers: Counter[tuple[int, int]] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Passing(BaseHTTPRequestHandler):
    server: LossyProxy
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._pass()

    def do_OPTIONS(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        connection = HTTPConnection(self.server.gateway, timeout=30)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content, status = answer.read(), answer.status
        if self.command == "POST":
            loses = status == 200 and self.server.losses > 0
            self.server.losses -= loses
            status = 503 if loses else status
            self.server.answers[answer.status, status] += 1
        self.send_response(status)
        for name, value in answer.getheaders():
            if name not in ("connection", "content-length"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()


class _Site(SimpleHTTPRequestHandler):
    """The library's files, the page, and what it is to do."""

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/visit.json":
            content = json.dumps(VISIT).encode()
        elif path == "/":
            content = (HERE / "visit.html").read_bytes()
        else:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html" if path == "/" else "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run_python(proxy: str, key: str) -> None:
    calls = [
        {
            "call": call["call"], "anonymous_id": "anon-1",
            **{n.replace("userId", "user_id"): v for n, v in call.items() if n != "call"},
        }
        for call in (*VISIT, REFUND)
    ]  # fmt: skip
    packages = installed_wheels(HERE / "requirements.lock")
    run([sys.executable, str(HERE / "python_visit.py"), proxy, key], calls, PYTHONPATH=packages)


def run_node(proxy: str, key: str, folder: Path) -> None:
    calls = [{"anonymousId": "anon-1", **call} for call in (*VISIT, REFUND)]
    (folder / "node_modules").symlink_to(installed_packages(HERE) / "node_modules")
    program = folder / "node_visit.mjs"
    program.write_bytes((HERE / "node_visit.mjs").read_bytes())
    run(["node", str(program), proxy, key], calls)


def run(command: list[str], calls: list[dict[str, Any]], **variables: Any) -> None:
    done = subprocess.run(
        command, input=json.dumps(calls), text=True, capture_output=True, timeout=60, check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **{n: str(v) for n, v in variables.items()}},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture
def keys(world: World) -> dict[str, str]:
    """A secret key for servers' clients, a publishable one for the browser's, each of its store."""
    made = {}
    with world.connect() as connection:
        for name, store_id in STORES.items():
            kind = "publishable" if name == "browser" else "secret"
            made[name] = new_key(kind)
            store_key(connection, made[name], kind=kind, scopes=["ingest"], store_id=store_id)
    return made


def test_segments_clients_want_nothing_but_a_new_host(
    world: World, keys: dict[str, str], services: dict[str, Service], tmp_path: Path
) -> None:
    proxies = {name: LossyProxy(services["gateway"].url, 2) for name in STORES}
    with world.connect() as connection, serving(proxies["python"]), serving(proxies["node"]):
        count = b"SELECT count(*) FROM customer_activity WHERE store_id = %s"

        def has_rows(name: str) -> bool:
            return connection.execute(count, [STORES[name]]).fetchone() == (7,)

        run_python(proxies["python"].url, keys["python"])
        run_node(proxies["node"].url, keys["node"], tmp_path)
        files = installed_packages(HERE) / "node_modules/@segment/analytics-next/dist/umd"
        site = ThreadingHTTPServer(
            ("127.0.0.1", 0), lambda *given: _Site(*given, directory=str(files))
        )
        with serving(proxies["browser"]), serving(site):
            asked = urlencode({"key": keys["browser"], "gateway": proxies["browser"].url})
            page = f"http://127.0.0.1:{site.server_port}/?{asked}"
            with shown(page, tmp_path):
                wait_until(lambda: has_rows("browser"), "the browser's rows", seconds=60)
                proxy = proxies["browser"]
                wait_until(lambda: proxy.answers[200, 200] == 7, "all were answered", seconds=30)
        for name, proxy in proxies.items():
            wait_until(lambda name=name: has_rows(name), f"rows of {name}", seconds=60)
            assert proxy.answers[200, 503] == 2, name
            assert set(proxy.answers) == {(200, 200), (200, 503)}, name
        # What came again is seen as that.
        for name, store_id in STORES.items():
            wait_until(lambda s=store_id: repeats(connection, s) >= 2, f"repeats of {name}")
            check_store(connection, name, store_id)


def repeats(connection: Any, store_id: UUID) -> int:
    row = connection.execute(
        b"SELECT coalesce(sum(duplicate), 0)::int FROM ledger_counts WHERE store_id = %s",
        [store_id],
    ).fetchone()
    return int(row[0])


def check_store(connection: Any, name: str, store_id: UUID) -> None:
    """Rows, order and customer of one client's visit."""
    rows = connection.execute(
        b"SELECT activity_type::text, name, product_id, order_id FROM customer_activity"
        b" WHERE store_id = %s",
        [store_id],
    ).fetchall()
    assert Counter(rows) == ROWS, name
    (order,) = connection.execute(
        b"SELECT order_id, status::text, amount::text, currency, refunded::text, customer_id,"
        b" jsonb_array_length(items) FROM orders WHERE store_id = %s",
        [store_id],
    ).fetchall()
    refunded = "0.0000" if name == "browser" else "9.9000"
    status = "paid" if name == "browser" else "refunded"
    assert order == ("1001", status, "49.9000", "EUR", refunded, "c-1", 2), name
    links = connection.execute(
        b"SELECT kind::text, value, to_kind::text, to_value FROM identities"
        b" WHERE store_id = %s AND kind IN ('email', 'customer', 'order')",
        [store_id],
    ).fetchall()
    assert set(links) == {
        ("email", email_hash("jane@example.com"), "customer", "c-1"),
        ("customer", "c-1", None, None),
        ("order", "1001", "customer", "c-1"),
    }, name
    (sessions,) = connection.execute(
        b"SELECT count(*), max(pages), max(events) FROM sessions WHERE store_id = %s", [store_id]
    ).fetchall()
    assert sessions == (1, 1, 7), name
