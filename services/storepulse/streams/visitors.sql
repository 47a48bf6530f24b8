-- Visitors by day, from every stream whose events have sessions.

-- name: stage
CREATE TEMP TABLE stage_visitors_daily (LIKE visitors_daily) ON COMMIT DELETE ROWS;

-- name: visitors_daily
-- Keys sorted, so that two workers never wait for each other in a circle. Whoever is there already is
-- left out first: the search takes no lock and leaves no dead row.
INSERT INTO visitors_daily
SELECT s.* FROM stage_visitors_daily s
 WHERE NOT EXISTS (SELECT FROM visitors_daily t
                    WHERE t.store_id = s.store_id AND t.visitor = s.visitor AND t.day = s.day)
 ORDER BY s.store_id, s.visitor, s.day
ON CONFLICT DO NOTHING;
