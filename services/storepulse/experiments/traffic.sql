-- The visitors of a store in its last whole days, for plans and simulations. Days are the store's own. A
-- visitor is a visitor_id, else a session; robots are left out.

-- fragment: of_days
store_id = %(store_id)s::uuid AND day >= %(first_day)s::date AND day < %(end_day)s::date

-- fragment: of_times
store_id = %(store_id)s::uuid AND occurred_at >= %(start)s::timestamptz AND occurred_at < %(end)s::timestamptz
   AND NOT is_bot

-- fragment: visitor
coalesce(visitor_id, 's:' || session_id)

-- name: span
-- The given number of whole days before today.
SELECT first_day, end_day, first_day::timestamp AT TIME ZONE zone AS start,
       end_day::timestamp AT TIME ZONE zone AS "end"
  FROM (SELECT zone, (now() AT TIME ZONE zone)::date - %(days)s::integer AS first_day,
               (now() AT TIME ZONE zone)::date AS end_day
          FROM (SELECT coalesce((SELECT zone FROM store_time_zones
                                  WHERE store_id = %(store_id)s::uuid AND from_day <= now()::date
                                  ORDER BY from_day DESC LIMIT 1), 'UTC') AS zone) AS own) AS spanned;

-- name: visitors
-- By the first of these days on which they were seen: a returning visitor is in a test already.
SELECT day, count(*) AS visitors
  FROM (SELECT min(day) AS day FROM visitors_daily WHERE {of_days} GROUP BY visitor) AS first_seen
 GROUP BY day
 ORDER BY day;

-- name: purchase
-- A row per buyer. `total` is in the currency of most purchases; null if this buyer has none in it.
WITH bought AS (
    SELECT {visitor} AS visitor, currency, amount - refunded AS amount
      FROM orders
     WHERE {of_days} AND NOT is_bot AND status IN ('paid', 'refunded')
    UNION ALL
    SELECT {visitor}, currency, value
      FROM customer_activity
     WHERE {of_times} AND activity_type = 'purchase' AND order_id IS NULL
), main AS (
    SELECT currency FROM bought WHERE amount IS NOT NULL AND currency IS NOT NULL
     GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1
)
SELECT (SELECT currency FROM main) AS currency,
       (sum(amount) FILTER (WHERE currency = (SELECT currency FROM main)))::float8 AS total
  FROM bought
 WHERE visitor IS NOT NULL
 GROUP BY visitor
 ORDER BY total NULLS FIRST;

-- name: activity
-- Visitors with an event of the type.
SELECT count(DISTINCT {visitor}) AS converters
  FROM customer_activity
 WHERE {of_times} AND activity_type = %(type)s;

-- name: custom
SELECT count(DISTINCT {visitor}) AS converters
  FROM customer_activity
 WHERE {of_times} AND activity_type = 'custom' AND name = %(name)s;
