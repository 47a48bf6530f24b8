-- name: stage
CREATE TEMP TABLE stage_bot_hourly (LIKE bot_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_bot_users (LIKE bot_users) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_bot_users_daily (LIKE bot_users_daily) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_bot_choices_daily (LIKE bot_choices_daily) ON COMMIT DELETE ROWS;

-- name: bot_hourly
INSERT INTO bot_hourly AS t
SELECT * FROM stage_bot_hourly ORDER BY store_id, day, hour, event_type, is_bot
ON CONFLICT (store_id, day, hour, event_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events;

-- name: bot_users
INSERT INTO bot_users AS t
SELECT * FROM stage_bot_users ORDER BY store_id, client_id
ON CONFLICT (store_id, client_id) DO UPDATE
   SET first_seen = least(t.first_seen, EXCLUDED.first_seen),
       last_seen = greatest(t.last_seen, EXCLUDED.last_seen),
       events = t.events + EXCLUDED.events,
       messages = t.messages + EXCLUDED.messages,
       user_messages = t.user_messages + EXCLUDED.user_messages,
       ai_messages = t.ai_messages + EXCLUDED.ai_messages,
       images = t.images + EXCLUDED.images,
       premium_actions = t.premium_actions + EXCLUDED.premium_actions,
       persona = CASE WHEN EXCLUDED.persona_word > t.persona_word
           THEN EXCLUDED.persona ELSE t.persona END,
       persona_word = greatest(t.persona_word, EXCLUDED.persona_word),
       story = CASE WHEN EXCLUDED.story_word > t.story_word THEN EXCLUDED.story ELSE t.story END,
       story_word = greatest(t.story_word, EXCLUDED.story_word);

-- name: bot_users_daily
-- Existing rows are filtered out first: the lookup takes no lock and leaves no dead row. `late` records changes of
-- closed days.
WITH late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'bot_users_daily', day, 1 FROM stage_bot_users_daily
     WHERE day < closed_before(now()) GROUP BY store_id, day ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
INSERT INTO bot_users_daily
SELECT s.* FROM stage_bot_users_daily s
 WHERE NOT EXISTS (SELECT FROM bot_users_daily t
                    WHERE t.store_id = s.store_id AND t.client_id = s.client_id AND t.day = s.day)
 ORDER BY s.store_id, s.client_id, s.day
ON CONFLICT DO NOTHING;

-- name: bot_choices_daily
INSERT INTO bot_choices_daily AS t
SELECT * FROM stage_bot_choices_daily ORDER BY store_id, day, kind, name
ON CONFLICT (store_id, day, kind, name) DO UPDATE
   SET events = t.events + EXCLUDED.events, selections = t.selections + EXCLUDED.selections;
