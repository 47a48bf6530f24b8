-- Queries on heatmaps, each for one page by its number from `named_pages`.

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
-- Whole UTC days come from the daily table, the hours before and after them from the cells. Each row has the
-- total.
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

-- fragment: of_page
page_id = %(page_id)s
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND (%(device)s::heatmap_device IS NULL OR device = %(device)s::heatmap_device)
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: closed_end
%(closed_end)s::timestamp AT TIME ZONE 'UTC'

-- fragment: in_closed_days
{of_page}
   AND hour < {closed_end}

-- fragment: since
{of_page}
   AND hour >= {closed_end}
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')

-- fragment: of_kind
(%(kind)s::heatmap_kind IS NULL OR kind = %(kind)s::heatmap_kind)

-- name: closed_cells
-- The sums of closed days, for `cells`; the other `closed_*` statements do the same for theirs.
SELECT count(*) AS entries, coalesce(array_agg(kind), '{}')::text AS kinds,
       coalesce(array_agg(col), '{}')::text AS cols, coalesce(array_agg("row"), '{}')::text AS rows,
       coalesce(array_agg(events), '{}')::text AS events,
       coalesce(array_agg(dwell_ms), '{}')::text AS dwells
  FROM (SELECT kind, col, "row", sum(events)::bigint AS events, sum(dwell_ms)::bigint AS dwell_ms
          FROM heatmap_cells
         WHERE {in_closed_days} AND {of_kind}
         GROUP BY kind, col, "row"
         LIMIT %(most)s + 1) AS found;

-- name: cells
SELECT kind::text AS kind, col, "row", sum(events)::bigint AS events,
       sum(dwell_ms)::bigint AS dwell_ms
  FROM (SELECT * FROM unnest(%(kinds)s::heatmap_kind[], %(cols)s::smallint[], %(rows)s::smallint[],
                             %(events)s::bigint[], %(dwells)s::bigint[])
                      AS closed (kind, col, "row", events, dwell_ms)
        UNION ALL
        SELECT kind, col, "row", events, dwell_ms
          FROM heatmap_cells
         WHERE {since} AND {of_kind}) AS told
 GROUP BY kind, col, "row"
 ORDER BY sum(events) DESC, kind, "row", col
 LIMIT %(cells)s;

-- name: closed_scroll
SELECT count(*) AS entries, coalesce(array_agg(reach), '{}')::text AS reaches,
       coalesce(array_agg(events), '{}')::text AS events, coalesce(array_agg(views), '{}')::text AS views
  FROM (SELECT reach, sum(events)::bigint AS events, sum(views)::bigint AS views
          FROM heatmap_scroll
         WHERE {in_closed_days}
         GROUP BY reach
         LIMIT %(most)s + 1) AS found;

-- name: scroll
SELECT reach, sum(events)::bigint AS events, sum(views)::bigint AS views
  FROM (SELECT * FROM unnest(%(reaches)s::smallint[], %(events)s::bigint[], %(views)s::bigint[])
                      AS closed (reach, events, views)
        UNION ALL
        SELECT reach, events, views FROM heatmap_scroll WHERE {since}) AS told
 GROUP BY reach;

-- name: closed_elements
SELECT count(*) AS entries, coalesce(array_agg(selector), '{}')::text AS selectors,
       coalesce(array_agg(clicks), '{}')::text AS clicks,
       coalesce(array_agg(rage_clicks), '{}')::text AS rage_clicks,
       coalesce(array_agg(dead_clicks), '{}')::text AS dead_clicks,
       coalesce(array_agg(hovers), '{}')::text AS hovers,
       coalesce(array_agg(dwell_ms), '{}')::text AS dwells
  FROM (SELECT selector, sum(clicks)::bigint AS clicks, sum(rage_clicks)::bigint AS rage_clicks,
               sum(dead_clicks)::bigint AS dead_clicks, sum(hovers)::bigint AS hovers,
               sum(dwell_ms)::bigint AS dwell_ms
          FROM heatmap_elements
         WHERE {in_closed_days}
         GROUP BY selector
         LIMIT %(most)s + 1) AS found;

-- name: elements
-- Each row has the sums over all elements.
SELECT selector, sum(clicks)::bigint AS clicks, sum(rage_clicks)::bigint AS rage_clicks,
       sum(dead_clicks)::bigint AS dead_clicks, sum(hovers)::bigint AS hovers,
       sum(dwell_ms)::bigint AS dwell_ms, sum(sum(clicks)) OVER ()::bigint AS all_clicks,
       sum(sum(rage_clicks)) OVER ()::bigint AS all_rage_clicks,
       sum(sum(dead_clicks)) OVER ()::bigint AS all_dead_clicks,
       sum(sum(hovers)) OVER ()::bigint AS all_hovers
  FROM (SELECT * FROM unnest(%(selectors)s::text[], %(clicks)s::bigint[], %(rage_clicks)s::bigint[],
                             %(dead_clicks)s::bigint[], %(hovers)s::bigint[], %(dwells)s::bigint[])
                      AS closed (selector, clicks, rage_clicks, dead_clicks, hovers, dwell_ms)
        UNION ALL
        SELECT selector, clicks, rage_clicks, dead_clicks, hovers, dwell_ms
          FROM heatmap_elements
         WHERE {since}) AS told
 GROUP BY selector
 ORDER BY sum(clicks) DESC, sum(hovers) DESC, selector
 LIMIT %(count)s;
