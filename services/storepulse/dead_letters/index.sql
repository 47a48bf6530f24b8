-- The index of dead letters: inserting, listing, grouping and counting.

-- name: insert_letter
-- A record that is read again has its letter already.
INSERT INTO dead_letters ({new_columns}) VALUES ({new_values}) ON CONFLICT DO NOTHING;

-- name: groups
SELECT stream, stage, reason, count(*) AS letters,
       count(*) FILTER (WHERE quarantined_at IS NOT NULL) AS quarantined,
       min(created_at) AS first_at, max(created_at) AS last_at,
       (array_agg(dead_letter_id ORDER BY created_at DESC, dead_letter_id DESC))[1] AS newest_id
  FROM dead_letters
 WHERE {filter}
 GROUP BY stream, stage, reason
 ORDER BY letters DESC, stream, stage, reason;

-- name: groups_by_hour
-- New letters of each group by hour, UTC; hours without letters have no row.
SELECT stream, stage, reason, date_trunc('hour', created_at, 'UTC') AS hour,
       count(*)::int AS letters
  FROM dead_letters
 WHERE {filter} AND created_at >= %(hours_since)s::timestamptz
 GROUP BY stream, stage, reason, hour
 ORDER BY stream, stage, reason, hour;

-- name: page
SELECT {columns}
  FROM dead_letters
 WHERE {filter}
   AND (%(before)s::timestamptz IS NULL
        OR (created_at, dead_letter_id) < (%(before)s::timestamptz, %(before_id)s::uuid))
 ORDER BY created_at DESC, dead_letter_id DESC
 LIMIT %(count)s;

-- name: counts
SELECT count(*) AS letters,
       count(*) FILTER (WHERE {is_free} AND quarantined_at IS NULL) AS replayable,
       count(*) FILTER (WHERE {is_free}) AS discardable
  FROM dead_letters
 WHERE {filter};

-- name: letter
SELECT {columns} FROM dead_letters WHERE dead_letter_id = %(dead_letter_id)s;

-- name: ids_between
SELECT dead_letter_id FROM dead_letters
 WHERE dead_letter_id BETWEEN %(first)s AND %(last)s ORDER BY dead_letter_id LIMIT %(count)s;

-- name: trail
SELECT action, actor, why, details, at
  FROM dead_letter_actions WHERE dead_letter_id = %(dead_letter_id)s ORDER BY action_id;

-- name: run
-- The current states of the letters that a run has replayed.
WITH replayed AS (
    SELECT dead_letter_id, min(at) AS at FROM dead_letter_actions
     WHERE action = 'replayed' AND (details ->> 'run')::uuid = %(run)s::uuid
     GROUP BY dead_letter_id
)
SELECT count(*)::int AS replayed, min(r.at) AS started_at, max(r.at) AS last_at,
       count(*) FILTER (WHERE d.status = 'resolved')::int AS resolved,
       count(*) FILTER (WHERE d.status = 'open')::int AS died_again,
       count(*) FILTER (WHERE d.status = 'reprocessing')::int AS under_way,
       count(*) FILTER (WHERE d.status = 'discarded')::int AS discarded
  FROM replayed AS r JOIN dead_letters AS d USING (dead_letter_id)
 WHERE %(store_id)s::uuid IS NULL OR d.store_id = %(store_id)s::uuid;

-- name: states
SELECT dead_letter_id, status, quarantined_at IS NOT NULL AS is_quarantined, claimed_until, store_id
  FROM dead_letters WHERE dead_letter_id = ANY (%(ids)s::uuid[]);

-- name: open_counts
-- For the metric. The limit bounds its cardinality.
SELECT stream, reason, count(*) AS letters
  FROM dead_letters WHERE status = 'open'
 GROUP BY stream, reason ORDER BY letters DESC LIMIT 200;
