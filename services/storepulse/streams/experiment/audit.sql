-- name: experiment_rows
SELECT store_id::text, count(*) FROM experiment_events GROUP BY store_id;

-- name: experiment_hourly
SELECT store_id::text, sum(events)::bigint FROM experiment_hourly GROUP BY store_id;
