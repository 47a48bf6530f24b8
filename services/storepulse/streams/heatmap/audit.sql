-- name: heatmap_cells
SELECT store_id::text, sum(events)::bigint
  FROM (SELECT page_id, events FROM heatmap_cells
        UNION ALL SELECT page_id, events FROM heatmap_scroll) AS counted
  JOIN pages USING (page_id) GROUP BY store_id;

-- name: heatmap_elements
SELECT store_id::text, sum(events)::bigint
  FROM (SELECT page_id, clicks + hovers AS events FROM heatmap_elements
        UNION ALL SELECT page_id, events FROM heatmap_scroll) AS counted
  JOIN pages USING (page_id) GROUP BY store_id;

-- name: heatmap_pages_daily
SELECT store_id::text, sum(pointer_events + scroll_events)::bigint
  FROM heatmap_pages_daily JOIN pages USING (page_id) GROUP BY store_id;

-- name: heatmap_scroll
-- Views are removed eight days after they arrive, and none arrives more than a day before its own time. So some views
-- of older hours may be removed, but every view that is left is counted.
WITH counted AS (
    SELECT page_id, hour, device, is_bot, reach, count(*) AS views
      FROM heatmap_views
     GROUP BY page_id, hour, device, is_bot, reach
), both_ways AS (
    SELECT page_id, hour, device, is_bot, reach,
           coalesce(counted.views, 0) AS counted, coalesce(stored.views, 0) AS stored
      FROM counted
      FULL JOIN (SELECT * FROM heatmap_scroll WHERE views <> 0) AS stored
           USING (page_id, hour, device, is_bot, reach)
)
SELECT store_id::text, concat_ws(' ', hour, device, page, 5 * reach || ' percent'), counted, stored
  FROM both_ways
  JOIN pages USING (page_id)
 WHERE counted > stored OR (counted < stored AND hour >= now() - interval '6 days')
 ORDER BY 1, 2 LIMIT 20;
