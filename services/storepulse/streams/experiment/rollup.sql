-- name: stage
CREATE TEMP TABLE stage_experiment_hourly (LIKE experiment_hourly) ON COMMIT DELETE ROWS;

-- name: experiment_hourly
INSERT INTO experiment_hourly AS t
SELECT * FROM stage_experiment_hourly ORDER BY store_id, hour, event_type, is_bot
ON CONFLICT (store_id, hour, event_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events;
