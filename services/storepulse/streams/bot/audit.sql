-- name: bot_rows
SELECT store_id::text, count(*) FROM bot_events GROUP BY store_id;

-- name: bot_hourly
SELECT store_id::text, sum(events)::bigint FROM bot_hourly GROUP BY store_id;
