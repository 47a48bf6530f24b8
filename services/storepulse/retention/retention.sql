-- What goes once its time is over. {leaf} and {parent} stand for tables, {finished} and {closed} for
-- the fragments below; times are handed in. Groups skip what others have locked, so that nobody
-- waits for them.

-- One run at a time, for as long as the connection lasts.
-- name: try_alone
SELECT pg_try_advisory_lock(hashtext('storepulse.retention'));

-- name: leaves
SELECT c.relname, bounds[1]::timestamptz, bounds[2]::timestamptz
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
  LEFT JOIN regexp_match(pg_get_expr(c.relpartbound, c.oid),
                         'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') AS bounds ON true
 WHERE i.inhparent = %(parent)s::regclass
 ORDER BY 2 NULLS FIRST, 1;

-- ---- deliveries ----

-- What is open as a dead letter is not finished: somebody may send it again.
-- name: finished
d.received_at < %(before)s AND d.received_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND d.status IN ('sent', 'failed') AND coalesce(d.finished_at, d.created_at) < %(before)s
   AND NOT EXISTS (SELECT FROM dead_letters AS l
                    WHERE l.dead_letter_id = d.dead_letter_id
                      AND l.status IN ('open', 'reprocessing'))

-- name: count_deliveries
SELECT count(*) FROM {leaf} AS d WHERE {finished};

-- The two sides of a lock: while rows go, no backfill looks for what is missing; and it sees
-- `deliveries_removed` as it is. Statements of their own, before anything is read.
-- name: lock_removal
SELECT pg_advisory_xact_lock(hashtext('storepulse.deliveries_removed'));

-- name: hold_removal
SELECT pg_advisory_xact_lock_shared(hashtext('storepulse.deliveries_removed'));

-- name: removed_until
SELECT received_until FROM deliveries_removed WHERE destination_id = %(destination_id)s;

-- By their places: the plan then does not depend on what the statistics say of a partition.
-- name: delete_deliveries
WITH removed AS (
    DELETE FROM {leaf}
     WHERE ctid = ANY (ARRAY(
               SELECT d.ctid FROM {leaf} AS d
                WHERE {finished}
                ORDER BY d.received_at LIMIT %(count)s
                  FOR UPDATE OF d SKIP LOCKED))
    RETURNING destination_id, received_at, array_remove(earlier_batches || batch_id, NULL) AS batches
), noted AS (
    INSERT INTO deliveries_removed AS r (destination_id, received_until)
    SELECT destination_id, max(received_at) FROM removed GROUP BY destination_id
    ON CONFLICT (destination_id) DO UPDATE
       SET received_until = greatest(r.received_until, EXCLUDED.received_until)
)
SELECT count(*), max(received_at),
       ARRAY(SELECT DISTINCT batch_id FROM removed, unnest(batches) AS batch_id)
  FROM removed;

-- The requests that such rows were part of, and those that these were halved from, but for those that
-- have other rows yet. All their attempts are older than what was removed.
-- name: delete_batches
WITH RECURSIVE known AS (
    SELECT batch_id, parent_id FROM delivery_batches WHERE batch_id = ANY (%(batch_ids)s::uuid[])
    UNION
    SELECT b.batch_id, b.parent_id
      FROM delivery_batches AS b JOIN known ON known.parent_id = b.batch_id
)
DELETE FROM delivery_batches AS b
 WHERE b.batch_id = ANY (ARRAY(SELECT batch_id FROM known)) AND b.status = 'done'
   AND NOT EXISTS (SELECT FROM deliveries AS d WHERE d.batch_id = b.batch_id);

-- ---- attempts ----

-- name: count_attempts
SELECT count(*) FROM {leaf} WHERE attempted_at < %(before)s;

-- name: delete_attempts
DELETE FROM {leaf}
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM {leaf} WHERE attempted_at < %(before)s LIMIT %(count)s));

-- ---- partitions ----

-- Pages of removed rows would be read under the lock.
-- name: vacuum
VACUUM (SKIP_LOCKED) {leaf};

-- name: patience
SET LOCAL lock_timeout = '200ms';

-- The parent first, as everybody does; whoever waits for it waits no longer than we do.
-- name: lock_parent
LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE;

-- name: is_empty
SELECT NOT EXISTS (SELECT FROM {leaf});

-- name: drop
DROP TABLE {leaf};

-- ---- dead letters ----

-- name: closed
created_at < %(before)s AND created_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND status IN ('resolved', 'discarded') AND updated_at < %(before)s

-- name: count_letters
SELECT count(*) FROM dead_letters WHERE {closed};

-- name: count_open
SELECT count(*) FROM dead_letters
 WHERE created_at < %(before)s AND status IN ('open', 'reprocessing');

-- Locked first: who brings a replay back to a letter locks it too, so that the next statement sees
-- every record that died.
-- name: lock_letters
SELECT dead_letter_id, created_at FROM dead_letters
 WHERE {closed}
 ORDER BY created_at, dead_letter_id LIMIT %(count)s
   FOR UPDATE SKIP LOCKED;

-- Their trails go with them. The audit goes on counting the records that died.
-- name: delete_letters
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
