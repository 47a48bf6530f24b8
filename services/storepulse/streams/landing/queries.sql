-- Figures of one landing page, the total (day is null) and the days: each store's own, or those of one time zone.
-- Purchases are orders, each counted once, and purchases without an order.

-- fragment: asked
landing_page_id = %(landing_page_id)s
   AND (%(campaign_id)s::text IS NULL OR campaign_id = %(campaign_id)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(is_own)s OR (hour >= coalesce(%(start)s::timestamptz, '-infinity')
                       AND hour < coalesce(%(end)s::timestamptz, 'infinity')))
   AND hour < coalesce(%(cut)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: local_day
CASE WHEN %(is_own)s THEN day ELSE (hour AT TIME ZONE %(tz)s)::date END

-- fragment: landed_orders
(SELECT *, counted_at AS hour FROM orders) AS landed

-- fragment: is_sold
status IN ('paid', 'refunded')

-- name: events
SELECT day, sum(views)::bigint AS views, sum(clicks)::bigint AS clicks,
       sum(purchases)::bigint AS purchases, sum(others)::bigint AS others
  FROM (SELECT {local_day} AS day, views, clicks, purchases, others
          FROM landing_hourly WHERE {asked}
        UNION ALL
        SELECT {local_day}, 0, 0, 1, 0 FROM {landed_orders} WHERE {asked} AND {is_sold}) AS counted
 GROUP BY GROUPING SETS ((), (1))
 ORDER BY 1 NULLS FIRST;

-- name: visits
-- A hash aggregate: count(DISTINCT) sorts sessions by id, which takes several times as long.
WITH seen AS MATERIALIZED (
    SELECT DISTINCT {local_day} AS day, session_id FROM landing_sessions WHERE {asked}
)
SELECT NULL::date AS day, count(*) AS visits FROM (SELECT DISTINCT session_id FROM seen) AS visited
 UNION ALL
SELECT day, count(*) FROM seen GROUP BY day;

-- name: revenue
SELECT day, currency, sum(purchases)::bigint AS purchases, sum(revenue) AS revenue
  FROM (SELECT {local_day} AS day, currency, purchases, revenue
          FROM landing_revenue_hourly WHERE {asked}
        UNION ALL
        SELECT {local_day}, coalesce(currency, ''), 1, amount - refunded
          FROM {landed_orders} WHERE {asked} AND {is_sold} AND amount IS NOT NULL) AS sold
 GROUP BY GROUPING SETS ((currency), (currency, 1))
 ORDER BY currency;
