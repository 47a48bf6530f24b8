-- Custom events by name and day, from all streams that have them.

-- name: stage
CREATE TEMP TABLE stage_custom_events_daily (
    store_id uuid, day date, stream text, name text, is_bot boolean, events bigint
) ON COMMIT DELETE ROWS;

-- name: custom_events_daily
INSERT INTO custom_events_daily AS t (store_id, day, name_hash, stream, is_bot, name, events)
SELECT store_id, day, text_hash(name), stream, is_bot, name, events
  FROM stage_custom_events_daily
 ORDER BY store_id, day, text_hash(name), stream, is_bot
ON CONFLICT (store_id, day, name_hash, stream, is_bot) DO UPDATE SET events = t.events + EXCLUDED.events;
