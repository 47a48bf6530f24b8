"""Types of event fields, for editors and type checkers.

The gateway checks the values; docs/beacons.md describes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict
from uuid import UUID

Choice = Literal["granted", "denied", "unknown"]
Amount = int | float | str | Decimal
Timestamp = datetime | int | float
Metadata = Mapping[str, Any]


class ConsentFields(TypedDict, total=False):
    """The visitor's consent."""

    analytics: Choice
    marketing: Choice


class Line(TypedDict, total=False):
    """One line of an order or a cart; `price` is of one piece."""

    product_id: str | int
    name: str
    quantity: int
    price: Amount


class EventFields(TypedDict, total=False):
    """Fields of every event. `event_id` and `timestamp` are generated if they are not stated."""

    store_id: str | UUID
    visitor_id: str
    event_id: str | UUID
    idempotency_key: str
    timestamp: Timestamp
    consent: ConsentFields
    user_agent: str


class OrderFields(EventFields, total=False):
    """Fields of a placed order."""

    session_id: str
    page_url: str
    referrer: str
    product_id: str | int
    product_name: str
    search_query: str
    quantity: int
    value: Amount
    currency: str
    items: Sequence[Line]
    customer_id: str | int
    customer_email: str
    view_id: str
    metadata: Metadata


class ActivityFields(OrderFields, total=False):
    """Fields of activity."""

    order_id: str | int


class CartFields(EventFields, total=False):
    """Fields of an addition to a cart. `store_name` is the shop's domain."""

    store_name: str
    session_id: str
    variant_id: str | int
    product_title: str
    product_url: str
    generated_image_url: str
    person_image_url: str
    clothing_image_url: str
    customer_email: str
    customer_first_name: str
    customer_last_name: str
    view_id: str


class BotFields(EventFields, total=False):
    """Fields of events in a chat with a bot."""

    session_id: str
    customer_id: str | int
    customer_email: str
    metadata: Metadata


class PersonaFields(BotFields, total=False):
    """Fields of `persona_selected`, whose persona is an argument."""

    story: str


class StoryFields(BotFields, total=False):
    """Fields of `story_selected`, whose story is an argument."""

    persona: str


class ChatFields(PersonaFields, StoryFields, total=False):
    """Fields of other chat events, with persona and story."""


class OrderEventFields(EventFields, total=False):
    """Fields of changes of an order."""

    session_id: str
    order_name: str | int
    ordered_at: Timestamp
    value: Amount
    currency: str
    refunded: Amount
    refund_id: str | int
    refund_value: Amount
    channel: str
    landing_page_id: str
    campaign_id: str | int
    items: Sequence[Line]
    customer_id: str | int
    customer_email: str
    metadata: Metadata


class UsageFields(TypedDict, total=False):
    """Fields of usage. `event_id` and `timestamp` are generated if they are not stated."""

    store_id: str | UUID
    event_id: str | UUID
    idempotency_key: str
    timestamp: Timestamp
    metadata: Metadata


class CampaignFields(EventFields, total=False):
    """Fields of campaign events."""

    session_id: str
    start_param: str
    value: Amount
    currency: str
    order_id: str | int
    customer_id: str | int
    customer_email: str
    items: Sequence[Line]
