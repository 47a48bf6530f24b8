"""What each role may do with which table: the whole of it, written down.

A row is a table; a column is a role. Letters: r reads, a adds rows, w changes rows, d deletes rows,
m vacuums (from PostgreSQL 17 on), W changes OUTCOME alone; in brackets, the only columns.
"""

from __future__ import annotations

ROLES = ("gateway", "agents", "delivery", "query", "operator")

EXPECTED = """
table                     gateway                    agents delivery  query operator
api_keys                  r                          -      -         raw   raw
stores                    r                          r      -         raw   raw
store_time_zones          r                          r      -         rawd  rawd
store_secrets             r                          -      -         raw   raw
admin_audit               -                          -      -         ra    ra
console_sessions          -                          -      rd        radw(seen_at,ends_at) rd
sign_in_links             -                          -      rd        rw(used_at) rad
schema_migrations         -                          -      -         r     r
partitioned_tables        -                          -      -         -     r

ledger_partitions         -                          raw    raw       r     r
ledger_gaps               -                          raw    raw       r     r
halted_partitions         -                          rawd   rawd      r     r
audits                    -                          -      -         ra    ra
ledger_counts             r(stream,store_id,hour)    raw    -         r     r
event_ids                 -                          ra     -         -     r

dead_letters              -                          raw    rawd      rw    rwd
dead_letter_actions       -                          a      ra        ra    ra
dead_letters_removed      -                          -      raw       r     raw

destinations              -                          -      rW        rawd  rawd
destination_breakers      -                          -      raw       rw    rw
deliveries                -                          -      rawdm     raw   rawdm
deliveries_default        -                          -      rawdm     -     rawdm
delivery_batches          -                          -      rawd      rw    rwd
delivery_attempts         -                          -      rad       r     rd
delivery_attempts_default -                          -      rad       -     rd
delivery_minutes          -                          -      rawd      r     rd
breaker_changes           -                          -      rad       ra    rad
deliveries_removed        -                          -      raw       r     raw
purchase_claims           -                          -      rawd      -     rwd
archived_images           -                          -      ra        r     r

customer_activity         -                          ra     -         r     r
activity_hourly           -                          raw    -         r     r
activity_revenue_hourly   -                          raw    -         r     r
activity_products_daily   -                          raw    -         r     r
activity_searches_daily   -                          raw    -         r     r
sessions                  -                          rawd   -         r     r
funnel_daily              -                          raw    -         r     r
sessions_daily            -                          raw    -         r     r
cart_products_weekly      -                          raw    -         r     r
late_changes              -                          raw    -         r     r

visitors_daily            -                          ra     -         r     r
visitors_hourly           -                          ra     -         r     r
pixel_calls               -                          raw    -         r     r
session_carts             -                          raw    -         r     r
pages_daily               r(store_id,day,page_hash)  raw    -         r     r
custom_events_daily       r(store_id,day,name_hash)  raw    -         r     r
web_vitals_daily          -                          raw    -         r     r
web_vitals_of_stores      -                          raw    -         r     r

pages                     r(page_id,store_id,page_hash) ra     -         r     r
heatmap_cells             -                          raw    -         r     r
heatmap_scroll            -                          raw    -         r     r
heatmap_pages_daily       -                          raw    -         r     r
heatmap_views             -                          raw    rwd       r     rwd
heatmap_elements          r(page_id,hour,selector)   raw    -         r     r
heatmap_pictures          -                          -      -         rawd  rawd

cart_tracking_events      -                          ra     -         r     r
cart_hourly               -                          raw    -         r     r
cart_products_daily       -                          raw    -         r     r
images                    -                          raw    -         r     r

landing_events            -                          ra     -         r     r
landing_hourly            r(landing_page_id)         raw    -         r     r
landing_revenue_hourly    -                          raw    -         r     r
landing_sessions          -                          ra     -         r     r

tg_analytics_events       -                          ra     -         r     r
bot_hourly                -                          raw    -         r     r
bot_users                 -                          raw    -         r     r
bot_users_daily           -                          ra     -         r     r
bot_choices_daily         -                          raw    -         r     r

pulse_events              -                          ra     -         r     r
campaign_hourly           -                          raw    -         r     r
campaign_revenue_hourly   -                          raw    -         r     r
campaign_people           -                          ra     -         r     r

orders                    -                          rawd   -         r     r
order_events              -                          ra     -         r     r
order_hourly              -                          raw    -         r     r
order_tellings            -                          raw    -         r     r
order_refunds             -                          raw    -         r     r
order_products            -                          rawd   -         r     r
order_lines               -                          rawd   -         r     r
product_sales_daily       -                          raw    -         r     r

experiment_events         -                          ra     -         r     r
experiment_hourly         -                          raw    -         r     r

meters                    r                          r      -         raw   raw
plans                     r                          r      -         rawd  rawd
plan_limits               r                          r      -         rad   rad
store_plans               r                          r      -         rad   rad
store_plan_limits         r                          r      -         rad   rad
limits_reached            -                          ra     -         r     r
usage_stores              -                          raw    -         r     rw
usage_events              -                          ra     -         r     r
usage_hourly              -                          raw    -         r     r
usage_current             r                          raw    -         r     r
usage_late                r                          raw    -         r     r
usage_statements          -                          raw    -         r     raw
usage_lines               -                          ra     -         r     ra
usage_unmetered           r                          r      -         r     r
usage_outbox              -                          rawd   -         -     r
unmetered_orders          -                          raw    -         -     r

ab_tests                  r                          r      -         rawd  rawd
ab_test_phases            r                          rw(settled_at,backfilled_at) r rawd rawd
ab_test_pauses            r                          r      -         rawd  rawd
ab_phase_metrics          r                          r      -         rawd  rawd
ab_phase_ratios           r                          r      -         rawd  rawd
ab_sources                r                          raw    -         rawd  rawd
ab_pages                  r                          r      -         rawd  rawd
ab_units                  -                          raw    rwd       -     rawd
ab_unit_sessions          -                          raw    rwd       r     rawd
ab_unit_events            -                          raw    rwd       r     rawd
ab_test_assignments       -                          raw    rwd       r     rawd
ab_rollups                -                          raw    -         r     raw
ab_metric_rollups         -                          raw    -         r     raw
ab_ratio_rollups          -                          raw    -         r     raw
ab_phase_counts           -                          raw    -         r     raw

identities                -                          raw    -         r     r
identity_links            -                          raw    -         r     r
customers                 -                          raw    -         r     r
customer_counts           -                          raw    -         r     r
people                    -                          raw    -         r     r
"""

#: What delivery changes of a destination.
OUTCOME = "w(status,status_reason,updated_at)"
#: Functions that a role may call.
FUNCTIONS = {
    "abandoned_delay": {"agents", "query", "operator"},
    "closed_before": {"agents"},
    "counted_name": {"agents", "query", "operator"},
    "customer_key": {"agents", "query", "operator"},
    "ensure_partitions": {"agents", "delivery", "operator"},
    "drop_partition": {"delivery", "operator"},
    "find_key": {"agents", "delivery"},
    "lock_identities": {"agents"},
    "lock_people": {"agents"},
    "people_figures": {"agents"},
    "store_day": {"gateway", "agents", "query", "operator"},
    "store_limits": {"gateway", "agents", "query", "operator"},
    "text_hash": {"gateway", "agents", "query", "operator"},
}


def expected_grants() -> dict[tuple[str, str], str]:
    """(table, role) -> letters, where there are any."""
    lines = [line.split() for line in EXPECTED.strip().splitlines() if line.strip()]
    assert tuple(lines[0][1:]) == ROLES
    return {
        (table, role): letters.replace("W", OUTCOME)
        for table, *row in lines[1:]
        for role, letters in zip(ROLES, row, strict=True)
        if letters != "-"
    }
