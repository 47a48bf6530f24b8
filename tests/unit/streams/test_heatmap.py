"""Heatmap cells, scroll reach, elements, rage and dead clicks: a table of examples each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.support.ingest_records import NOW_MS, event_id, record
from tests.unit.streams.frames import HOUR, SECOND, frame, frame_of, rows

from storepulse.contracts.schemas import schema_of
from storepulse.streams.heatmap import rage_clicks, selectors
from storepulse.streams.heatmap import rollup as heatmap
from storepulse.streams.heatmap.carried_clicks import CarriedClicks

Event = dict[str, Any]


def click(
    x: int = 100, y: int = 100, ms: int = 0, received: int | None = None, **more: Any
) -> Event:
    """A click `ms` after the others; received when it occurred unless said otherwise."""
    at = NOW_MS + (ms if received is None else received)
    return {"x": x, "y": y, "occurred_at": NOW_MS + ms, "received_at": at} | more


@pytest.mark.parametrize(
    ("x", "y", "width", "cell"),
    [
        (0, 0, 1280, (0, 0)),
        (1279, 15, 1280, (127, 0)),
        (1280, 16, 1280, (127, 1)),
        (640, 9_999, 1280, (64, 624)),
        (1279, 0, None, (127, 0)),
        (640, 0, 0, (64, 0)),
        (5_000, 0, 320, (127, 0)),
        (9, 0, 1280, (0, 0)),
        (10, 0, 1280, (1, 0)),
        (-5, 0, 1280, (0, 0)),
        (2**31 - 1, 0, 1280, (127, 0)),
        (0, 200_000, 1280, (0, 12_500)),
    ],
)
def test_a_point_falls_into_its_cell(
    x: int, y: int, width: int | None, cell: tuple[int, int]
) -> None:
    result = heatmap.reduce(frame("heatmap", {"x": x, "y": y, "viewport_width": width}), None)
    assert rows(result, "heatmap_cells", "col", "row", "events") == [(*cell, 1)]


@pytest.mark.parametrize(("kind", "field"), [("click", "x"), ("click", "y"), ("scroll", "depth")])
def test_what_is_missing_stays_missing_for_the_database_to_refuse(kind: str, field: str) -> None:
    event: Event = {"kind": kind} | ({field: None} if kind == "click" else {"scroll_depth": None})
    tables = heatmap.reduce(frame("heatmap", event, {"kind": "hover"}), None).tables
    name, column = {"x": ("heatmap_cells", "col"), "y": ("heatmap_cells", "row")}.get(
        field, ("heatmap_scroll", "reach")
    )
    assert tables[name][column].null_count() == 1


def test_a_row_beyond_every_page_is_refused_alone() -> None:
    tables = heatmap.reduce(frame("heatmap", {"y": 2**31 - 1}, {"y": 32}), None).tables
    assert sorted(tables["heatmap_cells"]["row"].to_list(), key=str) == [2, None]


def test_sums_of_a_slice_are_larger_than_what_is_summed() -> None:
    rest = {"kind": "hover", "dwell_ms": 2**31 - 1, "selector": "p"}
    tables = heatmap.reduce(frame("heatmap", rest, rest, rest), None).tables
    assert tables["heatmap_cells"]["dwell_ms"].to_list() == [3 * (2**31 - 1)]
    assert tables["heatmap_elements"]["dwell_ms"].to_list() == [3 * (2**31 - 1)]


def test_cells_are_told_apart_by_place_hour_device_kind_and_bot() -> None:
    events: list[Event] = [
        {},
        {},
        {"kind": "hover", "dwell_ms": 40},
        {"kind": "hover", "dwell_ms": 2},
        {"device": "mobile"},
        {"is_bot": True},
        {"occurred_at": NOW_MS - 1},
        {"page_url": "https://shop.example/other"},
        {"page_url": "https://other.example/p?q#f"},
    ]
    result = heatmap.reduce(frame("heatmap", *events), None)
    places = result.tables["pages"]
    assert places["place_no"].is_unique().all()
    what = ["page", "hour", "device", "is_bot", "kind", "events", "dwell_ms"]
    cells = result.tables["heatmap_cells"].join(places, on="place_no").select(what)
    this = datetime.fromtimestamp(NOW_MS / 1000, UTC)
    before = this - timedelta(hours=1)
    assert sorted(cells.rows()) == [
        ("/other", this, "desktop", False, "click", 1, 0),
        ("/p", before, "desktop", False, "click", 1, 0),
        ("/p", this, "desktop", False, "click", 3, 0),
        ("/p", this, "desktop", False, "hover", 2, 42),
        ("/p", this, "desktop", True, "click", 1, 0),
        ("/p", this, "mobile", False, "click", 1, 0),
    ]


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://shop.example", "/"),
        ("https://shop.example/", "/"),
        ("https://shop.example?q=1", "/"),
        ("https://shop.example#top", "/"),
        ("https://shop.example/a/b/?q=/c#d", "/a/b"),
        ("https://user:secret@shop.example:8443/a", "/a"),
        ("HTTPS://SHOP.EXAMPLE/A", "/A"),
        ("https://shop.example/%E2%82%AC/é", "/%E2%82%AC/%C3%A9"),
        ("nonsense", "/"),
    ],
)
def test_a_page_is_the_path_of_its_url(url: str, page: str) -> None:
    result = heatmap.reduce(frame("heatmap", {"page_url": url}), None)
    assert rows(result, "pages", "page") == [(page,)]


@pytest.mark.parametrize(
    ("selector", "dead"),
    [
        ("div.hero", 1),
        ("main > p", 1),
        ("abbr", 1),
        ("ul>li", 1),
        ("a", 0),
        ("main > a.more", 0),
        ("main>a", 0),
        ("A#x", 0),
        ("form input[type=text]", 0),
        ("summary:hover", 0),
        ("div[role=button]", 0),
        ("div[onclick]", 0),
        ("div.cta-button", 0),
        ("div.btn-primary", 0),
        ("span.my-button", 0),
        ("li[data-cta]", 0),
        ("a.link > img", 0),
        ("button > span.icon", 0),
        ("button svg path", 0),
        ("a:nth-child(2n + 1) > img", 0),
        ("nav a > b + i", 0),
        ("a + p", 1),
        ("a~p", 1),
        ("label ~ div span", 1),
        ("li:nth-child(2n + 1)", 1),
        ('div[title="press a button"]', 1),
        ('div[title="a > b"] > p', 1),
        ("body > div:not(.button)", 1),
        ('div[role="link"] svg', 0),
        ("div[role=presentation]", 1),
        ('div[tabindex="0"] > img', 0),
        ('div[tabindex="-1"]', 1),
        ("div.button-row", 1),
        ("div.button-row > p", 1),
        ("div.btn-group > button.btn", 0),
        ("div.buttons", 1),
        ("div.linked", 1),
        (".button__icon", 0),
        (".button--primary > svg", 0),
        ("shop-button", 0),
        ("div.card-row.btn", 0),
        ("div[", 1),
        ("  div  ", 1),
        ("", 0),
        (None, 0),
    ],
)
def test_dead_clicks_hit_what_does_not_react(selector: str | None, dead: int) -> None:
    result = heatmap.reduce(frame("heatmap", {"selector": selector}), None)
    assert rows(result, "heatmap_elements", "clicks", "dead_clicks") == [(1, dead)]


@pytest.mark.parametrize(
    ("selector", "rage"),
    [
        ("button.buy", 1),
        ("", 1),
        ("div#__next > main > button.buy", 1),
        ("button.context", 1),
        ("[aria-label=nextdoor]", 1),
        ("button.qty-plus", 0),
        ("input[type=number]", 0),
        ('input.x[type="range"]', 0),
        ("button.slick-next > svg path", 0),
        ("[aria-label=Next]", 0),
        ('button[aria-label="Increase quantity"]', 0),
        ("#prev", 0),
        ("div[role=slider]", 0),
    ],
)
def test_what_is_clicked_in_series_is_no_rage(selector: str, rage: int) -> None:
    result = heatmap.reduce(frame("heatmap", *[{"selector": selector}] * 3), None)
    assert rows(result, "heatmap_elements", "clicks", "rage_clicks") == [(3, rage)]


@pytest.mark.parametrize(("x", "y", "rage"), [(0, 0, 0), (0, 1, 1), (1, 0, 1)])
def test_clicks_from_the_keyboard_are_no_rage(x: int, y: int, rage: int) -> None:
    result = heatmap.reduce(frame("heatmap", *[{"x": x, "y": y}] * 3), None)
    assert rows(result, "heatmap_elements", "clicks", "rage_clicks") == [(3, rage)]


def test_what_is_no_rage_makes_no_other_click_so() -> None:
    stepper = {"selector": "button.qty-plus"}
    events = [stepper, stepper, {"selector": "p"}, {"selector": "p"}, stepper, {"selector": "p"}]
    result = heatmap.reduce(frame("heatmap", *events), None)
    assert rows(result, "heatmap_elements", "selector", "rage_clicks") == [
        ("button.qty-plus", 0), ("p", 1),
    ]  # fmt: skip


def test_a_hover_is_no_dead_click_and_counts_its_time() -> None:
    events: list[Event] = [
        {"selector": "p", "dwell_ms": 9},
        {"selector": "p", "kind": "hover", "dwell_ms": 7},
        {"selector": "p", "kind": "hover", "dwell_ms": None},
    ]
    result = heatmap.reduce(frame("heatmap", *events), None)
    columns = ("selector", "clicks", "dead_clicks", "hovers", "dwell_ms")
    assert rows(result, "heatmap_elements", *columns) == [("p", 1, 1, 2, 7)]


def test_no_selector_and_an_empty_one_are_the_same_element() -> None:
    result = heatmap.reduce(frame("heatmap", {"selector": None}, {"selector": ""}), None)
    assert rows(result, "heatmap_elements", "selector", "clicks") == [("", 2)]


@pytest.mark.parametrize(
    ("depth", "reach"), [(0, 0), (4, 0), (5, 1), (49, 9), (50, 10), (99, 19), (100, 20)]
)
def test_scroll_reach_is_in_twentieths(depth: int, reach: int) -> None:
    result = heatmap.reduce(frame("heatmap", {"kind": "scroll", "scroll_depth": depth}), None)
    assert rows(result, "heatmap_scroll", "reach", "events") == [(reach, 1)]
    assert rows(result, "heatmap_cells", "col") == []


THREE = [click(), click(), click()]
RAGE = [
    ("three at once", THREE, 1),
    ("two", THREE[:2], 0),
    ("each further click counts", [*THREE, click(), click()], 3),
    ("30 px apart", [click(), click(), click(130)], 1),
    ("31 px apart", [click(), click(), click(131)], 0),
    ("18 and 24 px: 30 across", [click(), click(), click(118, 124)], 1),
    ("18 and 25 px: over 30 across", [click(), click(), click(118, 125)], 0),
    ("far from the click but one", [click(70), click(), click(101)], 0),
    ("1,000 ms", [click(ms=0), click(ms=500), click(ms=1_000)], 1),
    ("1,001 ms", [click(ms=0), click(ms=500), click(ms=1_001)], 0),
    ("client clock runs backwards", [click(ms=900), click(ms=500), click(ms=0)], 1),
    ("client clock jumps back", [click(ms=1_001), click(ms=500), click(ms=0)], 0),
    ("the first arrives last", [click(ms=300), click(ms=600), click(ms=0, received=5_000)], 1),
    (
        "one that arrives late makes two so",
        [click(ms=300), click(ms=600), click(ms=900), click(ms=0, received=5_000)],
        2,
    ),
    (
        "all in the wrong order",
        [click(ms=n, received=9_000 - n) for n in (900, 700, 500, 300, 100)],
        3,
    ),
    (
        "the one that arrives late is too old for the last",
        [click(ms=500), click(ms=1_001), click(ms=0, received=5_000)],
        0,
    ),
    ("a far click between", [click(), click(), click(500), click()], 1),
    ("in the tracker's next batch", [click(ms=0), click(ms=300), click(ms=600, received=5_000)], 1),
    ("received 60 s apart", [click(received=0), click(received=0), click(received=60_000)], 1),
    ("received longer apart", [click(received=0), click(received=0), click(received=60_001)], 0),
    (
        "only one of two is within 60 s",
        [click(received=0), click(received=1), click(received=60_001)],
        0,
    ),
    ("another session between", [click(), click(session_id="t"), click(), click()], 1),
    (
        "another session moves the time on",
        [
            click(received=0),
            click(received=0),
            click(received=60_000, session_id="t"),
            click(received=60_000),
        ],
        1,
    ),
    (
        "another gateway's clock is ahead",
        [click(), click(), click(received=24 * HOUR, session_id="t"), click()],
        0,
    ),
    (
        "spooled clicks after a newer one",
        [click(received=24 * HOUR, session_id="t"), click(), click(), click()],
        1,
    ),
    ("different sessions", [click(session_id=s) for s in "abc"], 0),
    ("another store", [click(), click(), click(store_id=event_id(1))], 0),
    ("another store between", [click(), click(), click(store_id=event_id(1)), click()], 1),
    (
        "different pages",
        [click(), click(), click(page_url="https://shop.example/q")],
        0,
    ),
    (
        "one page under three URLs",
        [click(page_url=f"https://shop.example/p{end}") for end in ("", "?a=1", "#b")],
        1,
    ),
    ("a hover between does not count", [click(), click(), click(kind="hover"), click()], 1),
    ("so far apart that squares overflow", [click(0, 0), click(0, 0), click(0, 200_000)], 0),
    ("sums that wrap around", [click(0, 0), click(0, 0), click(46_340, 46_341)], 0),
]  # fmt: skip


@pytest.mark.parametrize("cut", [None, 1, 2, 3])
@pytest.mark.parametrize(("events", "rage"), [r[1:] for r in RAGE], ids=[r[0] for r in RAGE])
def test_rage_clicks_wherever_the_slices_are_cut(
    events: list[Event], rage: int, cut: int | None
) -> None:
    whole = frame("heatmap", *events)
    parts = [whole] if cut is None else [whole[:cut], whole[cut:]]
    carry, found = None, 0
    for part in parts:
        result = heatmap.reduce(part, carry)
        carry = result.carry
        found += sum(row[0] for row in rows(result, "heatmap_elements", "rage_clicks"))
    assert found == rage


def test_clicks_of_many_sessions_follow_each_other_in_offset_order() -> None:
    """Each session clicks three times in a place before it goes on to the next."""
    events = [click(100 * (n // 3), session_id=f"s-{s}") for n in range(90) for s in range(20)]
    result = heatmap.reduce(frame("heatmap", *events), None)
    assert result.tables["heatmap_elements"]["rage_clicks"].sum() == 30 * 20


@pytest.mark.parametrize("last", ["first", "middle"])
def test_a_click_that_arrives_late_adds_rage_where_the_rage_click_counts(last: str) -> None:
    """Another element, page, hour and device than any of the slice's own."""
    at = {"page_url": "https://a.example/p", "session_id": "s"}
    before = frame("heatmap", *(
        click(ms=ms, selector=f"p.{n}", device=device, viewport_width=None, is_bot=is_bot, **at)
        for n, (ms, device, is_bot) in enumerate(((0, "tablet", False), (800, "mobile", True)))
    ))  # fmt: skip
    first = heatmap.reduce(before, None)
    ms = {"first": -200, "middle": 400}[last]
    late = frame_of("heatmap", [
        record("heatmap", 7, **click(ms=ms, received=9_000, session_id="other")),
        record("heatmap", 8, **click(ms=ms, received=9_000, selector="a", **at)),
    ])  # fmt: skip
    second = heatmap.reduce(late, first.carry)
    named = second.tables["heatmap_elements"].join(second.tables["pages"], on="place_no")
    columns = ("page", "hour", "device", "is_bot", "selector", "clicks", "rage_clicks",
               "dead_clicks", "hovers", "dwell_ms")  # fmt: skip
    hour_of = datetime.fromtimestamp(NOW_MS // HOUR * HOUR / 1000, UTC)
    raging = [row for row in named.select(*columns).rows() if row[6]]
    assert raging == [("/p", hour_of, "mobile", True, "p.1", 0, 1, 0, 0, 0)]
    assert named["clicks"].sum() == second.tables["heatmap_cells"]["events"].sum() == 2


def test_a_rage_click_counts_once_however_many_arrive_late() -> None:
    parts = [
        frame("heatmap", *(click(ms=ms, event_id=event_id(n)) for n, ms in numbered))
        for numbered in ([(1, 900)], [(2, 500)], [(3, 700)], [(4, 600)], [(5, 100)])
    ]
    carry, found = None, []
    for part in parts:
        result = heatmap.reduce(part, carry)
        carry = result.carry
        found.append(result.tables["heatmap_elements"]["rage_clicks"].sum())
    assert found == [0, 0, 1, 1, 1]


def test_no_more_clicks_than_most_travel_and_see_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rage_clicks, "MOST_CARRIED", 3)
    others = [click(session_id=f"t-{n}") for n in range(2)]
    for between, rage in ((others[:1], 1), (others, 0)):
        events = [click(), *between, click(ms=1), click(ms=2)]
        for cut in range(len(events)):
            whole, carry, found = frame("heatmap", *events), None, 0
            for part in (whole[:cut], whole[cut:]):
                result = heatmap.reduce(part, carry)
                carry = result.carry
                found += sum(row[0] for row in rows(result, "heatmap_elements", "rage_clicks"))
            assert (cut, found) == (cut, rage)


def test_clicks_without_end_cost_no_more_than_most_of_a_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rage_clicks, "MOST_OF_A_PAGE", 2)
    events = [click(ms=0), click(ms=1), click(500), click(ms=2)]
    result = heatmap.reduce(frame("heatmap", *events), None)
    assert rows(result, "heatmap_elements", "rage_clicks") == [(0,)]


def test_the_carry_holds_a_minute_and_survives_slices_without_clicks() -> None:
    many = frame("heatmap", *(click(ms=n * SECOND, session_id=f"s-{n % 3}") for n in range(300)))
    carry = heatmap.reduce(many, None).carry
    assert carry is not None
    assert CarriedClicks.read(carry).numbers.height == 61
    scroll = frame("heatmap", {"kind": "scroll", "scroll_depth": 1})
    assert heatmap.reduce(scroll, carry).carry == carry
    late = frame("heatmap", click(received=HOUR, session_id="z"))
    later = heatmap.reduce(late, carry).carry
    assert later is not None
    assert CarriedClicks.read(later).numbers.height == 1


def _as_beside_other_streams(events: pl.DataFrame) -> pl.DataFrame:
    """The frame in a process that has other columns of few names too: polars numbers these names
    together, so that those of one column lie apart."""
    categories = pl.Categories.random()
    names = [*heatmap.KINDS, *heatmap.DEVICES]
    spread = [text for name in names for text in (name, *(f"{name}-{n}" for n in range(7)))]
    kept = pl.Series(spread, dtype=pl.Categorical(categories))
    told = pl.col("kind", "device").cast(pl.String).cast(kept.dtype)
    return events.with_columns(told)


def test_kinds_and_devices_are_those_of_the_schema() -> None:
    symbols = {
        column["name"]: tuple(column["type"]["symbols"])
        for column in schema_of("heatmap").document["fields"]
        if column["name"] in ("kind", "device")
    }
    assert symbols == {"kind": heatmap.KINDS, "device": heatmap.DEVICES}


@pytest.mark.parametrize("beside_others", [False, True])
def test_what_is_alike_but_for_one_thing_is_told_apart(beside_others: bool) -> None:
    """Numbers that stand for several columns must not meet where a column is at its end."""
    first = -62_135_596_800_000
    hours = [first, first + 2**26 * HOUR, *range(-HOUR, 8 * HOUR, HOUR), 2**20 * HOUR]
    hours += [253_402_300_799_999]
    devices = ["mobile", "tablet", "desktop", "unknown"]
    # Rows from the least to the greatest in columns side by side.
    points = [(x, row * 16) for x in (0, 10, 1279) for row in (-(2**15), -1, 0, 2**15 - 1)]
    events: list[Event] = [
        {"kind": kind, "occurred_at": at, "device": device, "is_bot": is_bot, "x": x, "y": y,
         "page_url": f"https://shop.example/{page}", "selector": page}
        for kind in ("click", "hover")
        for at in hours
        for device in devices
        for is_bot in (False, True)
        for x, y in points
        for page in ("a", "b")
    ]  # fmt: skip
    decoded = frame("heatmap", *events)
    if beside_others:
        decoded = _as_beside_other_streams(decoded)
    tables = heatmap.reduce(decoded, None).tables
    assert tables["pages"].height == len(hours) * len(devices) * 2 * 2
    assert tables["pages"]["place_no"].is_unique().all()
    assert tables["heatmap_cells"]["events"].to_list() == [1] * len(events)
    assert tables["heatmap_elements"]["clicks"].to_list() == [len(points)] * tables["pages"].height


def test_nothing_in_nothing_out() -> None:
    result = heatmap.reduce(frame_of("heatmap", []), None)
    assert (result.tables, result.carry) == ({}, None)


def test_marked_names_count_together_and_others_as_ever() -> None:
    at = {"page_url": "https://a.example/one", "selector": "section.one"}
    events = [
        click(**at), click(**at, folded=0), click(**at, folded=1), click(**at, folded=2),
        click(**at, folded=3), click(**{**at, "page_url": "https://a.example/two"}, folded=1),
        click(**at, folded=4), click(selector=None, page_url=at["page_url"], folded=2),
        {**at, "kind": "scroll", "scroll_depth": 50, "folded": 1},
        {**at, "kind": "hover", "dwell_ms": 3, "folded": 3},
    ]  # fmt: skip
    for number, event in enumerate(events):
        event["session_id"] = f"s-{number}"
    result = heatmap.reduce(frame("heatmap", *events), None)
    pages = dict(rows(result, "pages", "place_no", "page"))
    assert sorted(pages.values()) == ["(other)", "/one"]
    columns = ("place_no", "selector", "clicks", "dead_clicks", "hovers")
    counted = sorted(
        (pages[place], *rest) for place, *rest in rows(result, "heatmap_elements", *columns)
    )
    assert counted == [
        ("(other)", "(other)", 1, 0, 1),
        ("(other)", "section.one", 2, 2, 0),
        ("/one", "(other)", 2, 0, 0),
        ("/one", "section.one", 3, 3, 0),
    ]
    cells = rows(result, "heatmap_cells", "place_no", "kind", "events")
    assert sorted((pages[place], kind, n) for place, kind, n in cells) == [
        ("(other)", "click", 3), ("(other)", "hover", 1), ("/one", "click", 5),
    ]  # fmt: skip
    assert [pages[place] for (place,) in rows(result, "heatmap_scroll", "place_no")] == ["(other)"]


@pytest.mark.parametrize("mark", [-(2**31), 2**31 - 1, -2, 8])
def test_any_number_that_others_may_write_is_a_mark_by_its_bits(mark: int) -> None:
    result = heatmap.reduce(
        frame("heatmap", click(page_url="https://a.example/p", folded=mark)), None
    )
    assert rows(result, "pages", "page") == [("(other)" if mark & 1 else "/p",)]


def test_clicks_on_marked_pages_are_judged_where_they_count() -> None:
    clicks = [
        click(ms=100 * n, page_url=f"https://a.example/{n}", selector="div", folded=1)
        for n in range(3)
    ]
    result = heatmap.reduce(frame("heatmap", *clicks), None)
    assert rows(result, "heatmap_elements", "clicks", "rage_clicks") == [(3, 1)]


def test_selectors_are_judged_alike_when_they_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "_judged", {})
    monkeypatch.setattr(selectors, "_MOST_JUDGED", 3)
    judged = {"p": (True, False), "a": (False, False), "input[type=number]": (False, True),
              "div.next": (True, True), "": (False, False)}  # fmt: skip
    for names in (["p", "a"], ["a", "p", "div.next"], list(judged), ["p"], []):
        found = selectors.judge(pl.Series(names, dtype=pl.String))
        assert found.rows() == [judged[name] for name in names]
        assert len(selectors._judged) <= 3
