"""The bench's traffic: reproducible, with hot spots and repeats, and valid for the product."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from itertools import islice

import polars as pl
from bench.contenders.heatmap_job import Fold
from bench.requests import body_of, requests
from bench.traffic import Shape, beacons, records
from tests.unit.streams.frames import of_plain_stores

from storepulse.contracts.decoder import decode
from storepulse.contracts.schemas import HEADER_BYTES, schema_of
from storepulse.streams.heatmap import beacon as heatmap
from storepulse.streams.heatmap.rollup import reduce

SINCE, UNTIL = 1_700_000_000_000, 1_700_003_600_000
COUNT = 4_000


def sample(shape: Shape | None = None) -> list[tuple[bytes, bytes]]:
    return list(records(shape or Shape(), SINCE, UNTIL, COUNT))


def test_the_same_seed_gives_the_same_records_and_another_seed_others() -> None:
    assert sample() == sample()
    assert sample(Shape(seed=8)) != sample()


def test_a_tenth_are_repeats_and_all_decode_with_their_keys() -> None:
    chosen = sample()
    decoded = decode(schema_of("heatmap"), [v for _, v in chosen], [k for k, _ in chosen])
    assert decoded.bad == []
    assert len(chosen) == decoded.frame.height == COUNT
    unique = decoded.frame["event_id"].n_unique()
    assert 0.88 * COUNT < unique < 0.92 * COUNT
    assert decoded.frame["store_id"].n_unique() == 10


def test_ids_are_version_7_of_the_events_own_time() -> None:
    for beacon in beacons(Shape(), SINCE, UNTIL, 200):
        parsed = uuid.UUID(beacon.event_id)
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
        assert parsed.int >> 80 == beacon.occurred_at


def test_pointers_gather_at_hot_spots() -> None:
    pages: dict[str, Counter[str | None]] = {}
    for beacon in beacons(Shape(stores=1), SINCE, UNTIL, 20_000):
        if beacon.kind == "click":
            pages.setdefault(beacon.page_url, Counter())[beacon.selector] += 1
    clicks = max(pages.values(), key=Counter.total)
    hottest = sum(count for _, count in clicks.most_common(4))
    assert len(clicks) > 20
    assert hottest > 0.4 * clicks.total()
    assert clicks.total() > 2 * sum(c.total() for c in pages.values()) / len(pages)


def test_visits_last_about_twenty_events() -> None:
    shape = Shape(open_visits=50)
    lengths = Counter(b.session_id for b in beacons(shape, SINCE, UNTIL, 20_000))
    finished = sorted(lengths.values())
    assert 17 <= finished[len(finished) // 2] <= 23


def test_requests_hold_what_the_gateway_takes() -> None:
    import msgspec

    decoder = msgspec.json.Decoder(heatmap.HeatmapBeacon)
    for raw in requests(1, UNTIL, all_identified=True, events=100):
        decoder.decode(raw.split(b"\r\n\r\n", 1)[1])
    batch = requests(50, UNTIL, all_identified=False, events=1_000)
    events = json.loads(batch[0].split(b"\r\n\r\n", 1)[1])["events"]
    assert len(batch) == 21
    assert [len(events), sum("event_id" in e for e in events)] == [50, 5]
    assert all(("event_id" in e) == ("timestamp" in e) for e in events)
    addresses = {r.split(b"X-Forwarded-For: ")[1].split(b"\r")[0] for r in batch}
    assert len(addresses) == len(batch)


def test_a_body_leaves_out_what_is_null() -> None:
    for beacon in islice(beacons(Shape(), SINCE, UNTIL, 50), 50):
        assert None not in body_of(beacon, identified=True).values()


def test_contenders_count_cells_as_the_product_does() -> None:
    schema = schema_of("heatmap")
    fold = Fold({})
    chosen = sample(Shape(duplicates=0))
    frame = decode(schema, [v for _, v in chosen], [k for k, _ in chosen]).frame
    for _, value in chosen:
        event = dict(schema.decode(value[HEADER_BYTES:]))
        event["occurred_at"] = int(event["occurred_at"].timestamp() * 1000)
        event["store_id"] = str(event["store_id"])
        fold.add(event)
    tables = reduce(of_plain_stores(frame), None).tables
    cells = tables["heatmap_cells"].join(tables["pages"], on="place_no")
    ours = Counter({
        (r["store_id"], r["page"], r["kind"], r["col"], r["row"]): r["events"]
        for r in cells.group_by("store_id", "page", "kind", "col", "row")
        .agg(pl.col("events").sum()).iter_rows(named=True)
    })  # fmt: skip
    theirs: Counter[tuple[object, ...]] = Counter()
    for (store, page, _hour, _device, kind, col, row, _bot), (events, _) in fold.cells.items():
        theirs[store, page, kind, col, row] += events
    assert ours == theirs
    assert sum(fold.scroll.values()) == tables["heatmap_scroll"]["events"].sum()
