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
