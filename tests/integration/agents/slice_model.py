"""What slices must leave behind, in plain Python: the real transaction is held against it.

The model goes through a slice record by record and knows nothing of columns, staging tables or
savepoints. What it must know of faults is whether the commit happened. Tables are recomputed from
the events that it counts as applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.integration.agents.slices import REFUSED
from tests.support.ingest_records import NOW_MS, Record, event_id, record

NIL_STORE = "00000000-0000-0000-0000-000000000000"
MINUTE = 60_000
#: Bytes that the model's broker takes of one record.
LARGEST = 2_000
COUNTS = ("accepted", "applied", "duplicate", "conflict", "dead")
#: What may be the matter with a record.
Flaw = Literal["", "undecodable", "refused", "too large"]
Verdict = Literal["applied", "redelivered", "hole", "replaced"]

#: Fields that the recomputed tables read, null where an event has none.
_BLANK: dict[str, tuple[str, ...]] = {
    "activity": ("visitor_id", "page_url", "referrer", "product_id", "product_name",
                 "search_query", "quantity", "value", "currency", "name", "metadata"),
    "heatmap": ("selector", "scroll_depth", "dwell_ms", "x", "y", "viewport_width"),
    "cart": ("product_id", "product_title", "generated_image_url", "person_image_url",
             "clothing_image_url"),
    "landing": ("visitor_id", "campaign_id", "value", "currency"),
    "bot": ("visitor_id", "persona", "story", "text", "image_url", "name", "customer_id",
            "email_hash"),
    "order": ("visitor_id", "order_name", "ordered_at", "value", "currency", "refunded",
              "refund_id", "refund_value", "channel", "landing_page_id", "campaign_id",
              "customer_id", "email_hash", "items"),
    "usage": ("metadata",),
    "experiment": ("visitor_id", "phase", "metric", "value", "currency", "order_id", "metadata"),
}  # fmt: skip
_ACTIVITIES = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase", "search",
               "custom")  # fmt: skip
_CHATS = ("user_message", "ai_message", "image_generated", "persona_selected", "premium_action")
_WORDS = ("created", "paid", "refunded", "cancelled", "paid")
_LANDINGS = ("PageView", "AddToCart", "Purchase", "Custom")


@dataclass(frozen=True)
class Sent:
    """A record in the log. `event`: what it says; None where it does not decode."""

    record: Record
    event: dict[str, Any] | None = None
    flaw: Flaw = ""


def sent(stream: str, store: str, number: int, variant: int, flaw: Flaw = "") -> Sent:
    """The record of an event. Two variants never have the same content."""
    if flaw == "undecodable":
        return Sent(Record(b"s-0", b"not Avro %d" % number), None, flaw)
    event = dict.fromkeys(_BLANK[stream]) | {
        "stream": stream, "store_id": store, "event_id": event_id(number),
        "session_id": f"s-{variant % 2}", "occurred_at": NOW_MS, "received_at": NOW_MS,
        "is_bot": variant % 5 == 4,
    } | _content(stream, variant)  # fmt: skip
    if flaw == "refused":
        event |= REFUSED[stream]
    given = {k: v for k, v in event.items() if k not in ("stream", "event_id")}
    made = record(stream, number, **given)
    if flaw == "too large":
        made.headers.append(("padding", bytes(LARGEST)))
    return Sent(made, event, flaw)


def _content(stream: str, variant: int) -> dict[str, Any]:
    image = "https://cdn.example/g.png" if variant % 2 else None
    match stream:
        case "activity":
            kind = _ACTIVITIES[variant % 7]
            new_image = {
                "name": "image_generated", "metadata": f'{{"image_url": "https://i.example/{variant}"}}'
            }  # fmt: skip
            return (new_image if kind == "custom" else {}) | {
                "activity_type": kind,
                "page_url": f"https://s.example/{variant}",
                "occurred_at": NOW_MS + (0, 10, 31, 62)[variant % 4] * MINUTE,
                "product_id": "p-1", "product_name": f"Shirt {variant % 3}", "quantity": 1,
                "search_query": "shirt", "value": "9.50", "currency": "EUR",
            }  # fmt: skip
        case "heatmap":
            return {
                "kind": ("click", "click", "hover")[variant % 3], "x": 10, "y": 20 + variant,
                "viewport_width": 1280, "device": "desktop", "selector": "div",
                "page_url": "https://s.example/p", "dwell_ms": variant,
            }  # fmt: skip
        case "cart":
            return {
                "store_name": f"shop-{variant % 2}.example",
                "product_id": (None, "1", "2")[variant % 3],
                "product_title": f"Shirt {variant}", "generated_image_url": image,
            }  # fmt: skip
        case "order":
            kind = _WORDS[variant % 5]
            refund = {"refund_id": f"r{variant}", "refund_value": "1.50", "value": None}
            return {
                "event_type": kind, "order_id": ("1001", "7")[variant % 2], "source": "server",
                "order_name": (None, "#1001", "#8")[variant % 3], "value": f"{variant}.25",
                "currency": "EUR", "campaign_id": (None, "summer")[variant % 2],
                "occurred_at": NOW_MS + (0, 10, 31, 62)[variant % 4] * MINUTE,
            } | (refund if kind == "refunded" else {})  # fmt: skip
        case "usage":
            return {
                "meter": ("sms", "seats")[variant % 2], "quantity": f"{variant}.25",
                "occurred_at": NOW_MS + (0, 10, 31, 62)[variant % 4] * MINUTE,
                "source": "server",
            }  # fmt: skip
        case "experiment":
            return {
                "event_type": ("Conversion", "Metric")[variant % 2], "test_id": NIL_STORE,
                "metric": (None, "margin")[variant % 2], "value": f"{variant}.25",
                "variant_id": ("blue", "control")[variant % 2],
                "occurred_at": NOW_MS + (0, 10, 31, 62)[variant % 4] * MINUTE,
            }  # fmt: skip
        case "bot":
            kind = _CHATS[variant % 5]
            drawn = {"image_url": f"https://i.example/{variant}"}
            return (drawn if kind == "image_generated" else {}) | {
                "event_type": kind, "client_id": ("42", "-1001")[variant % 2],
                "persona": (None, "Stylist", "Muse")[variant % 3], "text": f"text {variant}",
                "occurred_at": NOW_MS + (0, 10, 31, 62)[variant % 4] * MINUTE,
            }  # fmt: skip
        case _:
            kind = _LANDINGS[variant % 4]
            money = {"value": f"{variant}.25", "currency": "EUR"} if kind == "Purchase" else {}
            return {
                "event_type": kind, "event_name": "e" if kind == "Custom" else kind,
                "landing_page_id": "lp", "campaign_id": (None, "summer")[variant % 2],
                "visitor_id": f"v-{variant}", "screen_resolution": f"{variant}x1", **money,
            }  # fmt: skip


@dataclass
class PartitionLog:
    """A partition as the broker has it: records by offset, from `first` to before `end`."""

    records: dict[int, Sent] = field(default_factory=dict)
    first: int = 0
    end: int = 0

    def append(self, new: Sent, skipped: int = 0) -> None:
        """One record, after offsets that hold none: markers of transactions."""
        self.end += skipped
        self.records[self.end] = new
        self.end += 1

    def expire(self, before: int) -> None:
        """Retention: what lies below is gone."""
        self.first = max(self.first, min(before, self.end))
        self.records = {o: r for o, r in self.records.items() if o >= self.first}

    def lose(self, since: int) -> None:
        """A broker without its last records: their offsets will be given again."""
        self.end = max(self.first, min(since, self.end))
        self.records = {o: r for o, r in self.records.items() if o < self.end}


@dataclass(frozen=True)
class Letter:
    """A record that was set aside."""

    stage: str
    sent: Sent
    store_id: str | None = None
    event_id: str | None = None


Piece = Sequence[tuple[int, Sent]]


@dataclass
class Model:
    """Everything that slices of one stream and store have left behind."""

    stream: str
    store: str
    #: Hours, in milliseconds, under which good records and dead ones count.
    received: int
    stamped: int
    applied: dict[str, tuple[int, Sent]] = field(default_factory=dict)
    positions: Counter[int] = field(default_factory=Counter)
    gaps: dict[tuple[int, int], int] = field(default_factory=dict)
    counts: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)
    letters: dict[tuple[int, int], Letter] = field(default_factory=dict)
    #: Gaps and letters of logs' tails that the broker lost: what was done of them stays.
    lost_gaps: list[tuple[int, int, int]] = field(default_factory=list)
    lost_letters: list[tuple[tuple[int, int], Letter]] = field(default_factory=list)

    def verdict(self, partition: int, piece: Piece, log: PartitionLog) -> Verdict:
        """What must become of a slice, were it written now."""
        expected = self.positions[partition]
        new = [offset for offset, _ in piece if offset >= expected]
        if len(new) < len(piece) and log.end < expected:
            return "replaced"
        if not new:
            return "redelivered"
        passed_over = range(max(expected, log.first), new[0])
        return "hole" if any(o in log.records for o in passed_over) else "applied"

    def apply(self, partition: int, piece: Piece) -> Counter[str]:
        """The slice is stored; its counts by outcome."""
        tally: Counter[str] = Counter()
        for offset, each in piece:
            expected = self.positions[partition]
            if offset < expected:
                tally["redelivered"] += 1
                continue
            if offset > expected:
                self.gaps.setdefault((partition, expected), offset)
            self.positions[partition] = offset + 1
            self._take(partition, offset, each, tally)
        return tally

    def _take(self, partition: int, offset: int, each: Sent, tally: Counter[str]) -> None:
        if each.event is None:
            self._set_aside(partition, offset, Letter("decode", each), tally)
            return
        number = each.event["event_id"]
        if number in self.applied:
            first = self.applied[number][1].event
            self._count(self.store, self.received, tally, "duplicate")
            if first != each.event:
                self._count(self.store, self.received, tally, "conflict")
        elif each.flaw:
            letter = Letter("store", each, self.store, number)
            self._set_aside(partition, offset, letter, tally)
        else:
            self.applied[number] = (partition, each)
            self._count(self.store, self.received, tally, "applied")

    def _set_aside(self, partition: int, offset: int, letter: Letter, tally: Counter[str]) -> None:
        self.letters[partition, offset] = letter
        self._count(letter.store_id or NIL_STORE, self.stamped, tally, "dead")

    def _count(self, store: str, hour: int, tally: Counter[str], kind: str) -> None:
        tally[kind] += 1
        count = self.counts.setdefault((store, hour), Counter())
        count[kind] += 1
        count["accepted"] += kind != "conflict"

    def cut(self, partition: int, end: int) -> None:
        """The log is shorter than the ledger: offsets from `end` on will be other records."""
        self.positions[partition] = min(self.positions[partition], end)
        for place in [place for place in self.letters if place[0] == partition and place[1] >= end]:
            self.lost_letters.append((place, self.letters.pop(place)))
        for gap in [gap for gap in self.gaps if gap[0] == partition and gap[1] >= end]:
            self.lost_gaps.append((*gap, self.gaps.pop(gap)))

    @property
    def all_letters(self) -> list[tuple[tuple[int, int], Letter]]:
        """Letters by their places; after a loss two may stand at one place."""
        return [*self.letters.items(), *self.lost_letters]

    def events(self) -> list[dict[str, Any]]:
        """Applied events as the recomputation takes them, in order of application.

        What a heatmap's rules know of earlier clicks travels with the partition, so that there a
        session's clicks in another partition are another session's.
        """
        return [
            event | {"session_id": f"{partition} {event['session_id']}"}
            if self.stream == "heatmap"
            else event
            for partition, each in self.applied.values()
            if (event := each.event) is not None
        ]
