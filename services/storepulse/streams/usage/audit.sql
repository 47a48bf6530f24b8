-- name: usage_rows
SELECT store_id::text, count(*) FROM usage_events GROUP BY store_id;

-- name: usage_hourly
SELECT store_id::text, sum(count)::bigint FROM usage_hourly GROUP BY store_id;

-- name: usage_current
SELECT store_id::text, sum(count)::bigint FROM usage_current GROUP BY store_id;

-- name: usage_statements
-- Compares the counts of a statement's lines with the rows billed in it.
WITH counted AS (
    SELECT store_id, billed_period AS period, e.period AS for_period, meter, count(*) AS count
      FROM usage_events AS e
     WHERE EXISTS (SELECT FROM usage_statements AS s
                    WHERE s.store_id = e.store_id AND s.period = e.billed_period AND s.hash IS NOT NULL)
     GROUP BY 1, 2, 3, 4
)
SELECT store_id::text, concat('statement ', period, ' of ', meter, ' in ', for_period),
       coalesce(counted.count, 0), coalesce(told.count, 0)
  FROM counted FULL JOIN usage_lines AS told USING (store_id, period, for_period, meter)
 WHERE told.count IS DISTINCT FROM counted.count
 ORDER BY 1, 2 LIMIT 20;

-- name: usage_late
-- Compares the late events that limits count with the rows billed after their month was closed.
WITH counted AS (
    SELECT store_id, billed_period AS period, meter, count(*) AS count, sum(quantity) AS sum
      FROM usage_events WHERE period <> billed_period
     GROUP BY 1, 2, 3
)
SELECT store_id::text, concat('late events of ', meter, ' in ', period),
       coalesce(counted.count, 0), coalesce(stored.count, 0)
  FROM counted FULL JOIN usage_late AS stored USING (store_id, period, meter)
 WHERE (counted.count, counted.sum) IS DISTINCT FROM (stored.count, stored.sum)
 ORDER BY 1, 2 LIMIT 20;
