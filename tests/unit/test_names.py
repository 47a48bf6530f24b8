"""The package's names and sizes: what a stranger relies on to find his way.

A class name stands once; a module is read in a sitting; a function fits a page or says why not; no
modules import each other in a circle; a function's name says what it does or gives.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support import source_rules
from tests.support.source_rules import MOST_FUNCTION_LINES, MOST_LINES, Source, read_sources

PACKAGE = Path(__file__).parents[2] / "services" / "storepulse"

# To go: what breaks the rules today. Each list is to be empty; an entry that breaks no rule any
# more fails the test too.
REPEATED_CLASSES = """
    Answer Batch ClientGone Connection Count Counts Entry Figures Folder Guard Health Limits
    OfStore Origin Outcome Part Prepared Product Reader Record Refused Replay Request Sender
    Tally Unreadable Wanted Window _Lane _Reading _Server
"""
LONG_FUNCTIONS = """
    storepulse.cli.demo:command storepulse.gateway.enveloping:encode_all
    storepulse.gateway.openapi:document
"""
IMPORT_CIRCLES: list[list[str]] = [
    ["storepulse.adapters.http.connection", "storepulse.adapters.http.server"]
]
BARE_WORDS = """
    storepulse.adapters.http.errors:refused storepulse.adapters.kafka.log_search:found
    storepulse.adapters.kafka.topics:_away storepulse.adapters.kafka.topics:_listed
    storepulse.adapters.postgres.migrations:_locked
    storepulse.adapters.postgres.migrations:_recorded storepulse.agents.claims:_copied
    storepulse.agents.dead_letters:told storepulse.agents.preparation:_dead
    storepulse.agents.preparation:without storepulse.agents.screening:_outside
    storepulse.cli.audit:settled storepulse.cli.dlq:_skipped storepulse.cli.dlq:stopping
    storepulse.cli.dlq_options:chosen storepulse.cli.servers:_told storepulse.cli.tail:decoded
    storepulse.contracts.compatibility:_resolved storepulse.contracts.record_json:_said
    storepulse.contracts.record_json:_shown storepulse.contracts.record_json:decoded
    storepulse.contracts.schema_lock:broken storepulse.dead_letters.patch:_applied
    storepulse.dead_letters.reprocessing:_settled storepulse.dead_letters.reprocessing:_wanted
    storepulse.dead_letters.reprocessing:named storepulse.dead_letters.reprocessing:seen
    storepulse.delivery.breakers:_after storepulse.delivery.claim_transaction:_due
    storepulse.delivery.claim_transaction:_named storepulse.delivery.foreign_letters:without
    storepulse.delivery.history:_away storepulse.delivery.history:_taken
    storepulse.delivery.matcher:decoded storepulse.delivery.matcher:without
    storepulse.delivery.outcome_transaction:_sent storepulse.delivery.reading:_together
    storepulse.delivery.reading:decoded storepulse.delivery.sender:_ended
    storepulse.delivery.sender:_settled storepulse.delivery.sender:idle
    storepulse.delivery.senders:_left storepulse.demo.disorder:_changed
    storepulse.demo.tally:answered storepulse.demo.tally:failed storepulse.demo.traffic:_came
    storepulse.demo.trial_beacon:chosen storepulse.demo.verdict:_said
    storepulse.demo.visits:_observed storepulse.destinations.delivery_reads:failed
    storepulse.destinations.kinds.kind:left storepulse.destinations.kinds.meta_capi:judged
    storepulse.destinations.names:_ended storepulse.destinations.rules.breaker:after
    storepulse.destinations.rules.event_frames:_inside
    storepulse.destinations.rules.pace:missing storepulse.destinations.rules.settlement:_settled
    storepulse.destinations.sealed_headers:joined storepulse.destinations.sealed_headers:parted
    storepulse.destinations.table:_locked storepulse.destinations.table:_pending
    storepulse.destinations.table:_unknown storepulse.destinations.table:found
    storepulse.destinations.table:listed storepulse.destinations.table:loaded
    storepulse.domain.addresses:_inside storepulse.domain.addresses:_reached
    storepulse.domain.routes:allowed storepulse.exactness.audit:_before
    storepulse.exactness.audit:settled storepulse.exactness.recount:_judged
    storepulse.exactness.recount:decoded storepulse.gateway.collector:_broken
    storepulse.gateway.collector:_named storepulse.gateway.collector:done
    storepulse.gateway.decoding:_marked storepulse.gateway.enveloping:_marked
    storepulse.gateway.gathering:acknowledged storepulse.gateway.plain:_served
    storepulse.gateway.publisher:delivered storepulse.gateway.publisher:failed
    storepulse.gateway.publisher:finished storepulse.gateway.spool.drain:done
    storepulse.local.broker:_prepared storepulse.local.home_lock:running
    storepulse.local.postgres:_prepared storepulse.local.postgres_folder:outside
    storepulse.local.service_logs:_numbered storepulse.local.services:numbered
    storepulse.local.services:remembered storepulse.query.activity:_listed
    storepulse.query.dead_letters:_skipped storepulse.query.delivery_stats:counted
    storepulse.retention.rules:_before storepulse.retention.rules:over
    storepulse.retention.rules:reached storepulse.retention.runs:_going
    storepulse.retention.runs:_gone storepulse.retention.runs:removed
    storepulse.slices.batches:_bounded storepulse.slices.batches:_numbered
    storepulse.slices.batches:_unread storepulse.slices.consumer:dead
    storepulse.slices.consumer:without storepulse.slices.freshness:applied
    storepulse.slices.freshness:begun storepulse.slices.health:_denied
    storepulse.slices.partitions:halted storepulse.slices.pipeline:failed
    storepulse.slices.pipeline:idle storepulse.streams.heatmap.numbering:within
    storepulse.streams.heatmap.rage_clicks:_judged
    storepulse.streams.heatmap.rage_clicks:_written
    storepulse.streams.heatmap.rage_clicks:judged storepulse.streams.heatmap.rage_clicks:near
    storepulse.streams.heatmap.rollup:_counted storepulse.streams.reduction:folded
"""


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return read_sources(PACKAGE)


def test_a_class_name_stands_once(sources: list[Source]) -> None:
    repeated = source_rules.repeated_classes(sources)
    assert set(repeated) == set(REPEATED_CLASSES.split()), repeated


def test_a_module_is_read_in_a_sitting(sources: list[Source]) -> None:
    assert source_rules.long_modules(sources) == []


def test_a_function_fits_a_page_or_says_why_not(sources: list[Source]) -> None:
    assert set(source_rules.long_functions(sources)) == set(LONG_FUNCTIONS.split())


def test_no_modules_import_each_other_in_a_circle(sources: list[Source]) -> None:
    assert source_rules.import_circles(sources) == IMPORT_CIRCLES


def test_a_function_is_named_by_more_than_a_participle_or_preposition(
    sources: list[Source],
) -> None:
    assert set(source_rules.bare_words(sources)) == set(BARE_WORDS.split())


def body_of(lines: int) -> str:
    return "    pass\n" * lines


#: Each rule with sources that it must refuse, and with such as it must pass.
EXAMPLES: dict[str, tuple[Callable[[list[Source]], Any], list[str], list[str]]] = {
    "class twice": (
        source_rules.repeated_classes,
        ["class A:\n    class B: pass\n", "class B: pass\n"],
        ["class A:\n    class B: pass\n", "class C: pass\n"],
    ),
    "module": (source_rules.long_modules, ["\n" * (MOST_LINES + 1)], ["\n" * MOST_LINES]),
    "function": (
        source_rules.long_functions,
        ["class A:\n  async def f(self):\n" + body_of(MOST_FUNCTION_LINES)],
        ["def f():\n" + body_of(MOST_FUNCTION_LINES - 1)],
    ),
    "function with a reason": (
        source_rules.long_functions,
        ["def f():  # long:\n" + body_of(MOST_FUNCTION_LINES)],
        ["def f():  # long: it is hot\n" + body_of(MOST_FUNCTION_LINES)],
    ),
    "circle": (
        source_rules.import_circles,
        ["from m import m1\n", "if TYPE_CHECKING:\n  from m.m2 import x\n", "import m.m0\n"],
        ["from m import m1\n", "from m.m2 import x\n", "import m.n\n"],
    ),
    "circle in a function": (
        source_rules.import_circles,
        ["from m.m1 import x\n", "def f():\n  from m.m0 import y\n"],
        ["from m.m1 import x\n", "def f():\n  from m import y\n"],
    ),
    "name": (
        source_rules.bare_words,
        ["def outer():\n  def _told(): pass\n"],
        ["def tell(): pass\n\ndef rows_read(): pass\n\nasync def __missing__(): pass\n"],
    ),
}


@pytest.mark.parametrize(("rule", "bad", "good"), EXAMPLES.values(), ids=EXAMPLES)
def test_each_rule_refuses_what_it_must(
    rule: Callable[[list[Source]], Any], bad: list[str], good: list[str]
) -> None:
    assert rule([Source(f"m.m{number}", text) for number, text in enumerate(bad)])
    assert not rule([Source(f"m.m{number}", text) for number, text in enumerate(good)])
