"""Scene: a test in a separate shop, one variant of which has a button that does nothing.

For a week, visitors of the product page use the cart normally. Then the test "Sticky add-to-cart
bar" begins: half of all visitors get a bar at the bottom of the window with a dead button. They
press it repeatedly, and few find the page's own button. So the shop's funnel drops from the start
of the test, the heatmap shows where, and the results name the losing variant. Every day has exactly
the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storepulse.demo import pointer
from storepulse.demo.beacons import Visitor
from storepulse.demo.part import Read, Told
from storepulse.demo.scenes.authored_test import results_path, start_test
from storepulse.demo.scenes.visit import SceneVisit
from storepulse.demo.shop_secrets import Call
from storepulse.demo.shops import CatalogProduct, Shop, story_shop
from storepulse.demo.streams import activity, heatmap
from storepulse.demo.streams.experiment import expose
from storepulse.demo.traffic import DAY, HOUR, Plan
from storepulse.domain.envelope import iso_ms

FIGURE = "broken_button"
NAME = "Sticky add-to-cart bar"
CONTROL, VARIANT, METRIC = "control", "sticky", "added_to_cart"
VERDICT = "worse"
#: Days of the week before the test, and days that the test ran until the run's start.
DAYS_BEFORE, TEST_DAYS = 7, 6
#: Short enough that all visitors except the last day's are mature.
_WINDOW_HOURS = 24
_PRESSES = 4
_FIRST_HOUR, _OPEN = 8, 13 * HOUR


@dataclass(frozen=True)
class Crowd:
    """A day's visitors of one variant: how many see the page, press the broken button, add to the
    cart, begin the checkout, and buy. Those who buy also pay, and those who pay also add."""

    variant: str | None
    seen: int
    pressing: int
    adding: int
    paying: int
    buying: int


WEEK_BEFORE = (Crowd(None, 64, 0, 24, 16, 12),)
#: Five such days have enough mature visitors of each variant for any verdict.
DURING_TEST = (Crowd(CONTROL, 32, 0, 12, 8, 6), Crowd(VARIANT, 32, 24, 2, 2, 1))


def prepare(call: Call, plan: Plan) -> str | None:
    """Creates the shop and this run's test, which began days ago. Returns the test's id, or None if
    the key lacks the permission."""
    return start_test(call, story_shop(), _said_by_author(plan), iso_ms(_began_at(plan)))


def name_of(plan: Plan) -> str:
    """The name of a run's test."""
    return f"{NAME}, seed {plan.seed}, {iso_ms(plan.start)[:10]}"


def visitors(plan: Plan, test_id: str) -> list[Visitor]:
    """All visitors of both periods."""
    found: list[Visitor] = []
    for day in range(-DAYS_BEFORE - TEST_DAYS, 0):
        for crowd in WEEK_BEFORE if day < -TEST_DAYS else DURING_TEST:
            for number in range(crowd.seen):
                found.append(_visitor(plan, test_id, day, crowd, number, len(found)))
    return found


def product_of_test() -> CatalogProduct:
    """The product on whose page the test runs."""
    return story_shop().products[17]


def expected_figures(plan: Plan, test_id: str) -> dict[str, Told]:
    """The expected figures of both periods, the button and the test."""
    sticky = DURING_TEST[1]
    pressed = TEST_DAYS * sticky.pressing * _PRESSES
    return {
        FIGURE: {
            "before": _period_of(plan, -DAYS_BEFORE - TEST_DAYS, -TEST_DAYS, WEEK_BEFORE),
            "since": _period_of(plan, -TEST_DAYS, 0, DURING_TEST),
            "button": {
                "page": product_of_test().path,
                "selector": pointer.BROKEN_BUTTON,
                "clicks": pressed,
                "dead_clicks": pressed,
                "rage_clicks": TEST_DAYS * sticky.pressing * (_PRESSES - 2),
            },
            "test": {
                "test_id": test_id,
                "is_settled": True,
                "verdict": VERDICT,
                "variants": {
                    crowd.variant: [TEST_DAYS * crowd.seen, TEST_DAYS * crowd.adding]
                    for crowd in DURING_TEST
                },
            },
        }
    }


def read_told(read: Read, store: str, counted: dict[str, Any]) -> Iterator[tuple[str, Told]]:
    """The same figures from the API. `counted` names the periods, the page and the test."""
    told: dict[str, Any] = {
        name: _read_period(read, store, counted[name]) for name in ("before", "since")
    }
    page, selector = counted["button"]["page"], counted["button"]["selector"]
    shown = read(f"/api/heatmap/{store}", {"page": page, "limit": 1})["data"]
    [button] = [one for one in shown["elements"] if one["selector"] == selector] or [{}]
    names = ("clicks", "dead_clicks", "rage_clicks")
    told["button"] = {"page": page, "selector": selector} | {n: button.get(n) for n in names}
    results = read(results_path(store, counted["test"]["test_id"]), {})["data"]
    [metric] = results["results"]["metrics"]
    added = {one["variant_id"]: one["so_far"]["converters"] for one in metric["variants"]}
    told["test"] = {
        "test_id": results["test_id"],
        "is_settled": results["is_settled"],
        "verdict": results["results"]["verdict"]["outcome"],
        "variants": {
            one["variant_id"]: [one["so_far"], added[one["variant_id"]]]
            for one in results["results"]["variants"]
        },
    }
    yield FIGURE, told


def _said_by_author(plan: Plan) -> dict[str, Any]:
    bar = {"buy": {"props": {"button": {"place": "sticky-bar"}}}}
    return {
        "name": name_of(plan),
        "variants": [
            {"variant_id": CONTROL, "name": "Page as it was", "weight": 5_000},
            {
                "variant_id": VARIANT, "name": "Sticky bar", "weight": 5_000,
                "slot_overrides": bar,
            },
        ],
        "metrics": [{"key": METRIC, "kind": "binary", "source": "add_to_cart"}],
        "targeting": {"page_types": ["product"]},
        "window_hours": _WINDOW_HOURS,
    }  # fmt: skip


def _began_at(plan: Plan) -> int:
    return plan.start - TEST_DAYS * DAY


def _period_of(plan: Plan, first: int, end: int, crowds: tuple[Crowd, ...]) -> dict[str, Any]:
    """The expected figures of some days, which are numbered from the run's start."""
    days = end - first
    steps = [
        sum(number)
        for number in zip(
            *((c.seen, c.seen, c.adding, c.paying, c.buying) for c in crowds), strict=True
        )
    ]
    return {
        "from": _day_of(plan.start + first * DAY),
        "to": _day_of(plan.start + end * DAY),
        "carts": days * steps[2],
        "funnel": [days * step for step in steps],
    }


def _day_of(moment: int) -> str:
    return str(datetime.fromtimestamp(moment / 1000, UTC).date())


def _read_period(read: Read, store: str, counted: dict[str, Any]) -> dict[str, Any]:
    period = {name: counted[name] for name in ("from", "to")}
    asked = {"store_id": store, **period}
    totals = read("/api/cart-tracking/analytics", asked)["data"]["totals"]
    steps = read("/api/analytics/funnel", asked)["data"]
    return period | {"carts": totals["carts"], "funnel": [step["sessions"] for step in steps]}


def _visitor(plan: Plan, test_id: str, day: int, crowd: Crowd, place: int, number: int) -> Visitor:
    """Visitor `place` of a day's crowd, `number` of the scene."""
    shop, product = story_shop(), product_of_test()
    opening = plan.start + day * DAY + _FIRST_HOUR * HOUR
    visit = SceneVisit(plan, shop, "button", number, opening)
    visit.now += visit.rng.randrange(_OPEN)
    visitor = Visitor(-1_000 - number)
    what = {"product_id": product.id, "product_name": product.names[0]}
    url = shop.url(product.path)
    activity.act(visit, "page_view", page_url=url)
    activity.act(visit, "product_view", page_url=url, **what)
    if crowd.variant is not None:
        expose(visit, test_id, crowd.variant, 1)
    bursts = []
    # The last ones press the broken button, the first ones find the working one.
    if place >= crowd.seen - crowd.pressing:
        bursts.append(pointer.press(visit.person, pointer.BROKEN_BUTTON, 860, _PRESSES))
    if place < crowd.adding:
        bursts.append(pointer.press(visit.person, pointer.WORKING_BUTTON, 620, 1))
    if bursts:
        heatmap.tell_of_pointer(visit, product.path, bursts)
    if place < crowd.adding:
        _go_on(visit, shop, product, crowd, place)
    visitor.requests = visit.requests
    return visitor


def _go_on(
    visit: SceneVisit, shop: Shop, product: CatalogProduct, crowd: Crowd, place: int
) -> None:
    """The steps from the cart on."""
    what = {"product_id": product.id, "product_name": product.names[0]}
    url = shop.url(product.path)
    activity.act(visit, "add_to_cart", page_url=url, quantity=1, **what)
    visit.put_into_cart(product)
    if place < crowd.paying:
        activity.act(visit, "checkout_start", page_url=shop.url("/checkout"))
    if place < crowd.buying:
        visit.buy(product)
