-- name: stage
CREATE TEMP TABLE stage_activity_hourly (LIKE activity_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_activity_revenue_hourly (LIKE activity_revenue_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_activity_products_daily (LIKE activity_products_daily) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_activity_searches_daily (LIKE activity_searches_daily) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_sessions (LIKE sessions) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_pages_daily (
    store_id uuid, day date, page_hash bytea, is_bot boolean, page text, views bigint, entries bigint,
    exits bigint
) ON COMMIT DELETE ROWS;

-- name: activity_hourly
INSERT INTO activity_hourly AS t
SELECT * FROM stage_activity_hourly ORDER BY store_id, hour, activity_type, is_bot
ON CONFLICT (store_id, hour, activity_type, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events, quantity = t.quantity + EXCLUDED.quantity;

-- name: activity_revenue_hourly
INSERT INTO activity_revenue_hourly AS t
SELECT * FROM stage_activity_revenue_hourly ORDER BY store_id, day, hour, currency, is_bot
ON CONFLICT (store_id, day, hour, currency, is_bot) DO UPDATE
   SET purchases = t.purchases + EXCLUDED.purchases, revenue = t.revenue + EXCLUDED.revenue;

-- name: activity_products_daily
-- Here and elsewhere, `late` records changes of closed days.
WITH late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'activity_products_daily', day, 1 FROM stage_activity_products_daily
     WHERE day < closed_before(now()) GROUP BY store_id, day ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
INSERT INTO activity_products_daily AS t
SELECT * FROM stage_activity_products_daily ORDER BY store_id, day, product_id, is_bot
ON CONFLICT (store_id, day, product_id, is_bot) DO UPDATE
   SET product_name = greatest(t.product_name COLLATE "C", EXCLUDED.product_name),
       views = t.views + EXCLUDED.views,
       adds = t.adds + EXCLUDED.adds,
       removes = t.removes + EXCLUDED.removes;

-- name: activity_searches_daily
WITH late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'activity_searches_daily', day, 1 FROM stage_activity_searches_daily
     WHERE day < closed_before(now()) GROUP BY store_id, day ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
INSERT INTO activity_searches_daily AS t
SELECT * FROM stage_activity_searches_daily ORDER BY store_id, day, term, is_bot
ON CONFLICT (store_id, day, term, is_bot) DO UPDATE SET searches = t.searches + EXCLUDED.searches;

-- name: sessions
-- Staged pieces and the stored sessions near them are joined if at most 30 minutes lie between them. The order
-- of arrival does not matter: a late event may extend a session or join two. Stored sessions of one id are more
-- than 30 minutes apart, so of those that began before a piece only the last one may be joined: the work does
-- not grow with the number of events or sessions of an id.
--
-- The rollups change by the difference between the sessions after and before. `joined` needs all of `touched`
-- before any row is written, and no row is both deleted and written.
WITH near AS (
    SELECT DISTINCT t.store_id, t.session_id, t.started_at
      FROM stage_sessions s
     CROSS JOIN LATERAL (
           SELECT f.store_id, f.session_id, f.started_at, f.ended_at
             FROM sessions f
            WHERE f.store_id = s.store_id AND f.session_id = s.session_id
              AND f.started_at > s.started_at
              AND f.started_at <= s.ended_at + interval '30 minutes'
            UNION ALL
           (SELECT f.store_id, f.session_id, f.started_at, f.ended_at
             FROM sessions f
            WHERE f.store_id = s.store_id AND f.session_id = s.session_id
              AND f.started_at <= s.started_at
            ORDER BY f.started_at DESC LIMIT 1)) AS t
     WHERE t.ended_at >= s.started_at - interval '30 minutes'
), touched AS MATERIALIZED (
    SELECT t.* FROM sessions t
      JOIN near USING (store_id, session_id, started_at)
     ORDER BY t.store_id, t.session_id, t.started_at
       FOR UPDATE OF t
), pieces AS (
    SELECT store_id, session_id, started_at, ended_at, ROW(s.*)::sessions AS piece
      FROM stage_sessions s
     UNION ALL
    SELECT store_id, session_id, started_at, ended_at, ROW(t.*)::sessions FROM touched t
), edges AS (
    SELECT *, started_at - max(ended_at) OVER (
               PARTITION BY store_id, session_id ORDER BY started_at, ended_at
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS pause
      FROM pieces
), islands AS (
    SELECT *, count(*) FILTER (WHERE pause IS NULL OR pause > interval '30 minutes') OVER (
               PARTITION BY store_id, session_id ORDER BY started_at, ended_at
               ROWS UNBOUNDED PRECEDING) AS island
      FROM edges
), gathered AS (
    SELECT store_id, session_id, min(started_at) AS started_at, max(ended_at) AS ended_at,
           ((array_agg(piece ORDER BY started_at))[1]).day,
           max((piece).visitor_id COLLATE "C") AS visitor_id,
           bit_or((piece).steps) AS steps,
           sum((piece).pages)::bigint AS pages,
           sum((piece).events)::bigint AS events,
           bool_or((piece).is_bot) AS is_bot,
           (array_agg(piece ORDER BY (piece).entry_at, (piece).entry_event_id))[1] AS entry,
           (array_agg(piece ORDER BY (piece).exit_at DESC NULLS LAST, (piece).exit_event_id DESC))[1]
               AS exit,
           (array_agg(piece ORDER BY (piece).origin_at, (piece).origin_event_id))[1] AS origin
      FROM islands
     GROUP BY store_id, session_id, island
), joined AS MATERIALIZED (
    SELECT store_id, session_id, started_at, ended_at, day, visitor_id, steps, pages, events,
           is_bot, (entry).entry_at, (entry).entry_event_id, (entry).entry_page,
           (exit).exit_at, (exit).exit_event_id, (exit).exit_page,
           (origin).origin_at, (origin).origin_event_id, (origin).source, (origin).utm_source,
           (origin).utm_medium, (origin).utm_campaign, (origin).utm_term, (origin).utm_content,
           (origin).country
      FROM gathered
), gone AS (
    DELETE FROM sessions t USING touched o
     WHERE t.store_id = o.store_id AND t.session_id = o.session_id AND t.started_at = o.started_at
       AND NOT EXISTS (SELECT FROM joined j
                        WHERE j.store_id = o.store_id AND j.session_id = o.session_id
                          AND j.started_at = o.started_at)
), written AS (
    INSERT INTO sessions
    SELECT * FROM joined ORDER BY store_id, session_id, started_at
    ON CONFLICT (store_id, session_id, started_at) DO UPDATE
       SET ended_at = EXCLUDED.ended_at, day = EXCLUDED.day, visitor_id = EXCLUDED.visitor_id,
           steps = EXCLUDED.steps, pages = EXCLUDED.pages, events = EXCLUDED.events,
           is_bot = EXCLUDED.is_bot, entry_at = EXCLUDED.entry_at,
           entry_event_id = EXCLUDED.entry_event_id, entry_page = EXCLUDED.entry_page,
           exit_at = EXCLUDED.exit_at, exit_event_id = EXCLUDED.exit_event_id,
           exit_page = EXCLUDED.exit_page, origin_at = EXCLUDED.origin_at,
           origin_event_id = EXCLUDED.origin_event_id, source = EXCLUDED.source,
           utm_source = EXCLUDED.utm_source, utm_medium = EXCLUDED.utm_medium,
           utm_campaign = EXCLUDED.utm_campaign, utm_term = EXCLUDED.utm_term,
           utm_content = EXCLUDED.utm_content, country = EXCLUDED.country
), changes AS MATERIALIZED (
    SELECT 1 AS sign, * FROM joined UNION ALL SELECT -1, * FROM touched
), by_source AS (
    INSERT INTO sessions_daily AS t
    SELECT store_id, day, is_bot, coalesce(utm_source, source, ''), coalesce(utm_medium, ''),
           coalesce(utm_campaign, ''), coalesce(country, ''),
           sum(sign), sum(sign * events), sum(sign * pages),
           coalesce(sum(sign) FILTER (WHERE pages <= 1 AND steps & 28 = 0), 0),
           coalesce(sum(sign) FILTER (WHERE steps & 16 <> 0), 0),
           sum(sign * (1000 * extract(epoch FROM ended_at - started_at))::bigint)
      FROM changes
     GROUP BY 1, 2, 3, 4, 5, 6, 7
     ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (store_id, day, is_bot, source, medium, campaign, country) DO UPDATE
       SET sessions = t.sessions + EXCLUDED.sessions, events = t.events + EXCLUDED.events,
           pages = t.pages + EXCLUDED.pages, bounces = t.bounces + EXCLUDED.bounces,
           purchases = t.purchases + EXCLUDED.purchases,
           duration_ms = t.duration_ms + EXCLUDED.duration_ms
), by_page AS (
    INSERT INTO stage_pages_daily (store_id, day, page_hash, is_bot, page, entries, exits)
    SELECT store_id, day, text_hash(page), is_bot, page, sum(entry), sum(exit)
      FROM changes
     CROSS JOIN LATERAL (VALUES (entry_page, sign, 0), (exit_page, 0, sign)) AS edge (page, entry, exit)
     WHERE page IS NOT NULL
     GROUP BY store_id, day, page, is_bot
    HAVING (sum(entry), sum(exit)) <> (0, 0)
)
INSERT INTO funnel_daily AS t (store_id, day, step, is_bot, sessions)
SELECT store_id, day, step, is_bot, sum(sign)
  FROM changes
 CROSS JOIN generate_series(0, 4) AS step
 WHERE steps & ((1 << (step + 1)) - 1) = (1 << (step + 1)) - 1
 GROUP BY store_id, day, step, is_bot
HAVING sum(sign) <> 0
 ORDER BY store_id, day, step, is_bot
ON CONFLICT (store_id, day, step, is_bot) DO UPDATE SET sessions = t.sessions + EXCLUDED.sessions;

-- name: pages_daily
-- Views of the slice's events, and the entries and exits that `sessions` has staged with them.
INSERT INTO pages_daily AS t
SELECT store_id, day, page_hash, is_bot, min(page COLLATE "C"), coalesce(sum(views), 0),
       coalesce(sum(entries), 0), coalesce(sum(exits), 0)
  FROM stage_pages_daily
 GROUP BY store_id, day, page_hash, is_bot
 ORDER BY store_id, day, page_hash, is_bot
ON CONFLICT (store_id, day, page_hash, is_bot) DO UPDATE
   SET views = t.views + EXCLUDED.views, entries = t.entries + EXCLUDED.entries,
       exits = t.exits + EXCLUDED.exits;
