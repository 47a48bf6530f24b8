"""Scene: an experiment in a separate shop, whose exact results are known.

Its visitors saw a variant some days ago, and a known number of each variant bought. Some visitors
test a rule: a repeated event counts once, and a visitor who buys again converts once; an order
before the first exposure or after the window does not count; an order in another currency is no
revenue; visitors who saw two variants, and robots, are in no figure. The test is found by its name,
so that a run repeated with its seed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

from storepulse.demo.beacons import Visitor
from storepulse.demo.part import Read, Told
from storepulse.demo.scenes.authored_test import results_path, start_test
from storepulse.demo.scenes.visit import SceneVisit
from storepulse.demo.shop_secrets import Call
from storepulse.demo.shops import Shop, experiment_shop
from storepulse.demo.streams import activity
from storepulse.demo.streams.experiment import expose
from storepulse.demo.traffic import DAY, HOUR, Plan
from storepulse.domain.envelope import iso_ms

FIGURE = "experiment"
#: Visitors of each variant, and how many of them buy.
SEEN = 40
BUYERS = {"control": 8, "green": 12}
BOUGHT, REVENUE = "bought", "revenue"
#: There are too few visitors for any other verdict, however long the test runs.
VERDICT = "collecting"
_PHASE = 1
_WINDOW = 72 * HOUR
_OTHER_CURRENCY = "USD"
_ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass(frozen=True)
class SceneOrder:
    """A visitor's order, `after` milliseconds after the first exposure."""

    after: int
    value: Decimal
    currency: str
    copies: int = 1


@dataclass(frozen=True)
class Shopper:
    """A visitor of the experiment. `looks`: how often each exposure is sent."""

    variants: tuple[str, ...]
    seen_at: int
    orders: tuple[SceneOrder, ...] = ()
    looks: int = 1
    is_bot: bool = False


def prepare(call: Call, plan: Plan) -> str | None:
    """Creates the shop and this run's test, and starts it. Returns the test's id, or None if the
    key lacks the permission."""
    shop = experiment_shop()
    return start_test(call, shop, _said_by_author(name_of(plan), shop))


def name_of(plan: Plan) -> str:
    """The name of a run's test."""
    return f"Green button, seed {plan.seed}, {iso_ms(plan.start)}"


def visitors(plan: Plan, test_id: str) -> list[Visitor]:
    """The visitors who see the variants."""
    return [
        _visitor(plan, number, shopper, test_id) for number, shopper in enumerate(shoppers(plan))
    ]


def shoppers(plan: Plan) -> list[Shopper]:
    """All visitors of the experiment, the same in each run with its seed."""
    rng = Random(f"{plan.seed} {plan.start} shoppers")  # noqa: S311 - it must be repeatable
    found = [_shopper(rng, plan, variant, number) for variant in BUYERS for number in range(SEEN)]
    both, robot = (_look(rng, plan) for _ in range(2))
    found.append(Shopper((*BUYERS,), both, (_order(rng),)))
    found.append(Shopper(("green",), robot, (_order(rng),), is_bot=True))
    return found


def expected_figures(plan: Plan, test_id: str) -> dict[str, Told]:
    """The expected results."""
    seen = shoppers(plan)
    measured = [s for s in seen if len(s.variants) == 1 and not s.is_bot]
    in_time = [o for s in measured for o in s.orders if _counts(o)]
    own = experiment_shop().currency
    return {
        FIGURE: {
            "test_id": test_id,
            "is_settled": True,
            "verdict": VERDICT,
            "multi_units": sum(len(s.variants) > 1 for s in seen),
            "bot_units": sum(s.is_bot for s in seen),
            "other_currency_events": sum(order.currency != own for order in in_time),
            "variants": {
                variant: _expected_of([s for s in measured if s.variants == (variant,)])
                for variant in BUYERS
            },
        }
    }


def read_told(read: Read, store: str, test_id: str) -> Iterator[tuple[str, Told]]:
    """The same figures from the API."""
    told = read(results_path(store, test_id), {})["data"]
    results = told["results"]
    variants: dict[str, Any] = {
        v["variant_id"]: {"units": v["so_far"]} for v in results["variants"]
    }
    for metric in results["metrics"]:
        for variant in metric["variants"]:
            of_all = variant["so_far"]
            variants[variant["variant_id"]][metric["metric"]] = {
                "converters": of_all["converters"],
                "events": of_all["events"],
                "total": _money(Decimal(of_all["total"])),
            }
    counts = ("multi_units", "bot_units", "other_currency_events")
    yield (
        FIGURE,
        {
            "test_id": told["test_id"],
            "is_settled": told["is_settled"],
            "verdict": results["verdict"]["outcome"],
            **{name: results["counts"][name] for name in counts},
            "variants": variants,
        },
    )


def _said_by_author(name: str, shop: Shop) -> dict[str, Any]:
    button = {"buy": {"props": {"button": {"color": "green"}}}}
    return {
        "name": name,
        "variants": [
            {"variant_id": "control", "weight": 5_000},
            {"variant_id": "green", "weight": 5_000, "slot_overrides": button},
        ],
        "metrics": [
            {"key": BOUGHT, "kind": "binary", "source": "purchase"},
            {
                "key": REVENUE, "kind": "sum", "source": "purchase", "currency": shop.currency,
                "cap": None,
            },
        ],
        "window_hours": _WINDOW // HOUR,
    }  # fmt: skip


def _shopper(rng: Random, plan: Plan, variant: str, number: int) -> Shopper:
    """Visitor `number` of a variant. Buyers come first; some visitors each test a rule."""
    seen_at, order, buyers = _look(rng, plan), _order(rng), BUYERS[variant]
    shopper = Shopper((variant,), seen_at, (order,) if number < buyers else ())
    if number == 0:
        return replace(shopper, orders=(order, _order(rng)))
    if number == 1:
        return replace(shopper, orders=(replace(order, copies=2),))
    if number == 2:
        return replace(shopper, looks=2)
    if number == 3:
        return replace(shopper, orders=(order, replace(_order(rng), after=-2 * DAY)))
    if number == 4:
        return replace(shopper, orders=(replace(order, currency=_OTHER_CURRENCY),))
    if number == buyers:
        return replace(shopper, orders=(replace(order, after=_WINDOW + HOUR),))
    if number == buyers + 1:
        return replace(shopper, orders=(replace(order, after=-2 * DAY),))
    return shopper


def _look(rng: Random, plan: Plan) -> int:
    """The time of an exposure, so long ago that the window has closed."""
    return plan.start - 4 * DAY - rng.randrange(7 * DAY)


def _order(rng: Random) -> SceneOrder:
    shop = experiment_shop()
    return SceneOrder(
        rng.randrange(HOUR, _WINDOW - HOUR), rng.choice(shop.products).price, shop.currency
    )


def _counts(order: SceneOrder) -> bool:
    return 0 <= order.after < _WINDOW


def _expected_of(measured: list[Shopper]) -> dict[str, Any]:
    """A variant's units and metrics."""
    timely = [[order for order in s.orders if _counts(order)] for s in measured]
    currency = experiment_shop().currency
    paid = [[o.value for o in orders if o.currency == currency] for orders in timely]
    buyers = sum(bool(orders) for orders in timely)
    return {
        "units": len(measured),
        BOUGHT: {
            "converters": buyers,
            "events": sum(len(orders) for orders in timely),
            "total": _money(Decimal(buyers)),
        },
        REVENUE: {
            "converters": sum(bool(values) for values in paid),
            "events": sum(len(values) for values in paid),
            "total": _money(sum((sum(values, Decimal(0)) for values in paid), Decimal(0))),
        },
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _visitor(plan: Plan, number: int, shopper: Shopper, test_id: str) -> Visitor:
    shop, visitor = experiment_shop(), Visitor(-1_000 - number)
    visit = SceneVisit(plan, shop, "experiment", number, shopper.seen_at)
    if shopper.is_bot:
        visit.person = replace(visit.person, is_bot=True, user_agent=_ROBOT)
    for variant in shopper.variants:
        expose(visit, test_id, variant, _PHASE)
        _repeat(visit, shopper.looks)
    visitor.requests = visit.requests
    for place, order in enumerate(shopper.orders):
        # The order may be days later, so it is a new visit.
        scene = f"experiment order {place}"
        later = SceneVisit(plan, shop, scene, number, shopper.seen_at + order.after)
        later.person = visit.person
        _buy(later, shop, order)
        visitor.requests += later.requests
    return visitor


def _buy(visit: SceneVisit, shop: Shop, order: SceneOrder) -> None:
    activity.act(
        visit, "purchase", page_url=shop.url("/thanks"), quantity=1, value=order.value,
        currency=order.currency, order_id=f"o-{visit.rng.getrandbits(40):x}",
    )  # fmt: skip
    _repeat(visit, order.copies)


def _repeat(visit: SceneVisit, copies: int) -> None:
    """Repeat the last request, so that it is sent `copies` times."""
    last = visit.requests[-1]
    again = [replace(entry, outcome="duplicate") for entry in last.entries]
    visit.requests += [replace(last, entries=again) for _ in range(copies - 1)]
