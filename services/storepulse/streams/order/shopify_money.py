"""The amount of a Shopify order and its refunds, in the shop's own currency.

An order's own amounts are in the shop's currency. Transactions are in the currency that the
customer paid in (`presentment_currency`). Fields whose names end in `_set` have both, which gives
the order's exchange rate; amounts of a transaction are converted at that rate.

`total_price` is the order's amount before anything was taken back. `current_total_price` excludes
everything that was removed or returned, refunded or not. The amount before refunds is therefore the
current one plus the refunds: so a refund is subtracted only once, and items that were removed
without a refund do not count as sold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from storepulse.domain.currencies import ABSURD, amount_or_none, minor_units
from storepulse.streams.order.shopify_values import (
    Body,
    currency_of,
    object_of,
    objects_of,
)


@dataclass(frozen=True, slots=True)
class OrderRate:
    """An amount above 0 in the shop's currency and in the customer's."""

    shop: Decimal
    shop_currency: str
    paid: Decimal
    paid_currency: str


@dataclass(frozen=True, slots=True)
class PaidBack:
    """The money of one refund; `currency` is None if it is unknown."""

    value: Decimal
    currency: str | None


def paid_back(refund: Body, order: Body) -> PaidBack | None:
    """Return what a refund gave back.

    Returns None if no money was returned, or if its amount in the order's currency is unknown.
    `order` is the body that contains the refund; empty if the refund came alone.
    """
    sent = [
        t
        for t in objects_of(refund, "transactions")
        if t.get("kind") == "refund" and t.get("status") == "success" and t.get("test") is not True
    ]
    rate = _rate_of(refund, order)
    currency = currency_of(order.get("currency"))
    if currency is None:
        stated = (_currency_in(_in_shop_money(t)) or currency_of(t.get("currency")) for t in sent)
        currency = rate.shop_currency if rate is not None else next(filter(None, stated), None)
    value = sum((_in_currency(t, currency, rate) for t in sent), Decimal(0))
    return PaidBack(value, currency) if 0 < value < ABSURD else None


def amount_before_refunds(order: Body, given_back: Decimal) -> Decimal | None:
    """Return the order's amount before refunds of `given_back`; None if it is unknown."""
    total = amount_or_none(order.get("total_price"))
    current = amount_or_none(order.get("current_total_price"))
    if current is None:
        return total
    return min(current + given_back, max(total or current, current))


def _in_currency(transaction: Body, currency: str | None, rate: OrderRate | None) -> Decimal:
    """Return a transaction's amount in the shop's currency; 0 if it is unknown."""
    own = _in_shop_money(transaction)
    stated = amount_or_none(own.get("amount"))
    if stated is not None and _currency_in(own) in (None, currency):
        return stated
    amount = amount_or_none(transaction.get("amount"))
    paid_in = currency_of(transaction.get("currency"))
    if amount is None:
        return Decimal(0)
    if paid_in in (None, currency):
        return amount
    if rate is None or (rate.shop_currency, rate.paid_currency) != (currency, paid_in):
        return Decimal(0)
    return round(amount * rate.shop / rate.paid, minor_units(rate.shop_currency))


def _in_shop_money(transaction: Body) -> Body:
    return object_of(object_of(transaction, "amount_set"), "shop_money")


def _rate_of(refund: Body, order: Body) -> OrderRate | None:
    """Return the rate of the largest amount in both currencies, which has the least rounding."""
    rates = [rate for stated in _sets_in(refund, order) if (rate := _rate_in(stated)) is not None]
    return max(rates, key=lambda rate: rate.paid, default=None)


def _sets_in(refund: Body, order: Body) -> Iterator[Body]:
    for name in ("total_price_set", "current_total_price_set"):
        yield object_of(order, name)
    for line in objects_of(refund, "refund_line_items"):
        for name in ("subtotal_set", "total_tax_set"):
            yield object_of(line, name)
        yield object_of(object_of(line, "line_item"), "price_set")
    for adjustment in objects_of(refund, "order_adjustments"):
        yield object_of(adjustment, "amount_set")
    for transaction in objects_of(refund, "transactions"):
        for name in ("amount_set", "total_unsettled_set"):
            yield object_of(transaction, name)


def _rate_in(stated: Body) -> OrderRate | None:
    shop, paid = object_of(stated, "shop_money"), object_of(stated, "presentment_money")
    amounts = amount_or_none(shop.get("amount")), amount_or_none(paid.get("amount"))
    codes = _currency_in(shop), _currency_in(paid)
    if not (amounts[0] and amounts[1] and codes[0] and codes[1]):
        return None
    return OrderRate(amounts[0], codes[0], amounts[1], codes[1])


def _currency_in(money: Body) -> str | None:
    return currency_of(money.get("currency_code") or money.get("currency"))
