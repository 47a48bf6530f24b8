"""What the OpenAPI document says of the fields of beacons: meaning, unit, and an example.

By the field's snake_case name, for the beacons of all streams. A stream whose field means something
else says so itself (`msgspec.Meta(description=…)`), and that counts.
"""

from __future__ import annotations

from typing import Any

FIELDS: dict[str, tuple[str, Any]] = {
    "activity_type": ("What the visitor did", "product_view"),
    "campaign_id": ("The campaign that brought the visitor", "summer-2026"),
    "client_id": ("The chat: a signed 64-bit integer, as number or text", "8123456789"),
    "clothing_image_url": ("Picture of the garment; http or https", None),
    "consent": ("What the visitor agreed to; what is not named is `unknown`", None),
    "currency": ("ISO 4217 code of `value`", "EUR"),
    "customer_email": ("E-mail address", "jane@example.com"),
    "customer_first_name": ("First name", "Jane"),
    "customer_last_name": ("Last name", "Doe"),
    "customer_id": ("The customer as the shop names them, as text or number", "c-1042"),
    "device": ("Class of device; `viewport_width` decides where it is sent", "desktop"),
    "document_height": ("Height of the page in CSS pixels", 4200),
    "dwell_ms": ("How long the pointer rested, in milliseconds", 800),
    "element_x": ("From the element's left edge, in CSS pixels", 12),
    "element_y": ("From the element's top edge, in CSS pixels", 8),
    "event_data": (
        "What else is known. Of a purchase: `value`, `currency`, `order_id`, `items`",
        None,
    ),
    "event_id": ("UUID of the event, the same at every retry; version 7 is stored fastest", None),
    "event_type": ("What happened: a known name, or one of the shop's own", None),
    "generated_image_url": ("Picture that was generated for the visitor; http or https", None),
    "id": ("As `idempotency_key`", None),
    "idempotency_key": ("Key of any form, the same at every retry; instead of an event id", None),
    "image_url": ("Image of the event: http or https, or the image as a data: URI", None),
    "items": ("Lines of the order or cart, at most 100; `price` is of one piece", None),
    "key": ("API key, where neither a header nor the address carries it", None),
    "landing_page_id": ("The landing page", "lp-summer"),
    "message_id": ("As `idempotency_key`", None),
    "metadata": ("What else is known: at most 200 keys, nested at most 32 deep", None),
    "name": ("Name of a custom event", "wishlist_add"),
    "order_id": ("The shop's number of the order, the same in every stream", "1001"),
    "page_url": ("Address of the page; http or https", "https://shop.example/products/mug"),
    "person_image_url": ("Picture of the visitor; http or https", None),
    "persona": ("Character that the user talks to", "Stylist"),
    "product_id": ("The product, as text or number", "8123456789"),
    "product_name": ("Name of the product", "Linen shirt"),
    "product_title": ("Name of the product; cut after 500 characters", "Linen shirt"),
    "product_url": ("Address of the product's page; http or https", None),
    "quantity": ("How many pieces", 1),
    "referrer": (
        "Where the visitor came from: a URI such as https:// or android-app://",
        "https://search.example/",
    ),
    "screen_resolution": ("Width and height of the screen in pixels", "1920x1080"),
    "scroll_depth": ("How far down the page the visitor saw, in percent", 50),
    "search_query": ("What was searched for", "linen shirt"),
    "selector": ("CSS selector of the element under the pointer", "button.buy"),
    "sent_at": (
        "When the body was sent, by the clock of `timestamp`; one that is off by 5 minutes is set",
        None,
    ),
    "session_id": ("One visit: letters, digits, `-` and `_`", "s-5f0c2a"),
    "source": ("Who sends; all but `tracker` and `webapp` want a secret key", "tracker"),
    "store_id": ("The store; not needed where the key is tied to one", None),
    "store_name": ("Domain or URL of the shop, or its name at myshopify.com", "shop.example"),
    "story": ("Story that is played", "autumn"),
    "text": ("What was written: at most 16,384 characters", None),
    "timestamp": (
        "When it happened: RFC 3339 with a zone, or epoch milliseconds or seconds; else on arrival",
        "2026-01-31T08:00:00Z",
    ),
    "type": ("What the pointer did", "click"),
    "user_agent": ("The visitor's browser, where a server sends the event", None),
    "value": ("Amount in `currency`: text has at most four decimals, a number is rounded", "49.90"),
    "variant_id": ("The variant of the product, as text or number", "43210"),
    "view_id": ("One view of a page: letters, digits, `-` and `_`", "w-3fa1"),
    "viewport_height": ("Height of the window in CSS pixels", 720),
    "viewport_width": ("Width of the window in CSS pixels", 1280),
    "visitor_id": ("A browser or a person across sessions", "v-81c1"),
    "x": ("From the left edge of the page, in CSS pixels", 640),
    "y": ("From the top edge of the page, in CSS pixels", 200),
}
