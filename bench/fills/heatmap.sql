-- Heatmaps.

-- name: heatmap_names
-- 400 pages of the large store, 40 of each other one.
INSERT INTO pages (store_id, page)
SELECT ('6f1f3c1e-8c9b-5d3a-9a52-00000000000' || store)::uuid,
       CASE page WHEN 0 THEN '/' ELSE '/products/item-' || page END
  FROM generate_series(0, 4) AS store
 CROSS JOIN LATERAL generate_series(0, CASE store WHEN 0 THEN 399 ELSE 39 END) AS page;

-- name: heatmap_cells
-- Pointers rest near the middles of 36 elements, of which some attract most.
INSERT INTO heatmap_cells
SELECT p.page_id, date_trunc('hour', began, 'UTC'),
       (ARRAY['mobile', 'tablet', 'desktop', 'unknown']::heatmap_device[])[1 + n %% 4],
       (ARRAY['click', 'click', 'hover']::heatmap_kind[])[1 + place %% 3],
       (mod(element, 6) * 20 + 8 + (hashint8extended(n, 20 + place) & 3)
                               + (hashint8extended(n, 21 + place) & 3))::smallint,
       (element / 6 * 24 + 3 + (hashint8extended(n, 30 + place) & 3))::smallint,
       is_bot, 1 + place, 100
  FROM {visits}
 CROSS JOIN generate_series(0, 2) AS place
 CROSS JOIN LATERAL (
       SELECT (hashint8extended(n, 40 + place) & 1048575) / 1048576.0::float8 AS q,
              floor(36 * power((hashint8extended(n, 50 + place) & 1048575) / 1048576.0::float8, 2))::int
                  AS element) AS draw
 CROSS JOIN LATERAL (
       SELECT page_id FROM pages
        WHERE pages.store_id = visit.store_id
          AND page_hash = text_hash(CASE floor(CASE WHEN a < 0.8 THEN 400 ELSE 40 END * q * q)
              WHEN 0 THEN '/'
              ELSE '/products/item-' || floor(CASE WHEN a < 0.8 THEN 400 ELSE 40 END * q * q) END)) AS p
ON CONFLICT DO NOTHING;

-- name: heatmap_scroll
INSERT INTO heatmap_scroll
SELECT page_id, hour, device, 20 - mod(events * 7, 20)::smallint, is_bot, sum(events), count(*)
  FROM heatmap_cells WHERE "row" < 64 GROUP BY 1, 2, 3, 4, 5;

-- name: heatmap_pages_daily
INSERT INTO heatmap_pages_daily
SELECT page_id, (hour AT TIME ZONE 'UTC')::date, is_bot, sum(pointed), sum(scrolled)
  FROM (SELECT page_id, hour, is_bot, events AS pointed, 0 AS scrolled FROM heatmap_cells
        UNION ALL
        SELECT page_id, hour, is_bot, 0, events FROM heatmap_scroll) AS told
 GROUP BY 1, 2, 3;

-- name: heatmap_elements
INSERT INTO heatmap_elements
SELECT page_id, hour, device, 'main > div:nth-child(' || 1 + col / 20 + "row" / 24 * 6 || ') > a.link', is_bot,
       sum(events) FILTER (WHERE kind = 'click'), 0, 0, 0, sum(dwell_ms)
  FROM heatmap_cells WHERE kind = 'click' GROUP BY 1, 2, 3, 4, 5;
