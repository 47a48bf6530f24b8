-- Purchases of a store's days, and the pixels called for each.

-- fragment: of_days
store_id = %(store_id)s
       AND day >= coalesce(%(first_day)s::date, '-infinity')
       AND day < coalesce(%(end_day)s::date, 'infinity')
       AND (%(include_bots)s OR NOT is_bot)

-- name: coverage
-- In total (day is null) and by day. An order may have several numbers: a call under any of them is
-- a call for the order.
WITH ordered AS MATERIALIZED (
    SELECT day, order_id FROM orders WHERE {of_days} AND status IN ('paid', 'refunded')
), unnumbered AS MATERIALIZED (
    SELECT day, purchase FROM pixel_calls WHERE {of_days} AND pixel = ''
), bought AS (
    SELECT day, called.*
      FROM ordered o
     CROSS JOIN LATERAL (
           SELECT coalesce(bool_or(pixel = 'meta'), false) AS meta,
                  coalesce(bool_or(pixel = 'google'), false) AS google
             FROM order_tellings t
             JOIN pixel_calls c ON c.store_id = t.store_id AND c.purchase = 'purchase:' || t.number
            WHERE t.store_id = %(store_id)s AND t.order_id = o.order_id
              AND (%(include_bots)s OR NOT c.is_bot)) AS called
    UNION ALL
    SELECT day, called.*
      FROM unnumbered u
     CROSS JOIN LATERAL (
           SELECT coalesce(bool_or(pixel = 'meta'), false) AS meta,
                  coalesce(bool_or(pixel = 'google'), false) AS google
             FROM pixel_calls c
            WHERE c.store_id = %(store_id)s AND c.purchase = u.purchase
              AND (%(include_bots)s OR NOT c.is_bot)) AS called
)
SELECT day, count(*) AS purchases, count(*) FILTER (WHERE meta) AS meta,
       count(*) FILTER (WHERE google) AS google, count(*) FILTER (WHERE meta OR google) AS called
  FROM bought
 GROUP BY GROUPING SETS ((), (day))
 ORDER BY day NULLS FIRST;
