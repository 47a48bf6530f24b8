"""What simulated visitors of a test did, and what its rollups must hold after that.

Shares no code with the product but the draw of variants: sums are made visitor by visitor, of what
was sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

HOUR = 3_600_000
DAY = 24 * HOUR
WINDOW = 72 * HOUR
PRE = 14 * DAY
CURRENCY = "EUR"


@dataclass
class Purchase:
    """An order. `copies`: how often its event is sent; `is_told_twice`: the landing page tells of
    the same order a moment later."""

    at: int
    event_id: str
    order_id: str
    value: Decimal
    copies: int = 1
    is_told_twice: bool = False


@dataclass
class Visitor:
    """A visitor of the test. `seen_at`: when the variant was first shown, epoch ms."""

    visitor_id: str
    session_id: str
    variant: str
    seen_at: int
    copies: int = 1
    purchases: list[Purchase] = field(default_factory=list)


def make_visitors(
    rng: Random, draw: Any, rates: dict[str, float], count: int, now: int
) -> list[Visitor]:
    """Visitors who were shown a variant 4 to 11 days before `now`. `draw`: visitor id -> variant.
    Some bought before, some too late, some twice."""
    visitors = []
    for number in range(count):
        visitor_id = f"visitor-{number}"
        variant = draw(visitor_id)
        seen_at = now - 4 * DAY - rng.randrange(7 * DAY)
        copies = 2 if rng.random() < 0.05 else 1
        visitor = Visitor(visitor_id, f"session-{number}", variant, seen_at, copies)
        if rng.random() < rates[variant]:
            visitor.purchases.append(_purchase(rng, seen_at + rng.randrange(WINDOW)))
            if rng.random() < 0.2:
                visitor.purchases.append(_purchase(rng, seen_at + rng.randrange(WINDOW)))
        if rng.random() < 0.03:  # before
            visitor.purchases.append(_purchase(rng, seen_at - 1 - rng.randrange(PRE - 1)))
        if rng.random() < 0.02:  # when the window had closed, or before the days that count
            edge = rng.choice((seen_at + WINDOW, seen_at + WINDOW + HOUR, seen_at - PRE - HOUR))
            visitor.purchases.append(_purchase(rng, edge))
        visitors.append(visitor)
    return visitors


def _purchase(rng: Random, at: int) -> Purchase:
    made = UUID(int=rng.getrandbits(128), version=4)
    return Purchase(
        at,
        str(made),
        f"order-{made.hex[:12]}",
        Decimal(rng.randrange(500, 20_000)) / 100,
        copies=2 if rng.random() < 0.1 else 1,
        is_told_twice=rng.random() < 0.1,
    )


def exposures(visitors: list[Visitor], store_id: str, test_id: str) -> Iterator[dict[str, Any]]:
    """What tells that they were shown their variants, as /collect takes it."""
    for visitor in visitors:
        event = {
            "store_id": store_id,
            "event_type": "exposure",
            "test_id": test_id,
            "phase": 1,
            "variant_id": visitor.variant,
            "visitor_id": visitor.visitor_id,
            "session_id": visitor.session_id,
            "timestamp": visitor.seen_at,
        }
        yield from [event] * visitor.copies


def purchases(visitors: list[Visitor], store_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Stream and beacon of each telling of an order, copies too."""
    for visitor in visitors:
        for bought in visitor.purchases:
            common = {
                "store_id": store_id,
                "session_id": visitor.session_id,
                "visitor_id": visitor.visitor_id,
                "order_id": bought.order_id,
                "value": str(bought.value),
                "currency": CURRENCY,
            }
            event = {
                **common,
                "activity_type": "purchase",
                "event_id": bought.event_id,
                "timestamp": bought.at,
            }
            for _ in range(bought.copies):
                yield "activity", event
            if bought.is_told_twice:
                told = {
                    **common,
                    "event_type": "Purchase",
                    "landing_page_id": "lp-1",
                    "timestamp": bought.at + 1_000,
                }
                yield "landing", told


#: (variant, day) -> units, and (variant, day, metric) -> converters, events, units_with_x, sum_y,
#: sum_yy, sum_x, sum_xx, sum_xy.
Units = dict[tuple[str, str], int]
Sums = dict[tuple[str, str, str], tuple[Decimal, ...]]


def expected_rollups(visitors: list[Visitor]) -> tuple[Units, Sums]:
    """What the rollups must hold; metrics `bought` (binary) and `revenue` (sum)."""
    units: Units = defaultdict(int)
    sums: dict[tuple[str, str, str], list[Decimal]] = {}
    for visitor in visitors:
        day = datetime.fromtimestamp(visitor.seen_at / 1000, UTC).strftime("%Y-%m-%d")
        units[visitor.variant, day] += 1
        start, end = visitor.seen_at, visitor.seen_at + WINDOW
        after = [bought.value for bought in visitor.purchases if start <= bought.at < end]
        before = [bought.value for bought in visitor.purchases if start - PRE <= bought.at < start]
        totals = {
            "bought": (Decimal(bool(after)), Decimal(bool(before))),
            "revenue": (sum(after, Decimal(0)), sum(before, Decimal(0))),
        }
        for metric, (y, x) in totals.items():
            if not after and not before:
                continue
            row = sums.setdefault((visitor.variant, day, metric), [Decimal(0)] * 8)
            counts = bool(after), len(after), bool(before)
            for place, value in enumerate((*counts, y, y * y, x, x * x, x * y)):
                row[place] += Decimal(value)
    return dict(units), {key: tuple(row) for key, row in sums.items()}
