"""Cart beacons: the published contract of `POST /api/cart-tracking/track`.

Names are camelCase there. `storeName` is required and normalised to a domain; everything else is
optional and may be null. Titles are truncated to 500 characters, not refused.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from storepulse.domain.emails import email_hash, trimmed_email
from storepulse.domain.envelope import Consent, Source, Timestamp
from storepulse.domain.errors import Rejected
from storepulse.domain.stores import normalised_domain
from storepulse.streams.beacon import (
    Described,
    Input,
    NumberedId,
    OptionalId,
    OptionalUrl,
    Record,
    Rules,
    UuidText,
    ViewId,
    numbered_id,
    optional_url,
    view_of,
)

TITLE_CHARACTERS = 500
PUBLIC_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
PUBLIC_ID_CHARACTERS = 7

Email = Annotated[str, msgspec.Meta(max_length=320, extra_json_schema={"format": "email"})] | None
Name = Annotated[str, msgspec.Meta(max_length=255)] | None


class CartBeacon(
    msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True, gc=False
):
    """One addition to a cart."""

    store_name: str
    product_id: NumberedId = None
    variant_id: NumberedId = None
    product_title: str | None = None
    product_url: OptionalUrl = None
    generated_image_url: OptionalUrl = None
    person_image_url: OptionalUrl = None
    clothing_image_url: OptionalUrl = None
    customer_email: Email = None
    customer_first_name: Name = None
    customer_last_name: Name = None
    user_agent: Described = None
    session_id: str | None = None
    idempotency_key: OptionalId = None
    timestamp: Timestamp | None = None
    sent_at: Timestamp | None = None
    event_id: UuidText | None = None
    visitor_id: OptionalId = None
    source: Source | None = None
    consent: Consent | None = None
    key: str | None = None
    store_id: UuidText | None = None
    message_id: OptionalId = None
    id: OptionalId = None
    view_id: ViewId = None


def own(beacon: CartBeacon, _rules: Rules) -> tuple[Any, ...]:
    """Return the stream's own values. Raises Rejected with the contract's field names."""
    title = beacon.product_title
    email = trimmed_email("customerEmail", beacon.customer_email or "")
    return (
        normalised_domain(beacon.store_name),
        numbered_id(beacon.product_id),
        numbered_id(beacon.variant_id),
        title[:TITLE_CHARACTERS] if title else None,
        optional_url("productUrl", beacon.product_url),
        optional_url("generatedImageUrl", beacon.generated_image_url),
        optional_url("personImageUrl", beacon.person_image_url),
        optional_url("clothingImageUrl", beacon.clothing_image_url),
        email,
        beacon.customer_first_name or None,
        beacon.customer_last_name or None,
        email_hash(email) if email else None,
        view_of("viewId", beacon.view_id) if beacon.view_id else None,
    )


def public_id(milliseconds: int, random_number: int) -> str:
    """Return the client's id of the event: `cart-event-<ms>-<7 of a-z0-9>`."""
    letters = []
    for _ in range(PUBLIC_ID_CHARACTERS):
        random_number, digit = divmod(random_number, 36)
        letters.append(PUBLIC_ID_ALPHABET[digit])
    return f"cart-event-{milliseconds}-{''.join(letters)}"


_is_public_id = re.compile(r"cart-event-\d{1,16}-[0-9a-z]{7}").fullmatch


def beacon_of(record: Record) -> dict[str, Any]:
    """Return the beacon of a record. Raises Rejected for a public id that is not in our format."""
    if _is_public_id(record["public_id"]) is None:
        raise Rejected("public_id", "is not of the form cart-event-<time>-<7 of a-z0-9>")
    names = (
        "store_name", "product_id", "variant_id", "product_title", "product_url",
        "generated_image_url", "person_image_url", "clothing_image_url", "customer_email",
        "customer_first_name", "customer_last_name", "session_id", "visitor_id", "view_id",
    )  # fmt: skip
    return {_camel_case(name): record[name] for name in names}


def sample(_kind: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return a realistic beacon."""
    return {_camel_case(name): value for name, value in envelope.items()} | {
        "storeName": "trial.storepulse.invalid",
        "productId": "8123456789",
        "variantId": "43210",
        "productTitle": "Linen shirt",
    }


def _camel_case(name: str) -> str:
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)


INPUT = Input(beacon=CartBeacon, own=own, beacon_of=beacon_of, session_field="sessionId")
