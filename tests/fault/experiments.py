"""An experiment in each of the load's stores, which runs while things break.

Visitors see variants, convert, are measured and buy. Every figure is compared with the model's, as
all tables are; and the visitors of each variant are counted once more, from the exposures alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from tests.fault.maker import STORES
from tests.fault.streams.experiment import PHASE, TEST_OF, VARIANTS

from storepulse.access.rules.administration import CLI
from storepulse.adapters.clock import system_clock
from storepulse.adapters.settings import Settings
from storepulse.domain.experiments.authored import AuthoredTest, read
from storepulse.exactness.model.events import Tables
from storepulse.experiments.changes import MoveAsked, TestPlace, create_test, move_test

if TYPE_CHECKING:
    from tests.fault.outcomes import Key

SAID = {
    "name": "Campaign",
    "variants": [{"variant_id": variant, "weight": 5_000} for variant in VARIANTS],
    "metrics": [
        {"key": "bought", "kind": "binary", "source": "purchase"},
        {"key": "revenue", "kind": "sum", "source": "purchase", "currency": "EUR", "cap": 150},
        {"key": "carts", "kind": "count", "source": "add_to_cart"},
        {"key": "converted", "kind": "count", "source": "conversion"},
        {"key": "margin", "kind": "sum", "source": "metric:margin"},
        {"key": "share", "kind": "ratio", "numerator": "margin", "denominator": "converted"},
    ],
}
#: Phases whose figures are not yet in line with their beginning.
UNSETTLED = "SELECT count(*)::int FROM ab_test_phases WHERE settled_at IS NULL"


def start_tests(settings: Settings) -> None:
    """Makes and starts them; their stores are there, and no service runs yet."""
    with psycopg.connect(settings.dsn, autocommit=True) as connection:
        for store in STORES:
            now, of_store = system_clock(), UUID(store)
            made = create_test(connection, CLI, of_store, read(SAID, AuthoredTest), now)
            # The load knows the tests before there are any.
            test_id = UUID(TEST_OF[store])
            renamed = (test_id, made.row.test_id)
            connection.execute("UPDATE ab_tests SET test_id = %s WHERE test_id = %s", renamed)
            move_test(connection, CLI, TestPlace(of_store, test_id), MoveAsked("start", now))


def tellings_of(decoded: list[tuple[Key, dict[str, Any]]]) -> dict[Key, list[dict[str, Any]]]:
    """By exposure, all that was told of it: the earliest counts, whichever came first."""
    tellings: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    names = ("occurred_at", "received_at", "session_id", "is_bot")
    for key, event in decoded:
        if event["stream"] == "experiment" and event["event_type"] == "Exposure":
            tellings[key].append({name: event[name] for name in names})
    return tellings


def count_units(events: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Visitors of each test and variant, and those who saw several, as `*`, by the exposures."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        is_exposure = event["stream"] == "experiment" and event["event_type"] == "Exposure"
        if (
            is_exposure
            and event["phase"] == PHASE
            and event["test_id"] == TEST_OF[event["store_id"]]
        ):
            who = event["visitor_id"] or event["session_id"]
            seen[event["test_id"], who].add(event["variant_id"])
    return Counter(
        (test, "*" if len(variants) > 1 else min(variants)) for (test, _), variants in seen.items()
    )


def check_units(tables: Tables, events: list[dict[str, Any]]) -> Iterator[str]:
    """What the tables count otherwise than the exposures that were applied."""
    found: Counter[tuple[str, str]] = Counter()
    for (_, test, _, variant, _), (units,) in tables["ab_rollups"].items():
        found[test, variant] += units
    for (_, test, _), (multiple, *_) in tables["ab_phase_counts"].items():
        found[test, "*"] += multiple
    wanted = count_units(events)
    for place in sorted(wanted.keys() | found.keys()):
        if wanted[place] != found[place]:
            yield f"experiment: {place} has {found[place]} visitors instead of {wanted[place]}"
