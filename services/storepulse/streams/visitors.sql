-- Visitors by day and by hour, from all streams with sessions.

-- name: stage
CREATE TEMP TABLE stage_visitors_daily (LIKE visitors_daily) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_visitors_hourly (LIKE visitors_hourly) ON COMMIT DELETE ROWS;

-- name: visitors_daily
-- Sorted by key, so that two workers cannot deadlock. Existing rows are filtered out first: the lookup takes no lock
-- and leaves no dead row. `late` records changes of closed days.
WITH late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'visitors_daily', day, 1 FROM stage_visitors_daily
     WHERE day < closed_before(now()) GROUP BY store_id, day ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
INSERT INTO visitors_daily
SELECT s.* FROM stage_visitors_daily s
 WHERE NOT EXISTS (SELECT FROM visitors_daily t
                    WHERE t.store_id = s.store_id AND t.visitor = s.visitor AND t.day = s.day)
 ORDER BY s.store_id, s.visitor, s.day
ON CONFLICT DO NOTHING;

-- name: visitors_hourly
-- Like visitors_daily.
WITH late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'visitors_hourly', day, 1 FROM stage_visitors_hourly
     WHERE day < closed_before(now()) GROUP BY store_id, day ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
INSERT INTO visitors_hourly
SELECT s.* FROM stage_visitors_hourly s
 WHERE NOT EXISTS (SELECT FROM visitors_hourly t
                    WHERE t.store_id = s.store_id AND t.day = s.day AND t.hour = s.hour
                      AND t.visitor = s.visitor)
 ORDER BY s.store_id, s.day, s.hour, s.visitor
ON CONFLICT DO NOTHING;
