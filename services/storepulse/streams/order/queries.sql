-- Orders of a store, and which of the orders that the shop reported a browser reported too. Of those only sold
-- orders count, as in all figures of orders.

-- fragment: told
(SELECT *, counted_at AS hour FROM orders
  WHERE store_id = %(store_id)s AND told_at IS NOT NULL AND status IN ('paid', 'refunded')) AS told

-- fragment: asked
day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(is_own)s OR (hour >= coalesce(%(start)s::timestamptz, '-infinity')
                       AND hour < coalesce(%(end)s::timestamptz, 'infinity')))
   AND (%(channel)s::text IS NULL OR channel = %(channel)s)
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: local_day
CASE WHEN %(is_own)s THEN day ELSE (hour AT TIME ZONE %(tz)s)::date END

-- name: reconciliation
-- The total (day is null) and the days.
SELECT day, count(*) AS orders, count(seen_at) AS seen
  FROM (SELECT {local_day} AS day, seen_at FROM {told} WHERE {asked}) AS counted
 GROUP BY GROUPING SETS ((), (1))
 ORDER BY 1 NULLS FIRST;

-- name: unseen_revenue
-- Orders with an amount that no browser reported.
SELECT coalesce(currency, '') AS currency, count(*) AS sales, sum(amount - refunded) AS revenue
  FROM {told}
 WHERE {asked} AND seen_at IS NULL AND amount IS NOT NULL
 GROUP BY 1 ORDER BY 1;

-- name: list_orders
-- Newest first. `first_word` begins with the time and is unique per order.
SELECT order_id, order_name, counted_at, first_word, status::text, amount, currency, refunded,
       channel, customer_id, session_id, visitor_id, landing_page_id, campaign_id, told_at, seen_at,
       is_bot
  FROM orders
 WHERE store_id = %(store_id)s
   AND counted_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND counted_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND counted_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR counted_at < %(before)s::timestamptz OR first_word > %(after_word)s::text COLLATE "C")
   AND (NOT %(told)s OR told_at IS NOT NULL)
   AND (%(seen)s::boolean IS NULL OR (seen_at IS NOT NULL) = %(seen)s)
   AND (%(status)s::order_status IS NULL OR status = %(status)s::order_status)
   AND (%(channel)s::text IS NULL OR channel = %(channel)s)
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY counted_at DESC, first_word
 LIMIT %(count)s;

-- name: list_unseen
-- The same for sold orders that the shop reported and no browser did, which are few and have an index.
SELECT order_id, order_name, counted_at, first_word, status::text, amount, currency, refunded,
       channel, customer_id, session_id, visitor_id, landing_page_id, campaign_id, told_at, seen_at,
       is_bot
  FROM orders
 WHERE store_id = %(store_id)s AND told_at IS NOT NULL AND seen_at IS NULL
   AND status IN ('paid', 'refunded')
   AND counted_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND counted_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND counted_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR counted_at < %(before)s::timestamptz OR first_word > %(after_word)s::text COLLATE "C")
   AND (%(channel)s::text IS NULL OR channel = %(channel)s)
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY counted_at DESC, first_word
 LIMIT %(count)s;
