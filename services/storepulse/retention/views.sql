-- Views of heatmaps, which scroll events are compared with.

-- fragment: old
v.entered_on < (%(before)s AT TIME ZONE 'UTC')::date

-- name: count_heatmap_views
SELECT count(*) FROM heatmap_views AS v WHERE {old};

-- name: delete_heatmap_views
-- Rows that an agent has locked are left for the next run.
DELETE FROM heatmap_views
 WHERE ctid = ANY (ARRAY(
           SELECT v.ctid FROM heatmap_views AS v
            WHERE {old}
            ORDER BY v.entered_on LIMIT %(count)s
              FOR UPDATE SKIP LOCKED));
