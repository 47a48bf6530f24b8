"""A shop's server that sends events and reads them back, by clients made of the documents."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from gateway_client import AuthenticatedClient as GatewayClient
from gateway_client.api.events import (
    track_activity_event,
    track_cart_event,
    track_events,
    track_heatmap_batch,
    track_landing_event,
)
from gateway_client.models import (
    Accepted,
    ActivityBeacon,
    ActivityBeaconActivityType,
    ActivityCollection,
    CartBeacon,
    CartTracked,
    Error,
    ErrorDetails,
    HeatmapBeacon,
    HeatmapBeaconBatch,
    HeatmapBeaconType,
    LandingBeacon,
)
from query_client import AuthenticatedClient as QueryClient
from query_client.api.activity import list_activity
from query_client.api.carts import list_cart_events
from query_client.api.dead_letters import list_dead_letters
from query_client.api.heatmaps import get_heatmap
from query_client.api.landing_pages import get_landing_stats
from query_client.api.schema_registry import list_schemas
from query_client.models import (
    ActivityPage,
    CartPage,
    ErrorAnswer,
    HeatmapAnswer,
    LandingAnswer,
    LetterPage,
)

KEY, STORE = os.environ["KEY"], UUID(os.environ["STORE"])
SESSION = "s-python"
T = TypeVar("T")
gateway = GatewayClient(base_url=os.environ["GATEWAY_URL"], token=KEY)
query = QueryClient(base_url=os.environ["QUERY_URL"], token=KEY)


def read_until(read: Callable[[], object], kind: type[T], is_there: Callable[[T], bool]) -> T:
    """What a read answers as soon as it holds what was sent."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        got = read()
        if isinstance(got, kind) and is_there(got):
            return got
        time.sleep(0.1)
    raise AssertionError(f"nothing came of {kind}")


cart = CartBeacon(store_name="python.example", product_id=42, session_id=SESSION)
tracked = track_cart_event.sync(client=gateway, body=cart)
assert isinstance(tracked, CartTracked), tracked
assert tracked.data.id.startswith("cart-event-")


def view(kind: str, value: float | str | None = None) -> ActivityBeacon:
    return ActivityBeacon(
        session_id=SESSION,
        activity_type=ActivityBeaconActivityType(kind),
        store_id=STORE,
        value=value,
        currency=None if value is None else "EUR",
    )


batch = [view("page_view"), view("purchase", 49.9), view("purchase", "0.10")]
sent = track_events.sync(client=gateway, body=ActivityCollection(stream="activity", events=batch))
assert isinstance(sent, Accepted), sent
assert (sent.accepted, len(sent.ids), sent.rejected) == (3, 3, [])

click = HeatmapBeacon(
    session_id=SESSION, store_id=STORE, type_=HeatmapBeaconType.CLICK,
    page_url="https://python.example/", x=10, y=20,
)  # fmt: skip
moved = track_heatmap_batch.sync(client=gateway, body=HeatmapBeaconBatch(events=[click]))
assert isinstance(moved, Accepted), moved
landed = track_landing_event.sync(
    client=gateway,
    body=LandingBeacon(
        session_id=SESSION, store_id=STORE, event_type="PageView", landing_page_id="lp-python"
    ),
)
assert isinstance(landed, Accepted), landed

bad = view("page_view")
bad.page_url = "ftp://python.example/"
answer = track_activity_event.sync_detailed(client=gateway, body=bad)
assert answer.status_code == HTTPStatus.BAD_REQUEST
assert isinstance(answer.parsed, Error)
assert isinstance(answer.parsed.details, ErrorDetails)
assert answer.parsed.details.field == "page_url"
assert answer.headers["X-Request-Id"]

rows = read_until(
    lambda: list_activity.sync(client=query, store_id=STORE),
    ActivityPage,
    lambda got: len(got.data) == 3,
)
values = [row.value for row in rows.data if row.value is not None]
assert sorted(values) == ["0.1000", "49.9000"]
assert rows.next_cursor is None
read_until(
    lambda: get_heatmap.sync(STORE, client=query, page="/"),
    HeatmapAnswer,
    lambda got: got.data.totals.clicks == 1 and got.data.grid.columns == 128,
)
read_until(
    lambda: get_landing_stats.sync("lp-python", client=query, store_id=STORE),
    LandingAnswer,
    lambda got: got.data.views == 1,
)
read_until(
    lambda: list_cart_events.sync(client=query, store_name="python.example"),
    CartPage,
    lambda got: bool(got.data) and got.data[0].product_id == "42",
)
letters = list_dead_letters.sync(client=query)
assert isinstance(letters, LetterPage), letters
schemas = list_schemas.sync(client=query, latest_only=True)
assert isinstance(schemas, list)
assert any(schema.subject.endswith("events.cart.v1-value") for schema in schemas)

refused = list_activity.sync_detailed(client=query, store_id=STORE, cursor="x")
assert refused.status_code == HTTPStatus.BAD_REQUEST
assert isinstance(refused.parsed, ErrorAnswer)
assert refused.parsed.message == "cursor is not a cursor that this list gave"
print("all read")
