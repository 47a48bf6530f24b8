-- name: activity_rows
SELECT store_id::text, count(*) FROM customer_activity GROUP BY store_id;

-- name: activity_hourly
SELECT store_id::text, sum(events)::bigint FROM activity_hourly GROUP BY store_id;

-- name: activity_sessions
SELECT store_id::text, sum(events)::bigint FROM sessions GROUP BY store_id;

-- name: funnel_daily
WITH counted AS (
    SELECT store_id, day, step, is_bot, count(*) AS sessions
      FROM funnel_sessions
     CROSS JOIN generate_series(0, 4) AS step
     WHERE steps & ((1 << (step + 1)) - 1) = (1 << (step + 1)) - 1
     GROUP BY store_id, day, step, is_bot
)
SELECT store_id::text, concat(day, ' step ', step),
       coalesce(counted.sessions, 0), coalesce(stored.sessions, 0)
  FROM counted
  FULL JOIN (SELECT * FROM funnel_daily WHERE sessions <> 0) AS stored
       USING (store_id, day, step, is_bot)
 WHERE counted.sessions IS DISTINCT FROM stored.sessions
 ORDER BY 1, 2 LIMIT 20;
