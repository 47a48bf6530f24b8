-- name: landing_rows
SELECT store_id::text, count(*) FROM landing_events GROUP BY store_id;

-- name: landing_hourly
SELECT store_id::text, sum(views + clicks + purchases + told_orders + others)::bigint
  FROM landing_hourly GROUP BY store_id;

-- name: landing_sessions
WITH counted AS (
    SELECT store_id, landing_page_id, campaign_id, hour, day, is_bot, count(*) AS sessions
      FROM landing_sessions
     GROUP BY store_id, landing_page_id, campaign_id, hour, day, is_bot
)
SELECT store_id::text, concat(landing_page_id, ' ', hour),
       coalesce(counted.sessions, 0), coalesce(stored.sessions, 0)
  FROM counted
  FULL JOIN (SELECT * FROM landing_hourly WHERE sessions <> 0) AS stored
       USING (store_id, landing_page_id, campaign_id, hour, day, is_bot)
 WHERE counted.sessions IS DISTINCT FROM stored.sessions
 ORDER BY 1, 2 LIMIT 20;
