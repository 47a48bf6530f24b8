-- name: stage
CREATE TEMP TABLE stage_campaign_hourly (LIKE campaign_hourly) ON COMMIT DELETE ROWS;

-- name: campaign_hourly
INSERT INTO campaign_hourly AS t
SELECT * FROM stage_campaign_hourly ORDER BY store_id, hour, event_type, is_bot
ON CONFLICT (store_id, hour, event_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events;
