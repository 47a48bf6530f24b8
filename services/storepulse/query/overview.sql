-- Figures of a store's days by day and hour, for the overview. Days are the store's own; a UTC hour may be
-- part of two of them.

-- fragment: of_days
store_id = %(store_id)s
   AND day >= %(first_day)s::date
   AND day < %(end_day)s::date

-- name: closed_hours
-- The visitors by hour of closed days, for `visitor_hours`.
SELECT count(*) AS entries, coalesce(array_agg(day), '{}')::text AS days,
       coalesce(array_agg(hour), '{}')::text AS hours,
       coalesce(array_agg(visitors), '{}')::text AS visitors
  FROM (SELECT day, hour, count(*) AS visitors
          FROM visitors_hourly
         WHERE store_id = %(store_id)s
           AND day >= %(first_day)s::date
           AND day < %(closed_end)s::date
         GROUP BY day, hour
         LIMIT %(most)s + 1) AS counted;

-- name: visitor_hours
SELECT day, hour, visitors
  FROM unnest(%(days)s::date[], %(hours)s::timestamptz[], %(visitors)s::bigint[])
       AS closed (day, hour, visitors)
 UNION ALL
SELECT day, hour, count(*)
  FROM visitors_hourly WHERE {of_days} AND day >= %(closed_end)s::date GROUP BY day, hour;

-- name: visitor_days
SELECT day, visitors FROM unnest(%(days)s::date[], %(visitors)s::bigint[]) AS closed (day, visitors)
 UNION ALL
SELECT day, count(*) FROM visitors_daily WHERE {of_days} AND day >= %(closed_end)s::date GROUP BY day
 ORDER BY day;

-- name: visitors_until
-- The visitors of a day before a given hour.
SELECT count(DISTINCT visitor) AS visitors
  FROM visitors_hourly
 WHERE store_id = %(store_id)s AND day = %(day)s::date AND hour < %(cut)s::timestamptz;

-- name: distinct_until
-- Distinct visitors of several days; on the last day, only hours before the cut count.
SELECT count(*) AS visitors
  FROM (SELECT visitor
          FROM visitors_daily
         WHERE store_id = %(store_id)s AND day >= %(first_day)s::date AND day < %(day)s::date
        UNION
        SELECT visitor
          FROM visitors_hourly
         WHERE store_id = %(store_id)s AND day = %(day)s::date AND hour < %(cut)s::timestamptz) AS seen;

-- name: known_visitors
-- The visitors of a period who came on an earlier day too, if no more than `most` rows must be read. The
-- rows are read in the order of the key.
SELECT sum(days)::bigint AS days, count(*) FILTER (WHERE came_before AND came_now) AS returning
  FROM (SELECT count(*) AS days, bool_or(day < %(first_day)s::date) AS came_before,
               bool_or(day >= %(first_day)s::date) AS came_now
          FROM (SELECT visitor, day
                  FROM visitors_daily
                 WHERE store_id = %(store_id)s AND day < %(end_day)s::date
                 ORDER BY visitor
                 LIMIT %(most)s + 1) AS seen
         GROUP BY visitor) AS visitors;

-- name: steps_by_day
-- Sessions that began, and those that took the steps of the funnel up to a given one.
SELECT day, sum(sessions)::bigint AS sessions, sum(viewed)::bigint AS viewed,
       sum(added)::bigint AS added, sum(bought)::bigint AS bought
  FROM (SELECT day, sessions, 0 AS viewed, 0 AS added, 0 AS bought
          FROM sessions_daily
         WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
        UNION ALL
        SELECT day, 0, CASE step WHEN 0 THEN sessions ELSE 0 END,
               CASE step WHEN 2 THEN sessions ELSE 0 END, CASE step WHEN 4 THEN sessions ELSE 0 END
          FROM funnel_daily
         WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)) AS told
 GROUP BY day;

-- name: steps_by_hour
-- The same by the hour in which the session began. No day is longer than two calendar days; the index is on
-- the time.
SELECT day, date_trunc('hour', started_at, 'UTC') AS hour, count(*) AS sessions,
       count(*) FILTER (WHERE steps & 1 = 1) AS viewed,
       count(*) FILTER (WHERE steps & 7 = 7) AS added,
       count(*) FILTER (WHERE steps & 31 = 31) AS bought
  FROM sessions
 WHERE {of_days}
   AND session_id <> ''
   AND started_at >= %(start)s::timestamptz AND started_at < %(end)s::timestamptz
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY 1, 2;

-- name: carts
SELECT day, CASE WHEN %(by_hour)s THEN hour END AS hour, sum(carts)::bigint AS carts,
       sum(generated_images)::bigint AS from_image
  FROM cart_hourly
 WHERE {of_days}
   AND hour < coalesce(%(cut)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY 1, 2;

-- fragment: sold
{of_days}
   AND hour < coalesce(%(cut)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: at_hour
CASE WHEN %(by_hour)s THEN date_trunc('hour', hour, 'UTC') END

-- name: sales
-- Orders, each once, and purchases without an order, as in query/revenue. Each table is summed separately.
-- `paid`: those with an amount.
SELECT day, hour, currency, sum(orders)::bigint AS orders, sum(purchases)::bigint AS purchases,
       sum(paid)::bigint AS paid, sum(revenue) AS revenue
  FROM (SELECT day, {at_hour} AS hour, coalesce(currency, '') AS currency, count(*) AS orders,
               0 AS purchases, count(amount) AS paid, coalesce(sum(amount - refunded), 0) AS revenue
          FROM (SELECT *, counted_at AS hour FROM orders) AS told
         WHERE {sold} AND status IN ('paid', 'refunded')
         GROUP BY 1, 2, 3
        UNION ALL
        SELECT day, {at_hour}, currency, 0, sum(purchases), sum(purchases), sum(revenue)
          FROM activity_revenue_hourly WHERE {sold} GROUP BY 1, 2, 3
        UNION ALL
        SELECT day, {at_hour}, currency, 0, sum(purchases), sum(purchases), sum(revenue)
          FROM landing_revenue_hourly WHERE {sold} GROUP BY 1, 2, 3
        UNION ALL
        SELECT day, {at_hour}, currency, 0, sum(purchases), sum(purchases), sum(revenue)
          FROM campaign_revenue_hourly WHERE {sold} GROUP BY 1, 2, 3) AS told
 GROUP BY day, hour, currency;
