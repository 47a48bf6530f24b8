"""Every hostile text in every text field, header and part of an address of the gateway.

What is taken is stored as it was sent, but that NUL becomes U+FFFD; what is refused is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from psycopg import sql
from tests.data.hostile.strings import STRINGS
from tests.integration.gateway.wire import CLICK, VIEW
from tests.integration.hostile.conftest import Stack
from tests.integration.hostile.sending import Answered, Sent, post, request

pytestmark = [pytest.mark.xdist_group("hostile"), pytest.mark.timeout(300)]

#: Bytes of a batch, well below the limit of a body.
BATCH_BYTES = 150_000
BATCH_EVENTS = 400
Kept = Callable[[str], str | None]


def whole(text: str) -> str | None:
    """Free text: as sent; empty means absent."""
    return text.replace("\0", "\ufffd") or None


def cut(characters: int) -> Kept:
    return lambda text: (whole(text) or "")[:characters] or None


@dataclass(frozen=True)
class Field:
    """A text field: where it is stored and as what; None where the product gives it a new form."""

    name: str
    column: str | None = None
    kept: Kept = whole


@dataclass(frozen=True)
class Stream:
    """A stream that stores its events as rows, and an event of it without the field."""

    name: str
    table: str
    event: dict[str, Any]
    fields: tuple[Field, ...]


def same(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, name) for name in names)


STREAMS = (
    Stream(
        "activity", "customer_activity",
        {**VIEW, "store_id": "a2222222-2222-4222-8222-222222222222"},
        (
            *same("product_id", "product_name", "search_query", "visitor_id", "page_url"),
            Field("user_agent", "user_agent", cut(1024)), Field("currency"), Field("value"),
            Field("session_id", "session_id"), Field("referrer"), Field("timestamp"),
            Field("activity_type"), Field("idempotency_key"), Field("messageId"), Field("id"),
            Field("event_id"), Field("store_id"), Field("source"), Field("key"), Field("surprise"),
        ),
    ),
    Stream(
        "landing", "landing_events",
        {"event_type": "PageView", "landing_page_id": "page", "session_id": "s",
         "store_id": "b2222222-2222-4222-8222-222222222222"},
        (
            *same("campaign_id", "visitor_id", "landing_page_id"), Field("screen_resolution"),
            Field("event_type", "event_name"), Field("user_agent", "user_agent", cut(1024)),
            Field("session_id", "session_id"), Field("timestamp"), Field("surprise"),
        ),
    ),
    Stream(
        "cart", "cart_tracking_events",
        {"storeName": "hostile", "storeId": "c2222222-2222-4222-8222-222222222222"},
        (
            Field("productId", "product_id"), Field("variantId", "variant_id"),
            Field("productTitle", "product_title", cut(500)), Field("productUrl", "product_url"),
            Field("generatedImageUrl", "generated_image_url"), Field("customerEmail"),
            Field("customerFirstName", "customer_first_name"), Field("visitorId", "visitor_id"),
            Field("customerLastName", "customer_last_name"), Field("sessionId", "session_id"),
            Field("userAgent", "user_agent", cut(1024)), Field("storeName"), Field("eventId"),
        ),
    ),
)  # fmt: skip


def id_of(*parts: object) -> str:
    """The same event id for the same parts, in every run."""
    return str(UUID(bytes=uuid5(NAMESPACE_URL, "/".join(map(repr, parts))).bytes, version=4))


def batches(stream: str, events: list[tuple[str, dict[str, Any]]]) -> Iterator[Sent]:
    """Requests to `/collect` that hold all events, few in each."""
    batch: list[bytes] = []
    first = ""
    for name, event in events:
        first = first or name
        batch.append(json.dumps(event).encode())
        if sum(map(len, batch)) > BATCH_BYTES or len(batch) == BATCH_EVENTS:
            yield collected(stream, first, batch)
            batch, first = [], ""
    if batch:
        yield collected(stream, first, batch)


def collected(stream: str, first: str, batch: list[bytes]) -> Sent:
    body = b'{"stream":"%s","events":[%s]}' % (stream.encode(), b",".join(batch))
    return Sent(f"{stream} from {first}", post("/collect", body))


def taken(answers: list[Answered]) -> set[str]:
    """Ids of the events that were accepted; every batch names what it refused."""
    ids: set[str] = set()
    for answer in answers:
        assert answer.status in (202, 400), str(answer)
        document = answer.json
        refused = document.get("rejected", [])
        assert all(one["reason"] for one in refused), str(answer)
        ids.update(one for one in document.get("ids", ()) if one)
    return ids


def events_of(stream: Stream, field: Field, wrapped: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    identity = "eventId" if stream.name == "cart" else "event_id"
    for number, text in enumerate(STRINGS):
        base = {**stream.event, identity: id_of(stream.name, field.name, number)}
        yield f"{field.name} {number}", {**base, field.name: {"a": text} if wrapped else text}


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_texts_are_stored_as_they_were_sent(stack: Stack, stream: Stream) -> None:
    ids: set[str] = set()
    for field in stream.fields:
        events = list(events_of(stream, field, wrapped=False))
        ids |= taken(stack.send(batches(stream.name, events)))
    stack.check_applied(ids)
    for field in stream.fields:
        if field.column is None:
            continue
        sent = {id_of(stream.name, field.name, n): text for n, text in enumerate(STRINGS)}
        statement = sql.SQL("SELECT event_id::text, {} FROM {} WHERE event_id = ANY(%s::uuid[])")
        with stack.world.connect() as connection:
            rows = connection.execute(
                statement.format(sql.Identifier(field.column), sql.Identifier(stream.table)),
                [list(sent)],
            ).fetchall()
        assert {row[0] for row in rows} == ids & set(sent), field.name
        assert rows, field.name
        for event_id, stored in rows:
            assert stored == field.kept(sent[str(event_id)]), (field.name, sent[str(event_id)])


@pytest.mark.parametrize(
    ("stream", "name"),
    [("activity", "metadata"), ("landing", "metadata"), ("landing", "event_data")],
)
def test_texts_in_free_objects_are_stored_as_names_and_values(
    stack: Stack, stream: str, name: str
) -> None:
    found = next(one for one in STREAMS if one.name == stream)
    key = {id_of(name, stream, n): text for n, text in enumerate(STRINGS)}
    events = [
        (f"{name} {n}", {**found.event, "event_id": event_id, name: {text: [text, {text: text}]}})
        for n, (event_id, text) in enumerate(key.items())
    ]
    ids = taken(stack.send(batches(stream, events)))
    assert ids == set(key)
    stack.check_applied(ids)
    statement = sql.SQL("SELECT event_id::text, {} FROM {} WHERE event_id = ANY(%s::uuid[])")
    with stack.world.connect() as connection:
        rows = connection.execute(
            statement.format(sql.Identifier(name), sql.Identifier(found.table)), [list(key)]
        ).fetchall()
    assert len(rows) == len(key)
    for event_id, stored in rows:
        text = key[str(event_id)].replace("\0", "\ufffd")
        assert stored == {text: [text, {text: text}]}, text


def test_texts_as_selectors_and_pages_of_heatmaps(stack: Stack) -> None:
    store = "d2222222-2222-4222-8222-222222222222"
    events: list[tuple[str, dict[str, Any]]] = []
    for n, text in enumerate(STRINGS):
        event = {**CLICK, "store_id": store, "event_id": id_of("selector", n)}
        events.append((f"selector {n}", {**event, "selector": text}))
        event = {**CLICK, "store_id": store, "event_id": id_of("page", n)}
        events.append((f"page {n}", {**event, "page_url": f"https://a.example/{text}"}))
        events.append((f"session {n}", {**event, "event_id": id_of("s", n), "session_id": text}))
    ids = taken(stack.send(batches("heatmap", events)))
    stack.check_applied(ids)
    selectors = {(text.replace("\0", "\ufffd")) for text in STRINGS if len(text) <= 512}
    assert len(ids) > len(selectors)
    address, key = f"/api/heatmap/{store}?page=/products/a&limit=500", stack.key.encode()
    query = request("GET", address, headers=[("X-Api-Key", key)])
    (answer,) = stack.ask([Sent("the heatmap", query)])
    elements = {element["selector"] for element in answer.json["data"]["elements"]}
    assert len(elements) == 500
    assert elements <= selectors | {""}


HEADERS = (
    "User-Agent", "Referer", "Origin", "X-Forwarded-For", "X-Real-IP", "X-Correlation-Id", "Cookie",
    "X-Request-Id", "traceparent", "tracestate", "baggage", "Accept-Language", "Accept",
    "Forwarded",
)  # fmt: skip
DECIDING = (
    "Authorization", "X-Api-Key", "Content-Type", "Content-Encoding", "Accept-Encoding", "Expect",
    "If-None-Match", "Access-Control-Request-Method", "Access-Control-Request-Headers",
)  # fmt: skip


def in_header(text: str) -> bytes:
    """The text as a header carries it: line ends and NUL would end the head."""
    return text.encode().translate(None, b"\r\n\0")


def test_texts_in_headers(stack: Stack) -> None:
    body = json.dumps(VIEW).encode()
    sent: list[Sent] = []
    for n, text in enumerate(STRINGS):
        value = in_header(text)
        headers = [(name, value) for name in HEADERS]
        sent.append(Sent(f"headers {n}", post("/api/customer-activity", body, headers)))
        deciding = DECIDING[n % len(DECIDING)]
        kind = [] if deciding == "Content-Type" else [("Content-Type", b"application/json")]
        made = request("POST", "/api/customer-activity", body, [*kind, (deciding, value)])
        sent.append(Sent(f"{deciding} {n}", made))
    answers = stack.send(sent)
    for answer in answers:
        for name in ("x-request-id", "x-correlation-id"):
            assert answer.headers[name].isascii(), str(answer)
        assert "x-forged" not in answer.headers, str(answer)
        assert "set-cookie" not in answer.headers, str(answer)
    assert sum(answer.status == 202 for answer in answers) > len(STRINGS) / 2
    stack.check_sound()


def test_texts_in_addresses(stack: Stack) -> None:
    body = json.dumps(VIEW).encode()
    sent: list[Sent] = []
    for n, text in enumerate(STRINGS):
        part = quote(text, safe="")
        sent += [
            Sent(f"path {n}", post(f"/api/customer-activity/{part}", body)),
            Sent(f"whole path {n}", request("GET", f"/{part}")),
            Sent(f"key {n}", post(f"/api/customer-activity?key={part}", body)),
            Sent(f"parameter {n}", post(f"/api/customer-activity?{part}={part}&debug=1", body)),
        ]
    statuses = {answer.status for answer in stack.send(sent)}
    assert statuses <= {200, 202, 400, 401, 404, 405, 414}
    stack.check_sound()
