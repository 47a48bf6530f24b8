-- name: stage
CREATE TEMP TABLE stage_customer_activity (LIKE customer_activity INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_activity_hourly (LIKE activity_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_activity_revenue_hourly (LIKE activity_revenue_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_activity_products_daily (LIKE activity_products_daily) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_activity_searches_daily (LIKE activity_searches_daily) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_sessions (LIKE sessions) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_long_sessions (
    store_id uuid, session_id text, started_at timestamptz
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_funnel_sessions (LIKE funnel_sessions) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_pages_daily (
    store_id uuid, day date, page text, is_bot boolean, views bigint
) ON COMMIT DELETE ROWS;

-- name: customer_activity
INSERT INTO customer_activity SELECT * FROM stage_customer_activity;

-- name: activity_hourly
INSERT INTO activity_hourly AS t
SELECT * FROM stage_activity_hourly ORDER BY store_id, hour, activity_type, is_bot
ON CONFLICT (store_id, hour, activity_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events, quantity = t.quantity + EXCLUDED.quantity;

-- name: activity_revenue_hourly
INSERT INTO activity_revenue_hourly AS t
SELECT * FROM stage_activity_revenue_hourly ORDER BY store_id, hour, currency, is_bot
ON CONFLICT (store_id, hour, currency, is_bot) DO UPDATE
   SET purchases = t.purchases + EXCLUDED.purchases, revenue = t.revenue + EXCLUDED.revenue;

-- name: activity_products_daily
INSERT INTO activity_products_daily AS t
SELECT * FROM stage_activity_products_daily ORDER BY store_id, day, product_id, is_bot
ON CONFLICT (store_id, day, product_id, is_bot) DO UPDATE
   SET product_name = greatest(t.product_name COLLATE "C", EXCLUDED.product_name),
       views = t.views + EXCLUDED.views,
       adds = t.adds + EXCLUDED.adds,
       removes = t.removes + EXCLUDED.removes,
       purchases = t.purchases + EXCLUDED.purchases;

-- name: activity_searches_daily
INSERT INTO activity_searches_daily AS t
SELECT * FROM stage_activity_searches_daily ORDER BY store_id, day, term, is_bot
ON CONFLICT (store_id, day, term, is_bot) DO UPDATE SET searches = t.searches + EXCLUDED.searches;

-- name: sessions
-- Staged pieces and the stored sessions that they touch are joined again wherever no more than 30
-- minutes lie between them. The order of arrival does not matter: a late event may lengthen a
-- session or join two.
--
-- A session lasts at most 24 hours: the first event after that begins the next one. Sums cannot be
-- cut, so what may have grown too long is made again from its events, from its start on: with it,
-- every later session of the id may begin elsewhere. A session that was cut before lasted over 23.5
-- hours, or its rest would lie further away than the 30 minutes.
WITH reach AS (
    SELECT store_id, session_id, min(started_at) AS started_at, max(ended_at) AS ended_at
      FROM stage_sessions GROUP BY store_id, session_id
), locked AS (
    SELECT t.ctid AS place, t.store_id, t.session_id, t.started_at
      FROM sessions t
      JOIN reach r USING (store_id, session_id)
     WHERE t.ended_at >= r.started_at - interval '30 minutes'
       AND t.started_at <= r.ended_at + interval '30 minutes'
     ORDER BY t.store_id, t.session_id, t.started_at
       FOR UPDATE OF t
), touched AS (
    DELETE FROM sessions t USING locked l
     WHERE t.store_id = l.store_id AND t.session_id = l.session_id AND t.started_at = l.started_at
    RETURNING t.*
), pieces AS (
    SELECT * FROM stage_sessions UNION ALL SELECT * FROM touched
), edges AS (
    SELECT *, started_at - max(ended_at) OVER (
               PARTITION BY store_id, session_id ORDER BY started_at, entry_event_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS pause
      FROM pieces
), islands AS (
    SELECT *, count(*) FILTER (WHERE pause IS NULL OR pause > interval '30 minutes') OVER (
               PARTITION BY store_id, session_id ORDER BY started_at, entry_event_id) AS island
      FROM edges
), joined AS (
    SELECT store_id, session_id, min(started_at) AS started_at, max(ended_at) AS ended_at,
           max(visitor_id COLLATE "C") AS visitor_id,
           (array_agg(entry_event_id ORDER BY started_at, entry_event_id))[1] AS entry_event_id,
           (array_agg(exit_event_id ORDER BY ended_at DESC, exit_event_id DESC))[1] AS exit_event_id,
           (array_agg(entry_page ORDER BY started_at, entry_event_id))[1] AS entry_page,
           (array_agg(exit_page ORDER BY ended_at DESC, exit_event_id DESC))[1] AS exit_page,
           (array_agg(source ORDER BY started_at, entry_event_id))[1] AS source,
           sum(pages) AS pages, sum(events) AS events, bool_or(is_bot) AS is_bot
      FROM islands
     GROUP BY store_id, session_id, island
), long AS (
    INSERT INTO stage_long_sessions
    SELECT store_id, session_id, min(started_at) FROM joined
     WHERE ended_at - started_at > interval '23 hours 30 minutes'
     GROUP BY store_id, session_id
)
INSERT INTO sessions (store_id, session_id, started_at, ended_at, visitor_id, entry_event_id,
       exit_event_id, entry_page, exit_page, source, pages, events, is_bot)
SELECT * FROM joined ORDER BY store_id, session_id, started_at;

DELETE FROM sessions t USING stage_long_sessions l
 WHERE t.store_id = l.store_id AND t.session_id = l.session_id AND t.started_at >= l.started_at;

WITH RECURSIVE listed AS MATERIALIZED (
    SELECT a.*, coalesce(
               occurred_at - lag(occurred_at) OVER w <= interval '30 minutes', false) AS goes_on
      FROM stage_long_sessions l
      JOIN customer_activity a USING (store_id, session_id)
     WHERE a.occurred_at >= l.started_at
    WINDOW w AS (PARTITION BY store_id, session_id ORDER BY occurred_at, event_id)
), starts AS (
    SELECT store_id, session_id, started_at FROM stage_long_sessions
    UNION
    SELECT s.store_id, s.session_id, next.started_at
      FROM starts s
     CROSS JOIN LATERAL (
           SELECT min(e.occurred_at) AS started_at FROM listed e
            WHERE e.store_id = s.store_id AND e.session_id = s.session_id
              AND e.occurred_at > s.started_at
              AND (NOT e.goes_on OR e.occurred_at > s.started_at + interval '24 hours')) AS next
     WHERE next.started_at IS NOT NULL
), dated AS (
    SELECT e.*, (SELECT max(s.started_at) FROM starts s
                  WHERE s.store_id = e.store_id AND s.session_id = e.session_id
                    AND s.started_at <= e.occurred_at) AS started_at
      FROM listed e
)
INSERT INTO sessions (store_id, session_id, started_at, ended_at, visitor_id, entry_event_id,
       exit_event_id, entry_page, exit_page, source, pages, events, is_bot)
SELECT store_id, session_id, started_at, max(occurred_at), max(visitor_id COLLATE "C"),
       (array_agg(event_id ORDER BY occurred_at, event_id))[1],
       (array_agg(event_id ORDER BY occurred_at DESC, event_id DESC))[1],
       (array_agg(page_url ORDER BY occurred_at, event_id))[1],
       (array_agg(page_url ORDER BY occurred_at DESC, event_id DESC))[1],
       (array_agg(lower(substring(referrer FROM '^[a-zA-Z]+://(?:[^/?#@]*@)?([^/?#:]*)'))
                  ORDER BY occurred_at, event_id))[1],
       count(*) FILTER (WHERE activity_type = 'page_view'), count(*), bool_or(is_bot)
  FROM dated
 GROUP BY store_id, session_id, started_at
 ORDER BY store_id, session_id, started_at;

-- name: funnel_sessions
-- The insert asks for all of `before` first: a row that this statement has updated by then cannot be
-- locked any more and would be missing there, and its session would be counted again.
WITH before AS MATERIALIZED (
    SELECT f.* FROM funnel_sessions f
      JOIN stage_funnel_sessions USING (store_id, day, session_id, is_bot)
     ORDER BY store_id, day, session_id, is_bot
       FOR UPDATE OF f
), after AS (
    INSERT INTO funnel_sessions AS t
    SELECT s.* FROM stage_funnel_sessions s, (SELECT count(*) FROM before) AS locked
     ORDER BY store_id, day, session_id, is_bot
    ON CONFLICT (store_id, day, session_id, is_bot) DO UPDATE SET steps = t.steps | EXCLUDED.steps
    RETURNING t.*
)
INSERT INTO funnel_daily AS t (store_id, day, step, is_bot, sessions)
SELECT a.store_id, a.day, step, a.is_bot, count(*)
  FROM after a
  LEFT JOIN before b USING (store_id, day, session_id, is_bot)
 CROSS JOIN generate_series(0, 4) AS step
 CROSS JOIN LATERAL (SELECT (1 << (step + 1)) - 1 AS all_steps) AS up_to
 WHERE a.steps & all_steps = all_steps
   AND coalesce(b.steps, 0) & all_steps <> all_steps
 GROUP BY a.store_id, a.day, step, a.is_bot
 ORDER BY a.store_id, a.day, step, a.is_bot
ON CONFLICT (store_id, day, step, is_bot) DO UPDATE SET sessions = t.sessions + EXCLUDED.sessions;

-- name: pages_daily
INSERT INTO pages_daily AS t (store_id, day, page_hash, is_bot, page, views)
SELECT store_id, day, text_hash(page), is_bot, page, views
  FROM stage_pages_daily ORDER BY store_id, day, text_hash(page), is_bot
ON CONFLICT (store_id, day, page_hash, is_bot) DO UPDATE SET views = t.views + EXCLUDED.views;
