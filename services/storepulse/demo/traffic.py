"""The whole run: a sequence of visitors, each a function of (seed, start, number)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from storepulse.demo.beacons import Visitor
from storepulse.demo.disorder import disturb
from storepulse.demo.parts import PARTS
from storepulse.demo.shops import Shop, shops
from storepulse.demo.visitors import person
from storepulse.demo.visits import ShopVisit

HOUR = 3_600_000
DAY = 24 * HOUR
#: With a start of up to six days ago, nothing is older than 29 days.
LATEST_DAYS = 20
OLDEST_START_DAYS = 6
_LATE_VISITORS = 0.05
#: Visits by hour of the day, in hundredths.
_BY_HOUR = (2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 5, 5, 5, 5, 6, 7, 8, 8, 6, 3, 1)
#: Requests of one visitor; twice as many within a minute still cause no 429 for one address.
_MOST_SINGLE_REQUESTS = 45


@dataclass(frozen=True)
class Plan:
    """The input of a run. `start` is in epoch milliseconds; visits are in the 24 hours before it.

    `trusted`: it is sent with a secret key, on which ids that the gateway derives depend.
    `has_secrets`: the shops' secrets are set; without them, no shop has webhooks.
    """

    seed: int
    start: int
    shops: int = 3
    trusted: bool = False
    has_secrets: bool = False

    def stores(self) -> list[Shop]:
        return [
            replace(shop, has_webhooks=shop.has_webhooks and self.has_secrets)
            for shop in shops(self.shops)
        ]


def visitors(plan: Plan, events: int | None = None) -> Iterator[Visitor]:
    """Visitors until `events` fresh events are planned; without a number, endlessly.

    The last visitor is cut so that the number is exact.
    """
    stores = plan.stores()
    weights = [1 / (rank + 1) for rank in range(len(stores))]
    planned = number = 0
    while events is None or planned < events:
        visitor = _visitor(plan, number, stores, weights)
        number += 1
        if events is not None and planned + visitor.fresh > events:
            _cut(visitor, events - planned)
        planned += visitor.fresh
        yield visitor


def _visitor(plan: Plan, number: int, stores: list[Shop], weights: list[float]) -> Visitor:
    """Visitor `number`. If the visits would end after the start, they are moved a day back."""
    visitor, ended_at = _plan_visits(plan, number, stores, weights, plan.start - DAY)
    if ended_at > plan.start:
        visitor, _ = _plan_visits(plan, number, stores, weights, plan.start - 2 * DAY)
    return visitor


def _plan_visits(
    plan: Plan, number: int, stores: list[Shop], weights: list[float], day: int
) -> tuple[Visitor, int]:
    rng = Random(f"{plan.seed} {plan.start} {number}")  # noqa: S311 - it must be repeatable
    who = person(rng, zlib.crc32(str(plan.seed).encode()) & 0xFFFF, number)
    shop = rng.choices(stores, weights)[0]
    visitor = Visitor(number)
    now = day + rng.choices(range(24), _BY_HOUR)[0] * HOUR + rng.randrange(HOUR)
    if rng.random() < _LATE_VISITORS:
        now -= int(3 * HOUR * (LATEST_DAYS * 8 - 16) ** rng.random())
    play = _story_of(rng, plan)
    single = 0
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        visit = ShopVisit(rng, shop, who, now, trusted=plan.trusted)
        play(visit)
        requests = disturb(rng, visit.requests)
        single += sum(not request.is_batch for request in requests)
        if visitor.requests and single > _MOST_SINGLE_REQUESTS:
            break
        visitor.requests += requests
        now = visit.now + rng.randrange(40, 240) * 60_000
    return visitor, visit.now


def _story_of(rng: Random, plan: Plan) -> Callable[[ShopVisit], None]:
    """What a visitor does: mostly a visit of a shop's pages, else the story of a stream."""
    draw = rng.random() * 100
    for part in PARTS.values():
        if part.story is not None and (plan.trusted or not part.needs_secret):
            if draw < part.share:
                return part.story
            draw -= part.share
    return ShopVisit.wander


def _cut(visitor: Visitor, fresh: int) -> None:
    """Ends the visitor's requests with the given number of fresh entries."""
    for index, request in enumerate(visitor.requests):
        request.cut(fresh)
        fresh -= request.fresh
        if fresh <= 0:
            del visitor.requests[index + 1 :]
            return
