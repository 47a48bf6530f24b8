-- Reads of deliveries. Null filters match everything. While a delivery is pending, its batch has the
-- attempts; afterwards its own row has them.

-- name: stats
SELECT counted.destination_id, destinations.name AS destination, counted.store_id,
       counted.pending, counted.sent, counted.failed, counted.skipped
  FROM (SELECT destination_id, store_id,
               count(*) FILTER (WHERE status = 'pending') AS pending,
               count(*) FILTER (WHERE status = 'sent') AS sent,
               count(*) FILTER (WHERE status = 'failed') AS failed,
               count(*) FILTER (WHERE status = 'skipped') AS skipped
          FROM deliveries
         GROUP BY destination_id, store_id) AS counted
  LEFT JOIN destinations USING (destination_id)
 ORDER BY destinations.name, counted.destination_id, counted.store_id;

-- name: destination_named
SELECT destination_id FROM destinations
 WHERE name = %(name)s
   AND (%(store_id)s::uuid IS NULL OR store_id IS NULL OR store_id = %(store_id)s);

-- fragment: filtered
d.received_at >= coalesce(%(since)s::timestamptz, '-infinity')
   AND (%(destination_id)s::uuid IS NULL OR d.destination_id = %(destination_id)s)
   AND (%(event_id)s::uuid IS NULL OR d.event_id = %(event_id)s)
   AND (%(status)s::text IS NULL OR d.status = %(status)s)
   AND (%(store_id)s::uuid IS NULL OR d.store_id = %(store_id)s)
   AND (%(stream)s::text IS NULL OR d.stream = %(stream)s)

-- fragment: found
SELECT d.destination_id, destinations.name AS destination, d.store_id, d.event_id, d.received_at,
       d.stream, d.event_type, d.priority, d.ordering_key, d.status, d.batch_id, d.earlier_batches,
       d.dead_letter_id,
       coalesce(b.attempts, d.attempts) AS attempts,
       CASE WHEN b.batch_id IS NULL THEN d.last_status ELSE b.last_status END AS last_status,
       coalesce(b.last_error, d.last_error) AS last_error,
       b.due_at AS next_attempt_at, d.created_at, d.finished_at
  FROM deliveries AS d
  LEFT JOIN destinations ON destinations.destination_id = d.destination_id
  LEFT JOIN delivery_batches AS b
         ON b.batch_id = d.batch_id AND b.status = 'pending' AND d.status = 'pending'
 WHERE {filtered}

-- fragment: behind
(d.destination_id, d.store_id, d.event_id, d.stream)
           > (%(after_destination)s::uuid, %(after_store)s::uuid, %(after_event)s::uuid,
              %(after_stream)s::text)

-- name: page
-- Newest first.
{found}
   AND d.received_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL OR d.received_at < %(before)s OR {behind})
 ORDER BY d.received_at DESC, d.destination_id, d.store_id, d.event_id, d.stream
 LIMIT %(count)s;

-- name: page_from_oldest
-- Oldest first: the page begins after the time `before`.
{found}
   AND d.received_at >= coalesce(%(before)s::timestamptz, '-infinity')
   AND (%(before)s::timestamptz IS NULL OR d.received_at > %(before)s OR {behind})
 ORDER BY d.received_at, d.destination_id, d.store_id, d.event_id, d.stream
 LIMIT %(count)s;

-- name: count_found
SELECT count(*) AS listed
  FROM (SELECT FROM deliveries AS d WHERE {filtered} LIMIT %(most)s) AS counted;

-- name: attempts
-- The attempts of an event's batches and of the batches that these were divided from. A batch without
-- attempts gives one row with nulls.
WITH RECURSIVE batches AS (
    SELECT batch_id, parent_id FROM delivery_batches WHERE batch_id = ANY(%(batch_ids)s::uuid[])
    UNION
    SELECT parent.batch_id, parent.parent_id
      FROM delivery_batches AS parent JOIN batches ON batches.parent_id = parent.batch_id
)
SELECT batch_id, batches.parent_id, a.attempt, a.attempted_at, a.seconds, a.outcome, a.status,
       a.error
  FROM batches LEFT JOIN delivery_attempts AS a USING (batch_id)
 ORDER BY a.attempted_at, batch_id, a.attempt
 LIMIT 1000;

-- name: event
SELECT key, value, header_names, header_values, source_topic, source_partition, source_offset
  FROM deliveries
 WHERE destination_id = %(destination_id)s AND store_id = %(store_id)s
   AND event_id = %(event_id)s AND received_at = %(received_at)s AND stream = %(stream)s;

-- name: failed
SELECT event_id FROM deliveries
 WHERE destination_id = %(destination_id)s AND status = 'failed'
   AND received_at >= %(start)s AND received_at < %(end)s
   AND coalesce(finished_at, '-infinity') <= %(now)s
 ORDER BY sequence LIMIT %(count)s;
