-- name: cart_rows
SELECT store_id::text, count(*) FROM cart_tracking_events GROUP BY store_id;

-- name: cart_hourly
SELECT store_id::text, sum(carts)::bigint FROM cart_hourly GROUP BY store_id;

-- name: cart_products_daily
SELECT store_id::text, sum(carts)::bigint FROM cart_products_daily GROUP BY store_id;
