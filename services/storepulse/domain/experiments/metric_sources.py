"""Which events a metric may count, and whether their values are money.

A source names events as slices store them: the kinds below, `custom:` and the name of a custom
event, or `metric:` and a name that pages send with POST …/metric.
"""

from __future__ import annotations

from storepulse.domain.errors import Rejected
from storepulse.domain.event_names import event_name_of
from storepulse.domain.experiments.names import is_metric
from storepulse.domain.json_values import is_text

PURCHASE = "purchase"
#: Sources whose values are prices.
OF_MONEY = (
    PURCHASE,
    "add_to_cart",
    "cart_add",
    "checkout_start",
    "product_view",
    "remove_from_cart",
)
#: Sources without a value to sum.
WITHOUT_VALUE = ("page_view", "search")
#: The source whose values may be anything.
CONVERSION = "conversion"
CUSTOM, METRIC = "custom:", "metric:"
KINDS = (*OF_MONEY, *WITHOUT_VALUE, CONVERSION)


def normal_source(field: str, source: str) -> str:
    """The source as slices store it. Raises Rejected."""
    if source in KINDS:
        return source
    if source.startswith(CUSTOM):
        name = event_name_of(source.removeprefix(CUSTOM))
        if not name or not is_text(name):
            raise Rejected(field, "must name an event after custom:")
        return CUSTOM + name
    if source.startswith(METRIC):
        if is_metric(source.removeprefix(METRIC)) is None:
            raise Rejected(field, "must be 1 to 128 letters, digits or _ . : - after metric:")
        return source
    raise Rejected(field, f"must be one of {', '.join(KINDS)}, custom:<name>, metric:<name>")
