-- Claiming: which batches one process sends next. %(now)s is handed in, never now().

-- name: ready
SELECT asked.destination_id::text
  FROM unnest(%(destination_ids)s::uuid[], %(sizes)s::int[], %(ripe_before)s::timestamptz[])
       AS asked (destination_id, size, ripe_before)
 WHERE EXISTS (
           SELECT FROM delivery_batches b
            WHERE b.destination_id = asked.destination_id AND b.status = 'pending'
              AND b.due_at <= %(now)s AND (b.claimed_until IS NULL OR b.claimed_until <= %(now)s)
       )
    OR EXISTS (
           SELECT FROM (
               SELECT d.created_at FROM deliveries d
                WHERE d.destination_id = asked.destination_id
                  AND d.status = 'pending' AND d.batch_id IS NULL
                ORDER BY d.priority, d.sequence
                LIMIT asked.size
           ) AS first (created_at)
           HAVING count(*) = asked.size OR min(created_at) <= asked.ripe_before
       );

-- name: is_active
SELECT status = 'active' FROM destinations WHERE destination_id = %(destination_id)s;

-- Two processes that form batches of an ordered destination at once would part a key's events.
-- name: is_active_locked
SELECT status = 'active' FROM destinations WHERE destination_id = %(destination_id)s
   FOR NO KEY UPDATE;

-- name: claim_probe
UPDATE destination_breakers
   SET state = 'probing', probe_until = %(until)s, changed_at = %(now)s
 WHERE destination_id = %(destination_id)s
   AND (state = 'open' AND probe_at <= %(now)s OR state = 'probing' AND probe_until <= %(now)s)
RETURNING destination_id;

-- Chosen apart: as a part of the join they might be chosen more than once, others each time.
-- name: claim_due
WITH due AS MATERIALIZED (
    SELECT batch_id FROM delivery_batches
     WHERE destination_id = %(destination_id)s AND status = 'pending' AND due_at <= %(now)s
       AND (claimed_until IS NULL OR claimed_until <= %(now)s)
       AND batch_id <> ALL(%(held)s::uuid[])
     ORDER BY due_at
     LIMIT %(most)s
       FOR UPDATE SKIP LOCKED
)
UPDATE delivery_batches b
   SET claimed_by = %(owner)s, claimed_until = %(until)s
  FROM due
 WHERE b.batch_id = due.batch_id
RETURNING b.batch_id::text, b.attempts, b.due_at;

-- name: waiting
SELECT store_id::text, event_id::text, received_at, created_at, ordering_key
  FROM deliveries
 WHERE destination_id = %(destination_id)s AND status = 'pending' AND batch_id IS NULL
 ORDER BY priority, sequence
 LIMIT %(rows)s
   FOR UPDATE SKIP LOCKED;

-- name: waiting_in_order
SELECT store_id::text, event_id::text, received_at, created_at, ordering_key
  FROM deliveries d
 WHERE destination_id = %(destination_id)s AND status = 'pending' AND batch_id IS NULL
   AND (ordering_key IS NULL OR NOT EXISTS (
           SELECT FROM deliveries f
            WHERE f.destination_id = d.destination_id AND f.ordering_key = d.ordering_key
              AND f.status = 'pending' AND f.batch_id IS NOT NULL))
 ORDER BY priority, sequence
 LIMIT %(rows)s
   FOR UPDATE SKIP LOCKED;

-- name: insert_batches
INSERT INTO delivery_batches
       (batch_id, destination_id, events, due_at, claimed_by, claimed_until, created_at)
SELECT made.batch_id, %(destination_id)s, made.events, %(now)s, %(owner)s, %(until)s, %(now)s
  FROM unnest(%(batch_ids)s::uuid[], %(events)s::int[]) AS made (batch_id, events);

-- name: take
UPDATE deliveries d
   SET batch_id = taken.batch_id
  FROM unnest(%(row_batches)s::uuid[], %(store_ids)s::uuid[], %(event_ids)s::uuid[],
              %(received)s::timestamptz[]) AS taken (batch_id, store_id, event_id, received_at)
 WHERE d.destination_id = %(destination_id)s AND d.store_id = taken.store_id
   AND d.event_id = taken.event_id AND d.received_at = taken.received_at
RETURNING d.batch_id::text, d.priority, d.sequence, d.store_id::text, d.event_id::text,
          d.received_at, d.stream, d.event_type, d.value, d.dead_letter_id IS NOT NULL;

-- name: rows_of
SELECT batch_id::text, priority, sequence, store_id::text, event_id::text,
       received_at, stream, event_type, value, dead_letter_id IS NOT NULL
  FROM deliveries
 WHERE batch_id = ANY(%(batch_ids)s::uuid[]) AND status = 'pending';

-- name: release
UPDATE delivery_batches
   SET claimed_by = NULL, claimed_until = NULL
 WHERE batch_id = ANY(%(batch_ids)s::uuid[]) AND claimed_by = %(owner)s AND status = 'pending';

-- name: breakers
SELECT destination_id::text, state, recent, opened, probe_at, probe_until
  FROM destination_breakers;

-- Counted no further than asked: a count of millions would cost more than sending some of them.
-- name: backlog
SELECT asked.destination_id::text,
       (SELECT count(*) FROM (
            SELECT FROM deliveries d
             WHERE d.destination_id = asked.destination_id AND d.status = 'pending'
               AND d.batch_id IS NULL LIMIT %(most)s) AS counted),
       (SELECT coalesce(sum(b.events), 0) FROM delivery_batches b
         WHERE b.destination_id = asked.destination_id AND b.status = 'pending'),
       least(
           (SELECT min(b.created_at) FROM delivery_batches b
             WHERE b.destination_id = asked.destination_id AND b.status = 'pending'),
           (SELECT min(oldest.created_at) FROM generate_series(0, 2) AS p (priority), LATERAL (
                SELECT d.created_at FROM deliveries d
                 WHERE d.destination_id = asked.destination_id AND d.status = 'pending'
                   AND d.batch_id IS NULL AND d.priority = p.priority
                 ORDER BY d.sequence LIMIT 1) AS oldest))
  FROM unnest(%(destination_ids)s::uuid[]) AS asked (destination_id);
