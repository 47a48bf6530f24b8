-- Outcomes: one transaction writes the attempts that ended within a few milliseconds.
-- It locks batches first, in the order of their ids, and skips those it no longer owns.

-- name: lock_held
SELECT batch_id::text, members IS NOT NULL FROM delivery_batches
 WHERE batch_id = ANY(%(batch_ids)s::uuid[]) AND claimed_by = %(owner)s AND status = 'pending'
 ORDER BY batch_id
   FOR UPDATE;

-- name: insert_attempts
INSERT INTO delivery_attempts (batch_id, attempt, attempted_at, seconds, outcome, status, error)
SELECT * FROM unnest(%(batch_ids)s::uuid[], %(attempts)s::int[], %(ended)s::timestamptz[],
                     %(seconds)s::real[], %(outcomes)s::text[], %(statuses)s::int[], %(errors)s::text[])
ON CONFLICT DO NOTHING;

-- name: reschedule
UPDATE delivery_batches b
   SET status = r.status, attempts = r.attempts, due_at = coalesce(r.due_at, b.due_at),
       last_attempt_at = r.ended, last_status = r.last_status, last_error = r.last_error,
       claimed_by = NULL, claimed_until = NULL, members = NULL
  FROM unnest(%(batch_ids)s::uuid[], %(states)s::text[], %(attempts)s::int[], %(due)s::timestamptz[],
              %(ended)s::timestamptz[], %(statuses)s::int[], %(errors)s::text[])
       AS r (batch_id, status, attempts, due_at, ended, last_status, last_error)
 WHERE b.batch_id = r.batch_id;

-- name: mark_sent
-- The rows that are still pending in a finished batch were sent.
UPDATE deliveries d
   SET status = 'sent', attempts = s.attempts, last_status = s.last_status, last_error = '',
       finished_at = %(now)s
  FROM unnest(%(batch_ids)s::uuid[], %(attempts)s::int[], %(statuses)s::int[])
       AS s (batch_id, attempts, last_status)
 WHERE d.batch_id = s.batch_id AND d.status = 'pending';

-- name: mark_members_sent
-- The same for batches sent at their first claim: the only update of their rows.
-- The times limit the partitions that are scanned.
UPDATE deliveries d
   SET status = 'sent', batch_id = s.batch_id, attempts = s.attempts, last_status = s.last_status,
       last_error = '', finished_at = %(now)s
  FROM (SELECT b.batch_id, b.destination_id, member, made.attempts, made.last_status
          FROM unnest(%(batch_ids)s::uuid[], %(attempts)s::int[], %(statuses)s::int[])
               AS made (batch_id, attempts, last_status)
          JOIN delivery_batches AS b USING (batch_id), unnest(b.members) AS member) AS s
 WHERE d.destination_id = s.destination_id AND d.priority IN (0, 1, 2) AND d.sequence = s.member
   AND d.received_at BETWEEN %(first)s AND %(last)s
   AND d.status = 'pending' AND d.batch_id IS NULL;

-- name: mark_events
-- Single events of a batch.
UPDATE deliveries d
   SET status = m.status, attempts = m.attempts, last_status = m.last_status,
       last_error = m.last_error, skipped_order = m.skipped_order, finished_at = %(now)s,
       dead_letter_id = coalesce(m.dead_letter_id, d.dead_letter_id)
  FROM unnest(%(batch_ids)s::uuid[], %(event_ids)s::uuid[], %(states)s::text[], %(attempts)s::int[],
              %(statuses)s::int[], %(errors)s::text[], %(letters)s::uuid[],
              %(orders)s::text[])
       AS m (batch_id, event_id, status, attempts, last_status, last_error, dead_letter_id,
             skipped_order)
 WHERE d.batch_id = m.batch_id AND d.event_id = m.event_id AND d.status = 'pending';

-- name: letters_of_sent
SELECT dead_letter_id FROM deliveries
 WHERE batch_id = ANY(%(batch_ids)s::uuid[]) AND status = 'sent' AND dead_letter_id IS NOT NULL;

-- name: letters_of_event
SELECT dead_letter_id FROM deliveries
 WHERE batch_id = %(batch_id)s AND event_id = %(event_id)s AND dead_letter_id IS NOT NULL;

-- name: failing
-- Whole rows of events that are about to fail, for their dead letters.
SELECT d.batch_id::text, d.destination_id, d.store_id, d.event_id::text, d.received_at, d.stream,
       d.key, d.value, d.header_names, d.header_values, d.source_topic, d.source_topic_id,
       d.source_partition, d.source_offset, d.dead_letter_id
  FROM deliveries d
  JOIN unnest(%(batch_ids)s::uuid[], %(event_ids)s::uuid[]) AS f (batch_id, event_id)
    ON d.batch_id = f.batch_id AND d.event_id = f.event_id
 WHERE d.status = 'pending'
 ORDER BY d.sequence;

-- name: insert_parts
INSERT INTO delivery_batches
       (batch_id, destination_id, parent_id, events, bytes, due_at, created_at)
SELECT p.batch_id, p.destination_id, p.parent_id, p.events, p.bytes, %(now)s, %(now)s
  FROM unnest(%(batch_ids)s::uuid[], %(destination_ids)s::uuid[], %(parent_ids)s::uuid[],
              %(events)s::int[], %(sizes)s::bigint[])
       AS p (batch_id, destination_id, parent_id, events, bytes)
ON CONFLICT DO NOTHING;

-- name: move_to_parts
UPDATE deliveries d
   SET batch_id = m.part_id,
       earlier_batches = CASE WHEN m.part_id IS NULL THEN d.earlier_batches || d.batch_id
                              ELSE d.earlier_batches END
  FROM unnest(%(parent_ids)s::uuid[], %(event_ids)s::uuid[], %(part_ids)s::uuid[])
       AS m (parent_id, event_id, part_id)
 WHERE d.batch_id = m.parent_id AND d.event_id = m.event_id AND d.status = 'pending';

-- name: disable
UPDATE destinations
   SET status = 'disabled', status_reason = %(reason)s, updated_at = %(now)s
 WHERE destination_id = %(destination_id)s AND status = 'active';

-- name: insert_images
INSERT INTO archived_images
       (store_id, stream, event_id, field, source_url, archived_url, media_type, bytes, archived_at)
VALUES (%(store_id)s, %(stream)s, %(event_id)s, %(field)s, %(source_url)s, %(archived_url)s, %(media_type)s,
        %(size)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: insert_breakers
INSERT INTO destination_breakers (destination_id, changed_at)
SELECT d.destination_id, %(now)s FROM destinations d
 WHERE d.destination_id = ANY(%(destination_ids)s::uuid[])
ON CONFLICT DO NOTHING;

-- name: lock_breakers
SELECT destination_id::text, state, recent, opened, probe_at, probe_until, account_fault
  FROM destination_breakers
 WHERE destination_id = ANY(%(destination_ids)s::uuid[])
 ORDER BY destination_id
   FOR UPDATE;

-- name: update_breaker
UPDATE destination_breakers
   SET state = %(state)s, recent = %(recent)s, opened = %(opened)s, probe_at = %(probe_at)s,
       probe_until = %(probe_until)s, account_fault = %(account_fault)s, changed_at = %(now)s
 WHERE destination_id = %(destination_id)s;
