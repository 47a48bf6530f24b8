-- Purchase claims. An order is (store, order id). Each statement takes its orders sorted, so that
-- transactions that need several orders do not deadlock.

-- name: claim
-- Waits for a transaction that is giving up the same claim.
INSERT INTO purchase_claims
       (destination_id, store_id, order_id, event_id, received_at, stream, claimed_at)
SELECT %(destination_id)s, wanted.*, %(now)s
  FROM unnest(%(store_ids)s::uuid[], %(order_ids)s::text[], %(event_ids)s::uuid[],
              %(received)s::timestamptz[], %(streams)s::text[])
       AS wanted (store_id, order_id, event_id, received_at, stream)
ON CONFLICT DO NOTHING;

-- name: holders
SELECT store_id::text, order_id, event_id::text, received_at, stream
  FROM purchase_claims
 WHERE destination_id = %(destination_id)s
   AND (store_id, order_id) IN (SELECT * FROM unnest(%(store_ids)s::uuid[], %(order_ids)s::text[]));

-- name: lock_holders
-- Existing claims of these orders cannot be given up by others until the transaction ends.
SELECT destination_id::text, store_id::text, order_id, event_id::text, received_at, stream
  FROM purchase_claims
 WHERE (destination_id, store_id, order_id) IN (
           SELECT * FROM unnest(%(destination_ids)s::uuid[], %(store_ids)s::uuid[],
                                %(order_ids)s::text[]))
 ORDER BY destination_id, store_id, order_id
   FOR UPDATE;

-- name: give_up
DELETE FROM purchase_claims
 WHERE (destination_id, store_id, order_id) IN (
           SELECT * FROM unnest(%(destination_ids)s::uuid[], %(store_ids)s::uuid[],
                                %(order_ids)s::text[]));

-- name: queue_skipped
-- Must be a separate statement after `give_up`, so that its snapshot includes rows that other
-- transactions skipped while they held the claim's lock.
UPDATE deliveries d
   SET status = 'pending', batch_id = NULL, finished_at = NULL, skipped_order = NULL,
       earlier_batches = array_remove(d.earlier_batches || d.batch_id, NULL)
  FROM unnest(%(destination_ids)s::uuid[], %(store_ids)s::uuid[], %(order_ids)s::text[])
       AS given (destination_id, store_id, order_id)
 WHERE d.destination_id = given.destination_id AND d.store_id = given.store_id
   AND d.skipped_order = given.order_id AND d.status = 'skipped';
