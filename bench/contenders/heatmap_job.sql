-- The statements of the heatmap job, on the product's own tables.

-- name: stage
CREATE TEMP TABLE job_ids (event_id uuid, store_id uuid, content_crc int);
CREATE TEMP TABLE job_cells (store_id uuid, page text, hour timestamptz, device heatmap_device,
    kind heatmap_kind, col smallint, "row" smallint, is_bot boolean, events bigint, dwell_ms bigint);
CREATE TEMP TABLE job_scroll (store_id uuid, page text, hour timestamptz, device heatmap_device,
    reach smallint, is_bot boolean, events bigint);
CREATE TEMP TABLE job_elements (store_id uuid, page text, hour timestamptz, device heatmap_device,
    selector text, is_bot boolean, clicks bigint, hovers bigint, dwell_ms bigint);
CREATE TEMP TABLE job_counts (store_id uuid, hour timestamptz, accepted bigint, applied bigint);

-- name: truncate
TRUNCATE job_ids, job_cells, job_scroll, job_elements, job_counts;

-- name: copy_ids
COPY job_ids FROM STDIN;

-- name: copy_cells
COPY job_cells FROM STDIN;

-- name: copy_scroll
COPY job_scroll FROM STDIN;

-- name: copy_elements
COPY job_elements FROM STDIN;

-- name: copy_counts
COPY job_counts FROM STDIN;

-- name: ids
INSERT INTO event_ids (event_id, store_id, content_crc, stream_number)
SELECT event_id, store_id, content_crc, 2 FROM job_ids
ON CONFLICT DO NOTHING
RETURNING event_id::text;

-- name: pages
INSERT INTO pages (store_id, page)
SELECT s.store_id, s.page
  FROM (SELECT store_id, page FROM job_cells UNION SELECT store_id, page FROM job_scroll) s
 WHERE NOT EXISTS (SELECT FROM pages p
                   WHERE p.store_id = s.store_id AND p.page_hash = text_hash(s.page))
 ORDER BY 1, 2
ON CONFLICT DO NOTHING;

-- name: cells
INSERT INTO heatmap_cells AS t (page_id, hour, device, kind, col, "row", is_bot, events, dwell_ms)
SELECT page_id, hour, device, kind, col, "row", is_bot, events, dwell_ms
  FROM job_cells JOIN pages USING (store_id, page)
 ORDER BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (page_id, hour, device, kind, col, "row", is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events, dwell_ms = t.dwell_ms + EXCLUDED.dwell_ms;

-- name: scroll
-- The job does not know which events are of one view of a page: each counts as its own.
INSERT INTO heatmap_scroll AS t (page_id, hour, device, reach, is_bot, events, views)
SELECT page_id, hour, device, reach, is_bot, events, events
  FROM job_scroll JOIN pages USING (store_id, page)
 ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (page_id, hour, device, reach, is_bot) DO UPDATE
   SET events = t.events + EXCLUDED.events, views = t.views + EXCLUDED.views;

-- name: elements
INSERT INTO heatmap_elements AS t (page_id, hour, device, selector, is_bot, clicks, rage_clicks,
       dead_clicks, hovers, dwell_ms)
SELECT page_id, hour, device, selector, is_bot, clicks, 0, 0, hovers, dwell_ms
  FROM job_elements JOIN pages USING (store_id, page)
 ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (page_id, hour, device, selector, is_bot) DO UPDATE
   SET clicks = t.clicks + EXCLUDED.clicks, hovers = t.hovers + EXCLUDED.hovers,
       dwell_ms = t.dwell_ms + EXCLUDED.dwell_ms;

-- name: ledger
INSERT INTO ledger_counts AS t (stream, store_id, hour, accepted, applied, duplicate)
SELECT 'heatmap', store_id, hour, accepted, applied, accepted - applied FROM job_counts
 ORDER BY 2, 3
ON CONFLICT (stream, store_id, hour) DO UPDATE
   SET accepted = t.accepted + EXCLUDED.accepted, applied = t.applied + EXCLUDED.applied,
       duplicate = t.duplicate + EXCLUDED.duplicate;
