-- name: usage_rows
SELECT store_id::text, count(*) FROM usage_events GROUP BY store_id;

-- name: usage_hourly
SELECT store_id::text, sum(events)::bigint FROM usage_hourly GROUP BY store_id;
