"""Payloads of Meta's Conversions API.

Source: developers.facebook.com/docs/marketing-api/conversions-api, server event, customer
information and custom data parameters. Customer information is sent hashed. The client's IP
address and user agent and the browser ids are sent in clear, because Meta requires that.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from storepulse.destinations.rules.event_fields import (
    free_text,
    happened_at,
    lines_of,
    money_of,
    order_of,
    page_of,
    product_name,
    purchase_id,
    vendor_name,
)
from storepulse.destinations.rules.model import Event
from storepulse.streams.registry import STREAMS

#: Meta refuses a whole request if one of its events is older than this.
OLDEST = timedelta(days=7)

_LONGEST_NAME = 50
_PURCHASE = "Purchase"
_is_click_id = re.compile(r"[A-Za-z0-9_-]{1,500}").fullmatch


def left_out(event: Event, now: datetime) -> str | None:
    """Why the event is not sent to Meta, which is not a failure; None if it is sent.

    An event that is too old, or without customer information, would make Meta refuse the whole
    request.
    """
    stated = event.value.get("consent_marketing", "unknown")
    if stated != "granted":
        return f"consent to marketing is {stated}"
    if vendor_name(STREAMS[event.stream].meta, event) is None:
        return f"events of this kind ({event.stream} {event.event_type}) are not for Meta"
    if now - happened_at(event) > OLDEST:
        return "is older than the 7 days that Meta takes events back"
    if not _user_data(event):
        return "says nothing about the customer: no address, visitor, e-mail or browser id"
    return None


def purchase_of(event: Event) -> str | None:
    """The order number if Meta counts the event as an order's purchase, else None."""
    name = vendor_name(STREAMS[event.stream].meta, event)
    return order_of(event) if name == _PURCHASE else None


def refusal(event: Event) -> str | None:
    """Why Meta would refuse the event, and with it the whole request, or None."""
    if event_name(event) == _PURCHASE and money_of(event) is None:
        return "is a purchase without value and currency"
    return None


def meta_event(event: Event) -> dict[str, Any]:
    """One element of the request's `data`."""
    order = purchase_of(event)
    own_id = event.event_id if order is None else purchase_id(order)
    # Meta deduplicates this event and the browser pixel's by name and id.
    event_id = free_text(event, "eventID", "meta_event_id") or own_id
    page = page_of(event)
    body: dict[str, Any] = {
        "event_name": event_name(event),
        "event_time": int(happened_at(event).timestamp()),
        "event_id": event_id,
        "action_source": _action_source(event, page),
        "user_data": _user_data(event),
    }
    if page is not None:
        body["event_source_url"] = page
    referrer = event.value.get("referrer")
    if referrer is not None:
        body["referrer_url"] = referrer
    custom = _custom_data(event)
    if custom:
        body["custom_data"] = custom
    return body


def event_name(event: Event) -> str:
    """Meta's name for the event; custom events keep their own."""
    name = vendor_name(STREAMS[event.stream].meta, event) or event.event_type
    return name[:_LONGEST_NAME]


def _action_source(event: Event, page: str | None) -> str:
    if event.value.get("source") == "bot":
        return "chat"
    # Meta requires the page and the user agent for website events.
    if page is not None and event.value.get("user_agent") is not None:
        return "website"
    return "other"


def _user_data(event: Event) -> dict[str, Any]:
    value = event.value
    hashed = {
        "em": normal_email(value.get("customer_email") or free_text(event, "email")),
        "ph": normal_phone(free_text(event, "phone")),
        "fn": normal_name(value.get("customer_first_name") or free_text(event, "first_name")),
        "ln": normal_name(value.get("customer_last_name") or free_text(event, "last_name")),
        "external_id": value.get("visitor_id"),
    }
    clear = {
        "client_ip_address": value.get("ip"),
        "client_user_agent": value.get("user_agent"),
        "fbp": free_text(event, "fbp", "_fbp"),
        "fbc": free_text(event, "fbc", "_fbc") or _click_of(event),
    }
    data: dict[str, Any] = {name: [_sha256(text)] for name, text in hashed.items() if text}
    if "em" not in data and value.get("email_hash"):
        data["em"] = [value["email_hash"]]  # as Meta hashes addresses itself
    data |= {name: text for name, text in clear.items() if text}
    if data and value.get("country"):
        data["country"] = [_sha256(value["country"].lower())]
    return data


def _click_of(event: Event) -> str | None:
    """The value of Meta's cookie `_fbc`, made from the click id as its pixel does; None without."""
    click = free_text(event, "fbclid") or ""
    page = page_of(event) or ""
    if not click and "fbclid=" in page:
        try:
            click = parse_qs(urlsplit(page).query).get("fbclid", [""])[0]
        except ValueError:
            return None
    if _is_click_id(click) is None:
        return None
    return f"fb.1.{int(happened_at(event).timestamp() * 1000)}.{click}"


def normal_email(text: str | None) -> str | None:
    """An e-mail address normalized for hashing: trimmed, lower case."""
    address = (text or "").strip().lower()
    return address if "@" in address else None


def normal_phone(text: str | None) -> str | None:
    """A phone number normalized for hashing: digits with the country code, no leading zeros."""
    digits = "".join(c for c in text or "" if c.isascii() and c.isdigit()).lstrip("0")
    return digits or None


def normal_name(text: str | None) -> str | None:
    """A name normalized for hashing: lower case, no punctuation; other scripts are kept."""
    letters = unicodedata.normalize("NFC", (text or "").strip().lower())
    return "".join(c for c in letters if not unicodedata.category(c).startswith("P")) or None


def _custom_data(event: Event) -> dict[str, Any]:
    value = event.value
    data: dict[str, Any] = {
        "content_name": product_name(event),
        "search_string": value.get("search_query"),
        "order_id": order_of(event),
    }
    money = money_of(event)
    if money is not None:
        data["value"], data["currency"] = float(money[0]), money[1]
    product, quantity = value.get("product_id"), value.get("quantity")
    lines = lines_of(event)
    if lines:
        data["content_type"] = "product"
        data["content_ids"] = [line["product_id"] for line in lines]
        data["contents"] = [
            {
                "id": line["product_id"],
                "quantity": line["quantity"],
                "item_price": float(line["price"]),
            }
            for line in lines
        ]
    elif product is not None:
        data["content_type"] = "product"
        data["content_ids"] = [product]
        data["contents"] = [{"id": product, "quantity": 1 if quantity is None else quantity}]
    return {name: content for name, content in data.items() if content is not None}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
