-- The data that usage statements are made from. streams/usage/queries.sql reads the statements.

-- name: events
SELECT event_id::text, meter, quantity, occurred_at, period
  FROM usage_events
 WHERE store_id = %(store_id)s AND billed_period = %(period)s
 ORDER BY event_id, occurred_at;

-- name: before
-- For each meter of a closed month that this month adjusts, its line in the latest earlier statement.
WITH adjusted AS (
    SELECT DISTINCT period AS for_period, meter
      FROM usage_events
     WHERE store_id = %(store_id)s AND billed_period = %(period)s AND period <> billed_period
)
SELECT DISTINCT ON (for_period, meter) for_period, meter, count, sum, max, last, last_at, last_id::text
  FROM usage_lines JOIN adjusted USING (for_period, meter)
 WHERE store_id = %(store_id)s AND period < %(period)s
 ORDER BY for_period, meter, period DESC;
