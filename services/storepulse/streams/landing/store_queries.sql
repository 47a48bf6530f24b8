-- Figures of all landing pages of one store, for its own days or those of one time zone. Purchases are orders,
-- each counted once, and purchases without an order.

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

-- fragment: landed
(SELECT store_id, landing_page_id, day, counted_at AS hour, is_bot, currency, amount, refunded
   FROM orders
  WHERE landing_page_id IS NOT NULL AND status IN ('paid', 'refunded')) AS landed

-- fragment: earned
(SELECT landing_page_id, {local_day} AS day, currency, purchases, revenue
   FROM landing_revenue_hourly WHERE {asked}
 UNION ALL
 SELECT landing_page_id, {local_day}, coalesce(currency, ''), 1, amount - refunded
   FROM {landed} WHERE {asked} AND amount IS NOT NULL) AS earned

-- name: events
SELECT day, sum(views)::bigint AS views, sum(clicks)::bigint AS clicks,
       sum(purchases)::bigint AS purchases, sum(others)::bigint AS others
  FROM (SELECT {local_day} AS day, views, clicks, purchases, others
          FROM landing_hourly WHERE {asked}
        UNION ALL
        SELECT {local_day}, 0, 0, 1, 0 FROM {landed} WHERE {asked}) AS counted
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
  FROM {earned}
 GROUP BY GROUPING SETS ((currency), (currency, day))
 ORDER BY currency;

-- name: main_currency
-- The currency with the most purchases.
SELECT currency FROM {earned}
 WHERE currency <> '' GROUP BY currency ORDER BY sum(purchases) DESC, currency LIMIT 1;

-- fragment: pages
-- `conversion` as the sort key: −1 without visits, truncated to the precision of a cursor.
WITH came AS (
    SELECT landing_page_id, count(*) AS visits
      FROM (SELECT DISTINCT landing_page_id, session_id
              FROM landing_sessions WHERE {asked}) AS visited
     GROUP BY landing_page_id
), counted AS (
    SELECT landing_page_id, sum(views)::bigint AS views, sum(clicks)::bigint AS clicks,
           sum(purchases)::bigint AS purchases, sum(others)::bigint AS others
      FROM (SELECT landing_page_id, views, clicks, purchases, others
              FROM landing_hourly WHERE {asked}
            UNION ALL
            SELECT landing_page_id, 0, 0, 1, 0 FROM {landed} WHERE {asked}) AS told
     GROUP BY landing_page_id
), sold AS (
    SELECT landing_page_id, sum(revenue) AS revenue
      FROM {earned} WHERE currency = %(currency)s GROUP BY landing_page_id
), pages AS (
    SELECT landing_page_id, coalesce(visits, 0) AS visits, views, clicks, purchases, others,
           coalesce(revenue, 0) AS revenue,
           coalesce(trunc(purchases::numeric / nullif(visits, 0), 9), -1) AS conversion,
           count(*) OVER () AS listed
      FROM counted LEFT JOIN came USING (landing_page_id) LEFT JOIN sold USING (landing_page_id)
)

-- name: greatest_first
-- {sort} is one of the columns; ties are broken by page id.
{pages}
SELECT * FROM pages
 WHERE %(after_id)s::text IS NULL OR {sort} < %(after)s
    OR ({sort} = %(after)s AND landing_page_id > %(after_id)s::text)
 ORDER BY {sort} DESC, landing_page_id
 LIMIT %(count)s;

-- name: least_first
{pages}
SELECT * FROM pages
 WHERE %(after_id)s::text IS NULL OR {sort} > %(after)s
    OR ({sort} = %(after)s AND landing_page_id > %(after_id)s::text)
 ORDER BY {sort}, landing_page_id
 LIMIT %(count)s;

-- name: revenue_of_pages
SELECT landing_page_id, currency, sum(purchases)::bigint AS purchases, sum(revenue) AS revenue
  FROM {earned}
 WHERE landing_page_id = ANY(%(ids)s)
 GROUP BY landing_page_id, currency
 ORDER BY landing_page_id, currency;
