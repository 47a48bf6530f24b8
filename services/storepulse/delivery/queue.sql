-- Claiming: which batches one process sends next. The caller passes %(now)s; now() is not used.

-- name: taken
-- Rows of a first claim have no batch_id: their batches name them. Returns all of them as one text,
-- a parameter of the statements below. Those use NOT IN, which is hashed, and not <> ALL: planning
-- <> ALL takes 40 ms for 5,000 elements.
SELECT coalesce(array_agg(member), '{}')::text
  FROM delivery_batches AS b, unnest(b.members) AS member
 WHERE b.destination_id = ANY(%(destination_ids)s::uuid[])
   AND b.status = 'pending' AND b.members IS NOT NULL;

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
                  AND d.sequence NOT IN (SELECT unnest(%(taken)s::bigint[]))
                ORDER BY d.priority, d.sequence
                LIMIT asked.size
           ) AS first (created_at)
           HAVING count(*) = asked.size OR min(created_at) <= asked.ripe_before
       );

-- name: begin
-- Serializes the claims of a destination, so that each sees what earlier claims took. Concurrent
-- claims could send the same rows under two ids, or separate the events of an ordering key.
SELECT status = 'active' AND ordered = %(ordered)s
  FROM destinations WHERE destination_id = %(destination_id)s
   FOR NO KEY UPDATE;

-- name: claim_probe
UPDATE destination_breakers
   SET state = 'probing', probe_until = %(until)s, changed_at = %(now)s
 WHERE destination_id = %(destination_id)s
   AND (state = 'open' AND probe_at <= %(now)s OR state = 'probing' AND probe_until <= %(now)s)
RETURNING destination_id;

-- name: claim_due
-- Materialized: as part of the join, the LIMIT could be evaluated repeatedly with different rows.
-- The first batch is taken whatever its size.
WITH due AS MATERIALIZED (
    SELECT batch_id, due_at, bytes FROM delivery_batches
     WHERE destination_id = %(destination_id)s AND status = 'pending' AND due_at <= %(now)s
       AND (claimed_until IS NULL OR claimed_until <= %(now)s)
       AND batch_id <> ALL(%(held)s::uuid[])
     ORDER BY due_at
     LIMIT %(most)s
       FOR UPDATE SKIP LOCKED
), fitting AS MATERIALIZED (
    SELECT batch_id FROM (
        SELECT batch_id, bytes, sum(bytes) OVER (ORDER BY due_at, batch_id) AS up_to FROM due
    ) AS summed WHERE up_to - bytes < %(bytes)s
)
UPDATE delivery_batches b
   SET claimed_by = %(owner)s, claimed_until = %(until)s
  FROM fitting
 WHERE b.batch_id = fitting.batch_id
RETURNING b.batch_id::text, b.attempts, b.due_at, b.bytes, b.members IS NOT NULL;

-- name: mark_members
-- Writes the batch_id into rows that a first claim only named, and clears `members`.
-- The caller must hold the locks of the batches.
WITH named AS MATERIALIZED (
    SELECT b.batch_id, b.destination_id, member
      FROM delivery_batches AS b, unnest(b.members) AS member
     WHERE b.batch_id = ANY(%(batch_ids)s::uuid[])
), marked AS (
    UPDATE delivery_batches SET members = NULL
     WHERE batch_id = ANY(%(batch_ids)s::uuid[]) AND members IS NOT NULL
)
UPDATE deliveries d
   SET batch_id = named.batch_id
  FROM named
 WHERE d.destination_id = named.destination_id AND d.priority IN (0, 1, 2)
   AND d.sequence = named.member AND d.status = 'pending' AND d.batch_id IS NULL;

-- name: waiting
-- The first rows, including the one that reaches %(bytes)s.
SELECT created_at, priority, sequence, store_id, event_id, received_at, stream, event_type, value,
       returns
  FROM (
      SELECT created_at, priority, sequence, store_id::text, event_id::text, received_at, stream,
             event_type, value, dead_letter_id IS NOT NULL AS returns,
             sum(octet_length(value)) OVER (ORDER BY priority, sequence
                                            ROWS UNBOUNDED PRECEDING) AS up_to
        FROM deliveries
       WHERE destination_id = %(destination_id)s AND status = 'pending' AND batch_id IS NULL
         AND sequence NOT IN (SELECT unnest(%(taken)s::bigint[]))
       ORDER BY priority, sequence
       LIMIT %(rows)s
  ) AS first
 WHERE up_to - octet_length(value) < %(bytes)s
 ORDER BY priority, sequence;

-- name: waiting_in_order
SELECT store_id::text, event_id::text, received_at, created_at, ordering_key, octet_length(value),
       stream
  FROM deliveries d
 WHERE destination_id = %(destination_id)s AND status = 'pending' AND batch_id IS NULL
   AND sequence NOT IN (SELECT unnest(%(taken)s::bigint[]))
   AND (ordering_key IS NULL OR NOT EXISTS (
           SELECT FROM deliveries f
            WHERE f.destination_id = d.destination_id AND f.ordering_key = d.ordering_key
              AND f.status = 'pending' AND f.batch_id IS NOT NULL))
 ORDER BY priority, sequence
 LIMIT %(rows)s
   FOR UPDATE SKIP LOCKED;

-- name: insert_batches
INSERT INTO delivery_batches (batch_id, destination_id, events, bytes, members, due_at, claimed_by,
       claimed_until, created_at)
SELECT made.batch_id, %(destination_id)s, made.events, made.bytes, made.members::bigint[], %(now)s,
       %(owner)s, %(until)s, %(now)s
  FROM unnest(%(batch_ids)s::uuid[], %(events)s::int[], %(sizes)s::bigint[], %(members)s::text[])
       AS made (batch_id, events, bytes, members);

-- name: take
UPDATE deliveries d
   SET batch_id = taken.batch_id
  FROM unnest(%(row_batches)s::uuid[], %(store_ids)s::uuid[], %(event_ids)s::uuid[],
              %(received)s::timestamptz[], %(streams)s::text[])
       AS taken (batch_id, store_id, event_id, received_at, stream)
 WHERE d.destination_id = %(destination_id)s AND d.store_id = taken.store_id
   AND d.event_id = taken.event_id AND d.received_at = taken.received_at
   AND d.stream = taken.stream
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
SELECT destination_id::text, state, recent, opened, probe_at, probe_until, account_fault
  FROM destination_breakers;

-- name: backlog
-- Counts at most %(most)s rows per destination: counting millions would be too expensive.
-- Rows that a batch only names are counted as rows, not with the batch.
SELECT asked.destination_id::text,
       (SELECT count(*) FROM (
            SELECT FROM deliveries d
             WHERE d.destination_id = asked.destination_id AND d.status = 'pending'
               AND d.batch_id IS NULL LIMIT %(most)s) AS counted),
       (SELECT coalesce(sum(b.events), 0) FROM delivery_batches b
         WHERE b.destination_id = asked.destination_id AND b.status = 'pending'
           AND b.members IS NULL),
       least(
           (SELECT min(b.created_at) FROM delivery_batches b
             WHERE b.destination_id = asked.destination_id AND b.status = 'pending'),
           (SELECT min(oldest.created_at) FROM generate_series(0, 2) AS p (priority), LATERAL (
                SELECT d.created_at FROM deliveries d
                 WHERE d.destination_id = asked.destination_id AND d.status = 'pending'
                   AND d.batch_id IS NULL AND d.priority = p.priority
                 ORDER BY d.sequence LIMIT 1) AS oldest))
  FROM unnest(%(destination_ids)s::uuid[]) AS asked (destination_id);
