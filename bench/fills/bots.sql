-- Chats with a store's bot: each visit is a new chat, and some go on in one that is there.

-- fragment: chats
{visits}
 CROSS JOIN generate_series(0, (n %% 3)::int) AS place
 CROSS JOIN LATERAL (
       SELECT n * 16 + place AS m, began + place * interval '20 seconds' AS at,
              1000000000 + CASE place WHEN 0 THEN n
                  ELSE floor(power(b, 4) * %(visits)s::bigint)::bigint END AS person,
              (hashint8extended(n * 16 + place, 7) & 1048575) / 1048576.0::float8 AS p
       OFFSET 0) AS chat
 CROSS JOIN LATERAL (
       SELECT CASE WHEN p < 0.38 THEN 'user_message' WHEN p < 0.76 THEN 'ai_message'
                   WHEN p < 0.84 THEN 'image_generated' WHEN p < 0.86 THEN 'image_refresh'
                   WHEN p < 0.91 THEN 'start_command' WHEN p < 0.95 THEN 'persona_selected'
                   WHEN p < 0.97 THEN 'story_selected' WHEN p < 0.98 THEN 'chat_cleared'
                   WHEN p < 0.99 THEN 'chat_continued' ELSE 'premium_action' END AS kind,
              CASE person %% 20 WHEN 0 THEN '-' ELSE '' END || person AS client_id
       OFFSET 0) AS told

-- name: tg_analytics_events
INSERT INTO tg_analytics_events (event_id, store_id, session_id, visitor_id, correlation_id, occurred_at,
       received_at, event_type, client_id, persona, story, text, image_url, is_image_inline, source,
       consent_analytics, consent_marketing, is_bot)
SELECT {event_id}, store_id, 'b-' || client_id || '-' || (began AT TIME ZONE 'UTC')::date, client_id,
       'c-' || substr(md5(m::text), 1, 24), at, at + interval '200 milliseconds', kind, client_id,
       (ARRAY['Stylist', 'Anna', 'Mentor', 'Critic'])[1 + person %% 4],
       CASE WHEN person %% 3 = 0 THEN 'story-' || person %% 12 END,
       CASE WHEN kind LIKE '%%message' THEN 'What goes with item ' || person %% 500 || ', and in which colour?' END,
       CASE WHEN kind LIKE 'image%%' THEN 'https://cdn.example/look-' || m || '.png' END, false, 'server',
       'granted', 'granted', is_bot
  FROM {chats};

-- name: bot_hourly
INSERT INTO bot_hourly
SELECT store_id, (occurred_at AT TIME ZONE 'UTC')::date, date_trunc('hour', occurred_at, 'UTC'), event_type,
       is_bot, count(*)
  FROM tg_analytics_events GROUP BY 1, 2, 3, 4, 5;

-- name: bot_users
INSERT INTO bot_users
SELECT store_id, client_id, min(occurred_at), max(occurred_at), count(*),
       count(*) FILTER (WHERE event_type IN ('user_message', 'ai_message')),
       count(*) FILTER (WHERE event_type = 'user_message'), count(*) FILTER (WHERE event_type = 'ai_message'),
       count(*) FILTER (WHERE event_type = 'image_generated'),
       count(*) FILTER (WHERE event_type = 'premium_action'),
       max(persona), max(occurred_at)::text, coalesce(max(story), ''), max(occurred_at)::text
  FROM tg_analytics_events WHERE NOT is_bot GROUP BY 1, 2;

-- name: bot_users_daily
INSERT INTO bot_users_daily
SELECT DISTINCT store_id, (occurred_at AT TIME ZONE 'UTC')::date, client_id
  FROM tg_analytics_events WHERE NOT is_bot ORDER BY 1, 3, 2;

-- name: bot_choices_daily
INSERT INTO bot_choices_daily
SELECT store_id, (occurred_at AT TIME ZONE 'UTC')::date, kind, choice, count(*),
       count(*) FILTER (WHERE event_type = kind || '_selected')
  FROM tg_analytics_events
 CROSS JOIN LATERAL (VALUES ('persona', persona), ('story', story)) AS named (kind, choice)
 WHERE NOT is_bot AND choice IS NOT NULL
 GROUP BY 1, 2, 3, 4;
