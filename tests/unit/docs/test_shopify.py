"""The totals that docs/shopify.md lists are what webhooks with these amounts come to."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from storepulse.streams.order.shopify import beacons_of
from storepulse.streams.stream import Ignored

PAGE = Path(__file__).parents[3] / "docs/shopify.md"
_ROW = re.compile(r"\| (.+?) " + r"\| (\d+\.\d\d) " * 5 + r"\|")


def test_each_row_of_totals_is_what_its_webhook_comes_to() -> None:
    rows = _ROW.findall(PAGE.read_text("utf-8"))
    assert len(rows) == 6
    for what, total, current, paid_back, amount, counts in rows:
        sent = {"kind": "refund", "status": "success", "amount": paid_back, "currency": "EUR"}
        body = {
            "id": 7, "currency": "EUR", "financial_status": "paid", "total_price": total,
            "current_total_price": current, "refunds": [{"id": 1, "transactions": [sent]}],
        }  # fmt: skip
        told = beacons_of("orders/updated", body)
        assert not isinstance(told, Ignored)
        refunded = sum((Decimal(each["refund_value"]) for each in told[1:]), Decimal(0))
        assert Decimal(told[0]["value"]) == Decimal(amount), what
        assert Decimal(told[0]["value"]) - refunded == Decimal(counts), what
        assert refunded == Decimal(paid_back), what


def test_the_page_lists_every_reason() -> None:
    from storepulse.streams.order import shopify

    page = PAGE.read_text("utf-8")
    reasons = [value.reason for value in vars(shopify).values() if isinstance(value, Ignored)]
    assert len(reasons) == 3
    for reason in reasons:
        start = reason.partition(" of ")[0]
        assert f"`{start}" in page, reason
