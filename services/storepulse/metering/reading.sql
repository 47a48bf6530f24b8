-- What statements of usage are made of, and what they say.

-- name: events
SELECT event_id::text, meter, quantity, occurred_at, period
  FROM usage_events
 WHERE store_id = %(store_id)s AND billed_period = %(period)s
 ORDER BY event_id;

-- name: before
-- Of each meter of a closed month that this month adjusts, its line in the latest statement before.
WITH adjusted AS (
    SELECT DISTINCT period AS for_period, meter
      FROM usage_events
     WHERE store_id = %(store_id)s AND billed_period = %(period)s AND period < %(period)s
)
SELECT DISTINCT ON (for_period, meter) for_period, meter, count, sum, max, last, last_at, last_id::text
  FROM usage_lines JOIN adjusted USING (for_period, meter)
 WHERE store_id = %(store_id)s AND period < %(period)s
 ORDER BY for_period, meter, period DESC;

-- name: statement
SELECT zone, starts_at, ends_at, digest, hash
  FROM usage_statements
 WHERE store_id = %(store_id)s AND period = %(period)s;

-- name: lines
SELECT for_period, meter, count, sum, max, last, last_at, last_id::text, max_change, last_change
  FROM usage_lines
 WHERE store_id = %(store_id)s AND period = %(period)s
 ORDER BY for_period <> period, for_period, meter;

-- name: statements
SELECT period, closed_at, events, hash
  FROM usage_statements WHERE store_id = %(store_id)s
 ORDER BY period DESC LIMIT %(count)s;

-- name: figures
SELECT meter, count, sum, max, last, last_at
  FROM usage_current WHERE store_id = %(store_id)s AND period = %(period)s
 ORDER BY meter;

-- name: month_now
SELECT date_trunc('month', store_day(%(store_id)s, %(now)s))::date AS period;
