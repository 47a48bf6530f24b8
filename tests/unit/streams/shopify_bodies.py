"""Bodies of Shopify's webhooks, as its documentation shapes them."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]

SHIRT = {
    "id": 466157049, "product_id": 7513594, "variant_id": 4264112, "title": "Linen shirt",
    "name": "Linen shirt - blue", "quantity": 2, "price": "80.00", "total_discount": "0.00",
}  # fmt: skip
MUG = SHIRT | {"id": 518995019, "product_id": 632910392, "title": "Mug", "quantity": 1,
               "price": "19.94"}  # fmt: skip


def order_body(**fields: Any) -> Body:
    """An order as orders/create tells of it."""
    return {
        "id": 450789469, "admin_graphql_api_id": "gid://shopify/Order/450789469",
        "name": "#1001", "order_number": 1001, "number": 1, "test": False,
        "created_at": "2026-11-02T10:00:00-05:00", "processed_at": "2026-11-02T09:59:58-05:00",
        "updated_at": "2026-11-02T10:00:01-05:00", "cancelled_at": None, "cancel_reason": None,
        "currency": "USD", "presentment_currency": "EUR", "total_price": "199.94",
        "subtotal_price": "179.94", "total_tax": "20.00", "financial_status": "pending",
        "email": "Jane@Example.com", "contact_email": "jane@example.com",
        "customer": {"id": 207119551, "email": "jane@example.com", "first_name": "Jane"},
        "source_name": "web", "browser_ip": "203.0.113.7",
        "client_details": {"user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"},
        "landing_site": "/pages/sale?utm_source=news", "referring_site": "https://news.example/",
        "note_attributes": [
            {"name": "gift", "value": "yes"},
            {"name": "_storepulse_session_id", "value": "s-5f0c2a"},
            {"name": "storepulse_visitor_id", "value": "v-81c1"},
            {"name": "storepulse_landing_page_id", "value": "lp-sale"},
            {"name": "storepulse_campaign_id", "value": "fall"},
        ],
        "line_items": [SHIRT, MUG], "refunds": [],
    } | fields  # fmt: skip


def refund_body(**fields: Any) -> Body:
    """A refund as refunds/create tells of it."""
    return {
        "id": 509562969, "order_id": 450789469, "created_at": "2026-11-05T08:00:00-05:00",
        "processed_at": "2026-11-05T08:00:00-05:00", "note": "too small", "restock": True,
        "refund_line_items": [
            {"id": 104689539, "line_item_id": 466157049, "quantity": 1, "subtotal": "72.00",
             "total_tax": "8.00", "line_item": SHIRT},
        ],
        "transactions": [
            {"id": 179259969, "kind": "refund", "status": "success", "amount": "80.00",
             "currency": "USD", "gateway": "visa"},
            {"id": 179259970, "kind": "refund", "status": "failure", "amount": "5.00",
             "currency": "USD", "gateway": "visa"},
        ],
    } | fields  # fmt: skip
