-- name: order_rows
SELECT store_id::text, count(*) FROM order_events GROUP BY store_id;

-- name: order_hourly
SELECT store_id::text, sum(events)::bigint FROM order_hourly GROUP BY store_id;

-- name: orders
-- Orders match the tellings of their numbers. A wrong or missing one is printed: 1 in the first number if it should
-- exist, 1 in the second if it does.
WITH made AS (
    SELECT store_id, order_id, min(counted_at) AS counted_at, min(first_word) AS first_word,
           max(status) AS status, max(amount_word) AS amount_word, max(items_word) AS items_word,
           min(told_at) AS told_at, min(seen_at) AS seen_at, bool_and(is_bot) AS is_bot
      FROM order_tellings
     GROUP BY store_id, order_id HAVING min(counted_at) IS NOT NULL
)
SELECT store_id::text, concat('order ', order_id), (made.counted_at IS NOT NULL)::int::bigint,
       (o.counted_at IS NOT NULL)::int::bigint
  FROM made FULL JOIN orders o USING (store_id, order_id)
 WHERE (made.counted_at, made.first_word, made.status, made.amount_word, made.items_word,
        made.told_at, made.seen_at, made.is_bot)
       IS DISTINCT FROM (o.counted_at, o.first_word, o.status, o.amount_word, o.items_word,
                         o.told_at, o.seen_at, o.is_bot)
 ORDER BY 1, 2 LIMIT 20;
