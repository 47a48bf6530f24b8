"""Events of people who try what a console does with text: markup, directions, endless words.

They come through the gateway, as anybody's do. Whatever of them runs in a page calls `__hostile`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

#: As a name of a store, which is not to hold what cannot be printed.
STORE_NAME = "<img src=x onerror=__hostile()> & 'sons' 👗"
EXPERIMENT_NAME = "<img src=x onerror=__hostile()>" + "w" * 150
MARKUP = "<img src=x onerror=\"__hostile('img')\"><script>__hostile('script')</script>"
#: Turns what follows around, and hides in between.
DIRECTIONS = "gift\u202egnp.tohs\u202c\u200b\u2066\u2069\u061c end"
LONG_WORD = "w" * 250
VERY_LONG_WORD = "ß" * 10_000
EMOJI = "👩‍👩‍👧‍👦🏳️‍🌈 e\u0301\u0301\u0301\u0301 ﷽"
TEXTS = (MARKUP, DIRECTIONS, LONG_WORD, EMOJI, "javascript:__hostile('link')", "=1+1|cmd", "\t\r\n")
SESSION = "hostile-1"
#: As services/console/src/format/text.tsx has it.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)


def as_shown(text: str) -> str:
    """A text as the console writes it: what cannot be seen stands there by its code point."""
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def send(gateway: str, headers: Mapping[str, str], store: str, domain: str) -> None:
    """Sends them all for a store. Fails where one is refused."""
    for path, body in _beacons(store, domain):
        answer = httpx.post(gateway + path, json=body, headers=headers, timeout=20)
        assert answer.status_code < 300, (path, body, answer.text[:500])


def _beacons(store: str, domain: str) -> Iterator[tuple[str, dict[str, Any]]]:
    base = {"store_id": store, "session_id": SESSION, "visitor_id": "hostile <b>visitor</b>"}
    page = f"https://{domain}/%3Cimg%20src=x%20onerror=__hostile()%3E?q=%22"
    for number, text in enumerate(TEXTS):
        activity = base | {"page_url": page, "product_id": f"p{number}", "product_name": text[:255]}
        yield "/api/customer-activity", activity | {"activity_type": "product_view"}
        yield "/api/customer-activity", activity | {
            "activity_type": "add_to_cart", "quantity": 1, "value": "19.90", "currency": "EUR",
        }  # fmt: skip
        if text.strip():
            yield "/api/customer-activity", base | {
                "activity_type": "search", "search_query": text[:255], "page_url": page,
            }  # fmt: skip
            yield "/api/customer-activity", base | {
                "activity_type": "custom", "name": text[:120], "page_url": page,
            }  # fmt: skip
        yield "/api/cart-tracking/track", {
            "storeName": domain, "productId": f"p{number}", "productTitle": text,
            "sessionId": SESSION, "customerFirstName": text[:100],
        }  # fmt: skip
        yield "/api/heatmap/track", {
            "store_id": store, "session_id": SESSION, "type": "click", "page_url": page, "x": 5,
            "y": number, "viewport_width": 1440, "document_height": 2000, "selector": text[:512],
        }  # fmt: skip
        for kind in ("user_message", "ai_message"):
            yield "/api/analytics/events", {
                "store_id": store, "event_type": kind, "client_id": 4_242, "text": text or "x",
                "persona": "<b>persona</b>", "metadata": {"note": MARKUP},
            }  # fmt: skip
    yield "/api/analytics/events", {
        "store_id": store, "event_type": "user_message", "client_id": 4_242, "text": VERY_LONG_WORD,
    }  # fmt: skip
    yield "/api/customer-activity", base | {
        "activity_type": "page_view", "page_url": page, "referrer": "https://evil.example/<b>",
        "metadata": {MARKUP: DIRECTIONS, "long": VERY_LONG_WORD},
    }  # fmt: skip
    yield "/api/customer-activity", base | {
        "activity_type": "purchase", "page_url": page, "order_id": "<b>1</b>", "value": "19.90",
        "currency": "EUR",
    }  # fmt: skip
    yield "/api/v1/landing-pages/events", {
        "store_id": store, "event_type": "PageView", "landing_page_id": "lp_hostile",
        "session_id": SESSION, "campaign_id": "camp-1", "event_data": {"title": MARKUP},
    }  # fmt: skip
