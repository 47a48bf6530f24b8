-- Pages are staged once for each place (hour, device, bots or not) in the slice, with a number by which the other
-- tables refer to the place. Page ids are looked up once, by hash. Every statement adds the staged rows of the
-- table of its name, sorted by key so that two workers cannot deadlock. Changes of closed days are recorded in
-- `late_changes`.

-- name: stage
CREATE TEMP TABLE stage_pages (
    place_no int, store_id uuid, page text, hour timestamptz, device heatmap_device, is_bot boolean
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_hashed_pages (
    store_id uuid, page text, page_hash bytea
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_places (
    place_no int, page_id int, hour timestamptz, device heatmap_device, is_bot boolean
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_heatmap_cells (
    place_no int, kind heatmap_kind, col smallint, "row" smallint, events bigint, dwell_ms bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_heatmap_views (
    view text, place_no int, reach smallint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_views (
    page_id int, view bytea, hour timestamptz, device heatmap_device, is_bot boolean, reach smallint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_view_changes (
    page_id int, view bytea, hour timestamptz, device heatmap_device, is_bot boolean,
    reach smallint, views bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_heatmap_scroll (
    place_no int, reach smallint, events bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_heatmap_pages_daily (
    place_no int, pointer_events bigint, scroll_events bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_heatmap_elements (
    place_no int, selector text, clicks bigint, rage_clicks bigint, dead_clicks bigint,
    hovers bigint, dwell_ms bigint
) ON COMMIT DELETE ROWS;

-- name: pages
INSERT INTO stage_hashed_pages (store_id, page, page_hash)
SELECT store_id, page, text_hash(page)
  FROM (SELECT DISTINCT store_id, page FROM stage_pages) AS s;

INSERT INTO pages (store_id, page)
SELECT h.store_id, h.page
  FROM stage_hashed_pages h
 WHERE NOT EXISTS (SELECT FROM pages p WHERE p.store_id = h.store_id AND p.page_hash = h.page_hash)
 ORDER BY h.store_id, h.page_hash
ON CONFLICT DO NOTHING;

INSERT INTO stage_places (place_no, page_id, hour, device, is_bot)
SELECT s.place_no, p.page_id, s.hour, s.device, s.is_bot
  FROM stage_pages s
  JOIN stage_hashed_pages h USING (store_id, page)
  JOIN pages p ON p.store_id = h.store_id AND p.page_hash = h.page_hash;

INSERT INTO late_changes AS l
SELECT store_id, 'heatmap', (hour AT TIME ZONE 'UTC')::date, 1
  FROM stage_pages
 WHERE hour < closed_before(now())::timestamp AT TIME ZONE 'UTC'
 GROUP BY 1, 3
 ORDER BY 1, 3
ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1;

-- name: heatmap_cells
INSERT INTO heatmap_cells AS t (page_id, hour, device, kind, col, "row", is_bot, events, dwell_ms)
SELECT n.page_id, n.hour, n.device, s.kind, s.col, s."row", n.is_bot, s.events, s.dwell_ms
  FROM stage_heatmap_cells s
  JOIN stage_places n USING (place_no)
 ORDER BY n.page_id, n.hour, n.device, s.kind, s.col, s."row", n.is_bot
ON CONFLICT (page_id, hour, device, kind, col, "row", is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events, dwell_ms = t.dwell_ms + EXCLUDED.dwell_ms;

-- name: heatmap_views
-- A view's row moves to the least of its places and to its furthest reach, in whichever order events arrive. The
-- change is added to the scroll reach. New rows are inserted first: a concurrent insert of the same view is waited
-- for, and its row may then grow.
INSERT INTO stage_views (page_id, view, hour, device, is_bot, reach)
SELECT n.page_id, substr(text_hash(s.view), 1, 16), n.hour, n.device, n.is_bot, s.reach
  FROM stage_heatmap_views s
  JOIN stage_places n USING (place_no);

WITH entered AS (
    INSERT INTO heatmap_views (page_id, view, hour, device, is_bot, reach)
    SELECT page_id, view, hour, device, is_bot, reach FROM stage_views ORDER BY page_id, view
    ON CONFLICT DO NOTHING
    RETURNING page_id, view, hour, device, is_bot, reach
)
INSERT INTO stage_view_changes SELECT *, 1 FROM entered;

WITH grown AS MATERIALIZED (
    SELECT s.page_id, s.view, v.hour, v.device, v.is_bot, v.reach,
           least(v.hour, s.hour) AS first_hour,
           CASE WHEN v.is_later THEN s.device ELSE v.device END AS first_device,
           CASE WHEN v.is_later THEN s.is_bot ELSE v.is_bot END AS first_is_bot,
           greatest(v.reach, s.reach) AS furthest
      FROM (SELECT * FROM stage_views AS s
             WHERE NOT EXISTS (SELECT FROM stage_view_changes AS c
                                WHERE c.page_id = s.page_id AND c.view = s.view)
             ORDER BY page_id, view) AS s
     CROSS JOIN LATERAL (
           SELECT v.hour, v.device, v.is_bot, v.reach,
                  (v.hour, v.device, v.is_bot) > (s.hour, s.device, s.is_bot) AS is_later
             FROM heatmap_views AS v
            WHERE v.page_id = s.page_id AND v.view = s.view
              AND (v.reach < s.reach
                   OR (v.hour, v.device, v.is_bot) > (s.hour, s.device, s.is_bot))
              FOR UPDATE OF v) AS v
), written AS (
    UPDATE heatmap_views AS v
       SET hour = g.first_hour, device = g.first_device, is_bot = g.first_is_bot, reach = g.furthest
      FROM grown AS g
     WHERE v.page_id = g.page_id AND v.view = g.view
)
INSERT INTO stage_view_changes
SELECT page_id, view, hour, device, is_bot, reach, -1 FROM grown
 UNION ALL
SELECT page_id, view, first_hour, first_device, first_is_bot, furthest, 1 FROM grown;

INSERT INTO late_changes AS l
SELECT p.store_id, 'heatmap_views', (c.hour AT TIME ZONE 'UTC')::date, 1
  FROM stage_view_changes AS c JOIN pages AS p USING (page_id)
 WHERE c.hour < closed_before(now())::timestamp AT TIME ZONE 'UTC'
 GROUP BY 1, 3
 ORDER BY 1, 3
ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1;

-- name: heatmap_scroll
INSERT INTO heatmap_scroll AS t (page_id, hour, device, reach, is_bot, events, views)
SELECT page_id, hour, device, reach, is_bot, sum(events), sum(views)
  FROM (SELECT n.page_id, n.hour, n.device, s.reach, n.is_bot, s.events, 0 AS views
          FROM stage_heatmap_scroll s
          JOIN stage_places n USING (place_no)
         UNION ALL
        SELECT page_id, hour, device, reach, is_bot, 0, views FROM stage_view_changes) AS added
 GROUP BY page_id, hour, device, reach, is_bot
 ORDER BY page_id, hour, device, reach, is_bot
ON CONFLICT (page_id, hour, device, reach, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events, views = t.views + EXCLUDED.views;

-- name: heatmap_pages_daily
INSERT INTO heatmap_pages_daily AS t (page_id, day, is_bot, pointer_events, scroll_events)
SELECT n.page_id, (n.hour AT TIME ZONE 'UTC')::date, n.is_bot, sum(s.pointer_events),
       sum(s.scroll_events)
  FROM stage_heatmap_pages_daily s
  JOIN stage_places n USING (place_no)
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
ON CONFLICT (page_id, day, is_bot) DO UPDATE
   SET pointer_events = t.pointer_events + EXCLUDED.pointer_events,
       scroll_events = t.scroll_events + EXCLUDED.scroll_events;

-- name: heatmap_elements
INSERT INTO heatmap_elements AS t (page_id, hour, device, selector, is_bot,
       clicks, rage_clicks, dead_clicks, hovers, dwell_ms)
SELECT n.page_id, n.hour, n.device, s.selector, n.is_bot,
       s.clicks, s.rage_clicks, s.dead_clicks, s.hovers, s.dwell_ms
  FROM stage_heatmap_elements s
  JOIN stage_places n USING (place_no)
 ORDER BY n.page_id, n.hour, n.device, s.selector, n.is_bot
ON CONFLICT (page_id, hour, device, selector, is_bot) DO UPDATE
   SET clicks = t.clicks + EXCLUDED.clicks,
       rage_clicks = t.rage_clicks + EXCLUDED.rage_clicks,
       dead_clicks = t.dead_clicks + EXCLUDED.dead_clicks,
       hovers = t.hovers + EXCLUDED.hovers,
       dwell_ms = t.dwell_ms + EXCLUDED.dwell_ms;
