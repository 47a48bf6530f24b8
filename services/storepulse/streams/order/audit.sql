-- name: order_rows
SELECT store_id::text, count(*) FROM order_events GROUP BY store_id;

-- name: order_hourly
SELECT store_id::text, sum(events)::bigint FROM order_hourly GROUP BY store_id;
