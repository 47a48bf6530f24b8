-- name: bot_rows
SELECT store_id::text, count(*) FROM tg_analytics_events GROUP BY store_id;

-- name: bot_hourly
SELECT store_id::text, sum(events)::bigint FROM bot_hourly GROUP BY store_id;

-- name: bot_users
-- A user has as many events as rows that are not a robot's.
WITH of_rows AS (
    SELECT store_id, client_id, count(*) AS events
      FROM tg_analytics_events WHERE NOT is_bot GROUP BY store_id, client_id
)
SELECT store_id::text, concat('user ', client_id), coalesce(of_rows.events, 0),
       coalesce(stored.events, 0)
  FROM of_rows FULL JOIN bot_users AS stored USING (store_id, client_id)
 WHERE of_rows.events IS DISTINCT FROM stored.events
 ORDER BY 1, 2 LIMIT 20;

-- name: bot_users_daily
-- store_day is called once per quarter of an hour: all time zones differ from UTC by whole quarters.
WITH told AS (
    SELECT DISTINCT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z') AS at, client_id
      FROM tg_analytics_events WHERE NOT is_bot
), days AS (
    SELECT store_id, at, store_day(store_id, at) AS day FROM (SELECT DISTINCT store_id, at FROM told) AS t
), of_rows AS (
    SELECT DISTINCT store_id, day, client_id, true AS is_told FROM told JOIN days USING (store_id, at)
), stored AS (
    SELECT store_id, day, client_id, true AS is_stored FROM bot_users_daily
)
SELECT store_id::text, concat(day, ' bot users'), count(is_told), count(is_stored)
  FROM of_rows FULL JOIN stored USING (store_id, day, client_id)
 GROUP BY store_id, day
HAVING bool_or(is_told IS NULL OR is_stored IS NULL)
 ORDER BY 1, day LIMIT 20;
