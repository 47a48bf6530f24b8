-- Figures of a store's bot. A null filter does not filter.

-- fragment: of_days
store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')

-- name: types
SELECT event_type, sum(events)::bigint AS events
  FROM bot_hourly
 WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
 GROUP BY event_type
 ORDER BY sum(events) DESC, event_type;

-- name: by_time
SELECT CASE %(interval)s WHEN 'day' THEN day END AS day,
       CASE %(interval)s WHEN 'hour' THEN hour END AS hour,
       sum(events)::bigint AS events,
       coalesce(sum(events) FILTER (WHERE event_type = 'user_message'), 0)::bigint AS user_messages,
       coalesce(sum(events) FILTER (WHERE event_type = 'ai_message'), 0)::bigint AS ai_messages,
       coalesce(sum(events) FILTER (WHERE event_type = 'image_generated'), 0)::bigint AS images,
       coalesce(sum(events) FILTER (WHERE event_type = 'premium_action'), 0)::bigint
           AS premium_actions
  FROM bot_hourly
 WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
 GROUP BY 1, 2
 ORDER BY 1, 2;

-- name: closed_users_by_day
-- The result of `users_by_day` for closed days.
SELECT count(*) AS entries, coalesce(array_agg(day), '{}')::text AS days,
       coalesce(array_agg(users), '{}')::text AS users
  FROM (SELECT day, count(*) AS users
          FROM bot_users_daily
         WHERE store_id = %(store_id)s
           AND day >= coalesce(%(first_day)s::date, '-infinity')
           AND day < %(closed_end)s::date
         GROUP BY day
         LIMIT %(most)s + 1) AS counted;

-- name: users_by_day
SELECT * FROM unnest(%(days)s::date[], %(users)s::bigint[]) AS closed (day, users)
 UNION ALL
SELECT day, count(*) FROM bot_users_daily
 WHERE {of_days} AND day >= %(closed_end)s::date
 GROUP BY day
 ORDER BY day;

-- name: distinct_users
-- Reads the primary key, which has a store's users in order, so that nothing is sorted or hashed.
SELECT count(DISTINCT client_id) AS users FROM bot_users_daily WHERE {of_days};

-- name: new_users
SELECT count(*) AS users
  FROM bot_users
 WHERE store_id = %(store_id)s
   AND first_seen >= coalesce(%(start)s::timestamptz, '-infinity')
   AND first_seen < coalesce(%(end)s::timestamptz, 'infinity');

-- name: choices
-- The first ones of each kind, by the number of events that name them.
WITH named AS (
    SELECT kind, name, sum(events)::bigint AS events, sum(selections)::bigint AS selections
      FROM bot_choices_daily
     WHERE {of_days}
     GROUP BY kind, name
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY kind ORDER BY events DESC, name) AS place
      FROM named
)
SELECT kind, name, events, selections FROM placed WHERE place <= %(count)s ORDER BY kind, place;

-- fragment: events
SELECT event_id, event_type, client_id, session_id, visitor_id, correlation_id, persona, story,
       text, image_url, is_image_inline, metadata, name, customer_id, source, occurred_at,
       received_at, is_bot
  FROM tg_analytics_events
 WHERE store_id = %(store_id)s
   AND client_id = %(client_id)s
   AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(types)s::text[] IS NULL OR event_type = ANY (%(types)s::text[]))
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: with_archived
LEFT JOIN LATERAL (
       SELECT archived_url
         FROM archived_images a
        WHERE a.store_id = %(store_id)s AND a.stream = 'bot' AND a.event_id = found.event_id
        ORDER BY field <> 'image_url', field LIMIT 1) AS archived ON true

-- name: oldest_events
SELECT found.*, archived_url
  FROM ({events}
   AND (%(after_id)s::uuid IS NULL
        OR (occurred_at, event_id) > (%(after)s::timestamptz, %(after_id)s::uuid))
 ORDER BY occurred_at, event_id
 LIMIT %(count)s) AS found
  {with_archived}
 ORDER BY occurred_at, event_id;

-- name: newest_events
SELECT found.*, archived_url
  FROM ({events}
   AND (%(after_id)s::uuid IS NULL
        OR (occurred_at, event_id) < (%(after)s::timestamptz, %(after_id)s::uuid))
 ORDER BY occurred_at DESC, event_id DESC
 LIMIT %(count)s) AS found
  {with_archived}
 ORDER BY occurred_at DESC, event_id DESC;
