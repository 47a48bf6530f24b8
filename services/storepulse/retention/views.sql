-- Views of heatmaps that scroll events were held against.

-- name: delete_views
-- What an agent holds at the moment goes with the next run.
DELETE FROM heatmap_views
 WHERE ctid = ANY (ARRAY(
           SELECT v.ctid FROM heatmap_views AS v
            WHERE v.entered_on < (%(before)s AT TIME ZONE 'UTC')::date
            ORDER BY v.entered_on LIMIT %(count)s
              FOR UPDATE SKIP LOCKED));
