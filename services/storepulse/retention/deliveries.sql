-- Finished deliveries, their batches and attempts. {leaf} is a partition; the caller passes all times.
-- Groups skip rows that others have locked.

-- fragment: finished
-- A delivery with an open dead letter is not finished: it may be sent again.
d.received_at < %(before)s AND d.received_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND d.status IN ('sent', 'failed', 'skipped') AND coalesce(d.finished_at, d.created_at) < %(before)s
   AND NOT EXISTS (SELECT FROM dead_letters AS l
                    WHERE l.dead_letter_id = d.dead_letter_id
                      AND l.status IN ('open', 'reprocessing'))

-- fragment: of_claim
-- The delivery that carried an order's purchase.
d.destination_id = c.destination_id AND d.store_id = c.store_id AND d.event_id = c.event_id
   AND d.received_at = c.received_at AND d.stream = c.stream

-- name: count_deliveries
SELECT count(*) FROM {leaf} AS d WHERE {finished};

-- name: count_delivery_batches
-- The batches that would be deleted with such deliveries: see delete_batches.
WITH RECURSIVE named AS (
    SELECT unnest(array_remove(d.earlier_batches || d.batch_id, NULL)) AS batch_id
      FROM deliveries AS d WHERE {finished}
), known AS (
    SELECT batch_id, parent_id FROM delivery_batches WHERE batch_id IN (SELECT batch_id FROM named)
    UNION
    SELECT b.batch_id, b.parent_id
      FROM delivery_batches AS b JOIN known ON known.parent_id = b.batch_id
)
SELECT count(*) FROM delivery_batches AS b
 WHERE b.batch_id IN (SELECT batch_id FROM known) AND b.status = 'done'
   AND NOT EXISTS (SELECT FROM deliveries AS d WHERE d.batch_id = b.batch_id AND NOT ({finished}));

-- name: count_purchase_claims
-- Claims whose deliveries are deleted or would be.
SELECT count(*) FROM purchase_claims AS c
 WHERE c.claimed_at < %(before)s
   AND NOT EXISTS (SELECT FROM deliveries AS d WHERE {of_claim} AND NOT ({finished}));

-- name: lock_removal
-- lock_removal and hold_removal are the two sides of a lock: no backfill queues events while rows are
-- deleted, and it sees the current `deliveries_removed`. They must be separate statements, before
-- anything is read.
SELECT pg_advisory_xact_lock(hashtext('storepulse.deliveries_removed'));

-- name: hold_removal
SELECT pg_advisory_xact_lock_shared(hashtext('storepulse.deliveries_removed'));

-- name: removed_until
SELECT received_until FROM deliveries_removed WHERE destination_id = %(destination_id)s;

-- name: delete_deliveries
-- Deletes by ctid, so that the plan does not depend on a partition's statistics.
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

-- name: delete_batches
-- The batches of deleted rows, and the batches that these were divided from, unless they still have
-- other rows. All of their attempts are older than the deleted rows.
WITH RECURSIVE known AS (
    SELECT batch_id, parent_id FROM delivery_batches WHERE batch_id = ANY (%(batch_ids)s::uuid[])
    UNION
    SELECT b.batch_id, b.parent_id
      FROM delivery_batches AS b JOIN known ON known.parent_id = b.batch_id
)
DELETE FROM delivery_batches AS b
 WHERE b.batch_id = ANY (ARRAY(SELECT batch_id FROM known)) AND b.status = 'done'
   AND NOT EXISTS (SELECT FROM deliveries AS d WHERE d.batch_id = b.batch_id);

-- name: delete_purchase_claims
-- A purchase claim is kept as long as the delivery that carried the purchase.
DELETE FROM purchase_claims
 WHERE ctid = ANY (ARRAY(
           SELECT c.ctid FROM purchase_claims AS c
            WHERE c.claimed_at < %(before)s
              AND NOT EXISTS (SELECT FROM deliveries AS d WHERE {of_claim})
            ORDER BY c.claimed_at LIMIT %(count)s
              FOR UPDATE SKIP LOCKED));

-- name: count_attempts
SELECT count(*) FROM {leaf} WHERE attempted_at < %(before)s;

-- name: delete_attempts
DELETE FROM {leaf}
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM {leaf} WHERE attempted_at < %(before)s LIMIT %(count)s));

-- name: count_delivery_minutes
SELECT count(*) FROM delivery_minutes WHERE minute < %(before)s;

-- name: delete_delivery_minutes
DELETE FROM delivery_minutes
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM delivery_minutes WHERE minute < %(before)s
                          LIMIT %(count)s));

-- name: count_breaker_changes
SELECT count(*) FROM breaker_changes WHERE changed_at < %(before)s;

-- name: delete_breaker_changes
DELETE FROM breaker_changes
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM breaker_changes WHERE changed_at < %(before)s
                          LIMIT %(count)s));
