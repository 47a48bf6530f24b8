"""No index holds a text that may be too long for one: PostgreSQL refuses the row, for good.

Every column of text in an index has a declared bound here, from the limits of what clients send. An
index over a text without a bound, or whose columns together may be too long, fails: let it be over
a hash.
"""

from __future__ import annotations

import psycopg
import pytest

from storepulse.adapters.postgres import migrations
from storepulse.destinations.rules.event_fields import ORDER_CHARACTERS
from storepulse.domain.emails import EMAIL_CHARACTERS
from storepulse.domain.event_names import NAME_CHARACTERS
from storepulse.domain.experiments.metric_sources import CUSTOM
from storepulse.domain.experiments.names import ID_CHARACTERS, METRIC_CHARACTERS, SLUG_CHARACTERS
from storepulse.domain.plans import METER_CHARACTERS
from storepulse.domain.search_terms import TERM_CHARACTERS
from storepulse.streams.activity import beacon as activity
from storepulse.streams.activity.sessions import SOURCE_LENGTH, UTM_LENGTH
from storepulse.streams.beacon import IdText
from storepulse.streams.bot import beacon as bot
from storepulse.streams.cart import beacon as cart
from storepulse.streams.heatmap import beacon as heatmap
from storepulse.streams.landing import beacon as landing
from storepulse.streams.order.beacon import CHANNEL_CHARACTERS

#: A third of a page is 2,704 bytes; the rest is for the entry itself.
MOST_BYTES = 2_600
UTF8 = 4
#: Of names that operators and we ourselves give.
OURS = 255

ID = IdText.__metadata__[0].max_length
DOMAIN = 253
SESSION = 128
CAMPAIGN = 128
#: Of `authored_pages.ID_TEXT`.
METRIC_KEY = 64

#: Column -> most characters, and bytes that one takes.
BOUNDS: dict[str, tuple[int, int]] = {
    "activity_products_daily.product_id": (ID, UTF8),
    "activity_revenue_hourly.currency": (3, 1),
    "activity_hourly.activity_type": (32, 1),
    "activity_searches_daily.term": (TERM_CHARACTERS, UTF8),
    "bot_choices_daily.kind": (7, 1),
    "bot_choices_daily.name": (ID, UTF8),
    "bot_hourly.event_type": (32, 1),
    "bot_users.client_id": (20, 1),
    "bot_users.persona": (ID, UTF8),
    "bot_users.story": (ID, UTF8),
    "bot_users_daily.client_id": (20, 1),
    "cart_hourly.store_name": (DOMAIN, 1),
    "cart_products_weekly.product_id": (ID, UTF8),
    "cart_products_weekly.store_name": (DOMAIN, 1),
    "cart_products_daily.product_id": (ID, UTF8),
    "cart_products_daily.store_name": (DOMAIN, 1),
    "cart_tracking_events.normalised_email": (254, UTF8),
    "cart_tracking_events.product_id": (ID, UTF8),
    "cart_tracking_events.session_id": (SESSION, 1),
    "cart_tracking_events.store_name": (DOMAIN, 1),
    "customer_activity.activity_type": (32, 1),
    "customer_activity.session_id": (SESSION, 1),
    "customer_activity.visitor_id": (ID, UTF8),
    # purchase: and an order's number.
    "pixel_calls.purchase": (9 + ORDER_CHARACTERS, UTF8),
    "pixel_calls.pixel": (6, 1),
    "session_carts.session_id": (SESSION, 1),
    "sessions.session_id": (SESSION, 1),
    "sessions.visitor_id": (ID, UTF8),
    "sessions_daily.campaign": (UTM_LENGTH, UTF8),
    "sessions_daily.country": (2, 1),
    "sessions_daily.medium": (UTM_LENGTH, UTF8),
    "sessions_daily.source": (SOURCE_LENGTH, UTF8),
    "visitors_daily.visitor": (ID, UTF8),
    "visitors_hourly.visitor": (ID, UTF8),
    # SHA-256.
    "console_sessions.session_hash": (32, 1),
    "sign_in_links.link_hash": (32, 1),
    "custom_events_daily.stream": (64, 1),
    "heatmap_elements.selector": (512, UTF8),
    "images.product_id": (ID, UTF8),
    "landing_events.landing_page_id": (ID, UTF8),
    "landing_events.session_id": (SESSION, 1),
    "landing_hourly.campaign_id": (ID, UTF8),
    "landing_hourly.landing_page_id": (ID, UTF8),
    "landing_revenue_hourly.campaign_id": (ID, UTF8),
    "landing_revenue_hourly.currency": (3, 1),
    "landing_revenue_hourly.landing_page_id": (ID, UTF8),
    "landing_sessions.campaign_id": (ID, UTF8),
    "landing_sessions.landing_page_id": (ID, UTF8),
    "landing_sessions.session_id": (SESSION, 1),
    "campaign_hourly.campaign_id": (CAMPAIGN, 1),
    "campaign_people.campaign_id": (CAMPAIGN, 1),
    "campaign_people.tracking_id": (CAMPAIGN, 1),
    "campaign_revenue_hourly.campaign_id": (CAMPAIGN, 1),
    "campaign_revenue_hourly.currency": (3, 1),
    # Landing pages name campaigns as they like.
    "orders.campaign_id": (ID, UTF8),
    "orders.order_id": (ORDER_CHARACTERS, UTF8),
    "orders.channel": (CHANNEL_CHARACTERS, UTF8),
    # Time, event id and stream.
    "orders.first_word": (15 + 1 + 36 + 1 + 64, 1),
    "orders.landing_page_id": (ID, UTF8),
    "order_hourly.event_type": (32, 1),
    "experiment_hourly.event_type": (32, 1),
    "experiment_events.session_id": (SESSION, 1),
    **{
        f"{table}.unit": (2 + ID, UTF8)
        for table in ("ab_units", "ab_unit_sessions", "ab_unit_events", "ab_test_assignments")
    },
    "ab_unit_sessions.session_id": (SESSION, 1),
    "ab_unit_events.source": (7 + ID, UTF8),
    "ab_unit_events.key": (2 + ORDER_CHARACTERS, UTF8),
    **{
        f"{table}.variant_id": (ID_CHARACTERS, 1)
        for table in ("ab_rollups", "ab_metric_rollups", "ab_ratio_rollups")
    },
    **{
        f"{table}.metric": (METRIC_CHARACTERS, 1)
        for table in ("ab_metric_rollups", "ab_ratio_rollups")
    },
    "order_events.session_id": (SESSION, 1),
    "order_tellings.number": (ID, UTF8),
    "order_tellings.order_id": (ID, UTF8),
    "order_refunds.number": (ID, UTF8),
    "order_refunds.refund_id": (ID, UTF8),
    "order_products.number": (ID, UTF8),
    "order_products.product_id": (ID, UTF8),
    "orders.currency": (3, 1),
    "order_lines.order_id": (ORDER_CHARACTERS, UTF8),
    "order_lines.product_id": (ID, UTF8),
    "order_lines.currency": (3, 1),
    "product_sales_daily.product_id": (ID, UTF8),
    "product_sales_daily.currency": (3, 1),
    "pulse_events.session_id": (SESSION, 1),
    "tg_analytics_events.client_id": (20, 1),
    "usage_current.meter": (METER_CHARACTERS, 1),
    "usage_hourly.meter": (METER_CHARACTERS, 1),
    "usage_late.meter": (METER_CHARACTERS, 1),
    "usage_lines.meter": (METER_CHARACTERS, 1),
    "tg_analytics_events.session_id": (SESSION, 1),
    "identities.value": (ID, UTF8),
    "identities.to_value": (ID, UTF8),
    "identity_links.value": (ID, UTF8),
    "identity_links.to_value": (ID, UTF8),
    "identities.email": (EMAIL_CHARACTERS, UTF8),
    # s: and a session, else an identity.
    "people.value": (ID, UTF8),
    "people.owner_value": (ID, UTF8),
    # The store, the kind, and an order or a session.
    "deliveries.ordering_key": (36 + 9 + ID, UTF8),
    "deliveries.skipped_order": (ORDER_CHARACTERS, UTF8),
    "purchase_claims.order_id": (ORDER_CHARACTERS, UTF8),
    "stores.domain": (DOMAIN, 1),
    "limits_reached.level": (4, 1),
    "limits_reached.meter": (METER_CHARACTERS, 1),
    "meters.meter": (METER_CHARACTERS, 1),
    "plan_limits.meter": (METER_CHARACTERS, 1),
    "plan_limits.plan": (64, 1),
    "plans.plan": (64, 1),
    "store_plan_limits.meter": (METER_CHARACTERS, 1),
    "store_plans.plan": (64, 1),
    "store_secrets.kind": (32, 1),
    "destinations.name": (63, 1),
    # Keys of metrics and ids of variants.
    **dict.fromkeys(("ab_phase_metrics.metric", "ab_phase_ratios.metric"), (METRIC_KEY, 1)),
    "ab_sources.source": (len(CUSTOM) + NAME_CHARACTERS, UTF8),
    "ab_pages.page_type": (64, 1),
    "ab_pages.slug": (SLUG_CHARACTERS, UTF8),
    # SHA-256.
    "api_keys.key_hash": (32, 1),
    "images.image_hash": (32, 1),
    "pages.page_hash": (32, 1),
    "heatmap_pictures.page_hash": (32, 1),
    "heatmap_views.view": (16, 1),
    "pages_daily.page_hash": (32, 1),
    "custom_events_daily.name_hash": (32, 1),
    "web_vitals_daily.page_hash": (32, 1),
    "web_vitals_daily.metric": (4, 1),
    "web_vitals_of_stores.metric": (4, 1),
    # One of a few fixed phrases.
    "dead_letters.reason": (OURS, 1),
    "dead_letters.stream": (OURS, 1),
    "dead_letters.topic_id": (OURS, 1),
    "dead_letters_removed.topic": (OURS, 1),
    "halted_partitions.consumer_group": (OURS, 1),
    "halted_partitions.topic_id": (OURS, 1),
    "late_changes.figures": (OURS, 1),
    "ledger_counts.stream": (OURS, 1),
    "ledger_gaps.consumer_group": (OURS, 1),
    "ledger_gaps.topic_id": (OURS, 1),
    "ledger_partitions.consumer_group": (OURS, 1),
    "ledger_partitions.topic_id": (OURS, 1),
    "archived_images.field": (OURS, 1),
    "archived_images.stream": (OURS, 1),
    "deliveries.stream": (OURS, 1),
    "partitioned_tables.parent": (63, 1),
    "schema_migrations.name": (OURS, 1),
}

#: The same of what an index computes.
EXPRESSIONS = {
    "counted_name(name)": (NAME_CHARACTERS, UTF8),
    "((store_id)::text)": (36, 1),
    "lower(first_name), 64)": (64, UTF8),
    "lower(last_name), 64)": (64, UTF8),
}

_INDEXED = """
SELECT i.indexrelid::regclass::text, t.relname, k.place = 0 AS is_expression, a.attname,
       pg_get_indexdef(i.indexrelid)
  FROM pg_index i
  JOIN pg_class t ON t.oid = i.indrelid AND NOT t.relispartition
  JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
 CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k (place, position)
  JOIN pg_attribute entry ON entry.attrelid = i.indexrelid AND entry.attnum = k.position
  LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.place AND k.place > 0
  LEFT JOIN pg_type y ON y.oid = a.atttypid
 WHERE k.place = 0 AND entry.attlen < 0  -- a hash has a fixed length
    OR y.typcategory IN ('S', 'A') OR y.typname IN ('bytea', 'jsonb', 'json')
"""


def too_long(dsn: str) -> list[str]:
    """The indexes that may refuse a row."""
    found: list[str] = []
    widths: dict[str, int] = {}
    with psycopg.connect(dsn) as connection:
        for index, table, is_expression, column, definition in connection.execute(_INDEXED):
            bound = BOUNDS.get(f"{table}.{column}")
            if is_expression:
                computed = (EXPRESSIONS[e] for e in EXPRESSIONS if e in definition)
                bound = next(computed, None)
            if is_expression and bound is None:
                found.append(f"{index}: an expression; say here what bounds it: {definition}")
            elif bound is None:
                found.append(f"{index}: {table}.{column} has no declared bound")
            else:
                widths[index] = widths.get(index, 0) + bound[0] * bound[1]
    return found + [f"{i}: up to {w} bytes" for i, w in widths.items() if w > MOST_BYTES]


def test_no_index_refuses_a_row_that_the_gateway_accepts(dsn: str) -> None:
    migrations.up(dsn)
    assert too_long(dsn) == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX made ON pages (store_id, page)",
        "CREATE INDEX made ON customer_activity (page_url)",
        "CREATE INDEX made ON landing_events (landing_page_id, campaign_id, order_id)",
        "CREATE UNIQUE INDEX made ON dead_letters (message)",
        "CREATE INDEX made ON pages (lower(page))",
    ],
)
def test_an_index_over_a_long_text_is_found(dsn: str, statement: str) -> None:
    migrations.up(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute(statement.encode())
    assert [line for line in too_long(dsn) if line.startswith("made")]


def longest(stream: object, *names: str) -> dict[str, int]:
    """The limits of a beacon's texts, as its types declare them."""
    import msgspec

    properties = msgspec.json.schema(stream)["$defs"][stream.__name__]["properties"]  # type: ignore[attr-defined]
    found = {}
    for name in names:
        kinds = properties[name].get("anyOf", [properties[name]])
        found[name] = max(kind.get("maxLength", 0) for kind in kinds)
    return found


def test_the_bounds_are_those_of_the_input() -> None:
    ids = longest(activity.ActivityBeacon, "product_id")
    ids |= longest(cart.CartBeacon, "productId")
    ids |= longest(landing.LandingBeacon, "campaign_id")
    assert set(ids.values()) == {ID}
    assert longest(landing.LandingBeacon, "landing_page_id")["landing_page_id"] <= ID
    assert set(longest(bot.BotBeacon, "persona", "story").values()) == {ID}
    assert longest(heatmap.HeatmapBeacon, "selector") == {"selector": 512}
    assert EMAIL_CHARACTERS == 254
