-- Figures of all campaigns of one store, for its own days or those of one time zone. `orders` are orders, each
-- counted once for the campaign of its first telling that names one, and paid events without an order.

-- fragment: asked
store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(is_own)s OR (hour >= coalesce(%(start)s::timestamptz, '-infinity')
                       AND hour < coalesce(%(end)s::timestamptz, 'infinity')))
   AND hour < coalesce(%(cut)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: local_day
CASE WHEN %(is_own)s THEN day ELSE (hour AT TIME ZONE %(tz)s)::date END

-- fragment: sold_orders
(SELECT store_id, campaign_id, day, counted_at AS hour, is_bot, currency, amount, refunded
   FROM orders
  WHERE campaign_id IS NOT NULL AND status IN ('paid', 'refunded')) AS sold_orders

-- fragment: earned
(SELECT campaign_id, {local_day} AS day, currency, purchases, revenue
   FROM campaign_revenue_hourly WHERE {asked}
 UNION ALL
 SELECT campaign_id, {local_day}, coalesce(currency, ''), 1, amount - refunded
   FROM {sold_orders} WHERE {asked} AND amount IS NOT NULL) AS earned

-- name: events
SELECT day, sum(opens)::bigint AS opens, sum(purchases)::bigint AS orders,
       sum(others)::bigint AS others
  FROM (SELECT {local_day} AS day, opens, purchases, others
          FROM campaign_hourly WHERE {asked}
        UNION ALL
        SELECT {local_day}, 0, 1, 0 FROM {sold_orders} WHERE {asked}) AS counted
 GROUP BY GROUPING SETS ((), (1))
 ORDER BY 1 NULLS FIRST;

-- name: people
-- A hash aggregate: count(DISTINCT) sorts people by id, which takes several times as long.
WITH seen AS MATERIALIZED (
    SELECT DISTINCT {local_day} AS day, tracking_id FROM campaign_people WHERE {asked}
)
SELECT NULL::date AS day, count(*) AS people FROM (SELECT DISTINCT tracking_id FROM seen) AS came
 UNION ALL
SELECT day, count(*) FROM seen GROUP BY day;

-- name: revenue
SELECT day, currency, sum(purchases)::bigint AS orders, sum(revenue) AS revenue
  FROM {earned}
 GROUP BY GROUPING SETS ((currency), (currency, day))
 ORDER BY currency;

-- name: main_currency
-- The currency with the most orders.
SELECT currency FROM {earned}
 WHERE currency <> '' GROUP BY currency ORDER BY sum(purchases) DESC, currency LIMIT 1;

-- fragment: campaigns
-- `conversion` as the sort key: −1 without people, truncated to the precision of a cursor.
WITH came AS (
    SELECT campaign_id, count(*) AS people
      FROM (SELECT DISTINCT campaign_id, tracking_id
              FROM campaign_people WHERE {asked}) AS seen
     GROUP BY campaign_id
), counted AS (
    SELECT campaign_id, sum(opens)::bigint AS opens, sum(purchases)::bigint AS orders,
           sum(others)::bigint AS others
      FROM (SELECT campaign_id, opens, purchases, others
              FROM campaign_hourly WHERE {asked}
            UNION ALL
            SELECT campaign_id, 0, 1, 0 FROM {sold_orders} WHERE {asked}) AS told
     GROUP BY campaign_id
), sold AS (
    SELECT campaign_id, sum(revenue) AS revenue
      FROM {earned} WHERE currency = %(currency)s GROUP BY campaign_id
), campaigns AS (
    SELECT campaign_id, coalesce(people, 0) AS people, opens, counted.orders, others,
           coalesce(revenue, 0) AS revenue,
           coalesce(trunc(counted.orders::numeric / nullif(people, 0), 9), -1) AS conversion,
           count(*) OVER () AS listed
      FROM counted LEFT JOIN came USING (campaign_id) LEFT JOIN sold USING (campaign_id)
)

-- name: greatest_first
-- {sort} is one of the columns; ties are broken by campaign id.
{campaigns}
SELECT * FROM campaigns
 WHERE %(after_id)s::text IS NULL OR {sort} < %(after)s
    OR ({sort} = %(after)s AND campaign_id > %(after_id)s::text)
 ORDER BY {sort} DESC, campaign_id
 LIMIT %(count)s;

-- name: least_first
{campaigns}
SELECT * FROM campaigns
 WHERE %(after_id)s::text IS NULL OR {sort} > %(after)s
    OR ({sort} = %(after)s AND campaign_id > %(after_id)s::text)
 ORDER BY {sort}, campaign_id
 LIMIT %(count)s;

-- name: revenue_of_campaigns
SELECT campaign_id, currency, sum(purchases)::bigint AS orders, sum(revenue) AS revenue
  FROM {earned}
 WHERE campaign_id = ANY(%(ids)s)
 GROUP BY campaign_id, currency
 ORDER BY campaign_id, currency;
