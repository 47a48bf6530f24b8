-- Pages are staged once for each place (an hour, a device, bots or not) that the slice has of them,
-- with a number by which the other tables name the place. Their ids are looked up once, by hash.
-- Every statement adds the staged rows of the table of its name; keys sorted, so that two workers
-- never wait for each other in a circle.

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
CREATE TEMP TABLE stage_heatmap_scroll (
    place_no int, reach smallint, events bigint
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

-- name: heatmap_cells
INSERT INTO heatmap_cells AS t (page_id, hour, device, kind, col, "row", is_bot, events, dwell_ms)
SELECT n.page_id, n.hour, n.device, s.kind, s.col, s."row", n.is_bot, s.events, s.dwell_ms
  FROM stage_heatmap_cells s
  JOIN stage_places n USING (place_no)
 ORDER BY n.page_id, n.hour, n.device, s.kind, s.col, s."row", n.is_bot
ON CONFLICT (page_id, hour, device, kind, col, "row", is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events, dwell_ms = t.dwell_ms + EXCLUDED.dwell_ms;

-- name: heatmap_scroll
INSERT INTO heatmap_scroll AS t (page_id, hour, device, reach, is_bot, events)
SELECT n.page_id, n.hour, n.device, s.reach, n.is_bot, s.events
  FROM stage_heatmap_scroll s
  JOIN stage_places n USING (place_no)
 ORDER BY n.page_id, n.hour, n.device, s.reach, n.is_bot
ON CONFLICT (page_id, hour, device, reach, is_bot) DO UPDATE SET events = t.events + EXCLUDED.events;

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
