"""Figures of experiments by definition: each unit's totals, from all events at once.

Sums are of decimals as reported, in exact fractions.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.exactness.model.events import EPOCH, Event, Rows, Tables, amount, grouped, moment
from storepulse.exactness.model.orders import bare, number_in

_SQL = named_sql("exactness/model/experiments", phases="", metrics="", ratios="")
#: A unit with more variants than this is measured by the smallest ones.
MOST_VARIANTS = 64
#: Of a visitor, and of each of its sessions, only this many events count, the earliest ones.
MOST_EVENTS = 10_000
_OF_ACTIVITY = (
    "page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout_start", "purchase",
    "search",
)  # fmt: skip
_OF_TYPE = {
    "AddToCart": "add_to_cart", "Purchase": "purchase", "created": "purchase", "paid": "purchase",
    "ORDER_CREATED": "purchase", "ORDER_PAID": "purchase", "Conversion": "conversion",
}  # fmt: skip


class PhaseMetric(NamedTuple):
    """A metric of a phase."""

    key: str
    kind: str
    source: str
    currency: str | None = None
    cap: Decimal | None = None


class Ratio(NamedTuple):
    """A metric defined as a ratio of two others."""

    key: str
    numerator: str
    denominator: str


@dataclass(frozen=True)
class ModelPhase:
    """A phase of a test, with the settings at its start; `ended_at` in epoch milliseconds."""

    test_id: str
    number: int
    ended_at: int | None
    window_ms: int
    pre_ms: int
    variants: tuple[str, ...]
    metrics: tuple[PhaseMetric, ...]
    ratios: tuple[Ratio, ...] = ()


#: By store.
Phases = Mapping[str, Sequence[ModelPhase]]


class Total(NamedTuple):
    """A unit's contribution to a metric."""

    y: Fraction
    x: Fraction
    events: int
    pre_events: int


def stored_phases(connection: Any) -> Phases:
    """All settled phases in PostgreSQL (`connection`: psycopg)."""
    metrics, ratios = defaultdict(list), defaultdict(list)
    for test_id, number, *metric in connection.execute(_SQL["metrics"]).fetchall():
        metrics[test_id, number].append(PhaseMetric(*metric))
    for test_id, number, *ratio in connection.execute(_SQL["ratios"]).fetchall():
        ratios[test_id, number].append(Ratio(*ratio))
    phases: dict[str, list[ModelPhase]] = defaultdict(list)
    for store, test_id, number, ended_at, window_ms, pre_ms, variants in connection.execute(
        _SQL["phases"]
    ).fetchall():
        of_phase = tuple(metrics[test_id, number]), tuple(ratios[test_id, number])
        phases[store].append(
            ModelPhase(
                test_id, number, _ms(ended_at), window_ms, pre_ms, tuple(variants), *of_phase
            )
        )
    return phases


def _ms(at: datetime | None) -> int | None:
    return None if at is None else (at - EPOCH) // timedelta(milliseconds=1)


def with_phases(events: Iterable[Event], phases: Phases) -> list[Event]:
    """The events with their stores' phases."""
    return [
        event | {"phases": phases[event["store_id"]]} if event["store_id"] in phases else event
        for event in events
    ]


def experiment_tables(events: list[Event]) -> Tables:
    """Assignments, rollups and counts of the phases in the events. An exposure with several
    copies may have them as `tellings`."""
    tables: Tables = {
        name: {}
        for name in (
            "ab_test_assignments", "ab_rollups", "ab_metric_rollups", "ab_ratio_rollups",
            "ab_phase_counts",
        )
    }  # fmt: skip
    once: list[Event] = [{}]
    told = [event | telling for event in events for telling in event.get("tellings") or once]
    for store, found in grouped(told, lambda e: e["store_id"]).items():
        for phase in found[0].get("phases") or ():
            _add_phase(tables, store, phase, found)
    return tables


def source_of(event: Event) -> str | None:
    """The metric source of events like this one; None if there is none."""
    stream = event["stream"]
    if stream == "cart":
        return "cart_add"
    kind = event.get("activity_type") if stream == "activity" else event.get("event_type")
    if stream == "activity" and kind in _OF_ACTIVITY:
        return str(kind)
    if kind == "custom" and stream == "activity":
        return f"custom:{event['name']}" if event.get("name") is not None else None
    if kind == "Custom" and stream == "landing":
        return f"custom:{event['event_name']}"
    if kind == "Metric":
        return f"metric:{event['metric']}"
    return _OF_TYPE.get(str(kind))


def unit_of(event: Event) -> str | None:
    """The unit that the event names."""
    if event.get("visitor_id"):
        return f"v:{event['visitor_id']}"
    return f"s:{event['session_id']}" if event.get("session_id") else None


def time_of(event: Event) -> int:
    """When it happened, but not later than when it was received."""
    received = event.get("received_at")
    occurred: int = event["occurred_at"]
    return occurred if received is None else min(occurred, received)


def is_exposure(event: Event) -> bool:
    """Whether it is an exposure to a variant."""
    return bool(event["stream"] == "experiment" and event["event_type"] == "Exposure")


def owners_of(events: Iterable[Event]) -> dict[str, str]:
    """By session, the unit that owns events which name only the session."""
    exposed: dict[str, tuple[int, bytes]] = {}
    for event in events:
        unit = unit_of(event)
        if is_exposure(event) and unit and event.get("session_id"):
            word = time_of(event), unit.encode()
            exposed[event["session_id"]] = min(word, exposed.get(event["session_id"], word))
    return {session: unit.decode() for session, (_, unit) in exposed.items()}


def deeds_of(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events of each unit; of several events of one order, and of copies, the earliest."""
    events = list(events)
    owners = owners_of(events)
    first: dict[tuple[str, str], Event] = {}
    for event in events:
        source = source_of(event)
        if source is None or event["is_bot"] or unit_of(event) is None:
            continue
        order = number_in(event, "order_id")
        key = source, f"o:{bare(order)}" if order else f"e:{event['event_id']}"
        first[key] = min(event, first.get(key, event), key=lambda e: (time_of(e), e["event_id"]))
    deeds = defaultdict(list)
    for event in first.values():
        unit = unit_of(event) or ""
        deeds[owners.get(unit[2:], unit) if unit.startswith("s:") else unit].append(event)
    return deeds


def _add_phase(tables: Tables, store: str, phase: ModelPhase, events: list[Event]) -> None:
    deeds = deeds_of(events)
    exposures = [
        e for e in events
        if is_exposure(e) and (e["test_id"], e["phase"]) == (phase.test_id, phase.number)
    ]  # fmt: skip
    key = (store, phase.test_id, phase.number)
    counts: Counter[str] = Counter()
    totals: dict[tuple[Any, ...], list[dict[str, Total]]] = defaultdict(list)
    for unit, seen in grouped(exposures, unit_of).items():
        variants = sorted({e["variant_id"] for e in seen}, key=str.encode)[:MOST_VARIANTS]
        is_bot = any(e["is_bot"] for e in seen)
        tables["ab_test_assignments"][store, unit, *key[1:]] = (
            moment(min(map(time_of, seen))), variants, is_bot,
        )  # fmt: skip
        ended_at = math.inf if phase.ended_at is None else phase.ended_at
        timely = [e for e in seen if e["variant_id"] in variants and time_of(e) < ended_at]
        known = {e["variant_id"] for e in timely} & {*phase.variants}
        if timely and is_bot:
            counts["bot"] += 1
        elif len(known) > 1:
            counts["multi"] += 1
        else:
            counts["mismatch"] += len({e["variant_id"] for e in timely} - known)
            if known:
                (variant,) = known
                t0 = min(time_of(e) for e in timely if e["variant_id"] == variant)
                found = _totals(phase, variant, t0, deeds.get(str(unit), []), counts)
                totals[variant, moment(t0).date()].append(found)
    named = tuple(counts[name] for name in ("multi", "bot", "currency", "mismatch"))
    if any(named):
        tables["ab_phase_counts"][key] = named
    for (variant, day), units in totals.items():
        tables["ab_rollups"][*key, variant, day] = (len(units),)
        tables["ab_metric_rollups"] |= _metric_rows(phase, (*key, variant, day), units)
        tables["ab_ratio_rollups"] |= _ratio_rows(phase, (*key, variant, day), units)


def _totals(
    phase: ModelPhase, variant: str, t0: int, deeds: list[Event], counts: Counter[str]
) -> dict[str, Total]:
    """The unit's totals by metric; notes about its events are added to `counts`."""
    end = t0 + phase.window_ms
    if phase.ended_at is not None:
        end = min(end, phase.ended_at)
    sources = {metric.source for metric in phase.metrics}
    own = _first_of_each_name(
        e for e in deeds
        if e.get("test_id") in (None, phase.test_id) and source_of(e) in sources
        and t0 - phase.pre_ms <= time_of(e) < end
    )  # fmt: skip
    post = [e for e in own if time_of(e) >= t0]
    pre = [e for e in own if time_of(e) < t0]
    counts["mismatch"] += sum(
        e.get("test_id") is not None and e.get("variant_id") not in (None, variant) for e in post
    )
    counts["currency"] += sum(
        any(
            m.source == source_of(e) and m.currency not in (None, e.get("currency"))
            for m in phase.metrics
        )
        for e in post
    )
    found = {}
    for m in phase.metrics:
        (y, events), (x, pre_events) = (_measured(m, part) for part in (post, pre))
        found[m.key] = Total(y, x, events, pre_events)
    return found


def _first_of_each_name(events: Iterable[Event]) -> list[Event]:
    """The events that count, of those that a unit has under its own name and under its
    sessions'."""
    ordered = sorted(events, key=lambda e: (time_of(e), e["event_id"], source_of(e)))
    return [e for found in grouped(ordered, unit_of).values() for e in found[:MOST_EVENTS]]


def _measured(metric: PhaseMetric, events: list[Event]) -> tuple[Fraction, int]:
    """The value of the events in a metric, and how many of them count."""
    own = [
        e for e in events
        if source_of(e) == metric.source and metric.currency in (None, e.get("currency"))
    ]  # fmt: skip
    if metric.kind == "binary":
        return Fraction(bool(own)), len(own)
    if metric.kind == "count":
        return Fraction(len(own)), len(own)
    return sum((Fraction(amount(e) or 0) for e in own), Fraction(0)), len(own)


def _moments(pairs: Iterable[tuple[Fraction, Fraction]]) -> Iterator[Decimal]:
    """Sums of y, y², x, x² and xy."""
    listed = list(pairs)
    for product in (
        lambda y, _: y, lambda y, _: y * y, lambda _, x: x, lambda _, x: x * x, lambda y, x: x * y,
    ):  # fmt: skip
        yield _decimal(sum((product(y, x) for y, x in listed), Fraction(0)))


def _decimal(number: Fraction) -> Decimal:
    """For a number with at most eight decimals."""
    scaled = number * 10**8
    if scaled.denominator != 1:
        raise ValueError(f"{number} has more than eight decimals")
    return Decimal(scaled.numerator).scaleb(-8)


def _metric_rows(phase: ModelPhase, key: tuple[Any, ...], units: list[dict[str, Total]]) -> Rows:
    rows = {}
    for m in phase.metrics:
        totals = [unit[m.key] for unit in units]
        if not any(t.events or t.pre_events for t in totals):
            continue
        capped: list[Decimal | None] = [None] * 5
        if m.cap is not None:
            cap = Fraction(m.cap)
            capped = [*_moments((min(t.y, cap), min(t.x, cap)) for t in totals)]
        rows[*key, m.key] = (
            sum(t.events > 0 for t in totals),
            sum(t.events for t in totals),
            sum(t.pre_events > 0 for t in totals),
            *_moments((t.y, t.x) for t in totals),
            *capped,
        )
    return rows


def _ratio_rows(phase: ModelPhase, key: tuple[Any, ...], units: list[dict[str, Total]]) -> Rows:
    caps = {m.key: m.cap for m in phase.metrics}

    def capped(total: Total, metric: str) -> Fraction:
        cap = caps[metric]
        return total.y if cap is None else min(total.y, Fraction(cap))

    rows = {}
    for ratio in phase.ratios:
        pairs = [(unit[ratio.numerator], unit[ratio.denominator]) for unit in units]
        plain = sum((n.y * d.y for n, d in pairs), Fraction(0))
        kept = sum(
            (capped(n, ratio.numerator) * capped(d, ratio.denominator) for n, d in pairs),
            Fraction(0),
        )
        has_cap = caps[ratio.numerator] is not None or caps[ratio.denominator] is not None
        if plain or (has_cap and kept):
            rows[*key, ratio.key] = (_decimal(plain), _decimal(kept) if has_cap else None)
    return rows
