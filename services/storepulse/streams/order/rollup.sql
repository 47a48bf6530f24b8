-- name: stage
CREATE TEMP TABLE stage_order_hourly (LIKE order_hourly) ON COMMIT DELETE ROWS;

-- name: order_hourly
INSERT INTO order_hourly AS t
SELECT * FROM stage_order_hourly ORDER BY store_id, hour, event_type, is_bot
ON CONFLICT (store_id, hour, event_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events;
