-- Queries on usage. Lists continue after a meter and end after `count` rows; null means all rows.

-- name: month_now
SELECT date_trunc('month', store_day(%(store_id)s, now()))::date AS period;

-- name: figures
SELECT meter, count, sum, max, last, last_at
  FROM usage_current
 WHERE store_id = %(store_id)s AND period = %(period)s
   AND (%(after_meter)s::text IS NULL OR meter > %(after_meter)s)
 ORDER BY meter LIMIT %(count)s;

-- name: figures_of_days
SELECT meter, sum(count)::bigint AS count, sum(sum) AS sum, max(max) AS max,
       (array_agg(last ORDER BY last_at DESC, last_id DESC))[1] AS last, max(last_at) AS last_at
  FROM usage_hourly
 WHERE store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity') AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(after_meter)s::text IS NULL OR meter > %(after_meter)s)
 GROUP BY meter ORDER BY meter LIMIT %(count)s;

-- name: days_of_meter
SELECT day, sum(count)::bigint AS count, sum(sum) AS sum, max(max) AS max,
       (array_agg(last ORDER BY last_at DESC, last_id DESC))[1] AS last
  FROM usage_hourly
 WHERE store_id = %(store_id)s AND meter = %(meter)s
   AND day >= %(first_day)s::date AND day < %(end_day)s::date
 GROUP BY day ORDER BY day;

-- name: adjustments
-- What late events change in closed months, as the statement of an open month will list it.
WITH late AS (
    SELECT period AS for_period, meter, count(*) AS count, sum(quantity) AS sum, max(quantity) AS max,
           (array_agg(quantity ORDER BY occurred_at DESC, event_id DESC))[1] AS last,
           (array_agg(occurred_at ORDER BY occurred_at DESC, event_id DESC))[1] AS last_at,
           (array_agg(event_id ORDER BY occurred_at DESC, event_id DESC))[1] AS last_id
      FROM usage_events
     WHERE store_id = %(store_id)s AND billed_period = %(period)s AND period <> billed_period
     GROUP BY period, meter
), before AS (
    SELECT DISTINCT ON (l.for_period, l.meter) l.*
      FROM usage_lines AS l JOIN late USING (for_period, meter)
     WHERE l.store_id = %(store_id)s AND l.period < %(period)s
     ORDER BY l.for_period, l.meter, l.period DESC
)
SELECT for_period, meter, late.count, late.sum,
       greatest(late.max, before.max) - coalesce(before.max, 0) AS max_change,
       CASE WHEN before.meter IS NULL THEN late.last
            WHEN (late.last_at, late.last_id) > (before.last_at, before.last_id) THEN late.last - before.last
            ELSE 0 END AS last_change
  FROM late LEFT JOIN before USING (for_period, meter)
 WHERE %(after_period)s::date IS NULL
    OR for_period > %(after_period)s OR for_period = %(after_period)s AND meter > %(after_meter)s::text
 ORDER BY for_period, meter LIMIT %(count)s;

-- name: statement
SELECT period, closed_at, zone, starts_at, ends_at, events, digest, hash
  FROM usage_statements WHERE store_id = %(store_id)s AND period = %(period)s;

-- name: statements
SELECT period, closed_at, zone, starts_at, ends_at, events, digest, hash
  FROM usage_statements
 WHERE store_id = %(store_id)s AND period < coalesce(%(before)s::date, 'infinity')
 ORDER BY period DESC LIMIT %(count)s;

-- name: page_of_lines
-- The month's own lines, then adjustments.
SELECT for_period, meter, count, sum, max, last, last_at, max_change, last_change
  FROM usage_lines
 WHERE store_id = %(store_id)s AND period = %(period)s
   AND (%(after_meter)s::text IS NULL
        OR (for_period <> period, for_period, meter)
         > (%(after_period)s::date <> %(period)s::date, %(after_period)s::date, %(after_meter)s::text))
 ORDER BY for_period <> period, for_period, meter LIMIT %(count)s;

-- name: lines
SELECT for_period, meter, count, sum, max, last, last_at, last_id::text AS last_id, max_change, last_change
  FROM usage_lines
 WHERE store_id = %(store_id)s AND period = %(period)s
 ORDER BY for_period <> period, for_period, meter;
