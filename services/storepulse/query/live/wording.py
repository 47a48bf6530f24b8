"""An event as one line of plain text for people, with a maximum length.

Texts in events are untrusted: they are cut here, and must be displayed as text. Names, addresses
and identities of people are never included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

LONGEST = 160
_DOT = " · "

Event = Mapping[str, Any]


def describe_event(stream: str, event: Event) -> str:
    """The line for a decoded event; "" if there is nothing to show."""
    describe = _OF_STREAM.get(stream, _describe_any)
    return cut(describe(event))


def cut(text: str, longest: int = LONGEST) -> str:
    """The text, with an ellipsis at the end if it was too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def path_of(url: str | None) -> str:
    """The path of a page's URL with its query, without the host."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def money_of(value: Decimal | None, currency: str | None) -> str:
    """`129.00 EUR`: two decimals unless it has more; "" for None."""
    if value is None:
        return ""
    cents = value.quantize(Decimal("0.01"))
    amount = cents if cents == value else value.normalize()
    return f"{amount:f} {currency or ''}".rstrip()


def _join_words(*parts: str | None) -> str:
    return _DOT.join(part for part in parts if part)


def _describe_activity(event: Event) -> str:
    product = event.get("product_name") or event.get("product_id")
    money = money_of(event.get("value"), event.get("currency"))
    match event.get("activity_type"):
        case "search":
            return event.get("search_query") or ""
        case "product_view":
            return product or path_of(event.get("page_url"))
        case "add_to_cart" | "remove_from_cart":
            quantity = event.get("quantity")
            if money and quantity is not None:
                money = f"{quantity} × {money}"  # noqa: RUF001 - people read it
            return _join_words(product or path_of(event.get("page_url")), money)
        case "purchase" | "checkout_start":
            return _join_words(event.get("order_id"), money) or path_of(event.get("page_url"))
        case "custom":
            return _join_words(event.get("name"), path_of(event.get("page_url")))
    return path_of(event.get("page_url"))


def _describe_heatmap(event: Event) -> str:
    page = path_of(event.get("page_url"))
    match event.get("kind"):
        case "scroll":
            depth = event.get("scroll_depth")
            return _join_words(page, None if depth is None else f"reached {depth}%")
        case "hover":
            rest = event.get("dwell_ms")
            time = None if rest is None else f"{rest / 1000:.1f} s"
            return _join_words(page, event.get("selector"), time)
    return _join_words(page, event.get("selector"))


def _describe_cart(event: Event) -> str:
    of_image = "from a generated image" if event.get("generated_image_url") else None
    return _join_words(event.get("product_title") or event.get("product_id"), of_image)


def _describe_landing(event: Event) -> str:
    money = money_of(event.get("value"), event.get("currency"))
    return _join_words(
        event.get("order_id"), money, event.get("landing_page_id"), event.get("campaign_id")
    )


def _describe_bot(event: Event) -> str:
    text = event.get("text") or event.get("name")
    image = "an image" if event.get("image_url") else None
    return _join_words(text, image) or _join_words(event.get("story"), event.get("persona"))


def _describe_campaign(event: Event) -> str:
    money = money_of(event.get("value"), event.get("currency"))
    return _join_words(
        event.get("order_id"), money, event.get("campaign_id"), event.get("tracking_id")
    )


def _describe_order(event: Event) -> str:
    money = money_of(event.get("value"), event.get("currency"))
    if event.get("event_type") == "refunded":
        refunded = event.get("refund_value") or event.get("refunded")
        money = money_of(refunded, event.get("currency"))
    return _join_words(event.get("order_name") or event.get("order_id"), money)


def _describe_usage(event: Event) -> str:
    quantity = event.get("quantity")
    amount = "" if quantity is None else f"{quantity.normalize():f}"
    return _join_words(event.get("meter"), amount)


def _describe_experiment(event: Event) -> str:
    variant = f"variant {event['variant_id']}" if event.get("variant_id") else None
    money = money_of(event.get("value"), event.get("currency"))
    return _join_words(str(event.get("test_id") or ""), variant, event.get("metric"), money)


def _describe_any(event: Event) -> str:
    return _join_words(event.get("name"), path_of(event.get("page_url")))


_OF_STREAM: dict[str, Callable[[Event], str]] = {
    "activity": _describe_activity,
    "heatmap": _describe_heatmap,
    "cart": _describe_cart,
    "landing": _describe_landing,
    "bot": _describe_bot,
    "campaign": _describe_campaign,
    "order": _describe_order,
    "usage": _describe_usage,
    "experiment": _describe_experiment,
}
