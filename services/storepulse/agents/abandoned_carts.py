"""Abandoned carts: whether one is reported, with which name and id, and the contents of the event.

The event is the same that the gateway would write for a shop's server, and is processed like all
others. Its id is derived from the store, the session and the cart's last step. So a cart that is
reported again after a crash is the same event, and a cart that grew since is another. Its time is
when the cart counts as abandoned, and it has the consent of the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zlib import crc32

from storepulse.agents.rules import WIDEST
from storepulse.contracts.encoder import encoder_of
from storepulse.contracts.event_headers import CORRELATION_ID, EVENT_ID
from storepulse.domain.currencies import ABSURD
from storepulse.domain.envelope import iso_ms
from storepulse.domain.identity import derived_correlation, namespace_of, uuid5
from storepulse.streams.activity.beacon import ActivityBeacon
from storepulse.streams.derived import CART_ABANDONED, CHECKOUT_ABANDONED, DERIVED_STREAM
from storepulse.streams.registry import STREAMS

#: A cart whose last step was received longer ago is not reported any more.
OLDEST = timedelta(hours=24)
#: The maximum of products in an event.
MOST_PRODUCTS = 50
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PIECES = 2**31 - 1
_MINUTE = timedelta(minutes=1)
_SMALLEST_AMOUNT = Decimal("0.0001")

#: The value of a cart and its currency; None if unknown.
CartTotal = tuple[Decimal | None, str | None]
#: Key, value and headers of a record.
DerivedRecord = tuple[bytes, bytes, list[tuple[str, bytes | None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCart:
    """A due cart, as the statement `due_carts` returns it.

    `delay` is the store's current setting; None if the store does not report carts.
    `has_order`: the session or the same person has ordered since the last step.
    """

    store_id: str
    session_id: str
    step_word: str
    step_received_at: datetime
    added_at: datetime | None
    checkout_at: datetime | None
    purchased_at: datetime | None
    visitor_id: str | None
    customer_id: str | None
    email_hash: str | None
    country: str | None
    consent_analytics: str
    consent_marketing: str
    delay: timedelta | None
    has_order: bool

    @property
    def empty_at(self) -> datetime:
        """When the cart was last known to be empty: at the last purchase."""
        return self.purchased_at or _LONG_AGO

    @property
    def name(self) -> str:
        """The name of the event: a begun checkout outranks an add."""
        has_checkout = self.checkout_at is not None and self.checkout_at > self.empty_at
        return CHECKOUT_ABANDONED if has_checkout else CART_ABANDONED

    @property
    def event_id(self) -> str:
        """The id, which is the same for every report of the cart with this last step."""
        namespace = namespace_of(self.store_id, DERIVED_STREAM, trusted=True)
        _, _, step = self.step_word.partition(":")
        return uuid5(namespace, f"abandoned:{self.session_id}:{step}".encode())


@dataclass(frozen=True, slots=True)
class CartChange:
    """An event's change of a cart; `value` is that of all its units."""

    stream: str
    is_removal: bool
    product_id: str | None
    product_name: str | None
    quantity: int
    value: Decimal | None
    currency: str | None
    page_url: str | None

    @property
    def is_add(self) -> bool:
        """Whether it put a unit into the cart; an add of 0 units does not describe the product."""
        return not self.is_removal and self.quantity > 0


@dataclass(frozen=True, slots=True)
class CartProduct:
    """A product in a cart; `value` is that of all units, None if no event has it."""

    product_id: str
    name: str | None
    quantity: int
    value: Decimal | None
    currency: str | None


def due_at(cart: DueCart) -> datetime | None:
    """When the cart counts as abandoned by the store's current setting; None for never."""
    return None if cart.delay is None else cart.step_received_at + cart.delay


def is_told(cart: DueCart, now: datetime) -> bool:
    """Whether a due cart is reported at all."""
    return not cart.has_order and now - cart.step_received_at <= OLDEST


def products_of(events: Sequence[CartChange]) -> list[CartProduct]:
    """Return a cart's contents after these changes, in the order of the last adds.

    If activity has events of a product, its adds minus its removals count. If only the cart stream
    has, each of its events is one unit.
    """
    pieces: dict[str, dict[str, int]] = {}
    last: dict[str, CartChange] = {}
    for event in events:
        if not event.product_id:
            continue
        by_stream = pieces.setdefault(event.product_id, {})
        sign = -1 if event.is_removal else 1
        by_stream[event.stream] = by_stream.get(event.stream, 0) + sign * event.quantity
        said = last.get(event.product_id)
        is_better = said is None or event.stream == "activity" or said.stream != "activity"
        if event.is_add and is_better:
            # Activity events have the product's price.
            last.pop(event.product_id, None)
            last[event.product_id] = event
    found = []
    for product_id, event in last.items():
        by_stream = pieces[product_id]
        quantity = by_stream.get("activity", by_stream.get("cart", 0))
        if quantity > 0:
            found.append(_product(event, product_id, quantity))
    return found


def _product(event: CartChange, product_id: str, quantity: int) -> CartProduct:
    value = None
    if event.value is not None:
        value = (event.value * quantity / event.quantity).quantize(
            _SMALLEST_AMOUNT, ROUND_HALF_EVEN
        )
    return CartProduct(product_id, event.product_name, quantity, value, event.currency)


def holds_nothing(events: Sequence[CartChange]) -> bool:
    """Whether a cart with known changes is empty: everything was removed, or nothing was added.

    A unit of an unknown product counts. Without a known change the cart is not considered empty.
    """
    has_nameless = any(not event.product_id and event.is_add for event in events)
    return bool(events) and not has_nameless and not products_of(events)


def record_of(
    cart: DueCart, events: Sequence[CartChange], abandoned_at: datetime, now: datetime
) -> DerivedRecord:
    """Return the record of an abandoned cart, as the gateway would write it. Raises Rejected."""
    beacon = _beacon_of(cart, events, abandoned_at)
    encoder = encoder_of(DERIVED_STREAM)
    values = dict(
        zip(encoder.own_fields, STREAMS[DERIVED_STREAM].input.own(beacon, WIDEST), strict=True)
    )
    # The address itself is unknown, only its hash is.
    own = encoder.own(*(values | {"email_hash": cart.email_hash}).values())
    correlation = derived_correlation(cart.store_id, cart.session_id)
    envelope: dict[str, Any] = {
        "event_id": cart.event_id, "store_id": cart.store_id, "session_id": cart.session_id,
        "visitor_id": cart.visitor_id, "correlation_id": correlation,
        "occurred_at": _milliseconds(abandoned_at), "content_crc": _checksum(own),
        "received_at": _milliseconds(now), "source": "server",
        "priority": STREAMS[DERIVED_STREAM].priority,
        "consent_analytics": cart.consent_analytics, "consent_marketing": cart.consent_marketing,
        "country": cart.country, "is_bot": False,
    }  # fmt: skip
    head = encoder.head(*map(envelope.get, encoder.head_fields))
    tail = encoder.tail(*map(envelope.get, encoder.tail_fields))
    headers: list[tuple[str, bytes | None]] = [
        (EVENT_ID, cart.event_id.encode()),
        (CORRELATION_ID, correlation.encode()),
    ]
    return cart.session_id.encode(), encoder.header + head + own + tail, headers


def _beacon_of(
    cart: DueCart, events: Sequence[CartChange], abandoned_at: datetime
) -> ActivityBeacon:
    products = products_of(events)
    value, currency = total_of(products)
    step_ms, step_id, stream = cart.step_word.split(":")
    metadata: dict[str, Any] = {
        "derived": True,
        "abandoned_minutes": (abandoned_at - cart.step_received_at) // _MINUTE,
        "last_step": {"stream": stream, "event_id": step_id, "at": iso_ms(int(step_ms))},
        "products": [_document_of(product) for product in products[-MOST_PRODUCTS:]],
    }
    pages = [event.page_url for event in events if event.page_url]
    return ActivityBeacon(
        session_id=cart.session_id,
        activity_type="custom",
        name=cart.name,
        page_url=pages[-1] if pages else None,
        quantity=min(sum(product.quantity for product in products), _MOST_PIECES) or None,
        value=None if value is None else _plain(value),
        currency=currency,
        customer_id=cart.customer_id,
        metadata=metadata,
    )


def _document_of(product: CartProduct) -> dict[str, Any]:
    value = None if product.value is None else _plain(product.value)
    said = {
        "product_id": product.product_id, "name": product.name, "quantity": product.quantity,
        "value": value, "currency": product.currency if value else None,
    }  # fmt: skip
    return {name: what for name, what in said.items() if what is not None}


def total_of(products: Iterable[CartProduct]) -> CartTotal:
    """Return the total value; nothing if a price is unknown or currencies differ."""
    total, currencies = Decimal(0), set()
    for product in products:
        if product.value is None:
            return None, None
        total += product.value
        currencies.add(product.currency)
    is_price = len(currencies) == 1 and total < ABSURD
    return (total, currencies.pop()) if is_price else (None, None)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _checksum(own: bytes) -> int:
    """Return the checksum as the gateway writes it: CRC-32 as a signed integer."""
    crc = crc32(own)
    return crc - 2**32 if crc >= 2**31 else crc


def _milliseconds(at: datetime) -> int:
    return (at - _LONG_AGO) // timedelta(milliseconds=1)
