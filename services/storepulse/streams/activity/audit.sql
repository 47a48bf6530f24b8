-- name: activity_rows
SELECT store_id::text, count(*) FROM customer_activity GROUP BY store_id;

-- name: activity_hourly
SELECT store_id::text, sum(events)::bigint FROM activity_hourly GROUP BY store_id;

-- name: activity_sessions
SELECT store_id::text, sum(events)::bigint FROM sessions GROUP BY store_id;

-- name: funnel_daily
WITH counted AS (
    SELECT store_id, day, step, is_bot, count(*) AS sessions
      FROM sessions
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

-- name: sessions_daily
-- Whichever figure differs shows its row; the sessions of both are printed.
WITH counted AS (
    SELECT store_id, day, is_bot, coalesce(utm_source, source, '') AS source,
           coalesce(utm_medium, '') AS medium, coalesce(utm_campaign, '') AS campaign,
           coalesce(country, '') AS country,
           count(*) AS sessions, sum(events) AS events, sum(pages) AS pages,
           count(*) FILTER (WHERE pages <= 1 AND steps & 28 = 0) AS bounces,
           count(*) FILTER (WHERE steps & 16 <> 0) AS purchases,
           sum((1000 * extract(epoch FROM ended_at - started_at))::bigint) AS duration_ms
      FROM sessions
     GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT store_id::text, concat_ws(' ', day, source, medium, campaign, country),
       coalesce(counted.sessions, 0), coalesce(stored.sessions, 0)
  FROM counted
  FULL JOIN (SELECT * FROM sessions_daily
              WHERE (sessions, events, pages, bounces, purchases, duration_ms)
                    <> (0, 0, 0, 0, 0, 0)) AS stored
       USING (store_id, day, is_bot, source, medium, campaign, country)
 WHERE (counted.sessions, counted.events, counted.pages, counted.bounces, counted.purchases,
        counted.duration_ms)
       IS DISTINCT FROM (stored.sessions, stored.events, stored.pages, stored.bounces,
                         stored.purchases, stored.duration_ms)
 ORDER BY 1, 2 LIMIT 20;
