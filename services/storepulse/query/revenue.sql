-- Revenue of a store: orders, each once, and purchases with an amount and without an order.

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

-- name: revenue
-- In total (day is null) and by day. `paid`: orders and purchases with an amount. Each table is summed
-- separately, so that only a few rows must be sorted for totals and days.
SELECT day, currency, sum(orders)::bigint AS orders, sum(purchases)::bigint AS purchases,
       sum(paid)::bigint AS paid, sum(revenue) AS revenue
  FROM (SELECT {local_day} AS day, coalesce(currency, '') AS currency, count(*) AS orders,
               0 AS purchases, count(amount) AS paid, coalesce(sum(amount - refunded), 0) AS revenue
          FROM (SELECT *, counted_at AS hour FROM orders) AS told
         WHERE {asked} AND status IN ('paid', 'refunded')
         GROUP BY 1, 2
        UNION ALL
        SELECT {local_day}, currency, 0, sum(purchases), sum(purchases), sum(revenue)
          FROM activity_revenue_hourly WHERE {asked} GROUP BY 1, 2
        UNION ALL
        SELECT {local_day}, currency, 0, sum(purchases), sum(purchases), sum(revenue)
          FROM landing_revenue_hourly WHERE {asked} GROUP BY 1, 2
        UNION ALL
        SELECT {local_day}, currency, 0, sum(purchases), sum(purchases), sum(revenue)
          FROM campaign_revenue_hourly WHERE {asked} GROUP BY 1, 2) AS sold
 GROUP BY GROUPING SETS ((currency), (currency, 1))
 ORDER BY 1 NULLS FIRST, currency;
