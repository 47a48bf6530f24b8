-- Closed dead letters. The caller passes all times. Groups skip rows that others have locked.

-- fragment: closed
created_at < %(before)s AND created_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND status IN ('resolved', 'discarded') AND updated_at < %(before)s

-- name: count_letters
SELECT count(*) FROM dead_letters WHERE {closed};

-- name: count_open
SELECT count(*) FROM dead_letters
 WHERE created_at < %(before)s AND status IN ('open', 'reprocessing');

-- name: lock_letters
-- Locks letters first. A replay that fails again locks its letter too, so the next statement sees
-- every dead record.
SELECT dead_letter_id, created_at FROM dead_letters
 WHERE {closed}
 ORDER BY created_at, dead_letter_id LIMIT %(count)s
   FOR UPDATE SKIP LOCKED;

-- name: delete_letters
-- The trails are deleted by cascade. `dead_letters_removed` keeps the number of dead records for the
-- audit.
WITH died AS (
    SELECT topic FROM dead_letters WHERE dead_letter_id = ANY (%(ids)s::uuid[])
    UNION ALL
    SELECT details ->> 'topic' FROM dead_letter_actions
     WHERE dead_letter_id = ANY (%(ids)s::uuid[]) AND action = 'returned'
       AND details ->> 'topic' IS NOT NULL
), counted AS (
    INSERT INTO dead_letters_removed AS r (topic, records)
    SELECT topic, count(*) FROM died GROUP BY topic
    ON CONFLICT (topic) DO UPDATE SET records = r.records + EXCLUDED.records
)
DELETE FROM dead_letters WHERE dead_letter_id = ANY (%(ids)s::uuid[]);
