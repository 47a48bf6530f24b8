-- Reads of heatmaps: all of one page, by its number in `named_pages`.

-- name: page_patterns
SELECT pattern
  FROM stores
 CROSS JOIN jsonb_array_elements_text(settings -> 'page_patterns')
            WITH ORDINALITY AS listed (pattern, place)
 WHERE store_id = %(store_id)s
 ORDER BY place;

-- name: named_pages
SELECT page_id, page
  FROM pages
 WHERE store_id = %(store_id)s
   AND page_hash IN (SELECT text_hash(name) FROM unnest(%(names)s::text[]) AS name);

-- name: pages
WITH counted AS (
    SELECT page_id, kind <> 'scroll' AS pointed, events, is_bot, hour FROM heatmap_cells
    UNION ALL
    SELECT page_id, false, events, is_bot, hour FROM heatmap_scroll
)
SELECT p.page, coalesce(sum(c.events) FILTER (WHERE c.pointed), 0)::bigint AS pointer_events,
       coalesce(sum(c.events) FILTER (WHERE NOT c.pointed), 0)::bigint AS scroll_events
  FROM pages p
  JOIN counted c USING (page_id)
 WHERE p.store_id = %(store_id)s
   AND c.hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND c.hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT c.is_bot)
 GROUP BY p.page
 ORDER BY sum(c.events) DESC, p.page
 LIMIT %(count)s;

-- name: cells
SELECT kind::text AS kind, col, "row", sum(events)::bigint AS events,
       sum(dwell_ms)::bigint AS dwell_ms
  FROM heatmap_cells
 WHERE page_id = %(page_id)s
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(kind)s::heatmap_kind IS NULL OR kind = %(kind)s::heatmap_kind)
   AND (%(device)s::heatmap_device IS NULL OR device = %(device)s::heatmap_device)
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY kind, col, "row"
 ORDER BY sum(events) DESC, kind, "row", col
 LIMIT %(cells)s;

-- name: scroll
SELECT reach, sum(events)::bigint AS events, sum(views)::bigint AS views
  FROM heatmap_scroll
 WHERE page_id = %(page_id)s
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(device)s::heatmap_device IS NULL OR device = %(device)s::heatmap_device)
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY reach;

-- name: elements
SELECT selector, sum(clicks)::bigint AS clicks, sum(rage_clicks)::bigint AS rage_clicks,
       sum(dead_clicks)::bigint AS dead_clicks, sum(hovers)::bigint AS hovers,
       sum(dwell_ms)::bigint AS dwell_ms
  FROM heatmap_elements
 WHERE page_id = %(page_id)s
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(device)s::heatmap_device IS NULL OR device = %(device)s::heatmap_device)
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY selector
 ORDER BY sum(clicks) DESC, sum(hovers) DESC, selector
 LIMIT %(count)s;

-- name: totals
SELECT coalesce(sum(clicks), 0)::bigint AS clicks,
       coalesce(sum(rage_clicks), 0)::bigint AS rage_clicks,
       coalesce(sum(dead_clicks), 0)::bigint AS dead_clicks,
       coalesce(sum(hovers), 0)::bigint AS hovers
  FROM heatmap_elements
 WHERE page_id = %(page_id)s
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(device)s::heatmap_device IS NULL OR device = %(device)s::heatmap_device)
   AND (%(include_bots)s OR NOT is_bot);
