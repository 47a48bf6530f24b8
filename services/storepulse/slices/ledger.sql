-- The statements of a slice's transaction that all streams share.

-- name: stage
CREATE TEMP TABLE stage_ids (event_id uuid, store_id uuid, content_crc int, stream_number smallint) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_ledger_counts (LIKE ledger_counts) ON COMMIT DELETE ROWS;

-- name: create_partition_row
INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic)
VALUES (%(group)s, %(topic_id)s, %(partition)s, %(topic)s) ON CONFLICT DO NOTHING;

-- name: lock_partition
-- The shared lock keeps every store's time zone unchanged until the transaction ends: access/stores.sql takes
-- the same lock exclusively. It precedes the row lock, and so all other locks that a slice may wait for.
SELECT applied, carry FROM ledger_partitions
 WHERE consumer_group = %(group)s AND topic_id = %(topic_id)s AND partition = %(partition)s
   AND pg_advisory_xact_lock_shared(hashtext('storepulse.time_zones')) IS NOT NULL
   FOR UPDATE;

-- name: advance_partition
-- A halt is deleted once the ledger has passed it.
WITH passed AS (
    DELETE FROM halted_partitions
     WHERE consumer_group = %(group)s AND topic_id = %(topic_id)s AND partition = %(partition)s
       AND upper_offset <= %(upper)s
)
UPDATE ledger_partitions
   SET applied = applied + int8multirange(int8range(%(lower)s, %(upper)s)),
       carry = %(carry)s, updated_at = now()
 WHERE consumer_group = %(group)s AND topic_id = %(topic_id)s AND partition = %(partition)s;

-- name: cut_partition
-- The broker lost the log's tail and reuses its offsets. The records of the lost tail move to a topic id of
-- their own: otherwise an old dead letter would conflict with a new one at the same offset, and the ledger
-- would hold fewer offsets than it counts.
WITH tail AS (
    SELECT topic, topic_id || '~' || gen_random_uuid() AS lost_id,
           applied - int8multirange(int8range(0, %(end)s)) AS applied
      FROM ledger_partitions
     WHERE consumer_group = %(group)s AND topic_id = %(topic_id)s AND partition = %(partition)s
       FOR UPDATE
), cut AS (
    UPDATE ledger_partitions
       SET applied = ledger_partitions.applied * int8multirange(int8range(0, %(end)s)),
           updated_at = now()
      FROM tail
     WHERE consumer_group = %(group)s AND topic_id = %(topic_id)s AND partition = %(partition)s
), kept AS (
    INSERT INTO ledger_partitions (consumer_group, topic_id, partition, topic, applied)
    SELECT %(group)s, lost_id, %(partition)s, topic, applied FROM tail WHERE NOT isempty(applied)
), gaps AS (
    UPDATE ledger_gaps SET topic_id = lost_id FROM tail
     WHERE consumer_group = %(group)s AND ledger_gaps.topic_id = %(topic_id)s
       AND partition = %(partition)s AND lower_offset >= %(end)s
)
UPDATE dead_letters SET topic_id = lost_id FROM tail
 WHERE dead_letters.topic_id = %(topic_id)s AND partition = %(partition)s AND "offset" >= %(end)s
   AND destination_id IS NULL;

-- name: end_frozen_writers
-- A worker that freezes, or whose host dies, during a COPY holds its locks indefinitely: while PostgreSQL
-- waits to read from or write to the client, neither statement_timeout nor transaction_timeout applies. So a
-- worker that meets such a lock terminates the sessions that exceed their statement_timeout.
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
   AND application_name ~ '^storepulse-(agents|delivery)-'
   AND state = 'active' AND wait_event IN ('ClientRead', 'ClientWrite')
   AND query_start < clock_timestamp() - current_setting('statement_timeout')::interval;

-- name: record_gaps
INSERT INTO ledger_gaps (consumer_group, topic_id, partition, lower_offset, upper_offset)
SELECT %(group)s, %(topic_id)s, %(partition)s, lower_offset, upper_offset
  FROM unnest(%(lower)s::bigint[], %(upper)s::bigint[]) AS gap (lower_offset, upper_offset)
    ON CONFLICT DO NOTHING;

-- name: halted
SELECT lower_offset, upper_offset FROM halted_partitions
 WHERE consumer_group = %(group)s AND topic_id = %(topic_id)s AND partition = %(partition)s;

-- name: remember_halt
-- The new slice may begin before or end after the slice that was halted first.
INSERT INTO halted_partitions AS t (consumer_group, topic_id, partition, topic, lower_offset, upper_offset, message)
SELECT %(group)s, %(topic_id)s, %(partition)s, %(topic)s, %(lower)s, %(upper)s, %(message)s
 WHERE NOT EXISTS (
       SELECT FROM ledger_partitions
        WHERE consumer_group = %(group)s AND topic_id = %(topic_id)s AND partition = %(partition)s
          AND applied @> int8range(%(lower)s, %(upper)s))
ON CONFLICT (consumer_group, topic_id, partition) DO UPDATE
   SET lower_offset = EXCLUDED.lower_offset,
       upper_offset = greatest(t.upper_offset, EXCLUDED.upper_offset),
       message = EXCLUDED.message;

-- name: positions
SELECT topic_id, partition, applied FROM ledger_partitions
 WHERE consumer_group = %(group)s AND topic_id = ANY(%(topic_ids)s);

-- name: claim_ids
COPY (
    INSERT INTO event_ids (event_id, store_id, content_crc, stream_number)
    SELECT event_id, store_id, content_crc, stream_number FROM stage_ids
    ON CONFLICT DO NOTHING
    RETURNING event_id, store_id
) TO STDOUT (FORMAT binary);

-- name: count_conflicts
SELECT d.row_number
  FROM unnest(%(event_ids)s::uuid[], %(store_ids)s::uuid[], %(crcs)s::int[])
       WITH ORDINALITY AS d (event_id, store_id, content_crc, row_number)
  JOIN event_ids e ON e.event_id = d.event_id AND e.store_id = d.store_id
   AND e.stream_number = %(stream_number)s
 WHERE e.content_crc <> d.content_crc;

-- name: ledger_counts
INSERT INTO ledger_counts AS t
SELECT * FROM stage_ledger_counts ORDER BY stream, store_id, hour
ON CONFLICT (stream, store_id, hour) DO UPDATE
   SET accepted = t.accepted + EXCLUDED.accepted,
       applied = t.applied + EXCLUDED.applied,
       duplicate = t.duplicate + EXCLUDED.duplicate,
       conflict = t.conflict + EXCLUDED.conflict,
       dead = t.dead + EXCLUDED.dead,
       unmetered_events = t.unmetered_events + EXCLUDED.unmetered_events,
       unmetered_bytes = t.unmetered_bytes + EXCLUDED.unmetered_bytes;
