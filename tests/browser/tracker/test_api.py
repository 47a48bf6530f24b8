"""What pages call and mark up, and how it becomes events."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.tracked_shop import STUB, Visit, flush
from tests.support.waiting import wait_until


def one_event(visit: Visit, script: str, name: str) -> dict[str, Any]:
    """The event that a call brings."""
    page = visit.open()
    page.evaluate(script)
    flush(page)
    return visit.gateway.wait_for(1, name)[0]


def test_known_types_have_their_fields(visit: Visit) -> None:
    script = (
        "storepulse.track('add_to_cart', {product_id: 7, quantity: '2', value: '9.90', extra: 1})"
    )
    event = one_event(visit, script, "add_to_cart")
    assert (event["product_id"], event["quantity"], event["value"]) == (7, 2, "9.90")
    assert event["extra"] == 1


@pytest.mark.parametrize("name", ["newsletter_signup", "constructor", "Wünsche"])
def test_other_names_are_custom_events_with_properties(visit: Visit, name: str) -> None:
    event = one_event(visit, f"storepulse.track('{name}', {{name: 'Ada', step: 2}})", name)
    assert event["activity_type"] == "custom"
    assert event["metadata"] == {"name": "Ada", "step": 2}


@pytest.mark.parametrize(
    ("order", "key"),
    [("'A-1'", "purchase:A-1"), ("1001", "purchase:1001"), ("' 7 '", "purchase:7"),
     ("undefined", None), ("''", None), ("'null'", None), ("0", None), ("'#'", None)],
)  # fmt: skip
def test_a_purchase_has_the_key_of_its_order(visit: Visit, order: str, key: str | None) -> None:
    event = one_event(
        visit, f"storepulse.purchase({{order_id: {order}, value: 5, currency: 'EUR'}})", "purchase"
    )
    assert event.get("idempotency_key") == key
    assert ("event_id" in event) == (key is None)


def test_the_customer_is_told_at_once_and_stands_on_later_events(visit: Visit) -> None:
    page = visit.open()
    page.evaluate(
        "storepulse.identify({customer_id: 'c1', customer_email: 'a@shop.example', phone: '1'});"
        "storepulse.track('later'); storepulse.purchase({order_id: '1', customer_id: 'c2'})"
    )
    flush(page)
    told, later = (visit.gateway.wait_for(1, name)[0] for name in ("identify", "later"))
    assert told["customer_id"] == later["customer_id"] == "c1"
    assert later["customer_email"] == "a@shop.example"
    assert "phone" not in later
    assert visit.gateway.wait_for(1, "purchase")[0]["customer_id"] == "c2"


def test_clicks_on_marked_elements(visit: Visit) -> None:
    visit.shop.body = """
      <button class="cta-button" data-track-product-id="7" data-track-quantity="2">
        <b>Buy</b></button>
      <a data-cta="true" id="a">Add</a>
      <span data-track="opened_size_guide" data-track-size-name="M">Sizes</span>
      <svg width="50" height="50"><rect data-track="drawn" width="50" height="50"/></svg>
      <div id="host"></div><script>
        host.attachShadow({mode: "open"}).innerHTML = "<button data-track=inside>x</button>";
      </script>"""
    page = visit.open()
    for selector in ("b", "#a", "span", "rect", "#host button"):
        page.click(selector)
    page.evaluate("document.querySelector('span').click()")  # by a script
    flush(page)
    added = visit.gateway.wait_for(2, "add_to_cart")
    assert (added[0]["product_id"], added[0]["quantity"]) == ("7", 2)
    (opened,) = visit.gateway.wait_for(1, "opened_size_guide")
    assert opened["metadata"] == {"size_name": "M"}
    visit.gateway.wait_for(1, "drawn")
    visit.gateway.wait_for(1, "inside")
    assert len(visit.gateway.events()) == 6


def test_calls_before_the_script_are_kept_and_early_references_work(visit: Visit) -> None:
    visit.shop.head = (
        STUB
        + "<script>early = storepulse.track; whole = storepulse; early('queued')</script>"
        + visit.shop.head
    )
    page = visit.open()
    page.evaluate("early('later'); whole.track('whole')")
    flush(page)
    visit.gateway.wait_for(1, "whole")
    names = [event.get("name") or event["activity_type"] for event in visit.gateway.events()]
    assert names == ["page_view", "queued", "later", "whole"]
    assert page.evaluate("whole === storepulse")


def test_what_cannot_be_told_costs_only_itself(visit: Visit) -> None:
    page = visit.open()
    page.evaluate("""
      const ring = {}; ring.ring = ring;
      storepulse.track('ring', ring);
      storepulse.track('big', {n: 10n});
      storepulse.track('getter', {get n() { throw new Error('no'); }});
      storepulse.track();
      storepulse.track(Symbol('no'));
      storepulse.identify();
      storepulse.consent(null);
      storepulse.purchase(null);
      const mine = {n: 1}; storepulse.track('fine', mine); mine.n = 2;
    """)
    flush(page)
    (fine,) = visit.gateway.wait_for(1, "fine")
    assert fine["metadata"] == {"n": 1}
    names = [event.get("name") or event["activity_type"] for event in visit.gateway.events()]
    assert "ring" not in names
    assert "big" not in names


def test_modules_hear_what_was_told_before_with_its_ids(visit: Visit) -> None:
    """A module that is loaded late: the heatmap's file is another here."""
    module = """export const start = (core) => {
      window.core = core; window.heard = []; core.hear((told) => heard.push(told));
      core.hear(() => { throw new Error("no"); });
    };"""
    visit.context.route(
        "**/tracker/heatmap.*.js",
        lambda route: route.fulfill(
            body=module,
            content_type="text/javascript",
            headers={"access-control-allow-origin": "*"},
        ),
    )
    visit.shop.head = visit.gateway.tag(heatmap=True, max_y="20000")
    page = visit.open()
    page.wait_for_function("window.heard")
    page.evaluate(
        "storepulse.purchase({order_id: '1', value: 5}); storepulse.track('named', {a: 1})"
    )
    heard = page.evaluate("heard")
    assert [told["name"] for told in heard] == ["page_view", "purchase", "named"]
    assert heard[1]["id"] == "purchase:1"
    assert heard[1]["fields"]["value"] == 5
    page.evaluate(
        "core.add('heatmap', {...core.context(), type: 'click', x: 1, y: 2});"
        "core.add('experiment', {event_type: 'Metric', metric: 'm'})"
    )
    assert page.evaluate("core.host") == visit.gateway.url + "/"
    assert page.evaluate("core.settings.maxY") == "20000"
    assert page.evaluate("core.consent().analytics") == "unknown"
    flush(page)
    events = visit.gateway.wait_for(3)
    wait_until(lambda: len(visit.gateway.posts) >= 4, seconds=30)
    assert heard[0]["id"] == events[0]["event_id"]
    assert heard[2]["id"] == events[2]["event_id"]
    (click,) = visit.gateway.events("/api/heatmap/track-batch")
    assert click["view_id"] == events[0]["view_id"]
    assert click["event_id"]
    assert click["timestamp"]
    (metric,) = visit.gateway.events("/api/ab-testing/events")
    assert metric["visitor_id"] == events[0]["visitor_id"]
    assert "page_url" not in metric
