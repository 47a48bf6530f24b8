-- name: stage
CREATE TEMP TABLE stage_usage_hourly (LIKE usage_hourly) ON COMMIT DELETE ROWS;

-- name: usage_hourly
INSERT INTO usage_hourly AS t
SELECT * FROM stage_usage_hourly ORDER BY store_id, hour, event_type, is_bot
ON CONFLICT (store_id, hour, event_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events;
