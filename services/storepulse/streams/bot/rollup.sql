-- name: stage
CREATE TEMP TABLE stage_bot_hourly (LIKE bot_hourly) ON COMMIT DELETE ROWS;

-- name: bot_hourly
INSERT INTO bot_hourly AS t
SELECT * FROM stage_bot_hourly ORDER BY store_id, hour, event_type, is_bot
ON CONFLICT (store_id, hour, event_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events;
