"""Where schedules run: one world, workers that live on from one schedule to the next, and a look at
everything that a schedule's store and topic left behind."""

from __future__ import annotations

import select
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

import psycopg
from tests.integration.agents.slice_model import COUNTS, NIL_STORE, Model
from tests.integration.agents.slice_schedule import Published, SchedulePublisher, Topics
from tests.integration.agents.slices import Bench
from tests.support.ingest_records import NOW_MS
from tests.support.servers import administrator

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.adapters.settings import Settings
from storepulse.contracts.topics import load_catalog
from storepulse.exactness.model import comparison
from storepulse.exactness.model.days import stored_zones
from storepulse.exactness.model.events import moment
from storepulse.exactness.model.tables import expected
from storepulse.slices.ledger import SourcePartition
from storepulse.slices.writer import PatientWriter

#: Schedules between two sweeps: tables stay small, and sweeping costs next to nothing.
SWEEP_EVERY = 50
HOUR = 3_600_000
_STORES = UUID("5f0c3d8e-0000-4000-8000-000000000000")
_OF_CUSTOMERS = ("identities", "identity_links", "customers", "customer_counts", "customer_orders")
_TABLES = {
    "activity": ("customer_activity", "activity_hourly", "activity_revenue_hourly",
                 "activity_products_daily", "activity_searches_daily", "sessions",
                 "sessions_daily", "funnel_daily", "pages_daily", "session_pages_daily",
                 "visitors_daily", "session_carts", "orders", "order_lines", "product_sales_daily",
                 "images", *_OF_CUSTOMERS),
    "heatmap": ("heatmap_cells", "heatmap_scroll", "heatmap_pages_daily", "heatmap_elements"),
    "cart": ("cart_tracking_events", "cart_hourly", "cart_products_daily", "cart_products_weekly",
             "session_carts", "images", *_OF_CUSTOMERS),
    "landing": ("landing_events", "landing_hourly", "landing_revenue_hourly", "landing_sessions",
                "visitors_daily", "session_carts", "orders", "order_lines", "product_sales_daily",
                *_OF_CUSTOMERS),
    "bot": ("tg_analytics_events", "bot_hourly", "bot_users", "bot_users_daily",
            "bot_choices_daily", "images", *_OF_CUSTOMERS),
    "campaign": ("pulse_events", "campaign_hourly", "campaign_revenue_hourly", "campaign_people",
                 "orders", "order_lines", "product_sales_daily",
                 *_OF_CUSTOMERS),
    "order": ("order_events", "order_hourly", "orders", "order_lines", *_OF_CUSTOMERS),
}  # fmt: skip
#: What is looked at besides the stream's tables.
_LOOKS = {
    "ids": "SELECT event_id::text FROM event_ids WHERE store_id::text = %(store)s",
    "positions": "SELECT partition, applied FROM ledger_partitions"
    " WHERE topic = %(topic)s AND topic_id NOT LIKE '%%~%%'",
    # As the audit adds up: what the broker lost included.
    "offsets": "SELECT coalesce(sum(upper(r) - lower(r)), 0)::bigint"
    " FROM ledger_partitions, unnest(applied) AS r WHERE topic = %(topic)s",
    "gaps": "SELECT g.partition, lower_offset, upper_offset FROM ledger_gaps g"
    " JOIN ledger_partitions USING (consumer_group, topic_id, partition) WHERE topic = %(topic)s",
    "counts": f"SELECT store_id::text, hour, {', '.join(COUNTS)} FROM ledger_counts"
    " WHERE stream = %(stream)s AND (store_id::text = %(store)s"
    " OR store_id::text = %(nil)s AND hour = %(stamped)s)",
    "dead letters": 'SELECT partition, "offset", stage, store_id::text, event_id::text, key, value'
    " FROM dead_letters WHERE topic = %(topic)s",
}


class _NoPause(threading.Event):
    """Faults of a schedule have passed as soon as they are met."""

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        return self.is_set()


@dataclass
class SliceWorld:
    """Workers by stream and by whether they are the older one, and what they publish."""

    bench: Bench
    schedules: int = 0
    topics: Topics = field(default_factory=Topics)
    workers: dict[tuple[str, bool], tuple[PatientWriter[Any], SchedulePublisher]] = field(
        default_factory=dict
    )
    #: The faults of the slice that is being written, at the transaction's named places.
    reach: Callable[[str], None] = lambda _place: None
    _eyes: psycopg.Connection[Any] | None = None

    def next_schedule(self, stream: str) -> Model:
        """A model for a store that nobody used before."""
        if self.schedules % SWEEP_EVERY == 0:
            self.bench.begin()
            self.bench.refuse()
        self.schedules += 1
        self.bench.topic = f"ingest.{self.schedules}"
        self.topics.records.clear()
        for _, publisher in self.workers.values():
            publisher.forget()
        stamped = NOW_MS + (1 + self.schedules % SWEEP_EVERY) * HOUR
        return Model(stream, str(uuid5(_STORES, str(self.schedules))), NOW_MS, stamped)

    def worker(
        self, stream: str, *, old: bool = False
    ) -> tuple[PatientWriter[Any], SchedulePublisher]:
        """A worker and its publisher."""
        if (stream, old) not in self.workers:
            settings: Settings = self.bench.world.settings_of("agents").model_copy(
                update={"dead_letter_halt_ratio": 1.0, "agent_slot": int(old)}
            )
            writer = self.bench.another_writer(stream, settings)
            publisher = SchedulePublisher(self.topics)
            transaction: Any = writer._make_transaction(writer.session)
            transaction._publisher = publisher
            writer._transaction = transaction
            writer._stopping = _NoPause()
            self.workers[stream, old] = writer, publisher
        return self.workers[stream, old]

    @property
    def eyes(self) -> psycopg.Connection[Any]:
        """The connection that looks, ends backends and sets the ledger back."""
        if self._eyes is None:
            self._eyes = self.bench.world.connect()
            self._eyes.execute("SET timezone TO 'UTC'")
        return self._eyes

    def close(self) -> None:
        """Gives all connections back."""
        for writer, _ in self.workers.values():
            writer.close()
        if self._eyes is not None:
            self._eyes.close()

    def terminate(self, connection: psycopg.Connection[Any]) -> None:
        """Ends a backend; returns when its client could know."""
        backend = connection.info.backend_pid
        with administrator() as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", [backend])
        assert select.select([connection.fileno()], [], [], 20)[0]

    def cut(self, place: SourcePartition, end: int) -> None:
        """What a worker does at its next assignment when the log is shorter than the ledger."""
        statement = named_sql("slices/ledger")["cut_partition"]
        self.eyes.execute(statement, place.parameters | {"end": end})

    def differences(self, model: Model, tried: set[str], *, repeats: bool) -> list[str]:
        """Every difference between what is stored and published and the model, a line each.

        `tried`: ids of events that were handed to a transaction which did not commit; `repeats`:
        something happened after which records may be published again.
        """
        wanted, found = self._wanted(model), self._found(model)
        return [
            f"{name}: {found[name]} instead of {wanted[name]}"
            for name in wanted
            if wanted[name] != found[name]
        ] + [*self._published(model, tried, repeats=repeats), *self._set_aside(model)]

    def _wanted(self, model: Model) -> dict[str, Any]:
        tables = expected(model.events(), zones=stored_zones(self.eyes))
        gaps = [(p, lower, upper) for (p, lower), upper in model.gaps.items()] + model.lost_gaps
        return {name: tables[name] for name in _TABLES[model.stream]} | {
            "ids": set(model.applied),
            "positions": {p: [(0, end)] for p, end in model.positions.items() if end},
            "offsets": sum(count["accepted"] for count in model.counts.values())
            + sum(upper - lower for _, lower, upper in gaps),
            "gaps": Counter(gaps),
            "counts": {
                (store, moment(hour)): tuple(count[name] for name in COUNTS)
                for (store, hour), count in model.counts.items()
            },
            "dead letters": Counter(
                (*place, x.stage, x.store_id, x.event_id, x.sent.record.key, x.sent.record.value)
                for place, x in model.all_letters
            ),
        }

    def _found(self, model: Model) -> dict[str, Any]:
        asked = {
            "store": model.store, "stream": model.stream, "topic": self.bench.topic,
            "nil": NIL_STORE, "stamped": moment(model.stamped),
        }  # fmt: skip
        cursors = {}
        with self.eyes.pipeline():
            for name, query in _LOOKS.items():
                cursors[name] = self.eyes.execute(query.encode(), asked)
            for name in _TABLES[model.stream]:
                stored = comparison.QUERIES[name][1].text
                query = f"SELECT * FROM ({stored}) q WHERE store_id = %(store)s"
                cursors[name] = self.eyes.execute(query.encode(), asked)
        rows = {name: cursor.fetchall() for name, cursor in cursors.items()}
        found: dict[str, Any] = {}
        for name in _TABLES[model.stream]:
            keys = comparison.QUERIES[name][0]
            found[name] = {row[:keys]: row[keys:] for row in rows[name]}
            assert len(found[name]) == len(rows[name]), f"{name}: two rows with one key"
        return found | {
            "ids": {row[0] for row in rows["ids"]},
            "positions": {p: [(r.lower, r.upper) for r in a] for p, a in rows["positions"] if a},
            "offsets": rows["offsets"][0][0],
            "gaps": Counter(rows["gaps"]),
            "counts": {row[:2]: row[2:] for row in rows["counts"]},
            "dead letters": Counter(rows["dead letters"]),
        }

    def _published(self, model: Model, tried: set[str], *, repeats: bool) -> Iterator[str]:
        """What was applied is published with its own bytes; nothing else, but what was tried."""
        topic = load_catalog(self.bench.world.settings.topic_prefix).events(model.stream)
        copies: dict[str, list[Published]] = defaultdict(list)
        for key, value, headers in self.topics.records.get(topic, []):
            *own, (name, event_id), (last, correlation_id) = headers
            assert (name, last, correlation_id) == ("event_id", "correlation_id", b"c-1")
            copies[event_id.decode()].append((key, value, tuple(own)))
        for event_id, (_, each) in model.applied.items():
            must = each.record.key, each.record.value, tuple(each.record.headers)
            # One that was tried may have been published with other bytes: those of a conflict.
            right = [copy for copy in copies[event_id] if copy == must]
            others = len(copies[event_id]) - len(right)
            if not right or (others and event_id not in tried):
                yield f"events: {event_id} has {len(right)} copies, and {others} of other bytes"
            if len(right) > 1 and not repeats:
                yield f"events: {event_id} has {len(right)} copies without a reason"
        for event_id in copies.keys() - model.applied.keys() - tried:
            yield f"events: {event_id} was not applied"

    def _set_aside(self, model: Model) -> Iterator[str]:
        """Each dead letter is in its topic as well, unless Kafka does not take it."""
        topic = load_catalog(self.bench.world.settings.topic_prefix).dlq(model.stream)
        found = set()
        for key, value, headers in self.topics.records.get(topic, []):
            why = dict(headers)
            place = int(why["__dlq.errors.partition"]), int(why["__dlq.errors.offset"])
            found.add((*place, key, value))
        for place, letter in model.all_letters:
            record = letter.sent.record
            if letter.sent.flaw != "too large" and (*place, record.key, record.value) not in found:
                yield f"dead letter {place} is not in its topic"
