-- Figures of campaigns, for each store's own days or those of one time zone. `orders` are orders, each counted once
-- for the campaign of its first telling that names one, and paid events without an order.

-- fragment: in_period
day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(is_own)s OR (hour >= coalesce(%(start)s::timestamptz, '-infinity')
                       AND hour < coalesce(%(end)s::timestamptz, 'infinity')))
   AND hour < coalesce(%(cut)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: asked
campaign_id = %(campaign_id)s
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)

-- fragment: local_day
CASE WHEN %(is_own)s THEN day ELSE (hour AT TIME ZONE %(tz)s)::date END

-- fragment: sold
(SELECT store_id, campaign_id, day, counted_at AS hour, is_bot,
        currency, amount, refunded
   FROM orders WHERE status IN ('paid', 'refunded')) AS sold

-- name: events
-- Figures of one campaign: the total (day is null) and the days.
SELECT day, sum(opens)::bigint AS opens, sum(purchases)::bigint AS orders,
       sum(others)::bigint AS others
  FROM (SELECT {local_day} AS day, opens, purchases, others
          FROM campaign_hourly WHERE {asked} AND {in_period}
        UNION ALL
        SELECT {local_day}, 0, 1, 0 FROM {sold} WHERE {asked} AND {in_period}) AS counted
 GROUP BY GROUPING SETS ((), (1))
 ORDER BY 1 NULLS FIRST;

-- name: people
-- A hash aggregate: count(DISTINCT) sorts people by id, which takes several times as long.
WITH seen AS MATERIALIZED (
    SELECT DISTINCT {local_day} AS day, store_id, tracking_id
      FROM campaign_people WHERE {asked} AND {in_period}
)
SELECT NULL::date AS day, count(*) AS people
  FROM (SELECT DISTINCT store_id, tracking_id FROM seen) AS came
 UNION ALL
SELECT day, count(*) FROM seen GROUP BY day;

-- name: revenue
SELECT day, currency, sum(purchases)::bigint AS orders, sum(revenue) AS revenue
  FROM (SELECT {local_day} AS day, currency, purchases, revenue
          FROM campaign_revenue_hourly WHERE {asked} AND {in_period}
        UNION ALL
        SELECT {local_day}, coalesce(currency, ''), 1, amount - refunded
          FROM {sold} WHERE {asked} AND {in_period} AND amount IS NOT NULL) AS earned
 GROUP BY GROUPING SETS ((currency), (currency, 1))
 ORDER BY currency;
