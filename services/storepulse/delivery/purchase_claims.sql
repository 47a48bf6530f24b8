-- Whose purchase of an order a vendor gets. An order is (store, order id); each statement takes its
-- orders sorted, so that those who need several never wait for each other in a circle.

-- name: claim
-- A claim that is being given up is waited for.
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
-- From here to the transaction's end no claim of these orders is made or given up.
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
-- A statement of its own after `give_up`: it sees what others skipped before they let go of the claim.
UPDATE deliveries d
   SET status = 'pending', batch_id = NULL, finished_at = NULL, skipped_order = NULL,
       earlier_batches = array_remove(d.earlier_batches || d.batch_id, NULL)
  FROM unnest(%(destination_ids)s::uuid[], %(store_ids)s::uuid[], %(order_ids)s::text[])
       AS given (destination_id, store_id, order_id)
 WHERE d.destination_id = given.destination_id AND d.store_id = given.store_id
   AND d.skipped_order = given.order_id AND d.status = 'skipped';
