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
-- Whole days of UTC by the day, and the hours before and after them by the cells themselves. The total
-- is in every row.
WITH listed AS (
    SELECT page_id, page FROM pages WHERE store_id = %(store_id)s
), edges AS (
    SELECT * FROM (VALUES (%(head_start)s::timestamptz, %(head_end)s::timestamptz),
                          (%(tail_start)s::timestamptz, %(tail_end)s::timestamptz)) AS edge (start, until)
     WHERE start < until
), counted AS (
    SELECT l.page_id, d.pointer_events, d.scroll_events
      FROM listed AS l JOIN heatmap_pages_daily AS d USING (page_id)
     WHERE d.day >= coalesce(%(first_whole_day)s::date, '-infinity')
       AND d.day < coalesce(%(end_whole_day)s::date, 'infinity')
       AND (%(include_bots)s OR NOT d.is_bot)
    UNION ALL
    SELECT l.page_id, c.events, 0
      FROM edges AS e CROSS JOIN listed AS l
      JOIN heatmap_cells AS c ON c.page_id = l.page_id AND c.hour >= e.start AND c.hour < e.until
     WHERE %(include_bots)s OR NOT c.is_bot
    UNION ALL
    SELECT l.page_id, 0, s.events
      FROM edges AS e CROSS JOIN listed AS l
      JOIN heatmap_scroll AS s ON s.page_id = l.page_id AND s.hour >= e.start AND s.hour < e.until
     WHERE %(include_bots)s OR NOT s.is_bot
), summed AS (
    SELECT page_id, sum(pointer_events)::bigint AS pointer_events,
           sum(scroll_events)::bigint AS scroll_events
      FROM counted
     GROUP BY page_id
    HAVING sum(pointer_events + scroll_events) <> 0
)
SELECT page, pointer_events, scroll_events, count(*) OVER () AS listed
  FROM summed JOIN listed USING (page_id)
 ORDER BY pointer_events + scroll_events DESC, page
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
-- The sums over all of them stand in every row.
SELECT selector, sum(clicks)::bigint AS clicks, sum(rage_clicks)::bigint AS rage_clicks,
       sum(dead_clicks)::bigint AS dead_clicks, sum(hovers)::bigint AS hovers,
       sum(dwell_ms)::bigint AS dwell_ms, sum(sum(clicks)) OVER ()::bigint AS all_clicks,
       sum(sum(rage_clicks)) OVER ()::bigint AS all_rage_clicks,
       sum(sum(dead_clicks)) OVER ()::bigint AS all_dead_clicks,
       sum(sum(hovers)) OVER ()::bigint AS all_hovers
  FROM heatmap_elements
 WHERE page_id = %(page_id)s
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(device)s::heatmap_device IS NULL OR device = %(device)s::heatmap_device)
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY selector
 ORDER BY sum(clicks) DESC, sum(hovers) DESC, selector
 LIMIT %(count)s;
