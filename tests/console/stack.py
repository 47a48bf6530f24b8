"""Every service, filled as a small installation is after some days: pages are looked at with it.

The demo's shops of days ago and of yesterday, with bots, carts, orders, campaigns and an
experiment; a destination that answers and one that does not; letters of dead records; a store whose
events are hostile, and one that has none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from tests.console import hostile
from tests.support import commands
from tests.support.http_messages import OK, Reply
from tests.support.ingest_records import Record, record
from tests.support.inline_commands import run_json
from tests.support.receiver import Receiver
from tests.support.scenes import DEMO_SETTINGS
from tests.support.services import Service
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.adapters.kafka.clients import make_producer
from storepulse.adapters.settings import Settings
from storepulse.domain.stores import store_id_of_domain
from storepulse.local.sign_in_link import make_link

#: The demo's first shop: the one that pages are opened with.
STORE = "demo-aurora.myshopify.com"
HOSTILE, EMPTY = "hostile.example", "empty.example"
SEED, EVENTS, EARLIER_EVENTS = 7, 3_000, 800
#: An experiment of the first shop.
DRAFT = "Larger pictures"
#: Dead letters of the records that are put beside the gateway.
POISON = 6
#: A busy machine may be too slow for the demo. Sent again, its events count once.
ATTEMPTS = 3


@dataclass(frozen=True)
class ConsoleStack:
    """Where the services are. `receiver` answers one of the destinations."""

    world: World
    settings: Settings
    gateway: str
    query: str
    receiver: Receiver

    @property
    def console(self) -> str:
        """Where the console begins."""
        return f"{self.query}/analytics"

    def sign_in_link(self) -> str:
        """A link for one use."""
        with self.world.connect("operator") as connection:
            return make_link(connection, self.settings, datetime.now(UTC)).url

    def read(self, path: str, **parameters: Any) -> Any:
        """The JSON of a read with the home's key. `from_` stands for the parameter `from`."""
        sent = {name.rstrip("_"): value for name, value in parameters.items()}
        answer = httpx.get(self.query + path, params=sent, headers=self.world.headers, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()


def store_id(domain: str = STORE) -> str:
    """The id of a store of the stack."""
    return store_id_of_domain(domain)


@contextmanager
def open_stack(world: World, folder: Path) -> Iterator[ConsoleStack]:
    """The services of a world, filled. `folder` keeps what the demo writes."""
    settings = world.settings.model_copy(
        update=DEMO_SETTINGS | {"usage_meter_seconds": 5.0, "console_sign_ins_per_minute": 1_000}
    )
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver(_answer))
        _add_destinations(settings, receiver)
        services = [Service(name, settings) for name in ("gateway", "agents", "delivery", "query")]
        for service in services:
            stack.callback(service.stop)
            service.start()
        for service in services:
            service.wait_ready(240)
        gateway, _, _, query = (service.url for service in services)
        opened = ConsoleStack(world, settings, gateway, query, receiver)
        _fill(opened, folder)
        yield opened


def _answer(request: Any) -> Reply:
    return OK if request.path.startswith("/crm") else Reply(500, body=hostile.MARKUP.encode())


def _add_destinations(settings: Settings, receiver: Receiver) -> None:
    for name in ("crm", "mail"):
        run_json(
            settings, "destinations", "add", f"shop-{name}", "--url", f"{receiver.url}/{name}",
            "--batch-seconds", "0.5",
        )  # fmt: skip


def _fill(stack: ConsoleStack, folder: Path) -> None:
    """Sends everything, and waits until it is in the tables."""
    for domain, name in ((HOSTILE, hostile.STORE_NAME), (EMPTY, "Nothing yet")):
        _post(stack, "/api/stores", {"domain": domain, "name": name})
    earlier = datetime.now(UTC) - timedelta(days=4)
    play_demo(stack, folder, SEED + 1, EARLIER_EVENTS, "--no-scenes", "--at", earlier.isoformat())
    play_demo(stack, folder, SEED, EVENTS)
    hostile.send(stack.gateway, stack.world.headers, store_id(HOSTILE), HOSTILE)
    _draft(stack, store_id(), DRAFT)
    _draft(stack, store_id(HOSTILE), hostile.EXPERIMENT_NAME)
    _poison(stack)
    code, _, err = commands.run(stack.settings, "audit", "--wait", "120", "--json", seconds=180)
    assert code in (0, 1), err  # the poisoned records were told by no client
    wait_until(lambda: _letters(stack) >= POISON, "the letters", seconds=60)


def play_demo(stack: ConsoleStack, folder: Path, seed: int, events: int, *more: str) -> None:
    """A run of the demo, sent again where the machine was too slow."""
    manifest = folder / f"demo-{seed}.json"
    arguments = ["demo", "--seed", str(seed), "--events", str(events), "--manifest", str(manifest)]
    for _ in range(ATTEMPTS):
        code, out, err = commands.run(stack.settings, *arguments, "--json", *more, seconds=240)
        if code == 0:
            return
    raise AssertionError(f"{out[-2000:]}\n{err[-2000:]}")


def _post(stack: ConsoleStack, path: str, body: dict[str, Any]) -> None:
    answer = httpx.post(stack.query + path, json=body, headers=stack.world.headers, timeout=20)
    assert answer.status_code in (200, 201), answer.text


def _draft(stack: ConsoleStack, store: str, name: str) -> None:
    """An experiment that nobody has started."""
    variants = [{"variant_id": "a", "weight": 5_000}, {"variant_id": "b", "weight": 5_000}]
    metrics = [{"key": "bought", "kind": "binary", "source": "purchase"}]
    body = {"name": name, "variants": variants, "metrics": metrics}
    _post(stack, f"/api/ab-testing/{store}", body)


def _poison(stack: ConsoleStack) -> None:
    """Records that no gateway would write: three kinds of faults."""
    store = store_id(STORE)
    good = record("activity", 1, store_id=store)
    assert good.value is not None
    bad = [
        ("activity", Record(good.key, good.value[:-3])),
        ("activity", Record(good.key, b"\0" + struct.pack(">I", 77_777) + good.value[5:])),
        *(("cart", record("cart", n, store_id=store, ip="::g")) for n in range(2, POISON)),
    ]
    producer = make_producer(stack.world.settings, "console-tests")
    for stream, one in bad:
        topic = stack.world.catalog.topic("ingest", stream).name
        producer.produce(topic, one.value, one.key, headers=one.headers)
    assert producer.flush(30) == 0


def _letters(stack: ConsoleStack) -> int:
    with stack.world.connect() as connection:
        row = connection.execute("SELECT count(*) FROM dead_letters").fetchone()
    assert row is not None
    return int(row[0])
